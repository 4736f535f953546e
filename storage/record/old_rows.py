"""Old rows: requests that came with a register, are past due, and were taken up by nobody.

In: who looks. Out: how many there are, and the condition by which lists leave them out, or show nothing else: they are
said as one number, never one by one. What is not due yet, and what the other side of a shared case sees, is a row as
any other; it only rings for nobody.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.sight import Viewer
from storage.exposure.ways import among
from storage.models import Case, Clock, Request
from storage.record import counting
from storage.record.counting import Listing, Slice
from storage.rules.lifecycle import WAITING


@dataclass(frozen=True)
class OldCount:
    """How many answers of a register are overdue, the oldest since when, and how many were refused: nobody went on."""

    overdue: int
    oldest: date | None
    refused: int
    label: Label | None


def is_old(now: datetime | BindParameter[datetime], viewer: Viewer) -> ColumnElement[bool]:
    """A clock of the viewer's agency that a register brought and that is past due. Join with case and clock."""
    return and_(Clock.imported, Clock.due_at <= now, Case.agency_id == viewer.authority_id)


def is_other(now: datetime | BindParameter[datetime], viewer: Viewer) -> ColumnElement[bool]:
    """All else, also what has no clock."""
    return case((is_old(now, viewer), 0), else_=1) == 1


def count(work: UnitOfWork, viewer: Viewer, ceiling: Label = Label.RED) -> OldCount:
    """Those of the viewer's agency, as far as they see them, up to a label."""
    rows = work.session.execute(_count(shapes.shape(viewer), ceiling), {**shapes.values(viewer), "now": work.now})
    found = [row for row in rows if row[1] or row[3]]
    return OldCount(
        overdue=sum(row[1] for row in found),
        oldest=min((row[2] for row in found if row[2]), default=None),
        refused=sum(row[3] for row in found),
        label=most_restrictive(Label(row[0]) for row in found),
    )


def overdue(work: UnitOfWork, viewer: Viewer, ceiling: Label, part: Slice) -> Listing:
    """Those that are overdue: the number of the request and the day it was due, the longest first."""
    query = _overdue(shapes.shape(viewer), ceiling)
    return counting.listed(work, query, {**shapes.values(viewer), "now": work.now}, part)


@lru_cache(shapes.KEPT)
def _count(shape: Viewer, ceiling: Label) -> Select[str, int, date | None, int]:
    """By label: how many are overdue, the oldest of them, how many refused."""
    refused = Clock.kind == "next_step"
    query = _brought(shape, ceiling).with_only_columns(
        Case.label, func.count(case((_LATE, 1))), func.min(case((_LATE, Clock.due_on))), func.count(case((refused, 1)))
    )
    return query.group_by(Case.label)


@lru_cache(shapes.KEPT)
def _overdue(shape: Viewer, ceiling: Label) -> Select[int, date | None]:
    query = _brought(shape, ceiling).where(_LATE).with_only_columns(Request.id, Clock.due_on)
    return query.order_by(Clock.due_on, Request.id)


_NOW: BindParameter[datetime] = bindparam("now", type_=Clock.due_at.type)
_LATE = and_(Clock.kind == "answer", Request.status.in_(WAITING), Clock.due_at <= _NOW)


def _brought(shape: Viewer, ceiling: Label) -> Select[*tuple[Any, ...]]:
    """The clocks that a register brought and nobody took up, with request and case."""
    viewer = shapes.anyone(shape)
    within = Case.label.in_([label for label in Label if label.within(ceiling)])
    query = select(Clock.id).join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
    running = select(Clock.id).where(Clock.agency_id == viewer.authority_id, Clock.imported.is_(True))
    running = running.where(Clock.ended_at.is_(None), Clock.request_id.is_not(None))
    of_them = among(Clock.id, running.correlate(None).scalar_subquery())
    return query.where(of_them, within, sight.requests(viewer))
