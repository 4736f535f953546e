"""Weeks: what the weeks of an agency came to, several at once. Reads only.

In: a scope (`reports.py`), Mondays. Out: counts for each.

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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Clock, Request
from storage.record.reports import Scope
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
    refused = or_(
        Request.status == Status.REFUSED,
        and_(Request.status == Status.TRANSFERRED, cast(Request.refusals, String) != "[]"),
    )
    outcome = case((Request.status.in_((Status.PRODUCED, Status.NOT_HELD)), "answered"), (refused, "refused"), else_="")
    ours = partial(scope.requests, Request.direction == "outgoing")
    opened = _by_week(work, scope.cases, Case.opened_at, begins, Case.agency_id)
    filed = _by_week(work, scope.requests, Request.filed_at, begins, Request.direction)
    sent = _by_week(work, ours, Request.sent_on, mondays, Request.direction)
    answers = _by_week(work, ours, Request.answered_on, mondays, outcome)
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


def _by_week(
    work: UnitOfWork,
    rows: Callable[..., Select[*tuple[Any, ...]]],
    day: InstrumentedAttribute[Any],
    begins: Sequence[date],
    kind: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> Counter[tuple[int, Any]]:
    """{(week, kind): how many}.

    rows: of conditions; day: what puts a row into a week; begins: of each week, and the end of the last.
    """
    week = case(*((day < end, n) for n, end in enumerate(begins[1:])))
    counted = rows(day >= begins[0], day < begins[-1])
    counted = counted.with_only_columns(week.label("week"), kind.label("kind"), func.count().label("count"))
    counted = counted.group_by("week", "kind")
    return Counter({(row.week, row.kind): row.count for row in work.session.execute(counted)})


def _overdue(work: UnitOfWork, scope: Scope, moments: Sequence[datetime]) -> list[int]:
    """Past due at each moment, and not answered by then, whenever that was recorded.

    Of the clocks that run now, and of those that have ended since the first moment.
    """
    late = and_(Clock.due_at <= moments[-1], not_(Clock.imported), Clock.request_id.is_not(None))
    ours = select(Clock.id).where(Clock.agency_id == scope.agency.id, late)
    query = scope.clocks(ours.where(Clock.ended_at.is_(None)), ours.where(Clock.ended_at > moments[0]))
    counts = []
    for at in moments:
        day = local_day(at - timedelta(microseconds=1), scope.agency.zone)
        then = and_(Clock.due_at <= at, or_(Clock.ended_at.is_(None), Clock.ended_at > at))
        unanswered = or_(Request.answered_on.is_(None), Request.answered_on > day)
        counts.append(func.count(case((and_(then, unanswered), Request.id)).distinct()))
    query = query.with_only_columns(*counts)
    return list(work.session.execute(query).one())
