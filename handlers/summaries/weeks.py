"""Summaries: the week of an agency. What happened, what waits, and what to do about the oldest of it.

In: a turn, or the room that asked for a post. Out: one notice, with a picture for whoever asks for it; nothing changes.
Managers and officers read it for their own agency, each with what they may see; a room gets what its ceiling allows,
under its ceiling. What each figure counts stands in `storage/record/weeks.py`.
The week that is under way is told up to now; the post in a room tells the last whole week.
The post in a room brings the picture of the last weeks with it. Why a picture only where it is asked for, else: it
goes to one person alone, and a week is also read aloud in rooms.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Annotated, Any

from handlers import exposure
from handlers.exposure import PartOfRecord, RecordFacts
from handlers.kit import access, views
from handlers.kit.notices import RecordNotice
from handlers.kit.picture import WeekCount, Weeks, draw
from handlers.kit.turn import GeneratedFile, Reply, Turn
from handlers.kit.views import RequestLine
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode, Flag, Whole
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages.outbox import CONSOLE
from storage.messages.sending import Claimed
from storage.models import Clock, Request
from storage.record import account_weeks, old_rows, reports, weeks
from storage.record.scopes import Scope
from storage.rules import clocks
from storage.rules.deadlines import ClockState
from storage.rules.lifecycle import Status
from storage.serialization import decode

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
WEEKS_DRAWN = 8
NAMED = 3  # counterparts in the first sentence
COUNTED = ("opened", "filed", "received", "sent", "answered", "refused")  # what is late is said first, by itself


@dataclass(frozen=True)
class Figure(PartOfRecord):
    """One count of the week, beside that of the week before."""

    counted: str
    this: int
    before: int


@dataclass(frozen=True)
class OldLine(RecordFacts):
    """One of the oldest. `days` since it was sent; `step`: answer, escalate, chase, confirm or wait."""

    line: RequestLine
    days: int
    step: str


@dataclass(frozen=True)
class WaitCount(PartOfRecord):
    """How many wait for our own people, by the kind of clock, and how many of them past their time."""

    kind: str
    count: int
    late: int


@dataclass(frozen=True)
class LateCount(PartOfRecord):
    """How many are late with one counterpart."""

    counterpart: str
    count: int


@dataclass(frozen=True)
class StepCount(PartOfRecord):
    """Of how much of what is late this is the next step: escalate, chase or answer."""

    step: str
    count: int


@dataclass(frozen=True)
class SummaryWeek(RecordNotice):
    """The week of an agency: what is late, with whom and what to do; then the week, and what waits now.

    `so_far`: it is not over. `steps`: of what is late. `waiting` for an answer,
    `over_a_year` of them. `old`: overdue rows of registers that nobody took up.
    `by_account`: the week's figures by account, as providers' reports count.
    `label`: of the figures, which count what is not shown one by one.
    """

    label: str
    agency: str
    monday: date
    so_far: bool
    late: tuple[LateCount, ...]
    late_others: int
    late_total: int
    steps: tuple[StepCount, ...]
    figures: tuple[Figure, ...]
    by_account: tuple[Figure, ...]
    waiting: int
    over_a_year: int
    oldest: tuple[OldLine, ...]
    waits: tuple[WaitCount, ...]
    old: int
    lapsing: int
    owed: int
    owed_late: int


@dataclass(frozen=True)
class WeeksDrawn(RecordNotice):
    """With the picture of the last weeks: what it shows, in words; the oldest week first."""

    label: str
    name: str
    agency: str
    weeks: tuple[WeekCount, ...]


@commands.add("summary week", needs=READERS, reads=True, example="summary week ago:1")
def week(
    turn: Turn,
    *,
    ago: Annotated[int, Whole(min=0, max=520, name="weeks")] = 0,
    agency: AuthorityCode | None = None,
    picture: Flag = False,
) -> Reply:
    """The week of your agency: what was opened, filed, sent, answered and refused, and what waits now.

    ago: so many weeks ago; this week so far, if not said.
    agency: which of your agencies, if you belong to several.
    picture: a picture of the eight weeks up to this one as well, for yourself alone.
    """
    scope = access.scope(turn, agency, READERS)
    summary = _summary(turn, scope, reports.monday_of(turn.work, scope.agency, ago=ago))
    if not picture:
        return Reply(summary)
    drawn, generated = _drawn(turn, scope, summary, exposure.of(summary).label or Label.AMBER)
    return Reply(summary, drawn, generated=[generated])


def post(turn: Turn, row: Claimed) -> Reply | None:
    """The summary that a room asked for, with a picture where it takes one; None where it is no room any more."""
    if turn.room is None:
        return None
    facts: Any = decode(row.fields)
    scope = Scope(turn.viewer, turn.room.authority, turn.place.ceiling)
    summary = _summary(turn, scope, facts["monday"])
    if turn.room.platform == CONSOLE:
        return Reply(summary)
    drawn, generated = _drawn(turn, scope, summary, exposure.of(summary).label or Label.AMBER)
    return Reply(summary, generated=[replace(generated, shows=drawn)])


def _summary(turn: Turn, scope: Scope, monday: date) -> SummaryWeek:
    before, this = (asdict(week) for week in weeks.weeks(turn.work, scope, monday, count=2))
    accounts_before, accounts = account_weeks.account_weeks(turn.work, scope, monday, count=2)
    waiting = reports.unanswered(turn.work, scope)
    ages, late = waiting.ages, waiting.late
    very, asked = sum(one.very for one in late), sum(one.asked for one in late)
    total = sum(one.count for one in late)
    steps = {"escalate": very, "chase": total - very - asked, "answer": asked}
    owed, owed_late = reports.owed(turn.work, scope)
    return SummaryWeek(
        label=Label.AMBER if Label.AMBER.within(scope.ceiling) else scope.ceiling,
        agency=scope.agency.code,
        monday=monday,
        so_far=monday == reports.monday_of(turn.work, scope.agency, ago=0),
        late=tuple(LateCount(one.counterpart, one.count) for one in late[:NAMED]),
        late_others=sum(one.count for one in late[NAMED:]),
        late_total=total,
        steps=tuple(StepCount(step, count) for step, count in steps.items() if count),
        figures=tuple(Figure(one, this[one], before[one]) for one in COUNTED if this[one]),
        by_account=tuple(
            Figure(one, accounts[one], accounts_before[one]) for one in account_weeks.COUNTED if accounts[one]
        ),
        waiting=sum(ages),
        over_a_year=ages[-1],
        oldest=tuple(_old(turn, request, clock) for request, clock in reports.oldest(turn.work, scope, waiting)),
        waits=tuple(WaitCount(*row) for row in reports.waits_for_us(turn.work, scope)),
        old=old_rows.count(turn.work, scope.viewer, scope.ceiling).overdue,
        lapsing=reports.lapsing(turn.work, scope),
        owed=owed,
        owed_late=owed_late,
    )


def _drawn(turn: Turn, scope: Scope, summary: SummaryWeek, label: Label) -> tuple[WeeksDrawn, GeneratedFile]:
    """The picture of the weeks up to the one that is told, and its words."""
    found = weeks.weeks(turn.work, scope, summary.monday, WEEKS_DRAWN)
    mondays = [summary.monday - ago * weeks.WEEK for ago in reversed(range(WEEKS_DRAWN))]
    drawn = tuple(
        WeekCount(monday, week.opened, week.answered, week.overdue) for monday, week in zip(mondays, found, strict=True)
    )
    name = f"rogatory-{summary.agency}-{summary.monday.isoformat()}.png"
    content = draw(Weeks(summary.agency, label, drawn, so_far=summary.so_far))
    return WeeksDrawn(label, name, summary.agency, drawn), GeneratedFile(name, content)


def _old(turn: Turn, request: Request, clock: Clock | None) -> OldLine:
    line = views.request_line(turn, request, clock)
    days = (turn.today - request.sent_on).days if request.sent_on else 0
    return OldLine(line, days, _step(turn, request, clock))


def _step(turn: Turn, request: Request, clock: Clock | None) -> str:
    """What a careful officer would do next: answer what they asked, another route, ask them, see that they have it."""
    if request.status == Status.CLARIFICATION:
        return "answer"
    state = clocks.state_of(clock, turn.now) if clock else None
    if state is ClockState.VERY_OVERDUE:
        return "escalate"
    if state is ClockState.OVERDUE:
        return "chase"
    return "confirm" if request.status == Status.SENT else "wait"
