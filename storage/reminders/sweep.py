"""The sweep: every clock whose next reminder has come rings, once, and what it says is queued in the same transaction.

In: the store and its clock. Out: ring rows, outbox rows, the next rung of each clock. It remembers nothing itself.
Why batches: each ring would be its own transaction, but a thousand in one, written as sets, cost a tenth; a batch that
fails is done again in smaller ones, then clock by clock, so that one poisoned clock does not stop the others. What
forbids a double is not the transaction but the unique row (clock, epoch, rung): two sweepers, a thawed leader or a
repeated tick find it taken.
Nothing is rendered here: an outbox row says which clock and which rung, and is put into words when it is sent.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    Executable,
    Integer,
    bindparam,
    exists,
    false,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.bulk import execute_many
from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError
from storage.models import Authority, Case, Clock, OutboxRow, Preservation, Request, Ring
from storage.models.base import Base
from storage.reminders import audience
from storage.reminders.audience import Hearer, Matter
from storage.rules import alarms
from storage.rules.alarms import Ripe
from storage.rules.schedules import Schedule, Sounding
from storage.serialization import encode
from storage.times import UTCDateTime

log = logging.getLogger("rogatory.sweep")

BATCH = 1_000  # clocks in one transaction: a command waits some tens of milliseconds for it
APART = 200  # clocks in one where a larger one failed; where that fails, too, as many are rung one by one
MOST = 200  # batches in one sweep: a backlog larger than 200,000 goes on with the next tick, before the watch worries
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


class Taken(NamedTuple):
    """A clock whose reminder has come. `has_rung`: this rung of this epoch is on record."""

    clock: Ripe
    matter: Matter
    has_rung: bool


class Due(NamedTuple):
    """One rung of one clock that sounds now."""

    clock: Ripe
    matter: Matter
    has_rung: bool
    sounding: Sounding
    following: Sounding | None
    late: bool


def sweep(store: Jobs) -> Swept:
    """Ring everything that is due at the store's present moment, in due order. Blocks; call it off the event loop."""
    total, most = Swept(), BATCH
    for _ in range(MOST):
        try:
            done = store.write(partial(_batch, most=most)).result()
        except StorageError:
            raise
        except Exception:
            log.exception("a batch failed; its clocks are rung %s", "one by one" if most == APART else "in less")
            if most > APART:
                most = APART
                continue
            done = _one_by_one(store)
        total += done
        if done.rings + done.failed == 0:
            break
    return total


def due_now(work: UnitOfWork, limit: int = APART) -> Sequence[int]:
    """The numbers of the clocks whose reminder has come, in due order; a set-aside clock has no `ring_at`."""
    query = select(Clock.id).where(Clock.ring_at <= work.now)
    return work.session.scalars(query.order_by(Clock.ring_at, Clock.id).limit(limit)).all()


_READ = (
    select(
        Clock.id, Clock.epoch, Clock.kind, Clock.rung, Clock.ring_at, Clock.rule, Clock.unit, Clock.instrument,
        Clock.starts_at, Clock.due_on, Clock.due_at, Clock.very_at, Clock.ended_at, Clock.quiet_until, Clock.imported,
        Authority.zone, func.coalesce(Request.emergency, Preservation.emergency),
        func.coalesce(Request.sent_on, Preservation.asked_on), Request.filed_at, Request.status_at,
        Clock.authority_id == Case.agency_id,
        func.coalesce(Request.ref, Preservation.ref), Case.label, Case.id, Case.agency_id,
        Case.lead_id, Case.opened_by, Request.sender_id, Request.recipient_id, Request.filed_by, Clock.person_id,
        exists().where(Ring.clock_id == Clock.id, Ring.epoch == Clock.epoch, Ring.rung == Clock.rung),
    )
    .select_from(Clock)
    .join(Authority, Authority.id == Clock.authority_id)
    .outerjoin(Request, Request.id == Clock.request_id)
    .outerjoin(Preservation, Preservation.id == Clock.preservation_id)
    .join(Case, Case.id == func.coalesce(Request.case_id, Preservation.case_id))
    .where(Clock.ring_at <= bindparam("now", type_=UTCDateTime))
    .with_for_update(of=Clock, skip_locked=True)  # another sweep passes over what this one has; SQLite has one writer
)  # fmt: skip
"""A due clock, and what it is of: the fields of `Ripe`, those of `Matter`, and whether it has rung this rung."""
_BATCH = _READ.order_by(Clock.ring_at, Clock.id).limit(bindparam("most", type_=Integer))
_ONLY = _READ.where(Clock.id == bindparam("only"))


def _batch(work: UnitOfWork, most: int = BATCH) -> Swept:
    return _ring(work, _taken(work, _BATCH, most=most))


def _taken(work: UnitOfWork, query: Executable, **values: int) -> list[Taken]:
    """The clocks, for this transaction alone, and what each is of."""
    first = len(Ripe._fields)
    rows = work.connection.execute(query, {"now": work.now, **values})
    return [Taken(Ripe(*row[:first]), Matter(*row[first:-1]), row[-1]) for row in rows]


def _one_by_one(store: Jobs) -> Swept:
    """Each of the next clocks in its own transaction; one that fails waits, and after three times is set aside."""
    total = Swept()
    for clock_id in store.read(due_now).result():
        try:
            total += store.write(lambda work, only=clock_id: _ring(work, _taken(work, _ONLY, only=only))).result()  # type: ignore[misc]
        except StorageError:
            raise
        except Exception:
            log.exception("clock %s failed", clock_id)
            store.write(lambda work, only=clock_id: _set_back(work, only)).result()  # type: ignore[misc]
            total += Swept(failed=1)
    return total


