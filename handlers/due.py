"""Reminders of due clocks: a nudge at once, or a line of a digest in the morning.

In: an outbox row, at the moment it is sent, and who will read it. Out: the notice as the record is now, or None, where
it is no longer true or not for these eyes. Nothing was decided when it rang but which rung of which clock; see
`storage/reminders/nudges.py` for what "still true" means.
Must change together: the rungs of `ladders.json` and RUNGS in `templates/messages/_base/words.md.j2`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from handlers.exposure import Exchanged, Indoors, Ours, RecordFacts, TwoSided
from handlers.kit import views
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import ClockLine, OnIt, PreservationLine
from storage.exposure.labels import Label, most_restrictive
from storage.messages.sending import Claimed
from storage.models import Authority, Channel, Person, Preservation, Request
from storage.record import records
from storage.reminders import nudges
from storage.reminders.nudges import SoundedRung, Standing
from storage.rules import alarms, clocks, expiry
from storage.rules.deadlines import ClockState
from storage.rules.lifecycle import OPEN
from storage.rules.schedules import AGAIN
from storage.serialization import decode

ROWS = 10  # of one digest: the rest is a number, and there is a command for it
BEFORE = frozenset({"soon", "tomorrow", "month", "ask_renewal", "last_days", "half", "last_hour"})
ON_THE_DAY = frozenset({"due", "last_day"})


@dataclass(frozen=True)
class Nudge(RecordNotice, TwoSided):
    """A reminder of one request.

    `rung` is the step of the ladder, "again" with its number in `round` after the last; empty where the moment has
    passed that it speaks of. `meant_for`: when it was to be said, where that was a while ago. `on_it`: who is, until
    when.
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

    is_card = is_deadline = True


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

    is_card = is_deadline = True


@dataclass(frozen=True)
class NudgeHold(RecordNotice):
    """A reminder of one preservation: when it lapses, what can be asked, who needs the data.

    `needing` are (reference, status) of the open requests that need it; `last` the last day it can reach.
    """

    ref: str
    case_ref: str
    title: str
    label: str
    preservation: PreservationLine
    last: date | None
    needing: Indoors[tuple[tuple[str, str], ...]]
    rung: str
    meant_for: datetime | None


@dataclass(frozen=True)
class DigestLine(TwoSided):
    """One record of a digest. `kind` of its clock: of a preservation, its day is the last; of the house, ours."""

    ref: str
    title: str
    label: str
    kind: str
    direction: str
    counterpart: str
    owes: str
    emergency: bool
    clock: ClockLine
    on_it: Indoors[OnIt | None]


@dataclass(frozen=True)
class DigestPage(RecordFacts):
    """What has been said before and is said again, of one counterpart together. `oldest`: the day it was due.

    `imported`: old rows of a register that nobody has taken up, whoever the counterpart. `label`: of all of them.
    """

    label: str
    counterpart: str
    imported: bool
    count: int
    oldest: date


@dataclass(frozen=True)
class Digest(RecordNotice):
    """What waited for this morning: the records that matter most, then a line for each counterpart.

    `total` records in all, `more` of them are in no line. `morning` is when it was to be said; `late`: that was a while
    ago.
    """

    lines: tuple[DigestLine, ...]
    pages: tuple[DigestPage, ...]
    total: int
    more: int
    morning: datetime
    late: bool


def nudge(turn: Turn, row: Claimed) -> Reply | None:
    """One reminder as it is now; None: it is not so any more, or a later one of the same clock is said instead."""
    found = nudges.standing(turn.work, _reader(turn), [nudges.one(row.fields)], ceiling=turn.place.ceiling)
    if not found or nudges.overtaken(turn.work, row):
        return None
    item = found[0]
    return Reply(_said(turn, item))


def again(turn: Turn, rung: SoundedRung) -> Reply | None:
    """A reminder that was said, as it is now, whoever is on it meanwhile; None: it is not so any more."""
    found = nudges.standing(turn.work, _reader(turn), [rung], ceiling=turn.place.ceiling, was_said=True)
    return Reply(_said(turn, found[0])) if found else None


