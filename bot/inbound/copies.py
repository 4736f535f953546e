"""Copies: the same line of the same person in the same place, while its first copy is still being worked on.

In: a line that may change something. Out: the key of the copy before it, once that is through, however long it takes.
Whoever hears nothing types it again: that is no second act, and it gets the answer of the first. Lines that are through
are remembered for as long as a slip of the finger takes (`storage/messages/inbox.py`).
Of one process. Why not of all: a copy that another process works on is not on record before it is through; there it
is a repeat if it comes within seconds.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from storage.database.store import Store
from storage.messages.inbox import TWICE_WITHIN, Received

MANY = 1_000  # lines that are through


@dataclass(frozen=True)
class EarlierCopy:
    """The copy before a line. under_way: it was not through when the line came."""

    key: str
    under_way: bool


@dataclass
class _Copy:
    key: str
    through: asyncio.Event = field(default_factory=asyncio.Event)


class Copies:
    """Lines that are being worked on, and that just were, by the record's clock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._under_way = dict[str, _Copy]()
        self._through = OrderedDict[str, tuple[str, datetime]]()

    @asynccontextmanager
    async def waited_for(self, message: Received) -> AsyncIterator[EarlierCopy | None]:
        """While the line is worked on: the copy before it, if there is one. The same message itself is no copy."""
        same, mine = message.digest, _Copy(message.key)
        before = self._under_way.get(same)
        self._under_way[same] = mine
        try:
            if before and before.key != message.key:
                await before.through.wait()
                yield EarlierCopy(before.key, under_way=True)
            else:
                key, at = self._through.get(same, ("", None))
                lately = at is not None and self._store.clock.now() - at < TWICE_WITHIN
                yield EarlierCopy(key, under_way=False) if lately else None
        finally:
            mine.through.set()
            if self._under_way.get(same) is mine:
                del self._under_way[same]
            self._through[same] = mine.key, self._store.clock.now()
            if len(self._through) > MANY:
                self._through.popitem(last=False)
