"""A hold has a life: a question, the production it is kept for, that they were told; or somebody asks it of us.

What stands on record stands as before: where it is in its life follows from what was on record already. What was said
of it before this day has no row to go back to.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.models.base import Json

revision = "0021"
down_revision = "0020"

COLUMNS: tuple[tuple[str, Any, Any], ...] = (
    ("asker_id", sa.Integer(), None),
    ("emergency", sa.Boolean(), sa.false()),
    ("question", sa.String(length=2000), ""),
    ("issued_on", sa.Date(), None),
    ("production_id", sa.Integer(), None),
    ("released_on", sa.Date(), None),
    ("informed_on", sa.Date(), None),
    ("past", Json, sa.text("'[]'")),
)
"""Name, type, and what stands in the rows there are; None: nothing."""


def upgrade() -> None:
    """None of them asks for a copy of the table."""
    for name, kind, default in COLUMNS:
        op.add_column("preservation", sa.Column(name, kind, server_default=default, nullable=default is None))
