"""Lists of holds: what a viewer may see, the next to expire first. Reads only.

In: a unit of work, a viewer, plain filters. Out: rows, with what a line of them shows.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Preservation
from storage.record import old_rows

SHOWN = (
    joinedload(Preservation.recipient),
    joinedload(Preservation.case),
    selectinload(Preservation.targets),
    selectinload(Preservation.requests),
)
"""What a line of a hold shows."""


def preservations(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    case_id: int | None = None,
    until: date | None = None,
    limit: int = 20,
) -> list[Preservation]:
    """Visible holds that are not closed, the next to expire first; `until` keeps those that expire by that day."""
    query = (
        select(Preservation)
        .join(Case, Case.id == Preservation.case_id)
        .where(sight.cases(viewer), Preservation.closed_at.is_(None))
    )
    if case_id is not None:
        query = query.where(Case.id == case_id)
    if until is not None:
        query = query.where(Preservation.expires_on <= until)
    if case_id is None:
        query = query.where(or_(Preservation.expires_on.is_(None), Preservation.expires_on >= work.now.date()))
    query = query.options(*SHOWN)
    return list(
        work.session.scalars(query.order_by(Preservation.expires_on.is_(None), Preservation.expires_on).limit(limit))
    )


def unconfirmed(work: UnitOfWork, viewer: Viewer, *, mine: bool = False, limit: int = 20) -> Sequence[Preservation]:
    """Visible holds that should have been confirmed by now, the oldest first. mine: of cases the viewer leads."""
    query = select(Preservation).join(Case, Case.id == Preservation.case_id)
    query = query.join(Clock, Clock.preservation_id == Preservation.id).where(sight.cases(viewer))
    query = query.where(Clock.kind == "confirmation", Clock.ended_at.is_(None), Clock.due_at <= work.now)
    query = query.where(old_rows.is_other(work, viewer))
    if mine:
        query = query.where(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id)
    query = query.options(*SHOWN)
    return work.session.scalars(query.order_by(Clock.due_at, Preservation.id).limit(limit)).all()
