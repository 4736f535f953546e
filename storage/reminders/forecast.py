"""Forecast: the next moment at which something happens by itself, and what is queued to be sent.

In: a unit of work. Out: moments and rows. Whoever wants to see the future moves `work.now` from one such moment to the
next and lets be said what is due, in a transaction that is undone (`bot/cli/rehearsal.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage.database.unit_of_work import UnitOfWork
from storage.messages import recipients
from storage.messages.sending import Claimed
from storage.models import Channel, Clock, OutboxRow, Ring
from storage.reminders import registers

_MOMENTS = (
    (Clock.ring_at, Clock.ended_at.is_(None)),
    (Channel.next_digest_at, Channel.left_at.is_(None)),
    (Channel.next_summary_at, Channel.left_at.is_(None)),
    (OutboxRow.not_before, OutboxRow.state == "pending"),
)


@dataclass(frozen=True)
class Queued:
    """One row that waits to be said. `at`: not before; `waits`: for the digest of its recipient; `why`: its cause."""

    row: Claimed
    name: str
    at: datetime
    waits: bool
    why: str


def next_moment(work: UnitOfWork) -> datetime | None:
    """When something next happens by itself, after `work.now`; aware UTC."""
    found = [
        work.session.scalar(select(func.min(moment)).where(moment > work.now, counts)) for moment, counts in _MOMENTS
    ]
    return min((moment for moment in (*found, registers.next_moment(work)) if moment), default=None)


def said(work: UnitOfWork) -> Iterator[Queued]:
    """What is due, taken as said once it was looked at."""
    for found in queued(work):
        if found.at <= work.now and not found.waits:
            yield found
            work.session.get_one(OutboxRow, found.row.id).state = "sent"


def queued(work: UnitOfWork) -> Iterator[Queued]:
    """Everything that waits to be said, in the order it will be."""
    rows = select(OutboxRow).where(OutboxRow.state == "pending").order_by(OutboxRow.not_before, OutboxRow.id)
    for row in work.session.scalars(rows.execution_options(populate_existing=True)).all():
        claimed = Claimed(
            id=row.id,
            cause=row.cause,
            notice=row.notice,
            fields=row.fields,
            recipient=row.recipient,
            platform=row.platform,
            label=row.label,
            subject=row.subject,
            card=row.card,
            marked=row.marked,
            urgent=row.urgent,
            attempts=row.attempts,
            doubtful_since=row.send_started_at,
        )
        yield Queued(claimed, recipients.name_of(work, row.recipient), row.not_before, row.wait, _why(work, row))


def _why(work: UnitOfWork, row: OutboxRow) -> str:
    """The clock, the rung and its moment, for a reminder; the cause, for all else."""
    clock = work.session.get(Clock, row.fields.get("clock_id", 0))
    if clock is None:
        return row.cause
    rung = select(Ring.due_at).where(
        Ring.clock_id == clock.id, Ring.epoch == row.fields.get("epoch"), Ring.rung == row.fields.get("rung")
    )
    rang_at = work.session.scalar(rung)
    rings = f", rings {rang_at:%Y-%m-%d %H:%M} UTC" if rang_at else ""
    return f"{clock.kind} clock {clock.id} of {row.subject}, rung {row.fields.get('rung', clock.rung)}{rings}"
