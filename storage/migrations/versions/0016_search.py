"""The search is an index, kept in step by triggers; every case that is on record waits to be put in.

See `storage/search/`. A later migration that copies one of the tables of TRIGGERS on SQLite (`batch_alter_table`) drops
its triggers and must make them again; `tests/storage/test_search_upkeep.py` misses them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

CHANGED = {
    "case": (
        "id", "case_id",
        ("agency_id", "label", "lead_id", "opened_by", "own_reference_folded", "ref_folded", "title_folded"),
    ),
    "note": ("case_id", "case_id", ("case_id", "text_folded")),
    "participant": ("case_id", "case_id", ("authority_id", "case_id", "person_id")),
    "preservation": ("case_id", "case_id", ("case_id",)),
    "request": ("case_id", "case_id", ("basis_folded", "case_id", "their_reference_folded")),
}  # fmt: skip
"""{a table: which column of it names its case, in which column of `search_due` that stands, what is searched of it}."""
OF_TARGETS = ("request_id", "preservation_id")
SEARCHED_OF_TARGETS = ("key", "preservation_id", "request_id", "typed_folded")


def upgrade() -> None:
    """The index itself is no table of the models: each database has its own."""
    op.create_table(
        "search_due",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("preservation_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_search_due")),
    )
    op.create_table(
        "search_text",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("sight", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_search_text")),
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)
    op.execute('INSERT INTO search_due (case_id) SELECT id FROM "case" ORDER BY id')


def _marked(row: str, table: str) -> str:
    if table == "target":
        return f"SELECT {', '.join(f'{row}.{column}' for column in OF_TARGETS)}"
    return f"SELECT {row}.{CHANGED[table][0]}"


def _due(table: str, *rows: str) -> str:
    """The case of a row waits: as it was, and as it is."""
    named = ", ".join(OF_TARGETS) if table == "target" else "case_id"
    return f"INSERT INTO search_due ({named}) {' UNION '.join(_marked(row, table) for row in rows)};"


def _events(table: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """{a name: when a trigger fires, the rows it looks at}."""
    columns = SEARCHED_OF_TARGETS if table == "target" else CHANGED[table][2]
    changed = ", ".join(columns)
    return {
        "insert": ("INSERT", ("NEW",)),
        "update": (f"UPDATE OF {changed}", ("OLD", "NEW")),
        "delete": ("DELETE", ("OLD",)),
    }


TABLES = (*CHANGED, "target")
SQLITE = [
    """
CREATE VIRTUAL TABLE search_words USING fts5(
  pieces, content='', columnsize=0, detail=none, prefix='1 2 3 4',
  tokenize="ascii tokenchars '!#$%&''()*+,-./:;<=>?@[\\]^_`{|}~'"
)
""",
    *(
        f'CREATE TRIGGER search_{table}_{name} AFTER {event} ON "{table}" BEGIN {_due(table, *rows)} END'
        for table in TABLES
        for name, (event, rows) in _events(table).items()
    ),
]
POSTGRESQL = [
    "CREATE TABLE search_words (case_id INTEGER PRIMARY KEY, pieces TSVECTOR NOT NULL)",
    "CREATE INDEX ix_search_words_pieces ON search_words USING gin (pieces)",
    *(
        f"CREATE FUNCTION search_{table}_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_due(table, *rows)} RETURN NULL; END $$"
        for table in TABLES
        for name, (_, rows) in _events(table).items()
    ),
    *(
        f'CREATE TRIGGER search_{table}_{name} AFTER {event} ON "{table}" FOR EACH ROW '
        f"EXECUTE FUNCTION search_{table}_{name}()"
        for table in TABLES
        for name, (event, _) in _events(table).items()
    ),
]
