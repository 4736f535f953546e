"""Reminders of due clocks, one by one. What is said of many in the morning is `digests.py`.

In: an outbox row, at the moment it is sent, and who will read it. Out: the notice as the record is now, or None, where
it is no longer true or not for these eyes. Nothing was decided when it rang but which rung of which clock; see
`storage/reminders/nudges.py` for what "still true" means.
Must change together: the rungs of `ladders.json` and RUNGS in `templates/messages/_base/words.md.j2`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from handlers.exposure import Exchanged, Indoors, Ours, TwoSided
from handlers.kit import calling, usual, views, waiting
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.usual import Usual
from handlers.kit.views import ClockLine, OnIt, PreservationLine
from storage.messages.sending import Claimed
from storage.models import Channel, Person, Preservation, Request
from storage.reminders import nudges
from storage.reminders.nudges import SoundedRung, Standing
from storage.rules import alarms, clocks, holds
from storage.rules.deadlines import ClockState
from storage.rules.lifecycle import OPEN
from storage.rules.schedules import AGAIN

BEFORE = frozenset({"soon", "tomorrow", "month", "ask_renewal", "last_days", "half", "last_hour"})
ON_THE_DAY = frozenset({"due", "last_day"})


@dataclass(frozen=True)
class Nudge(RecordNotice, TwoSided):
    """A reminder of one request.

    `rung` is the step of the ladder, "again" with its number in `round` after the last; empty where the moment has
    passed that it speaks of. `meant_for`: when it was to be said, where that was a while ago. `on_it`: who is, until
    when. `usual`: how long such answers take.
    """

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    status: str
    emergency: bool
    asked: Exchanged[str]
    their_reference: Exchanged[str]
    sent_on: date | None
    lead: Indoors[str]
    clock: ClockLine
    rung: str
    round: int
    meant_for: datetime | None
    on_it: Indoors[OnIt | None]
    usual: Indoors[Usual | None] = None

    is_card = is_deadline = may_call = True


@dataclass(frozen=True)
class WaitsForUs(RecordNotice):
    """A reminder of what waits for our own people. `kind`: which of the house's clocks (`storage/rules/clocks.py`).

    `by`: who filed it, asked for it, or said that they are on it; `steps`: what the reasons of a refusal ask of us.
    `not_theirs`: it waits for another than the reader.
    """

    ref: str
    title: str
    label: str
    kind: str
    direction: str
    counterpart: str
    emergency: bool
    by: Indoors[str]
    since: datetime
    steps: Ours[tuple[str, ...]]
    clock: ClockLine
    meant_for: datetime | None
    on_it: Indoors[OnIt | None]
    not_theirs: bool

    is_card = is_deadline = may_call = True


@dataclass(frozen=True)
class NudgeHold(RecordNotice):
    """A reminder of one preservation: when it lapses, or by when a question on it must be answered; who needs the data.

    `needing` are (reference, status) of the open requests that need it; `last` the last day it can reach; `kind`: of
    the clock, `preservation` or `clarification`; `until`: by which rule it can be kept until a request is decided.
    """

    ref: str
    case_ref: str
    title: str
    label: str
    preservation: PreservationLine
    last: date | None
    needing: Indoors[tuple[tuple[str, str], ...]]
    kind: str
    clock: ClockLine
    until: str
    rung: str
    meant_for: datetime | None

    may_call = True


def nudge(turn: Turn, row: Claimed) -> Reply | None:
    """One reminder as it is now; None: it is not so any more, or a later one of the same clock is said instead."""
    found = nudges.standing(turn.work, _reader(turn), [nudges.one(row.fields)], ceiling=turn.place.ceiling)
    if not found or nudges.overtaken(turn.work, row):
        return None
    item = found[0]
    return Reply(_said(turn, item), calls=calling.of_reminder(turn, item))


def again(turn: Turn, rung: SoundedRung) -> Reply | None:
    """A reminder that was said, as it is now, whoever is on it meanwhile; None: it is not so any more."""
    found = nudges.standing(turn.work, _reader(turn), [rung], ceiling=turn.place.ceiling, was_said=True)
    return Reply(_said(turn, found[0])) if found else None


def _reader(turn: Turn) -> Person | Channel:
    return turn.room or turn.actor.person


# ---- one reminder --------------------------------------------------------------------------------------------------


def _said(turn: Turn, item: Standing) -> RecordNotice:
    subject, clock = item.subject, item.clock
    if clock.kind in clocks.HOUSE:
        return _waits_for_us(turn, item)
    return _preservation(turn, item, subject) if isinstance(subject, Preservation) else _request(turn, item, subject)


def _request(turn: Turn, item: Standing, request: Request) -> Nudge:
    clock, line = item.clock, views.clock_line(turn, item.clock)
    rung, _, rounds = item.rung.rung.partition(AGAIN)
    return Nudge(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        status=request.status,
        emergency=request.emergency,
        asked=request.question if clock.kind == "clarification" else "",
        their_reference=request.their_reference,
        sent_on=request.sent_on,
        lead=(request.case.lead or request.case.opener).name,
        clock=line,
        rung=_fitting(rung or "again", line.state, line.days),
        round=int(rounds or 0),
        meant_for=_meant_for(turn, item),
        on_it=views.on_it(turn, request),
        usual=usual.of_request(turn, request) if clock.kind == "answer" else None,
    )


def _waits_for_us(turn: Turn, item: Standing) -> WaitsForUs:
    clock, subject = item.clock, item.subject
    request = clock.request
    reasons = [code for refusal in request.refusals[-1:] for code in refusal["codes"]] if request else []
    by = clock.person or (request.filer if request else subject.case.lead or subject.case.opener)
    return WaitsForUs(
        ref=subject.ref,
        title=subject.case.title,
        label=subject.case.label,
        kind=clock.kind,
        direction=subject.direction,
        counterpart=waiting.counterpart(subject).code,
        emergency=bool(clock.emergency),
        by=by.name,
        since=clock.starts_at,
        steps=tuple(turn.reference.refusal_reasons[code].next_step for code in reasons)
        if clock.kind == "next_step"
        else (),
        clock=views.clock_line(turn, clock),
        meant_for=_meant_for(turn, item),
        on_it=views.on_it(turn, request) if request and clock.kind != "taken" else None,
        not_theirs=bool(request and clock.kind == "approval" and request.filed_by == turn.actor.person.id),
    )


def _preservation(turn: Turn, item: Standing, kept: Preservation) -> NudgeHold:
    line, clock = views.preservation_line(turn, kept), views.clock_line(turn, item.clock)
    days = clock.days if item.clock.kind == "clarification" else line.days
    rung, _, _ = item.rung.rung.partition(AGAIN)
    return NudgeHold(
        ref=kept.ref,
        case_ref=kept.case.ref,
        title=kept.case.title,
        label=kept.case.label,
        preservation=line,
        last=holds.last_possible(turn.work, kept),
        needing=tuple((request.ref, request.status) for request in kept.requests if request.status in OPEN),
        kind=item.clock.kind,
        clock=clock,
        until=_goes_on(turn, item, kept),
        rung=_fitting(rung or "overdue", clock.state, days),
        meant_for=_meant_for(turn, item),
    )


def _goes_on(turn: Turn, item: Standing, kept: Preservation) -> str:
    """By which rule it can be kept until a request is decided, while it stands."""
    rule = turn.reference.instruments[kept.instrument].kept_until_decided
    return rule or "" if item.clock.kind == "preservation" and holds.still_kept(turn.work, kept) else ""


def _fitting(rung: str, state: str, days: int | None) -> str:
    """The step, where its words are true at the moment it is read: after a downtime, a day before may be past."""
    late = state in (ClockState.OVERDUE, ClockState.VERY_OVERDUE)
    if rung in BEFORE:
        return rung if not late and days != 0 and (rung != "tomorrow" or days == 1) else ""
    if rung in ON_THE_DAY:
        return rung if state == ClockState.DUE_TODAY or days is None else ""
    return rung if late else ""


def _meant_for(turn: Turn, item: Standing) -> datetime | None:
    """When it was to be said, where that was a while ago."""
    schedule = alarms.schedule_of(turn.reference, item.clock) if item.rung.late else None
    sounding = schedule.named(item.rung.rung) if schedule else None
    return sounding.at if sounding else None
