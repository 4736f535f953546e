"""The health check: is the desk well? Codes of what is wrong, and the figures.

In: the store. Out: a `Report`. The same figures answer `desk health`; here they become red or green.
"""

from dataclasses import dataclass

from storage.database.store import Store
from storage.errors import StoreUnavailable
from storage.messages import heartbeat
from storage.messages.heartbeat import DeskHealth


@dataclass(frozen=True)
class Report:
    """`troubles`: the codes of `storage/messages/heartbeat.py`, or "store".

    `health`: None where the store could not be read.
    """

    troubles: tuple[str, ...]
    health: DeskHealth | None


def check(store: Store) -> Report:
    """Look at the record now. Blocks; call it off the event loop."""
    try:
        found = store.read(heartbeat.read).result()
    except StoreUnavailable:
        return Report(("store",), None)
    return Report(heartbeat.troubles(found), found)
