"""A turn in process: how many statements it makes, and what it costs, in the small record and in the large one.

In: halls of one database. Out: figures. A case is opened, a request filed in it and looked at, some rounds after one to
warm up. Statements are counted as the database gets them, savepoints among them, but not what begins a transaction.
"""

import itertools
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from sqlalchemy import event

from tests.bench.figure import Figure
from tests.bench.halls import Desk, Hall
from tests.bench.staff import Looks

TURNS = {
    "case open": ('case open "Fake page number {n}" category:fraud label:green', 9),
    "request file": (
        (
            "request file {case} to:PROV-META as:PROD-META data:bsi accounts:page_{n} reason:fraud"
            ' basis:"domestic court order {n}" date_range:"2026-01-01..2026-02-01" user_notification:no'
        ),
        18,
    ),
    "request status": ("request status {case}/1", 8),
    "help": ("help", 0),
}
"""{first words: the line, and how many statements it may make}."""
CASE = re.compile(r"CCW-2026-\d+")
_numbers = itertools.count(1)


def figures(halls: Sequence[Hall], rounds: int) -> Iterator[Figure]:
    """Each line in each hall of one database, the smallest first."""
    with ExitStack() as stack:
        desks = [(hall, stack.enter_context(hall.open())) for hall in sorted(halls, key=lambda hall: hall.stored)]
        found = [(hall, _rounds(desk, rounds)) for hall, desk in desks]
    for name, (_, most) in TURNS.items():
        small: float | None = None
        for hall, measured in found:
            count, took = measured[name]
            goal = f"<= {most}" if most else ""
            yield Figure(f"{name}, statements", hall.database, hall.stored, count, "", None, goal)
            goal = "" if small is None else "<= 1.2x"
            yield Figure(f"{name}, in process", hall.database, hall.stored, took, "ms", small, goal)
            small = took


def _rounds(desk: Desk, rounds: int) -> dict[str, tuple[float, float]]:
    """{first words: statements, milliseconds}."""
    counts, times = defaultdict[str, list[int]](list), defaultdict[str, list[float]](list)
    with _counted(desk) as statements:
        for _ in range(rounds + 1):
            case = ""
            for name, (line, _) in TURNS.items():
                statements.clear()
                took, answer = desk.say(Looks.OFFICER, line.format(n=next(_numbers), case=case))
                assert not answer.refused, answer
                counts[name].append(len(statements))
                times[name].append(took)
                case = case or CASE.findall(str(answer))[-1]
    return {name: (counts[name][-1], statistics.median(times[name][1:])) for name in TURNS}


@contextmanager
def _counted(desk: Desk) -> Iterator[list[str]]:
    """What reaches the database meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    engines = (desk.store.write_engine, desk.store._read_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
