"""A process that holds the lease of a PostgreSQL database, for tests that freeze or kill it.

`python -m tests.lease_holder URL SECONDS` (of a lease). It prints "held" once it leads, and its jobs are fenced from
then on; for each line of its input it prints what came of it:
    sweep     "rang 3", or "refused" where another process leads by now
    stop      freezes itself inside a write that adds a trait, having said "inside"; later "written" or "failed"
"""

import os
import signal
import sys
import threading

from sqlalchemy.exc import DBAPIError

from storage.database import lease
from storage.database.lease import OldTerm, open_lease
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError
from storage.models import Trait
from storage.reference.catalog import load
from storage.reminders.sweep import sweep
from storage.times import SystemClock

SECONDS = 60
_gone_on = threading.Event()


def main(url: str, seconds: str) -> None:
    signal.signal(signal.SIGCONT, lambda *_: _gone_on.set())
    lease.LEASE_SECONDS = int(seconds)
    store, mine = Store(url, clock=SystemClock(), reference=load()), open_lease(url)
    while not mine.acquire():
        pass
    jobs = mine.fenced(store)
    _say("held")
    for line in sys.stdin:
        try:
            if line.strip() == "sweep":
                _say(f"rang {sweep(jobs).rings}")
            else:
                jobs.write(_stop).result()
                _say("written")
        except OldTerm:
            _say("refused")
        except (StorageError, DBAPIError):
            _say("failed")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _stop(work: UnitOfWork) -> None:
    work.session.add(Trait(name="stale", value="written"))
    work.session.flush()
    _say("inside")
    os.kill(os.getpid(), signal.SIGSTOP)
    _gone_on.wait(SECONDS)  # the stop may reach this thread last: it must not write on meanwhile


if __name__ == "__main__":
    main(*sys.argv[1:])
