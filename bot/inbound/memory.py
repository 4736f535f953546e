"""What platforms keep over a restart: `storage/messages/memos.py`, as an adapter is given it."""

import asyncio
from collections.abc import Mapping

from storage.database.store import Store
from storage.messages import memos
from storage.messages.memos import Kept, Value


class Memory:
    """Kept in the record. What is remembered is on disk when a method returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def remember(self, values: Mapping[str, Value], *, seconds: float) -> None:
        """Keep each value under its key for so long."""
        await asyncio.wrap_future(self._store.write(lambda work: memos.put(work, values, seconds=seconds)))

    async def recall(self, key: str) -> Kept | None:
        """What is kept under a key; for a day also what is late."""
        return await asyncio.wrap_future(self._store.read(lambda work: memos.get(work, key)))

    async def late(self, prefix: str) -> list[Kept]:
        """Those whose time is up, among the keys that begin so."""
        return await asyncio.wrap_future(self._store.read(lambda work: memos.late(work, prefix)))

    async def forget(self, key: str) -> None:
        """Drop it."""
        await asyncio.wrap_future(self._store.write(lambda work: memos.drop(work, key)))