def digest(turn: Turn, row: Claimed) -> Reply | None:
    """What was folded into a row and is still true, under the most restrictive label of it; None: nothing is."""
    found = nudges.standing(turn.work, _reader(turn), nudges.folded(turn.work, row.id), ceiling=turn.place.ceiling)
    if not found:
        return None
    facts: Any = decode(row.fields)
    each = _one_each(found)
    alone = [item for item in each if not item.clock.imported and (len(each) <= ROWS or not item.is_again)]
    lines = _lines(turn, alone[:ROWS])
    pages = tuple(_pages(turn, [item for item in each if item not in alone])[: ROWS - len(lines)])
    more = len(each) - len(lines) - sum(page.count for page in pages)
    return Reply(Digest(lines, pages, len(each), more, facts["due_at"], facts["late"]))


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
        direction=request.direction if request else "outgoing",
        counterpart=_counterpart(item).code,
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
    line = views.preservation_line(turn, kept)
    state = views.clock_line(turn, item.clock).state
    return NudgeHold(
        ref=kept.ref,
        case_ref=kept.case.ref,
        title=kept.case.title,
        label=kept.case.label,
        preservation=line,
        last=expiry.last_possible(turn.work, kept),
        needing=tuple((request.ref, request.status) for request in kept.requests if request.status in OPEN),
        rung=_fitting(item.rung.rung, state, line.days),
        meant_for=_meant_for(turn, item),
    )


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


# ---- a digest ------------------------------------------------------------------------------------------------------


def _one_each(found: Sequence[Standing]) -> list[Standing]:
    """One line for a record: what is new before what is said again, an emergency first, then what is due longest."""
    in_order = sorted(found, key=lambda item: (item.is_again, not item.clock.emergency))
    return list({item.subject.ref: item for item in reversed(in_order)}.values())[::-1]


def _lines(turn: Turn, items: Sequence[Standing]) -> tuple[DigestLine, ...]:
    """By counterpart; whose first line matters most comes first."""
    first: dict[str, int] = {}
    for place, item in enumerate(items):
        first.setdefault(_counterpart(item).code, place)
    return tuple(_line(turn, item) for item in sorted(items, key=lambda item: first[_counterpart(item).code]))


def _line(turn: Turn, item: Standing) -> DigestLine:
    clock, case = item.clock, item.subject.case
    request = clock.request
    return DigestLine(
        ref=item.subject.ref,
        title=case.title,
        label=case.label,
        kind=clock.kind,
        direction=request.direction if request else "outgoing",
        counterpart=_counterpart(item).code,
        owes=clock.authority.code,
        emergency=request is not None and request.emergency,
        clock=views.clock_line(turn, clock),
        on_it=views.on_it(turn, request) if request else None,
    )


def _pages(turn: Turn, items: Sequence[Standing]) -> list[DigestPage]:
    """What is said again, by counterpart from the reader's side, the most first; old rows of registers last."""
    seen = records.seen(turn.work, turn.viewer, [item.subject.ref for item in items])
    pages: dict[tuple[bool, str], list[Standing]] = {}
    for item in items:
        ref = item.subject.ref
        other = seen[ref].across if ref in seen and seen[ref].across else _counterpart(item).code
        pages.setdefault((item.clock.imported, "" if item.clock.imported else other), []).append(item)
    found = [_page(imported, other, group) for (imported, other), group in pages.items()]
    return sorted(found, key=lambda page: (page.imported, -page.count))


def _page(imported: bool, other: str, items: Sequence[Standing]) -> DigestPage:  # noqa: FBT001 - a key of the pages
    label = most_restrictive(Label(item.subject.case.label) for item in items) or Label.CLEAR
    oldest = min(item.clock.due_on or date.max for item in items)
    return DigestPage(label, other, imported, len(items), oldest)


def _counterpart(item: Standing) -> Authority:
    return views.counterpart(item.subject) if isinstance(item.subject, Request) else item.subject.recipient
