"""What an import writes in sets is what a session would have written, row for row."""

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.registers import intake, mapping
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.vocabulary import from_reference
from storage.database.unit_of_work import UnitOfWork
from storage.models.base import Base
from tests import factories
from tests.messy_register import invent
from tests.whole_register import read

NAME = "Desk Manager"
REGISTERS = Path(__file__).parents[1] / "cases" / "registers"
CASES = json.loads((REGISTERS / "expected.json").read_text(encoding="utf-8"))["cases"]
BY_CHANCE = {
    "audit": {"n", "text_digest", "previous", "hash"},
    "audit_text": {"n", "salt"},
    "case": {"version"},
    "request": {"version"},
    "preservation": {"version"},
}
"""{table: what differs from one run to the next, with the order of the lines, or with how often a row was written}."""


class Undone(Exception):
    """Nothing of it stays."""


@pytest.fixture
def registers(reference, tmp_path):
    """Every case that can be read; holds and answers of all kinds come with one that was invented."""
    invent(3, size=60).write_csv(tmp_path / "old.csv")
    found = [read(tmp_path / "old.csv", from_reference(reference))]
    for number, case in enumerate(CASES):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(case["mapping"] or {}), encoding="utf-8")
        try:
            found.append(read(REGISTERS / case["file"], from_reference(reference), mapping.MappingFile.load(file)))
        except RegisterUnreadable:
            assert case.get("refused") or case.get("or_refused"), case["file"]
    return found


def test_the_same_is_on_record(store, registers, monkeypatch):
    store.write(lambda work: factories.person(work, role="manager", name=NAME).id).result()
    in_sets = brought(store, registers)
    monkeypatch.setattr(UnitOfWork, "write_in_sets", lambda _: None)
    one_by_one = brought(store, registers)
    assert {"case", "request", "preservation", "clock", "target", "note", "past_move", "audit"} <= in_sets.keys()
    differing = {name for name in in_sets.keys() | one_by_one if in_sets.get(name) != one_by_one.get(name)}
    assert not differing, [(in_sets[name] - one_by_one[name], one_by_one[name] - in_sets[name]) for name in differing]


def brought(store, registers) -> dict[str, Counter]:
    """The rows of every table, as they stand after an import that is then undone."""
    found = {}

    def job(work):
        for register in registers:
            intake.take(intake.importer(work, NAME), register, register.entries)
            work.finish()
            work.ask_again()
            work._new = None
        found.update(on_record(work.connection))
        raise Undone

    with pytest.raises(Undone):
        store.write(job).result()
    return found


def on_record(connection) -> dict[str, Counter]:
    """{table: its rows}; what a database numbered is told by its place among the rows of its table.

    Not so what waits for the index of the search: a row that is written twice waits twice.
    """
    tables = [table for table in Base.metadata.sorted_tables if table.name != "search_due"]
    rows = {table: connection.execute(select(table)).mappings().all() for table in tables}
    places = {
        table.name: {number: place for place, number in enumerate(sorted(row["id"] for row in found))}
        for table, found in rows.items()
        if "id" in table.c
    }

    def told(column, value):
        if column.primary_key and column.name == "id":
            return places[column.table.name][value]
        if column.table.name == "past_move" and column.name == "before":
            clocks = {places["clock"][int(number)]: clock for number, clock in value["clocks"].items()}
            value = value | {"clocks": clocks}
        for link in column.foreign_keys:
            if value is not None and link.column.name == "id":
                return places[link.column.table.name][value]
        return repr(value)

    return {
        table.name: Counter(
            tuple(
                (one.name, told(one, row[one.name])) for one in table.c if one.name not in BY_CHANCE.get(table.name, ())
            )
            for row in found
        )
        for table, found in rows.items()
        if found
    }
