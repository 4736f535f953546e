"""Composers: what is said of an outbox row that needs more than its stored facts, and whom it calls.

In: a turn of its reader, with their rights and nobody else's, and the row. Out: as a handler answers: a reply, or None
where there is nothing to say any more.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from handlers import digests, due, exposure, leaving, preservation, requests
from handlers.filing.filing import ApprovalAsked
from handlers.kit import access, calling
from handlers.kit.concerned import RequestAsked
from handlers.kit.hold_news import PreservationReceived
from handlers.kit.notices import Notice
from handlers.kit.turn import Reply, Turn
from handlers.language.errors import UserError
from handlers.language.values import read_ref
from handlers.requests import RequestReceived, RequestStatus
from handlers.summaries import periods
from storage.messages import cards, recipients
from storage.messages.sending import Claimed
from storage.models import Person
from storage.reminders import nudges
from storage.rules.lifecycle import Status
from storage.serialization import decode

N = TypeVar("N", bound=Notice)

Composer = Callable[[Turn, Claimed], Reply | None]


def card(turn: Turn, row: Claimed) -> Reply | None:
    """The record's card as it is now."""
    status = preservation.status if family(row.subject) == "preservation" else requests.status
    try:
        reply: Reply = status(turn, read_ref(row.subject))
    except UserError:
        return None
    return reply


def standing(turn: Turn, row: Claimed) -> Reply | None:
    """What stands there as it is now: a reminder while it is true, whatever was pressed on it; else the card."""
    posting = cards.newest(turn.work, row.recipient, row.subject, row.platform)
    rung = nudges.of_row(turn.work, posting.outbox_id) if posting and posting.notice == nudges.NUDGE else None
    return (due.again(turn, rung) if rung else None) or card(turn, row)


def approval(turn: Turn, row: Claimed) -> Reply | None:
    """The question for a second person, while one is missing; after that the record's card."""
    now = card(turn, row)
    if now and any(
        isinstance(one, RequestStatus) and one.request.line.status == Status.APPROVAL for one in now.notices
    ):
        return Reply(_stored(ApprovalAsked, row), calls=_to_act(turn, row, "approval"))
    return now


def asked(turn: Turn, row: Claimed) -> Reply | None:
    """That somebody asks them, while nobody has said anything to it; after that the record's card."""
    now = card(turn, row)
    if now and any(isinstance(one, RequestStatus) and one.request.line.status == Status.SENT for one in now.notices):
        facts = _stored(RequestAsked, row)
        return Reply(facts, calls=_to_act(turn, row) if facts.emergency else ())
    return now


def received(turn: Turn, row: Claimed) -> Reply | None:
    """That somebody asks us; an emergency calls whoever must answer."""
    facts = _stored(RequestReceived, row)
    return Reply(facts, calls=_to_act(turn, row) if facts.emergency and _is_ours(turn, row) else ())


def preservation_received(turn: Turn, row: Claimed) -> Reply | None:
    """That somebody asks us to keep data; an emergency calls whoever must keep it."""
    in_danger = row.fields["preservation"]["emergency"]
    calls = _to_act(turn, row) if in_danger and _is_ours(turn, row) else ()
    return Reply(_stored(PreservationReceived, row), calls=calls)


def _stored(kind: type[N], row: Claimed) -> N:
    """A notice of the stored facts; what an earlier program did not keep is empty."""
    facts: Any = decode(row.fields)
    slots = exposure.slots(kind)  # type: ignore[arg-type]  # mypy: a class is hashable, whatever its instances are
    return kind(**{slot.name: facts.get(slot.name, slot.empty) for slot in slots})


def _is_ours(turn: Turn, row: Claimed) -> bool:
    """Whether a room of the case's own agency reads it."""
    case = recipients.case_of(turn.work, row.subject)
    return turn.room is not None and case is not None and turn.room.authority_id == case.agency_id


def _to_act(turn: Turn, row: Claimed, kind: str = "answer") -> Sequence[Person]:
    if turn.room is None:
        return ()
    fetch = access.preservation if family(row.subject) == "preservation" else access.request
    try:
        return calling.to_act(turn, fetch(turn, read_ref(row.subject)), kind)
    except UserError:
        return ()


def family(subject: str) -> str:
    """The word that commands for a record begin with, by the form of its reference."""
    return "preservation" if "/P" in subject else "request" if "/" in subject else "case"


COMPOSERS: dict[str, Composer] = {
    cards.EDIT: standing,
    cards.EDIT_ASKED: card,
    "approval_asked": approval,
    "request_asked": asked,
    "request_received": received,
    "preservation_received": preservation_received,
    "nudge": due.nudge,
    "digest": digests.digest,
    "old_waiting": digests.old_waiting,
    "left_behind": leaving.left_behind,
    "summary_period": periods.post,
}
"""By name of the notice; what is not here is said from its stored facts."""
