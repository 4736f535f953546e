"""What is said of a register while its rows go by: counts, the result as JSON, and a file of its doubtful rows.

What goes out: a file of JSON, and a .csv with the register's own headers and four columns more, to be corrected in any
spreadsheet and read again: `reading.read` knows those columns and keeps the row numbers and diary numbers. What a
spreadsheet would change when it saves the file has a quote before it, which keeps it as it is.

Why understood dates are written as 05-Mar-2018: a few rows alone no longer prove whether 05/03 is March or May.
Why line by line: of a million rows each may be doubtful.
"""

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from handlers.registers import columns
from handlers.registers.dates import written
from handlers.registers.reading import Doubt, Entry, Register
from handlers.registers.rows import Skipped
from handlers.registers.text import kept, safe

Line = Entry | Doubt | Skipped
Add = Callable[[Line], None]


def _counters() -> dict[str, Counter[str]]:
    names = ("by_recipient", "by_half_year", "by_category", "by_outcome", "by_type", "refusal_reasons", "skipped")
    return {name: Counter() for name in names}


@dataclass
class Counts:
    """How many rows there are, by what. by_half_year: by date sent, "2016 H1". skipped: by kind.

    requests and all that follows: entries only.
    """

    requests: int = 0
    doubtful: int = 0
    by: dict[str, Counter[str]] = field(default_factory=_counters)

    def add(self, line: Line) -> None:
        """One more."""
        if isinstance(line, Skipped):
            self.by["skipped"][line.kind] += 1
        elif isinstance(line, Doubt):
            self.doubtful += 1
        else:
            self._add_entry(line)

    def _add_entry(self, entry: Entry) -> None:
        self.requests += 1
        self.by["by_recipient"][entry.recipient] += 1
        self.by["by_half_year"][f"{entry.sent_on.year} H{(entry.sent_on.month + 5) // 6}"] += 1
        self.by["by_category"][entry.category] += 1
        self.by["by_outcome"][entry.outcome] += 1
        self.by["by_type"][entry.request_type] += 1
        self.by["refusal_reasons"].update(entry.refusal_reasons)

    @property
    def rows(self) -> int:
        """Entries and doubts."""
        return self.requests + self.doubtful

    def result(self) -> dict[str, Any]:
        """With the keys of a register's truth file, and those of the lines that are no rows."""
        counted = {name: dict(sorted(counter.items())) for name, counter in self.by.items()}
        return {"rows": self.rows, "requests": self.requests, **counted}


@contextmanager
def result_file(path: Path, counts: Counts) -> Iterator[Add]:
    """A file of JSON, written as the rows go by, and at the end what was counted of them by then.

    doubtful: {row, diary_no, flaw}; skipped_lines: {line, kind, words}: both in the order of the register. Several
    flaws of one row stand in one text.
    """
    with path.open("w", encoding="utf-8") as file, tempfile.TemporaryFile("w+", encoding="utf-8") as aside:
        between: dict[IO[str], str] = {file: "\n ", aside: "\n "}

        def write(to: IO[str], said: dict[str, Any]) -> None:
            to.write(between[to] + json.dumps(said, ensure_ascii=False))
            between[to] = ",\n "

        def add(line: Line) -> None:
            if isinstance(line, Doubt):
                write(file, {"row": line.row, "diary_no": line.own_reference, "flaw": line.flaw})
            elif isinstance(line, Skipped):
                write(aside, {"line": line.sheet_row, "kind": line.kind, "words": line.words})

        file.write('{"doubtful": [')
        yield add
        file.write('],\n"skipped_lines": [')
        aside.seek(0)
        shutil.copyfileobj(aside, file)
        file.write("],\n" + json.dumps(counts.result(), ensure_ascii=False, indent=1).removeprefix("{\n"))


@contextmanager
def corrections_file(path: Path, register: Register) -> Iterator[Add]:
    """The doubtful rows as a .csv, written as they go by, safe to open in any spreadsheet."""
    found, headers = register.columns.found, _headers(register)
    serial = found[columns.SERIAL_NO].header if columns.SERIAL_NO in found else None
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)

        def add(line: Line) -> None:
            if isinstance(line, Doubt):
                dated = {found[code].header: written(day) for code, day in line.dates.items()}
                cells = (dated.get(header) or _kept(line.raw.get(header, ""), header, serial) for header in headers)
                writer.writerow([str(line.row), *map(kept, _marks(line)), *cells])

        writer.writerow([safe(name) for name in (*columns.CORRECTION_COLUMNS, *headers)])
        yield add


def _headers(register: Register) -> list[str]:
    return [*register.columns.own.values()]


def _kept(words: str, header: str, serial: str | None) -> str:
    """A cell of the register; nobody minds what becomes of a serial number."""
    return safe(words) if header == serial else kept(words)


def _marks(doubt: Doubt) -> tuple[str, str, str]:
    """What stands beside the number of the row, in the order of `CORRECTION_COLUMNS`."""
    wrong, values, accepted = zip(*((flaw.wrong, flaw.value, flaw.accepted) for flaw in doubt.flaws), strict=True)
    return columns.BETWEEN.join(wrong), columns.BETWEEN.join(values), columns.BETWEEN.join(accepted)
