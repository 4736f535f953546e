"""Who and what is outside, whom an administrator let in all the same, and the ceilings of workspaces."""

import sqlalchemy as sa
from alembic import op

from storage.times import UTCDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Three columns more for accounts and channels, empty: no platform has said yet. One table."""
    for table in ("account", "channel"):
        op.add_column(table, sa.Column("outside", sa.Boolean(), nullable=True))
        op.add_column(table, sa.Column("admitted_at", UTCDateTime(), nullable=True))
        op.add_column(table, sa.Column("admitted_by", sa.Integer(), nullable=True))
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("ceiling", sa.String(length=20), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
        sa.UniqueConstraint("platform", "external_id", name=op.f("uq_workspace_platform_external_id")),
    )
