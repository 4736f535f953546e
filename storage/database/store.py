"""The store: where jobs run. One hop per turn; nothing of the database ever runs on the event loop.

In: a job, a function of a unit of work. Out: a future with its result, set only after the commit: what was answered is
on disk.
SQLite: one writer thread commits everything that waits as one group, a savepoint for each job (one fsync for many); a
job that is alone is a transaction of its own.
PostgreSQL: a pool of threads, a transaction for each job, run again when the database asks for it.
Readers have their own connections, which refuse to write.
Why a thread and not an async driver: measured three times faster than aiosqlite, and handlers stay plain functions.
"""

import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from storage.database.engine import check_schema, is_sqlite, open_engine, reason, unavailable
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StaleRecord, StoreUnavailable
from storage.reference.catalog import Reference
from storage.times import TimeSource

T = TypeVar("T")
Job = Callable[[UnitOfWork], T]

GROUP = 64  # jobs in one commit at most, so that nobody waits long behind others
WRITERS = 8  # threads on PostgreSQL
READERS = 4
TRIES = 8  # on PostgreSQL, for deadlocks, serialization failures and rows that changed meanwhile
PAUSE_SECONDS = 0.01  # before the second try, at most; twice as long before each further one


_Waiting = tuple[Job[Any], Future[Any]]


@dataclass(frozen=True)
class _Answer:
    """What a job came to, kept until its group is committed. `queued`: it put something into the outbox."""

    future: Future[Any]
    result: Any
    error: BaseException | None
    queued: bool = False

    def give(self) -> None:
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class _Writer(Protocol):
    def submit(self, job: Job[Any]) -> Future[Any]: ...
    def close(self) -> None: ...


class Store:
    """One database. Open it once; `write` and `read` may be called from any thread.

    `on_queued` is called after a commit that put something into the outbox, from whatever thread committed: it may
    neither wait nor fail.

    Errors of opening: WrongSchema, StoreUnavailable.
    """

    def __init__(self, url: str, *, clock: TimeSource, reference: Reference) -> None:
        self.url, self.clock, self.reference = url, clock, reference
        self.on_queued: Callable[[], None] = lambda: None
        self._write_engine = open_engine(url, pool_size=1 if is_sqlite(url) else WRITERS)
        try:
            check_schema(self._write_engine)
        except Exception:
            self._write_engine.dispose()
            raise
        self._read_engine = open_engine(url, readonly=True, pool_size=READERS)
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer: _Writer = _OneWriter(self) if is_sqlite(url) else _ManyWriters(self)

    def write(self, job: Job[T]) -> Future[T]:
        """Run a job in a write transaction. The future is set after the commit.

        A job may be run more than once before it is committed once, so it must change nothing but the record.
        Errors (in the future): whatever the job raised, with nothing written; StoreUnavailable; StaleRecord.
        RuntimeError at once, when the store is closed.
        """
        return self._writer.submit(job)

    def read(self, job: Job[T]) -> Future[T]:
        """Run a job that changes nothing, beside the writers, on one state of the record from beginning to end.

        Errors (in the future): whatever the job raised; StoreUnavailable; the database's own refusal of a change.
        """
        return self._readers.submit(self._read, job)

    def close(self) -> None:
        """Finish what was taken, then let go of the database."""
        self._writer.close()
        self._readers.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    @property
    def write_engine(self) -> Engine:
        """For tests and repairs that must look under the floor."""
        return self._write_engine

    def _read(self, job: Job[T]) -> T:
        with (
            unavailable(reading=True),
            self._read_engine.connect() as connection,
            self._session(connection) as session,
        ):
            work = UnitOfWork(session, self.clock.now(), self.reference)
            result = job(work)
            work.finish()  # a change made by mistake is refused aloud, not lost in silence
            return result

    def _session(self, connection: Connection) -> Session:
        return Session(connection, join_transaction_mode="create_savepoint", autoflush=True, expire_on_commit=False)

    def run(self, connection: Connection, job: Job[T]) -> tuple[T, bool]:
        """One job: in a savepoint of the transaction that is open, else in one of its own; all of it, or nothing.

        What it returned, and whether it queued messages.
        """
        with self._session(connection) as session:
            work = UnitOfWork(session, self.clock.now(), self.reference)
            try:
                result = job(work)
                work.finish()
                session.commit()
            except StaleDataError as error:
                raise StaleRecord(str(error)) from error
            return result, work.queued


