"""Absences: who is away today, and who hears in their place as well.

In: people, and what is to be said of which case. Out: the deputies who can act on it; where a deputy cannot, or may not
see it, whoever is next in line. Whoever is away hears everything, too.
Nothing ends an absence but the day: it is asked of the date each time, never stored that somebody is back.
Why a deputy of a deputy hears: both are away. The way is followed a few steps, so that two who stand in for each other
send nobody round in a circle.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import succession
from storage.messages.succession import Able
from storage.models import Membership, Person
from storage.record import records
from storage.times import local_day

STEPS = 3  # from deputy to deputy, at most


def is_away(person: Person, now: datetime) -> bool:
    """Whether somebody is away on the day it is for them."""
    if person.away_until is None:
        return False
    home = records.speaking(person) or records.home(person)
    zone = person.zone or (home.zone if home else "UTC")
    return local_day(now, zone) <= person.away_until


def away(work: UnitOfWork) -> dict[int, int | None]:
    """Everybody who is away now, by id, with the id of their deputy. Asked once in a transaction."""

    def ask() -> dict[int, int | None]:
        since = work.now.date() - timedelta(days=1)  # it may be yesterday still where they are
        query = select(Person).where(Person.active, Person.away_until >= since)
        query = query.options(selectinload(Person.memberships).joinedload(Membership.authority))
        return {one.id: one.deputy_id for one in work.session.scalars(query) if is_away(one, work.now)}

    return work.once("away", ask)


def deputy(work: UnitOfWork, person_id: int) -> Person | None:
    """Who stands in for somebody who is away; None for who is here, and where nobody does."""
    number = _present(away(work), person_id)
    found = work.session.get(Person, number) if number else None
    return found if found and found.active else None


def stands_in_for(work: UnitOfWork, person: Person) -> list[Person]:
    """The people who are away now and named this one as their deputy, by name."""
    query = select(Person).where(Person.active, Person.deputy_id == person.id, Person.id.in_(away(work)))
    return list(work.session.scalars(query.order_by(Person.name, Person.id)))


def stand_ins(work: UnitOfWork, people: Iterable[int], *, case_id: int, agency_id: int, label: str) -> list[Able]:
    """Who hears of a case besides some of its people, because these are away: each one's deputy.

    The deputy must be able to act on it, and for what only named people see, be named; else whoever is next in line
    and not away hears as well.
    """
    gone = away(work)
    found: dict[int, Able] = {}
    for one in people:
        if one in gone:
            number = _present(gone, one)
            able = succession.able(work, [number]).get((number, agency_id)) if number else None
            named = [row for row in succession.named(work, case_id, agency_id, one) if row.id not in gone]
            if able and (label != Label.RED or able in named):
                found[able.id] = able
            else:
                found |= {row.id: row for row in named[:1] or _anybody(work, agency_id, label, gone)}
    return list(found.values())


def _anybody(work: UnitOfWork, agency_id: int, label: str, gone: dict[int, int | None]) -> list[Able]:
    """The managers who are there, else everybody who works there; nobody, for what only named people see."""
    groups = ({Role.MANAGER}, WORKERS) if label != Label.RED else ()
    found = ([one for one in succession.with_role(work, agency_id, some) if one.id not in gone] for some in groups)
    return next(filter(None, found), [])


def _present(gone: dict[int, int | None], person_id: int) -> int | None:
    """The first deputy along the way who is not away."""
    number: int | None = person_id
    for _ in range(STEPS + 1):
        if number is None or number not in gone:
            return number if number != person_id else None
        number = gone[number]
    return None
