"""Downloads files that people sent, after the message they came with was answered.

In: attachments on record that wait for their bytes. Out: the bytes, or what is wrong with them, on record.
A file is fetched when its message has long been answered: no platform waits for a download, and what a crash
interrupts is simply fetched again. One file at a time for each platform: the largest is 20 MB, and nobody waits.
"""

import asyncio
import logging
import random
from contextlib import suppress
from functools import partial
from typing import TypeVar

from bot.adapters.contract import TakesFiles
from bot.adapters.outcome import Down, Fetched, Halt, Moved, Refused, Sent, TooBig, Unknown, Wait, believed
from bot.outbound.pacing import Retry
from handlers import attachments as attachment_handlers
from storage.database.store import Job, Store
from storage.record import attachments
from storage.record.attachments import Wanted
from storage.rules.files import MOST_BYTES

log = logging.getLogger("rogatory.fetching")

T = TypeVar("T")

LOOK_SECONDS = 1.0  # between two looks at the record
FETCH_SECONDS = 120.0  # for one file
SHUT_SECONDS = 60.0  # until a platform that does not answer is asked again


class Fetcher:
    """Fetches the files of one platform."""

    def __init__(self, store: Store, platform: TakesFiles, *, seconds: float = FETCH_SECONDS) -> None:
        self._store, self._platform, self._seconds = store, platform, seconds
        self._retry = Retry()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Fetch what waits until `stop`. A store that is away is waited for."""
        while not self._stopped.is_set():
            try:
                await self.fetch_due()
            except Exception:
                log.exception("files of %s", self._platform.name)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), LOOK_SECONDS)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped.set()

    async def fetch_due(self) -> None:
        """Fetch everything that may be fetched now."""
        for late in await self._read(lambda work: attachments.overdue(work, self._platform.name)):
            await self._write(partial(attachment_handlers.not_given, attachment_id=late, fault="gone"))
        while not self._stopped.is_set():
            due = await self._read(lambda work: attachments.due(work, self._platform.name, self._platform.sources))
            for wanted in due:
                await self._fetch(wanted)
            if not due:
                return

    async def _fetch(self, wanted: Wanted) -> None:
        match await self._ask(wanted):
            case Fetched(content):
                await self._write(lambda work: attachment_handlers.fetched(work, wanted.id, content))
            case TooBig():
                await self._write(lambda work: attachment_handlers.not_given(work, wanted.id, "too_big"))
            case Refused(why):
                log.warning("file %s: %s", wanted.id, why)
                await self._write(lambda work: attachment_handlers.not_given(work, wanted.id, "gone"))
            case Wait(asked):
                await self._later(wanted, believed(asked), failed=False)
            case Down(why) | Halt(why):
                log.warning("file %s: %s", wanted.id, why)
                await self._later(wanted, SHUT_SECONDS, failed=False)
            case Unknown(why):
                await self._again(wanted, why)
            case Sent() | Moved():
                await self._again(wanted, "no answer to what was asked")

    async def _again(self, wanted: Wanted, why: str) -> None:
        """Later again, or given up after a day of failures."""
        log.warning("file %s: %s", wanted.id, why)
        seconds = self._retry.after(wanted.attempts + 1, random.random)
        if seconds is None:
            await self._write(lambda work: attachment_handlers.not_given(work, wanted.id, "gone"))
        else:
            await self._later(wanted, seconds, failed=True)

    async def _later(self, wanted: Wanted, seconds: float, *, failed: bool) -> None:
        await self._write(lambda work: attachments.later(work, wanted.id, seconds, failed=failed))

    async def _ask(self, wanted: Wanted) -> object:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._platform.fetch(wanted.source, most_bytes=MOST_BYTES)
        except TimeoutError:
            return Unknown(f"not there after {self._seconds:g} s")
        except Exception as error:
            log.exception("adapter %s", self._platform.name)
            return Unknown(f"{type(error).__name__} in the adapter")

    # ---- the store ----

    async def _read(self, job: Job[T]) -> T:
        return await asyncio.wrap_future(self._store.read(job))

    async def _write(self, job: Job[T]) -> T:
        return await asyncio.wrap_future(self._store.write(job))
