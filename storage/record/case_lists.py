"""Lists of cases: what a viewer may see, filtered, newest first. Reads only.

In: a unit of work, a viewer, plain filters. Out: cases with how many of their requests wait; the notes of some.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Integer, Select, bindparam, case, func, or_, select, union
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight, ways
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
    leader = viewer.person_id if mine else led_by
    if words.split():
        ask = _search(work, viewer, words, closed, leader, ours=led_by is not None)
    else:
        ask = _in_order(work, viewer, closed, leader, ours=led_by is not None)
    turned = turn(ask, place.number, before=place.before, limit=limit)
    return Page(_counted(work, viewer, _rows(work, turned.keys)), turned.total, turned.is_back, turned.is_more)


def _exact(viewer: Viewer, closed: bool | None, *, ours: bool) -> list[ColumnElement[bool]]:  # noqa: FBT001
    found: list[ColumnElement[bool]] = []
    if closed is not None:
        found.append(Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
    return [*found, Case.agency_id == viewer.authority_id] if ours else found


def count_led_by(work: UnitOfWork, viewer: Viewer, person_id: int) -> int:
    """How many open cases of the viewer's agency a person leads, of those the viewer sees; however many."""
    exact = [sight.cases(viewer), Case.agency_id == viewer.authority_id, Case.closed_at.is_(None)]
    each = union(*(select(Case.id).where(arm, *exact) for arm in ways.led_by(person_id))).subquery()
    return work.session.scalar(select(func.count()).select_from(each)) or 0


def _search(
    work: UnitOfWork,
    viewer: Viewer,
    words: str,
    closed: bool | None,  # noqa: FBT001
    leader: int | None,
    *,
    ours: bool,
) -> Ask[int]:
    """What is found. Back from behind what is counted, it goes to the end of that."""
    exact = _exact(viewer, closed, ours=ours)
    led = [or_(*ways.led_by(leader))] if leader is not None else []

    def newest(most: int, below: int = finding.LAST) -> list[int]:
        return finding.newest(work, viewer, words, most=most, before=below, conditions=[*exact, *led])

    counted = newest(COUNTED + 1)

    def ask(key: int | None, before: bool, most: int) -> list[int]:  # noqa: FBT001 - as `turn` asks
        if key is None:
            return counted[:most]
        return [one for one in reversed(counted) if one > key][:most] if before else newest(most, key)

    return ask


def _in_order(
    work: UnitOfWork,
    viewer: Viewer,
    closed: bool | None,  # noqa: FBT001
    leader: int | None,
    *,
    ours: bool,
) -> Ask[int]:
    """All there are, each by the first of the indexes that find it."""
    shape, led = shapes.shape(viewer), leader is not None

    def ask(key: int | None, before: bool, most: int) -> list[int]:  # noqa: FBT001 - as `turn` asks
        query = _each(shape, closed, led=led, ours=ours, from_key=key is not None, before=before)
        values = {**shapes.values(viewer), "leader": leader, "from": key, "most": most}
        return list(work.session.scalars(query, values)) if query is not None else []

    return ask


@lru_cache(shapes.KEPT)
def _each(
    shape: Viewer,
    closed: bool | None,  # noqa: FBT001
    *,
    led: bool,
    ours: bool,
    from_key: bool,
    before: bool,
) -> Select[int] | None:
    viewer, most = shapes.anyone(shape), bindparam("most", type_=Integer)
    exact = [sight.cases(viewer), *_exact(viewer, closed, ours=ours)]
    if from_key:
        exact.append(Case.id > bindparam("from") if before else Case.id < bindparam("from"))
    order = Case.id if before else Case.id.desc()
    arms = sight.case_ways(viewer)
    if arms and led:
        arms = ways.led_by(bindparam("leader"))
    each = [select(Case.id).where(arm, *exact).order_by(order).limit(most).subquery() for arm in arms]
    if not each:
        return None
    found = union(*(select(one.c.id) for one in each)).subquery()
    return select(found.c.id).order_by(found.c.id if before else found.c.id.desc()).limit(most)


SHOWN = (
    select(Case)
    .where(Case.id.in_(bindparam("ids", expanding=True)))
    .options(joinedload(Case.lead), joinedload(Case.agency))
    .order_by(Case.id.desc())
)


def _rows(work: UnitOfWork, ids: Sequence[int]) -> list[Case]:
    return list(work.session.scalars(SHOWN, {"ids": ids})) if ids else []


def _counted(work: UnitOfWork, viewer: Viewer, found: list[Case]) -> list[CaseCount]:
    """With the requests of what became part of each."""
    if not found:
        return []
    wholes = _wholes(work, [row.id for row in found])
    counts = work.session.execute(
        _counts(shapes.shape(viewer)), {**shapes.values(viewer), "now": work.now, "wholes": list(wholes)}
    )
    waiting: Counter[int] = Counter()
    overdue: Counter[int] = Counter()
    for case_id, wait, over in counts:
        for whole in wholes[case_id]:
            waiting[whole] += wait
            overdue[whole] += over
    return [CaseCount(row, waiting[row.id], overdue[row.id]) for row in found]


@lru_cache(shapes.KEPT)
def _counts(shape: Viewer) -> Select[int, int, int]:
    viewer = shapes.anyone(shape)
    late = case((Clock.due_at <= bindparam("now"), 1), else_=0)
    query = select(Request.case_id, func.count(), func.coalesce(func.sum(late), 0))
    query = query.join(Case, Case.id == Request.case_id).outerjoin(Clock, that_counts(viewer))
    query = query.where(Request.case_id.in_(bindparam("wholes", expanding=True)), Request.status.in_(WAITING))
    return query.where(sight.requests(viewer)).group_by(Request.case_id)


PARTS = select(Case.id, Case.merged_into_id).where(Case.merged_into_id.in_(bindparam("ids", expanding=True)))


def _wholes(work: UnitOfWork, ids: Sequence[int]) -> dict[int, set[int]]:
    """{a case: those of `ids` that it is, or became part of}."""
    found = {one: {one} for one in ids}
    level = list(found)
    while level:
        parts = work.session.execute(PARTS, {"ids": level}).all()
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
