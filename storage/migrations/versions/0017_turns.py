"""A person's last line in a room is found by an index; on PostgreSQL the end of the chain is locked and read in one.

Why a function: a statement sees what was committed when it began, so one that waits for the lock first and reads then
would read what was the end before it waited; each statement of a function sees what is there when it begins itself.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

CHAIN_HEAD = """
CREATE FUNCTION chain_head() RETURNS TABLE (n integer, hash varchar) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7305002);
    RETURN QUERY SELECT audit.n, audit.hash FROM audit ORDER BY audit.n DESC LIMIT 1;
END $$
"""


def upgrade() -> None:
    """Nothing is rewritten."""
    op.create_index("ix_inbox_last", "inbox", ["account", "room", "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CHAIN_HEAD)
