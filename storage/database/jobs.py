"""Whoever runs jobs: the store, or the store under a condition.

In: a job. Out: a future with its result. A step of the tick is given a `Jobs` and does not know which one: the store
itself, one whose writes are refused once another process ticks, or one transaction that will be undone.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from storage.database.unit_of_work import UnitOfWork

T = TypeVar("T")
Job = Callable[[UnitOfWork], T]
Check = Callable[[UnitOfWork], None]
"""Raises where the transaction must not go on."""


class Jobs(Protocol):
    """Runs jobs; each `write` is its own transaction, or a part of one that can fail alone."""

    def write(self, job: Job[T]) -> Future[T]: ...  # noqa: D102 - as Store.write
    def read(self, job: Job[T]) -> Future[T]: ...  # noqa: D102 - as Store.read


class Checked:
    """The same jobs, each write only after a check in its own transaction."""

    def __init__(self, jobs: Jobs, check: Check) -> None:
        self._jobs, self._check = jobs, check

    def write(self, job: Job[T]) -> Future[T]:
        """Check, then run. Errors (in the future): those of the check, with nothing written; those of the job."""

        def checked(work: UnitOfWork) -> T:
            self._check(work)
            return job(work)

        return self._jobs.write(checked)

    def read(self, job: Job[T]) -> Future[T]:
        """Run without a check: what is only looked at needs none."""
        return self._jobs.read(job)


class Within:
    """Jobs inside a transaction that is already open: each in a savepoint, at once, in the caller's thread."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def write(self, job: Job[T]) -> Future[T]:
        """Run; what a failing job did is undone, and nothing else."""
        future: Future[T] = Future()
        savepoint = self._work.session.begin_nested()
        try:
            result = job(self._work)
            self._work.write_out()
            savepoint.commit()
            future.set_result(result)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asks the future
            savepoint.rollback()
            self._work.drop_later()
            future.set_exception(error)
        return future

    def read(self, job: Job[T]) -> Future[T]:
        """Run on what the transaction sees."""
        return self.write(job)
