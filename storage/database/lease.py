"""Which process ticks: one at a time, and what an earlier one still tries is refused.

In: a database URL. Out: a `Lease`. `hold()` takes it where it is free and keeps it; call it every RENEW_SECONDS.
SQLite: a lock of the operating system on a file beside the database. A crash frees it, a frozen process keeps it (and
nobody else is needed: SQLite is for one process). The file holds pid@host, for people.
PostgreSQL: a row with the holder, a term and an end, renewed in time. A standby takes over, with the next term, when
the row has run out (the holder is frozen), or at once when the holder's session is gone: a holder also has an advisory
lock named for its term, which the server frees with the session.
Why a term: a leader that was frozen and thaws believes that it leads. Every write of its ticks looks at the row first,
in the same transaction, and finds a later term. What forbids doubles for good is still the uniqueness of the rows.
"""

import fcntl
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TextIO

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from storage.database.engine import is_sqlite, open_engine, unavailable
from storage.database.jobs import Checked, Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError

NAME = "tick"
LEASE_SECONDS = 10  # without a renewal for so long, another may take it
RENEW_SECONDS = 3
TERMS = 7_305_002  # first key of the advisory locks; the second is the term


class AlreadyRunning(StorageError):
    """Another process runs the desk on this database; the message names it."""


class OldTerm(StorageError):
    """A write of a process that no longer leads. Nothing was written."""


class Lease(Protocol):
    """The right to tick, as this process has it."""

    holder: str
    """pid@host of whoever was last seen to hold it; empty where nobody was."""
    alone: bool
    """True where one process runs the desk and no other can stand by: SQLite."""

    @property
    def held(self) -> bool: ...  # noqa: D102 - as of the last `hold()`
    def acquire(self) -> bool: ...  # noqa: D102 - the module says it
    def fenced(self, jobs: Jobs) -> Jobs: ...  # noqa: D102 - jobs whose writes need this lease, as it is now
    def close(self) -> None: ...  # noqa: D102 - let go of it


def open_lease(url: str) -> Lease:
    """The lease of a database, not yet held."""
    return _FileLease(Path(make_url(url).database or "")) if is_sqlite(url) else _RowLease(url)


def take_lease(url: str) -> Lease:
    """The lease for a process that runs the desk: on SQLite held at once, or refused; on PostgreSQL it may stand by.

    Errors: AlreadyRunning.
    """
    lease = open_lease(url)
    if lease.alone and not lease.acquire():
        pid, _, host = lease.holder.partition("@")
        raise AlreadyRunning(
            f"The desk runs already on this database: process {pid} on {host}. Stop that one first, "
            "or open a terminal beside it: python -m bot console"
        )
    return lease


def me() -> str:
    """How this process is named in a lease."""
    return f"{os.getpid()}@{socket.gethostname()}"


# ---- SQLite ----------------------------------------------------------------------------------------------------------


class _FileLease:
    alone = True

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.run.lock")
        self._file: TextIO | None = None
        self.holder = ""

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> bool:
        if self._file:
            return True
        file = self._path.open("a+")  # not "w": the words of the holder stay where it is taken
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            self.holder = file.read().strip()
            file.close()
            return False
        file.truncate(0)
        self.holder = me()
        file.write(self.holder)
        file.flush()
        self._file = file
        return True

    def fenced(self, jobs: Jobs) -> Jobs:
        return jobs

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


# ---- PostgreSQL ------------------------------------------------------------------------------------------------------

# All times are the server's: the clocks of two hosts differ.
_FIND = text("SELECT holder, term, expires_at < clock_timestamp() AS over FROM lease WHERE name = :name")
_RENEW = text(
    "UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE name = :name AND holder = :holder AND term = :term"
)
_TAKE = text(
    "INSERT INTO lease (name, holder, term, expires_at)"
    " VALUES (:name, :holder, :term, clock_timestamp() + make_interval(secs => :seconds))"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = excluded.term,"
    " expires_at = excluded.expires_at WHERE lease.term = excluded.term - 1"
)
_LOCK = text("SELECT pg_try_advisory_lock(:terms, :term)")
_UNLOCK = text("SELECT pg_advisory_unlock(:terms, :term)")
# A process frozen inside a transaction would keep the row from its successor; the server ends such a session.
_FENCE = text(
    "SELECT holder, term, set_config('idle_in_transaction_session_timeout', :patience, true)"
    " FROM lease WHERE name = :name FOR SHARE"
)


class _RowLease:
    alone = False

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
        self._session: Connection | None = None  # where the advisory lock lives
        self._term = 0  # 0: not held
        self.holder = ""

    @property
    def held(self) -> bool:
        return self._term > 0

    def acquire(self) -> bool:
        try:
            with unavailable():
                self._session = self._session or self._engine.connect()
                if not (self._term and self._renew(self._session)):
                    self._term = self._take(self._session)
        except Exception:
            self._leave()  # the advisory lock went with the session, so the lease did
            raise
        return self.held

    def fenced(self, jobs: Jobs) -> Jobs:
        term = self._term

        def check(work: UnitOfWork) -> None:
            found = work.session.execute(_FENCE, {"name": NAME, "patience": f"{LEASE_SECONDS}s"}).first()
            if found is None or (found.holder, found.term) != (me(), term):
                raise OldTerm(f"term {term} is over: {found.holder if found else 'nobody'} ticks now")

        return Checked(jobs, check)

    def close(self) -> None:
        """Hand it over: the next one need not wait, not even until the server has noticed that the session ended."""
        if self._session and self.held:
            with suppress(SQLAlchemyError):
                self._unlock(self._session, self._term)
        self._leave()
        self._engine.dispose()

    def _renew(self, session: Connection) -> bool:
        done = session.execute(_RENEW, self._values(self._term)).rowcount == 1
        if not done:
            self._unlock(session, self._term)
        return done

    def _take(self, session: Connection) -> int:
        """The new term, where the lease is free; else 0."""
        found = session.execute(_FIND, {"name": NAME}).first()
        self.holder, term = (found.holder, found.term) if found else ("", 0)
        if found and not found.over and not self._gone(session, term):
            return 0
        if not self._lock(session, term + 1):
            return 0  # another standby is taking it
        if session.execute(_TAKE, self._values(term + 1)).rowcount != 1:
            self._unlock(session, term + 1)
            return 0
        self.holder = me()
        return term + 1

    def _gone(self, session: Connection, term: int) -> bool:
        """Whether the session of a term's holder has ended: its lock is free."""
        free = self._lock(session, term)
        if free:
            self._unlock(session, term)
        return free

    def _lock(self, session: Connection, term: int) -> bool:
        return bool(session.execute(_LOCK, {"terms": TERMS, "term": term}).scalar_one())

    def _unlock(self, session: Connection, term: int) -> None:
        session.execute(_UNLOCK, {"terms": TERMS, "term": term})

    def _values(self, term: int) -> Mapping[str, object]:
        return {"name": NAME, "holder": me(), "term": term, "seconds": LEASE_SECONDS}

    def _leave(self) -> None:
        self._term = 0
        if self._session:
            self._session.invalidate()  # not back to the pool: the lock goes with the session
            self._session.close()
            self._session = None
