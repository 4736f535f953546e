"""Who hears a reminder: the officer, the rooms, the managers of a case, and the road to each.

In: a request or a preservation and the rung. Out: hearers. Whether each may still be told is decided again when the
row is sent; here RED already goes to nobody but whoever leads the case, and a room above its ceiling is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage import outbox, records
from storage.labels import Label
from storage.models import Authority, Case, Channel, Clock, Person, Preservation, Request
from storage.roles import Role
from storage.rules.clocks import calendar_of
from storage.rules.mornings import next_morning
from storage.rules.reminders import Sounding
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Hearer:
    """One recipient. `morning` is when they next want what can wait, aware UTC."""

    recipient: str
    platform: str
    morning: datetime


def of(work: UnitOfWork, subject: Request | Preservation, sounding: Sounding) -> Iterator[Hearer]:
    """Everybody a rung is for, each once."""
    case, seen = subject.case, set[str]()
    for kind in sounding.audience:
        for hearer in _hearers(work, subject, case, kind):
            if hearer.recipient not in seen:
                seen.add(hearer.recipient)
                yield hearer


def _hearers(work: UnitOfWork, subject: Request | Preservation, case: Case, kind: str) -> Iterator[Hearer]:
    if kind == "officer":
        yield _person(work, case.lead or case.opener, case.agency)
    elif case.label == Label.RED:
        return
    elif kind == "manager":
        for manager in _managers(work, case):
            yield _person(work, manager, case.agency)
    else:
        for channel in _rooms(work, subject, case):
            yield Hearer(f"channel:{channel.id}", channel.platform, channel.next_digest_at or work.now)


def _rooms(work: UnitOfWork, subject: Request | Preservation, case: Case) -> list[Channel]:
    """The rooms of the owning agency, and of the parties where the label lets it leave the agency."""
    label = Label(case.label)
    parties = {subject.sender_id, subject.recipient_id} if isinstance(subject, Request) else set()
    wanted = {case.agency_id} | (parties if label.within(Label.AMBER) else set())
    query = select(Channel).where(Channel.left_at.is_(None)).order_by(Channel.id)
    rooms = work.once("rooms", lambda: work.session.scalars(query).all())
    here = [room for room in rooms if room.authority_id in wanted and room.host_id in {None, case.agency_id}]
    return [room for room in here if label.within(Label(room.ceiling))]


def _managers(work: UnitOfWork, case: Case) -> list[Person]:
    asked = ("managers", case.agency_id)
    return work.once(asked, lambda: records.people(work, agency_id=case.agency_id, role=Role.MANAGER))


def _person(work: UnitOfWork, person: Person, agency: Authority) -> Hearer:
    def ask() -> Hearer:
        recipient = f"person:{person.id}"
        return Hearer(recipient, outbox.road_of(person), _morning(work, person.zone or agency.zone, agency))

    return work.once(("hearer", person.id, agency.id), ask)


def _morning(work: UnitOfWork, zone: str, agency: Authority) -> datetime:
    def ask() -> datetime:
        return next_morning(work.now, zone=zone, calendar=calendar_of(work, agency))

    return work.once(("morning", zone, agency.id), ask)


@dataclass(frozen=True)
class ClockStuck:
    """A clock could not ring three times in a row and was set aside: somebody must look."""

    clock_id: int
    ref: str

    @property
    def template(self) -> str:
        """The name of the template that says it."""
        return "clock_stuck"


def alarm(work: UnitOfWork, clock: Clock) -> None:
    """Tell the managers of the case that one of its clocks is stuck; it names the reference and nothing else."""
    subject = clock.request or clock.preservation
    if subject is None:
        return
    for manager in _managers(work, subject.case):
        outbox.put(
            work,
            cause=f"stuck:{clock.id}:{clock.epoch}:{clock.rung}",
            notice=ClockStuck(clock.id, subject.ref),
            recipient=f"person:{manager.id}",
            label=Label(subject.case.label),
            subject=subject.ref,
            urgent=True,
        )
