"""A year is counted from indexes: of clocks that have ended, of audit lines, of holds.

Each replaces one that began alike, but for the holds of an agency by the day they were asked for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Some seconds for each million requests on record."""
    ended = sa.text("ended_at IS NOT NULL")
    op.drop_index("ix_clock_ended", "clock")
    op.create_index(
        "ix_clock_ended", "clock", ["agency_id", "ended_at", "due_at"], sqlite_where=ended, postgresql_where=ended
    )
    op.drop_index("ix_audit_ref", "audit")
    op.create_index("ix_audit_ref", "audit", ["ref", "at"])
    op.drop_index("ix_preservation_recipient_id", "preservation")
    op.create_index("ix_preservation_recipient", "preservation", ["recipient_id", "agency_id", "asked_on"])
    op.create_index("ix_preservation_asked", "preservation", ["agency_id", "asked_on"])
