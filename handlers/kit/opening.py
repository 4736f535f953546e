"""Opening a turn: who speaks, in which room, and how much is shown there. The one way to a `Turn`.

In: what a platform tells of a message (`Arrival`), or the reader of what is said unasked. Out: a `Turn`. What a
platform has not told in time counts as the more restrictive answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.kit import access
from handlers.kit.notices import HeldBack, LeftOut
from handlers.kit.place import Place
from handlers.kit.turn import Actor, Turn
from handlers.language.command import Commands
from storage.database.unit_of_work import UnitOfWork
from storage.exposure import ceilings
from storage.exposure.ceilings import OPEN, Ceiling
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.models import Authority, Channel, Person
from storage.record import arrivals
from storage.record.arrivals import Arrival


@dataclass(frozen=True)
class Opening:
    """What every turn of a process has in common. `most`: by platform, what may be shown there at most."""

    commands: Commands
    most: Mapping[str, Label]

    def of_message(
        self, work: UnitOfWork, arrival: Arrival, *, aloud: bool = False, line: str = "", cause: str = ""
    ) -> Turn:
        """The turn of a message. aloud: the room is to read the answer. Errors: NotLinked."""
        actor = access.author(work, arrival)
        return self.of_actor(work, arrival, actor, aloud=aloud, line=line, cause=cause)

    def of_actor(
        self,
        work: UnitOfWork,
        arrival: Arrival,
        actor: Actor,
        *,
        aloud: bool = False,
        line: str = "",
        cause: str = "",
    ) -> Turn:
        """The same for an actor who is known already; also a stranger's, for the few commands that are open to them."""
        work.act_as(actor.person.actor, actor.via)
        room = arrivals.of(work, arrival).room
        place = self._place(work, arrival, actor, room, aloud=aloud)
        return Turn(work, actor, line=line, cause=cause, room=room, place=place, commands=self.commands)

    def _place(self, work: UnitOfWork, arrival: Arrival, actor: Actor, room: Channel | None, *, aloud: bool) -> Place:
        """Where it was typed, and what is shown there.

        A form that is open in a shared room is in that room, too; and what a room reads is for all its readers.
        """
        alone = self._alone(work, arrival)
        here = in_room = alone
        if arrival.room:
            here = alone.under(ceilings.of_sharing(room, shared=arrival.shared))
            in_room = ceilings.for_room(
                work,
                room,
                arrival.platform,
                shared=arrival.shared,
                workspace=arrival.workspace,
                most=self.most.get(arrival.platform, Label.RED),
            )
        read_by_room = aloud and room is not None and room.authority_id == actor.agency.id
        return Place(
            platform=arrival.platform,
            room=arrival.room,
            thread=arrival.thread,
            account=arrival.account,
            aloud=aloud,
            read_by_room=read_by_room,
            workspace=arrival.workspace,
            guest=arrival.guest,
            shared=arrival.shared,
            room_name=arrival.room_name,
            member=arrival.member,
            mentions=dict(arrival.mentions),
            here=here.under(in_room) if read_by_room else here,
            alone=alone,
            in_room=in_room,
        )

    def _alone(self, work: UnitOfWork, arrival: Arrival) -> Ceiling:
        """What its author is shown where nobody else reads it."""
        return ceilings.for_person(
            work,
            arrivals.of(work, arrival).account,
            arrival.platform,
            guest=arrival.guest,
            workspace=arrival.workspace,
            most=self.most.get(arrival.platform, Label.RED),
        )


def stranger(platform: str) -> Actor:
    """Whoever types from an account that belongs to nobody: without a name, an agency or any right."""
    nobody = Person(id=0, name="somebody", language="en", zone="UTC")
    return Actor(nobody, Authority(id=0, code="", name="", zone="UTC"), frozenset(), via=platform)


def of_reader(work: UnitOfWork, recipient: Person | Channel, viewer: Viewer, ceiling: Ceiling = OPEN) -> Turn:
    """As if the reader had asked. A room reads as a nameless person of its authority, and what its ceiling allows."""
    if isinstance(recipient, Person):
        agency = work.session.get_one(Authority, viewer.authority_id)
        return Turn(work, Actor(recipient, agency, viewer.roles))
    nobody = Person(id=viewer.person_id, name=recipient.title, zone=recipient.zone, language=recipient.language)
    here = Place(recipient.platform, recipient.external_id, recipient.thread, read_by_room=True, here=ceiling)
    return Turn(work, Actor(nobody, recipient.authority, viewer.roles), room=recipient, place=here)


def withheld(turn: Turn, label: Label, *, done: bool) -> HeldBack:
    """In place of an answer above what is shown to a person alone: where to look instead."""
    place = turn.place
    return HeldBack(label, place.platform, _elsewhere(turn), done, place.alone.why)


def left_out(turn: Turn) -> LeftOut:
    """After a list: where there is more."""
    place = turn.place
    return LeftOut(place.ceiling, place.platform, _elsewhere(turn), place.here.why)


def _elsewhere(turn: Turn) -> tuple[str, ...]:
    """The other platforms a person has an account on."""
    return tuple(one for one in turn.actor.person.platforms if one != turn.place.platform)
