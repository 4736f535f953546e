"""The accounts of a hold are rows like those of a request, with their folding and their key, and are found alike.

`target.folded` is called `key`: beside it stands what the typed words fold to. A hold had no limit to the length of an
account, so the column of typed words has none. Why keys by today's rules: see 0011.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.models.base import Json
from storage.reference.catalog import load
from storage.spelling import fold

revision = "0012"
down_revision = "0011"

AT_ONCE = 1_000
COLUMNS = ("preservation_id", "typed", "typed_folded", "key")
TARGET = sa.table("target", *map(sa.column, COLUMNS))
HELD = sa.table("preservation", *map(sa.column, ("id", "case_id", "recipient_id")), sa.column("accounts", Json))
CASE = sa.table("case", *map(sa.column, ("id", "agency_id")))
AUTHORITY = sa.table("authority", *map(sa.column, ("id", "code", "country")))


def upgrade() -> None:
    """SQLite copies the table of accounts, to which nothing refers; holds are read in batches by id."""
    op.drop_index("ix_target_folded", "target")
    with op.batch_alter_table("target") as target:
        target.alter_column("folded", new_column_name="key", existing_type=sa.String(length=500))
        target.alter_column("typed", existing_type=sa.String(length=500), type_=sa.Text())
        target.alter_column("request_id", existing_type=sa.Integer(), nullable=True)
        target.add_column(sa.Column("preservation_id", sa.Integer(), nullable=True))
        target.create_foreign_key(
            op.f("fk_target_preservation_id_preservation"), "preservation", ["preservation_id"], ["id"]
        )
    op.create_index(op.f("ix_target_key"), "target", ["key"], unique=False)
    op.create_index(op.f("ix_target_preservation_id"), "target", ["preservation_id"], unique=False)
    _fill()
    op.drop_column("preservation", "accounts")


def _fill() -> None:
    rows = _after(0)
    accounts = load().accounts if rows else None
    while rows and accounts:
        found = [
            (row.id, typed, fold(typed), accounts.key(typed, country=row.country, provider=row.code))
            for row in rows
            for typed in row.accounts
        ]
        if found:
            op.get_bind().execute(sa.insert(TARGET), [dict(zip(COLUMNS, one, strict=True)) for one in found])
        rows = _after(rows[-1].id)


def _after(last: int) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    agency, recipient = AUTHORITY.alias(), AUTHORITY.alias()
    query = sa.select(HELD.c.id, HELD.c.accounts, agency.c.country, recipient.c.code)
    query = query.join(CASE, CASE.c.id == HELD.c.case_id).join(agency, agency.c.id == CASE.c.agency_id)
    query = query.join(recipient, recipient.c.id == HELD.c.recipient_id)
    return op.get_bind().execute(query.where(HELD.c.id > last).order_by(HELD.c.id).limit(AT_ONCE)).all()
