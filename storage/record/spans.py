"""Spans: what an agency asked of one counterpart in stretches of days, as providers' own reports count. Reads only.

In: a scope (`scopes.py`), an authority, days. Out: counts for each stretch.

    requests     sent in these days for data: not those for removal
    accounts     those that the requests ask about
    answered     requests with some data: all or a part of it came, or the data of one account
    emergency    of the requests, those because a person is in danger
    kept         holds that were asked for in these days

Counted by the day of sending, since stretches may overlap: a year and its halves.
Why more than a year is gone through by counterpart, and its days are no condition that an index could serve: the index
of days would lead to what was asked of everybody.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Date,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among
from storage.models import Authority, Case, Preservation, Request, Target
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import Status

FIRST: BindParameter[date] = bindparam("first", type_=Date())
LAST: BindParameter[date] = bindparam("last", type_=Date())
PARTY: BindParameter[int] = bindparam("party", type_=Integer)
A_YEAR = timedelta(days=366)
OTHERS: BindParameter[Any] = bindparam("others", expanding=True, type_=String())


@dataclass(frozen=True)
class AskedSpan:
    """What was asked in one stretch of days."""

    requests: int = 0
    accounts: int = 0
    answered: int = 0
    emergency: int = 0
    kept: int = 0


def first_day(work: UnitOfWork, scope: Scope) -> date | None:
    """The day of the first request of the agency that was sent, to whomever; None where there is none."""
    first: date | None = work.session.scalar(_first(scope.shape), scope.values)
    return first


def spans(
    work: UnitOfWork,
    scope: Scope,
    party: Authority,
    days: Sequence[tuple[date, date]],
    others: Collection[str],
    *,
    holds: bool = True,
) -> list[AskedSpan]:
    """What was asked of them in each stretch, from its first day to its last; each kind in one statement.

    others: instruments that ask for no data. holds: whether they are counted.
    """
    if not days:
        return []
    first, last = min(first for first, _ in days), max(last for _, last in days)
    values = {**scope.values, "party": party.id, "first": first, "last": last}
    is_long = last - first > A_YEAR
    asked = work.session.execute(_asked(scope.shape, is_long=is_long), {**values, "others": list(others)})
    kept = work.session.execute(_kept(scope.shape), values) if holds else ()
    by_day, kept_by_day = _Days(asked), _Days(kept)
    return [AskedSpan(*by_day.sums(*stretch, counts=4), *kept_by_day.sums(*stretch, counts=1)) for stretch in days]


class _Days:
    """Counts by the day, in the order of the days."""

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._counts = [tuple(row) for row in rows]
        self._days = [day for day, *_ in self._counts]

    def sums(self, first: date, last: date, *, counts: int) -> list[int]:
        """Each count, summed over these days."""
        within = self._counts[bisect_left(self._days, first) : bisect_right(self._days, last)]
        return [sum(row[n] for row in within) for n in range(1, counts + 1)]


@lru_cache(shapes.KEPT)
def _first(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    sent = select(Request.sent_on).join(Case, Case.id == Request.case_id)
    sent = sent.where(Request.agency_id == AGENCY, Request.sent_on.is_not(None), Request.direction == "outgoing")
    return sent.where(shape.within, sight.requests(shape.viewer)).order_by(Request.sent_on).limit(1)


@lru_cache(shapes.KEPT)
def _asked(shape: ScopeShape, *, is_long: bool) -> Select[*tuple[Any, ...]]:
    accounts = select(func.count(Target.id)).where(Target.request_id == Request.id)
    came = or_(
        Request.status.in_((Status.PRODUCED, Status.PART_PRODUCED)),
        cast(Request.parts, String).contains('"produced"'),
        accounts.where(Target.outcome == "produced").scalar_subquery() > 0,
    )
    days = Request.sent_on.between(FIRST, LAST)
    within = case((days, 1), else_=0) == 1 if is_long else days
    rows = select(
        Request.sent_on.label("day"),
        func.count().label("requests"),
        cast(func.sum(accounts.scalar_subquery()), Integer).label("accounts"),
        func.sum(case((came, 1), else_=0)).label("answered"),
        func.sum(case((Request.emergency, 1), else_=0)).label("emergency"),
    ).join(Case, Case.id == Request.case_id)
    rows = rows.where(Request.agency_id == AGENCY, Request.party_id == PARTY, Request.direction != "incoming", within)
    rows = rows.where(Request.instrument.not_in(OTHERS), shape.within, sight.requests(shape.viewer))
    return rows.group_by(Request.sent_on).order_by(Request.sent_on)


@lru_cache(shapes.KEPT)
def _kept(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    rows = select(Preservation.asked_on.label("day"), func.count().label("requests"))
    asked = select(Preservation.id).where(Preservation.recipient_id == PARTY, Preservation.agency_id == AGENCY)
    asked = asked.where(Preservation.asked_on.between(FIRST, LAST)).correlate(None)
    rows = rows.join(Case, Case.id == Preservation.case_id).where(among(Preservation.id, asked.scalar_subquery()))
    rows = rows.where(Preservation.asker_id.is_(None), shape.within, sight.cases(shape.viewer))
    return rows.group_by(Preservation.asked_on).order_by(Preservation.asked_on)
