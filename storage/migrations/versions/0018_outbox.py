"""Indexes of what is looked for and nothing else: folded, settled, posted; clocks that are stuck."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

INDEXES = (
    ("outbox", "ix_outbox_digest_id", "digest_id", "digest_id IS NOT NULL"),
    ("outbox", "ix_outbox_settled", "settled_at", "settled_at IS NOT NULL"),
    ("posting", "ix_posting_outbox", "outbox_id", "outbox_id IS NOT NULL"),
    ("clock", "ix_clock_stuck", "id", "failures >= 3"),
)


def upgrade() -> None:
    """They change no row."""
    op.drop_index("ix_outbox_digest_id", table_name="outbox")
    for table, name, column, condition in INDEXES:
        there = sa.text(condition)
        op.create_index(name, table, [column], sqlite_where=there, postgresql_where=there)
