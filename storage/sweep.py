"""The sweep: every clock whose next reminder has come rings, once, and what it says is queued in the same transaction.

In: the store and its clock. Out: ring rows, outbox rows, the next rung of each clock. It remembers nothing itself.
Why batches: each ring would be its own transaction, but a hundred in one, written as sets, cost a tenth; a batch that
fails is done again clock by clock, so one poisoned clock does not stop the others. What forbids a double is not the
transaction but the unique row (clock, epoch, rung): two sweepers, a thawed leader or a repeated tick find it taken.
Nothing is rendered here: an outbox row says which clock and which rung, and is put into words when it is sent.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Insert, Select, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import defer, joinedload

from storage import audience
from storage.base import Base
from storage.errors import StorageError
from storage.jobs import Jobs
from storage.models import Authority, Case, Clock, Outbound, Person, Preservation, Request, Ring
from storage.plain import encode
from storage.rules import alarms
from storage.rules.reminders import Sounding
from storage.unit_of_work import UnitOfWork

log = logging.getLogger("rogatory.sweep")

BATCH = 100  # clocks in one transaction
MOST = 200  # batches in one sweep: a backlog larger than 20,000 goes on with the next tick, before the watch worries
LATE = timedelta(minutes=10)  # from here on a reminder says that it is late
TRIES = 3  # failures of one clock before it is set aside and people are told


@dataclass(frozen=True)
class Swept:
    """What one sweep did: rings recorded, things queued to be said, clocks that failed."""

    rings: int = 0
    queued: int = 0
    failed: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.rings + other.rings, self.queued + other.queued, self.failed + other.failed)


@dataclass(frozen=True)
class Due:
    """One rung of one clock that sounds now."""

    clock: Clock
    sounding: Sounding
    following: Sounding | None
    late: bool


def sweep(store: Jobs) -> Swept:
    """Ring everything that is due at the store's present moment, in due order. Blocks; call it off the event loop."""
    total = Swept()
    for _ in range(MOST):
        try:
            done = store.write(_batch).result()
        except StorageError:
            raise
        except Exception:
            log.exception("a batch failed; its clocks are rung one by one")
            done = _one_by_one(store)
        total += done
        if done.rings + done.failed == 0:
            break
    return total


def due_now(work: UnitOfWork, limit: int = BATCH) -> Sequence[int]:
    """The numbers of the clocks whose reminder has come, in due order; a set-aside clock has no `ring_at`."""
    query = select(Clock.id).where(Clock.ring_at <= work.now)
    return work.session.scalars(query.order_by(Clock.ring_at, Clock.id).limit(limit)).all()


def _taken(work: UnitOfWork, query: Select[Clock]) -> Sequence[Clock]:
    """The clocks, for this transaction alone: on PostgreSQL another sweep passes them over."""
    if work.postgres:
        query = query.with_for_update(of=Clock, skip_locked=True)
    return work.session.scalars(query.options(*_WITH)).unique().all()


_CASE = (Case.agency_id, Case.lead_id, Case.opened_by, Case.label, Case.version)
_REQUEST = (Request.ref, Request.sender_id, Request.recipient_id, Request.emergency, Request.status_at, Request.version)

_WITH = (
    defer(Clock.pauses),
    defer(Clock.extensions),
    joinedload(Clock.authority).load_only(Authority.zone),
    joinedload(Clock.request).load_only(*_REQUEST),
    joinedload(Clock.request).joinedload(Request.case).load_only(*_CASE),
    joinedload(Clock.request).joinedload(Request.case).joinedload(Case.lead).selectinload(Person.accounts),
    joinedload(Clock.preservation).load_only(Preservation.ref, Preservation.version),
    joinedload(Clock.preservation).joinedload(Preservation.case).load_only(*_CASE),
    joinedload(Clock.preservation).joinedload(Preservation.case).joinedload(Case.lead).selectinload(Person.accounts),
)
"""What ringing reads, and no more: a wide row costs as much as its ring."""

_CLOCKS, _RINGS, _OUTBOX = (Base.metadata.tables[model.__tablename__] for model in (Clock, Ring, Outbound))


def _batch(work: UnitOfWork) -> Swept:
    due = select(Clock).where(Clock.ring_at <= work.now).order_by(Clock.ring_at, Clock.id).limit(BATCH)
    return _ring(work, _taken(work, due))


def _one_by_one(store: Jobs) -> Swept:
    """Each clock of the next batch in its own transaction; one that fails waits, and after three times is set aside."""
    total = Swept()
    for clock_id in store.read(due_now).result():
        try:
            total += store.write(lambda work, only=clock_id: _ring(work, _only(work, only))).result()  # type: ignore[misc]
        except StorageError:
            raise
        except Exception:
            log.exception("clock %s failed", clock_id)
            store.write(lambda work, only=clock_id: _set_back(work, only)).result()  # type: ignore[misc]
            total += Swept(failed=1)
    return total


