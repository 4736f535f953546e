"""A case whose holds came with a register has the counter they are numbered by; an import took none from it before."""

from alembic import op

revision = "0019"
down_revision = "0018"

COUNT = """
INSERT INTO counter (name, last)
SELECT "case".ref || '/P', max(preservation.number)
FROM preservation JOIN "case" ON "case".id = preservation.case_id
GROUP BY "case".ref
ON CONFLICT (name) DO UPDATE SET last = excluded.last WHERE counter.last < excluded.last
"""


def upgrade() -> None:
    """A counter that stands higher stays: a number that was given is not given again."""
    op.execute(COUNT)
