"""Troubles of a platform that only its adapter sees: it refuses our token, somebody else uses it too.

In: what an adapter noticed, as often as it does. Out: administrators are told once a day, and a platform that keeps us
out is on record as such (`handlers/undelivered.py`). It raises for nothing: an adapter has better to do.
"""

import asyncio
import logging

from handlers import undelivered
from storage.database.store import Job, Store
from storage.errors import StorageError
from storage.messages import heartbeat

log = logging.getLogger("rogatory.delivery")


class PlatformTroubles:
    """For every platform of this process."""

    def __init__(self, store: Store) -> None:
        self._store, self._known = store, set[tuple[str, ...]]()

    async def noticed(self, platform: str, what: str, detail: str = "") -> None:
        """It is so now."""
        log.warning("%s: %s %s", platform, what, detail)
        today = self._store.clock.now().date().isoformat()
        if (platform, what, today) not in self._known:
            self._known.add((platform, what, today))
            await self._write(lambda work: undelivered.noticed(work, platform, what, detail))

    async def cannot_start(self, platform: str, sentence: str) -> None:
        """It refuses us until somebody changes the settings."""
        log.error("%s does not let us in: %s", platform, sentence)
        await self._write(lambda work: undelivered.halted(work, platform, sentence))

    async def asked_again(self, platform: str) -> None:
        """It is asked once more whether it lets us in; where it does not, `cannot_start` follows."""
        await self._write(lambda work: heartbeat.resume(work, platform))

    async def _write(self, job: Job[None]) -> None:
        try:
            await asyncio.wrap_future(self._store.write(job))
        except StorageError:
            log.exception("administrators could not be told")
