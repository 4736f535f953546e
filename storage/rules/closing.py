"""Closing a case ends its preservations and its clocks; opening it again brings back what the closing ended.

In: a case, with what was merged into it. Out: rows closed or alive. What was ended by anything else, before or at that
very moment, stays ended.
"""

from datetime import date, datetime

from sqlalchemy import select, union_all

from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Clock, Preservation, Request
from storage.rules import clocks, holds


def close(work: UnitOfWork, case: Case) -> None:
    """Close it: its data is left to lapse, and nobody is reminded of anything of it."""
    case.closed_at = work.now
    for kept in _preservations(case):
        holds.end_with_case(work, kept)
    for clock in _clocks(work, case, ended_at=None):
        clocks.end(work, clock)


def reopen(work: UnitOfWork, case: Case) -> tuple[tuple[str, ...], tuple[tuple[str, date], ...]]:
    """Open it again, for itself. Its holds stand where they stood.

    Returns the references of those that are alive again, and of those whose last day has passed since, with that day.
    What was merged into another is closed without an end to anything; that came with the closing of the whole.
    """
    closed_at = case.whole.closed_at
    case.closed_at = case.merged_into = None
    if closed_at is None:
        return (), ()
    for clock in _clocks(work, case, ended_at=closed_at):
        if clock.request is None or clock.request.status_at != closed_at:  # else its request was ended with the case
            clocks.put_back(work, clock, pauses=clock.pauses, ended_at=None)
    back = [kept for kept in _preservations(case) if holds.come_back(work, kept, closed_at=closed_at)]
    over = {kept.ref: kept.expires_on for kept in back if kept.expires_on and holds.is_over(kept, work.now)}
    return tuple(kept.ref for kept in back if kept.ref not in over), tuple(over.items())


def _preservations(case: Case) -> list[Preservation]:
    """Of the case, and of every one that became part of it."""
    return [kept for one in case.together for kept in one.preservations]


def _clocks(work: UnitOfWork, case: Case, *, ended_at: datetime | None) -> list[Clock]:
    """The clocks of a case that ended at a moment, those of its preservations too; None: that are open."""
    ids = [one.id for one in case.together]
    asked = Clock.request_id.in_(select(Request.id).where(Request.case_id.in_(ids)))
    kept = Clock.preservation_id.in_(select(Preservation.id).where(Preservation.case_id.in_(ids)))
    when = Clock.ended_at.is_(None) if ended_at is None else Clock.ended_at == ended_at
    rows = union_all(*(select(Clock.id).where(of_it, when) for of_it in (asked, kept)))
    return list(work.session.scalars(select(Clock).where(Clock.id.in_(rows)).order_by(Clock.id)))
