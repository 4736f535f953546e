"""One cause may say one thing of several records to one recipient: a holiday moves the deadlines of many requests.

And a cause is as long as the key of a message can be.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WAITS = sa.text("wait AND state = 'pending'")


def upgrade() -> None:
    """SQLite copies the table for this, and would lose the condition of its partial index: it is made anew."""
    op.drop_index("ix_outbox_morning", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("cause", existing_type=sa.String(length=100), type_=sa.String(length=200))
        outbox.drop_constraint("uq_outbox_cause_notice_recipient", type_="unique")
        outbox.create_unique_constraint(
            "uq_outbox_cause_notice_recipient_subject", ["cause", "notice", "recipient", "subject"]
        )
    op.create_index("ix_outbox_morning", "outbox", ["not_before"], sqlite_where=WAITS, postgresql_where=WAITS)
