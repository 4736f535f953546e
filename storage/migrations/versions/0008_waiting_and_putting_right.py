"""What waits for ourselves has clocks; who is on it, who watches, who stands in; what a move changed, to be undone."""

import sqlalchemy as sa
from alembic import op

from storage.models.base import Json
from storage.times import UTCDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Columns beside what is there, and three tables."""
    op.add_column("clock", sa.Column("quiet_by", sa.Integer(), nullable=True))
    op.add_column("clock", sa.Column("quiet_reason", sa.String(length=1000), nullable=False, server_default=""))
    op.add_column("clock", sa.Column("person_id", sa.Integer(), nullable=True))
    op.add_column("clock", sa.Column("imported", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("case", sa.Column("merged_into_id", sa.Integer(), nullable=True))
    op.add_column("person", sa.Column("away_until", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("deputy_id", sa.Integer(), nullable=True))
    op.create_table(
        "watch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_watch_case_id_case")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_watch_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("case_id", "person_id", name=op.f("uq_watch_case_id_person_id")),
    )
    op.create_index(op.f("ix_watch_person_id"), "watch", ["person_id"], unique=False)
    proposal = op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("agreed_by", sa.Integer(), nullable=True),
        sa.Column("agreed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_proposal_authority_id_authority")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_proposal_asked_by_person")),
        sa.ForeignKeyConstraint(["agreed_by"], ["person.id"], name=op.f("fk_proposal_agreed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_authority_id"), "proposal", ["authority_id"], unique=False)
    numbers = ("id", "authority_id", "person_id", "to_id", "asked_by", "agreed_by")
    moments = (sa.column("asked_at", UTCDateTime()), sa.column("agreed_at", UTCDateTime()))
    asked = sa.table("entrustment", *map(sa.column, numbers), *moments)
    for row in op.get_bind().execute(sa.select(asked).order_by(asked.c.id)).mappings().all():
        facts = {"person": row["person_id"], "to": row["to_id"]}
        kept = {name: row[name] for name in ("authority_id", "asked_by", "asked_at", "agreed_by", "agreed_at")}
        op.bulk_insert(proposal, [{"act": "case entrust", "facts": facts, **kept}])
    op.drop_table("entrustment")
    op.create_table(
        "past_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_past_move_request_id_request")),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_past_move_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_move")),
    )
    op.create_index(op.f("ix_past_move_request_id"), "past_move", ["request_id"], unique=False)
