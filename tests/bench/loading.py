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
from tests.bench.copies import Copies

AT_ONCE = 10_000  # rows in one statement
QUICKLY = " ".join(
    f"-c {setting}"
    for setting in ("maintenance_work_mem=512MB", "synchronous_commit=off", "session_replication_role=replica")
)
"""How PostgreSQL is loaded. A replica takes rows as they come: no trigger fires and no link is looked up."""

FTS_BYTES, FTS_PLAIN = 2**28, 2**20  # of the index of the search before they are written: here, and in a desk

HASHSIZE = "INSERT INTO search_words (search_words, rank) VALUES ('hashsize', ?)"

Value = str | int | None


class Kind:
    """The rows of one table. copies: of each row, so many; they come when all rows are there, by `multiply`."""

    def __init__(self, model: type[Base], into: "Sqlite | Postgres", copies: Copies | None = None) -> None:
        self._table, self._into, self._copies = model.__table__, into, copies
        self._names: tuple[str, ...] = ()
        self._take: Any = None
        self._waiting: list[tuple[Value, ...]] = []
        self.count = 0

    def add(self, **values: Value) -> None:
        """One row more; all of a table have the same columns."""
        if not self._names:
            self._names = tuple(values)
            self._take = itemgetter(*self._names)
            if self._copies:
                chosen = ", ".join(f'"{name}"' for name in self._names)
                self._into.connection.execute(
                    f'CREATE TEMPORARY TABLE "{self._drawn}" AS SELECT {chosen} FROM "{self._table.name}" LIMIT 0'  # noqa: S608 - our own names
                )
        self._waiting.append(self._take(values))
        self.count += 1
        if len(self._waiting) == AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            if self._copies:
                self._into.write(self._drawn, self._names, {}, self._waiting)
            else:
                self._into.write(self._table.name, self._names, self._plain(), self._waiting)
            self._waiting.clear()

    def multiply(self) -> None:
        """Put all copies on record."""
        self.flush()
        if self._names:
            assert self._copies
            literals = {name: _literal(value) for name, value in self._plain().items()}
            self._into.connection.execute(self._copies.statement(self._table, self._names, literals))
            self._into.connection.execute(f'DROP TABLE "{self._drawn}"')

    @property
    def _drawn(self) -> str:
        return f"drawn_{self._table.name}"

    def _plain(self) -> dict[str, Value]:
        plain = {column.name: _plain(column) for column in self._table.columns if column.name not in self._names}
        return {name: value for name, value in plain.items() if value is not None}


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
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-262144", "temp_store=2"):
            self.connection.execute(f"PRAGMA {pragma}")

    def write(self, table: str, names: tuple[str, ...], plain: dict[str, Value], rows: list[tuple[Value, ...]]) -> None:
        blanks = ", ".join(["?"] * len(names) + [_literal(value) for value in plain.values()])
        columns = ", ".join(f'"{name}"' for name in (*names, *plain))
        self.connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({blanks})', rows)  # noqa: S608 - our own names

    def write_pieces(self, rows: list[tuple[int, str]]) -> None:
        """Into the index of the search."""
        self.connection.executemany("INSERT INTO search_words (rowid, pieces) VALUES (?, ?)", rows)

    @contextmanager
    def bare(self) -> Iterator[None]:
        """Without indexes and triggers; with them again after."""
        made = self.connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        for kind, name, _ in made:
            self.connection.execute(f'DROP {kind} "{name}"')
        self.connection.execute(HASHSIZE, [FTS_BYTES])
        self.connection.execute("BEGIN")
        yield
        self.connection.execute("COMMIT")
        self.connection.execute(HASHSIZE, [FTS_PLAIN])
        for _, _, statement in made:
            self.connection.execute(statement)

    def finish(self) -> None:
        """What a database at work does now and then."""
        self.connection.execute("ANALYZE")
        self.connection.execute("PRAGMA journal_mode=WAL")


class Postgres:
    """By COPY."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = psycopg.connect(plain, autocommit=True, options=QUICKLY)

    def write(self, table: str, names: tuple[str, ...], plain: dict[str, Value], rows: list[tuple[Value, ...]]) -> None:
        columns = ", ".join(f'"{name}"' for name in (*names, *plain))
        always = "".join(f"\t{value}" for value in plain.values()) + "\n"
        texts = ("\t".join(["\\N" if value is None else str(value) for value in row]) for row in rows)
        lines = [text.replace("\n", "\\n") + always for text in texts]
        with self.connection.cursor().copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
            copy.write("".join(lines))

    def write_pieces(self, rows: list[tuple[int, str]]) -> None:
        """Into the index of the search."""
        self.connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS cut (case_id INTEGER, pieces TEXT)")
        self.write("cut", ("case_id", "pieces"), {}, rows)
        self.connection.execute(
            "INSERT INTO search_words SELECT case_id, array_to_tsvector(string_to_array(pieces, ' ')) FROM cut"
        )
        self.connection.execute("TRUNCATE cut")

    @contextmanager
    def bare(self) -> Iterator[None]:
        """Without indexes; with them again, and with numbers that go on behind the rows, after."""
        unique = self._rows(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'u' AND connamespace = 'public'::regnamespace"
        )
        for of, name, _ in unique:
            self.connection.execute(f'ALTER TABLE {of} DROP CONSTRAINT "{name}"')
        indexes = self._rows(
            "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary"
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

    def finish(self) -> None:
        """What its autovacuum does now and then."""
        self.connection.execute("VACUUM ANALYZE")
        self.connection.execute("CHECKPOINT")

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


@contextmanager
def loading(url: str) -> Iterator[Sqlite | Postgres]:
    """A way to write rows into a database, which is whole again after."""
    into = Sqlite(str(make_url(url).database)) if is_sqlite(url) else Postgres(url)
    with closing(into.connection):
        with into.bare():
            yield into
        into.finish()


def _literal(value: Value) -> str:
    """In quotes, whatever it is: what the column is decides."""
    return "'" + str(value).replace("'", "''") + "'"
