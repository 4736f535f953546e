"""Polling: the bot asks Telegram what happened. Needs no public address.

In: a bot and a listener. Out: updates for the listener. The offset moves only past what is on record, because asking
with a higher one is what confirms the earlier updates to Telegram: after a crash the same batch comes again.
Answers are waited for a little before that, so a crash between the commit and the answer still answers; a chat that
Telegram slows down does not hold up the others for longer.
Why not the library's updater: it confirms from memory, before anything is handled.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.adapters.outcome import believed
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.listener import Listener
from bot.adapters.telegram.outcomes import outcome_of
from bot.adapters.telegram.wire import TAKEN

log = logging.getLogger("rogatory.telegram")

ANSWER_SECONDS = 5.0  # how long the next question waits for the answers of this batch
AGAIN_SECONDS = 1.0  # after what could not be kept
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # while Telegram cannot be reached
SHUT_OUT_SECONDS = 60.0  # while it does not let us in, or another program polls with our token


Pause = Callable[[float], Awaitable[None]]


class Poller:
    """One loop for one token. `pause` waits so many seconds."""

    def __init__(self, client: Client, listener: Listener, pause: Pause = asyncio.sleep) -> None:
        self._client, self._listener, self._pause = client, listener, pause
        self._offset, self._failures = 0, 0

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self.once()

    async def once(self) -> None:
        """One question, and everything that came with its answer."""
        try:
            updates = await self._client.updates(self._offset, TAKEN)
        except TelegramError as error:
            await self._pause(self._patience(error))
            return
        self._failures = 0
        await self._take(updates)

    async def _take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        kept = await asyncio.gather(*(self._listener.take(update) for update in updates))
        await self._listener.settle(ANSWER_SECONDS)
        numbers = [int(update["update_id"]) for update in updates]
        lost = [number for number, is_kept in zip(numbers, kept, strict=True) if not is_kept]
        confirmed = min(lost) if lost else max(numbers, default=-1) + 1
        self._offset = max(self._offset, confirmed)
        if lost:
            log.warning("%d updates could not be kept; they are asked for again", len(lost))
            await self._pause(AGAIN_SECONDS)

    def _patience(self, error: TelegramError) -> float:
        """How long to wait before the next question."""
        self._failures += 1
        if isinstance(error, RetryAfter):
            return believed(getattr(outcome_of(error), "seconds", AGAIN_SECONDS))
        if isinstance(error, InvalidToken | Conflict):
            log.error("Telegram does not let this process poll: %s", error.message)
            return SHUT_OUT_SECONDS
        log.warning("Telegram cannot be reached: %s", type(error).__name__)
        return PAUSES[min(self._failures, len(PAUSES)) - 1]
