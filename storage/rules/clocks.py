"""Clocks as rows: what starts them, pauses them, moves them and ends them. The arithmetic is `deadlines.py`.

In: a request or a preservation and what happened to it. Out: clock rows with `due_on`, `due_at`, `very_at` recomputed
by a named act, each with an audit line that holds before and after.

    answer          from `request sent`: the recipient owes us, or we them
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
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Protocol, get_args

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority, Clock, Holiday, Preservation, Request
from storage.reference.catalog import ClockRule, HouseClockKind, Instrument, Reference
from storage.rules import alarms
from storage.rules.deadlines import ClockState, Computation, Extension, Pause, Terms, compute, state
from storage.rules.workdays import Calendar, Override, WeekendRule
from storage.times import as_utc, at_local, end_of_day

HOUSE = get_args(HouseClockKind)
BETWEEN_SIDES = alarms.BETWEEN_SIDES


# ---- what people see -----------------------------------------------------------------------------------------------


def calendar_of(work: UnitOfWork, authority: Authority) -> Calendar:
    """The working week, holidays and zone of an authority, with what administrators added.

    Asked once in a transaction; `calendar_changed` makes it ask again.
    """
    return calendars_of(work, [authority])[authority.code]


def calendars_of(work: UnitOfWork, authorities: Iterable[Authority]) -> dict[str, Calendar]:
    """The same of several authorities, by code."""
    known: dict[str, Calendar] = work.once("calendars", dict)
    new = {one.code: one for one in authorities if one.code not in known}
    if not new:
        return known
    names = {code: {code, one.holiday_calendar or code} for code, one in new.items()}
    rows = work.session.scalars(select(Holiday).where(Holiday.calendar.in_(set().union(*names.values())))).all()
    for code, authority in new.items():
        own = [row for row in rows if row.calendar in names[code]]
        known[code] = _calendar(
            authority.zone,
            authority.holiday_calendar,
            tuple(_weekend(rule) for rule in authority.weekends),
            tuple((row.day, Override(row.name, working=row.working)) for row in own),
        )
    return known


@lru_cache(maxsize=256)
def _calendar(
    zone: str, country: str | None, weekends: tuple[WeekendRule, ...], overrides: tuple[tuple[date, Override], ...]
) -> Calendar:
    """The calendar of these facts, made once: it keeps the years that it has looked through."""
    return Calendar(zone, country, weekends, dict(overrides))


def computed(work: UnitOfWork, clock: Clock) -> Computation:
    """The arithmetic of a clock, step by step, from what its row holds."""
    return compute(_terms(clock, calendar_of(work, clock.authority)))


def state_of(clock: Clock, now: datetime) -> ClockState:
    """Exactly one of the five states, from the row alone. `now` is aware UTC."""
    return state(clock.due_at, clock.very_at, now, zone=clock.authority.zone)


def running(subject: Request | Preservation) -> list[Clock]:
    """The open clocks of a request, the recipient's first; or of a preservation."""
    return sorted((clock for clock in subject.clocks if clock.ended_at is None), key=lambda clock: clock.kind)


def latest(request: Request, kind: str = "answer") -> Clock | None:
    """The newest clock of a kind, open or ended."""
    return next((clock for clock in reversed(request.clocks) if clock.kind == kind), None)


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
    clock.pauses, clock.extensions, clock.epoch, clock.rung = [], [], 0, ""
    clock.imported, clock.quiet_reason = False, ""
    known = clock.subject.clocks
    _recompute(work, clock, "clock start")
    work.add(clock)  # as it is to be: written once
    known.append(clock)
    return clock


def rule_for(reference: Reference, instrument: Instrument, *, emergency: bool) -> ClockRule:
    """Which clock an instrument gives: of an emergency its emergency clock, else its ordinary one.

    Where it has none, our own follow-up. Why so for an emergency, too: whoever is in danger is not left to wait for
    half a year because the instrument speaks of ordinary cases only.
    """
    own = instrument.emergency_clock if emergency else instrument.default_clock or instrument.emergency_clock
    return own or follow_up(reference, emergency=emergency)


def follow_up(reference: Reference, *, emergency: bool) -> ClockRule:
    """When we ask after an answer whose instrument names no time for it: nothing waits without a clock."""
    row = reference.house_clocks["follow_up"]
    length = row.emergency if emergency and row.emergency else row.ordinary
    return ClockRule(
        amount=length.amount,
        unit=length.unit,
        counted_from=row.counted_from,
        kind="expectation",
        statutory=False,
        origin="house_default",
    )


def is_follow_up(reference: Reference, clock: Clock) -> bool:
    """Whether a clock of a request runs by our own time, because its instrument names none, or none of emergencies."""
    if clock.kind in HOUSE or clock.request is None:
        return False
    instrument = reference.instruments[clock.instrument]
    by = instrument.emergency_clock if clock.unit == "hours" and clock.emergency else instrument.default_clock
    ours = follow_up(reference, emergency=clock.emergency)
    return by is None and (clock.amount, clock.unit, clock.origin) == (ours.amount, ours.unit, ours.origin)


def start_answer(work: UnitOfWork, request: Request, on: date, at: datetime | None) -> None:
    """The recipient's clock, from the day of sending (day 0) or, counted in hours, from the instant of sending."""
    instrument = work.reference.instruments[request.instrument]
    rule = rule_for(work.reference, instrument, emergency=request.emergency)
    very = instrument.very_overdue.amount if instrument.very_overdue and not request.emergency else None
    clock = Clock(
        kind="answer", request=request, authority=request.recipient, instrument=instrument.code, very_days=very
    )
    start(work, clock, rule, on=on, at=at)


