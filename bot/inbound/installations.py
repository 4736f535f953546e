"""Where a platform's app was installed: `storage/messages/installations.py`, as an adapter is given it.

A state on the way through the platform's pages is signed, and not kept: anybody may ask for one, and asks for nothing
else. Only one that came back is, until its time is up, so that it is good once.
"""

import asyncio
import hashlib
import hmac
import secrets
from datetime import datetime

from storage.database.store import Store
from storage.messages import installations
from storage.messages.installations import Values

NONCE_BYTES = 16
PURPOSE = b"rogatory: state of an installation"


class Installations:
    """Kept in the record, written by its writer. What was saved is on disk when a method returns."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issue(self, secret: str, *, seconds: float) -> str:
        """A new state, good once, for so long; `secret` signs it, and is needed to know it again."""
        until = self._store.clock.now().timestamp() + seconds
        unsigned = f"{until:.3f}~{secrets.token_urlsafe(NONCE_BYTES)}"
        return f"{unsigned}~{_signature(secret, unsigned)}"

    async def consume(self, secret: str, state: str) -> bool:
        """Whether a state is ours and still good; after this it is not."""
        unsigned, _, signature = state.rpartition("~")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(secret, unsigned).encode()):
            return False
        until = datetime.fromtimestamp(float(unsigned.partition("~")[0]), self._store.clock.now().tzinfo)
        return await asyncio.wrap_future(self._store.write(lambda work: installations.use(work, state, until=until)))

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


def _signature(secret: str, unsigned: str) -> str:
    key = hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)  # of its own: the secret opens more than this
    return hmac.new(key, unsigned.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
