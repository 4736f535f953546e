"""A register as read, with all its rows in memory: for tests that look at one row, or count them."""

from functools import cached_property
from pathlib import Path

from handlers.registers import reading, report
from handlers.registers.reading import Doubt, Entry, Register, Skipped


class WholeRegister(Register):
    """The same, gone through once."""

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self.of(Entry))

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        return tuple(self.of(Doubt))

    @cached_property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple(self.of(Skipped))


def read(*args, **options) -> WholeRegister:
    return WholeRegister(**vars(reading.read(*args, **options)))


def result(register: Register) -> dict:
    """What is counted of it, and its doubtful rows, with the keys of a truth file."""
    counts, doubtful = report.Counts(), []
    for line in register:
        counts.add(line)
        if isinstance(line, Doubt):
            doubtful.append({"row": line.row, "diary_no": line.own_reference, "flaw": line.flaw})
    counted = counts.result() | {"doubtful": doubtful}
    del counted["skipped"]
    return counted


def write_corrections(register: Register, path: Path) -> None:
    with report.corrections_file(path, register) as add:
        for line in register:
            add(line)
