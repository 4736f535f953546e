"""The sweep: as many reminders due among a million stored requests as among ten thousand.

In: halls of one database. Out: figures, in milliseconds. The floor of the small one, on SQLite, is measured in the same
run: the same number of clocks rung by two statements of bare SQL, which know no ladder, no calendar and no audience.
"""

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import bindparam, select, text, update

from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock
from storage.reminders.sweep import sweep
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE, Hall

T = TypeVar("T")
FLOOR = """
CREATE TABLE clock(request_id INTEGER PRIMARY KEY, at INTEGER NOT NULL, n INTEGER NOT NULL, dest TEXT NOT NULL);
CREATE INDEX ix_clock_at ON clock(at, request_id);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, dedupe_key TEXT NOT NULL UNIQUE,
  dest TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, state INTEGER NOT NULL, not_before INTEGER NOT NULL);
CREATE INDEX ix_outbox_pending ON outbox(not_before, id) WHERE state = 0;
"""


def figures(halls: Sequence[Hall], folder: str, rounds: int) -> Iterator[Figure]:
    """The sweep of each hall, the smallest first; of the others in ratio to it. All have as much due."""
    sqlite_ = halls[0].database == SQLITE
    against = _floor(Path(folder, "sweep-floor.db"), due=halls[0].due, rounds=rounds) if sqlite_ else None
    goal = "<= 500" if sqlite_ else ""
    for hall in sorted(halls, key=lambda hall: hall.stored):
        with hall.open() as desk:
            again = desk.store.read(_due).result()
            took = statistics.median(_round(desk.store, hall.due, again) for _ in range(rounds))
        yield Figure(f"sweep, {hall.due:,} due", hall.database, hall.stored, took, "ms", against, goal)
        against, goal = took, "<= 1.3x"


def _round(store: Store, due: int, again: Sequence[Mapping[str, object]]) -> float:
    took, swept = _timed(lambda: sweep(store))
    assert (swept.rings, swept.failed) == (due, 0), swept
    with store.write_engine.begin() as connection:  # the same again, as if every date had been moved
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(_AGAIN, again)
    return took


def _due(work: UnitOfWork) -> list[dict[str, object]]:
    """The clocks whose reminder has come, as they stand."""
    rows = work.session.execute(select(Clock.id, Clock.rung, Clock.ring_at).where(Clock.ring_at <= work.now))
    return [{"of": number, "to": rung, "at": ring_at} for number, rung, ring_at in rows]


_AGAIN = (
    update(Clock)
    .where(Clock.id == bindparam("of"))
    .values(rung=bindparam("to"), ring_at=bindparam("at"), epoch=Clock.epoch + 1)
)


def _floor(file: Path, *, due: int, rounds: int) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {FLOOR}")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO clock VALUES (?, 0, 0, ?)", [(n, f"U{n % 200}") for n in range(due)])
    connection.execute("COMMIT")

    def ring(now: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO outbox(request_id, dedupe_key, dest, kind, payload, state, not_before)"
            " SELECT request_id, 'k:' || request_id || ':' || n, dest, 'nudge', '', 0, ? FROM clock WHERE at <= ?"
            " ON CONFLICT(dedupe_key) DO NOTHING",
            (now, now),
        )
        connection.execute("UPDATE clock SET at = at + 1, n = n + 1 WHERE at <= ?", (now,))
        connection.execute("COMMIT")

    times = [_timed(lambda now=now: ring(now))[0] for now in range(rounds)]  # type: ignore[misc]
    connection.close()
    return statistics.median(times)


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = act()
    return (time.perf_counter() - began) * 1e3, result
