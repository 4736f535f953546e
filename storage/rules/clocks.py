"""Clocks as rows: what starts them, pauses them, moves them and ends them. The arithmetic is `deadlines.py`.

In: a request or a preservation and what happened to it. Out: clock rows with `due_on`, `due_at`, `very_at` recomputed
by a named act, each with an audit line that holds before and after.

    answer          from `request sent`: the recipient owes us, or we them
    service         from `request sent`, where the requested state must first serve whoever has the data; until the day
                    of service is on record, `answer` counts from the last day of it
    clarification   from `request clarify`, while `answer` stands still: whoever was asked back owes it
    preservation    from `preservation ask`, anew from `preservation confirmed`: until it lapses

and what waits for our own people, by the house's own lengths (`house_clocks.json`), each over as soon as it does not:

    approval        an emergency was declared, and no second person has agreed
    draft           nobody has sent it
    intake          somebody asks us, and nobody has taken it
    next_step       it was refused, and nobody has gone on or said that nothing further is done
    confirmation    a hold was asked for, and nobody has said that it stands
    taken           somebody said that they are on it

So every state of a request that is not an end has a clock. Not so: a case with nothing open in it, which waits for
nobody; a request that was not held, whose data nobody has; a hold that has lapsed, which keeps nothing.

A clock counted in hours needs the hour of each event; where only the day is known, see `_instant`. Its pauses keep the
day (`since`, `until`) and the moment (`since_at`, `until_at`, aware UTC).
Must change together: these kinds, the `clocks` column of MOVES and WAITS_FOR_US in `lifecycle.py`, and the ladders in
`ladders.json`.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, get_args

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock, Preservation, Request
from storage.reference.catalog import HouseClockKind
from storage.rules import alarms
from storage.rules.calendars import calendar_of
from storage.rules.deadlines import ClockState, Computation, Extension, Pause, Terms, compute, state
from storage.rules.lengths import follow_up, rule_for
from storage.rules.workdays import Calendar
from storage.times import as_utc, at_local, end_of_day, local_day, zone_data

HOUSE = get_args(HouseClockKind)
BETWEEN_SIDES = alarms.BETWEEN_SIDES
HALF_A_DAY = timedelta(hours=12)
QUESTION = "CLARIFY"  # the instrument of a question back, where the one asked under names no other


# ---- what people see -----------------------------------------------------------------------------------------------


def computed(work: UnitOfWork, clock: Clock) -> Computation:
    """The arithmetic of a clock, step by step, from what its row holds."""
    rule = work.reference.instruments[clock.instrument].end_on_day_off
    moves = rule is not None and rule.effect == "moves" and clock.origin == "law"
    return compute(_terms(clock, calendar_of(work, clock.authority), ends_on_working_day=moves))


def state_of(clock: Clock, now: datetime) -> ClockState:
    """Exactly one of the five states, from the row alone. `now` is aware UTC."""
    return state(clock.due_at, clock.very_at, now, zone=clock.authority.zone)


def running(subject: Request | Preservation) -> list[Clock]:
    """The open clocks of a request, the recipient's first, what must come before others before those; or of a hold."""
    found = (clock for clock in subject.clocks if clock.ended_at is None)
    return sorted(found, key=lambda clock: (clock.kind != "service", clock.kind))


def latest(request: Request, kind: str = "answer") -> Clock | None:
    """The newest clock of a kind, open or ended."""
    return next((clock for clock in reversed(request.clocks) if clock.kind == kind), None)


def is_follow_up(work: UnitOfWork, clock: Clock) -> bool:
    """Whether a clock of a request runs by our own time, because its instrument names none, or none of emergencies."""
    if clock.kind not in ("answer", "clarification"):
        return False
    instrument = work.reference.instruments[clock.instrument]
    by = instrument.emergency_clock if clock.unit == "hours" and clock.emergency else instrument.default_clock
    ours = follow_up(work.reference, emergency=clock.emergency)
    return by is None and (clock.amount, clock.unit, clock.origin) == (ours.amount, ours.unit, ours.origin)


