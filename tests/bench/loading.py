"""Rows by the million: written as they are to stand, past the store, with indexes, links and triggers made again after.

In: a migrated database with nobody at work in it. Out: rows. A value is a text, a number or None, as both databases
read it: moments as SQLite keeps them, JSON as text. What a row does not say is the column's default, or nothing.
Why past the store: through it a million requests would take hours.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from operator import itemgetter
from typing import Any

import psycopg  # noqa: TID251 - of the tests, not of the desk
from sqlalchemy import Boolean, Column
from sqlalchemy.engine import make_url

from storage.database.engine import is_sqlite
from storage.models.base import Base, Json

AT_ONCE = 10_000  # rows in one statement
QUICKLY = " ".join(
    f"-c {setting}"
    for setting in ("maintenance_work_mem=512MB", "synchronous_commit=off", "session_replication_role=replica")
)
"""How PostgreSQL is loaded. A replica takes rows as they come: no trigger fires and no link is looked up."""

FTS_BYTES = 2**26  # of the index of the search before they are written

Value = str | int | None


class Kind:
    """The rows of one table."""

    def __init__(self, model: type[Base], into: "Sqlite | Postgres") -> None:
        self._table, self._into = model.__table__, into
        self._names: tuple[str, ...] = ()
        self._take: Any = None
        self._waiting: list[tuple[Value, ...]] = []
        self.count = 0

    def add(self, **values: Value) -> None:
        """One row more; all of a table have the same columns."""
        if not self._names:
            self._names = tuple(values)
            self._take = itemgetter(*self._names)
        self._waiting.append(self._take(values))
        self.count += 1
        if len(self._waiting) == AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            plain = {column.name: _plain(column) for column in self._table.columns if column.name not in self._names}
            self._into.write(
                self._table.name, self._names, {k: v for k, v in plain.items() if v is not None}, self._waiting
            )
            self._waiting.clear()


def _plain(column: Column[Any]) -> Value:
    """The default of a column. Errors: AssertionError, where it has none and must have a value."""
    default: Any = column.default
    value = default.arg(None) if default is not None and default.is_callable else getattr(default, "arg", None)
    assert value is not None or column.nullable, column
    if isinstance(column.type, Boolean) or isinstance(value, bool):
        return None if value is None else int(value)
    return json.dumps(value) if column.type is Json or isinstance(value, list | dict) else value


class Sqlite:
    """By statements for many rows. Nothing of it need outlive the machine until it is closed."""

    def __init__(self, file: str) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-262144", "temp_store=2"):
            self.connection.execute(f"PRAGMA {pragma}")

    def write(self, table: str, names: tuple[str, ...], plain: dict[str, Value], rows: list[tuple[Value, ...]]) -> None:
        blanks = ", ".join(["?"] * len(names) + [_literal(value) for value in plain.values()])
        columns = ", ".join(f'"{name}"' for name in (*names, *plain))
        self.connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({blanks})', rows)  # noqa: S608 - our own names

    @contextmanager
    def bare(self, table: str = "%") -> Iterator[None]:
        """Without indexes and triggers; with them again after."""
        made = self.connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
            " AND tbl_name LIKE ?",
            [table],
        ).fetchall()
        for kind, name, _ in made:
            self.connection.execute(f'DROP {kind} "{name}"')
        self.connection.execute("BEGIN")
        yield
        self.connection.execute("COMMIT")
        for _, _, statement in made:
            self.connection.execute(statement)

    def index_in_memory(self) -> None:
        """Let FTS5 write less often what it then has to merge."""
        self.connection.execute("INSERT INTO search_words (search_words, rank) VALUES ('hashsize', ?)", [FTS_BYTES])

    def finish(self, table: str = "") -> None:
        """What a database at work does now and then."""
        self.connection.execute(f"ANALYZE {table}")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Postgres:
    """By COPY."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = psycopg.connect(plain, autocommit=True, options=QUICKLY)

    def write(self, table: str, names: tuple[str, ...], plain: dict[str, Value], rows: list[tuple[Value, ...]]) -> None:
        columns = ", ".join(f'"{name}"' for name in (*names, *plain))
        always = "".join(f"\t{value}" for value in plain.values()) + "\n"
        lines = ["\t".join(["\\N" if value is None else str(value) for value in row]) + always for row in rows]
        with self.connection.cursor().copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
            copy.write("".join(lines))

    @contextmanager
    def bare(self, table: str = "%") -> Iterator[None]:
        """Without indexes; with them again, and with numbers that go on behind the rows, after."""
        unique = self._rows(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'u' AND connamespace = 'public'::regnamespace AND conrelid::regclass::text LIKE %s",
            table,
        )
        for of, name, _ in unique:
            self.connection.execute(f'ALTER TABLE {of} DROP CONSTRAINT "{name}"')
        indexes = self._rows(
            "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary AND indrelid::regclass::text LIKE %s",
            table,
        )
        for name, _ in indexes:
            self.connection.execute(f'DROP INDEX "{name}"')
        yield
        for _, statement in indexes:
            self.connection.execute(statement)
        for of, name, constraint in unique:
            self.connection.execute(f'ALTER TABLE {of} ADD CONSTRAINT "{name}" {constraint}')
        for (of,) in self._rows(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_default LIKE 'nextval%' AND column_name = 'id'"
        ):
            self.connection.execute(
                f"SELECT setval(pg_get_serial_sequence('\"{of}\"', 'id'), max(id))"  # noqa: S608 - our own names
                f' FROM "{of}" HAVING max(id) > 0'
            )

    def index_in_memory(self) -> None:
        """Nothing: a GIN index is made when its rows are there."""

    def finish(self, table: str = "") -> None:
        """What its autovacuum does now and then."""
        self.connection.execute(f"VACUUM ANALYZE {table}")
        self.connection.execute("CHECKPOINT")

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values or None).fetchall()


@contextmanager
def loading(url: str, table: str = "") -> Iterator[Sqlite | Postgres]:
    """A way to write rows into a database, or into one table of it, which is whole again after."""
    into = Sqlite(str(make_url(url).database)) if is_sqlite(url) else Postgres(url)
    with closing(into.connection):
        with into.bare(*([table] if table else [])):
            yield into
        into.finish(table)


def _literal(value: Value) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
