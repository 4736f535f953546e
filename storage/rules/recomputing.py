"""Open clocks computed anew by a named act, because what they are computed by has changed.

In: a calendar that was changed, or zones whose law was. Out: clock rows with their dates as they now are, and those
that moved, with the day before and after.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority, Clock
from storage.rules import clocks
from storage.times import zone_data

AT_ONCE = 500  # clocks of one transaction


def calendar_changed(work: UnitOfWork, calendar: str) -> list[tuple[Clock, date, date]]:
    """A holiday was added or taken away: recompute every open clock that counts working days by that calendar.

    Returns those that moved, with the day before and after; each has its audit line. Our own next steps are not news.
    """
    work.ask_again()
    rows = (
        select(Clock)
        .join(Authority, Authority.id == Clock.authority_id)
        .where(Clock.ended_at.is_(None), Clock.unit == "working_days")
        .where(
            or_(
                Authority.code == calendar,
                Authority.holiday_calendar == calendar,
                Authority.holiday_calendar.startswith(f"{calendar}-", autoescape=True),
            )
        )
    )
    moved = []
    for clock in work.session.scalars(rows):
        before = clock.due_on
        clocks.recompute(work, clock, "clock calendar")
        if before and clock.due_on and clock.due_on != before and clock.kind not in clocks.HOUSE:
            moved.append((clock, before, clock.due_on))
    return moved


def of_other_zone_data(work: UnitOfWork) -> int:
    """How many open clocks were computed with other zone data than this machine's."""
    return work.session.scalar(select(func.count()).where(*_other())) or 0


def zones_changed(work: UnitOfWork) -> list[tuple[Clock, datetime, datetime]]:
    """The next open clocks that were computed with other zone data, computed with this machine's; AT_ONCE at most.

    Returns those whose moment moved, with the moment before and after; each has its audit line. What a person typed
    stays as it was typed: a day is still that day, and a clock in hours still that many hours.
    """
    moved = []
    for clock in work.session.scalars(select(Clock).where(*_other()).order_by(Clock.id).limit(AT_ONCE)):
        before = clock.due_at
        clocks.keep_day_0(clock)
        clocks.recompute(work, clock, "clock zones")
        if before and clock.due_at and clock.due_at != before and clock.kind not in clocks.HOUSE:
            moved.append((clock, before, clock.due_at))
    return moved


def _other() -> tuple[ColumnElement[bool], ...]:
    return Clock.ended_at.is_(None), Clock.zone_data != zone_data()
