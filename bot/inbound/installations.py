"""Where a platform's app was installed: `storage/messages/installations.py`, as an adapter is given it."""

import asyncio
import secrets

from storage.database.store import Store
from storage.messages import installations
from storage.messages.installations import Values

STATE_BYTES = 32


class Installations:
    """Kept in the record, written by its writer. What was saved is on disk when a method returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def issue(self, *, seconds: float) -> str:
        """A new state, good once, for so long."""
        state = secrets.token_urlsafe(STATE_BYTES)
        await asyncio.wrap_future(self._store.write(lambda work: installations.issue(work, state, seconds=seconds)))
        return state

    async def consume(self, state: str) -> bool:
        """Whether a state is ours and still good; after this it is not."""
        return await asyncio.wrap_future(self._store.write(lambda work: installations.consume(work, state)))

    async def save(self, client_id: str, installation: Values, bot: Values) -> None:
        """Put an installation on record, in place of an earlier one of that workspace."""
        await asyncio.wrap_future(
            self._store.write(lambda work: installations.save(work, client_id, installation, bot))
        )

    async def token(self, client_id: str, team: str) -> str | None:
        """What opens a workspace to us; None where it has not let us in."""
        return await asyncio.wrap_future(self._store.read(lambda work: installations.token(work, client_id, team)))

    async def forget(self, client_id: str, team: str) -> None:
        """A workspace has taken the app away."""
        await asyncio.wrap_future(self._store.write(lambda work: installations.forget(work, client_id, team)))
