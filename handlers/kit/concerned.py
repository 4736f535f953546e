"""Concerned: who hears of what happens to a request. The one door: our own people who watch it, and the other side.

In: a request, the word of what happened to it, and the notice. Out: rows of the outbox.
The other side is told of what was exchanged, `permissions.EXCHANGED`, of a request that was sent, where the label lets
it leave the agency: its liaisons, where there is none its managers, and its rooms. What each reads of the notice, in
their own words, is decided when it is said (`handlers/exposure.py`); what is only ours is told by `turn.tell`.
Whom another agency let in for an authority it hosts hears of that agency's requests alone, as they see no others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from handlers.exposure import Exchanged, TwoSided
from handlers.kit import access, permissions
from handlers.kit.notices import Notice, RecordNotice
from handlers.kit.turn import Turn
from handlers.kit.views import ClockLine, clock_line, counterpart
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Person, Preservation, Request
from storage.record import channels, last_acts, records
from storage.rules import clocks


@dataclass(frozen=True)
class RequestAsked(RecordNotice, TwoSided):
    """To the other side, and its rooms: somebody asks them. What happens next is told under this card."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    instrument: str
    emergency: bool
    on: date
    data: tuple[str, ...]
    accounts: Exchanged[tuple[str, ...]]
    reason: Exchanged[str]
    clock: ClockLine | None

    is_card = may_call = True


def tell(turn: Turn, request: Request, word: str, notice: Notice, *, others: Iterable[Person] = ()) -> None:
    """Tell whoever watches a request what happened; and the other side, where it is theirs to know.

    A room of theirs reads it under its card. others: of our own people, besides the watchers.
    """
    theirs = party(turn, request) if f"request {word}" in permissions.EXCHANGED else []
    turn.tell([*access.watchers(turn, request), *others, *theirs], notice, urgent=request.emergency)


def watchers(turn: Turn, subject: Request | Preservation) -> list[Person]:
    """Who of our own is told of what happens to a record: whoever asked for a hold hears what becomes of it, too."""
    if isinstance(subject, Request):
        return access.watchers(turn, subject)
    asked = last_acts.last(turn.work, subject.ref, ["preservation ask", "preservation receive"]).values()
    return [*access.watchers(turn, subject), *(one.by for one in asked if one.by)]


def ask(turn: Turn, request: Request) -> None:
    """Say to the other side that somebody asks them: a request was sent."""
    clock, labels = clocks.latest(request), turn.reference.data_types
    notice = RequestAsked(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=counterpart(request).code,
        instrument=request.instrument,
        emergency=request.emergency,
        on=request.sent_on or turn.today,
        data=tuple(labels[code].label for code in request.data),
        accounts=tuple(request.accounts),
        reason=request.reason,
        clock=clock_line(turn, clock) if clock else None,
    )
    introduce(turn, request, notice)


def introduce(turn: Turn, request: Request, notice: Notice) -> None:
    """Say to the other side, in its rooms too, that there is a request: the card that what follows stands under."""
    turn.tell(party(turn, request), notice, urgent=request.emergency)
    rooms = channels.across(turn.work, request, counterpart(request)) if _leaves(request) else []
    turn.tell_rooms(rooms, notice, urgent=request.emergency)


def party(turn: Turn, request: Request) -> list[Person]:
    """Who hears it on the other side."""
    other = counterpart(request)
    if not _leaves(request) or other.host_id not in (None, request.case.agency_id):
        return []
    liaisons = records.people(turn.work, agency_id=other.id, role=Role.LIAISON)
    return liaisons or records.people(turn.work, agency_id=other.id, role=Role.MANAGER)


def _leaves(request: Request) -> bool:
    """Whether the other side may know of it at all."""
    is_sent, of_another = request.sent_on is not None, counterpart(request).id != request.case.agency_id
    return is_sent and of_another and Label(request.case.label).within(Label.AMBER)
