"""Old rows: requests that came with a register, are past due, and were taken up by nobody.

In: who looks. Out: how many there are, and the condition by which lists leave them out, or show nothing else: they are
said as one number, never one by one. What is not due yet, and what the other side of a shared case sees, is a row as
any other; it only rings for nobody.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, and_, case, func, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.sight import Viewer
from storage.exposure.ways import among
from storage.models import Case, Clock, Request
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
    within = Case.label.in_([label for label in Label if label.within(ceiling)])
    late = and_(Clock.kind == "answer", Request.status.in_(WAITING), Clock.due_at <= work.now)
    refused = Clock.kind == "next_step"
    query = select(
        Case.label, func.count(case((late, 1))), func.min(case((late, Clock.due_on))), func.count(case((refused, 1)))
    )
    query = query.select_from(Clock).join(Request, Request.id == Clock.request_id).join(Case)
    running = select(Clock.id).where(Clock.agency_id == viewer.authority_id, Clock.ended_at.is_(None), Clock.imported)
    of_them = among(Clock.id, running.correlate(None).scalar_subquery())
    query = query.where(of_them, within, sight.requests(viewer))
    rows = [row for row in work.session.execute(query.group_by(Case.label)) if row[1] or row[3]]
    return OldCount(
        overdue=sum(row[1] for row in rows),
        oldest=min((row[2] for row in rows if row[2]), default=None),
        refused=sum(row[3] for row in rows),
        label=most_restrictive(Label(row[0]) for row in rows),
    )
