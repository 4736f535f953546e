"""What is searched and compared has its folding beside it; what is on record is folded now, as the models say."""

import sqlalchemy as sa
from alembic import op

from storage.spelling import fold

revision = "0010"
down_revision = "0009"

SPELLED = {
    "attachment": ("ref", "name"),
    "case": ("ref", "title", "own_reference"),
    "note": ("text",),
    "person": ("name",),
    "preservation": ("ref",),
    "request": ("ref", "basis", "their_reference"),
    "target": ("typed",),
}
BATCH = 1000  # rows in memory at one time


def upgrade() -> None:
    """The number of a file keeps its own index too: two cases of before may differ in their spelling alone."""
    for table, columns in SPELLED.items():
        for column in columns:
            op.add_column(table, sa.Column(f"{column}_folded", sa.Text(), nullable=True))
        _fill(op.get_bind(), table, columns)
    op.create_index("ix_case_own_reference_folded", "case", ["agency_id", "own_reference_folded"], unique=False)
    op.drop_index("ix_person_name", "person")
    op.create_index("ix_person_name_folded", "person", ["name_folded"], unique=False)


def _fill(bind: sa.Connection, name: str, columns: tuple[str, ...]) -> None:
    table = sa.table(name, sa.column("id"), *map(sa.column, columns), *(sa.column(f"{one}_folded") for one in columns))
    texts = sa.select(table.c.id, *(table.c[one] for one in columns)).order_by(table.c.id).limit(BATCH)
    fill = sa.update(table).where(table.c.id == sa.bindparam("of"))
    fill = fill.values({f"{one}_folded": sa.bindparam(f"as_{one}") for one in columns})
    last = 0
    while rows := bind.execute(texts.where(table.c.id > last)).mappings().all():
        folded = [{f"as_{one}": None if row[one] is None else fold(row[one]) for one in columns} for row in rows]
        bind.execute(fill, [{"of": row["id"], **values} for row, values in zip(rows, folded, strict=True)])
        last = rows[-1]["id"]
