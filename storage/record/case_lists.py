"""Lists of cases: what a viewer may see, filtered, newest first. Reads only.

In: a unit of work, a viewer, plain filters. Out: cases with how many of their requests wait; the notes of some.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Note, Request
from storage.record.paged import COUNTED, FIRST, Ask, Page, PageStart, turn
from storage.record.queries import that_counts
from storage.rules.lifecycle import WAITING
from storage.search import finding


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
    place: PageStart = FIRST,
) -> Page[CaseCount]:
    """Visible cases, newest first.

    mine: those the viewer leads. led_by: those of the viewer's agency that a person leads.
    words: what is looked for (`storage/search/finding.py`).
    closed: True, False, or None for both.
    """
    exact: list[ColumnElement[bool]] = []
    if closed is not None:
        exact.append(Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
    if led_by is not None:
        exact.append(Case.agency_id == viewer.authority_id)
    leader = viewer.person_id if mine else led_by
    ask = _search(work, viewer, words, exact, leader) if words.split() else _in_order(work, viewer, exact, leader)
    turned = turn(ask, place.number, before=place.before, limit=limit)
    total = len(ask(None, False, COUNTED + 1))
    return Page(_counted(work, viewer, _rows(work, turned.keys)), total, turned.is_back, turned.is_more)


def led_by_arms(person_id: int) -> tuple[ColumnElement[bool], ...]:
    """The cases that a person leads, by the two indexes that find them: theirs, or opened by them and nobody's."""
    return Case.lead_id == person_id, and_(Case.lead_id.is_(None), Case.opened_by == person_id)


def count_led_by(work: UnitOfWork, viewer: Viewer, person_id: int) -> int:
    """How many open cases of the viewer's agency a person leads, of those the viewer sees; however many."""
    exact = [sight.cases(viewer), Case.agency_id == viewer.authority_id, Case.closed_at.is_(None)]
    each = union(*(select(Case.id).where(arm, *exact) for arm in led_by_arms(person_id))).subquery()
    return work.session.scalar(select(func.count()).select_from(each)) or 0


def _search(
    work: UnitOfWork, viewer: Viewer, words: str, exact: Sequence[ColumnElement[bool]], leader: int | None
) -> Ask[int]:
    """What is found. Back from behind what is counted, it goes to the end of that."""
    led = [or_(*led_by_arms(leader))] if leader is not None else []

    def newest(most: int, below: int = finding.LAST) -> list[int]:
        return finding.newest(work, viewer, words, most=most, before=below, conditions=[*exact, *led])

    counted = newest(COUNTED + 1)

    def ask(key: int | None, before: bool, most: int) -> list[int]:  # noqa: FBT001 - as `turn` asks
        if key is None:
            return counted[:most]
        return [one for one in reversed(counted) if one > key][:most] if before else newest(most, key)

    return ask


def _in_order(work: UnitOfWork, viewer: Viewer, exact: Sequence[ColumnElement[bool]], leader: int | None) -> Ask[int]:
    """All there are, each by the first of the indexes that find it."""
    arms = sight.case_ways(viewer)
    if arms and leader is not None:
        arms = led_by_arms(leader)

    def ask(key: int | None, before: bool, most: int) -> list[int]:  # noqa: FBT001 - as `turn` asks
        each = [_first(arm, [sight.cases(viewer), *exact], key, most, before=before) for arm in arms]
        if not each:
            return []
        found = union(*each).subquery()
        order = found.c.id if before else found.c.id.desc()
        return list(work.session.scalars(select(found.c.id).order_by(order).limit(most)))

    return ask


def _first(
    arm: ColumnElement[bool], exact: Sequence[ColumnElement[bool]], key: int | None, most: int, *, before: bool = False
) -> Select[int]:
    """The first ones of one index that are exactly what is asked."""
    query = select(Case.id).where(arm, *exact)
    if key is not None:
        query = query.where(Case.id > key if before else Case.id < key)
    each = query.order_by(Case.id if before else Case.id.desc()).limit(most).subquery()
    return select(each.c.id)


def _rows(work: UnitOfWork, ids: Sequence[int]) -> list[Case]:
    query = select(Case).where(Case.id.in_(ids)).options(joinedload(Case.lead), joinedload(Case.agency))
    return list(work.session.scalars(query.order_by(Case.id.desc()))) if ids else []


def _counted(work: UnitOfWork, viewer: Viewer, found: list[Case]) -> list[CaseCount]:
    """With the requests of what became part of each."""
    if not found:
        return []
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
