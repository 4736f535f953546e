"""Summaries: the week, the month or the year of an agency. What happened, what waits, and what to do about the oldest.

In: a turn, or the room that asked for a post. Out: one notice, with a picture for whoever asks for it; nothing changes.
Managers and officers read it for their own agency, each with what they may see; a room gets what its ceiling allows,
under its ceiling. What each figure counts stands in `storage/record/figures.py` and `waiting.py`, and is said by
`summary explain`. The period that is under way is told up to now; the post in a room tells the last whole week.
The figures of a period that is over are those of today, or, as known then, those that stood on record when it was over
(`storage/record/known.py`); the answer says which. Where they differ, what was known then says what is known now, and a
week the other way round: of a month or a year that takes as long as the answer itself. What waits is always as of now.
The post in a room brings the picture of the last weeks with it. Why a picture only where it is asked for, else: it
goes to one person alone, and a week is also read aloud in rooms.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from handlers.exposure import PartOfRecord, RecordFacts
from handlers.kit import access, views
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import RequestLine
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode, Choices, Whole
from handlers.pictures.ageing import AgeingDrawn, WaitsWith
from handlers.pictures.drawing import LIGHT, NO, AsPicture, files, head
from handlers.pictures.periods import PeriodCount, PeriodsDrawn
from storage.exposure.roles import Role
from storage.messages.outbox import CONSOLE
from storage.messages.sending import Claimed
from storage.models import Clock, Request
from storage.record import figures, old_rows, periods, waiting
from storage.record import known as known_then
from storage.record.periods import Period
from storage.record.scopes import Scope
from storage.rules import clocks
from storage.rules.clocks import HOUSE
from storage.rules.deadlines import ClockState
from storage.rules.lifecycle import Status
from storage.serialization import decode

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
DRAWN = 8  # periods
NAMED = 3  # counterparts in the first sentence
STEPS = ("escalate", "chase", "answer")
NOW, THEN = "now", "then"
Known = Annotated[str, Choices(NOW, THEN)]
Ago = Annotated[int, Whole(min=0, max=520, name="periods")]


@dataclass(frozen=True)
class Figure(PartOfRecord):
    """One count of the period, beside that of the period before."""

    counted: str
    this: int
    before: int


@dataclass(frozen=True)
class OtherwiseKnown(PartOfRecord):
    """What a figure was when the period was over, if this is known now; or what it is now, if this was known then."""

    counted: str
    count: int


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
class SummaryPeriod(RecordNotice):
    """A period of an agency: what is late, with whom and what to do; then the period, and what waits now.

    `kind`: week, month or year; `first`: its first day; `ago`: so many before the present one. `so_far`: it is not
    over. `known`: its figures are those of now, or those that were known then; `otherwise`: those that differ.
    `steps`: of what is late. `waiting` for an answer, `over_a_year` of them. `old`: overdue rows of registers that
    nobody took up. `by_account`: figures by account, as providers' reports count; none as known then.
    `label`: of the figures, which count what is not shown one by one.
    `elsewhere`: of another agency than its reader speaks for.
    """

    label: str
    agency: str
    kind: str
    first: date
    ago: int
    so_far: bool
    known: str
    otherwise: tuple[OtherwiseKnown, ...]
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
    elsewhere: bool = False


@commands.add("summary week", needs=READERS, reads=True, example="summary week ago:1")
def week(
    turn: Turn,
    *,
    ago: Ago = 0,
    agency: AuthorityCode | None = None,
    known: Known = NOW,
    picture: AsPicture = NO,
) -> Reply:
    """The week of your agency: what was opened, filed, sent, answered and refused, and what waits now.

    ago: so many weeks ago; this week so far, if not said.
    agency: which of your agencies, if you belong to several.
    known: then, for a week that is over as it was on record at its end.
    picture: yes or dark: pictures of the eight weeks up to this one, and of what waits, for yourself alone.
    """
    scope = access.scope(turn, agency, READERS)
    return _answer(turn, scope, _summary(turn, scope, periods.WEEK, ago, known), picture)


@commands.add("summary month", needs=READERS, reads=True, example="summary month ago:1")
def month(
    turn: Turn,
    *,
    ago: Ago = 0,
    agency: AuthorityCode | None = None,
    known: Known = NOW,
    picture: AsPicture = NO,
) -> Reply:
    """The month of your agency: what was opened, filed, sent, answered and refused, and what waits now.

    ago: so many months ago; this month so far, if not said.
    agency: which of your agencies, if you belong to several.
    known: then, for a month that is over as it was on record at its end.
    picture: yes or dark: pictures of the eight months up to this one, and of what waits, for yourself alone.
    """
    scope = access.scope(turn, agency, READERS)
    return _answer(turn, scope, _summary(turn, scope, periods.MONTH, ago, known), picture)


@commands.add("summary year", needs=READERS, reads=True, example="summary year ago:1")
def year(
    turn: Turn,
    *,
    ago: Ago = 0,
    agency: AuthorityCode | None = None,
    known: Known = NOW,
    picture: AsPicture = NO,
) -> Reply:
    """The year of your agency: what was opened, filed, sent, answered and refused, and what waits now.

    ago: so many years ago; this year so far, if not said.
    agency: which of your agencies, if you belong to several.
    known: then, for a year that is over as it was on record at its end.
    picture: yes or dark: pictures of the eight years up to this one, and of what waits, for yourself alone.
    """
    scope = access.scope(turn, agency, READERS)
    return _answer(turn, scope, _summary(turn, scope, periods.YEAR, ago, known), picture)


def post(turn: Turn, row: Claimed) -> Reply | None:
    """The summary that a room asked for, with a picture where it takes one; None where it is no room any more."""
    if turn.room is None:
        return None
    facts: Any = decode(row.fields)
    scope = Scope(turn.viewer, turn.room.authority, turn.place.ceiling)
    this_week = periods.of(turn.work, scope.agency, periods.WEEK, ago=0)
    ago = (this_week.first - facts["monday"]).days // timedelta(weeks=1).days
    summary = _summary(turn, scope, periods.WEEK, ago, NOW)
    if turn.room.platform == CONSOLE:
        return Reply(summary)
    return Reply(summary, generated=files(LIGHT, _periods_drawn(turn, scope, summary)))


def _answer(turn: Turn, scope: Scope, summary: SummaryPeriod, picture: str) -> Reply:
    """In words, and as pictures where they are asked for."""
    if picture == NO:
        return Reply(summary)
    drawn = (_periods_drawn(turn, scope, summary), _ageing_drawn(turn, scope, summary))
    return Reply(summary, *drawn, generated=files(picture, *drawn))


def _summary(turn: Turn, scope: Scope, kind: str, ago: int, as_known: str) -> SummaryPeriod:
    period = periods.of(turn.work, scope.agency, kind, ago=ago)
    before, this = figures.counts(turn.work, scope, [period.before, period])
    is_shown = ago and (as_known == THEN or kind == periods.WEEK)
    past = known_then.counts(turn.work, scope, period, this) if is_shown else this
    otherwise = past
    if ago and as_known == THEN:
        before, this, otherwise = known_then.counts(turn.work, scope, period.before, before), past, this
    unanswered = waiting.unanswered(turn.work, scope)
    late, ages = unanswered.late, unanswered.count
    waits = waiting.waits(turn.work, scope)
    return SummaryPeriod(
        label=access.label_of_figures(turn, scope),
        agency=scope.agency.code,
        kind=kind,
        first=period.first,
        ago=ago,
        so_far=not ago,
        known=as_known if ago else NOW,
        otherwise=tuple(
            OtherwiseKnown(code, otherwise[code]) for code in figures.SHOWN if otherwise[code] != this[code]
        ),
        late=tuple(LateCount(one.counterpart, one.count) for one in late[:NAMED]),
        late_others=sum(one.count for one in late[NAMED:]),
        late_total=ages["late"],
        steps=tuple(StepCount(step, ages[step]) for step in STEPS if ages[step]),
        figures=_said(figures.SHOWN, this, before),
        by_account=_said(figures.BY_ACCOUNT, this, before),
        waiting=ages["waiting"],
        over_a_year=ages["over_a_year"],
        oldest=tuple(_old(turn, request, clock) for request, clock in waiting.oldest(turn.work, scope, unanswered)),
        waits=tuple(WaitCount(kind, waits[kind], waits[f"{kind}_late"]) for kind in HOUSE if waits[kind]),
        old=old_rows.count(turn.work, scope.viewer, scope.ceiling).overdue,
        lapsing=waits["lapsing"],
        owed=waits["owed"],
        owed_late=waits["owed_late"],
        elsewhere=access.is_elsewhere(turn, scope),
    )


def _said(codes: tuple[str, ...], this: Mapping[str, int], before: Mapping[str, int]) -> tuple[Figure, ...]:
    """The figures that there are, beside those of the period before."""
    return tuple(Figure(code, this[code], before[code]) for code in codes if this[code])


def _periods_drawn(turn: Turn, scope: Scope, summary: SummaryPeriod) -> PeriodsDrawn:
    """The periods up to the one that is told, as known now; as confidential as what is said with them."""
    last = Period(summary.kind, summary.first).up_to_here(DRAWN)
    found = zip(last, figures.counts(turn.work, scope, last), strict=True)
    counts = tuple(
        PeriodCount(period.first, count["opened"], count["answered"], count["overdue"]) for period, count in found
    )
    top = head(turn, scope, summary, summary.kind, summary.first)
    return PeriodsDrawn(*top, summary.kind, counts, summary.so_far, summary.old)


def _ageing_drawn(turn: Turn, scope: Scope, summary: SummaryPeriod) -> AgeingDrawn:
    """What waits now, however long ago the period was."""
    rows = waiting.unanswered(turn.work, scope).rows
    ages, count = Counter(row.age for row in rows), Counter(row.counterpart for row in rows)
    over = Counter(row.counterpart for row in rows if row.age == len(waiting.AGES))
    by_counterpart = [WaitsWith(code, count[code], over[code]) for code in count]
    by_age = [ages[age] for age in range(len(waiting.AGES) + 1)]
    return AgeingDrawn.of(head(turn, scope, summary, "waiting"), by_age, by_counterpart, summary.old)


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
