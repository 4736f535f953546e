"""Lists of requests: what a viewer may see, filtered, most urgent first. Reads only.

In: a unit of work, a viewer, plain filters. Out: rows with the clock that counts for them, one state of the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Clock, Request
from storage.record import old_rows
from storage.record.queries import is_with, that_counts


@dataclass(frozen=True)
class Found:
    """A page of a list: the rows, and how many there are in all."""

    rows: list[tuple[Request, Clock | None]]
    total: int


def requests(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    mine: bool = False,
    status: Sequence[str] = (),
    counterpart: str | None = None,
    direction: str | None = None,
    due: str | None = None,
    old: bool = False,
    limit: int = 20,
    skip: int = 0,
) -> Found:
    """Visible requests with the clock that counts, most urgent first.

    due: "overdue" or "very" keeps those whose clock says so at `work.now`, but for old rows of a register; old: of
      these nothing else. mine: led, opened or filed by the viewer.
    direction, counterpart: from the viewer's side.
    """
    query = _lines(viewer)
    if mine:
        query = query.where(
            or_(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id, Request.filed_by == viewer.person_id)
        )
    if status:
        query = query.where(Request.status.in_(status))
    if direction:
        query = query.where((Request.direction == direction) != sight.across(viewer))
    if counterpart:
        owner = select(Authority.id).where(Authority.code == counterpart).scalar_subquery()
        query = query.where(case((sight.across(viewer), Case.agency_id == owner), else_=is_with(counterpart)))
    if due or old:
        query = query.where(old_rows.is_old(work, viewer) if old else old_rows.is_other(work, viewer))
    if due == "very":
        query = query.where(Clock.very_at <= work.now)
    elif due:
        query = query.where(or_(Clock.due_at <= work.now, _nobody_took_it(work, viewer)))
    total = work.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = query.order_by(Clock.due_at.is_(None), Clock.due_at, Request.id).limit(limit).offset(skip)
    return Found(_pairs(work, page), total)


def of_case(work: UnitOfWork, viewer: Viewer, case_id: int) -> list[tuple[Request, Clock | None]]:
    """The requests of one case, by number."""
    query = _lines(viewer).where(Case.id == case_id).order_by(Request.number)
    return _pairs(work, query)


def children(work: UnitOfWork, viewer: Viewer, request_id: int) -> list[Request]:
    """The visible requests that a request was transferred to."""
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(Request.parent_id == request_id, sight.requests(viewer))
    )
    return list(work.session.scalars(query.order_by(Request.id)))


def _pairs(work: UnitOfWork, query: Select[Request, Clock]) -> list[tuple[Request, Clock | None]]:
    return [(row.Request, row.Clock) for row in work.session.execute(query)]


def _lines(viewer: Viewer) -> Select[Request, Clock]:
    query = (
        select(Request, Clock)
        .join(Case, Case.id == Request.case_id)
        .outerjoin(Clock, that_counts(viewer))
        .where(sight.requests(viewer))
    )
    return query.options(
        joinedload(Request.case).joinedload(Case.agency),
        joinedload(Request.sender),
        joinedload(Request.recipient),
        joinedload(Clock.authority),
        selectinload(Request.taken),
    )


def _nobody_took_it(work: UnitOfWork, viewer: Viewer) -> ColumnElement[bool]:
    """Incoming requests that should have been taken by now."""
    late = select(Clock.request_id).where(Clock.kind == "intake", Clock.ended_at.is_(None), Clock.due_at <= work.now)
    return and_(Request.id.in_(late), not_(sight.across(viewer)))
