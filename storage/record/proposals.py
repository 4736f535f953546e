"""Proposals: an act on many records that one person asked for, and that waits for a second to agree.

In: the act, whose agency, what it is about. Out: the row that waits; what nobody agreed to in a week has lapsed.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Person, Proposal

OPEN_FOR = timedelta(days=7)  # what nobody agreed to by then must be asked again


def ask(work: UnitOfWork, agency_id: int, act: str, asker: Person, facts: dict[str, Any]) -> Proposal:
    """Put on record what somebody asks; it takes the place of what was asked before."""
    row = Proposal(authority_id=agency_id, act=act, facts=facts, asker=asker, asked_at=work.now)
    work.session.add(row)
    work.session.flush()
    return row


def waiting(work: UnitOfWork, agency_id: int, act: str, **facts: object) -> Proposal | None:
    """What was asked last of these facts, and waits for a second person."""
    query = select(Proposal).where(Proposal.authority_id == agency_id, Proposal.act == act)
    query = query.where(Proposal.asked_at > work.now - OPEN_FOR).order_by(Proposal.id.desc())
    if work.postgres:
        query = query.with_for_update()
    last = next((row for row in work.session.scalars(query) if facts.items() <= row.facts.items()), None)
    return last if last and last.agreed_at is None else None
