"""The day of the last answer in part stands in the request, and what changed the past is found by when it was recorded.

The day was on the chain alone. What a room is posted on Monday is a summary as any other, by another name.
"""

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

AUDIT = sa.table("audit", *(sa.column(name) for name in ("n", "at", "act", "ref", "facts")))
REQUEST = sa.table("request", sa.column("ref"), sa.column("part_on", sa.Date()))


def upgrade() -> None:
    """Every request that was ever answered in part has the day of the last such answer."""
    op.add_column("request", sa.Column("part_on", sa.Date(), nullable=True))
    known = sa.text("part_on IS NOT NULL")
    op.create_index("ix_request_part", "request", ["agency_id", "part_on"], sqlite_where=known, postgresql_where=known)
    changes = sa.text("act IN ('request correct', 'request part', 'request reopen', 'request undo')")
    op.create_index("ix_audit_changed", "audit", ["at", "ref"], sqlite_where=changes, postgresql_where=changes)
    lines = sa.select(AUDIT.c.ref, AUDIT.c.facts).where(changes, AUDIT.c.act == "request part").order_by(AUDIT.c.n)
    last = {ref: date.fromisoformat(json.loads(facts)["after"]["on"]) for ref, facts in op.get_bind().execute(lines)}
    if last:
        part = sa.update(REQUEST).where(REQUEST.c.ref == sa.bindparam("its_ref")).values(part_on=sa.bindparam("on"))
        op.get_bind().execute(part, [{"its_ref": ref, "on": on} for ref, on in last.items()])
    op.execute("UPDATE outbox SET notice = 'summary_period' WHERE notice = 'summary_week' AND state = 'pending'")
