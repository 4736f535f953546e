"""Hosting: what the people of an authority see that has no administrator here, and is kept by the agency that hosts it.

In: the id of an authority. Out: SQL conditions.
Why they see the host's cases alone: the host says who they are, and no other agency has looked at them. Otherwise an
administrator could let himself in as the liaison of an authority, and read what other agencies write to it.
"""

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, not_, or_, select
from sqlalchemy.orm import aliased

from storage.exposure.roles import Role
from storage.models import Authority, Case, Membership, Person


def administered(authority_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """True for an authority that has an administrator on this desk."""
    query = select(Membership.id).join(Person, Person.id == Membership.person_id)
    query = query.where(Membership.authority_id == authority_id, Membership.role == Role.ADMIN)
    return exists(query.where(Membership.ended_at.is_(None), Person.active).correlate(Authority))


def not_of_others(authority_id: int) -> ColumnElement[bool]:
    """True for cases of the agency that hosts an authority, and for all where nobody hosts it. Used where case is."""
    hosted = aliased(Authority)
    elsewhere = and_(hosted.id == authority_id, hosted.host_id.is_not(None), hosted.host_id != Case.agency_id)
    return or_(not_(exists(select(hosted.id).where(elsewhere).correlate(Case))), administered(authority_id))
