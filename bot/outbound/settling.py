"""Settling: what the platform has taken goes on record together, in as few transactions as there is time for.

In: rows that ended well, each from its own task. Out: their end on record, or an error for each that has none.
What ends while one write is under way waits for the next, and no longer: there is no timer, so a row that comes alone
is written alone at once, and of fifty that land together forty-nine cost next to nothing.
A set that fails is written again one by one, so that a row that cannot be settled undoes nothing of the others. It
stays `sending`, which says that nobody knows, and is put back later.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StoreUnavailable

log = logging.getLogger("rogatory.delivery")

E = TypeVar("E")


class Settler(Generic[E]):
    """Gathers ends for one platform. put: writes several of them, in one transaction."""

    def __init__(self, store: Store, put: Callable[[UnitOfWork, Sequence[E]], None]) -> None:
        self._store, self._put = store, put
        self._ended: list[tuple[E, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def settle(self, end: E) -> None:
        """Return when it is on record. Errors: whatever kept it from there."""
        settled = asyncio.get_running_loop().create_future()
        self._ended.append((end, settled))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await settled

    async def _write_all(self) -> None:
        while self._ended:
            together, self._ended = self._ended, []
            await self._write(together)

    async def _write(self, together: Sequence[tuple[E, asyncio.Future[None]]]) -> None:
        ends = [end for end, _ in together]
        error: Exception | None = None
        try:
            await asyncio.wrap_future(self._store.write(lambda work: self._put(work, ends)))
        except Exception as failed:  # noqa: BLE001 - each whose end it was is told
            error = failed
        if error and len(together) > 1 and not isinstance(error, StoreUnavailable):
            log.warning("%s rows could not be settled together: %s", len(together), error)
            for one in together:
                await self._write([one])
            return
        for _, settled in together:
            if settled.done():  # whoever waited was stopped
                continue
            if error:
                settled.set_exception(error)
            else:
                settled.set_result(None)
