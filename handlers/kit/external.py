"""External readers: guests and shared rooms, as platforms report them, and who may admit them.

In: what a platform says of an account or a room, with a message or by itself; or a turn. Out: the record, where it is
news, and whoever can do something about it hears; nothing, where it may be let in.
An administrator who is no guest there lets in: what others show in their own workspace is not a guest's to say. Where
the platform has not said which it is, nobody says anything: it can be typed again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.kit import access
from handlers.kit.errors import Conflict, NotAllowed
from handlers.kit.notices import PublicNotice
from handlers.kit.turn import Turn
from handlers.language.errors import clause
from storage.database.unit_of_work import SYSTEM, UnitOfWork
from storage.exposure import externals
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Channel, Recipient
from storage.record import arrivals, records
from storage.record.arrivals import Arrival


class News(Exception):
    """The platform tells something of a place that is not on record yet: it cannot be passed by in a read."""


@dataclass(frozen=True)
class RoomShared(PublicNotice):
    """To the administrators who keep a room: another organisation reads there since a moment, and it shows less."""

    platform: str
    room: str
    thread: str
    authority: str


# ---- what platforms tell ---------------------------------------------------------------------------------------------


def must_be_known(work: UnitOfWork, arrival: Arrival) -> None:
    """Errors: News."""
    if arrivals.of(work, arrival).is_news:
        raise News


def learn(work: UnitOfWork, arrival: Arrival) -> None:
    """Put on record what the platform tells that is new, behind what was typed: nobody typed this.

    Who was not on record before may be so by what was typed.
    """
    before = arrivals.of(work, arrival)
    whole = before.account is not None and (before.room is not None or not arrival.room)
    if before.is_news if whole else externals.is_news(work, arrival.platform, **_platform_facts(arrival)):
        work.act_as(SYSTEM)
        record_status(work, arrival.platform, **_platform_facts(arrival))


def record_status(
    work: UnitOfWork,
    platform: str,
    *,
    account: str = "",
    guest: bool | None = None,
    room: str = "",
    shared: bool | None = None,
    room_name: str = "",
    since: datetime | None = None,
) -> None:
    """Put on record what a platform says of an account and of a room; None where it has not said.

    since: one more organisation came into the room then, so who admitted it before did not mean that one.
    """
    row = externals.account_of(work, platform, account) if account else None
    if row is not None:
        externals.record_status(work, row, external=guest)
    for one in externals.rooms(work, platform, room) if room else ():
        externals.call(one, room_name)
        if externals.record_status(work, one, external=shared, since=since):
            _tell_administrators(work, one)


def _tell_administrators(work: UnitOfWork, room: Channel) -> None:
    notice = RoomShared(room.platform, room.title, room.thread, room.authority.code)
    for person in records.people(work, agency_id=room.host_id or room.authority_id, role=Role.ADMIN):
        outbox.queue(
            work,
            cause=f"shared:{room.id}:{work.now.isoformat()}",
            notice=notice,
            recipient=Recipient.person(person.id),
            label=Label.CLEAR,
        )


def _platform_facts(arrival: Arrival) -> dict[str, Any]:
    """What its platform says of a message's author and room."""
    names = ("account", "guest", "room", "shared", "room_name")
    return {name: getattr(arrival, name) for name in names}


# ---- who may let in --------------------------------------------------------------------------------------------------


def must_be_member(turn: Turn) -> None:
    """Errors: Conflict for a guest, also for one who was admitted."""
    if turn.place.guest is None:
        raise Conflict("guest_unsaid")
    if turn.place.guest:
        raise Conflict("guest_yourself")


def may_let_in(turn: Turn) -> None:
    """Whether the desk may be asked into the room typed in, as far as it depends on who else reads there.

    Errors: NotAllowed for a room that is shared, and no administrator; Conflict.
    """
    shared = turn.place.shared
    if shared is None:
        raise Conflict("sharing_unsaid")
    if shared and Role.ADMIN not in turn.actor.roles:
        admins = records.people(turn.work, agency_id=turn.actor.agency.id, role=Role.ADMIN)
        act, may = clause("let_into_shared_room"), clause("one_of_roles", roles=[Role.ADMIN])
        raise NotAllowed(act, may, access.roles(turn.actor), tuple(one.name for one in admins))
    if shared:
        must_be_member(turn)


def let_in(turn: Turn, channel: Channel) -> None:
    """Put on record what the platform says of the room; one that is shared is admitted by this, as it is now."""
    channel.outside = turn.place.shared
    externals.call(channel, turn.place.room_name)
    externals.forget_admission(channel)
    if channel.outside:
        externals.admit(turn.work, channel, turn.actor.person)
