"""Outages of one platform: since when it cannot be reached, or shuts us out, and when it is tried again.

In: how sendings ended, and seconds of a clock that only goes forward. Out: until when nothing is sent; whether it
fails, so that what is urgent goes another way. Nothing here waits or reads a clock.
A pause of a minute is no failure: it is waited for. Who shuts us out does not change their mind: that is one at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.outbound.pacing import Retry

FAILS_SECONDS = 120.0  # unreachable for so long, it fails
SHUT_OUT_SECONDS = 300.0  # until a platform that shuts us out is tried again
FORGET_SECONDS = 600.0  # after the last failure: nobody has tried since, and nobody knows


@dataclass
class Outage:
    """What one platform has been like since it was last reached. `until`: nothing is sent before."""

    retry: Retry
    chance: Callable[[], float]
    until: float = float("-inf")
    downs: int = 0
    shuts_out: bool = False
    _since: float = float("inf")
    _last: float = float("-inf")

    def over(self) -> None:
        """It was reached."""
        self.downs, self.shuts_out, self._since = 0, False, float("inf")

    def down(self, now: float) -> float:
        """It could not be reached; several sendings that fail together count once. For how many seconds it pauses."""
        return self._pause(now, None)

    def shut_out(self, now: float) -> float:
        """It does not let us in. For how many seconds it pauses."""
        self.shuts_out = True
        return self._pause(now, SHUT_OUT_SECONDS)

    def fails(self, now: float) -> bool:
        """Whether what is urgent should go another way."""
        lately = now - self._last < FORGET_SECONDS
        return lately and (self.shuts_out or now - self._since >= FAILS_SECONDS)

    def _pause(self, now: float, seconds: float | None) -> float:
        if now - self._last >= FORGET_SECONDS:
            self._since = now
        self._since, self._last = min(self._since, now), now
        if now >= self.until:
            self.downs += 1
            self.until = now + (seconds or self.retry.after(min(self.downs, 9), self.chance) or SHUT_OUT_SECONDS)
        return self.until - now
