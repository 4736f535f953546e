"""Every account on record has the key that its spelling has now: a number as E.164, an address without its `m.`.

Why by today's rules and not by a copy of them: a key is only good where it is the one that people's words are given
today; where the rules change, a migration of that day computes the keys anew again.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.reference.catalog import load

revision = "0011"
down_revision = "0010"

AT_ONCE = 1_000
TARGET = sa.table("target", *map(sa.column, ("id", "request_id", "typed", "folded")))
REQUEST = sa.table("request", *map(sa.column, ("id", "case_id", "recipient_id")))
CASE = sa.table("case", *map(sa.column, ("id", "agency_id")))
AUTHORITY = sa.table("authority", *map(sa.column, ("id", "code", "country")))


def upgrade() -> None:
    """In batches by id: a row is read once, and no more than a batch is in memory."""
    rows = _after(0)
    accounts = load().accounts if rows else None
    while rows and accounts:
        found = [
            {"row": row.id, "key": accounts.key(row.typed, country=row.country, provider=row.code)} for row in rows
        ]
        changed = [one for one, row in zip(found, rows, strict=True) if one["key"] != row.folded]
        if changed:
            query = sa.update(TARGET).where(TARGET.c.id == sa.bindparam("row")).values(folded=sa.bindparam("key"))
            op.get_bind().execute(query, changed)
        rows = _after(rows[-1].id)


def _after(last: int) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    agency, recipient = AUTHORITY.alias(), AUTHORITY.alias()
    query = sa.select(TARGET.c.id, TARGET.c.typed, TARGET.c.folded, agency.c.country, recipient.c.code)
    query = query.join(REQUEST, REQUEST.c.id == TARGET.c.request_id).join(CASE, CASE.c.id == REQUEST.c.case_id)
    query = query.join(agency, agency.c.id == CASE.c.agency_id).join(
        recipient, recipient.c.id == REQUEST.c.recipient_id
    )
    return op.get_bind().execute(query.where(TARGET.c.id > last).order_by(TARGET.c.id).limit(AT_ONCE)).all()
