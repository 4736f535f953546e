"""Which agency administers an authority on this desk: its people, its dates of validity, its calendar.

In: an authority, a country, an agency. Out: who keeps it, and the people an agency keeps.
An authority that has an administrator on this desk keeps itself. Without one it is hosted by the agency that let its
liaison in (`host_id`, which ends with the first administrator of its own: `hosting.py`), as long as that agency
has an administrator; else nobody keeps it.
"""

import json

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import AuditLine, Authority, Membership, Person
from storage.record import records

ADDED = "authority add"  # the act under which an administrator's new authority stands in the history


def responsible_agency(work: UnitOfWork, authority: Authority) -> Authority | None:
    """The agency that administers an authority; None where nobody on this desk does."""
    if _has_administrator(work, authority.id):
        return authority
    host = work.session.get(Authority, authority.host_id) if authority.host_id else None
    return host if host and _has_administrator(work, host.id) else None


def hosted(work: UnitOfWork, agency: Authority) -> list[Authority]:
    """The authorities an agency hosts, by code."""
    query = select(Authority).where(Authority.host_id == agency.id).order_by(Authority.code)
    return list(work.session.scalars(query))


def people(work: UnitOfWork, agency: Authority, name_part: str = "") -> dict[str, tuple[Person, Authority]]:
    """The people an agency administers, and for which authority, by what is typed for them.

    Its own people by name, those of an authority it hosts by `Name @ CODE`.
    """
    own = records.people(work, agency_id=agency.id, name_part=name_part)
    found = {person.name: (person, agency) for person in own}
    for other in hosted(work, agency):
        theirs = records.people(work, agency_id=other.id, name_part=name_part)
        found |= {f"{person.name}{records.AT}{other.code}": (person, other) for person in theirs}
    return found


def of_country(work: UnitOfWork, country: str) -> list[Authority]:
    """The authorities of a country that have an administrator here: they keep its calendar."""
    query = select(Authority).where(Authority.country == country, _administered(Authority.id))
    return list(work.session.scalars(query.order_by(Authority.code)))


def administers(work: UnitOfWork, person: Person, authority: Authority) -> bool:
    """Whether a person is an administrator of the agency that administers an authority."""
    agency = responsible_agency(work, authority)
    held = ((row.authority_id, row.role) for row in records.memberships(person))
    return agency is not None and (agency.id, Role.ADMIN) in held


def added_it(work: UnitOfWork, agency: Authority, authority: Authority) -> bool:
    """Whether an agency put an authority on record that the reference files do not have."""
    query = select(AuditLine.facts).where(AuditLine.act == ADDED, AuditLine.ref == authority.code)
    lines = [json.loads(facts) for facts in work.session.scalars(query)]
    return any(line["after"].get("agency") == agency.code for line in lines)


def _has_administrator(work: UnitOfWork, authority_id: int) -> bool:
    return bool(work.session.scalar(select(_administered(authority_id))))


def _administered(authority_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    query = select(Membership.id).join(Person, Person.id == Membership.person_id)
    query = query.where(Membership.authority_id == authority_id, Membership.role == Role.ADMIN)
    return exists(query.where(Membership.ended_at.is_(None), Person.active).correlate(Authority))
