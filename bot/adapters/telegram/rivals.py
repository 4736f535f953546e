"""Rivals: another program that takes what people send to our bot, noticed and named; a token that was revoked.

In: what Telegram says when it gives our updates to somebody else. Out: who that is, said to the house, once a day as
long as it is so. Two programs that poll throw each other out by turns, so one answer that comes through
does not mean that the other is gone.
Why nothing is done against it: it may be the desk's own next process, and what it has taken it answers.
Source: core.telegram.org/bots/api, "getUpdates", "getWebhookInfo"; the texts of its server's 409.
"""

import logging
import time
from urllib.parse import urlsplit

from telegram.error import TelegramError

from bot.adapters.house import House
from bot.adapters.telegram import texts
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.wire import PLATFORM

log = logging.getLogger("rogatory.telegram")

ANOTHER = "another_instance"
ALONE_SECONDS = 120.0  # without a sign of another program, until we count as alone
AGAIN_SECONDS = 86_400.0


class Rivals:
    """Who else takes our updates. `url`: our own webhook, empty while we poll."""

    def __init__(self, client: Client, house: House, url: str = "") -> None:
        self._client, self._house, self._url = client, house, url
        self._said: float | None = None
        self._last, self._is_shut_out = 0.0, False

    async def came(self) -> None:
        """Telegram gave our updates to somebody else."""
        self._last = time.monotonic()
        if self._said is None or self._last - self._said >= AGAIN_SECONDS:
            self._said = self._last
            await self._house.trouble(PLATFORM, ANOTHER, await self._named())

    def shut_out(self) -> None:
        """Telegram does not accept our token any more."""
        if not self._is_shut_out:
            log.error(texts.BAD_TOKEN)
        self._is_shut_out = True

    def gone(self) -> None:
        """Telegram let us in: after a while we count as alone."""
        self._is_shut_out = False
        if self._said is not None and time.monotonic() - self._last >= ALONE_SECONDS:
            self._said = None
            log.info("all that people send to the bot comes here again")

    async def point_elsewhere(self) -> bool:
        """Whether Telegram posts our updates to somebody else, or to nobody."""
        return (await self._client.get_webhook_info()).url != self._url

    async def _named(self) -> str:
        try:
            url = (await self._client.get_webhook_info()).url
        except TelegramError:
            url = ""
        bot = f"@{self._client.username}"
        if url and url != self._url:
            return texts.POSTED_TO.format(bot, urlsplit(url).hostname)
        return (texts.ENDED if self._url else texts.POLLED).format(bot)
