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

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, NamedTuple

from sqlalchemy import Row, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import absences, outbox, succession
from storage.messages.succession import Able
from storage.models import Authority, Channel, Clock, Recipient
from storage.rules.calendars import calendar_of, calendars_of
from storage.rules.mornings import next_morning
from storage.rules.schedules import Sounding

LEAVE = frozenset(label for label in Label if label.within(Label.AMBER))  # what the agency may let out
HANDS = frozenset({"officer", "taker"})
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


class _Named(NamedTuple):
    """Whom a rung names, each once; whether any of them is of the agency, and the people who are."""

    hearers: list[Hearer]
    any_own: bool
    people: frozenset[int]


Rung = tuple[Matter, Sounding]


def of(work: UnitOfWork, rungs: Sequence[Rung]) -> list[list[Hearer]]:
    """Everybody each rung is for, each once; where none of the agency is, the next in line.

    Where nobody may see it and act, managers are told that a record needs a person, and nobody hears the rung.
    """
    if not rungs:
        return []
    _preload(work, rungs)
    known: dict[object, _Named] = work.once("named by rungs", dict)
    found = [_known(work, known, matter, sounding) for matter, sounding in rungs]
    succession.able(work, _hands(matter for (matter, _), one in zip(rungs, found, strict=True) if not one.any_own))
    return [_with_next(work, matter, one) for (matter, _), one in zip(rungs, found, strict=True)]


def _preload(work: UnitOfWork, rungs: Iterable[Rung]) -> None:
    """Ask for all that decides who hears of several matters together; it stays while the job lasts."""
    matters = [matter for matter, _ in rungs]
    succession.able(work, _hands(matter for matter, sounding in rungs if not HANDS.isdisjoint(sounding.audience)))
    agencies = {matter.agency_id for matter in matters}
    parties = set(filter(None, map(_other, matters)))
    succession.all_with_role(work, agencies, {Role.MANAGER})
    succession.all_with_role(work, parties, {Role.LIAISON})
    succession.named_on(work, (matter.case_id for matter in matters if matter.label == Label.RED))
    query = select(Authority).where(Authority.id.in_(agencies | parties))
    calendars_of(work, work.once(("at hand", query), lambda: work.session.scalars(query).all()))


def _hands(matters: Iterable[Matter]) -> set[int]:
    hands = (one for matter in matters for one in (matter.lead_id, matter.opener_id, matter.taker_id))
    return set(filter(None, hands))


def _known(work: UnitOfWork, known: dict[object, _Named], matter: Matter, sounding: Sounding) -> _Named:
    key = (sounding.audience, sounding.wait, *_decides(work, matter, sounding.audience))
    named = known.get(key)
    if named is None:
        named = known[key] = _as_named(_named(work, matter, sounding))
    return named


def _with_next(work: UnitOfWork, matter: Matter, named: _Named) -> list[Hearer]:
    """They, the next in line where they are nobody of the agency, and who stands in for those who are away."""
    if not named.any_own:
        named = _as_named([*named.hearers, *_hearers(work, matter, "officer")])
    if named.people.isdisjoint(absences.away(work)):
        return named.hearers
    return _as_named([*named.hearers, *_stand_ins(work, matter, sorted(named.people))]).hearers


def _as_named(hearers: Iterable[Hearer]) -> _Named:
    found = {one.recipient: one for one in hearers}
    own = [recipient for recipient, one in found.items() if one.own]
    return _Named(list(found.values()), bool(own), frozenset(one.number for one in own if not one.is_channel))


def _decides(work: UnitOfWork, matter: Matter, kinds: Collection[str]) -> tuple[object, ...]:
    """What of a matter decides whom these kinds name; matters that have it in common are asked about once.

    The whole of it, where only named people see it, and where the next in line must be looked for.
    """
    if matter.label == Label.RED:
        return matter[1:]
    officer, taker = (_hand(work, matter, kind) if kind in kinds else None for kind in ("officer", "taker"))
    if (officer is None and "officer" in kinds) or (taker is None and "taker" in kinds):
        return matter[1:]
    other = _other(matter) if "party" in kinds else None
    return matter.label, matter.agency_id, officer, taker, other, matter.filer_id if "approver" in kinds else None


def _named(work: UnitOfWork, matter: Matter, sounding: Sounding) -> list[Hearer]:
    found: list[Hearer] = []
    for kind in sorted(sounding.audience, key=lambda kind: kind == LAST):
        if kind == LAST and sounding.wait and any(one.own and one.recipient.is_channel for one in found):
            continue  # said once, in one place
        found += _hearers(work, matter, kind)
    return found


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
    if kind in HANDS:
        first = _hand(work, matter, kind)
        return [_person(work, first, matter.agency_id)] if first else next_in_line(work, matter)
    if kind == "party":
        return _party(work, matter)
    if kind == "channel":
        return _rooms(work, matter, matter.agency_id) if matter.label != Label.RED else []
    managers = _managers(work, matter)
    if kind == "manager":
        return managers
    others = [one for one in managers if one.recipient.number != matter.filer_id]
    return others or [one for one in _workers(work, matter) if one.recipient.number != matter.filer_id]


def _hand(work: UnitOfWork, matter: Matter, kind: str) -> Able | None:
    """The first of those whose work it is who can act: whoever is on it ("taker"), leads the case, opened it."""
    ids = (matter.taker_id if kind == "taker" else None, matter.lead_id, matter.opener_id)
    found = succession.able(work, filter(None, ids))
    return next((found[one, matter.agency_id] for one in ids if one and (one, matter.agency_id) in found), None)


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
    return other if other != matter.agency_id and matter.label in LEAVE else None


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
    agency_id, label, own = matter.agency_id, Label(matter.label), authority_id == matter.agency_id

    def choose() -> list[Hearer]:
        return [
            Hearer(Recipient.channel(room.id), room.platform, room.next_digest_at or work.now, own)
            for room in _known_rooms(work).get(authority_id, ())
            if room.host_id in {None, agency_id} and label.within(Label(room.ceiling))
        ]

    return work.once(("rooms", authority_id, agency_id, label), choose)


_Room = Row[int, int, int | None, str, str, datetime | None]


def _known_rooms(work: UnitOfWork) -> dict[int, list[_Room]]:
    """The rooms of each authority."""

    def ask() -> dict[int, list[_Room]]:
        found: dict[int, list[_Room]] = {}
        for room in work.session.execute(_ROOMS):
            found.setdefault(room.authority_id, []).append(room)
        return found

    return work.once("rooms", ask)


_ROOMS = (
    select(Channel.id, Channel.authority_id, Channel.host_id, Channel.platform, Channel.ceiling, Channel.next_digest_at)
    .where(Channel.left_at.is_(None))
    .order_by(Channel.id)
)


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
