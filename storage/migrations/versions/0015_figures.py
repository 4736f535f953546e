"""Figures, look-ups and what was asked before begin at an index: they read what they count, not what is stored.

Why each index is there stands beside it in the models.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """An index that begins otherwise than before is made anew under its name."""
    op.create_index("ix_request_filed", "request", ["agency_id", "filed_at"])
    op.create_index("ix_request_sent", "request", ["agency_id", "sent_on"])
    op.create_index("ix_request_answered", "request", ["agency_id", "answered_on"])
    op.create_index("ix_request_answers", "request", ["recipient_id", "instrument", "answered_on"])
    op.drop_index("ix_clock_due", "clock")
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index("ix_clock_ended", "clock", ["agency_id", "ended_at"], sqlite_where=ended, postgresql_where=ended)
    op.drop_index("ix_clock_request", "clock")
    counts, runs = ["request_id", "kind", "due_at", "very_at", "imported"], sa.text("ended_at IS NULL")
    op.create_index("ix_clock_request", "clock", counts, sqlite_where=runs, postgresql_where=runs)
    taken = sa.text("person_id IS NOT NULL")
    op.create_index("ix_clock_taken", "clock", ["person_id"], sqlite_where=taken, postgresql_where=taken)
    op.create_index("ix_audit_actor", "audit", ["actor", "n"])
    op.create_index("ix_inbox_at", "inbox", ["at"])
    texts = sa.text("text <> ''")
    op.create_index("ix_inbox_text", "inbox", ["at"], sqlite_where=texts, postgresql_where=texts)
    op.drop_index("ix_case_own_reference_folded", "case")
    op.create_index("ix_case_own_reference_folded", "case", ["own_reference_folded", "agency_id"])