def _only(work: UnitOfWork, clock_id: int) -> Sequence[Clock]:
    """That one, unless another sweep has rung it meanwhile."""
    return _taken(work, select(Clock).where(Clock.id == clock_id, Clock.ring_at <= work.now))


def _set_back(work: UnitOfWork, clock_id: int) -> None:
    """Try again in a minute; after three failures no more, with an audit line, and health counts it."""
    clock = work.session.get_one(Clock, clock_id)
    clock.failures += 1
    clock.ring_at = work.now + timedelta(minutes=1) if clock.failures < TRIES else None
    if clock.ring_at is None:
        work.audit("clock set aside", f"clock {clock_id}", after={"rung": clock.rung, "failures": clock.failures})
        audience.alarm(work, clock)


def _ring(work: UnitOfWork, clocks: Sequence[Clock]) -> Swept:
    """Record the rings, queue what they say, set the next rung: three statements for the whole batch."""
    due = [found for clock in clocks if (found := _sounding(work, clock))]
    if not due:
        return Swept(rings=len(clocks))  # put right, and not sounded: their next moment is set
    recorded = work.session.execute(_unless_there(work), [_ring_row(work, item) for item in due])
    rung = {tuple(row) for row in recorded}
    spoken = [item for item in due if (item.clock.id, item.clock.epoch, item.sounding.code) in rung]
    rows = [row for item in spoken for row in _said(work, item)]
    queued = len(work.session.execute(_queue(work), rows).all()) if rows else 0
    work.session.execute(_GO_ON, [_next(item) for item in due])
    return Swept(len(clocks), queued)


def _sounding(work: UnitOfWork, clock: Clock) -> Due | None:
    """What sounds now. None where the clock must be put right first: closed, snoozed, or a contact of late."""
    schedule = alarms.schedule_of(work.reference, clock)
    sounding = schedule.named(clock.rung) if schedule and clock.ended_at is None else None
    if schedule is None or sounding is None:
        alarms.arm(work, clock)
        return None
    _, earliest = alarms.upcoming(work.reference, clock, work.now, schedule)
    if sounding.wait and earliest and earliest > work.now:
        alarms.arm(work, clock)
        return None
    late = clock.ring_at is not None and work.now - clock.ring_at > LATE
    return Due(clock, sounding, schedule.after(sounding), late)


def _ring_row(work: UnitOfWork, item: Due) -> dict[str, Any]:
    clock = item.clock
    return {
        "clock_id": clock.id,
        "epoch": clock.epoch,
        "rung": item.sounding.code,
        "due_at": clock.ring_at,
        "rung_at": work.now,
        "late": item.late,
    }


_GO_ON = (
    update(_CLOCKS)
    .where(_CLOCKS.c.id == bindparam("of"))
    .values(rung=bindparam("to"), ring_at=bindparam("at"), failures=0)
)


def _next(item: Due) -> dict[str, Any]:
    following = item.following
    return {
        "of": item.clock.id,
        "to": following.code if following else "",
        "at": following.at if following else None,
    }


def _said(work: UnitOfWork, item: Due) -> Iterable[dict[str, Any]]:
    clock, sounding = item.clock, item.sounding
    subject = clock.request or clock.preservation
    if subject is None:
        return
    facts = {"clock_id": clock.id, "epoch": clock.epoch, "rung": sounding.code, "late": item.late, "rang_at": work.now}
    for hearer in audience.of(work, subject, sounding):
        yield {
            "cause": f"ring:{clock.id}:{clock.epoch}:{sounding.code}",
            "notice": "nudge",
            "fields": encode(facts),
            "recipient": hearer.recipient,
            "platform": hearer.platform,
            "label": subject.case.label,
            "subject": subject.ref,
            "not_before": hearer.morning if sounding.wait else work.now,
            "state": "pending",
            "wait": sounding.wait,
            "urgent": not sounding.wait,
            "marked": False,
            "attempts": 0,
            "outcome": "",
        }


def _unless_there(work: UnitOfWork) -> Insert:
    chosen = postgresql.insert if work.postgres else sqlite.insert
    statement = chosen(_RINGS).on_conflict_do_nothing()
    return statement.returning(_RINGS.c.clock_id, _RINGS.c.epoch, _RINGS.c.rung)


def _queue(work: UnitOfWork) -> Insert:
    chosen = postgresql.insert if work.postgres else sqlite.insert
    return chosen(_OUTBOX).on_conflict_do_nothing().returning(_OUTBOX.c.id)
