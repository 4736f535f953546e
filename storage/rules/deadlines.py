"""The arithmetic of a clock: from its start and what happened since, the day it is due and every step to that day.

In: `Terms` (length, unit, start, the recipient's calendar, pauses, extensions). Out: a `Computation`; from its moments,
the state a clock is in. No rows and no SQL: the rows are in `clocks.py`.

    day 0       the local day of the start, in the recipient's zone; it is never counted
    due         at the END of the due local day; overdue from the next day. In hours: at that very moment
    day off     a clock in calendar days that falls due on a day off stays there; where the instrument's law says so
                (Reg. (EEC, Euratom) No 1182/71 Art. 3(4)), it is due on the next working day
    pause       from their letter to our answer: the days after the letter, up to and including the day of our answer,
                do not count. What was left is left when it goes on, sign included, so that asking never makes a late
                answer punctual: working days while on time, calendar days once late (or agreed to end on a day off)
    extension   in the clock's own unit, or until an agreed date, which never shortens; in the order granted
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from storage.reference.rows import Unit
from storage.rules.workdays import Calendar, Passed
from storage.times import as_utc, end_of_day, local_day

VERY_LATE_AT_LEAST = timedelta(days=30)
"""A clock in days is very overdue at the earliest so long after its due day, unless its instrument says otherwise."""

_ONE_DAY = timedelta(days=1)
_ONE_HOUR = timedelta(hours=1)
_A_MOMENT = timedelta(microseconds=1)
_NOTHING_PASSED = Passed(weekends=0, named=())


class ClockState(StrEnum):
    """At every moment an open clock is in exactly one of these."""

    NOT_DUE = "not due"
    DUE_TODAY = "due today"
    OVERDUE = "overdue"
    VERY_OVERDUE = "very overdue"
    PAUSED = "paused"


class StepKind(StrEnum):
    """What a step did to the due day."""

    COUNT = "count"  # the clock's own length, from day 0
    PAUSE = "pause"  # their letter: what was left then
    RESUME = "resume"  # our answer: what was left, counted from there
    EXTEND = "extend"  # more time, in the clock's unit
    UNTIL = "until"  # an agreed date
    DAY_OFF = "day_off"  # it would end on a day off: the next working day


@dataclass(frozen=True, slots=True)
class Pause:
    """A clarification, from the date of their letter (`since`) to the date of our answer (`until`; None while open).

    For a clock in hours give aware datetimes; a bare date there is read as the end of that local day, so whole days
    stand still.
    Errors: ValueError, for an answer before the letter.
    """

    since: date
    until: date | None

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"answered {self.until}, before the letter of {self.since}")


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, granted `on` a day: so many more of the clock's own unit (`days`), or `until` an agreed date.

    Errors: ValueError, unless it is exactly one of the two, and for fewer than one day.
    """

    on: date
    days: int | None
    until: date | None
    reason: str

    def __post_init__(self) -> None:
        if (self.days is None) == (self.until is None):
            raise ValueError("an extension is by days or until a date: exactly one of them")
        if self.days is not None and self.days < 1:
            raise ValueError(f"an extension by {self.days} gives no time")


