"""Composes outgoing messages: what an outbox row says at the moment it is sent.

In: a row that delivery claimed. Out: the notices as they are said now and where to, or why nothing is said.
Every row passes here again, whatever was true when it was queued: is the person still active, do they still see the
record, is its label within the ceiling of that place, is it still so? It is composed with the eyes of whoever reads it:
what was put down for somebody who sees more is taken out (`handlers/kit/showing.py`). RED goes to named people only,
never to a room.
COMPOSERS says what needs more than its stored facts; each gets a turn of the reader, with their rights and nobody
else's, and answers as a handler does: a reply, or None where there is nothing to say any more.
What could not be delivered is told here as well, to somebody else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handlers import due, leaving, preservation, requests, summaries
from handlers.exposure import Holds
from handlers.filing.filing import ApprovalAsked
from handlers.kit import opening, showing
from handlers.kit.concerned import RequestAsked
from handlers.kit.notices import NOTICES, HeldBack, PublicNotice, RecordNotice
from handlers.kit.showing import Said, Shown
from handlers.kit.turn import Reply, Turn
from handlers.language.errors import UserError
from handlers.language.values import read_ref
from handlers.requests import RequestStatus
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.ceilings import Ceiling
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.messages import cards, destinations, heartbeat, outbox, recipients, sending, succession
from storage.messages.recipients import Destination
from storage.messages.sending import Claimed
from storage.models import Channel, Person, Recipient
from storage.record import records
from storage.reminders import nudges
from storage.rules.lifecycle import Status
from storage.serialization import decode


@dataclass(frozen=True)
class SentAgain(PublicNotice):
    """Before a notice whose first sending ended nobody knows how: it may be here twice."""


@dataclass(frozen=True)
class CardGone(PublicNotice):
    """In place of a card: its record is not for this reader any more."""


@dataclass(frozen=True)
class DeliveryFailed(RecordNotice):
    """To a stand-in: somebody could not be reached.

    `family` is the word of commands for the record; `ref` is empty for a reader who may not see it.
    """

    what: str
    name: str
    family: str
    ref: str
    label: str
    why: str
    deadline: bool

    is_alarm = True


@dataclass(frozen=True)
class PlatformHalted(PublicNotice):
    """To administrators, by another platform: a platform does not let the desk in any more. Nothing is lost."""

    platform: str
    why: str
    since: datetime

    is_alarm = True


@dataclass(frozen=True)
class Composed:
    """What is said now, for whom, where. `edits`: the message it replaces; `roles`: those of its reader."""

    said: tuple[Said, ...]
    label: Label | None
    zone: str
    language: str
    place: Destination
    edits: str = ""
    roles: frozenset[Role] | None = None


@dataclass(frozen=True)
class Dropped:
    """Nothing is said, and why."""

    why: str


@dataclass(frozen=True)
class Elsewhere:
    """The recipient is reached on this platform now."""

    platform: str


Composer = Callable[[Turn, Claimed], Reply | None]


def card(turn: Turn, row: Claimed) -> Reply | None:
    """The record's card as it is now."""
    status = preservation.status if _family(row.subject) == "preservation" else requests.status
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
        facts: Any = decode(row.fields)
        return Reply(ApprovalAsked(**facts))
    return now


def asked(turn: Turn, row: Claimed) -> Reply | None:
    """That somebody asks them, while nobody has said anything to it; after that the record's card."""
    now = card(turn, row)
    if now and any(isinstance(one, RequestStatus) and one.request.line.status == Status.SENT for one in now.notices):
        facts: Any = decode(row.fields)
        return Reply(RequestAsked(**facts))
    return now


COMPOSERS: dict[str, Composer] = {
    cards.EDIT: standing,
    "approval_asked": approval,
    "request_asked": asked,
    "nudge": due.nudge,
    "digest": due.digest,
    "left_behind": leaving.left_behind,
    "summary_week": summaries.post,
}
"""By name of the notice; what is not here is said from its stored facts."""


def compose_all(
    work: UnitOfWork, rows: Sequence[Claimed], most: Label = Label.RED, *, reports_external: bool = False
) -> list[Composed | Dropped | Elsewhere]:
    """Several at once, each as `compose` makes it; their readers are fetched together."""
    recipients.preload(work, (row.recipient for row in rows))
    return [compose(work, row, most, reports_external=reports_external) for row in rows]