def pause(work: UnitOfWork, request: Request, on: date, at: datetime | None) -> None:
    """A clarification: the recipient's clock stands still from the date of their letter, and ours starts.

    Why a pause and not a restart: days left keep their sign; a late recipient does not become punctual by asking.
    """
    clock = latest(request)
    if clock and clock.ended_at is None:
        begun = {"since": on.isoformat(), "until": None}
        if clock.unit == "hours":
            begun |= {"since_at": _instant(work, clock, on, at).isoformat(), "until_at": None}
        clock.pauses = [*clock.pauses, begun]
        _recompute(work, clock, "clock pause")
    code = "EPOC-CLARIFY" if request.instrument.startswith("EPOC") else "CLARIFY"
    rule = rule_for(work.reference, work.reference.instruments[code], emergency=request.emergency)
    ours = Clock(kind="clarification", request=request, authority=request.sender, instrument=code)
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
    _recompute(work, clock, "clock resume")


def reopen(work: UnitOfWork, request: Request, _on: date, _at: datetime | None) -> None:
    """The recipient's clock goes on as if it had never ended: an answer that was none does not give new time."""
    if clock := latest(request):
        clock.ended_at = None
        _recompute(work, clock, "clock reopen")


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
    _recompute(work, clock, "clock undo")


def start_from(work: UnitOfWork, clock: Clock, on: date, at: datetime | None) -> None:
    """It began on another day than was recorded."""
    clock.starts_at = _beginning(work, clock, on, at)
    _recompute(work, clock, "clock correct")


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
    _recompute(work, clock, "clock correct")


def extend(work: UnitOfWork, clock: Clock, *, days: int | None, until: date | None, reason: str, on: date) -> None:
    """Give more time, by the clock's own unit or until a date, with the reason on record.

    days: so many of its own unit, hours of a clock in hours. until: of a clock in hours also a moment, aware.
    """
    more = {"on": on.isoformat(), "days": days, "until": until.isoformat() if until else None, "reason": reason}
    clock.extensions, clock.imported = [*clock.extensions, more], False
    _recompute(work, clock, "clock extend")


def take_back_extension(work: UnitOfWork, clock: Clock) -> None:
    """The last time that was given was not."""
    clock.extensions = clock.extensions[:-1]
    _recompute(work, clock, "clock undo")


def calendar_changed(work: UnitOfWork, calendar: str) -> list[tuple[Clock, date, date]]:
    """A holiday was added or taken away: recompute every open clock that counts working days by that calendar.

    Returns those that moved, with the day before and after; each has its audit line. Our own next steps are not news.
    """
    work.ask_again()
    rows = (
        select(Clock)
        .join(Authority, Authority.id == Clock.authority_id)
        .where(Clock.ended_at.is_(None), Clock.unit == "working_days")
        .where((Authority.code == calendar) | (Authority.holiday_calendar == calendar))
    )
    moved = []
    for clock in work.session.scalars(rows):
        before = clock.due_on
        _recompute(work, clock, "clock calendar")
        if before and clock.due_on and clock.due_on != before and clock.kind not in HOUSE:
            moved.append((clock, before, clock.due_on))
    return moved


def mark_imported(work: UnitOfWork, subject: Request | Preservation) -> None:
    """It came with an old register: nothing of it rings, due or not, until somebody takes it up."""
    for clock in running(subject):
        clock.imported = True
        alarms.arm(work, clock)


def taken_up(work: UnitOfWork, subject: Request | Preservation) -> None:
    """Somebody acts on it: what came with an old register is a clock as any other from now on."""
    for clock in running(subject):
        if clock.imported:
            clock.imported = False
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


def _recompute(work: UnitOfWork, clock: Clock, act: str) -> None:
    before = _dates(clock)
    result = computed(work, clock)
    clock.due_on, clock.due_at, clock.very_at = result.due_on, result.due_at, result.very_from
    after = _dates(clock)
    if act in ("clock reopen", "clock undo") or (before != after and act != "clock start"):
        clock.epoch += 1  # other dates, or waiting anew: the same rung may sound again
    alarms.arm(work, clock)
    if before != after and not (act == "clock start" and clock.kind in HOUSE):  # what starts those is on record
        work.audit(act, _ref(clock), before=before, after=after | {"kind": clock.kind})


def _dates(clock: Clock) -> dict[str, Any]:
    return {"due_on": clock.due_on, "due_at": clock.due_at}


def _ref(clock: Clock) -> str:
    return clock.subject.ref


def _terms(clock: Clock, calendar: Calendar) -> Terms:
    return Terms(
        amount=clock.amount,
        unit=clock.unit,  # type: ignore[arg-type]  # the column holds only units the reference files allow
        starts_at=clock.starts_at,
        calendar=calendar,
        pauses=tuple(_pauses(clock.pauses)),
        extensions=tuple(_extensions(clock.extensions)),
        very_after=clock.very_days,
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


def _weekend(rule: dict[str, Any]) -> WeekendRule:
    return WeekendRule(since=_day(rule["from"]), until=_day(rule["until"]), iso=frozenset(rule["iso"]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
