"""Who hears a reminder: the officer, the rooms, the managers of a case, and the road to each.

In: what a clock is of, and the rung. Out: hearers. Whether each may still be told is decided again when the
row is sent; here RED already goes to nobody but whoever leads the case, and a room above its ceiling is left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Authority, Channel, Clock
from storage.record import records
from storage.rules.clocks import calendar_of
from storage.rules.mornings import next_morning
from storage.rules.schedules import Sounding


class Matter(NamedTuple):
    """What a clock is of, as far as it decides who hears of it: a request or a preservation, and its case.

    The leader is whoever leads the case, else opened it; `leader_road` the platform they are reached on. A preservation
    has no parties: it concerns its agency alone.
    """

    ref: str
    label: str
    agency_id: int
    leader_id: int
    leader_zone: str | None
    leader_road: str
    sender_id: int | None
    recipient_id: int | None


@dataclass(frozen=True)
class Hearer:
    """One recipient. `morning` is when they next want what can wait, aware UTC."""

    recipient: str
    platform: str
    morning: datetime


def of(work: UnitOfWork, matter: Matter, sounding: Sounding) -> Iterator[Hearer]:
    """Everybody a rung is for, each once."""
    seen = set[str]()
    for kind in sounding.audience:
        for hearer in _hearers(work, matter, kind):
            if hearer.recipient not in seen:
                seen.add(hearer.recipient)
                yield hearer


def _hearers(work: UnitOfWork, matter: Matter, kind: str) -> Iterable[Hearer]:
    if kind == "officer":
        return (_person(work, matter.leader_id, matter.leader_road, matter.leader_zone, matter.agency_id),)
    if matter.label == Label.RED:
        return ()
    if kind == "manager":
        return _managers(work, matter.agency_id)
    rooms = _rooms(work, matter)
    return [Hearer(f"channel:{room.id}", room.platform, room.next_digest_at or work.now) for room in rooms]


def _person(work: UnitOfWork, person_id: int, road: str, zone: str | None, agency_id: int) -> Hearer:
    return Hearer(f"person:{person_id}", road, _morning(work, zone, agency_id))


def _managers(work: UnitOfWork, agency_id: int) -> list[Hearer]:
    def ask() -> list[Hearer]:
        found = records.people(work, agency_id=agency_id, role=Role.MANAGER)
        return [_person(work, one.id, outbox.road(work, f"person:{one.id}"), one.zone, agency_id) for one in found]

    return work.once(("managers", agency_id), ask)


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
    for manager in _managers(work, subject.case.agency_id):
        outbox.put(
            work,
            cause=f"stuck:{clock.id}:{clock.epoch}:{clock.rung}",
            notice=StuckAlarm(clock.id, subject.ref, subject.case.label),
            recipient=manager.recipient,
            label=Label(subject.case.label),
            subject=subject.ref,
            urgent=True,
        )