class _OneWriter:
    """SQLite: a thread that takes what waits, runs each job in a savepoint, commits once, then answers all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._door = threading.Lock()  # nobody comes in behind the None that closes
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[Any]) -> Future[Any]:
        future: Future[Any] = Future()
        with self._door:
            if self._closed:
                raise RuntimeError("the store is closed")
            self._queue.put((job, future))
        return future

    def close(self) -> None:
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._next_group()
            if taken := [(job, future) for job, future in group if future.set_running_or_notify_cancel()]:
                self._commit(taken)

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Wait for one, take what waits behind it; False beside them when the store was closed."""
        group: list[_Waiting] = []
        waiting = self._queue.get()
        while waiting is not None:
            group.append(waiting)
            if len(group) == GROUP or self._queue.empty():
                return group, True
            waiting = self._queue.get()
        return group, False

    def _commit(self, group: list[_Waiting]) -> None:
        answers: list[_Answer] = []
        try:
            with unavailable(), self._store.write_engine.connect() as connection:
                if len(group) > 1:
                    connection.begin()
                answers.extend(self._attempt(connection, job, future) for job, future in group)
                connection.commit()
        except Exception as error:  # noqa: BLE001 - nothing was committed, so everybody is told
            answers = [_Answer(future, None, error) for _, future in group]
        for answer in answers:
            answer.give()
        if any(answer.queued for answer in answers):
            self._store.on_queued()

    def _attempt(self, connection: Connection, job: Job[Any], future: Future[Any]) -> _Answer:
        try:
            with unavailable():
                result, queued = self._store.run(connection, job)
                return _Answer(future, result, None, queued)
        except BaseException as error:  # an exit as well: it belongs to whoever asked, and the thread lives on
            if connection.in_transaction() and not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # it is open
                raise StoreUnavailable(_first_word(error)) from error  # SQLite undid the others too: a full disk, I/O
            return _Answer(future, None, error)


def _first_word(error: BaseException) -> str:
    """What SQLite said first, before the complaints that followed from it."""
    said = type(error).__name__
    behind: BaseException | None = error
    while behind:
        said = str(behind) if isinstance(behind, sqlite3.Error) else said
        behind = behind.__cause__ or behind.__context__
    return said


class _ManyWriters:
    """PostgreSQL: as many transactions at once as there are threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(WRITERS, "writer")

    def submit(self, job: Job[Any]) -> Future[Any]:
        return self._threads.submit(self._commit, job)

    def close(self) -> None:
        self._threads.shutdown()

    def _commit(self, job: Job[Any]) -> Any:  # noqa: ANN401 - whatever the job returns
        for attempt in range(TRIES):
            try:
                return self._once(job)
            except (_Again, StaleRecord, _Taken) as error:
                last = error
                time.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 - apart, not secret
        if isinstance(last, _Taken):
            raise last.error
        raise StoreUnavailable(str(last)) if isinstance(last, _Again) else last

    def _once(self, job: Job[Any]) -> Any:  # noqa: ANN401 - whatever the job returns
        try:
            with unavailable(), self._store.write_engine.connect() as connection:
                result, queued = self._store.run(connection, job)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state in ("40001", "40P01"):  # serialization failure, deadlock
                raise _Again(reason(error.orig)) from error
            if state == "23505":  # a unique value
                raise _Taken(error) from error
            raise
        if queued:
            self._store.on_queued()
        return result


class _Taken(Exception):
    """Somebody else has just written what must be there once: once more it is found, or it is a fault after all."""

    def __init__(self, error: DBAPIError) -> None:
        super().__init__("taken")
        self.error = error


class _Again(Exception):
    """The database undid the transaction and asks to have it once more."""
