"""Files, and the attachments of cases and requests."""

import sqlalchemy as sa
from alembic import op

from storage.times import UTCDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two tables; nothing that stands is touched."""
    op.create_table(
        "file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
    )
    op.create_index(op.f("ix_file_digest"), "file", ["digest"])
    op.create_index(op.f("ix_file_until"), "file", ["until"])
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("ref", sa.String(length=50), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("fault", sa.String(length=300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_at", UTCDateTime(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_attachment_case_id_case")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_attachment_request_id_request")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attachment_person_id_person")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_attachment_file_id_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("ref", name=op.f("uq_attachment_ref")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_attachment_case_id_number")),
        sa.UniqueConstraint("cause", "source", name=op.f("uq_attachment_cause_source")),
    )
    op.create_index("ix_attachment_fetch", "attachment", ["platform", "state", "try_at"])
    for column in ("request_id", "person_id", "file_id"):
        op.create_index(op.f(f"ix_attachment_{column}"), "attachment", [column])
