"""Hosting: who looks after an authority that has no administrator on this desk, and what ends with that.

In: an authority, and the agency that hosts it from now on. Out: the memberships that ended; whoever asked tells them.
Why they end: whom a host let in for an authority is the host's word alone, and would read what others wrote to it.
"""

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import Authority, Membership


def hand_over(work: UnitOfWork, authority: Authority, host: Authority | None) -> list[Membership]:
    """From now on that agency hosts it; None: nobody. Whom people of other agencies let in there is out."""
    before = work.session.get_one(Authority, authority.host_id).code if authority.host_id else None
    authority.host_id = host.id if host else None
    facts = {"host": before}, {"host": host.code if host else None}
    work.audit("authority host", authority.code, before=facts[0] if before else None, after=facts[1])
    own = select(Membership.person_id).where(Membership.authority_id == authority.id, Membership.role == Role.ADMIN)
    query = select(Membership).where(Membership.authority_id == authority.id, Membership.ended_at.is_(None))
    query = query.where(Membership.added_by.is_not(None), Membership.added_by.not_in(own))
    ended = list(work.session.scalars(query.order_by(Membership.id)))
    for row in ended:
        row.ended_at = work.now
        before_and_after = {"agency": authority.code, "roles": [row.role]}, {"agency": authority.code, "roles": []}
        work.audit("person role", row.person.actor, before=before_and_after[0], after=before_and_after[1])
    work.session.flush()
    work.ask_again()
    return ended
