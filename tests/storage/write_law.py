"""Writes `docs/law.md` from the reference data: python -m tests.storage.write_law > docs/law.md

In: the folder `storage/reference/`. Out: the page, on standard output: what stands in which file, when it was last
checked, where each row was read, and what of it was not verified.
"""

import sys
from collections.abc import Iterable, Mapping

from storage.reference.catalog import Reference, load
from storage.reference.rows import Instrument, Row
from storage.reference.words import FileNote

HEAD = """# Law and practice

Made by `python -m tests.storage.write_law > docs/law.md` from the files of `storage/reference/`; a test fails where
this page is not what they say. Do not edit it: correct the file, its source and, in `meta.json`, the day of its check.
`desk instrument` shows the same of one instrument.

"Not verified" is what was not seen in a source: it is said wherever the row is used. Counsel confirms figures first.
"""
TITLES = {  # by file: what stands in it
    "instruments/production.json": "Production: that data be handed over",
    "instruments/preservation.json": "Preservation: that data be kept",
    "instruments/emergency.json": "Emergency: a person is in danger",
    "instruments/mutual_assistance.json": "Mutual assistance between states",
    "instruments/police_channels.json": "From police to police",
    "instruments/takedown.json": "Removal of content",
    "instruments/clarification.json": "Clarification: they ask back",
    "authorities.json": "Bodies that send and receive",
    "paper_rules.json": "What a paper does not reach",
    "data_types.json": "Kinds of data, and what US law asks for each",
    "refusal_reasons.json": "Reasons of refusal",
    "legal_instruments.json": "Papers",
    "fields.json": "Fields that recipients demand",
    "complaint_categories.json": "Complaint categories",
    "services.json": "How services write an account",
    "ladders.json": "Ladders of reminders",
    "house_clocks.json": "Clocks of our own next step",
    "statistics.json": "Yearly statistics of the Union's orders",
    "register_words.json": "Words of old registers",
    "published_words.json": "Words of published figures",
}
UNITS = {"hours": "hours", "calendar_days": "calendar days", "working_days": "working days"}


def page(reference: Reference) -> str:
    """The whole page, file by file; a file without a title here comes last, under its own name."""
    files = {name: reference.meta.files[name] for name in TITLES if name in reference.meta.files}
    files |= reference.meta.files
    parts = [HEAD, _summary(reference, files)]
    parts += [_file(reference, name, note) for name, note in files.items()]
    return "\n".join(parts)


def rows_of(reference: Reference, file: str) -> list[Row]:
    """The rows that stand in a file."""
    folder, _, name = file.removesuffix(".json").rpartition("/")
    if folder == "instruments":
        return [row for row in reference.instruments.values() if row.group == name]
    table = getattr(reference, name, {})
    return [row for row in table.values() if isinstance(row, Row)] if isinstance(table, Mapping) else []


def _summary(reference: Reference, files: Iterable[str]) -> str:
    lines = []
    for name in files:
        rows = rows_of(reference, name)
        doubtful = sum(row.unverified for row in rows)
        lines.append([f"`{name}`", TITLES.get(name, ""), f"{reference.meta.files[name].checked}", len(rows), doubtful])
    return _table(["file", "what", "last checked", "rows", "with something not verified"], lines)


def _file(reference: Reference, name: str, note: FileNote) -> str:
    rows = [
        [f"`{row.code}`", _says(reference, row), "; ".join(row.sources) or note.source, row.unverified_what]
        for row in rows_of(reference, name)
    ]
    head = f"## {TITLES.get(name, name)}\n\n`{name}`, last checked on {note.checked}.\n"
    return f"{head}\n{_table(['code', 'what it says', 'read in', 'not verified'], rows)}" if rows else head


def _says(reference: Reference, row: Row) -> str:
    """What a row is, in a few words; of an instrument its basis, whether it is in force, and its figures."""
    name = next((getattr(row, field) for field in ("name", "label", "rule") if hasattr(row, field)), "")
    if not isinstance(row, Instrument):
        return f"{name}: {row.us_threshold}" if hasattr(row, "us_threshold") else str(name)
    figures = [
        f"{field.removesuffix('_clock')} {rule.amount} {UNITS[rule.unit]} ({rule.origin.replace('_', ' ')})"
        for field, rule in row.clocks.items()
    ]
    status = "" if row.status == "in_force" else row.status.replace("_", " ")
    if row.treaty and (day := reference.parties[row.treaty].not_in_force_as_of):
        status += f" as of {day}"
    return ". ".join(filter(None, (name, row.legal_basis, status, "; ".join(figures))))


def _table(head: list[str], rows: Iterable[list[object]]) -> str:
    lines: list[list[object]] = [[*head], ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page(load()))
