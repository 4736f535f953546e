"""Deadlines: extend, why this date, what is overdue.

In: a turn. Out: dates with their arithmetic. The rules are `storage/rules/deadlines.py`; here they are only asked and
shown.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated

from handlers.exposure import Indoors, Ours, PartOfRecord, TwoSided
from handlers.kit import access, concerned, paging, usual, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act, reads_advice
from handlers.kit.turn import Reply, Turn
from handlers.kit.usual import Usual
from handlers.kit.views import ClockLine, PreservationLine, RequestLine
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import (
    AuthorityCode,
    CalendarDays,
    Choices,
    Flag,
    FutureMoment,
    RequestPlace,
    RequestRef,
    Text,
    TypedMoment,
    Whole,
)
from storage.exposure.roles import Role
from storage.models import Clock
from storage.record import hold_lists, request_lists
from storage.rules import clocks
from storage.rules.deadlines import DeadlineStep
from storage.rules.lifecycle import OPEN, WAITING, Status
from storage.times import end_of_day

commands = Commands()

HOURS_A_DAY, LONGEST_HOURS = 24, 366 * 24


@dataclass(frozen=True)
class StepLine(PartOfRecord):
    """One step of the arithmetic, as printed. Days are local days of the calendar; moments for a clock in hours."""

    kind: str
    day_from: date
    day_to: date | None
    count: int
    unit: str
    weekends: int
    skipped: tuple[tuple[date, str], ...]
    reason: Ours[str]


@dataclass(frozen=True)
class OrdinaryTime(PartOfRecord):
    """The time an instrument gives an ordinary case, and whose word that is."""

    amount: int
    unit: str
    origin: str
    caution: Indoors[str]


@dataclass(frozen=True)
class ClockWhy(PartOfRecord):
    """One clock with every step and the rule it stands on.

    `day_off_rule`: by what a last day that is a day off moves. `awaits_service`: it is counted from a service that is
    owed still. `ordinary`: of its instrument, where that has no time for an emergency and ours runs instead.
    """

    clock: ClockLine
    instrument: str
    instrument_name: str
    legal_basis: str
    counted_from: str
    amount: int
    unit: str
    calendar: str
    zone: str
    steps: tuple[StepLine, ...]
    stands_on: date
    due_at: datetime | None
    very_at: datetime | None
    ended: bool
    source: tuple[str, ...]
    day_rule: str
    ordinary: OrdinaryTime | None = None
    awaits_service: bool = False
    day_off_rule: str = ""


@dataclass(frozen=True)
class OwnClockWhy(PartOfRecord):
    """A clock of the house: how long it gives, and from when."""

    clock: ClockLine
    since: datetime
    amount: int
    unit: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class RequestWhy(RecordNotice, TwoSided):
    """Why this date: the arithmetic of each clock of a request. `ours`: of what waits for our own people.

    `details`: with the law, the rule and the source of each.
    """

    ref: str
    title: str
    label: str
    direction: str
    status: str
    clocks: tuple[ClockWhy, ...]
    ours: Indoors[tuple[OwnClockWhy, ...]] = ()
    details: bool = False


@dataclass(frozen=True)
class RequestExtended(RecordNotice, TwoSided):
    """More time was given, with the reason. `before_at`: the moment it was due, of a clock in hours."""

    ref: str
    title: str
    label: str
    counterpart: str
    before: date | None
    before_at: datetime | None
    clock: ClockLine
    reason: Ours[str]
    by: Indoors[str]

    is_card = is_under_card = True


@dataclass(frozen=True)
class OverdueList(RecordNotice):
    """What is overdue, longest first; with what waits for ourselves.

    `kept`: holds of which nobody said in time what should be said. `old`: how many of a register are, which are no
    rows here. `usual`: how long the one counterpart takes.
    """

    which: str
    counterpart: str
    requests: tuple[RequestLine, ...]
    kept: tuple[PreservationLine, ...]
    total: int
    old: int
    next_line: str
    back_line: str = ""
    usual: Usual | None = None


@commands.add("request why", reads=True, example="request why 42/3")
def why(turn: Turn, ref: RequestRef, *, details: Flag = False) -> Reply:
    """Why this date: every step, the holidays skipped, the rule and its source.

    ref: the request.
    details: the law and the source, too.
    """
    request = access.request(turn, ref)
    running = clocks.running(request)
    between = [clock for clock in running if clock.kind in clocks.BETWEEN_SIDES]
    found = between or [clock for clock in [clocks.latest(request)] if clock]
    ours = [clock for clock in running if clock.kind in clocks.HOUSE and clock.kind != "taken"]
    if not found and not ours:
        raise Conflict("no_clock_yet", ref=request.ref)
    lines = tuple(_why(turn, clock) for clock in found)
    own = tuple(_why_ours(turn, clock) for clock in ours)
    case = request.case
    return Reply(
        RequestWhy(request.ref, case.title, case.label, request.direction, request.status, lines, own, details)
    )


@commands.add(
    "request extend",
    needs=(Role.OFFICER, Role.MANAGER),
    example='request extend 42/3 until:2026-06-30 reason:"they asked for a month"',
)
def extend(
    turn: Turn,
    ref: RequestRef,
    *,
    days: CalendarDays | None = None,
    hours: Annotated[int, Whole(min=1, max=LONGEST_HOURS, name="hours")] | None = None,
    until: FutureMoment | None = None,
    reason: Annotated[str, Text(max=1000)],
) -> Reply:
    """Give a request more time, by days, by hours or until a date. The reason goes on record.

    ref: the request.
    days: so many more: working days where the clock counts those, of 24 hours each where it counts hours.
    hours: so many more, where the clock counts in hours.
    until: the agreed date, with a time where the clock counts in hours.
    reason: who agreed, and why.
    """
    request = access.request(turn, ref, Act.WORK)
    clock = clocks.latest(request)
    if clock is None or clock.ended_at or request.status not in WAITING:
        raise Conflict("no_running_clock", ref=request.ref)
    more, last = _more_time(turn, clock, days, hours, until)
    before, before_at = clock.due_on, clock.due_at if clock.unit == "hours" else None
    clocks.extend(turn.work, clock, days=more, until=last, reason=reason, on=turn.today)
    turn.work.audit(
        "request extend", request.ref, before={"due_on": before}, after={"due_on": clock.due_on}, personal=reason
    )
    notice = RequestExtended(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        counterpart=views.counterpart(request).code,
        before=before,
        before_at=before_at,
        clock=views.clock_line(turn, clock),
        reason=reason,
        by=turn.actor.person.name,
    )
    concerned.tell(turn, request, "extend", notice)
    return Reply(notice)


@commands.add("overdue", reads=True, example="overdue agency")
def overdue(
    turn: Turn,
    which: Annotated[str, Choices("mine", "agency", "very", "counterpart", "register")] = "",
    *,
    counterpart: AuthorityCode | None = None,
    after: RequestPlace | None = None,
    before: RequestPlace | None = None,
) -> Reply:
    """What is overdue, longest first: what is owed to us, what we owe, and what waits for ourselves.

    which: mine (cases you lead, requests you filed), agency (all you can see), very (very overdue), register (what came
      with one and nobody took up); managers see the agency if not said.
    counterpart: only those with this authority.
    after: the page that begins behind this request.
    before: the page that ends before it.
    """
    if which == "counterpart" and counterpart is None:
        raise BadValue("counterpart", "", clause("not_named"), clause("authority"), "overdue counterpart:PROV-META")
    chosen = which or ("counterpart" if counterpart else "agency" if Role.MANAGER in turn.actor.roles else "mine")
    named = f" counterpart:{counterpart}" if counterpart else ""
    is_old, is_turned = chosen == "register", bool(after or before)
    page = request_lists.requests(
        turn.work,
        turn.viewer,
        mine=chosen == "mine",
        status=WAITING if is_old else (*OPEN, Status.REFUSED),
        counterpart=counterpart,
        due="very" if chosen == "very" else "overdue",
        old=is_old,
        limit=paging.ROWS,
        place=paging.place(partial(access.request, turn), after, before),
    )
    lines = tuple(views.request_line(turn, request, clock) for request, clock in page.rows)
    alone = counterpart or chosen in ("very", "register") or is_turned
    next_line, back_line = paging.beside(f"overdue {chosen}{named}", page, [line.ref for line in lines])
    kept = [] if alone else _holds(turn, mine=chosen == "mine")
    notice = OverdueList(
        which=chosen,
        counterpart=counterpart or "",
        requests=lines,
        kept=tuple(kept),
        total=page.total,
        old=0 if is_old or is_turned else _of_register(turn, counterpart),
        next_line=next_line,
        back_line=back_line,
        usual=_usual(turn, counterpart) if counterpart and lines else None,
    )
    return Reply(notice)


def _more_time(
    turn: Turn, clock: Clock, days: int | None, hours: int | None, until: TypedMoment | None
) -> tuple[int | None, date | None]:
    """By how many of the clock's own unit, or until which day or moment. Errors: BadValue.

    Of a clock in hours, a day without a time is taken to its end.
    """
    given = [name for name, value in (("days", days), ("hours", hours), ("until", until)) if value is not None]
    if len(given) != 1:
        typed = ", ".join(given)
        raise BadValue("days", typed, clause("not_one_of_them"), clause("days_or_until"), "until:2026-06-30")
    in_hours = clock.unit == "hours"
    if hours is not None and not in_hours:
        raise BadValue("hours", str(hours), clause("counts_days"), clause("days_or_until"), f"days:{1 + hours // 24}")
    if until is None:
        return hours or (days or 0) * (HOURS_A_DAY if in_hours else 1), None
    day = until.day(turn.zone)
    last = until.at if in_hours and until.has_time else day
    ends = end_of_day(day, clock.authority.zone) if last == day else until.at
    if clock.due_at and clock.due_on and ends <= clock.due_at:
        wrong = clause("not_after", day=clock.due_on)
        raise BadValue("until", day.isoformat(), wrong, clause("later_date"), "until:2026-06-30")
    return None, last


def _usual(turn: Turn, counterpart: str) -> Usual | None:
    return usual.of_authority(turn, access.authority(turn, counterpart)) if reads_advice(turn) else None


def _of_register(turn: Turn, counterpart: str | None) -> int:
    return request_lists.count(turn.work, turn.viewer, status=WAITING, counterpart=counterpart, old=True)


def _holds(turn: Turn, *, mine: bool) -> list[PreservationLine]:
    rows, _ = hold_lists.waiting(turn.work, turn.viewer, mine=mine)
    return [views.preservation_line(turn, kept) for kept in rows]


def _why(turn: Turn, clock: Clock) -> ClockWhy:
    instrument = turn.reference.instruments[clock.instrument]
    computation = clocks.computed(turn.work, clock)
    is_ours, ordinary = clocks.is_follow_up(turn.work, clock), instrument.default_clock
    return ClockWhy(
        clock=views.clock_line(turn, clock),
        instrument=instrument.code,
        instrument_name=instrument.name,
        legal_basis=instrument.legal_basis,
        counted_from=clock.counted_from.replace("_", " "),
        amount=clock.amount,
        unit=clock.unit,
        calendar=clock.authority.code,
        zone=clock.authority.zone,
        steps=tuple(_step(step) for step in computation.steps),
        stands_on=computation.stands_on,
        due_at=computation.due_at,
        very_at=computation.very_from,
        ended=clock.ended_at is not None,
        source=_source(turn, clock),
        day_rule=turn.reference.meta.day_rule,
        day_off_rule=instrument.end_on_day_off.rule if instrument.end_on_day_off else "",
        awaits_service=clock.kind == "answer" and any(one.kind == "service" for one in clocks.running(clock.subject)),
        ordinary=OrdinaryTime(ordinary.amount, ordinary.unit, ordinary.origin, instrument.caution)
        if is_ours and ordinary
        else None,
    )


def _source(turn: Turn, clock: Clock) -> tuple[str, ...]:
    if clocks.is_follow_up(turn.work, clock):
        return turn.reference.house_clocks["follow_up"].source
    instrument = turn.reference.instruments[clock.instrument]
    return (*instrument.source, *(instrument.end_on_day_off.source if instrument.end_on_day_off else ()))


def _why_ours(turn: Turn, clock: Clock) -> OwnClockWhy:
    source = turn.reference.house_clocks[clock.kind].source
    return OwnClockWhy(views.clock_line(turn, clock), clock.starts_at, clock.amount, clock.unit, source)


def _step(step: DeadlineStep) -> StepLine:
    return StepLine(
        step.kind.value, step.day_from, step.day_to, step.count, step.unit, step.weekends, step.skipped, step.reason
    )
