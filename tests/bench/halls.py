"""The halls of a run: a small and a large record on each database, and a desk in each that answers lines.

In: how large, and where. Out: halls. They are filled two at a time, since a fill keeps one core busy.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from bot.adapters.contract import Answer, Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS
from storage.database.store import Store
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests.bench.dating import NOW
from tests.bench.hall import fill
from tests.bench.staff import PLATFORM, Looks

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


@dataclass(frozen=True)
class Hall:
    """A filled database. `stored` requests, `due` reminders that have come."""

    database: str
    url: str
    stored: int
    due: int

    def fill(self) -> None:
        """Put everything on record."""
        store, _ = fill(self.url, stored=self.stored, due=self.due)
        store.close()

    @contextmanager
    def open(self) -> Iterator["Desk"]:
        """A desk in it."""
        store = Store(self.url, clock=FrozenClock(NOW), reference=load())
        try:
            with asyncio.Runner() as runner:
                yield Desk(store, Dispatch(store, COMMANDS, Renderer()), runner)
        finally:
            store.close()


@dataclass(frozen=True)
class Desk:
    """Answers lines, one after the other."""

    store: Store
    dispatch: Dispatch
    runner: asyncio.Runner

    def say(self, who: Looks, line: str) -> tuple[float, Answer]:
        """How many milliseconds an answer took, and the answer. Errors: AssertionError, for a bug's."""
        return self.runner.run(self._say(Inbound(PLATFORM, str(time.time_ns()), who.value, line)))

    async def _say(self, inbound: Inbound) -> tuple[float, Answer]:
        began = time.perf_counter()
        answer = await self.dispatch.receive(inbound)
        took = (time.perf_counter() - began) * 1e3
        assert not answer.failed, (inbound.text, answer)
        return took, answer


def fill_all(halls: Sequence[Hall]) -> None:
    """Fill them, the largest first."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(hall.fill) for hall in sorted(halls, key=lambda hall: -hall.stored)]:
            done.result()


def named(folder: str, create: Callable[[str], str] | None, stored: int, due: int) -> list[Hall]:
    """One on each database there is."""
    name = f"hall_{stored}_{due}"
    found = [Hall(SQLITE, f"sqlite:///{folder}/{name}.db", stored, due)]
    return [*found, Hall(POSTGRES, create(name), stored, due)] if create else found
