"""The statements by which a list of requests is read, each built once for all who ask for a list of its shape.

In: the shape of what is sought (`storage/exposure/shapes.py`). Out: the pieces of the list: what has a clock that is
due at some time, as it falls due, and the rest, by number.
Parameters: those of `shapes.values`; `now`, `counterpart`; `most`, `few`, `counted`; of a page that begins behind a
key, `from` and `from_due`.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from storage.exposure import shapes, sight, ways
from storage.models import Case, Clock, Request
from storage.record import old_rows, request_ways
from storage.record.paged import in_order
from storage.record.queries import is_with, that_counts
from storage.record.request_ways import Conditions, Sought, Way

Key = tuple[datetime | None, int]
"""Where a request stands in the list: when its clock is due, and its number."""
SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
SOMEBODY = "*"
MOST = bindparam("most", type_=Integer)
FEW = bindparam("few", type_=Integer)
COUNTED = bindparam("counted", type_=Integer)


def shape(sought: Sought) -> Sought:
    """All that is sought but for whom, when, and with whom."""
    counterpart = SOMEBODY if sought.counterpart else None
    return replace(sought, viewer=shapes.shape(sought.viewer), now=SOME_TIME, counterpart=counterpart)


def _anything(of: Sought) -> Sought:
    """What is sought, with parameters for what `shape` left out."""
    parameters: dict[str, Any] = {"now": bindparam("now")}
    if of.counterpart is not None:
        parameters["counterpart"] = bindparam("counterpart", type_=String)
    return replace(of, viewer=shapes.anyone(of.viewer), **parameters)


@lru_cache(shapes.KEPT)
def sizes(of: Sought) -> Select[Any] | None:
    """How many each way leads to, `few` at most; None where there is no way."""
    ways = request_ways.of(_anything(of))
    few = [one.candidates.limit(FEW).subquery() for one in ways]
    return select(*(select(func.count()).select_from(one).scalar_subquery() for one in few)) if few else None


@lru_cache(shapes.KEPT)
def pieces(of: Sought, large: tuple[bool, ...]) -> "RequestPieces":
    """The pieces of a list, where it is known which of its ways are large."""
    return RequestPieces(_anything(of), large)


class RequestPieces:
    """The statements of one list, each built when it is asked for first.

    is_large: some of it is not read whole, but in order, no further than a page.
    """

    def __init__(self, sought: Sought, large: tuple[bool, ...]) -> None:
        self._sought = sought
        ways = request_ways.of(sought)
        ordered = [one for one, size in zip(ways, large, strict=True) if size and one.due]
        small = [_small(one, size) for one, size in zip(ways, large, strict=True) if one not in ordered]
        self._small = union(*small) if small else None
        self._due = [conditions for one in ordered for conditions in one.due]
        self._rest = [conditions for one in ordered for conditions in one.rest]
        self._ordered = ordered
        self.is_large = bool(self._due)
        self._of_due: dict[tuple[bool, bool], Select[datetime | None, int]] = {}
        self._of_rest: dict[tuple[bool, bool], Select[int] | None] = {}

    @cached_property
    def whole(self) -> Select[datetime | None, int] | None:
        """All of a small list, in no order."""
        if self._small is None:
            return None
        return self._clocked().where(Request.id.in_(self._small), *self._exact)

    @cached_property
    def numbers(self) -> list[Select[int]]:
        """What is asked, by the ways to it: each large one, and the others together; `counted` of each at most.

        Of what is late these are asked of the clocks; of all else of the requests, whose clocks nobody has to look at.
        """
        late = bool(self._sought.due or self._sought.old)
        query = select(Request.id).join(Case, Case.id == Request.case_id)
        large = self._due_at_some_time if late else query.where(*self._exact_but_late)
        order = Clock.due_at if late else Request.id
        found = [self._together(large.order_by(order), one.due if late else one.rest) for one in self._ordered]
        if self._small is not None:
            query = query.outerjoin(Clock, that_counts(self._sought.viewer)) if late else query
            found.append(query.where(Request.id.in_(self._small), *self._exact).limit(COUNTED))
        return found

    @cached_property
    def due_at(self) -> Select[datetime | None]:
        """When the request `number` is due."""
        return self._clocked().with_only_columns(Clock.due_at).where(Request.id == bindparam("number"))

    def due(self, *, before: bool, from_key: bool) -> Select[datetime | None, int]:
        """What is due at some time, as it falls due."""
        key = (before, from_key)
        if key not in self._of_due:
            self._of_due[key] = self._build_due(*key)
        return self._of_due[key]

    def rest(self, *, before: bool, from_key: bool) -> Select[int] | None:
        """What has no clock that is due, by number: late is then only what nobody took. None: there is no such."""
        key = (before, from_key)
        if key not in self._of_rest:
            self._of_rest[key] = self._build_rest(*key)
        return self._of_rest[key]

    # ---- each arm is one index, in its order -------------------------------------------------------------------------

    def _build_due(self, before: bool, from_key: bool) -> Select[datetime | None, int]:  # noqa: FBT001
        query = self._due_at_some_time.with_only_columns(Clock.due_at.label("due_at"), Request.id.label("id"))
        if from_key:
            due: BindParameter[datetime] = bindparam("from_due")
            number: BindParameter[int] = bindparam("from")
            at, later = Clock.due_at == due, Clock.due_at < due if before else Clock.due_at > due
            number_later = Clock.request_id < number if before else Clock.request_id > number
            bound = Clock.due_at <= due if before else Clock.due_at >= due
            query = query.where(bound, or_(later, and_(at, number_later)))
        query = query.order_by(*in_order(Clock.due_at, Clock.request_id, before=before)).limit(MOST)
        each = union(*(select(arm.subquery()) for arm in self._arms(query, self._due))).subquery()
        return select(each).order_by(*in_order(each.c.due_at, each.c.id, before=before)).limit(MOST)

    def _together(self, query: Select[int], arms: tuple[Conditions, ...]) -> Select[int]:
        """What none of the arms has in common with another, each in the order of its index."""
        each = union_all(*(select(query.where(*one).limit(COUNTED).subquery()) for one in arms)).subquery()
        return select(each.c.id).limit(COUNTED)

    def _build_rest(self, before: bool, from_key: bool) -> Select[int] | None:  # noqa: FBT001
        if self._sought.due == "very" or self._sought.old:
            return None
        due = exists().where(that_counts(self._sought.viewer), Clock.due_at.is_not(None))
        query = select(Request.id.label("id")).join(Case, Case.id == Request.case_id)
        query = query.where(not_(due), *self._exact_but_late, *([self._nobody_took_it] if self._sought.due else []))
        if from_key:
            query = query.where(Request.id < bindparam("from") if before else Request.id > bindparam("from"))
        query = query.order_by(*in_order(Request.id, before=before)).limit(MOST)
        arms = self._arms(query, self._rest)
        if not arms:
            return None
        each = union(*(select(arm.subquery()) for arm in arms)).subquery()
        return select(each).order_by(*in_order(each.c.id, before=before)).limit(MOST)

    def _arms(self, query: Any, large: list[Conditions]) -> list[Select[Any]]:  # noqa: ANN401 - of any columns
        small = [query.where(Request.id.in_(self._small))] if self._small is not None else []
        return [*small, *(query.where(*one) for one in large)]

    def _clocked(self) -> Select[datetime | None, int]:
        query = select(Clock.due_at, Request.id).select_from(Request).join(Case, Case.id == Request.case_id)
        return query.outerjoin(Clock, that_counts(self._sought.viewer))

    @cached_property
    def _due_at_some_time(self) -> Select[int]:
        query = select(Request.id).select_from(Clock).join(Request, Request.id == Clock.request_id)
        query = query.join(Case, Case.id == Request.case_id)
        query = query.where(that_counts(self._sought.viewer), *request_ways.running())
        return query.where(Clock.due_at.is_not(None), *self._exact)

    # ---- what is exactly asked ---------------------------------------------------------------------------------------

    @cached_property
    def _exact(self) -> Conditions:
        sought, viewer = self._sought, self._sought.viewer
        late: Conditions = ()
        if sought.old:
            late = (old_rows.is_old(sought.now, viewer),)
        elif sought.due:
            late = (old_rows.is_other(sought.now, viewer),)
        if sought.due == "very":
            late = (*late, Clock.very_at <= sought.now)
        elif sought.due:
            late = (*late, or_(Clock.due_at <= sought.now, self._nobody_took_it))
        return (*self._exact_but_late, *late)

    @cached_property
    def _exact_but_late(self) -> Conditions:
        sought, viewer = self._sought, self._sought.viewer
        found = [sight.requests(viewer)]
        if sought.mine:
            found.append(or_(*ways.led_by(viewer.person_id), Request.filed_by == viewer.person_id))
        if sought.status:
            found.append(Request.status.in_(sought.status))
        if sought.direction:
            found.append((Request.direction == sought.direction) != sight.across(viewer))
        if sought.counterpart is not None:
            ours = is_with(sought.counterpart)
            found.append(case((sight.across(viewer), Case.agency_id == sought.other), else_=ours))
        return tuple(found)

    @property
    def _nobody_took_it(self) -> ColumnElement[bool]:
        """Incoming requests that should have been taken by now."""
        intake = aliased(Clock)
        late = exists().where(
            intake.request_id == Request.id,
            intake.kind == "intake",
            intake.ended_at.is_(None),
            intake.due_at <= self._sought.now,
        )
        return and_(late, not_(sight.across(self._sought.viewer)))


def _small(way: Way, large: bool) -> Select[int]:  # noqa: FBT001 - as it was counted
    """What a way leads to; a small one is read by itself, so that PostgreSQL knows that it is small."""
    return way.candidates if large else select(way.candidates.limit(FEW).subquery().c[0])
