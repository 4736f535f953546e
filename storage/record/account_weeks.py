"""Accounts of weeks: what a week came to, counted by the accounts asked about, as providers' own reports count.

In: a scope (`scopes.py`), Mondays. Out: counts for each week, of what we asked.

    asked                            accounts of the requests we sent, by the day of sending
    produced, refused, not_held      what came of accounts, by the day of the answer they are in

An account without an outcome of its own has that of its request, on that day (`storage/rules/outcomes.py`).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Select, bindparam, case, func, literal, select, union_all

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among
from storage.models import Case, Request, Target
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.record.weeks import WEEK
from storage.rules.outcomes import OUTCOMES

ASKED = "asked"
COUNTED = (ASKED, *OUTCOMES)


def account_weeks(work: UnitOfWork, scope: Scope, last: date, count: int = 1) -> list[Counter[str]]:
    """{asked, produced, refused, not_held: how many accounts} of so many weeks, the oldest first; in two statements.

    last: the Monday of the last week.
    """
    mondays = [last - ago * WEEK for ago in range(count - 1, -2, -1)]
    values = {**scope.values, **{_on(n): monday for n, monday in enumerate(mondays)}}
    weeks = [Counter[str]() for _ in range(count)]
    for statement in (_sent(scope.shape, len(mondays)), _answered(scope.shape, len(mondays))):
        for week, counted, total in work.session.execute(statement, values):
            weeks[week][counted] += total
    return weeks


@lru_cache(shapes.KEPT)
def _sent(shape: ScopeShape, begins: int) -> Select[int, str, int]:
    on = _days(begins)
    rows = _of(shape, _ours().where(Request.sent_on >= on[0], Request.sent_on < on[-1]))
    week, counted = _week(Request.sent_on, on), literal(ASKED).label("counted")
    return rows.with_only_columns(week, counted, func.count()).group_by("week")


@lru_cache(shapes.KEPT)
def _answered(shape: ScopeShape, begins: int) -> Select[int, str, int]:
    on = _days(begins)
    own = _ours().where(Target.outcome_on >= on[0], Target.outcome_on < on[-1])
    whole = _ours().where(Request.answered_on >= on[0], Request.answered_on < on[-1], Target.outcome_on.is_(None))
    rows = _of(shape, own, whole.where(Request.status.in_(OUTCOMES)))
    week = _week(func.coalesce(Target.outcome_on, Request.answered_on), on)
    counted = func.coalesce(Target.outcome, Request.status).label("counted")
    return rows.with_only_columns(week, counted, func.count()).group_by("week", "counted")


def _ours() -> Select[int]:
    """The accounts of what an agency asked, by number."""
    return select(Target.id).join(Request).where(Request.agency_id == AGENCY, Request.direction == "outgoing")


def _of(shape: ScopeShape, *ways: Select[int]) -> Select[*tuple[Any, ...]]:
    """The accounts of those numbers that the scope counts, joined with request and case."""
    numbers = [way.correlate(None) for way in ways]
    found = (numbers[0] if len(numbers) == 1 else union_all(*numbers)).scalar_subquery()
    rows = select(Target.id).join(Request, Request.id == Target.request_id).join(Case, Case.id == Request.case_id)
    return rows.where(among(Target.id, found), shape.within, sight.requests(shape.viewer))


def _on(n: int) -> str:
    return f"day_{n}"


def _days(begins: int) -> list[Any]:
    """The day each week begins on, and the day after the last: parameters."""
    return [bindparam(_on(n), type_=Date()) for n in range(begins)]


def _week(day: Any, on: Sequence[Any]) -> Any:  # noqa: ANN401 - a column of either row
    """Which of the weeks a day is in, counted from 0."""
    return case(*((day < end, n) for n, end in enumerate(on[1:]))).label("week")