def _set_back(work: UnitOfWork, clock_id: int) -> None:
    """Try again in a minute; after three failures no more, with an audit line, and health counts it."""
    clock = work.session.get_one(Clock, clock_id)
    clock.failures += 1
    clock.ring_at = work.now + timedelta(minutes=1) if clock.failures < TRIES else None
    if clock.ring_at is None:
        work.audit("clock set aside", f"clock {clock_id}", after={"rung": clock.rung, "failures": clock.failures})
        audience.alarm(work, clock)


def _ring(work: UnitOfWork, clocks: Sequence[Taken]) -> Swept:
    """Record the rings, queue what they say, set the next rung: a statement for each of these, and the whole batch.

    What must be put right first, and does not sound, has its next moment set.
    """
    connection = work.connection
    sounds = [_sounding(work, taken) for taken in clocks]
    wrong = [taken.clock for taken, due in zip(clocks, sounds, strict=True) if due is None]
    execute_many(
        connection, _PUT_RIGHT, [_next(clock, *alarms.upcoming(work.reference, clock, work.now)) for clock in wrong]
    )
    due = [item for item in sounds if item]
    spoken = [item for item in due if not item.has_rung]
    execute_many(connection, _RECORD, [_ring_row(work, item) for item in spoken])
    rang_at, heard = encode(work.now), audience.of(work, [(item.matter, item.sounding) for item in spoken])
    rows = [row for item, hearers in zip(spoken, heard, strict=True) for row in _said(item, hearers, work.now, rang_at)]
    queued = execute_many(connection, _QUEUE[work.postgres], rows)
    work.queued = work.queued or queued > 0
    execute_many(
        connection, _GO_ON, [_next(one.clock, one.following, one.following and one.following.at) for one in due]
    )
    return Swept(len(clocks), queued)


def _sounding(work: UnitOfWork, taken: Taken) -> Due | None:
    """What sounds now. None where the clock must be put right first: closed, snoozed, or a contact of late."""
    clock = taken.clock
    schedule = alarms.schedule_of(work.reference, clock)
    sounding = schedule.named(clock.rung) if schedule and clock.ended_at is None else None
    if schedule is None or sounding is None or (sounding.wait and _is_early(work, clock, schedule, sounding)):
        return None
    return Due(*taken, sounding, schedule.after(sounding), late=work.now - clock.ring_at > LATE)


def _is_early(work: UnitOfWork, clock: Ripe, schedule: Schedule, sounding: Sounding) -> bool:
    """Whether it must keep still now, or none of its rungs has come."""
    if alarms.allowed_from(work.reference, clock, work.now) > work.now:
        return True
    return sounding.at > work.now and schedule.passed(work.now) is None


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


_CLOCKS, _RINGS, _OUTBOX = (Base.metadata.tables[model.__tablename__] for model in (Clock, Ring, OutboxRow))
_RECORD = insert(_RINGS).values(
    {column: bindparam(column) for column in ("clock_id", "epoch", "rung", "due_at", "rung_at", "late")}
)
_PUT_RIGHT = (
    update(_CLOCKS).where(_CLOCKS.c.id == bindparam("of")).values(rung=bindparam("to"), ring_at=bindparam("next_at"))
)
_GO_ON = _PUT_RIGHT.values(failures=text("0"))


def _next(clock: Ripe, sounding: Sounding | None, at: datetime | None) -> dict[str, Any]:
    return {"of": clock.id, "to": sounding.code if sounding else "", "next_at": at if sounding else None}


_OF_A_ROW = ("cause", "fields", "recipient", "platform", "label", "subject", "not_before", "wait", "urgent")


def _said(item: Due, hearers: Iterable[Hearer], now: datetime, rang_at: object) -> Iterable[dict[str, Any]]:
    """The rows of a rung. What a person hears at once waits for the end of this tick: of several it makes one."""
    clock, matter, sounding = item.clock, item.matter, item.sounding
    facts = {
        "clock_id": clock.id,
        "epoch": clock.epoch,
        "rung": sounding.code,
        "late": item.late,
        "rang_at": rang_at,
    }
    cause = f"ring:{clock.id}:{clock.epoch}:{sounding.code}"
    for hearer in hearers:
        folds = sounding.wait or (clock.unit != "hours" and not hearer.recipient.is_channel)
        yield {
            "cause": cause,
            "fields": facts,
            "recipient": hearer.recipient,
            "platform": hearer.platform,
            "label": matter.label,
            "subject": matter.ref,
            "not_before": hearer.morning if sounding.wait else now,
            "wait": folds,
            "urgent": not sounding.wait,
        }


_QUEUE = {
    postgres: insert_of(_OUTBOX)
    .values(
        {column: bindparam(column) for column in _OF_A_ROW}
        | {
            "notice": literal_column("'nudge'"),
            "state": literal_column("'pending'"),
            "card": true(),
            "marked": false(),
            "attempts": literal_column("0"),
            "outcome": literal_column("''"),
        }
    )
    .on_conflict_do_nothing()
    for postgres, insert_of in ((True, postgresql.insert), (False, sqlite.insert))
}
