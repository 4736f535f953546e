"""Lists of holds: what a viewer may see, the next to expire first. Reads only.

In: a unit of work, a viewer, plain filters. Out: rows, with what a line of them shows.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, union
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Preservation
from storage.record import case_lists, old_rows
from storage.record.paged import COUNTED, FIRST, Page, PageStart, in_order, turn

Key = tuple[date | None, int]
"""Where a hold stands in the list: the day it expires, and its number."""
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
    place: PageStart = FIRST,
) -> Page[Preservation]:
    """Visible holds that are not closed, the next to expire first: those that are alive; of one case lapsed ones, too.

    until: only those that expire by that day.
    """
    exact = [sight.cases(viewer), Preservation.closed_at.is_(None)]
    alive = Preservation.expires_on >= work.now.date() if case_id is None else Preservation.expires_on.is_not(None)
    dated = [alive, *([Preservation.expires_on <= until] if until else [])]
    parts: list[list[ColumnElement[bool]]] = [dated] if until else [dated, [Preservation.expires_on.is_(None)]]
    arms = sight.preservation_ways(viewer)
    if arms and case_id is not None:
        arms = (Preservation.case_id == case_id,)

    def ask(key: Key | None, before: bool, most: int) -> list[Key]:  # noqa: FBT001 - as `turn` asks
        found: list[Key] = []
        for part in parts[::-1] if before else parts:
            is_dated, left = part is dated, most - len(found)
            if key and is_dated == (key[0] is None) and is_dated != before:
                continue  # it lies wholly on the other side of the key
            here = key if key and is_dated == (key[0] is not None) else None
            if left and arms:
                each: list[Any] = [_in_order(arm, [*exact, *part], here, left, before=before) for arm in arms]
                some = union(*each).subquery()
                query = select(some.c.expires_on, some.c.id).limit(left)
                query = query.order_by(*in_order(some.c.expires_on, some.c.id, before=before))
                found += [(row[0], row[1]) for row in work.session.execute(query)]
        return found

    key = (work.session.get_one(Preservation, place.number).expires_on, place.number) if place.number else None
    turned = turn(ask, key, before=place.before, limit=limit)
    total = len(ask(None, False, COUNTED + 1))
    return Page(_rows(work, [number for _, number in turned.keys]), total, turned.is_back, turned.is_more)


def _in_order(
    arm: ColumnElement[bool], exact: Sequence[ColumnElement[bool]], key: Key | None, most: int, *, before: bool
) -> Select[date | None, int]:
    """The first ones of one index that are exactly what is asked."""
    query = (
        select(Preservation.expires_on, Preservation.id).join(Case, Case.id == Preservation.case_id).where(arm, *exact)
    )
    if key:
        day, number = key
        further = Preservation.id < number if before else Preservation.id > number
        if day is not None:
            of_day = and_(Preservation.expires_on == day, further)
            beyond = Preservation.expires_on < day if before else Preservation.expires_on > day
            bound = Preservation.expires_on <= day if before else Preservation.expires_on >= day
            query = query.where(bound, or_(beyond, of_day))
        else:
            query = query.where(further)
    each = query.order_by(*in_order(Preservation.expires_on, Preservation.id, before=before)).limit(most).subquery()
    return select(each.c.expires_on, each.c.id)


def _rows(work: UnitOfWork, ids: Sequence[int]) -> list[Preservation]:
    query = select(Preservation).where(Preservation.id.in_(ids)).options(*SHOWN)
    found = {row.id: row for row in work.session.scalars(query)} if ids else {}
    return [found[number] for number in ids]


def unconfirmed(
    work: UnitOfWork, viewer: Viewer, *, mine: bool = False, limit: int = 20
) -> tuple[Sequence[Preservation], int]:
    """Visible holds that should have been confirmed by now, the oldest first; how many, COUNTED + 1 at most.

    mine: of cases the viewer leads.
    """
    exact = [Clock.kind == "confirmation", Clock.ended_at.is_(None), Clock.due_at <= work.now, sight.cases(viewer)]
    exact.append(old_rows.is_other(work, viewer))
    if mine:
        exact.append(or_(*case_lists.led_by_arms(viewer.person_id)))
    each = [_late(arm, exact) for arm in sight.preservation_ways(viewer, Clock)]
    if not each:
        return [], 0
    some = union(*each).subquery()
    found = work.session.execute(select(some.c.due_at, some.c.id).order_by(some.c.due_at, some.c.id)).all()
    return _rows(work, [row.id for row in found[:limit]]), min(len(found), COUNTED + 1)


def _late(arm: ColumnElement[bool], exact: Sequence[ColumnElement[bool]]) -> Select[datetime | None, int]:
    query = select(Clock.due_at, Preservation.id).join(Preservation, Preservation.id == Clock.preservation_id)
    query = query.join(Case, Case.id == Preservation.case_id).where(arm, *exact)
    each = query.order_by(Clock.due_at).limit(COUNTED + 1).subquery()
    return select(each.c.due_at, each.c.id)
