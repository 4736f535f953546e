"""Lists of holds: what a viewer may see, the next to expire first. Reads only.

In: a unit of work, a viewer, plain filters. Out: rows, with what a line of them shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, or_, select, union
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight, ways
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Preservation
from storage.record import old_rows
from storage.record.paged import COUNTED, FIRST, Page, PageStart, in_order, turn
from storage.rules import holds
from storage.times import UTCDateTime

Key = tuple[date | None, int]
"""Where a hold stands in the list: the day it expires, and its number."""
SHOWN = (
    joinedload(Preservation.recipient),
    joinedload(Preservation.case),
    selectinload(Preservation.targets),
    selectinload(Preservation.requests),
)
"""What a line of a hold shows."""
OF_A_CASE = 20
FARTHEST = (-12, 14)  # hours from UTC: the first and the last zone in which it can be


def alive() -> ColumnElement[bool]:
    """Not closed, and its last day not over where the data lies: the same as a condition, on the values of `alive_at`.

    Only within a day of it the zones differ: there the end of that day is asked of its clock.
    """
    clock = select(Clock.id).where(Clock.preservation_id == Preservation.id, Clock.kind == "preservation")
    runs = clock.where(Clock.ended_at.is_(None), Clock.due_at > bindparam("alive_at", type_=UTCDateTime))
    ends = Preservation.expires_on
    there = or_(
        ends > bindparam("last_day"), and_(ends >= bindparam("first_day"), runs.correlate(Preservation).exists())
    )
    return and_(Preservation.closed_at.is_(None), or_(ends.is_(None), there))


def alive_at(now: datetime) -> dict[str, Any]:
    """The values of `alive`: a moment, aware UTC, and the days that it falls on, anywhere."""
    first_day, last_day = ((now + timedelta(hours=hours)).date() for hours in FARTHEST)
    return {"alive_at": now, "first_day": first_day, "last_day": last_day}


def preservations(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    case_id: int | None = None,
    until: date | None = None,
    limit: int = 20,
    place: PageStart = FIRST,
) -> Page[Preservation]:
    """Visible holds that are not closed, the next to expire first: those that are alive; of one case lapsed ones, too.

    until: only those that expire by that day.
    """
    parts = (True,) if until else (True, False)
    shape = shapes.shape(viewer)

    def ask(key: Key | None, before: bool, most: int) -> list[Key]:  # noqa: FBT001 - as `turn` asks
        found: list[Key] = []
        for dated in parts[::-1] if before else parts:
            if key and dated == (key[0] is None) and dated != before:
                continue  # it lies wholly on the other side of the key
            here = key if key and dated == (key[0] is not None) else None
            asked = _Asked(of_case=case_id is not None, until=until is not None, dated=dated, before=before)
            query = _each(shape, asked, from_key=here is not None)
            if query is not None and len(found) < most:
                about = {"until": until, "case_id": case_id, "most": most - len(found)}
                day, number = here or (None, None)
                values = {**shapes.values(viewer), **alive_at(work.now), **about, "from_day": day, "from": number}
                found += [(row[0], row[1]) for row in work.session.execute(query, values)]
        return found

    key = (work.session.get_one(Preservation, place.number).expires_on, place.number) if place.number else None
    turned = turn(ask, key, before=place.before, limit=limit)
    return Page(_rows(work, [number for _, number in turned.keys]), turned.total, turned.is_back, turned.is_more)


def of_case(work: UnitOfWork, viewer: Viewer, case_id: int) -> Sequence[Preservation]:
    """The visible holds of one case that are not closed, the next to expire first; no more than a card shows."""
    values = {**shapes.values(viewer), "case_id": case_id}
    return work.session.scalars(_of_case(shapes.shape(viewer)), values).all()


@dataclass(frozen=True)
class _Asked:
    """What decides which statement asks for holds. dated: those that expire on some day, or those that do not."""

    of_case: bool
    until: bool
    dated: bool
    before: bool


@lru_cache(shapes.KEPT)
def _each(shape: Viewer, asked: _Asked, *, from_key: bool) -> Select[date | None, int] | None:
    """All there are, each by the first of the indexes that find it."""
    viewer, before, most = shapes.anyone(shape), asked.before, bindparam("most", type_=Integer)
    exact = [sight.cases(viewer), Preservation.closed_at.is_(None)]
    if not asked.dated:
        exact.append(Preservation.expires_on.is_(None))
    else:
        exact.append(Preservation.expires_on.is_not(None))
        if not asked.of_case:
            exact.append(alive())
    if asked.until:
        exact.append(Preservation.expires_on <= bindparam("until"))
    if from_key:
        exact += _from_key(dated=asked.dated, before=before)
    arms = sight.preservation_ways(viewer)
    if arms and asked.of_case:
        arms = (Preservation.case_id == bindparam("case_id"),)
    if not arms:
        return None
    query = select(Preservation.expires_on, Preservation.id).join(Case, Case.id == Preservation.case_id).where(*exact)
    query = query.order_by(*in_order(Preservation.expires_on, Preservation.id, before=before)).limit(most)
    each = [query.where(arm).subquery() for arm in arms]
    some = union(*(select(one.c.expires_on, one.c.id) for one in each)).subquery()
    order = in_order(some.c.expires_on, some.c.id, before=before)
    return select(some.c.expires_on, some.c.id).order_by(*order).limit(most)


def _from_key(*, dated: bool, before: bool) -> list[ColumnElement[bool]]:
    number: BindParameter[int] = bindparam("from")
    further = Preservation.id < number if before else Preservation.id > number
    if not dated:
        return [further]
    day: BindParameter[date] = bindparam("from_day")
    expires = Preservation.expires_on
    beyond, bound = (expires < day, expires <= day) if before else (expires > day, expires >= day)
    return [bound, or_(beyond, and_(expires == day, further))]


@lru_cache(shapes.KEPT)
def _of_case(shape: Viewer) -> Select[Preservation]:
    query = select(Preservation).join(Case, Case.id == Preservation.case_id).options(*SHOWN)
    query = query.where(
        Preservation.case_id == bindparam("case_id"),
        Preservation.closed_at.is_(None),
        sight.cases(shapes.anyone(shape)),
    )
    order = (Preservation.expires_on.is_(None), Preservation.expires_on, Preservation.id)
    return query.order_by(*order).limit(OF_A_CASE)


ROWS = select(Preservation).where(Preservation.id.in_(bindparam("ids", expanding=True))).options(*SHOWN)


def _rows(work: UnitOfWork, ids: Sequence[int]) -> list[Preservation]:
    found = {row.id: row for row in work.session.scalars(ROWS, {"ids": ids})} if ids else {}
    return [found[number] for number in ids]


def waiting(
    work: UnitOfWork, viewer: Viewer, *, mine: bool = False, limit: int = 20
) -> tuple[Sequence[Preservation], int]:
    """Visible holds of which something should have been said by now, the oldest first; how many, COUNTED + 1 at most.

    mine: of cases the viewer leads.
    """
    query = _late(shapes.shape(viewer), mine=mine)
    if query is None:
        return [], 0
    found = work.session.execute(query, {**shapes.values(viewer), "now": work.now, "most": COUNTED + 1}).all()
    return _rows(work, [row.id for row in found[:limit]]), min(len(found), COUNTED + 1)


@lru_cache(shapes.KEPT)
def _late(shape: Viewer, *, mine: bool) -> Select[datetime | None, int] | None:
    viewer = shapes.anyone(shape)
    now: BindParameter[datetime] = bindparam("now")
    exact = [Clock.kind.in_(holds.WAITS), Clock.ended_at.is_(None), Clock.due_at <= now, sight.cases(viewer)]
    exact.append(old_rows.is_other(now, viewer))
    if mine:
        exact.append(or_(*ways.led_by(viewer.person_id)))
    query = select(Clock.due_at, Preservation.id).join(Preservation, Preservation.id == Clock.preservation_id)
    query = query.join(Case, Case.id == Preservation.case_id).where(*exact)
    query = query.order_by(Clock.due_at).limit(bindparam("most", type_=Integer))
    each = [query.where(arm).subquery() for arm in sight.preservation_ways(viewer, Clock)]
    if not each:
        return None
    some = union(*(select(one.c.due_at, one.c.id) for one in each)).subquery()
    return select(some.c.due_at, some.c.id).order_by(some.c.due_at, some.c.id)
