"""Lists of cases: what a viewer may see, filtered, newest first. Reads only.

In: a unit of work, a viewer, plain filters. Out: cases with how many of their requests wait; the notes of some.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Note, Request
from storage.record.queries import that_counts
from storage.rules.lifecycle import WAITING
from storage.search import finding

COUNTED = 1000  # what is found is counted so far; one more says that there are more


@dataclass(frozen=True)
class CaseCount:
    """A case with how many of its requests wait, and how many of these are overdue."""

    case: Case
    waiting: int
    overdue: int


def cases(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    words: str = "",
    mine: bool = False,
    led_by: int | None = None,
    closed: bool | None = False,
    limit: int = 20,
    skip: int = 0,
) -> tuple[list[CaseCount], int]:
    """Visible cases, newest first, and how many there are in all.

    mine: those the viewer leads. led_by: those of the viewer's agency that a person leads.
    words: what is looked for (`storage/search/finding.py`); how many there are is then counted to COUNTED + 1.
    closed: True, False, or None for both.
    """
    conditions: list[ColumnElement[bool]] = []
    if closed is not None:
        conditions.append(Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
    if mine:
        conditions.append(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id)
    if led_by is not None:
        own = Case.agency_id == viewer.authority_id
        conditions += [own, func.coalesce(Case.lead_id, Case.opened_by) == led_by]
    query = select(Case).where(sight.cases(viewer), *conditions)
    if words.split():
        found_ids = finding.newest(work, viewer, words, most=max(COUNTED, skip + limit) + 1, conditions=conditions)
        total, query = len(found_ids), select(Case).where(Case.id.in_(found_ids[skip : skip + limit]))
    else:
        total = work.session.scalar(select(func.count()).select_from(query.subquery())) or 0
        query = query.limit(limit).offset(skip)
    page = query.options(joinedload(Case.lead), joinedload(Case.agency)).order_by(Case.id.desc())
    found = list(work.session.scalars(page)) if total > skip else []
    return _counted(work, viewer, found) if found else [], total


def _counted(work: UnitOfWork, viewer: Viewer, found: list[Case]) -> list[CaseCount]:
    """With the requests of what became part of each."""
    late = case((Clock.due_at <= work.now, 1), else_=0)
    wholes = _wholes(work, [row.id for row in found])
    counts = (
        select(Request.case_id, func.count(), func.coalesce(func.sum(late), 0))
        .join(Case, Case.id == Request.case_id)
        .outerjoin(Clock, that_counts(viewer))
        .where(Request.case_id.in_(wholes), Request.status.in_(WAITING), sight.requests(viewer))
        .group_by(Request.case_id)
    )
    waiting: Counter[int] = Counter()
    overdue: Counter[int] = Counter()
    for case_id, wait, over in work.session.execute(counts):
        for whole in wholes[case_id]:
            waiting[whole] += wait
            overdue[whole] += over
    return [CaseCount(row, waiting[row.id], overdue[row.id]) for row in found]


def _wholes(work: UnitOfWork, ids: Sequence[int]) -> dict[int, set[int]]:
    """{a case: those of `ids` that it is, or became part of}."""
    found = {one: {one} for one in ids}
    level = list(found)
    while level:
        parts = work.session.execute(select(Case.id, Case.merged_into_id).where(Case.merged_into_id.in_(level))).all()
        level = []
        for part, into in ((part, into) for part, into in parts if into is not None):
            known = found.setdefault(part, {part} & set(ids))
            if not found[into] <= known:
                known |= found[into]
                level.append(part)
    return found


def notes(work: UnitOfWork, case_ids: Collection[int], limit: int = 10) -> list[Note]:
    """The newest notes of cases the caller has already been allowed to see."""
    query = (
        select(Note)
        .where(Note.case_id.in_(case_ids))
        .options(joinedload(Note.person))
        .order_by(Note.id.desc())
        .limit(limit)
    )
    return list(work.session.scalars(query))
