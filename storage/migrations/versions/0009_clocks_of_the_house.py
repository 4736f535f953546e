"""What waited for ourselves before there were clocks for it waits from the day of the migration on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.models.base import Json
from storage.times import SystemClock, UTCDateTime

revision = "0009"
down_revision = "0008"

WAITS = {
    ("outgoing", "approval"): "approval",
    ("outgoing", "draft"): "draft",
    ("outgoing", "refused"): "next_step",
    ("incoming", "sent"): "intake",
}
TEXTS = ("kind", "rule", "instrument", "unit", "counted_from", "origin", "rung")
NUMBERS = ("request_id", "preservation_id", "authority_id", "amount", "epoch", "failures")
MOMENTS = ("starts_at", "due_at", "very_at", "ring_at")
CLOCK = sa.table(
    "clock",
    *(sa.column(name, sa.String()) for name in TEXTS),
    *(sa.column(name, sa.Integer()) for name in NUMBERS),
    *(sa.column(name, UTCDateTime()) for name in MOMENTS),
    *(sa.column(name, Json) for name in ("pauses", "extensions")),
    sa.column("due_on", sa.Date()),
    sa.column("imported", sa.Boolean()),
)


def upgrade() -> None:
    """One working day, near enough: the first reminder reckons it exactly, or finds it over."""
    now = SystemClock().now()
    day, month = now + timedelta(days=1), now + timedelta(days=31)
    start = {"amount": 1, "unit": "working_days", "counted_from": "filed", "origin": "house_default", "rung": "due"}
    start |= {"starts_at": now, "due_at": day, "due_on": day.date(), "very_at": month, "ring_at": day}
    start |= {"epoch": 0, "failures": 0, "pauses": [], "extensions": []}
    if rows := [start | of for of in _waiting(op.get_bind())]:
        op.bulk_insert(CLOCK, rows)


def _waiting(bind: sa.Connection) -> Iterator[dict[str, Any]]:
    """Of open cases. Refusals count as old rows: there may be thousands, and each would be a reminder."""
    case = sa.table("case", *map(sa.column, ("id", "agency_id", "closed_at")))
    request = sa.table("request", *map(sa.column, ("id", "case_id", "instrument", "direction", "status")))
    kept = sa.table("preservation", *map(sa.column, ("id", "case_id", "instrument", "confirmed_on", "closed_at")))
    asked = sa.select(request, case.c.agency_id).join(case, case.c.id == request.c.case_id)
    for row in bind.execute(asked.where(case.c.closed_at.is_(None))).all():
        if kind := WAITS.get((row.direction, row.status)):
            yield _of(kind, row) | {"request_id": row.id, "preservation_id": None}
    held = sa.select(kept.c.id, kept.c.instrument, case.c.agency_id).join(case, case.c.id == kept.c.case_id)
    held = held.where(case.c.closed_at.is_(None), kept.c.confirmed_on.is_(None), kept.c.closed_at.is_(None))
    for row in bind.execute(held).all():
        yield _of("confirmation", row) | {"request_id": None, "preservation_id": row.id}


def _of(kind: str, row: sa.Row[Any]) -> dict[str, Any]:
    named = {"instrument": row.instrument, "authority_id": row.agency_id}
    return {"kind": kind, "rule": kind, "imported": kind == "next_step", **named}
