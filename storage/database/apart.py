"""A record apart: as it is now, for whoever wants to try what would become of it. Nobody waits, nobody sees it.

In: a store, and the tables that will be changed. Out: a unit of work; at its end all is gone.
SQLite: on a copy of the file. PostgreSQL: in a transaction of its own that sees one state of the record, on copies of
these tables which stand before them in that transaction's sight; another table that is changed keeps others waiting.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from storage.database.engine import is_sqlite, open_engine, unavailable
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StoreUnavailable
from storage.models.base import Base


@contextmanager
def apart(store: Store, changed: Sequence[type[Base]]) -> Iterator[UnitOfWork]:
    """The record as it is now, to be changed at will. Errors: StoreUnavailable; OSError where no copy can be kept."""
    with _connected(store, changed) as connection:
        session = Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        with session:
            yield UnitOfWork(session, store.clock.now(), store.reference)


@contextmanager
def _connected(store: Store, changed: Sequence[type[Base]]) -> Iterator[Connection]:
    if is_sqlite(store.url):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "apart.db"
            _copy(str(make_url(store.url).database), copy)
            engine = open_engine(f"sqlite:///{copy}", pool_size=1)
            try:
                with engine.connect() as connection:
                    yield connection
            finally:
                engine.dispose()
        return
    with unavailable(), store.write_engine.connect() as taken:
        connection = taken.execution_options(isolation_level="REPEATABLE READ")
        for model in changed:
            _shadow(connection, model.__tablename__)
        yield connection
        connection.rollback()


def _copy(source: str, copy: Path) -> None:
    """In one go, so that it is one state: who writes meanwhile is not kept waiting. Errors: StoreUnavailable."""
    try:
        with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(copy)) as there:
            here.backup(there)
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error)) from error


def _shadow(connection: Connection, name: str) -> None:
    """From here on the name means a copy."""
    schema = connection.scalar(text("SELECT current_schema()"))
    there = f'"{schema}"."{name}"'
    connection.execute(text(f'CREATE TEMPORARY TABLE "{name}" (LIKE {there} INCLUDING ALL) ON COMMIT DROP'))
    connection.execute(text(f'INSERT INTO pg_temp."{name}" SELECT * FROM {there}'))  # noqa: S608 - our own names
