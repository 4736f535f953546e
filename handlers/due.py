"""Reminders of due clocks: a nudge at once, or a line of a digest in the morning.

In: an outbox row, at the moment it is sent, and who will read it. Out: the notice as the record is now, or None, where
it is no longer true or not for these eyes. Nothing was decided when it rang but which rung of which clock; see
`storage/reminders/nudges.py` for what "still true" means.
Must change together: the rungs of `ladders.json` and RUNGS in `templates/messages/_base/words.md.j2`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from handlers.exposure import Exchanged, Indoors, PartOfRecord, TwoSided
from handlers.kit import views
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import ClockLine, PreservationLine
from storage.messages.sending import Claimed
from storage.models import Authority, Channel, Person, Preservation, Request
from storage.record import records
from storage.reminders import nudges
from storage.reminders.nudges import Standing
from storage.rules import clocks
from storage.rules.lifecycle import OPEN
from storage.rules.schedules import AGAIN
from storage.serialization import decode

SHOWN = 100  # lines of one digest: more is no message but a list, and there is a command for that


@dataclass(frozen=True)
class Nudge(RecordNotice, TwoSided):
    """A reminder of one request. `owes` is whose answer it is, by whose calendar (`zone`) the days are counted.

    `rung` is the step of the ladder, "again" with its number in `round` after the last.
    """

    ref: str
    title: str
    label: str
    direction: str
    owes: str
    owes_name: str
    waits: str
    zone: str
    status: str
    emergency: bool
    asked: Exchanged[str]
    their_reference: Exchanged[str]
    sent_on: date | None
    lead: Indoors[str]
    clock: ClockLine
    rung: str
    round: int
    late: bool

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
    provider_name: str
    zone: str
    preservation: PreservationLine
    last: date | None
    needing: Indoors[tuple[tuple[str, str], ...]]
    rung: str
    late: bool


@dataclass(frozen=True)
class DigestLine(TwoSided):
    """One clock of a digest. `kind` "preservation": what falls due is a hold, and its day is the last."""

    ref: str
    title: str
    label: str
    kind: str
    direction: str
    owes: str
    emergency: bool
    clock: ClockLine
    late: bool


@dataclass(frozen=True)
class DigestGroup(PartOfRecord):
    """What waits with one counterpart, the longest due first."""

    counterpart: str
    name: str
    zone: str
    lines: tuple[DigestLine, ...]


@dataclass(frozen=True)
class Digest(RecordNotice):
    """What waited for this morning: the longest due, and how many `more` there are.

    `morning` is when it was to be said; `late`: that was a while ago.
    """

    groups: tuple[DigestGroup, ...]
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
    notice = (
        _preservation_nudge(turn, item, item.subject)
        if isinstance(item.subject, Preservation)
        else _request(turn, item, item.subject)
    )
    return Reply(notice)


def digest(turn: Turn, row: Claimed) -> Reply | None:
    """What was folded into a row and is still true, under the most restrictive label of it; None: nothing is."""
    found = nudges.standing(turn.work, _reader(turn), nudges.folded(turn.work, row.id), ceiling=turn.place.ceiling)
    if not found:
        return None
    facts: Any = decode(row.fields)
    groups = _groups(turn, found[:SHOWN])
    return Reply(Digest(groups, len(found), max(0, len(found) - SHOWN), facts["due_at"], facts["late"]))


def _reader(turn: Turn) -> Person | Channel:
    return turn.room or turn.actor.person


# ---- one reminder --------------------------------------------------------------------------------------------------


def _request(turn: Turn, item: Standing, request: Request) -> Nudge:
    clock = item.clock
    rung, _, rounds = item.rung.rung.partition(AGAIN)
    waits = request.sender if clock.authority_id == request.recipient_id else request.recipient
    return Nudge(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        owes=clock.authority.code,
        owes_name=clock.authority.name,
        waits=waits.code,
        zone=clock.authority.zone,
        status=request.status,
        emergency=request.emergency,
        asked=request.question if clock.kind == "clarification" else "",
        their_reference=request.their_reference,
        sent_on=request.sent_on,
        lead=(request.case.lead or request.case.opener).name,
        clock=views.clock_line(turn, clock),
        rung=rung or "again",
        round=int(rounds or 0),
        late=item.rung.late,
    )


def _preservation_nudge(turn: Turn, item: Standing, kept: Preservation) -> NudgeHold:
    return NudgeHold(
        ref=kept.ref,
        case_ref=kept.case.ref,
        title=kept.case.title,
        label=kept.case.label,
        provider_name=kept.recipient.name,
        zone=kept.recipient.zone,
        preservation=views.preservation_line(turn, kept),
        last=clocks.last_possible(turn.work, kept),
        needing=tuple((request.ref, request.status) for request in kept.requests if request.status in OPEN),
        rung=item.rung.rung,
        late=item.rung.late,
    )


# ---- a digest ------------------------------------------------------------------------------------------------------


def _groups(turn: Turn, found: Sequence[Standing]) -> tuple[DigestGroup, ...]:
    """By counterpart, from the reader's side; whose oldest item is due longest comes first."""
    seen = records.seen(turn.work, turn.viewer, [item.subject.ref for item in found])

    def counterpart(item: Standing) -> Authority:
        ref, case = item.subject.ref, item.subject.case
        return case.agency if ref in seen and seen[ref].across else _counterpart(item)

    first: dict[int, int] = {}
    for place, item in enumerate(found):
        first.setdefault(counterpart(item).id, place)
    in_order = sorted(found, key=lambda item: first[counterpart(item).id])
    return tuple(_group(turn, other, list(items)) for other, items in groupby(in_order, key=counterpart))


def _group(turn: Turn, other: Authority, items: Sequence[Standing]) -> DigestGroup:
    return DigestGroup(other.code, other.name, other.zone, tuple(_line(turn, item) for item in items))


def _line(turn: Turn, item: Standing) -> DigestLine:
    clock, case = item.clock, item.subject.case
    request = clock.request
    return DigestLine(
        ref=item.subject.ref,
        title=case.title,
        label=case.label,
        kind=clock.kind,
        direction=request.direction if request else "outgoing",
        owes=clock.authority.code,
        emergency=request is not None and request.emergency,
        clock=views.clock_line(turn, clock),
        late=item.rung.late,
    )


def _counterpart(item: Standing) -> Authority:
    return views.counterpart(item.subject) if isinstance(item.subject, Request) else item.subject.recipient