@dataclass(frozen=True, slots=True)
class Terms:
    """All that decides one deadline.

    amount: in `unit`. starts_at: aware. calendar: the recipient's.
    very_after: calendar days after the day of the start, at whose end it becomes very overdue; moves as the due day
    moves. None: overdue as long again as its own amount, but at least 30 days; in hours, twice the hours.
    ends_on_working_day: one in calendar days that would end on a day off ends on the next working day.
    """

    amount: int
    unit: Unit
    starts_at: datetime
    calendar: Calendar
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    very_after: int | None = None
    ends_on_working_day: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineStep:
    """One line of "why this date?". The lines alone, in order, recompute to the date: see `recompute`.

    Days are local days of the calendar, or aware UTC moments for a clock counted in hours.
    day_to: where the count arrived, the end of a pause (None: open) or the agreed date.
    count: units counted, or left (negative: late). For what was left of a clock in hours, whole hours, rounded down.
    weekends, skipped: days between that did not count, beside `count`: weekends by number, others by date and name.
    """

    kind: StepKind
    day_from: date
    day_to: date | None
    count: int
    unit: Unit
    weekends: int = 0
    skipped: tuple[tuple[date, str], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Computation:
    """What follows from `Terms`.

    stands_on: the last local day it is not overdue; while a pause is open (since `paused_on`), where it stood then,
    with the extensions granted meanwhile. due_at, very_from: UTC, the first moment it is overdue, and very overdue;
    None while paused.
    """

    zone: str
    stands_on: date
    due_at: datetime | None
    very_from: datetime | None
    paused_on: date | None
    steps: tuple[DeadlineStep, ...]

    @property
    def due_on(self) -> date | None:
        """The due day; None while paused."""
        return self.stands_on if self.paused_on is None else None


def compute(terms: Terms) -> Computation:
    """The deadline that follows from the terms, with every step.

    Errors: NaiveTime, for a moment without a zone; UnknownCountry, from the calendar.
    """
    zone, pauses = terms.calendar.zone, _pauses(terms)
    reckoning = _Reckoning(terms)
    for event in _in_order(terms, pauses):
        if isinstance(event, Pause):
            reckoning.pause(event)
        else:
            reckoning.extend(event)
    paused = bool(pauses) and pauses[-1].until is None
    if terms.ends_on_working_day and terms.unit == "calendar_days" and not paused:
        reckoning.leave_day_off()
    return Computation(
        zone=zone,
        stands_on=_last_day(reckoning.due, zone),
        due_at=None if paused else _moment(reckoning.due, zone),
        very_from=None if paused else _moment(reckoning.very_late(), zone),
        paused_on=_last_day(pauses[-1].since, zone) if paused else None,
        steps=tuple(reckoning.steps),
    )


def recompute(steps: tuple[DeadlineStep, ...]) -> date:
    """The due day that the printed steps come to, from nothing but their own figures; the moment, for a clock in hours.

    So it is `stands_on` of the computation for a clock in days, and `due_at` for one in hours that is not paused.
    """
    due, left = steps[0].day_from, timedelta()
    for step in steps:
        counted = timedelta(hours=step.count) if step.unit == "hours" else timedelta(days=step.count)
        passed = timedelta(days=step.weekends + len(step.skipped))
        if step.kind is StepKind.PAUSE:
            left = due - step.day_from - passed
        elif step.kind is StepKind.RESUME:
            due = step.day_from + left + passed
        elif step.kind in (StepKind.UNTIL, StepKind.DAY_OFF) and step.day_to is not None:
            due = max(due, step.day_to)
        else:
            due += counted + passed
    return due


def state(due_at: datetime | None, very_from: datetime | None, now: datetime, *, zone: str) -> ClockState:
    """The one state an open clock is in, from the moments of its computation; no due moment means that it is paused.

    zone: of the recipient's calendar; decides what "today" is.
    """
    if due_at is None:
        return ClockState.PAUSED
    if very_from is not None and now >= very_from:
        return ClockState.VERY_OVERDUE
    if now >= due_at:
        return ClockState.OVERDUE
    if local_day(now, zone) == local_day(due_at - _A_MOMENT, zone):
        return ClockState.DUE_TODAY
    return ClockState.NOT_DUE


def days_left(due_on: date, now: datetime, *, zone: str, since: date) -> int:
    """Local days until a due day: 0 is due today, negative is overdue.

    zone: of the recipient's calendar. since: the day it is counted from, day 0 or the day it went on after a pause.
    Why from there: it may be tomorrow in the recipient's zone, and nobody has more days than the rule gives. A day 0
    further ahead (a service that is still to come) is not waited for: the days to it are left as well.
    A clock in hours that ran out earlier today has 0 left: ask `state` whether it is overdue.
    """
    today = local_day(now, zone)
    return (due_on - (since if since == today + _ONE_DAY else today)).days


class _Reckoning:
    """A computation under way: where the due day stands, and the steps that brought it there."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.steps: list[DeadlineStep] = []
        self.due = _place(terms, terms.starts_at)
        self._advance(StepKind.COUNT, terms.amount)
        self.first_due = self.due

    def extend(self, extension: Extension) -> None:
        """Give more time."""
        if extension.days is not None:
            self._advance(StepKind.EXTEND, extension.days, extension.reason)
        elif extension.until is not None:
            agreed = _place(self.terms, extension.until)
            self.steps.append(
                DeadlineStep(StepKind.UNTIL, self.due, agreed, 0, self.terms.unit, reason=extension.reason)
            )
            self.due = max(self.due, agreed)

    def pause(self, pause: Pause) -> None:
        """Keep what was left at the letter, and count it again from the answer, if there is one."""
        count, unit = self._left(pause.since)
        passed = self._passed(pause.since, self.due, unit)
        self.steps.append(DeadlineStep(StepKind.PAUSE, pause.since, pause.until, count, unit, *passed))
        if pause.until is None:
            return
        if unit == "working_days":
            resumed = self.terms.calendar.add(pause.until, count)
        else:
            resumed = pause.until + (self.due - pause.since)
        passed = self._passed(pause.until, resumed, unit)
        self.steps.append(DeadlineStep(StepKind.RESUME, pause.until, resumed, count, unit, *passed))
        self.due = resumed

    def leave_day_off(self) -> None:
        """Where it would end on a day off, end on the next working day."""
        off = self.terms.calendar.why_not(self.due)
        if off is not None:
            ends = self.terms.calendar.add(self.due, 1)
            self.steps.append(DeadlineStep(StepKind.DAY_OFF, self.due, ends, 0, self.terms.unit, reason=off))
            self.due = ends

    def very_late(self) -> date:
        """The day at whose end, or the moment when, it becomes very overdue."""
        terms = self.terms
        if terms.very_after is not None:
            first = _place(terms, local_day(terms.starts_at, terms.calendar.zone) + terms.very_after * _ONE_DAY)
            return self.due + max(timedelta(), first - self.first_due)
        as_long_again = self._ahead(self.due, terms.amount)
        return as_long_again if terms.unit == "hours" else max(as_long_again, self.due + VERY_LATE_AT_LEAST)

    def _advance(self, kind: StepKind, count: int, reason: str = "") -> None:
        unit, end = self.terms.unit, self._ahead(self.due, count)
        passed = self._passed(self.due, end, unit)
        self.steps.append(DeadlineStep(kind, self.due, end, count, unit, *passed, reason=reason))
        self.due = end

    def _ahead(self, place: date, count: int) -> date:
        if self.terms.unit == "working_days":
            return self.terms.calendar.add(place, count)
        return place + count * (_ONE_HOUR if self.terms.unit == "hours" else _ONE_DAY)

    def _left(self, since: date) -> tuple[int, Unit]:
        left, calendar = self.due - since, self.terms.calendar
        if self.terms.unit == "hours":
            return left // _ONE_HOUR, "hours"
        if self.terms.unit == "working_days" and since <= self.due and calendar.is_working(self.due):
            return calendar.between(since, self.due), "working_days"
        return left.days, "calendar_days"

    def _passed(self, a: date, b: date, unit: Unit) -> Passed:
        return self.terms.calendar.passed(a, b) if unit == "working_days" else _NOTHING_PASSED


def _pauses(terms: Terms) -> list[Pause]:
    """In order, none before the start, those that overlap or touch made one."""
    start = _place(terms, terms.starts_at)
    placed = (Pause(_place(terms, p.since), None if p.until is None else _place(terms, p.until)) for p in terms.pauses)
    joined: list[Pause] = []
    for pause in sorted(placed, key=lambda pause: pause.since):
        if pause.until is not None and pause.until <= start:
            continue
        last = joined[-1] if joined else None
        if last is not None and (last.until is None or pause.since <= last.until):
            ends = None if last.until is None or pause.until is None else max(last.until, pause.until)
            joined[-1] = Pause(last.since, ends)
        else:
            joined.append(Pause(max(pause.since, start), pause.until))
    return joined


def _in_order(terms: Terms, pauses: list[Pause]) -> list[Pause | Extension]:
    """By day; on one day the pause first, so that a date agreed on the day of the letter stands as agreed."""
    events: list[Pause | Extension] = [*pauses, *terms.extensions]
    return sorted(events, key=lambda event: _place(terms, event.since if isinstance(event, Pause) else event.on))


def _place(terms: Terms, value: date) -> date:
    """Where a day or a moment lies for this clock: a local day, or for a clock in hours a moment in UTC."""
    zone = terms.calendar.zone
    if terms.unit == "hours":
        return as_utc(value) if isinstance(value, datetime) else end_of_day(value, zone)
    return local_day(value, zone) if isinstance(value, datetime) else value


def _moment(place: date, zone: str) -> datetime:
    """The first moment after a day; a moment is itself."""
    return place if isinstance(place, datetime) else end_of_day(place, zone)


def _last_day(place: date, zone: str) -> date:
    """The local day of the last instant before a moment: midnight still belongs to the day that it ends."""
    return local_day(_moment(place, zone) - _A_MOMENT, zone)