def compose(
    work: UnitOfWork, row: Claimed, most: Label = Label.RED, *, reports_external: bool = False
) -> Composed | Dropped | Elsewhere:
    """Check who may still hear it and say it in the words of now, under the card where it belongs there. Reads only.

    most: the ceiling of the row's platform. reports_external: whoever it has said nothing of is external.
    What is above the ceiling of a person there goes to another platform, or a line says where to look.
    """
    recipient = recipients.find(work, row.recipient)
    if recipient is None:
        return Dropped("the recipient is not there any more")
    place = recipients.place(recipient, row.platform)
    if place is None:
        route = outbox.route(work, row.recipient)
        lost = row.notice == nudges.NUDGE and isinstance(recipient, Person) and succession.is_cut_off(recipient)
        return Elsewhere(route) if route != row.platform and not lost else Dropped("there is no way to them")
    viewer = _reader(work, recipient, row)
    if viewer is None:
        return _blank(work, recipient, row, place) or Dropped("they may not see it any more")
    ceiling = destinations.ceiling(work, recipient, place, most, reports_external=reports_external)
    turn = opening.of_reader(work, recipient, viewer, ceiling)
    composed = _composed(turn, viewer, row, place)
    if isinstance(composed, Composed) and _is_above(turn, composed, ceiling):
        return _withheld(work, recipient, row, composed, ceiling)
    return composed


def _reader(work: UnitOfWork, recipient: Person | Channel, row: Claimed) -> Viewer | None:
    """The recipient in the first of their roles that sees the record; None where none does."""
    if not recipients.speaks_of(work, recipient, row.subject):
        return None
    viewers = recipients.viewers(recipient)
    return next((one for one in viewers if not row.subject or records.seen(work, one, [row.subject])), None)


def _blank(work: UnitOfWork, recipient: Person | Channel, row: Claimed, place: Destination) -> Composed | None:
    """In place of a card whose record its reader may not see any more; None where nothing stands there."""
    standing = cards.newest(work, row.recipient, row.subject, row.platform) if row.notice == cards.EDIT else None
    if standing is None or not standing.message_id:
        return None
    gone = CardGone()
    said = (Said(gone.template, showing.facts(gone)),)
    there = replace(place, room=standing.place)
    return Composed(said, None, recipient.zone or "UTC", recipient.language, there, edits=standing.message_id)


def _is_above(turn: Turn, composed: Composed, ceiling: Ceiling) -> bool:
    label = composed.label
    return label is not None and (not label.within(ceiling.label) or (label is Label.RED and turn.room is not None))


def _withheld(
    work: UnitOfWork, recipient: Person | Channel, row: Claimed, whole: Composed, ceiling: Ceiling
) -> Composed | Dropped | Elsewhere:
    """What is above a ceiling; what came here because another platform failed does not go back there.

    A room is not told of what it may not hear; a card that stands there shows nothing of it any more.
    """
    if isinstance(recipient, Channel) and not whole.edits:
        return Dropped(f"{whole.label} is above the room's ceiling")
    other = "" if whole.edits or row.attempts else outbox.next_route(work, row.recipient, row.platform)
    if other:
        return Elsewhere(other)
    linked = recipient.platforms if isinstance(recipient, Person) else ()
    where = tuple(platform for platform in linked if platform != row.platform)
    instead = HeldBack(str(whole.label), row.platform, where, False, ceiling.why)
    return replace(whole, said=(Said(instead.template, showing.facts(instead)),), label=None)


def _composed(turn: Turn, viewer: Viewer, row: Claimed, place: Destination) -> Composed | Dropped:
    shown = _shown(turn, viewer, row)
    if not shown.said:
        return Dropped("it is not so any more, or not for these eyes")
    if turn.room and shown.exposure.personal:
        return Dropped("it is for no room")
    label = most_restrictive(filter(None, (_label_when_put(row), shown.exposure.label)))
    whole = Composed(shown.said, label, turn.zone, turn.actor.person.language, place, roles=turn.actor.roles)
    if row.notice == cards.EDIT or (turn.room and NOTICES[row.notice].is_under_card):
        return _at_the_card(turn, row, whole)
    return whole


