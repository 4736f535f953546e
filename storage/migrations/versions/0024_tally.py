"""The tally of what was sent and what came of it, kept by triggers; what is on record is counted into it.

See `storage/models/tallies.py`. A later migration that copies request, case or target on SQLite (`batch_alter_table`)
first drops the view and the triggers of all three, which look at each other's tables, and makes them again after; a
test counts the triggers.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

KEY = (
    "agency_id", "direction", "grain", "party_id", "label", "instrument", "category", "data", "emergency", "codes",
    "outcome", "kind", "day",
)  # fmt: skip
NAMES = ", ".join(KEY)
SHOWN = "label <> 'TLP:RED'"

DAYS = {
    "sqlite": {
        "between": "CAST(julianday({until}) - julianday({since}) AS INTEGER)",
        "day_of": "date({0})",
        "number": "CAST(julianday({0}) - 2440587.5 AS INTEGER)",
        "least": "max",
        "text": "{0}",
        "none": "'[]'",
        "codes": "SELECT group_concat(code, ',') FROM (SELECT DISTINCT said.value AS code FROM"
        " json_each(request.refusals) AS one, json_each(one.value, '$.codes') AS said ORDER BY 1)",
    },
    "postgresql": {
        "between": "({until} - {since})",
        "day_of": "CAST({0} AT TIME ZONE 'UTC' AS date)",
        "number": "({0} - DATE '1970-01-01')",
        "least": "greatest",
        "text": "CAST({0} AS text)",
        "none": "CAST('[]' AS jsonb)",
        "codes": 'SELECT string_agg(DISTINCT said.code COLLATE "C", \',\' ORDER BY said.code COLLATE "C") FROM'
        " jsonb_array_elements(request.refusals) AS one, jsonb_array_elements_text(one -> 'codes') AS said(code)",
    },
}
WAITING = "'sent', 'acknowledged', 'clarification', 'part_produced'"


def view(dialect: str) -> str:
    """What each request that was sent, and each of its accounts, is counted as."""
    say = DAYS[dialect]
    answered = say["between"].format(until="request.answered_on", since="request.sent_on")
    left = say["between"].format(until=say["day_of"].format("request.status_at"), since="request.sent_on")
    kind = (
        f"CASE WHEN request.answered_on IS NOT NULL THEN 'answered' WHEN request.status IN ({WAITING}) THEN 'open'"
        " ELSE 'left' END"
    )
    day = (
        f"CASE WHEN request.answered_on IS NOT NULL THEN {say['least']}(0, {answered})"
        f" WHEN request.status IN ({WAITING}) THEN {say['number'].format('request.sent_on')}"
        f" ELSE {say['least']}(0, {left}) END"
    )
    outcome = (
        "CASE WHEN request.status <> 'transferred' OR request.answered_on IS NULL THEN request.status"
        f" WHEN request.refusals <> {say['none']} THEN 'refused' ELSE 'not_held' END"
    )
    needs = f'"case".category, {say["text"].format("request.data")}, CAST(request.emergency AS integer)'
    return " UNION ALL ".join(
        (
            _arm("whole", "request.instrument, '', '', 0, ''", outcome, kind, day),
            _arm("need", f"request.instrument, {needs}, ''", outcome, kind, day),
            _arm("codes", f"'', '', '', 0, COALESCE(({say['codes']}), '')", "''", "''", "0")
            + f" AND request.refusals <> {say['none']}",
            _arm("account", "'', '', '', 0, ''", f"COALESCE(target.outcome, {outcome})", "''", "0"),
        )
    )


def _arm(grain: str, what: str, outcome: str, kind: str, day: str) -> str:
    account, target = ("target.id", " JOIN target ON target.request_id = request.id")
    if grain != "account":
        account, target = "CAST(NULL AS integer)", ""
    return (
        f"SELECT request.id AS request_id, {account} AS target_id, request.case_id AS case_id,"  # noqa: S608 - our own
        f" request.agency_id, request.direction, '{grain}' AS grain, request.party_id, \"case\".label,"
        f" {what}, {outcome} AS outcome, {kind} AS kind, {day} AS day, 1 AS count"
        f' FROM request JOIN "case" ON "case".id = request.case_id{target} WHERE request.sent_on IS NOT NULL'
    )


def _count(which: str, each: int, dialect: str) -> str:
    """Count what the view has of a row into the tally, or out of it."""
    counted = f"SELECT {NAMES}, {each} FROM tallied WHERE {which} AND {SHOWN}"  # noqa: S608 - our own
    if dialect == "postgresql":  # each row of the tally once, and always in one order: no two wait in a ring
        counted = f"SELECT {NAMES}, {each} * count(*) FROM tallied WHERE {which} AND {SHOWN}"  # noqa: S608 - our own
        counted += f" GROUP BY {NAMES} ORDER BY {NAMES}"
    return (
        f"INSERT INTO tally ({NAMES}, count) {counted}"
        f" ON CONFLICT ({NAMES}) DO UPDATE SET count = tally.count + excluded.count;"
    )


COUNTED = {
    "request": (
        "request_id",
        (
            "case_id, agency_id, party_id, direction, instrument, data, emergency, status, status_at, sent_on,"
            " answered_on, refusals"
        ),
        "{0}.sent_on IS NOT NULL",
    ),
    "case": ("case_id", "label, category", "{0}.id IS NOT NULL"),
    "target": ("target_id", "outcome, request_id", "{0}.request_id IS NOT NULL"),
}
"""{a table: which column of the view names its row, which of its columns are counted, whether a row may be in it}."""


def triggers(dialect: str) -> Iterator[tuple[str, str, str, str, str]]:
    """(table, event, condition, the row that goes on, what is done): a row is counted out as it was, in as it is."""
    for table, (column, counted, counts) in COUNTED.items():
        out, into = _count(f"{column} = OLD.id", -1, dialect), _count(f"{column} = NEW.id", 1, dialect)
        before, after = counts.format("OLD"), counts.format("NEW")
        yield table, "AFTER INSERT", after, "NEW", into
        yield table, f"BEFORE UPDATE OF {counted}", before, "NEW", out
        yield table, f"AFTER UPDATE OF {counted}", after, "NEW", into
        yield table, "BEFORE DELETE", before, "OLD", out
    same = " AND ".join(f"{name} = NEW.{name}" for name in KEY)
    yield "tally", "AFTER UPDATE OF count", "NEW.count = 0", "NEW", f"DELETE FROM tally WHERE {same};"  # noqa: S608 - our own


def statements(dialect: str) -> Iterator[str]:
    """The statements that make them."""
    for n, (table, event, condition, row, act) in enumerate(triggers(dialect)):
        name = f"tally_{table}_{n}"
        begins = f'CREATE TRIGGER {name} {event} ON "{table}" FOR EACH ROW WHEN ({condition})'
        if dialect == "sqlite":
            yield f"{begins} BEGIN {act} END"
        else:
            body = f"BEGIN {act} RETURN {row}; END"
            yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
            yield f"{begins} EXECUTE FUNCTION {name}()"


def upgrade() -> None:
    """A minute for each million requests on record."""
    op.create_table(
        "tally",
        sa.Column("agency_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("grain", sa.String(length=10), nullable=False),
        sa.Column("party_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("emergency", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    dialect = connection.dialect.name
    columns = f"request_id, target_id, case_id, {NAMES}, count"
    connection.exec_driver_sql(f"CREATE VIEW tallied ({columns}) AS {view(dialect)}")
    for statement in statements(dialect):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        f"INSERT INTO tally ({NAMES}, count) SELECT {NAMES}, count(*) FROM tallied WHERE {SHOWN} GROUP BY {NAMES}"  # noqa: S608 - our own
    )
