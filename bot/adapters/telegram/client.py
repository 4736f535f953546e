"""The Bot API as we call it: one bot, raw updates, nothing tried twice.

In: a token and the address of a Bot API server. Out: the library's bot. Files come from the same server.
Why our own `updates` and `asked`: the library's turn what comes into objects at once, and one it does not understand
would keep all the others from ever being read.
"""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

from telegram import Bot
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

POLL_SECONDS = 30  # one call waits so long for something to happen
CONNECTIONS = 128  # delivery has 50 messages in flight, answers 64
CALL_SECONDS = 7.0  # for an answer; delivery itself gives up after 8


class Client(Bot):
    """One bot."""

    async def updates(self, offset: int, kinds: Sequence[str], *, seconds: int = POLL_SECONDS) -> list[dict[str, Any]]:
        """What happened since `offset`, which confirms everything before it. Waits so long for something to happen."""
        asked = {"offset": offset, "timeout": seconds, "allowed_updates": list(kinds)}
        found: Any = await self._post("getUpdates", asked, read_timeout=seconds + CALL_SECONDS)
        return list(found)

    async def asked(self, method: str, **what: object) -> dict[str, Any]:
        """What Telegram answers to a question, as it stands there."""
        found: Any = await self._post(method, what)
        return dict(found)


def open_client(token: str, api_url: str) -> Client:
    """The bot; nothing is called yet."""
    warnings.filterwarnings("ignore", ".*`retry_after`", PTBDeprecationWarning)  # the library warns of itself
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)  # below, they log addresses, and the token is part of them
    return Client(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=_requests(CONNECTIONS),
        get_updates_request=_requests(1),
    )


def _requests(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=CALL_SECONDS,
        write_timeout=CALL_SECONDS,
        connect_timeout=CALL_SECONDS,
        pool_timeout=CALL_SECONDS,
    )