def _label_when_put(row: Claimed) -> Label | None:
    """What was put down under a label stays under it; an edit, and news of no record, have none of their own."""
    return None if row.notice == cards.EDIT or row.label == Label.CLEAR else Label(row.label)


def _at_the_card(turn: Turn, row: Claimed, whole: Composed) -> Composed | Dropped:
    """In place of the card that stands there; or, what happened, under it. What a terminal printed has no number."""
    standing = cards.newest(turn.work, row.recipient, row.subject, row.platform)
    if standing is None or not standing.message_id:
        return Dropped("no card stands there")
    if row.notice == cards.EDIT:
        return replace(whole, place=replace(whole.place, room=standing.place), edits=standing.message_id)
    if standing.place != whole.place.room:
        return Dropped("the card stands elsewhere")
    return replace(whole, place=replace(whole.place, under=standing.message_id))


def _shown(turn: Turn, viewer: Viewer, row: Claimed) -> Shown:
    """The notices of a row as its reader may have them now."""
    composer = COMPOSERS.get(row.notice)
    if composer is None:
        kept = [(NOTICES[row.notice], _with_its_record(row))]
    else:
        reply = composer(turn, row)
        kept = [(type(notice), showing.facts(notice)) for notice in reply.notices] if reply else []
    return showing.to_reader(turn.work, viewer, kept, room=turn.room is not None)


def _with_its_record(row: Claimed) -> Mapping[str, Any]:
    """The stored facts; those that an earlier program stored say of which record they are, too."""
    about = (
        {"ref": row.subject, "label": row.label} if row.subject and NOTICES[row.notice].holds is Holds.RECORD else {}
    )
    return about | row.fields


# ---- what could not be said ----------------------------------------------------------------------------------------


def arrived(work: UnitOfWork, row: Claimed, *, how: str = "") -> None:
    """It was said; what a digest had to leave out, because its reader may not see it any more, goes to who is next."""
    sending.sent(work, row, how=how)
    if row.notice == nudges.DIGEST:
        nudges.pass_on(work, row)


def let_go(work: UnitOfWork, row: Claimed, why: str) -> None:
    """Nothing is said to this recipient, and why; a reminder that is still true goes to whoever is next in line."""
    sending.drop(work, row, why)
    nudges.pass_on(work, row)


def give_up(work: UnitOfWork, row: Claimed, why: str, *, tell: bool = True) -> None:
    """Try the person's next account; after the last, put the row aside as dead and tell whoever stands in.

    They are told once, of a deadline each time.

    Nobody left who may see the record: administrators learn that somebody cannot be reached, without the record.
    """
    if row.notice != cards.EDIT and (other := outbox.next_route(work, row.recipient, row.platform)):
        sending.reroute(work, row, other, why)
        return
    sending.dead(work, row, why)
    notice = NOTICES.get(row.notice)
    if not tell or notice is None or notice.is_alarm:
        return
    deadline = notice.is_deadline
    cause = f"dead:{row.id}" if deadline else f"unreachable:{row.recipient}:{work.now.date().isoformat()}"
    name = recipients.name_of(work, row.recipient)
    able = succession.stand_ins(work, row.recipient, row.subject)
    subject, label = (row.subject, row.label) if able else ("", "")
    for person_id in able or [person.id for person in recipients.admins(work, besides=row.recipient)]:
        outbox.put(
            work,
            cause=cause,
            notice=DeliveryFailed(row.notice, name, _family(subject), subject, label, why, deadline),
            recipient=Recipient.person(person_id),
            label=Label(label or Label.CLEAR),
            subject=subject,
            urgent=deadline,
        )


def _family(subject: str) -> str:
    """The word that commands for a record begin with, by the form of its reference."""
    return "preservation" if "/P" in subject else "request" if "/" in subject else "case"


def halted(work: UnitOfWork, platform: str, why: str) -> None:
    """A platform keeps us out: every administrator is told once, on another platform."""
    if not heartbeat.halt(work, platform):
        return
    for person in recipients.admins(work):
        recipient = Recipient.person(person.id)
        outbox.put(
            work,
            cause=f"halted:{platform}:{work.now.isoformat()}",
            notice=PlatformHalted(platform, why, work.now),
            recipient=recipient,
            platform=outbox.route(work, recipient, besides=platform),
            label=Label.CLEAR,
            urgent=True,
        )
