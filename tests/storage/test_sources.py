"""Every source and every mark of the reference data is such as a lawyer can look up, and every row has one of them."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from storage.reference.catalog import FOLDER, Reference, load
from storage.reference.rows import Row
from tests.storage import write_law

HOUSE_TALK = re.compile(
    r"\bseed\b|find_string|stored (page|cop|excerpt)|not checked|not verified|none read|policy not read|\(unverified\)"
    r"|from memory|whole entry|not known to be|file id\b|\bid \d{5,}|COM\(20\d\d\)|\.json\b|data_types|us_threshold",
    re.IGNORECASE,
)
"""Words that only who made these files understands, or that say nothing; and a proposal where the law was adopted."""
LEAST = 3  # words of a mark: "clock values" says of no figure that it is the one


class Said(NamedTuple):
    """One text of a row, and where it stands."""

    file: str
    code: str
    field: str
    text: str


def rows() -> Iterator[tuple[str, dict[str, object]]]:
    """Every row of every file, as written."""
    for path in sorted(FOLDER.rglob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")).get("rows", []):
            yield path.relative_to(FOLDER).as_posix(), row


def texts() -> Iterator[Said]:
    """What a row tells of where it was read, of what was not, and its notes."""
    for file, row in rows():
        for field in ("source", "seen_in"):
            for text in row.get(field, []):
                yield Said(file, row["code"], field, text)
        for field in ("unverified_what", "notes", "practice", "us_threshold", "why", "rule", "legal_basis"):
            if field in row:
                yield Said(file, row["code"], field, row[field])
        for text in row.get("unbound", {}).values():
            yield Said(file, row["code"], "unbound", text)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load()


def test_no_source_no_mark_and_no_note_speaks_of_how_these_files_were_made():
    assert [said for said in texts() if HOUSE_TALK.search(said.text)] == []


def test_a_source_and_a_mark_say_something():
    empty = [said for said in texts() if said.field in ("source", "seen_in") and not said.text.strip()]
    vague = [said for said in texts() if said.field == "unverified_what" and 0 < len(said.text.split()) < LEAST]
    assert empty == []
    assert vague == []


def test_every_row_of_every_file_says_where_it_was_read_or_what_was_not(reference):
    known = {name: note for name, note in reference.meta.files.items() if note.source}
    tables = [
        getattr(reference, name)
        for name in vars(reference)
        if name not in ("meta", "register_words", "published_words")
    ]
    bare = [row.code for table in tables for row in table.values() if isinstance(row, Row) and not row.sources]
    unsaid = {code for code in bare if not _row(code).get("unverified")}
    common = {row["code"] for file, row in rows() if file in known}
    assert unsaid - common == set()
    assert {*known} == {"fields.json", "legal_instruments.json"}  # words of the house; a fact needs a source of its own


def _row(code: str) -> dict[str, object]:
    return next(row for _, row in rows() if row["code"] == code)


def test_what_is_not_in_force_says_for_which_day_that_was_read(reference):
    rows = [row for row in reference.instruments.values() if row.status == "not_in_force"]
    dated = {row.code: reference.parties[row.treaty].not_in_force_as_of for row in rows}
    assert dated["PRES-UN-42"] == date(2026, 5, 21)
    assert {day for code, day in dated.items() if code.startswith("COE-2AP")} == {date(2026, 9, 5)}
    assert all(dated.values())


def test_an_order_to_a_provider_in_the_union_goes_through_the_decentralised_system_to_who_represents_it(reference):
    for code in ("EPOC", "PRES-EU-EPOC-PR", "EPOC-CLARIFY"):
        assert reference.instruments[code].channel == "decentralised_it_system"
        assert reference.instruments[code].goes_by("provider_portal")
        assert not reference.instruments[code].goes_by("central_authority")
    represented = {row.code: row.represents for row in reference.authorities.values() if row.represents}
    assert represented == {"PROV-META-IE": "PROV-META", "PROV-GOOGLE-IE": "PROV-GOOGLE", "PROV-X-IE": "PROV-X"}


def test_every_instrument_that_says_works_instead_leads_to_a_body_that_is_on_the_list(reference):
    """The 24/7 points are such bodies: without them the emergency road led nowhere."""
    named = [way for rule in reference.paper_rules.values() for way in rule.works_instead if way.to]
    roads = {reference.authorities[way.to].channel for way in named if way.to}
    assert all(reference.instruments[way.instrument].goes_by(reference.authorities[way.to].channel) for way in named)
    assert "point_of_contact_24_7" in roads


def test_a_file_nobody_checked_for_more_than_a_year_is_named_the_oldest_first(reference):
    newest = max(note.checked for note in reference.meta.files.values())
    assert reference.meta.old_files(newest) == ()
    everything = reference.meta.old_files(newest + timedelta(days=366))
    assert {old.name for old in everything} == {*reference.meta.files}
    assert [old.checked for old in everything] == sorted(old.checked for old in everything)


def test_the_page_for_lawyers_is_what_the_files_say(reference):
    page = Path(__file__).parents[2] / "docs" / "law.md"
    told = "python -m tests.storage.write_law > docs/law.md"
    assert page.read_text(encoding="utf-8") == write_law.page(reference), f"make it anew: {told}"


def test_the_page_for_lawyers_leaves_no_row_out(reference):
    told = write_law.page(reference)
    assert {row["code"] for _, row in rows() if f"`{row['code']}`" not in told} == set()
    assert [name for name in reference.meta.files if f"`{name}`" not in told] == []
