"""Reports: the register of an agency. Reads only.

In: a scope, that is whose cases, as seen by whom and up to which label (`scopes.py`). Out: rows.
"""

from collections.abc import Sequence
from datetime import date, time

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Note, Request
from storage.record import queries
from storage.record.scopes import Scope
from storage.rules.clocks import BETWEEN_SIDES
from storage.times import at_local, end_of_day

AT_ONCE = 500  # values in one statement

Pairs = list[tuple[Request, Clock | None]]


def register(
    work: UnitOfWork,
    scope: Scope,
    *,
    since: date | None = None,
    until: date | None = None,
    status: Sequence[str] = (),
    counterpart: str | None = None,
    most: int,
) -> Pairs:
    """The requests of the agency's cases by case and number, at most so many, with the clock between the two sides.

    since, until: the days of filing, both included, by the agency's calendar.
    """
    query = _lines(Request.agency_id == scope.agency.id, scope.viewer).where(scope.shape.within)
    if since:
        query = query.where(Request.filed_at >= at_local(since, time(), scope.agency.zone))
    if until:
        query = query.where(Request.filed_at < end_of_day(until, scope.agency.zone))
    if status:
        query = query.where(Request.status.in_(status))
    if counterpart:
        query = query.where(queries.is_with(counterpart))
    query = query.options(selectinload(Request.targets), selectinload(Request.preservations))
    pairs = _pairs(work, query.order_by(Case.year, Case.number, Request.number).limit(most))
    return [(request, clock if clock and clock.kind in BETWEEN_SIDES else None) for request, clock in pairs]


def remarks(work: UnitOfWork, request_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """{request id: the notes on it, the oldest first} of requests that the caller may see."""
    found: dict[int, tuple[str, ...]] = {}
    for start in range(0, len(request_ids), AT_ONCE):
        some = request_ids[start : start + AT_ONCE]
        cases = select(Request.case_id).where(Request.id.in_(some))
        notes = select(Note).where(Note.case_id.in_(cases), Note.request_id.in_(some)).order_by(Note.id)
        for note in work.session.scalars(notes):
            number = note.request_id or 0
            found[number] = (*found.get(number, ()), note.text)
    return found


# ---- rows ----------------------------------------------------------------------------------------------------------


def _lines(which: ColumnElement[bool], viewer: Viewer) -> Select[Request, Clock]:
    query = select(Request, Clock).join(Case, Case.id == Request.case_id).outerjoin(Clock, queries.that_counts(viewer))
    query = query.where(which, sight.requests(viewer))
    return query.options(
        joinedload(Request.case),
        joinedload(Request.sender),
        joinedload(Request.recipient),
        joinedload(Clock.authority),
        selectinload(Request.taken),
    )


def _pairs(work: UnitOfWork, query: Select[Request, Clock]) -> Pairs:
    return [(row.Request, row.Clock) for row in work.session.execute(query)]
