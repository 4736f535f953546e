"""The sweep: 10,000 reminders due among a million stored requests and among ten thousand.

`python -m tests.bench.sweep [--stored N] [--due N] [--rounds N]`. Prints milliseconds and two ratios: to the floor,
measured in the same run (the same number of clocks rung by two statements of bare SQL, which know no ladder, no
calendar and no audience), and of the large record to the small one.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import bindparam, select, text, update

from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock
from storage.reminders.sweep import sweep
from tests.bench.hall import fill

FLOOR = """
CREATE TABLE clock(request_id INTEGER PRIMARY KEY, at INTEGER NOT NULL, n INTEGER NOT NULL, dest TEXT NOT NULL);
CREATE INDEX ix_clock_at ON clock(at, request_id);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, dedupe_key TEXT NOT NULL UNIQUE,
  dest TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, state INTEGER NOT NULL, not_before INTEGER NOT NULL);
CREATE INDEX ix_outbox_pending ON outbox(not_before, id) WHERE state = 0;
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        floor = _floor(Path(folder, "floor.db"), due=chosen.due, rounds=chosen.rounds)
        _say(f"floor: {chosen.due} clocks by two statements", floor)
        times = {}
        for stored in sorted({chosen.small, chosen.stored}):
            times[stored] = _ours(f"sqlite:///{folder}/{stored}.db", stored, chosen.due, chosen.rounds)
            _say(f"sweep: {chosen.due} due among {stored}", times[stored])
    sys.stdout.write(f"ratio to the floor: {times[chosen.stored] / floor:.1f}\n")
    sys.stdout.write(
        f"ratio of {chosen.stored} stored to {chosen.small}: {times[chosen.stored] / times[chosen.small]:.2f}\n"
    )


def _ours(url: str, stored: int, due: int, rounds: int) -> float:
    store, _ = fill(url, stored=stored, due=due)
    try:
        again = store.read(_due).result()
        return statistics.median(_round(store, due, again) for _ in range(rounds))
    finally:
        store.close()


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


def _timed(act: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    result = act()
    return (time.perf_counter() - began) * 1e3, result


def _say(what: str, milliseconds: float) -> None:
    sys.stdout.write(f"{what}: {milliseconds:.0f} ms\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
