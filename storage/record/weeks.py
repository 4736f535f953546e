"""Weeks: what the weeks of an agency came to, several at once. Reads only.

In: a scope (`scopes.py`), Mondays. Out: counts for each.

    opened      cases opened in the week
    filed       requests we filed; received: requests made to us
    sent        requests we sent, by the day of sending
    answered    produced, or not held, by the day of the answer; what was reopened since is no answer
    refused     by the day of the answer, also where the request was transferred since
    overdue     requests with a running clock past its due moment at the end of the week, or now if it is not over yet

A week is Monday to Sunday in the agency's zone. An answer counts on the day it was given, whenever it was recorded.
What is approximate of a past moment: a deadline that was extended, or paused, since counts as it stands today, because
the clock's row holds one due date; so a past week may show fewer overdue than it did then.
Why each count begins at a column of days: so it reads these weeks, however many years are stored.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    not_,
    or_,
    select,
)

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes
from storage.models import Case, Clock, Request
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import Status
from storage.times import at_local, local_day

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """The figures of one week."""

    opened: int
    filed: int
    received: int
    sent: int
    answered: int
    refused: int
    overdue: int


def weeks(work: UnitOfWork, scope: Scope, last: date, count: int = 1) -> list[Week]:
    """The figures of so many weeks, the oldest first; `last` is the Monday of the last one, told up to now.

    Each kind of figure is one statement, however many weeks.
    """
    mondays = [last - ago * WEEK for ago in range(count - 1, -2, -1)]
    begins = [at_local(monday, time(), scope.agency.zone) for monday in mondays]
    opened = _by_week(work, scope, Case.opened_at.key, begins)
    filed = _by_week(work, scope, Request.filed_at.key, begins)
    sent = _by_week(work, scope, Request.sent_on.key, mondays)
    answers = _by_week(work, scope, Request.answered_on.key, mondays)
    overdue = _overdue(work, scope, [min(end, work.now) for end in begins[1:]])
    return [
        Week(
            opened=opened[n, scope.agency.id],
            filed=filed[n, "outgoing"],
            received=filed[n, "incoming"],
            sent=sent[n, "outgoing"],
            answered=answers[n, "answered"],
            refused=answers[n, "refused"],
            overdue=overdue[n],
        )
        for n in range(count)
    ]


def _by_week(work: UnitOfWork, scope: Scope, day: str, begins: Sequence[date]) -> Counter[tuple[int, Any]]:
    """{(week, kind): how many}.

    day: the column that puts a row into a week; begins: of each week, and the end of the last.
    """
    values = {**scope.values, **{_at(n): begin for n, begin in enumerate(begins)}}
    counted = work.session.execute(_counted(scope.shape, day, len(begins)), values)
    return Counter({(row.week, row.kind): row.count for row in counted})


@lru_cache(shapes.KEPT)
def _counted(shape: ScopeShape, day: str, begins: int) -> Select[int, Any, int]:
    column: Any = Case.opened_at if day == Case.opened_at.key else getattr(Request, day)
    at = [bindparam(_at(n), type_=column.type) for n in range(begins)]
    within = (column >= at[0], column < at[-1])
    kind: ColumnElement[Any]
    if column is Case.opened_at:
        rows, kind = shape.cases(*within), Case.agency_id.expression
    elif column is Request.filed_at:
        rows, kind = shape.requests(*within), Request.direction.expression
    else:
        rows = shape.requests(Request.direction == "outgoing", *within)
        kind = Request.direction.expression if column is Request.sent_on else _outcome()
    week = case(*((column < end, n) for n, end in enumerate(at[1:])))
    counts = rows.with_only_columns(week.label("week"), kind.label("kind"), func.count().label("count"))
    return counts.group_by("week", "kind")


def _outcome() -> ColumnElement[str]:
    refused = or_(
        Request.status == Status.REFUSED,
        and_(Request.status == Status.TRANSFERRED, cast(Request.refusals, String) != "[]"),
    )
    answered = Request.status.in_((Status.PRODUCED, Status.NOT_HELD))
    return case((answered, "answered"), (refused, "refused"), else_="")


def _overdue(work: UnitOfWork, scope: Scope, moments: Sequence[datetime]) -> list[int]:
    """Past due at each moment, and not answered by then, whenever that was recorded."""
    values = dict[str, Any](scope.values)
    for n, at in enumerate(moments):
        values |= {_at(n): at, _day(n): local_day(at - timedelta(microseconds=1), scope.agency.zone)}
    return list(work.session.execute(_late(scope.shape, len(moments)), values).one())


@lru_cache(shapes.KEPT)
def _late(shape: ScopeShape, moments: int) -> Select[*tuple[int, ...]]:
    """Of the clocks that run now, and of those that have ended since the first moment."""
    at: list[BindParameter[datetime]] = [bindparam(_at(n)) for n in range(moments)]
    days: list[BindParameter[date]] = [bindparam(_day(n)) for n in range(moments)]
    late = and_(Clock.due_at <= at[-1], not_(Clock.imported), Clock.request_id.is_not(None))
    ours = select(Clock.id).where(Clock.agency_id == AGENCY, late)
    query = shape.clocks(ours.where(Clock.ended_at.is_(None)), ours.where(Clock.ended_at > at[0]))
    counts = []
    for moment, day in zip(at, days, strict=True):
        then = and_(Clock.due_at <= moment, or_(Clock.ended_at.is_(None), Clock.ended_at > moment))
        unanswered = or_(Request.answered_on.is_(None), Request.answered_on > day)
        counts.append(func.count(case((and_(then, unanswered), Request.id)).distinct()))
    return query.with_only_columns(*counts)


def _at(n: int) -> str:
    return f"at_{n}"


def _day(n: int) -> str:
    return f"day_{n}"
