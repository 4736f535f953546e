"""Nudges: what an outbox row of the sweep stands for, and whether it is still true.

In: the fields of a "nudge", or a "digest" that nudges were folded into, and who is to read it. Out: the rung that
sounded and its clock, for what is still true now and may be read by this reader. Asked when it is sent: between the
ring and the morning people answer, ask for more time, or leave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import not_, select
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import recipients
from storage.messages.sending import Claimed
from storage.models import Case, Channel, Clock, OutboxRow, Person, Preservation, Request
from storage.record import records
from storage.rules import alarms
from storage.rules.lifecycle import WAITING
from storage.serialization import decode


@dataclass(frozen=True)
class SoundedRung:
    """One rung that sounded, as its row carries it. `rang_at` is aware UTC; `late`: well after its moment."""

    clock_id: int
    epoch: int
    rung: str
    late: bool
    rang_at: datetime


@dataclass(frozen=True)
class Standing:
    """A rung that is still true, with its clock."""

    rung: SoundedRung
    clock: Clock

    @property
    def subject(self) -> Request | Preservation:
        """What the clock is of."""
        subject = self.clock.request or self.clock.preservation
        assert subject is not None, self.clock.id  # noqa: S101 - a clock of nothing never rings
        return subject


def one(fields: Mapping[str, Any]) -> SoundedRung:
    """The rung of a nudge's fields."""
    facts: Any = decode(dict(fields))
    return SoundedRung(**facts)


def folded(work: UnitOfWork, digest_id: int) -> list[SoundedRung]:
    """The rungs that were folded into a digest; of several of one clock the last."""
    rows = select(OutboxRow.fields).where(OutboxRow.digest_id == digest_id, OutboxRow.notice == "nudge")
    rungs = map(one, work.session.scalars(rows.order_by(OutboxRow.id)))
    return list({rung.clock_id: rung for rung in rungs}.values())


def overtaken(work: UnitOfWork, row: Claimed) -> bool:
    """Whether a later rung of the same clock was queued for the same reader and does not wait: that one is said."""
    rung = one(row.fields)
    later = OutboxRow.cause.startswith(f"ring:{rung.clock_id}:{rung.epoch}:", autoescape=True)
    query = select(OutboxRow.id).where(later, OutboxRow.recipient == row.recipient, OutboxRow.id > row.id)
    alive = not_(OutboxRow.wait), OutboxRow.state.in_(("pending", "sending", "sent"))
    return work.session.scalar(query.where(*alive).limit(1)) is not None


def standing(
    work: UnitOfWork, reader: Person | Channel, rungs: Iterable[SoundedRung], *, ceiling: Label
) -> list[Standing]:
    """What of it is still true and may be read where it is said, the longest due first."""
    by_clock = {rung.clock_id: rung for rung in rungs}
    found = [Standing(by_clock[clock.id], clock) for clock in _clocks(work, list(by_clock))]
    true = [item for item in found if _still(work, item) and _fits(reader, item.subject.case, ceiling)]
    visible = _visible(work, reader, [item.subject.ref for item in true])
    return [item for item in true if item.subject.ref in visible]


def _clocks(work: UnitOfWork, ids: Sequence[int]) -> Sequence[Clock]:
    query = select(Clock).where(Clock.id.in_(ids), Clock.ended_at.is_(None), Clock.due_at.is_not(None))
    query = query.options(
        joinedload(Clock.authority),
        joinedload(Clock.request).options(
            joinedload(Request.case), joinedload(Request.sender), joinedload(Request.recipient)
        ),
        joinedload(Clock.preservation).options(joinedload(Preservation.case), joinedload(Preservation.recipient)),
    )
    return work.session.scalars(query.order_by(Clock.due_at, Clock.id)).unique().all()


def _still(work: UnitOfWork, item: Standing) -> bool:
    """Not answered, not snoozed, no other dates since; and what can wait, no contact since it rang."""
    clock, rung = item.clock, item.rung
    if clock.epoch != rung.epoch or (clock.quiet_until and work.now < clock.quiet_until):
        return False
    if clock.request is None:
        return True
    if clock.request.status not in WAITING:
        return False
    contact, schedule = clock.request.status_at, alarms.schedule_of(work.reference, clock)
    sounding = schedule.named(rung.rung) if schedule else None
    rests = work.now < contact + alarms.AFTER_CONTACT and contact >= rung.rang_at
    return not (rests and sounding and sounding.wait)


def _fits(reader: Person | Channel, case: Case, ceiling: Label) -> bool:
    spoken_of = isinstance(reader, Person) or reader.host_id in {None, case.agency_id}
    return spoken_of and Label(case.label).within(ceiling)


def _visible(work: UnitOfWork, reader: Person | Channel, refs: Sequence[str]) -> set[str]:
    seen = (records.seen(work, viewer, refs) for viewer in recipients.viewers(reader))
    return set().union(*seen)