def owed(request: Request) -> list[Clock]:
    """What the recipient still owes: the service on whoever has the data, where that comes first, and the answer."""
    return [clock for clock in running(request) if clock.kind in ("service", "answer")]


def that_counts(request: Request) -> Clock | None:
    """The open clock that people mean: of a question, else of the answer, else what waits for ourselves."""
    found = {clock.kind: clock for clock in running(request) if clock.kind != "taken"}
    return next((found[kind] for kind in ("clarification", "answer", *HOUSE) if kind in found), None)


# ---- what moves them -----------------------------------------------------------------------------------------------


class Rule(Protocol):
    """What a clock runs by: an instrument's, or the house's own."""

    @property
    def amount(self) -> int: ...  # noqa: D102 - as in `Length`
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def counted_from(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def origin(self) -> str: ...  # noqa: D102


def start(work: UnitOfWork, clock: Clock, rule: Rule, *, on: date, at: datetime | None) -> Clock:
    """Start a clock on a day, by the calendar of its authority; counted in hours, at a moment. See `_instant`."""
    clock.amount, clock.unit, clock.counted_from = rule.amount, rule.unit, rule.counted_from
    clock.rule, clock.origin = rule.kind, rule.origin
    clock.starts_at = _beginning(work, clock, on, at)
    known = clock.subject.clocks
    recompute(work, clock, "clock start")
    work.add(clock)  # as it is to be: written once
    known.append(clock)
    return clock


def start_answer(work: UnitOfWork, request: Request, on: date, at: datetime | None) -> None:
    """The recipient's clock, from the day of sending (day 0) or, counted in hours, from the instant of sending.

    Where they must serve somebody else first, that runs from the sending, and the answer from its last day.
    """
    instrument = work.reference.instruments[request.instrument]
    to = {"request": request, "authority": request.recipient, "instrument": instrument.code}
    if instrument.service_clock and not request.emergency:
        service = work.new(Clock, kind="service", **to)
        start(work, service, instrument.service_clock, on=on, at=at)
        on, at = service.due_on or on, None
    rule = rule_for(work.reference, instrument, emergency=request.emergency)
    very = instrument.very_overdue.amount if instrument.very_overdue and not request.emergency else None
    clock = work.new(Clock, kind="answer", very_days=very, **to)
    start(work, clock, rule, on=on, at=at)


def pause(work: UnitOfWork, request: Request, on: date, at: datetime | None) -> None:
    """A clarification: the recipient's clock stands still from the date of their letter, and ours starts.

    Why a pause and not a restart: days left keep their sign; a late recipient does not become punctual by asking.
    """
    for clock in owed(request):
        begun = {"since": on.isoformat(), "until": None}
        if clock.unit == "hours":
            begun |= {"since_at": _instant(work, clock, on, at).isoformat(), "until_at": None}
        clock.pauses = [*clock.pauses, begun]
        recompute(work, clock, "clock pause")
    code = work.reference.instruments[request.instrument].question or QUESTION
    rule = rule_for(work.reference, work.reference.instruments[code], emergency=request.emergency)
    ours = work.new(Clock, kind="clarification", request=request, authority=request.sender, instrument=code)
    start(work, ours, rule, on=on, at=at)


def resume(work: UnitOfWork, request: Request, on: date, at: datetime | None) -> None:
    """Our answer went out: the recipient's clock runs again, ours ends."""
    for clock in running(request):
        if clock.kind == "clarification":
            end(work, clock)
        else:
            _unpause(work, clock, on, at)


def end_all(work: UnitOfWork, request: Request, on: date, at: datetime | None) -> None:
    """Nobody is waited for any longer. This ends a pause as well, so that a clock reopened later runs."""
    for clock in running(request):
        _unpause(work, clock, on, at)
        end(work, clock)


def _unpause(work: UnitOfWork, clock: Clock, on: date, at: datetime | None) -> None:
    """Close the open pause, if there is one.

    An answer dated before the letter (the two crossed) makes it a pause of no time.
    """
    if not clock.pauses or clock.pauses[-1]["until"] is not None:
        return
    last = clock.pauses[-1]
    ended = {"until": max(on.isoformat(), last["since"])}
    if clock.unit == "hours":
        ended["until_at"] = max(_instant(work, clock, on, at).isoformat(), last["since_at"])
    clock.pauses = [*clock.pauses[:-1], last | ended]
    recompute(work, clock, "clock resume")


def reopen(work: UnitOfWork, request: Request, _on: date, _at: datetime | None) -> None:
    """The recipient's clocks go on as if they had never ended: an answer that was none does not give new time."""
    answer = latest(request)
    ended_at = answer.ended_at if answer else None
    for clock in (latest(request, "service"), answer):
        if clock and clock.ended_at == ended_at:
            clock.ended_at = None
            recompute(work, clock, "clock reopen")


def end(work: UnitOfWork, clock: Clock, *, at: datetime | None = None) -> None:
    """Close a clock; it rings no more. at: when it ended, aware UTC; now, if not said."""
    clock.ended_at, clock.ring_at = at or work.now, None


def put_back(work: UnitOfWork, clock: Clock, *, pauses: list[dict[str, Any]], ended_at: datetime | None) -> None:
    """A clock as it stood, its dates computed anew; open again, it rings as if it had never sounded.

    Whoever was on it is on it again only while that lasts: meanwhile nobody could have done anything.
    """
    if clock.kind == "taken" and ended_at is None and clock.due_at and clock.due_at <= work.now:
        return
    clock.pauses, clock.ended_at = pauses, ended_at
    recompute(work, clock, "clock undo")


def start_from(work: UnitOfWork, clock: Clock, on: date, at: datetime | None) -> None:
    """It began on another day than was recorded."""
    clock.starts_at = _beginning(work, clock, on, at)
    recompute(work, clock, "clock correct")


def serve(work: UnitOfWork, request: Request, service: Clock, on: date) -> None:
    """They served whoever has the data on a day: that clock is over, and the answer is counted from there."""
    if service.ended_at is None:
        _unpause(work, service, on, None)
        end(work, service)
    if answer := latest(request):
        start_from(work, answer, on, None)


def paused_together(request: Request, answer: Clock) -> list[Clock]:
    """The clocks whose last pause is that of the answer's: that of the service too, while it is owed."""
    service = latest(request, "service")
    return [service, answer] if service and service.ended_at is None and service.pauses else [answer]


def date_pause(
    work: UnitOfWork,
    clock: Clock,
    *,
    since: date | None = None,
    until: date | None = None,
    at: datetime | None = None,
) -> None:
    """The last pause began, or ended, on another day than was recorded. at: the moment, where one is known."""
    last = dict(clock.pauses[-1])
    for name, day in (("since", since), ("until", until)):
        if day:
            last[name] = day.isoformat()
        if day and clock.unit == "hours":
            last[f"{name}_at"] = _instant(work, clock, day, at).isoformat()
    if last.get("until_at"):  # where of one of the two only the day is known, on that day they may have crossed
        begun, ended = last["since_at"], last["until_at"]
        last |= {"until_at": max(begun, ended)} if until else {"since_at": min(begun, ended)}
    clock.pauses = [*clock.pauses[:-1], last]
    recompute(work, clock, "clock correct")


def extend(work: UnitOfWork, clock: Clock, *, days: int | None, until: date | None, reason: str, on: date) -> None:
    """Give more time, by the clock's own unit or until a date, with the reason on record.

    days: so many of its own unit, hours of a clock in hours. until: of a clock in hours also a moment, aware.
    """
    more = {"on": on.isoformat(), "days": days, "until": until.isoformat() if until else None, "reason": reason}
    clock.extensions, clock.imported = [*clock.extensions, more], False
    recompute(work, clock, "clock extend")


def recompute(work: UnitOfWork, clock: Clock, act: str) -> None:
    """The dates of a clock from what its row holds now, with its next reminder and a line of history where they moved.

    act: what is the cause, as history names it.
    """
    before = _dates(clock)
    result = computed(work, clock)
    clock.due_on, clock.due_at, clock.very_at = result.due_on, result.due_at, result.very_from
    clock.zone_data = zone_data()
    after = _dates(clock)
    if act in ("clock reopen", "clock undo") or (before != after and act != "clock start"):
        clock.epoch += 1  # other dates, or waiting anew: the same rung may sound again
    alarms.arm(work, clock)
    if before != after and not (act == "clock start" and clock.kind in HOUSE):  # what starts those is on record
        work.audit(act, _ref(clock), before=before, after=after | {"kind": clock.kind})
    if clock.kind == "service" and clock.ended_at is None and clock.due_on:
        _expect_service(work, clock, clock.due_on)


def keep_day_0(clock: Clock) -> None:
    """Let a clock in days begin where its day 0 begins now, whatever the law of the zone was when it was written.

    Its start was a local midnight: the nearest one, by the zone as it is now, is that of the same day.
    """
    if clock.unit != "hours":
        day_0 = local_day(clock.starts_at + HALF_A_DAY, clock.authority.zone)
        clock.starts_at = at_local(day_0, time(), clock.authority.zone)


def mark_imported(work: UnitOfWork, subject: Request | Preservation) -> None:
    """It came with an old register: nothing of it rings, due or not, until somebody takes it up.

    Clocks that its answer has ended are marked as well, so that no figure of the past counts them as late alone.
    """
    for clock in subject.clocks:
        clock.imported = True
        if clock.ended_at is None:
            alarms.arm(work, clock)


def taken_up(work: UnitOfWork, subject: Request | Preservation) -> None:
    """Somebody acts on it: what came with an old register is a clock as any other from now on."""
    for clock in subject.clocks:
        was_old, clock.imported = clock.imported, False
        if was_old and clock.ended_at is None:
            clock.epoch += 1
            alarms.go_on(work, clock)


# ---- rows and terms ------------------------------------------------------------------------------------------------


def _beginning(work: UnitOfWork, clock: Clock, on: date, at: datetime | None) -> datetime:
    return _instant(work, clock, on, at) if clock.unit == "hours" else at_local(on, time(), clock.authority.zone)


def _instant(work: UnitOfWork, clock: Clock, on: date, at: datetime | None) -> datetime:
    """The moment of an event for a clock in hours: the one given; else, of today, now; of an earlier day, its end.

    "Today" is the authority's. Why the end: a day without its hour is counted from where it surely was over, as day 0
    of a clock in days is never counted.
    """
    return as_utc(at) if at else min(end_of_day(on, clock.authority.zone), work.now)


def _expect_service(work: UnitOfWork, service: Clock, due_on: date) -> None:
    """While nobody has been served, the answer is counted from the last day for it."""
    answer = latest(service.request) if service.request else None
    if answer and answer.ended_at is None:
        start_from(work, answer, due_on, None)


def _dates(clock: Clock) -> dict[str, Any]:
    return {"due_on": clock.due_on, "due_at": clock.due_at}


def _ref(clock: Clock) -> str:
    return clock.subject.ref


def _terms(clock: Clock, calendar: Calendar, *, ends_on_working_day: bool) -> Terms:
    return Terms(
        amount=clock.amount,
        unit=clock.unit,  # type: ignore[arg-type]  # the column holds only units the reference files allow
        starts_at=clock.starts_at,
        calendar=calendar,
        pauses=tuple(_pauses(clock.pauses)),
        extensions=tuple(_extensions(clock.extensions)),
        very_after=clock.very_days,
        ends_on_working_day=ends_on_working_day,
    )


def _pauses(rows: Iterable[dict[str, Any]]) -> Iterable[Pause]:
    for row in rows:
        if "since_at" in row:
            until = row["until_at"]
            yield Pause(datetime.fromisoformat(row["since_at"]), datetime.fromisoformat(until) if until else None)
        else:
            yield Pause(date.fromisoformat(row["since"]), _day(row["until"]))


def _extensions(rows: Iterable[dict[str, Any]]) -> Iterable[Extension]:
    for row in rows:
        yield Extension(
            on=date.fromisoformat(row["on"]), days=row["days"], until=_until(row["until"]), reason=row["reason"]
        )


def _until(text: str | None) -> date | None:
    """The day of an extension, or the moment of one in hours."""
    return datetime.fromisoformat(text) if text and "T" in text else _day(text)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
