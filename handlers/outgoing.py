"""Composes outgoing messages: what an outbox row says at the moment it is sent.

In: a row that delivery claimed. Out: the notices as they are said now and where to, or why nothing is said.
Every row passes here again, whatever was true when it was queued: is the person still active, do they still see the
record, is its label within the ceiling of that place, is it still so? It is composed with the eyes of whoever reads it:
what was put down for somebody who sees more is taken out (`handlers/kit/showing.py`). RED goes to named people only,
never to a room.
What needs more than its stored facts is composed by `composers.py`; what could not be delivered is told by
`undelivered.py`, to somebody else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from handlers import exposure
from handlers.composers import COMPOSERS
from handlers.exposure import Holds
from handlers.kit import opening, showing
from handlers.kit.notices import NOTICES, HeldBack, Notice, PublicNotice
from handlers.kit.showing import Said, Shown
from handlers.kit.turn import Reply, Turn
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.ceilings import Ceiling
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.messages import absences, cards, destinations, outbox, recipients, sending, succession
from storage.messages.cards import Posted
from storage.messages.recipients import Destination
from storage.messages.sending import Claimed
from storage.models import Channel, Person, Posting
from storage.record import records
from storage.record.sights import Sights
from storage.reminders import nudges


@dataclass(frozen=True)
class SentAgain(PublicNotice):
    """Before a notice whose first sending ended nobody knows how: it may be here twice."""


@dataclass(frozen=True)
class CardGone(PublicNotice):
    """In place of a card: its record is not for this reader any more."""


@dataclass(frozen=True)
class ShownFile:
    """A file behind a message. `shows`: what is seen in it, as a notice says it.

    `picture`: what is drawn when it is sent, unless that is more restrictive than `ceiling`; it has no content yet.
    """

    name: str
    content: bytes
    shows: Said | None
    picture: Notice | None
    ceiling: Label


@dataclass(frozen=True)
class Composed:
    """What is said now, for whom, where. `edits`: the message it replaces.

    `calls`: who must act, (name, account there), mentioned in a room. `files`: behind the message. `roles`: those of
    its reader.
    """

    said: tuple[Said, ...]
    label: Label | None
    zone: str
    language: str
    place: Destination
    edits: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    files: tuple[ShownFile, ...] = ()
    roles: frozenset[Role] | None = None


class Landed(NamedTuple):
    """A row that was said. `how`: what was not as usual; `is_card`: a message by itself, which may be edited later."""

    row: Claimed
    how: str = ""
    place: str = ""
    message_id: str = ""
    is_card: bool = False


@dataclass(frozen=True)
class Dropped:
    """Nothing is said, and why."""

    why: str


@dataclass(frozen=True)
class Elsewhere:
    """The recipient is reached on this platform now."""

    platform: str


def compose_all(
    work: UnitOfWork, rows: Sequence[Claimed], most: Label = Label.RED, *, reports_external: bool = False
) -> list[Composed | Dropped | Elsewhere]:
    """Several at once, each as `compose` makes it; their readers, and what these see, are fetched together."""
    recipients.preload(work, (row.recipient for row in rows))
    sights = Sights(work)
    sights.ask(pair for row in rows for pair in _asked_of(work, row))
    return [_compose(sights, row, most, reports_external=reports_external) for row in rows]


def compose(
    work: UnitOfWork, row: Claimed, most: Label = Label.RED, *, reports_external: bool = False
) -> Composed | Dropped | Elsewhere:
    """Check who may still hear it and say it in the words of now, under the card where it belongs there. Reads only.

    most: the ceiling of the row's platform. reports_external: whoever it has said nothing of is external.
    What is above the ceiling of a person there goes to another platform, or a line says where to look.
    """
    return _compose(Sights(work), row, most, reports_external=reports_external)


def _asked_of(work: UnitOfWork, row: Claimed) -> Iterator[tuple[Viewer, str]]:
    """Whose sight of which record a row will ask for."""
    recipient = recipients.find(work, row.recipient)
    if recipient and recipients.place(recipient, row.platform):
        stored = NOTICES[row.notice] if row.notice in NOTICES and row.notice not in COMPOSERS else None
        refs = exposure.of_facts(stored, _with_its_record(row)).refs if stored else frozenset()
        for viewer in recipients.viewers(recipient):
            yield from ((viewer, ref) for ref in {*refs, row.subject} if ref)


def _compose(sights: Sights, row: Claimed, most: Label, *, reports_external: bool) -> Composed | Dropped | Elsewhere:
    work = sights.work
    recipient = recipients.find(work, row.recipient)
    if recipient is None:
        return Dropped("the recipient is not there any more")
    place = recipients.place(recipient, row.platform)
    if place is None:
        route = outbox.route(work, row.recipient)
        lost = row.notice == nudges.NUDGE and isinstance(recipient, Person) and succession.is_cut_off(recipient)
        return Elsewhere(route) if route != row.platform and not lost else Dropped("there is no way to them")
    viewer = _reader(sights, recipient, row)
    if viewer is None:
        return _blank(work, recipient, row, place) or Dropped("they may not see it any more")
    ceiling = destinations.ceiling(work, recipient, place, most, reports_external=reports_external)
    turn = opening.of_reader(work, recipient, viewer, ceiling)
    composed = _composed(turn, sights, viewer, row, place)
    if isinstance(composed, Composed) and _is_above(turn, composed, ceiling):
        return _withheld(work, recipient, row, composed, ceiling)
    return composed


def _reader(sights: Sights, recipient: Person | Channel, row: Claimed) -> Viewer | None:
    """The recipient in the first of their roles that sees the record; None where none does."""
    if not recipients.speaks_of(sights.work, recipient, row.subject):
        return None
    viewers = recipients.viewers(recipient)
    return next((one for one in viewers if not row.subject or sights.of(one, [row.subject])), None)


def _blank(work: UnitOfWork, recipient: Person | Channel, row: Claimed, place: Destination) -> Composed | None:
    """In place of a card whose record its reader may not see any more; None where nothing stands there."""
    standing = _card_of(work, row) if row.notice in cards.EDITS else None
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
    return replace(whole, said=(Said(instead.template, showing.facts(instead)),), label=None, calls=(), files=())


def _composed(turn: Turn, sights: Sights, viewer: Viewer, row: Claimed, place: Destination) -> Composed | Dropped:
    reply = COMPOSERS[row.notice](turn, row) if row.notice in COMPOSERS else None
    shown = _shown(turn, sights, viewer, row, reply)
    if not shown.said:
        return Dropped("it is not so any more, or not for these eyes")
    if turn.room and shown.exposure.personal:
        return Dropped("it is for no room")
    label = most_restrictive(filter(None, (_label_when_put(row), shown.exposure.label)))
    whole = Composed(shown.said, label, turn.zone, turn.actor.person.language, place, roles=turn.actor.roles)
    if reply:
        whole = replace(whole, calls=_called(turn, row, reply), files=_files(turn, reply))
    if row.notice in cards.EDITS or (turn.room and NOTICES[row.notice].is_under_card):
        return _at_the_card(turn, row, whole)
    return whole


def _files(turn: Turn, reply: Reply) -> tuple[ShownFile, ...]:
    return tuple(
        ShownFile(
            file.name,
            file.content,
            Said(file.shows.template, showing.facts(file.shows)) if file.shows else None,
            None if file.content else file.shows,
            turn.place.ceiling,
        )
        for file in reply.generated
    )


def _label_when_put(row: Claimed) -> Label | None:
    """What was put down under a label stays under it; an edit, and news of no record, have none of their own."""
    return None if row.notice in cards.EDITS or row.label == Label.CLEAR else Label(row.label)


def _card_of(work: UnitOfWork, row: Claimed) -> Posting | None:
    """The card that a row is about."""
    return cards.newest(work, row.recipient, row.subject, row.platform, asked=row.notice == cards.EDIT_ASKED)


def _at_the_card(turn: Turn, row: Claimed, whole: Composed) -> Composed | Dropped:
    """In place of the card that stands there; or, what happened, under it. What a terminal printed has no number."""
    standing = _card_of(turn.work, row)
    if standing is None or not standing.message_id:
        return Dropped("no card stands there")
    if row.notice in cards.EDITS:
        return replace(whole, place=replace(whole.place, room=standing.place), edits=standing.message_id, calls=())
    if standing.place != whole.place.room:
        return Dropped("the card stands elsewhere")
    return replace(whole, place=replace(whole.place, under=standing.message_id))


def _shown(turn: Turn, sights: Sights, viewer: Viewer, row: Claimed, reply: Reply | None) -> Shown:
    """The notices of a row as its reader may have them now. reply: what composed them, for those that are."""
    kept: list[tuple[type[Notice], Mapping[str, Any]]]
    if row.notice in COMPOSERS:
        kept = [(type(notice), showing.facts(notice)) for notice in reply.notices] if reply else []
    else:
        kept = [(NOTICES[row.notice], _with_its_record(row))]
    return showing.to_reader(sights, viewer, kept, room=turn.room is not None)


def _called(turn: Turn, row: Claimed, reply: Reply) -> tuple[tuple[str, str], ...]:
    """(name, account) of everybody who is called in a room: who is here, or stands in, and may see what it is about.

    Somebody without an account that the room can mention is told in another way, as everybody is.
    """
    if turn.room is None or not any(notice.may_call for notice in reply.notices):
        return ()
    away = absences.away(turn.work)
    here = [absences.deputy(turn.work, one.id) if one.id in away else one for one in reply.calls]
    able = [one for one in dict.fromkeys(here) if one and one.active and records.memberships(one)]
    sees = [one for one in able if not row.subject or recipients.may_see(turn.work, one, row.subject)]
    found = ((one.name, recipients.beside(one, turn.room)) for one in sees)
    return tuple((name, account) for name, account in found if account)


def _with_its_record(row: Claimed) -> Mapping[str, Any]:
    """The stored facts; those that an earlier program stored say of which record they are, too."""
    about = (
        {"ref": row.subject, "label": row.label} if row.subject and NOTICES[row.notice].holds is Holds.RECORD else {}
    )
    return about | row.fields


# ---- what became of it --------------------------------------------------------------------------------------------


def arrived(work: UnitOfWork, landed: Sequence[Landed]) -> None:
    """They were said, and where cards stand; the statements are as many for one as for fifty.

    What a digest had to leave out, because its reader may not see it any more, goes to who is next.
    """
    for how in dict.fromkeys(one.how for one in landed):
        sending.sent(work, *(one.row for one in landed if one.how == how), how=how)
    cards.remember(work, (Posted(one.row, one.place, one.message_id) for one in landed if one.is_card))
    for one in landed:
        if one.row.notice == nudges.DIGEST:
            nudges.pass_on(work, one.row)


def let_go(work: UnitOfWork, row: Claimed, why: str) -> None:
    """Nothing is said to this recipient, and why; a reminder that is still true goes to whoever is next in line."""
    sending.drop(work, row, why)
    nudges.pass_on(work, row)
