"""Before a message is sent, asks its platform whether the room is shared, or the account is a guest's, by now.

In: rows that are about to be composed. Out: the record, brought up to what the platform says now; where it does not
say, what it said last stays.
Why they are asked about again: a room may have come to be shared, and nobody has typed there since.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from bot.adapters.contract import Address, ChatAdapter, ReportsExternal
from handlers.kit import external
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.messages import destinations
from storage.messages.recipients import Destination
from storage.messages.sending import Claimed


class ExternalCheck:
    """For one platform. `reports_external`: it knows guests and shared rooms at all."""

    def __init__(self, store: Store, adapter: ChatAdapter) -> None:
        self._store = store
        self._adapter = adapter if isinstance(adapter, ReportsExternal) else None
        self.reports_external = self._adapter is not None

    async def check(self, rows: Sequence[Claimed]) -> None:
        """Ask about the rooms and accounts of these rows, all at once, and put on record what was said."""
        if self._adapter is None or not rows:
            return
        known = await asyncio.wrap_future(self._store.read(lambda work: destinations.to_ask_about(work, rows)))
        answers = await asyncio.gather(*(self._adapter.is_external(Address(**asdict(place))) for place, _ in known))
        pairs = zip(known, answers, strict=True)
        news = [(place, said) for (place, before), said in pairs if said is not None and said is not before]
        if news:
            await asyncio.wrap_future(self._store.write(lambda work: _keep(work, news)))


def _keep(work: UnitOfWork, news: Sequence[tuple[Destination, bool]]) -> None:
    for place, is_external in news:
        external.record_status(
            work, place.platform, account=place.account, guest=is_external, room=place.room, shared=is_external
        )
