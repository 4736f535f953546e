"""One tick: everything that the passing of time triggers, step by step.

In: the store, and whether this process holds the lease. Out: `Ticked`; reminders, digests and summaries queued, what
was written put into the index of the search, old rows let go, and the heartbeat that health looks at. What delivery
left in doubt, delivery puts back itself.
Each step stands alone: one that fails is logged and named, and the others happen. A tick remembers nothing of the one
before but when it was, to notice that somebody has set the machine's clock.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.database.jobs import Jobs
from storage.database.lease import Lease, OldTerm
from storage.database.store import Store
from storage.messages import heartbeat, retention, succession
from storage.record import demo
from storage.reminders import digests, registers
from storage.reminders.sweep import sweep
from storage.search import upkeep

log = logging.getLogger("rogatory.tick")

STEPPED = timedelta(minutes=10)  # the clock of the machine went on by so much more than time did

Step = tuple[str, Callable[[Jobs], object]]

STEPS: tuple[Step, ...] = (
    ("sweep", sweep),
    ("registers", registers.remind),
    ("digests", digests.fold),
    ("summaries", digests.post_summaries),
    ("succession", succession.remind),
    ("search", upkeep.catch_up),
    ("retention", retention.prune),
    ("heartbeat", lambda jobs: jobs.write(lambda work: heartbeat.beat(work, heartbeat.TICK)).result()),
)


@dataclass(frozen=True)
class Ticked:
    """What one tick did. `led`: this process ticked; False where another one does."""

    led: bool = True
    failed: tuple[str, ...] = ()


class Ticker:
    """The ticks of one process. `steady`: seconds that only go forward."""

    def __init__(
        self,
        store: Store,
        lease: Lease,
        *,
        steps: Sequence[Step] = STEPS,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._lease, self._steps, self._steady = store, lease, steps, steady
        self._before: tuple[datetime, float] | None = None

    def tick(self, progress: Callable[[], None] = lambda: None) -> Ticked:
        """Do every step, where this process leads. Blocks: call it off the event loop. Raises nothing of a step.

        progress: called after each step.
        """
        demo.follow(self._store, self._store.clock)
        self._look_at_clock()
        if not self._lease.held:
            return Ticked(led=False)
        jobs = self._lease.fenced(self._store)
        failed: list[str] = []
        for name, step in self._steps:
            try:
                step(jobs)
            except OldTerm as error:
                log.warning("this process no longer ticks: %s", error)
                return Ticked(led=False, failed=tuple(failed))
            except Exception:
                log.exception("step %s of the tick failed", name)
                failed.append(name)
            progress()
        return Ticked(failed=tuple(failed))

    def _look_at_clock(self) -> None:
        """Say once that the machine's clock was set. The record forbids doubles, and the sweep says what is late."""
        now, steady = self._store.clock.now(), self._steady()
        if self._before:
            before, steady_before = self._before
            step = (now - before) - timedelta(seconds=steady - steady_before)
            if step > STEPPED:
                whole = timedelta(seconds=round(step.total_seconds()))
                log.warning("the clock went forward by %s: what fell due meanwhile rings now, marked late", whole)
            elif step < -STEPPED:
                log.warning("the clock went back by %s: nothing rings twice", -step)
        self._before = now, steady
