"""Places: how much may be shown where a message came from, and what its platform says of that place.

In: an `Inbound`, and the ceilings of platforms that the settings name. Out: the `Place` of a turn, for answers and for
forms alike; what is not shown there, in words; and the record, where the platform tells something new.
"""

from collections.abc import Mapping
from typing import Any

from bot.adapters.contract import Inbound
from handlers import guests
from handlers.kit.notices import HeldBack, LeftOut
from handlers.kit.turn import Place, Turn
from storage.database.unit_of_work import SYSTEM, UnitOfWork
from storage.exposure import ceilings, externals
from storage.exposure.ceilings import OPEN, Ceiling
from storage.exposure.labels import Label
from storage.models import Channel, Person
from storage.record import records

Ceilings = Mapping[str, Label]
"""By platform, what may be shown there at most; everything, where none is named."""


class News(Exception):
    """The platform tells something of a place that is not on record yet: it cannot be passed by in a read."""


def room_of(work: UnitOfWork, inbound: Inbound) -> Channel | None:
    """The room it was typed in; None where the desk was never asked in, and between a person and the desk alone."""
    if not inbound.room:
        return None
    return records.channel(work, inbound.platform, inbound.room, inbound.thread)


def place_of(work: UnitOfWork, inbound: Inbound, room: Channel | None, most: Ceilings) -> Place:
    """Where it was typed, and what may be shown there. A form that is open in a shared room is in that room, too."""
    alone = ceiling_alone(work, inbound, most)
    here, in_room = alone, OPEN
    if inbound.room:
        here = alone.under(ceilings.of_sharing(room, shared=inbound.shared))
        in_room = ceilings.for_room(
            work,
            room,
            inbound.platform,
            shared=inbound.shared,
            workspace=inbound.workspace,
            most=_most(inbound, most),
        )
    return Place(
        platform=inbound.platform,
        room=inbound.room,
        thread=inbound.thread,
        account=inbound.account,
        aloud=inbound.aloud,
        workspace=inbound.workspace,
        guest=inbound.guest,
        shared=inbound.shared,
        here=here,
        alone=alone,
        in_room=in_room,
    )


def ceiling_alone(work: UnitOfWork, inbound: Inbound, most: Ceilings) -> Ceiling:
    """What its author is shown where nobody else reads it."""
    known = inbound.guest is False  # who is no guest needs no admission
    account = None if known else externals.account_of(work, inbound.platform, inbound.account)
    return ceilings.for_person(
        work,
        account,
        inbound.platform,
        guest=inbound.guest,
        workspace=inbound.workspace,
        most=_most(inbound, most),
    )


def held_back(label: Label, ceiling: Ceiling, person: Person, platform: str, *, done: bool) -> HeldBack:
    """In place of an answer: where to look instead."""
    return HeldBack(label, platform, _elsewhere(person, platform), done, ceiling.why)


def left_out(turn: Turn) -> LeftOut:
    """After a list: where there is more."""
    place = turn.place
    return LeftOut(place.ceiling, place.platform, _elsewhere(turn.actor.person, place.platform), place.here.why)


def must_be_known(work: UnitOfWork, inbound: Inbound) -> None:
    """Errors: News."""
    if _is_news(work, inbound):
        raise News


def learn(work: UnitOfWork, inbound: Inbound) -> None:
    """Put on record what the platform tells that is new, behind what was typed: nobody typed this."""
    if not _is_news(work, inbound):
        return
    work.act_as(SYSTEM)
    guests.told(work, inbound.platform, **_said_of(inbound))


def _is_news(work: UnitOfWork, inbound: Inbound) -> bool:
    return externals.is_news(work, inbound.platform, **_said_of(inbound))


def _said_of(inbound: Inbound) -> dict[str, Any]:
    """What its platform says of a message's author and room."""
    return {"account": inbound.account, "guest": inbound.guest, "room": inbound.room, "shared": inbound.shared}


def _most(inbound: Inbound, most: Ceilings) -> Label:
    return most.get(inbound.platform, Label.RED)


def _elsewhere(person: Person, platform: str) -> tuple[str, ...]:
    """The other platforms a person has an account on."""
    return tuple(one for one in person.platforms if one != platform)
