"""Connections: SQLite (embedded) and PostgreSQL (several replicas), and the migrations that shape both.

In: a database URL. Out: engines whose every transaction is what it says.
Why `BEGIN IMMEDIATE`: a transaction that reads first and writes later cannot be upgraded in WAL; with two writers 58 %
of them failed.
Why `synchronous=FULL`: what was acknowledged must be on disk.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from storage.errors import StoreUnavailable, WrongSchema

PLANS = "-c jit=off -c random_page_cost=1.1"
"""To compile a statement takes longer than any of ours runs; and what is on no spinning disk is read at any place."""
BUSY_SECONDS = 5  # how long one process waits for another's write
POLL_SECONDS = 0.002  # how often it looks whether that is over: SQLite itself would, in the end, ten times a second
MIGRATION_LOCK = 7_305_001  # advisory lock: two replicas starting at once migrate one after the other


def is_sqlite(url: str) -> bool:
    """True for the embedded database."""
    return make_url(url).get_backend_name() == "sqlite"


def open_engine(url: str, *, readonly: bool = False, pool_size: int = 4, migrating: bool = False) -> Engine:
    """An engine for writing, or one whose connections refuse to write.

    migrating: SQLite lets a table be copied and dropped although others refer to it; whoever migrates checks that.
    """
    return (
        _sqlite(url, readonly=readonly, pool_size=pool_size, linked=not migrating)
        if is_sqlite(url)
        else _postgres(url, readonly=readonly, pool_size=pool_size)
    )


def _sqlite(url: str, *, readonly: bool, pool_size: int, linked: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # what people typed stands in no error
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" below is the only BEGIN
        links = f"foreign_keys={'ON' if linked else 'OFF'}"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", links, "cache_size=-32768"):  # 32 MiB
            connection.execute(f"PRAGMA {pragma}")
        if readonly:
            connection.execute("PRAGMA query_only=ON")

        else:
            connection.execute("PRAGMA busy_timeout=0")  # `_begin_writing` waits instead

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if readonly:
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)

    return engine


def _begin_writing(connection: Connection) -> None:
    """Wait until nobody writes. Errors: of the database, when that takes too long.

    Why not SQLite's own waiting: it looks ever more rarely, so that who writes piece after piece starves all others.
    """
    until = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < until:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgres(url: str, *, readonly: bool, pool_size: int) -> Engine:
    options = f"-c client_encoding=UTF8 -c timezone=UTC -c lock_timeout={BUSY_SECONDS}s {PLANS}" + (
        " -c default_transaction_read_only=on" if readonly else ""
    )
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ" if readonly else "READ COMMITTED",  # a reader sees one state, as on SQLite
        connect_args={"options": options},
    )


SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
}
POSTGRES_OUTAGES = ("08", "53", "57P", "58", "55P03")  # connection, resources, shut down, system, lock timeout
READ_ONLY = (sqlite3.SQLITE_READONLY, "25006")  # of a writer: the disk, or a standby; of a reader: a bug in its job


@contextmanager
def unavailable(*, reading: bool = False) -> Iterator[None]:
    """Turn the driver's codes for locked, full or gone into `StoreUnavailable`; everything else passes."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or _is_outage(error.orig, reading=reading):
            raise StoreUnavailable(reason(error.orig)) from error
        raise


def reason(error: BaseException | None) -> str:
    """What the database said, without the details, which may hold what people typed."""
    diagnosis = getattr(error, "diag", None)
    return getattr(diagnosis, "message_primary", None) or str(error)


def _is_outage(cause: BaseException | None, *, reading: bool) -> bool:
    if isinstance(cause, sqlite3.Error):
        code = cause.sqlite_errorcode & 0xFF  # the primary code; the rest says which kind of busy, of I/O
        return code in SQLITE_OUTAGES or (code in READ_ONLY and not reading)
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return type(cause).__name__ == "OperationalError"  # no answer at all: nothing listens, or it went away
    return state.startswith(POSTGRES_OUTAGES) or (state in READ_ONLY and not reading)


# ---- migrations ----------------------------------------------------------------------------------------------------


def _config(connection: Connection) -> Any:  # noqa: ANN401 - Alembic is slow to import: only where it is used
    from alembic.config import Config  # noqa: PLC0415 - 400 ms

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 400 ms

    command.upgrade(_config(connection), "head")


def migrate(url: str) -> None:
    """Bring the database to this program's schema, in one transaction; safe to interrupt and to run again.

    Errors: WrongSchema where the database is newer than this program, is not ours, or has not every letter;
    StoreUnavailable.
    """
    if is_sqlite(url) and (database := make_url(url).database):
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url, pool_size=1, migrating=True)
    try:
        with unavailable(), engine.begin() as connection:
            if not is_sqlite(url):
                connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": MIGRATION_LOCK})
                _check_letters(connection)
            found = _found(connection)
            if found is not None and found not in _known():
                raise WrongSchema(_newer(found))
            if found != _known()[0]:
                _upgrade(connection)
            if is_sqlite(url) and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
                raise WrongSchema(
                    f"after the migration {broken[0]} refers to {broken[2]} that are gone: nothing was changed"
                )
    finally:
        engine.dispose()


def check_schema(engine: Engine) -> None:
    """Refuse a database that is not exactly at this program's schema, and say what to do.

    Errors: WrongSchema, StoreUnavailable.
    """
    with unavailable(), engine.connect() as connection:
        found = _found(connection)
    known = _known()
    if found is None:
        raise WrongSchema("the database is empty: run `python -m bot migrate`")
    if found not in known:
        raise WrongSchema(_newer(found))
    if found != known[0]:
        raise WrongSchema(f"the database is at {found}, this program needs {known[0]}: run `python -m bot migrate`")


def _check_letters(connection: Connection) -> None:
    if connection.execute(text("SHOW server_encoding")).scalar_one() != "UTF8":
        raise WrongSchema("the database does not know letters beyond a to z: create it with ENCODING 'UTF8'")


def _newer(found: str) -> str:
    return f"the database is at {found}, which this program does not know: it is newer; start the newer release"


def _known() -> list[str]:
    """Every revision of this program, newest first: the numbers that the names of their files begin with."""
    names = (entry.name for entry in resources.files("storage.migrations.versions").iterdir())
    return sorted((name.partition("_")[0] for name in names if name[:1].isdigit()), reverse=True)


def _found(connection: Connection) -> str | None:
    """The revision the database is at; None when empty. Errors: WrongSchema for somebody else's tables."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if tables:
        raise WrongSchema(
            f"the database holds tables that are not ours ({', '.join(sorted(tables)[:3])}): name an empty one"
        )
    return None
