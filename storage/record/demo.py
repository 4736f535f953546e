"""Demonstration databases: which they are. Only on these may time be moved, never back and never silently.

How far it was moved is on record (a trait), so every process on the database has the same time; `follow` asks again.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.errors import NotDemo
from storage.models import Clock
from storage.record import records
from storage.rules import alarms
from storage.times import TimeSource

TRAIT = "demo"
MOVED = "demo clock"  # seconds by which its time is ahead


class DemoClock:
    """The time of a demonstration: another clock's, and what it was moved by since."""

    def __init__(self, base: TimeSource) -> None:
        self._base = base
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The moment of the demonstration, aware UTC."""
        return self._base.now() + self.ahead


def is_demo(work: UnitOfWork) -> bool:
    """True for a database that was created for demonstration."""
    return records.trait(work, TRAIT) == "yes"


def must_be_demo(work: UnitOfWork) -> None:
    """Errors: NotDemo."""
    if not is_demo(work):
        raise NotDemo("time can be moved on a demonstration database only: python -m bot demo")


def mark_demo(work: UnitOfWork) -> None:
    """Say so for ever.

    Errors: NotDemo where the database holds cases already: a real record never becomes a demonstration.
    """
    if not is_demo(work):
        if records.any_case(work):
            raise NotDemo("this database holds real cases")
        records.set_trait(work, TRAIT, "yes")


def forget_missed(work: UnitOfWork) -> None:
    """A sample was told at one go: of the reminders that its past would have brought, only the last of each is due."""
    must_be_demo(work)
    for clock in work.session.scalars(select(Clock).where(Clock.ended_at.is_(None))):
        alarms.arm(work, clock)


def ahead(work: UnitOfWork) -> timedelta:
    """How far the time of this database was moved."""
    return timedelta(seconds=float(records.trait(work, MOVED) or 0)) if is_demo(work) else timedelta()


def move(work: UnitOfWork, by: timedelta) -> datetime:
    """Move the time of a demonstration on. Returns where it will stand; whoever runs the store lets it `follow`.

    Errors: NotDemo.
    """
    must_be_demo(work)
    after = work.now + by
    records.set_trait(work, MOVED, str((ahead(work) + by).total_seconds()))
    work.audit("demo clock", "demo", before={"now": work.now}, after={"now": after})
    return after


def follow(jobs: Jobs, clock: TimeSource) -> None:
    """Let a demonstration's clock stand where the record says; any other clock stays as it is. Blocks."""
    if isinstance(clock, DemoClock):
        clock.ahead = jobs.read(ahead).result()
