"""Recipients of a reminder: the officer, the rooms, the managers of a case, and the route to each.

In: what a clock is of, and the rung. Out: hearers, at least one of the agency itself who can act: where whoever a rung
is for is gone, the next in line hears it (`storage/messages/succession.py`). Whether each may still be told is asked
again when the row is sent; here RED already goes to nobody but those named on the case, and a room above its ceiling
is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import absences, outbox, succession
from storage.messages.succession import Able
from storage.models import Authority, Channel, Clock, Recipient
from storage.rules.clocks import calendar_of
from storage.rules.mornings import next_morning


class Matter(NamedTuple):
    """What a clock is of, as far as it decides who hears of it: a request or a preservation, and its case.

    A preservation has no parties: it concerns its agency alone.
    """

    ref: str
    label: str
    case_id: int
    agency_id: int
    lead_id: int | None
    opener_id: int
    sender_id: int | None
    recipient_id: int | None


@dataclass(frozen=True)
class Hearer:
    """One recipient. `morning` is when they next want what can wait, aware UTC. `own`: of the agency itself."""

    recipient: Recipient
    platform: str
    morning: datetime
    own: bool = True


def preload(work: UnitOfWork, matters: Iterable[Matter]) -> None:
    """Ask for the leads and openers of several matters together; they stay while the job lasts."""
    succession.able(work, {one for matter in matters for one in (matter.lead_id, matter.opener_id) if one})


def of(work: UnitOfWork, matter: Matter, audience: Sequence[str]) -> list[Hearer]:
    """Everybody a rung is for, each once; where none of the agency is, the next in line.

    Where nobody may see it and act, managers are told that a record needs a person, and nobody hears the rung.
    """
    found = {hearer.recipient: hearer for kind in audience for hearer in _hearers(work, matter, kind)}
    if not any(hearer.own for hearer in found.values()):
        found |= {hearer.recipient: hearer for hearer in next_in_line(work, matter)}
    people = [one.number for one in found if not one.is_channel]
    return list((found | {hearer.recipient: hearer for hearer in _stand_ins(work, matter, people)}).values())


def next_in_line(work: UnitOfWork, matter: Matter, besides: int = 0) -> list[Hearer]:
    """Who hears in the place of somebody who is gone. besides: that person's id.

    Where nobody is left, managers are told that a record needs a person.
    """
    left = succession.line(work, matter.case_id, matter.agency_id, matter.label, besides)
    if not left:
        work.once(("needs person", matter.agency_id), lambda: succession.needs_person(work, matter.agency_id))
    hearers = [_person(work, one, matter.agency_id) for one in left]
    return [*hearers, *_stand_ins(work, matter, [one.id for one in left])]


def _stand_ins(work: UnitOfWork, matter: Matter, people: Iterable[int]) -> list[Hearer]:
    """The deputies of those who are away; whoever is away hears, too."""
    found = absences.stand_ins(work, people, case_id=matter.case_id, agency_id=matter.agency_id, label=matter.label)
    return [_person(work, one, matter.agency_id) for one in found]


def _hearers(work: UnitOfWork, matter: Matter, kind: str) -> Iterable[Hearer]:
    """Whoever is there of those that a rung names."""
    if kind == "officer":
        hands = [one for one in (matter.lead_id, matter.opener_id) if one]
        found = succession.able(work, hands)
        first = next((found[one, matter.agency_id] for one in hands if (one, matter.agency_id) in found), None)
        return [_person(work, first, matter.agency_id)] if first else next_in_line(work, matter)
    if kind == "manager":
        return _managers(work, matter)
    rooms = _rooms(work, matter) if matter.label != Label.RED else []
    return [
        Hearer(
            Recipient.channel(room.id),
            room.platform,
            room.next_digest_at or work.now,
            room.authority_id == matter.agency_id,
        )
        for room in rooms
    ]


def _managers(work: UnitOfWork, matter: Matter) -> list[Hearer]:
    """The managers of the agency; of what only named people see, all who are named."""
    if matter.label == Label.RED:
        found = succession.named(work, matter.case_id, matter.agency_id)
    else:
        found = succession.with_role(work, matter.agency_id, {Role.MANAGER})
    return [_person(work, one, matter.agency_id) for one in found]


def _person(work: UnitOfWork, one: Able, agency_id: int) -> Hearer:
    """One for all that they hear in a transaction."""

    def make() -> Hearer:
        return Hearer(Recipient.person(one.id), one.route, _morning(work, one.zone, agency_id))

    return work.once(("hearer", one.id, agency_id), make)


def _rooms(work: UnitOfWork, matter: Matter) -> list[Channel]:
    """The rooms of the owning agency, and of the parties where the label lets it leave the agency."""
    label = Label(matter.label)
    parties = {matter.sender_id, matter.recipient_id}
    wanted = {matter.agency_id} | (parties if label.within(Label.AMBER) else set())
    query = select(Channel).where(Channel.left_at.is_(None)).order_by(Channel.id)
    rooms = work.once("rooms", lambda: work.session.scalars(query).all())
    here = [room for room in rooms if room.authority_id in wanted and room.host_id in {None, matter.agency_id}]
    return [room for room in here if label.within(Label(room.ceiling))]


def _morning(work: UnitOfWork, zone: str | None, agency_id: int) -> datetime:
    """The next one in a person's own zone, else their agency's."""

    def ask() -> datetime:
        agency = work.session.get_one(Authority, agency_id)
        return next_morning(work.now, zone=zone or agency.zone, calendar=calendar_of(work, agency))

    return work.once(("morning", zone, agency_id), ask)


@dataclass(frozen=True)
class StuckAlarm:
    """A clock could not ring three times in a row and was set aside: somebody must look."""

    clock_id: int
    ref: str
    label: str
    is_card: ClassVar[bool] = False

    @property
    def template(self) -> str:
        """The name of the template that says it."""
        return "clock_stuck"


def alarm(work: UnitOfWork, clock: Clock) -> None:
    """Tell the managers of the case that one of its clocks is stuck; it names the reference and nothing else."""
    subject = clock.request or clock.preservation
    if subject is None:
        return
    for hearer in of(work, matter_of(clock), ("manager",)):
        outbox.put(
            work,
            cause=f"stuck:{clock.id}:{clock.epoch}:{clock.rung}",
            notice=StuckAlarm(clock.id, subject.ref, subject.case.label),
            recipient=hearer.recipient,
            label=Label(subject.case.label),
            subject=subject.ref,
            urgent=True,
        )


def matter_of(clock: Clock) -> Matter:
    """What one clock is of."""
    subject = clock.request or clock.preservation
    assert subject is not None, clock.id  # noqa: S101 - a clock of nothing never rings
    case, request = subject.case, clock.request
    parties = (request.sender_id, request.recipient_id) if request else (None, None)
    return Matter(subject.ref, case.label, case.id, case.agency_id, case.lead_id, case.opened_by, *parties)
