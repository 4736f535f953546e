"""Rivals: another program that takes what people send to our bot, noticed and named.

In: what Telegram says when it gives our updates to somebody else. Out: who that is, said once to the log and to the
house, and once more when we are alone again. Two programs that poll throw each other out by turns, so one answer that
comes through does not mean that the other is gone.
Why nothing is done against it: it may be the desk's own next process, and what it has taken it answers.
Source: core.telegram.org/bots/api, "getUpdates", "getWebhookInfo"; the texts of its server's 409.
"""

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from telegram.error import TelegramError

from bot.adapters.contract import House
from bot.adapters.telegram import texts
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.wire import PLATFORM

log = logging.getLogger("rogatory.telegram")

TAKEN, SHUT_OUT, WELL = "taken", "shut_out", ""
LINES = {
    "takenwebhook": "another program takes what people send to {bot}: Telegram posts it to {host}",
    "takenpolling": "another program takes what people send to {bot}: it polls with the same token",
    "shut_out": texts.BAD_TOKEN,
    "": "all that people send to the bot comes here again",
}
ALONE_SECONDS = 120.0  # without a sign of another program, until we count as alone


class Rivals:
    """Who else takes our updates. `url`: our own webhook, empty while we poll."""

    def __init__(self, client: Client, house: House, url: str = "") -> None:
        self._client, self._house, self._url = client, house, url
        self._said, self._last = WELL, 0.0

    async def came(self) -> None:
        """Telegram gave our updates to somebody else."""
        self._last = time.monotonic()
        if self._said != TAKEN:
            await self._say(TAKEN, await self._named())

    async def shut_out(self) -> None:
        """Our token is not accepted any more."""
        self._last = time.monotonic()
        if self._said != SHUT_OUT:
            await self._say(SHUT_OUT, {"setting": texts.TOKEN_LINE})

    async def gone(self) -> None:
        """We were given updates: after a while we count as alone."""
        if self._said != WELL and time.monotonic() - self._last >= ALONE_SECONDS:
            await self._say(WELL, {})

    async def point_elsewhere(self) -> bool:
        """Whether Telegram posts our updates to somebody else, or to nobody."""
        return (await self._client.get_webhook_info()).url != self._url

    async def _named(self) -> Mapping[str, str]:
        try:
            url = (await self._client.get_webhook_info()).url
        except TelegramError:
            url = ""
        bot = f"@{self._client.username}"
        if url and url != self._url:
            return {"bot": bot, "by": "webhook", "host": urlsplit(url).hostname or ""}
        return {"bot": bot, "by": "polling"}

    async def _say(self, code: str, facts: Mapping[str, str]) -> None:
        self._said = code
        log.log(logging.ERROR if code else logging.INFO, LINES[code + facts.get("by", "")].format_map(facts))
        await self._house.trouble(PLATFORM, code, facts)
