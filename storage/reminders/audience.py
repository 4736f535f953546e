"""Recipients of a reminder: the officer, the rooms, the managers of a case, the other side; and the route to each.

    officer     whoever leads the case, else opened it
    taker       whoever said that they are on it
    approver    the agency's managers, or all who are named where only named people see it; never who filed it
    channel     the rooms of the agency
    manager     its managers, or all who are named; of what can wait, only where no room of the agency reads it, or
                where the rung is for no room
    party       the rooms of the other side, else its liaisons, where the label lets it leave the agency

In: what a clock is of, and the rung. Out: hearers, at least one of the agency itself who can act: where whoever a rung
is for is gone, the next in line hears it (`storage/messages/succession.py`). Whether each may still be told is asked
again when the row is sent; here RED already goes to nobody but those named on the case, and a room above its ceiling
is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, NamedTuple

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import absences, outbox, succession
from storage.messages.succession import Able
from storage.models import Authority, Channel, Clock, Recipient
from storage.rules import clocks
from storage.rules.clocks import calendar_of
from storage.rules.mornings import next_morning
from storage.rules.schedules import Sounding

LAST = "manager"  # asked after all others: whether a room of the agency reads it decides


class Matter(NamedTuple):
    """What a clock is of, as far as it decides who hears of it: a request or a preservation, and its case.

    A preservation has no parties: it concerns its agency alone. `taker_id`: who said that they are on it.
    """

    ref: str
    label: str
    case_id: int
    agency_id: int
    lead_id: int | None
    opener_id: int
    sender_id: int | None
    recipient_id: int | None
    filer_id: int | None
    taker_id: int | None


@dataclass(frozen=True)
class Hearer:
    """One recipient. `morning` is when they next want what can wait, aware UTC. `own`: of the agency itself."""

    recipient: Recipient
    platform: str
    morning: datetime
    own: bool = True


def preload(work: UnitOfWork, matters: Iterable[Matter]) -> None:
    """Ask for all that decides who hears of several matters together; it stays while the job lasts."""
    matters = list(matters)
    hands = (one for matter in matters for one in (matter.lead_id, matter.opener_id, matter.taker_id))
    succession.able(work, set(filter(None, hands)))
    agencies = {matter.agency_id for matter in matters}
    parties = set(filter(None, map(_other, matters)))
    succession.all_with_role(work, agencies, {Role.MANAGER})
    succession.all_with_role(work, parties, {Role.LIAISON})
    succession.named_on(work, (matter.case_id for matter in matters if matter.label == Label.RED))
    query = select(Authority).where(Authority.id.in_(agencies | parties))
    clocks.calendars_of(work, work.once(("at hand", query), lambda: work.session.scalars(query).all()))


def of(work: UnitOfWork, matter: Matter, sounding: Sounding) -> list[Hearer]:
    """Everybody a rung is for, each once; where none of the agency is, the next in line.

    Where nobody may see it and act, managers are told that a record needs a person, and nobody hears the rung.
    """
    key = (_shared(work, matter), sounding.audience, sounding.wait)
    found, people = work.once(key, lambda: _named(work, matter, sounding))
    if people.isdisjoint(absences.away(work)):
        return list(found.values())
    return list((found | {hearer.recipient: hearer for hearer in _stand_ins(work, matter, sorted(people))}).values())


def _shared(work: UnitOfWork, matter: Matter) -> tuple[object, ...]:
    """What of a matter decides who hears of it; matters that have it in common are asked about once.

    Not the case itself, where it is led or was opened by somebody who can act and is here: then nobody else of it is
    looked for.
    """
    of_case = matter.label == Label.RED
    if not of_case:
        able, hands = succession.able(work, ()), (matter.lead_id, matter.opener_id)
        first = next((one for one in hands if one and (one, matter.agency_id) in able), None)
        of_case = first is None or first in absences.away(work)
    return matter[1:] if of_case else (matter.label, *matter[3:])


def _named(work: UnitOfWork, matter: Matter, sounding: Sounding) -> tuple[dict[Recipient, Hearer], frozenset[int]]:
    """Whom a rung names, and the people of the agency among them."""
    found: dict[Recipient, Hearer] = {}
    for kind in sorted(sounding.audience, key=lambda kind: kind == LAST):
        if kind == LAST and sounding.wait and any(one.own and one.recipient.is_channel for one in found.values()):
            continue  # said once, in one place
        found |= {hearer.recipient: hearer for hearer in _hearers(work, matter, kind)}
    if not any(hearer.own for hearer in found.values()):
        found |= {hearer.recipient: hearer for hearer in next_in_line(work, matter)}
    return found, frozenset(one.number for one, hearer in found.items() if hearer.own and not one.is_channel)


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
        return _first(work, matter, [matter.lead_id, matter.opener_id])
    if kind == "taker":
        return _first(work, matter, [matter.taker_id, matter.lead_id, matter.opener_id])
    if kind == "party":
        return _party(work, matter)
    if kind == "channel":
        return _rooms(work, matter, matter.agency_id) if matter.label != Label.RED else []
    managers = _managers(work, matter)
    if kind == "manager":
        return managers
    others = [one for one in managers if one.recipient.number != matter.filer_id]
    return others or [one for one in _workers(work, matter) if one.recipient.number != matter.filer_id]


def _first(work: UnitOfWork, matter: Matter, hands: Iterable[int | None]) -> list[Hearer]:
    """The first of some people who can act, else the next in line."""
    ids = [one for one in hands if one]
    found = succession.able(work, ids)
    first = next((found[one, matter.agency_id] for one in ids if (one, matter.agency_id) in found), None)
    return [_person(work, first, matter.agency_id)] if first else next_in_line(work, matter)


def _managers(work: UnitOfWork, matter: Matter) -> list[Hearer]:
    """The managers of the agency; of what only named people see, all who are named."""
    if matter.label == Label.RED:
        found = succession.named(work, matter.case_id, matter.agency_id)
    else:
        found = succession.with_role(work, matter.agency_id, {Role.MANAGER})
    return [_person(work, one, matter.agency_id) for one in found]


def _workers(work: UnitOfWork, matter: Matter) -> list[Hearer]:
    """Everybody who works there; of what only named people see, all who are named."""
    if matter.label == Label.RED:
        return _managers(work, matter)
    return [_person(work, one, matter.agency_id) for one in succession.with_role(work, matter.agency_id, WORKERS)]


def _party(work: UnitOfWork, matter: Matter) -> list[Hearer]:
    """The other side, in its rooms, else by its liaisons: the same for all matters of two bodies under a label."""
    other = _other(matter)
    if other is None:
        return []
    key = ("party", other, matter.agency_id, matter.label)
    return work.once(key, lambda: _of_party(work, matter, other))


def _other(matter: Matter) -> int | None:
    """The other side of a request; None where there is none, and where the label does not let it leave the agency."""
    other = matter.recipient_id if matter.sender_id == matter.agency_id else matter.sender_id
    return other if other != matter.agency_id and Label(matter.label).within(Label.AMBER) else None


def _of_party(work: UnitOfWork, matter: Matter, other: int) -> list[Hearer]:
    rooms = _rooms(work, matter, other)
    liaisons = [] if rooms else succession.with_role(work, other, {Role.LIAISON})
    return [*rooms, *(replace(_person(work, one, other), own=False) for one in liaisons)]


def _person(work: UnitOfWork, one: Able, agency_id: int) -> Hearer:
    """One for all that they hear in a transaction."""

    def make() -> Hearer:
        return Hearer(Recipient.person(one.id), one.route, _morning(work, one.zone, agency_id))

    return work.once(("hearer", one.id, agency_id), make)


def _rooms(work: UnitOfWork, matter: Matter, authority_id: int) -> list[Hearer]:
    """The rooms of an authority in which a case may be spoken of."""
    own = authority_id == matter.agency_id
    return [
        Hearer(Recipient.channel(room.id), room.platform, room.next_digest_at or work.now, own)
        for room in _known_rooms(work).get(authority_id, ())
        if room.host_id in {None, matter.agency_id} and Label(matter.label).within(Label(room.ceiling))
    ]


def _known_rooms(work: UnitOfWork) -> dict[int, list[Channel]]:
    """The rooms of each authority."""

    def ask() -> dict[int, list[Channel]]:
        found: dict[int, list[Channel]] = {}
        for room in work.session.scalars(select(Channel).where(Channel.left_at.is_(None)).order_by(Channel.id)):
            found.setdefault(room.authority_id, []).append(room)
        return found

    return work.once("rooms", ask)


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
    matter = matter_of(clock)
    for hearer in _managers(work, matter) or next_in_line(work, matter):
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
    return Matter(
        ref=subject.ref,
        label=case.label,
        case_id=case.id,
        agency_id=case.agency_id,
        lead_id=case.lead_id,
        opener_id=case.opened_by,
        sender_id=request.sender_id if request else None,
        recipient_id=request.recipient_id if request else None,
        filer_id=request.filed_by if request else None,
        taker_id=clock.person_id,
    )
