"""Tables: figures and registers as a spreadsheet, for whoever asks and to them alone.

In: a turn that reads, and what is to stand in the table. Out: a file (`Reply.generated`) and the notice with it; that
it was taken, with which values of the line, how many rows and its SHA-256, comes on record.
Why the seal in the file: a copy of the chain's head outside of the database is what makes a rewritten past visible.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.kit.notices import RecordNotice
from handlers.kit.turn import GeneratedFile, Reply, Turn
from handlers.registers.writing import WRITERS, Column, ExportTable, Value
from storage.exposure.labels import Label
from storage.history import chain
from storage.models import Authority
from storage.times import local_day


@dataclass(frozen=True)
class TableGiven(RecordNotice):
    """With a table, to whoever asked for it. `table`: of what; `filters`: values of the line that chose the rows."""

    label: str
    name: str
    table: str
    agency: str
    rows: int
    filters: tuple[str, ...]
    size_bytes: int
    digest: str
    seal: str


@dataclass(frozen=True)
class Content:
    """What stands in a table. `table`: of what, as the line names it; `name`: of its sheet, which says what a row is.

    `about`: what else is said of it on its sheet of explanation. `refs`: the records it was made of, where it names
    them one by one.
    """

    table: str
    name: str
    agency: Authority
    label: Label
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    filters: tuple[str, ...] = ()
    about: tuple[tuple[str, Value], ...] = ()
    refs: frozenset[str] = frozenset()


def give(turn: Turn, act: str, content: Content, form: str) -> Reply:
    """The table as a file of that form (csv, xlsx). act: the command, as history names it."""
    head, agency = chain.head(turn.work.session), content.agency
    seal, today = f"{head.n}:{head.hash}", local_day(turn.now, agency.zone)
    file = WRITERS[form](_table(turn, content, seal))
    name = f"rogatory-{agency.code}-{content.table}-{today.isoformat()}.{form}"
    digest, rows = hashlib.sha256(file).hexdigest(), len(content.rows)
    notice = TableGiven(content.label, name, content.table, agency.code, rows, content.filters, len(file), digest, seal)
    facts = {
        "table": content.table,
        "rows": rows,
        "filters": list(content.filters),
        "label": content.label,
        "seal": seal,
    }
    return Reply(notice, generated=[GeneratedFile(name, file, act, agency.code, facts, content.refs)])


def _table(turn: Turn, content: Content, seal: str) -> ExportTable:
    about: tuple[tuple[str, Value], ...] = (
        ("Agency", content.agency.code),
        (content.name, len(content.rows)),
        ("Chosen by", " ".join(content.filters) or "nothing: all that the reader may see"),
        ("Exported by", turn.actor.person.name),
        ("Exported at", f"{turn.now:%Y-%m-%d %H:%M} UTC"),
        *content.about,
    )
    return ExportTable(content.name, content.label, content.columns, content.rows, about, seal)
