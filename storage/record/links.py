"""Links: how an account comes to its person: codes that were begun, wrong ones that were typed, the account itself.

In: digests of codes. Out: rows. A code is redeemed once, whoever else types it at the same moment.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import externals
from storage.models import Account, Authority, LinkCode, LinkTry, Person
from storage.record import records


def begin(work: UnitOfWork, digest: str, *, person: Person, by: Person, expires_at: datetime) -> None:
    """Put a code on record that brings an account. One begun for the same person before does not work any more."""
    before = select(LinkCode).where(
        LinkCode.person_id == person.id, LinkCode.used_at.is_(None), LinkCode.authority_id.is_(None)
    )
    for row in work.session.scalars(before):
        row.used_at = work.now
    work.session.add(LinkCode(digest=digest, person_id=person.id, begun_by=by.id, expires_at=expires_at))
    work.session.flush()


def invite(work: UnitOfWork, digest: str, *, agency: Authority, role: str, by: Person, expires_at: datetime) -> None:
    """Put a code on record that brings a role in an agency to whoever of the desk's people types it."""
    row = LinkCode(digest=digest, person_id=by.id, begun_by=by.id, expires_at=expires_at)
    row.authority_id, row.role = agency.id, role
    work.session.add(row)
    work.session.flush()


def end(work: UnitOfWork, person: Person) -> None:
    """No code works any more that somebody began, or that was begun for them: whoever holds an account may have one."""
    theirs = or_(LinkCode.person_id == person.id, LinkCode.begun_by == person.id)
    for row in work.session.scalars(select(LinkCode).where(theirs, LinkCode.used_at.is_(None))):
        row.used_at = work.now


def redeem(work: UnitOfWork, digest: str, *, invitation: bool) -> LinkCode | None:
    """The code, used up by this; None for one that is unknown, used or too old, or of the other kind."""
    query = select(LinkCode).where(
        LinkCode.digest == digest, LinkCode.used_at.is_(None), LinkCode.expires_at > work.now
    )
    query = query.where(LinkCode.authority_id.is_not(None) if invitation else LinkCode.authority_id.is_(None))
    found = work.session.scalars(query.with_for_update() if work.postgres else query).first()
    if found:
        found.used_at = work.now
    return found


def agency_of(work: UnitOfWork, code: LinkCode) -> Authority | None:
    """The agency whose administrator may begin such a code: where the role is, or whose the person's accounts are."""
    return work.session.get(Authority, code.authority_id) if code.authority_id else records.home(code.person)


def tries(work: UnitOfWork, platform: str, external_id: str, *, since: datetime) -> Sequence[datetime]:
    """When an account typed a wrong code, since then, in order."""
    query = select(LinkTry.at).where(
        LinkTry.platform == platform, LinkTry.external_id == external_id, LinkTry.at > since
    )
    return work.session.scalars(query.order_by(LinkTry.at)).all()


def count_try(work: UnitOfWork, platform: str, external_id: str) -> None:
    """Remember a wrong code."""
    work.session.add(LinkTry(platform=platform, external_id=external_id, at=work.now))


def is_free(row: Account | None) -> bool:
    """Whether an account may come to somebody: it is nobody's, was revoked, or its person has no role here any more."""
    return row is None or row.revoked_at is not None or not row.person.active or not records.memberships(row.person)


def take(work: UnitOfWork, person: Person, platform: str, external_id: str, *, by: int | None) -> Account:
    """The account, this person's from now on; one that was revoked may come to another person, who is not admitted.

    by: the id of the person who began the code, or said that it is theirs; None at the command line.
    """
    row = externals.account_of(work, platform, external_id)
    if row is None:
        row = Account(platform=platform, external_id=external_id, linked_at=work.now)
        person.accounts.append(row)
    row.person, row.linked_at, row.linked_by, row.revoked_at = person, work.now, by, None
    row.outside = row.admitted_at = row.admitted_by = None
    work.session.flush()
    return row
