"""Who let whom in, and who keeps an authority without an administrator here.

A name is no identity: two agencies may each have somebody of one name. A case that only named people may see does not
keep others from using its file number.
"""

import sqlalchemy as sa
from alembic import op

from storage.times import UTCDateTime

revision = "0006"
down_revision = "0005"

NOT_RED = sa.text("label <> 'TLP:RED'")


def upgrade() -> None:
    """SQLite copies the tables that lose a constraint."""
    with op.batch_alter_table("person") as person:
        person.drop_constraint("uq_person_name", type_="unique")
    op.create_index(op.f("ix_person_name"), "person", ["name"], unique=False)
    op.add_column("membership", sa.Column("added_at", UTCDateTime(), nullable=True))
    op.add_column("membership", sa.Column("added_by", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("linked_by", sa.Integer(), nullable=True))
    op.add_column("authority", sa.Column("host_id", sa.Integer(), nullable=True))
    op.add_column("link_code", sa.Column("authority_id", sa.Integer(), nullable=True))
    op.add_column("link_code", sa.Column("role", sa.String(length=20), nullable=True))
    with op.batch_alter_table("case") as case:
        case.drop_constraint("uq_case_agency_id_own_reference", type_="unique")
    op.create_index(
        "ix_case_own_reference",
        "case",
        ["agency_id", "own_reference"],
        unique=True,
        sqlite_where=NOT_RED,
        postgresql_where=NOT_RED,
    )
    op.add_column("outbox", sa.Column("card", sa.Boolean(), nullable=False, server_default=sa.false()))
