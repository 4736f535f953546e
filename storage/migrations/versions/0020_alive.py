"""Indexes of small sets that PostgreSQL else looks for among all: living holds by number, what waits by whom for."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

INDEXES = (
    ("preservation", "ix_preservation_newest", ["agency_id", "id"], "closed_at IS NULL"),
    ("outbox", "ix_outbox_waits", ["recipient"], "wait AND state = 'pending'"),
)


def upgrade() -> None:
    """They change no row."""
    for table, name, columns, condition in INDEXES:
        there = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=there, postgresql_where=there)
