"""Polling: the bot asks Telegram what happened. Needs no public address.

In: a bot and a listener. Out: updates for the listener. The offset moves only past what is on record, because asking
with a higher one is what confirms the earlier updates to Telegram: after a crash the same batch comes again.
An offset is said until Telegram has answered it, never longer: after a week in which nobody wrote, updates are numbered
anew, often lower, and one that is kept from before confirms nothing, or what nobody has read.
Answers are waited for a little before that, so a crash between the commit and the answer still answers; a chat that
Telegram slows down does not hold up the others for longer. While more waits than one answer holds, the next question
is asked when the first half of these is answered: it confirms what is answered, and the rest, which comes once more
with what is new, is passed over.
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
from bot.adapters.telegram.rivals import Rivals
from bot.adapters.telegram.wire import TAKEN

log = logging.getLogger("rogatory.telegram")

ANSWER_SECONDS = 5.0  # how long the next question waits for the answers of this batch
NOTHING = 0  # the offset that confirms nothing
MOST = 100  # updates in one answer of Telegram's
AGAIN_SECONDS = 1.0  # after what could not be kept
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # while Telegram cannot be reached
SHUT_OUT_SECONDS = 60.0  # while it does not let us in
TAKEN_SECONDS = 5.0  # while another program takes what is for us


Pause = Callable[[float], Awaitable[None]]


class Poller:
    """One loop for one token. `pause` waits so many seconds."""

    def __init__(self, client: Client, listener: Listener, rivals: Rivals, pause: Pause = asyncio.sleep) -> None:
        self._client, self._listener, self._rivals, self._pause = client, listener, rivals, pause
        self._offset, self._failures = NOTHING, 0
        self._taken = frozenset[int]()  # on record, not yet confirmed

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self.once()

    async def once(self) -> None:
        """One question, and everything that came with its answer."""
        try:
            updates = await self._client.updates(self._offset, TAKEN)
        except TelegramError as error:
            await self._pause(await self._patience(error))
            return
        self._failures = 0
        self._rivals.gone()
        await self._take(updates)

    async def _take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        numbers = [int(update["update_id"]) for update in updates]
        new = {int(update["update_id"]): update for update in updates if int(update["update_id"]) not in self._taken}
        kept = await asyncio.gather(*map(self._listener.take, new.values()))
        lost = [number for number, is_kept in zip(new, kept, strict=True) if not is_kept]
        behind = numbers[len(numbers) // 2 :] if new and len(numbers) >= MOST else []  # what need not be answered yet
        await self._listener.settle(ANSWER_SECONDS, set(numbers) - set(behind))
        waits = [number for number in behind if self._listener.is_answering(number)]
        first = min((numbers.index(one) for one in (*lost, *waits)), default=len(numbers))
        self._offset = [*numbers, numbers[-1] + 1][first] if numbers else NOTHING
        self._taken = frozenset(numbers[first:]) - set(lost)
        if lost:
            log.warning("%d updates could not be kept; they are asked for again", len(lost))
            await self._pause(AGAIN_SECONDS)

    async def _patience(self, error: TelegramError) -> float:
        """How long to wait before the next question."""
        self._failures += 1
        if isinstance(error, RetryAfter):
            return believed(getattr(outcome_of(error), "seconds", AGAIN_SECONDS))
        if isinstance(error, InvalidToken):
            self._rivals.shut_out()
            return SHUT_OUT_SECONDS
        if isinstance(error, Conflict):
            await self._rivals.came()
            return TAKEN_SECONDS
        if self._failures == 1:
            log.warning("Telegram cannot be reached: %s", type(error).__name__)
        return PAUSES[min(self._failures, len(PAUSES)) - 1]
