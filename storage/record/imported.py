"""Old requests: they came with a register, and nobody has taken them up since; to be closed, they are late as well.

In: who looks, and which of their agency's own. Out: rows, the longest sent first, and how many there are. What only
named people may see, what others asked of us, and what was sent to somebody who is on this desk is acted on one by one,
and never among these.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, exists, func, not_, select
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.models import Case, Channel, Clock, Membership, Request
from storage.record import queries
from storage.rules.lifecycle import OPEN

MOST = 1000  # at once: about a second of one transaction, for which whoever pressed the button waits


def sent_before(
    work: UnitOfWork, viewer: Viewer, day: date, counterpart: str | None, *, late: bool = False
) -> tuple[list[Request], int]:
    """Those sent before a day, MOST at most, and how many there are in all. counterpart: a code. late: only these."""
    query = _old(viewer).where(Request.sent_on < day)
    if late:
        past_due = select(Clock.id).where(Clock.request_id == Request.id, Clock.imported, Clock.ended_at.is_(None))
        query = query.where(exists(past_due.where(Clock.due_at <= work.now)))
    if counterpart:
        query = query.where(queries.is_with(counterpart))
    total = work.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return _rows(work, query), total


def still(work: UnitOfWork, viewer: Viewer, ids: Collection[int]) -> list[Request]:
    """Those of some that nobody has taken up meanwhile."""
    return _rows(work, _old(viewer).where(Request.id.in_(ids)))


def nothing_open(work: UnitOfWork, case_ids: Collection[int]) -> int:
    """How many of these cases are open, and have no open request."""
    waiting = exists(select(Request.id).where(Request.case_id == Case.id, Request.status.in_(OPEN)))
    query = select(func.count()).where(Case.id.in_(case_ids), Case.closed_at.is_(None), not_(waiting))
    return work.session.scalar(query) or 0


def _old(viewer: Viewer) -> Select[Request]:
    late = select(Clock.request_id).where(Clock.agency_id == viewer.authority_id, Clock.request_id.is_not(None))
    late = late.where(Clock.imported, Clock.ended_at.is_(None))
    query = select(Request).join(Case, Case.id == Request.case_id)
    own = (sight.cases(viewer), Request.agency_id == viewer.authority_id, Case.label != Label.RED)
    return query.where(
        *own, Request.direction == "outgoing", Request.recipient_id.not_in(_here()), Request.id.in_(late)
    )


def _here() -> Select[int]:
    """The authorities whose people or rooms are on this desk: what was sent to them is never closed silently."""
    people = select(Membership.authority_id).where(Membership.ended_at.is_(None))
    return people.union(select(Channel.authority_id).where(Channel.left_at.is_(None)))  # type: ignore[return-value]


def _rows(work: UnitOfWork, query: Select[Request]) -> list[Request]:
    if work.postgres:
        query = query.with_for_update(of=Request)
    query = query.options(joinedload(Request.case), joinedload(Request.recipient), joinedload(Request.sender))
    return list(work.session.scalars(query.order_by(Request.sent_on, Request.id).limit(MOST)))
