"""Lists of requests: what a viewer may see, filtered, most urgent first. Reads only.

In: a unit of work, a viewer, plain filters. Out: rows with the clock that counts for them, one state of the record.
A list is found by the ways of `request_ways.py`, and each row of it by the exact condition: what may be seen, what is
asked for, and which clock counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select, union, union_all
from sqlalchemy.orm import aliased, joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Request
from storage.record import old_rows, request_ways
from storage.record.paged import COUNTED, FIRST, Page, PageStart, in_order, turn
from storage.record.queries import is_with, that_counts
from storage.record.request_ways import Conditions, Sought

Pair = tuple[Request, Clock | None]
Key = tuple[datetime | None, int]
"""Where a request stands in the list: when its clock is due, and its number."""


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
    place: PageStart = FIRST,
) -> Page[Pair]:
    """Visible requests with the clock that counts, most urgent first; what is not due at all comes last, by number.

    due: "overdue" or "very" keeps those whose clock says so at `work.now`, but for old rows of a register; old: of
      these nothing else. mine: led, opened or filed by the viewer.
    direction, counterpart: from the viewer's side.
    """
    sought = Sought(viewer, work.now, mine, tuple(status), counterpart, direction, due, old)
    listing = _Listing(work, sought)
    key = listing.key_of(place.number) if place.number is not None else None
    turned = turn(listing.ask, key, before=place.before, limit=limit)
    rows = _rows(work, viewer, [number for _, number in turned.keys])
    return Page(rows, listing.total, turned.is_back, turned.is_more)


def count(work: UnitOfWork, viewer: Viewer, *, status: Sequence[str], counterpart: str | None, old: bool) -> int:
    """How many `requests` would find, COUNTED + 1 at most."""
    return _Listing(work, Sought(viewer, work.now, status=tuple(status), counterpart=counterpart, old=old)).total


def of_case(work: UnitOfWork, viewer: Viewer, case_id: int) -> list[Pair]:
    """The requests of one case, by number."""
    query = _lines(viewer).where(Case.id == case_id, sight.requests(viewer)).order_by(Request.number)
    return [(row.Request, row.Clock) for row in work.session.execute(query)]


def children(work: UnitOfWork, viewer: Viewer, request_id: int) -> list[Request]:
    """The visible requests that a request was transferred to."""
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(Request.parent_id == request_id, sight.requests(viewer))
    )
    return list(work.session.scalars(query.order_by(Request.id)))


def _rows(work: UnitOfWork, viewer: Viewer, numbers: Sequence[int]) -> list[Pair]:
    """With what a line shows, in this order."""
    query = _lines(viewer).where(Request.id.in_(numbers))
    found = {row.Request.id: (row.Request, row.Clock) for row in work.session.execute(query)} if numbers else {}
    return [found[number] for number in numbers]


def _lines(viewer: Viewer) -> Select[Request, Clock]:
    query = select(Request, Clock).join(Case, Case.id == Request.case_id).outerjoin(Clock, that_counts(viewer))
    return query.options(
        joinedload(Request.case).joinedload(Case.agency),
        joinedload(Request.sender),
        joinedload(Request.recipient),
        joinedload(Clock.authority),
        selectinload(Request.taken),
    )


@dataclass
class _Listing:
    """One list, as it is asked for once: its pieces in order, and how long it is.

    What the small ways lead to is one piece, read whole. `_all`: the keys of a list that has no other piece.
    """

    work: UnitOfWork
    sought: Sought
    _due: list[Conditions] = field(default_factory=list)
    _rest: list[Conditions] = field(default_factory=list)

    def __post_init__(self) -> None:
        ways = request_ways.of(self.sought)
        most = [one.candidates.limit(COUNTED + 1).subquery() for one in ways]
        counted = [select(func.count()).select_from(few).scalar_subquery() for few in most]
        sizes = self.work.session.execute(select(*counted)).one() if counted else ()
        large = [one for one, size in zip(ways, sizes, strict=True) if size > COUNTED and one.due]
        small = [
            select(few.c[0]) if size <= COUNTED else one.candidates  # so that PostgreSQL knows that it is small
            for one, few, size in zip(ways, most, sizes, strict=True)
            if one not in large
        ]
        self._small = union(*small) if small else None
        for one in large:
            self._due += one.due
            self._rest += one.rest

    # ---- pieces ------------------------------------------------------------------------------------------------------

    @cached_property
    def _all(self) -> list[Key]:
        """Read whole, where all of it is small."""
        if self._small is None:
            return []
        query = select(Clock.due_at, Request.id).select_from(Request).join(Case, Case.id == Request.case_id)
        query = query.outerjoin(Clock, that_counts(self.sought.viewer)).where(Request.id.in_(self._small), *self._exact)
        return sorted(((row[0], row[1]) for row in self.work.session.execute(query)), key=_order)

    def ask(self, key: Key | None, before: bool, limit: int) -> Sequence[Key]:  # noqa: FBT001 - as `turn` asks
        """The next ones from a key on, or those before it."""
        if not self._due:
            return _beside(self._all, key, limit, before=before)
        parts = (self._that_are_due, self._the_rest)
        found: list[Key] = []
        for part in reversed(parts) if before else parts:
            if len(found) < limit:
                found += part(key, limit - len(found), before=before)
        return found

    @cached_property
    def total(self) -> int:
        """How many there are, COUNTED + 1 at most."""
        if not self._due:
            return min(len(self._all), COUNTED + 1)
        total = 0
        for arms in (self._due_arms(None, COUNTED + 1), self._rest_arms(None, COUNTED + 1)):
            if total <= COUNTED and arms:
                numbers = union_all(*(select(arm.subquery().c.id) for arm in arms)).subquery()
                some = select(numbers.c.id).distinct().limit(COUNTED + 1 - total).subquery()
                total += self.work.session.scalar(select(func.count()).select_from(some)) or 0
        return total

    def _that_are_due(self, key: Key | None, limit: int, *, before: bool) -> list[Key]:
        if key and key[0] is None and not before:
            return []
        arms = self._due_arms(key if key and key[0] else None, limit, before=before)
        each = union(*(select(arm.subquery()) for arm in arms)).subquery()
        order = in_order(each.c.due_at, each.c.id, before=before)
        return [(row[0], row[1]) for row in self.work.session.execute(select(each).order_by(*order).limit(limit))]

    def _the_rest(self, key: Key | None, limit: int, *, before: bool) -> list[Key]:
        if key and key[0] is not None and before:
            return []
        arms = self._rest_arms(key if key and key[0] is None else None, limit, before=before)
        if not arms:
            return []
        each = union(*(select(arm.subquery()) for arm in arms)).subquery()
        order = in_order(each.c.id, before=before)
        return [(None, row[0]) for row in self.work.session.execute(select(each).order_by(*order).limit(limit))]

    # ---- arms: each is one index, in its order -----------------------------------------------------------------------

    def _due_arms(self, key: Key | None, limit: int, *, before: bool = False) -> list[Select[datetime | None, int]]:
        query = select(Clock.due_at.label("due_at"), Request.id.label("id")).select_from(Clock)
        query = query.join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
        query = query.where(that_counts(self.sought.viewer), *request_ways.running())
        query = query.where(Clock.due_at.is_not(None), *self._exact)
        order = in_order(Clock.due_at, Clock.request_id, before=before)
        if key:
            due, number = key
            at, later = Clock.due_at == due, Clock.due_at < due if before else Clock.due_at > due
            number_later = Clock.request_id < number if before else Clock.request_id > number
            bound = Clock.due_at <= due if before else Clock.due_at >= due
            query = query.where(bound, or_(later, and_(at, number_later)))
        query = query.order_by(*order).limit(limit)
        small = [query.where(Request.id.in_(self._small))] if self._small is not None else []
        return [*small, *(query.where(*one) for one in self._due)]

    def _rest_arms(self, key: Key | None, limit: int, *, before: bool = False) -> list[Select[int]]:
        """What has no clock that is due at some time: late is then only what nobody took."""
        if self.sought.due == "very" or self.sought.old:
            return []
        due = exists().where(that_counts(self.sought.viewer), Clock.due_at.is_not(None))
        query = select(Request.id.label("id")).join(Case, Case.id == Request.case_id)
        query = query.where(not_(due), *self._exact_but_late, *([self._nobody_took_it] if self.sought.due else []))
        if key:
            query = query.where(Request.id < key[1] if before else Request.id > key[1])
        query = query.order_by(*in_order(Request.id, before=before)).limit(limit)
        small = [query.where(Request.id.in_(self._small))] if self._small is not None else []
        return [*small, *(query.where(*one) for one in self._rest)]

    # ---- what is exactly asked ---------------------------------------------------------------------------------------

    def key_of(self, number: int) -> Key:
        """Where a request stands that the viewer sees."""
        query = select(Clock.due_at).select_from(Request).join(Case, Case.id == Request.case_id)
        query = query.outerjoin(Clock, that_counts(self.sought.viewer)).where(Request.id == number)
        return self.work.session.execute(query).scalar_one(), number

    @cached_property
    def _exact(self) -> Conditions:
        sought, viewer = self.sought, self.sought.viewer
        late: Conditions = ()
        if sought.old:
            late = (old_rows.is_old(self.work, viewer),)
        elif sought.due:
            late = (old_rows.is_other(self.work, viewer),)
        if sought.due == "very":
            late = (*late, Clock.very_at <= sought.now)
        elif sought.due:
            late = (*late, or_(Clock.due_at <= sought.now, self._nobody_took_it))
        return (*self._exact_but_late, *late)

    @cached_property
    def _exact_but_late(self) -> Conditions:
        sought, viewer = self.sought, self.sought.viewer
        found = [sight.requests(viewer)]
        if sought.mine:
            found.append(or_(request_ways.led_by(viewer.person_id), Request.filed_by == viewer.person_id))
        if sought.status:
            found.append(Request.status.in_(sought.status))
        if sought.direction:
            found.append((Request.direction == sought.direction) != sight.across(viewer))
        if sought.counterpart:
            found.append(
                case((sight.across(viewer), Case.agency_id == sought.other), else_=is_with(sought.counterpart))
            )
        return tuple(found)

    @property
    def _nobody_took_it(self) -> ColumnElement[bool]:
        """Incoming requests that should have been taken by now."""
        intake = aliased(Clock)
        late = exists().where(
            intake.request_id == Request.id,
            intake.kind == "intake",
            intake.ended_at.is_(None),
            intake.due_at <= self.sought.now,
        )
        return and_(late, not_(sight.across(self.sought.viewer)))


def _order(key: Key) -> tuple[bool, datetime | int, int]:
    due, number = key
    return (due is None, due or 0, number)


def _beside(keys: Sequence[Key], key: Key | None, limit: int, *, before: bool) -> Sequence[Key]:
    if key is None:
        return keys[:limit]
    if before:
        return [one for one in keys if _order(one) < _order(key)][::-1][:limit]
    return [one for one in keys if _order(one) > _order(key)][:limit]
