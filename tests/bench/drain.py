"""Delivery: how many messages a second leave the outbox when the platform costs nothing.

In: an empty database. Out: a figure. The floor, on SQLite, is measured in the same run: rows claimed fifty at a time by
bare SQL and marked sent one by one, each in its own durable transaction.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from bot.outbound.delivery import PlatformDelivery
from bot.outbound.pacing import Pace
from bot.rendering.render import Renderer
from handlers.cases import CaseNoted
from storage.database.engine import migrate
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import outbox
from storage.models import Account, Participant, Recipient
from storage.record.records import sync_authorities
from storage.reference.catalog import load
from storage.times import SystemClock
from tests import factories
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE
from tests.fakes import FakeChat

FLOOR = """
CREATE TABLE outbox(id INTEGER PRIMARY KEY, state INTEGER NOT NULL, not_before INTEGER NOT NULL, sent_at INTEGER);
CREATE INDEX ix_outbox_pending ON outbox(not_before, id) WHERE state = 0;
"""


def figures(database: str, url: str, folder: str, count: int) -> Iterator[Figure]:
    """Messages a second, each marked durably."""
    floor = _floor(Path(folder, "drain-floor.db"), count) if database == SQLITE else None
    goal = ">= 1800" if floor else ""
    yield Figure("delivery, each marked durably", database, 0, _ours(url, count), "/s", floor, goal)


def _ours(url: str, count: int) -> float:
    migrate(url)
    store = Store(url, clock=SystemClock(), reference=load())
    try:
        store.write(lambda work: _queue(work, count)).result()
        chat = FakeChat("slack")
        road = PlatformDelivery(store, chat, Renderer(), pace=Pace())
        began = time.perf_counter()
        asyncio.run(road.drain())
        took = time.perf_counter() - began
        assert len(chat.posts) == count, len(chat.posts)
        return count / took
    finally:
        store.close()


def _queue(work: UnitOfWork, count: int) -> None:
    """So many notes on one case, each for somebody else."""
    sync_authorities(work, work.reference)
    work.session.flush()
    case = factories.case(work, label=Label.GREEN)
    for n in range(count):
        person = factories.person(work, of=case.agency)
        person.accounts.append(Account(platform="slack", external_id=f"U{n}", linked_at=work.now))
        case.participants.append(Participant(person=person, added_by=case.opened_by, added_at=work.now))
        work.session.flush()
        note = CaseNoted(case.ref, case.title, case.label, "The page is back", "Somebody")
        recipient = Recipient.person(person.id)
        outbox.put(work, cause=f"bench:{n}", notice=note, recipient=recipient, label=Label.GREEN, subject=case.ref)


def _floor(file: Path, count: int) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {FLOOR}")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO outbox(state, not_before) VALUES (0, ?)", [(n,) for n in range(count)])
    connection.execute("COMMIT")
    began = time.perf_counter()
    while True:
        rows = connection.execute(
            "UPDATE outbox SET state = 2 WHERE id IN (SELECT id FROM outbox WHERE state = 0"
            " ORDER BY not_before, id LIMIT 50) RETURNING id"
        ).fetchall()
        if not rows:
            break
        for (row,) in rows:
            connection.execute("UPDATE outbox SET state = 1, sent_at = 1 WHERE id = ?", (row,))
    took = time.perf_counter() - began
    connection.close()
    return count / took
