"""Patience: an answer is paced and tried again as a notice is, for some minutes.

In: where an answer goes, and one attempt to say it. Out: how the last attempt ended. It takes its slot in the same
pacing as delivery (`pacing.py`) and goes before the notices. What a platform asked to wait for is waited for; what
never arrived is tried again; what nobody knows the fate of is tried again too, and whoever tries is told: they look for
it, or say that it may be there twice, which is done once.
Why minutes and not a day: whoever asked has gone on by then. What could not be said is put away (`inbox.put_off`) and
told as news.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.adapters.contract import Address
from bot.adapters.house import Attempt
from bot.adapters.outcome import Down, Outcome, Unknown, Wait, believed
from bot.outbound.pacing import Chat, Pacing, Retry
from bot.outbound.row_sender import SKEW
from storage.times import SystemClock

ANSWER_SECONDS = 300.0  # from the first attempt to the last


@dataclass
class Patience:
    """For every platform of this process.

    pacings: by platform; one that is not here is as fast as it likes. now: aware UTC; elapsed: seconds that only go
    forward; pause: waits so many; chance: 0 to 1.
    """

    pacings: Mapping[str, Pacing]
    retry: Retry = field(default_factory=lambda: Retry(most_seconds=30.0))
    now: Callable[[], datetime] = field(default_factory=lambda: SystemClock().now)
    elapsed: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """The process ends: what waits for another attempt has none."""
        self._stopped.set()

    async def say(self, address: Address, attempt: Attempt, *, can_look_up: bool = False) -> Outcome:
        """Try until it is known to have arrived, or to be refused; or until its time is up.

        can_look_up: an attempt that may stand there already looks for itself first; else it is made once more only.
        """
        pacing = self.pacings.get(address.platform) or Pacing()
        chat, until = Chat(address.place, bool(address.room)), self.elapsed() + ANSWER_SECONDS
        failures, doubtful = 0, None
        outcome: Outcome = Wait(0.0)
        while await self._turn(pacing, chat, until):
            began = self.now() - SKEW
            outcome = await attempt(again=doubtful)
            failures += 1
            match outcome:
                case Wait(asked):
                    pacing.pause(chat, self.elapsed() + believed(asked))
                case Unknown() if doubtful and not can_look_up:
                    return outcome
                case Down() | Unknown():
                    doubtful = doubtful or (began if isinstance(outcome, Unknown) else None)
                    await self._wait(self.retry.after(failures, self.chance) or ANSWER_SECONDS)
                case _:
                    return outcome
        return outcome

    async def _turn(self, pacing: Pacing, chat: Chat, until: float) -> bool:
        """Wait for a slot; False where there is none in time."""
        while not self._stopped.is_set() and (at := pacing.answer_at(chat, now := self.elapsed())) <= until:
            pacing.take(chat, at)
            if at <= now:
                return True
            await self._wait(at - now)
            if not self._stopped.is_set() and not pacing.is_paused(chat, self.elapsed()):
                return True
        return False

    async def _wait(self, seconds: float) -> None:
        """So long, or until the process ends."""
        waits = [asyncio.ensure_future(one) for one in (self.pause(seconds), self._stopped.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
