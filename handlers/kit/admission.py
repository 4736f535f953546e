"""Admission: who may say that what is outside is shown more than TLP:CLEAR, and the room it is said in.

In: a turn. Out: nothing, where it may be said; a room as its platform told of it, let in.
An administrator who is no guest there: what others show in their own workspace is not a guest's to say. Where the
platform has not said which it is, nobody says anything: it can be typed again.
"""

from handlers.kit import access
from handlers.kit.errors import Conflict, NotAllowed
from handlers.kit.turn import Turn
from handlers.language.errors import clause
from storage.exposure import externals
from storage.exposure.roles import Role
from storage.models import Channel
from storage.record import records


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
    externals.forget_admission(channel)
    if channel.outside:
        externals.admit(turn.work, channel, turn.actor.person)
