"""Links: how an account comes to its person: codes that were begun, wrong ones that were typed, the account itself.

In: digests of codes. Out: rows. A code is redeemed once, whoever else types it at the same moment.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import externals
from storage.models import Account, LinkCode, LinkTry, Person


def begin(work: UnitOfWork, digest: str, *, person: Person, by: Person, expires_at: datetime) -> None:
    """Put a code on record. One that was begun for the same person before does not work any more."""
    before = select(LinkCode).where(LinkCode.person_id == person.id, LinkCode.used_at.is_(None))
    for row in work.session.scalars(before):
        row.used_at = work.now
    work.session.add(LinkCode(digest=digest, person_id=person.id, begun_by=by.id, expires_at=expires_at))
    work.session.flush()


def redeem(work: UnitOfWork, digest: str) -> LinkCode | None:
    """The code, used up by this; None for one that is unknown, used or too old."""
    query = select(LinkCode).where(
        LinkCode.digest == digest, LinkCode.used_at.is_(None), LinkCode.expires_at > work.now
    )
    found = work.session.scalars(query.with_for_update() if work.postgres else query).first()
    if found:
        found.used_at = work.now
    return found


def tries(work: UnitOfWork, platform: str, external_id: str, *, since: datetime) -> Sequence[datetime]:
    """When an account typed a wrong code, since then, in order."""
    query = select(LinkTry.at).where(
        LinkTry.platform == platform, LinkTry.external_id == external_id, LinkTry.at > since
    )
    return work.session.scalars(query.order_by(LinkTry.at)).all()


def count_try(work: UnitOfWork, platform: str, external_id: str) -> None:
    """Remember a wrong code."""
    work.session.add(LinkTry(platform=platform, external_id=external_id, at=work.now))


def take(work: UnitOfWork, person: Person, platform: str, external_id: str) -> Account:
    """The account, this person's from now on; one that was revoked may come to another person, who is not admitted."""
    row = externals.account_of(work, platform, external_id)
    if row is None:
        row = Account(platform=platform, external_id=external_id, linked_at=work.now)
        person.accounts.append(row)
    row.person, row.linked_at, row.revoked_at = person, work.now, None
    row.outside = row.admitted_at = row.admitted_by = None
    work.session.flush()
    return row
