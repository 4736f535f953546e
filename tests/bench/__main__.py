"""All the benchmarks, as one table: `python -m tests.bench [--quick] [--only FAMILY ...]`.

In: nothing; databases are made in a folder of their own and deleted after. Out: the table on standard output, and what
is under way on standard error. On both databases, PostgreSQL where it is there.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench import beside, drain, flood, reads, slack, start, sweep, telegram, turns
from tests.bench.figure import Figure, table
from tests.bench.halls import POSTGRES, SQLITE, Hall, fill_all, named
from tests.bench.postgres import databases


@dataclass(frozen=True)
class Scale:
    """How large, and how long."""

    small: int = 10_000
    large: int = 1_000_000
    due: int = 10_000
    commands: int = 1_000
    messages: int = 2_000
    rounds: int = 5
    repeats: int = 2  # of what takes seconds
    burst: int = 1_000
    rows: int = 16_000  # of a register


QUICK = Scale(small=1_000, large=8_000, due=500, commands=150, messages=300, rounds=3, repeats=1, burst=100, rows=500)
READ, SWEPT = ("reads", "turns", "beside"), ("sweep",)
FAMILIES = (*READ, *SWEPT, "slack", "telegram", "drain", "flood", "start")
IN_A_MINUTE = ("reads", "turns", "sweep", "slack", "drain", "start")

Create = Callable[[str], str] | None


@dataclass(frozen=True)
class Run:
    """One run of the benchmarks, in a folder. `create`: makes a database on PostgreSQL."""

    scale: Scale
    families: frozenset[str]
    folder: str
    create: Create

    def figures(self) -> Iterator[Figure]:
        """What the chosen families measure: first what needs a filled record."""
        read, swept = self._halls()
        for database in (SQLITE, POSTGRES):
            yield from self._of_record(
                [hall for hall in read if hall.database == database],
                [hall for hall in swept if hall.database == database],
            )
        for database in (SQLITE, POSTGRES) if self.create else (SQLITE,):
            yield from self._of_desk(database)
        if "telegram" in self.families:
            yield from telegram.figures(self.scale.messages, self.scale.repeats)
        if "flood" in self.families:
            yield from flood.figures(self.folder, self.scale.burst)
        if "start" in self.families:
            yield from start.figures(self.folder, self.scale.repeats)

    def _halls(self) -> tuple[list[Hall], list[Hall]]:
        """Those that are read, and those that are swept: the small record is another one then, all of it due."""
        scale, families = self.scale, self.families
        if families.isdisjoint((*READ, *SWEPT)):
            return [], []
        large = named(self.folder, self.create, scale.large, scale.due)
        small = named(self.folder, self.create, scale.small, scale.small // 100) if families & {*READ} else []
        all_due = named(self.folder, self.create, max(scale.small, scale.due), scale.due) if families & {*SWEPT} else []
        _say(f"filling {scale.large:,} requests")
        fill_all([*large, *small, *all_due])
        return [*small, *large], [*all_due, *large]

    def _of_record(self, read: list[Hall], swept: list[Hall]) -> Iterator[Figure]:
        if read and "reads" in self.families:
            yield from reads.figures(read, self.scale.rounds)
        if read and "turns" in self.families:
            yield from turns.figures(read, self.scale.rounds)
        if swept and "sweep" in self.families:
            yield from sweep.figures(swept, self.folder, self.scale.repeats)
        if read and "beside" in self.families and read[0].database == SQLITE:
            yield from beside.figures(max(read, key=lambda hall: hall.stored), self.folder, self.scale.rows)

    def _of_desk(self, database: str) -> Iterator[Figure]:
        if "slack" in self.families:
            yield from slack.figures(database, self._empty(database, "slack"), self.scale.commands, self.scale.repeats)
        if "drain" in self.families:
            yield from drain.figures(database, self._empty(database, "drain"), self.folder, self.scale.messages)

    def _empty(self, database: str, name: str) -> str:
        if database == SQLITE:
            return f"sqlite:///{self.folder}/{name}.db"
        assert self.create
        return self.create(name)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="All the benchmarks, as one table.")
    parser.add_argument("--quick", action="store_true", help="a smaller record, fewer rounds: a look, no measure")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, metavar="FAMILY", help=", ".join(FAMILIES))
    chosen = parser.parse_args()
    scale = QUICK if chosen.quick else Scale()
    families = chosen.only or (IN_A_MINUTE if chosen.quick else FAMILIES)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder, databases() as create:
        found = []
        for figure in Run(scale, frozenset(families), folder, create).figures():
            _say(f"{figure.name}, {figure.database}, {figure.stored:,}: {figure.value:.2f} {figure.unit}")
            found.append(figure)
    sys.stdout.write(table(found))
    if chosen.quick:
        sys.stdout.write(
            "Quick: a smaller record, fewer rounds and figures, so that growth and goals are only hinted at.\n"
        )
    if create is None:
        sys.stdout.write("PostgreSQL is not installed here: SQLite alone was measured.\n")
    sys.stdout.write(f"In {time.monotonic() - began:.0f} seconds.\n")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
