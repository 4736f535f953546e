"""What came of each account that a request asks about; the accounts of before have the outcome of their request."""

import sqlalchemy as sa
from alembic import op

from storage.models.base import Json

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """They change no row."""
    op.add_column("target", sa.Column("outcome", sa.String(length=20), nullable=True))
    op.add_column("target", sa.Column("outcome_on", sa.Date(), nullable=True))
    op.add_column("target", sa.Column("answer", Json, nullable=True))
    decided = sa.text("outcome_on IS NOT NULL")
    op.create_index("ix_target_outcome", "target", ["outcome_on"], sqlite_where=decided, postgresql_where=decided)
