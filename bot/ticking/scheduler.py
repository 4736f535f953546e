"""The scheduler: one interval job, which calls the tick; and the watch that sees it stop.

In: a function that blocks. Out: its calls, one at a time, in a thread of its own, TICK_SECONDS apart.
Why so little: due dates live in the record, so a missed or doubled call changes nothing; only silence would. Then the
process ends with an error, and its supervisor starts another.
Why the watch counts its own rounds and not time: after a pause of the whole machine it is as late as the ticks are.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from storage.times import SystemClock

log = logging.getLogger("rogatory.scheduler")

TICK_SECONDS = 15.0
MISSED = 2  # rounds of the watch without a sign of life

JOB = "tick"


class TicksStopped(Exception):
    """No tick has begun or got on for MISSED rounds."""


class Scheduler:
    """Calls `tick` again and again while it is open; use it as `async with`. `tick` is given `progress`."""

    def __init__(self, tick: Callable[[Callable[[], None]], object], *, seconds: float = TICK_SECONDS) -> None:
        self._tick, self._seconds = tick, seconds
        self._signs = 0
        self._running = False
        self._thread = ThreadPoolExecutor(1, "tick")
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    async def __aenter__(self) -> Self:
        trigger = IntervalTrigger(seconds=self._seconds, timezone=UTC)
        self._scheduler.add_job(self._call, trigger, id=JOB, misfire_grace_time=None, coalesce=True, max_instances=1)
        self._scheduler.start()
        self.soon()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._scheduler.shutdown(wait=False)
        await asyncio.to_thread(self._thread.shutdown)  # the tick in hand still needs the store

    def progress(self) -> None:
        """A sign of life. From any thread."""
        self._signs += 1

    def soon(self) -> None:
        """Let the next tick be now: somebody waits for it, or a clock put back would keep it waiting for hours."""
        if not self._running:
            self._scheduler.modify_job(JOB, next_run_time=SystemClock().now())

    async def watch(self) -> None:
        """Return never. Errors: TicksStopped."""
        missed = 0
        while missed < MISSED:
            signs = self._signs
            await asyncio.sleep(self._seconds)
            if self._signs == signs:
                missed += 1
                log.warning("no tick for %s s", self._seconds * missed)
                self.soon()
            else:
                missed = 0
        raise TicksStopped(f"no tick for {self._seconds * missed:.0f} s")

    async def _call(self) -> None:
        self._running = True
        self.progress()
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._tick, self.progress)
        except Exception:
            log.exception("the tick failed")
        finally:
            self._running = False
            self.progress()
