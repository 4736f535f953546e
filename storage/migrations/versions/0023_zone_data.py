"""With which version of the zone rules a clock was computed, so that those of another can be computed anew."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Of the clocks that are there nobody knows it; the next `python -m bot recompute` computes them anew."""
    op.add_column("clock", sa.Column("zone_data", sa.String(length=20), nullable=False, server_default=""))
