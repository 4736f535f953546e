"""What people read, through dispatch: how long an answer takes in the small record and in the large one.

In: halls of one database. Out: figures, in milliseconds: the median of some rounds after one to warm up. A line that
takes more than a second is asked but twice.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from bot.rendering.blocks import Button
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE, Desk, Hall
from tests.bench.staff import Looks
from tests.bench.words import ABSENT, COMMON, RARE, SECOND, URDU_COMMON

ROUND_TRIPS = 3  # milliseconds more that PostgreSQL may take
PAGES = 5
SLOW = 1_000.0


@dataclass(frozen=True)
class Read:
    """A line. `most`: milliseconds in the large record, on SQLite. `pages`: the pages after the first are measured."""

    line: str
    most: float
    who: Looks = Looks.OFFICER
    pages: bool = False

    @property
    def name(self) -> str:
        """As the table says it."""
        asker = "" if self.who is Looks.OFFICER else f" ({self.who.name.lower()})"
        return f"{self.line}{', next pages' if self.pages else ''}{asker}"


SUMMARIES = (
    "summary week ago:1",
    "summary week ago:1 known:then",
    "summary month ago:1",
    "summary year ago:1",
    "summary year ago:1 known:then",
    "summary counterpart",
    "summary counterpart PROV-META",
    "summary routes to:PROV-META data:bsi",
    "summary reciprocity",
    "summary reciprocity counterpart:US-DOJ-OIA",
    "summary reconcile counterpart:PROV-META period:2025H2",
    "summary reconcile counterpart:PROV-META",
    "summary obligations year:2025",
    "summary explain sent period:year ago:1",
    "summary explain waiting",
    "summary calendar agency",
)
"""Answers about years of work, each asked by a manager of the largest agency and by one of the smallest."""

READS = (
    Read(f"case search {ABSENT}", 20),
    Read(f"case search {RARE}", 20),
    Read(f"case search {COMMON}", 20),
    Read(f"case search {COMMON} {SECOND}", 20),
    Read("case search a", 20),
    Read(f"case search {URDU_COMMON}", 20),
    Read("request list", 15),
    Read("request list counterpart:PROV-META", 15),
    Read("request list mine:yes", 15),
    Read("request list status:all", 15),
    Read("request list status:all", 15, pages=True),
    Read("request list", 15, Looks.LIAISON),
    Read("overdue", 15),
    Read("overdue very", 15),
    Read("overdue", 15, Looks.LIAISON),
    Read("summary week", 60),
    Read("summary week", 60, Looks.MANAGER),
    Read("case status CCW-2026-987654", 8),
    Read("request status CCW-2026-987654/1", 8),
    Read("case status LOST-7/2019", 8),
    Read("case list", 8),
    Read("case list closed:yes", 8),
    Read("case list", 8, Looks.INVITED),
    Read("preservation list", 8),
    Read("help", 0.6),
    *(Read(line, 100, who) for line in SUMMARIES for who in (Looks.MANAGER, Looks.SMALL)),
)


def figures(halls: Sequence[Hall], rounds: int) -> Iterator[Figure]:
    """Each line in each hall of one database, the smallest first."""
    with ExitStack() as stack:
        desks = [(hall, stack.enter_context(hall.open())) for hall in sorted(halls, key=lambda hall: hall.stored)]
        for read in READS:
            small: float | None = None
            for hall, desk in desks:
                took = _median(desk, read, rounds)
                most = read.most + (0 if hall.database == SQLITE else ROUND_TRIPS)
                goal = "" if small is None else f"<= {most:g}"
                yield Figure(read.name, hall.database, hall.stored, took, "ms", small, goal)
                small = took


def _median(desk: Desk, read: Read, rounds: int) -> float:
    warm, answer = desk.say(read.who, read.line)
    if not read.pages:
        again = min(rounds, 2) if warm > SLOW else rounds
        return statistics.median(desk.say(read.who, read.line)[0] for _ in range(again))
    times: list[float] = []
    for _ in range(PAGES):
        following = next((button.line for button in _buttons(answer) if button.label == "Next page"), None)
        assert following or times, answer
        if following:
            took, answer = desk.say(read.who, following)
            times.append(took)
    return statistics.median(times)


def _buttons(part: Any) -> Iterator[Button]:
    if isinstance(part, Button):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _buttons(one)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _buttons(getattr(part, field.name))
