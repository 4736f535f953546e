"""Rate limiting and retries: tokens for each platform and each chat, and the pauses after a failure.

In: seconds of a clock that only goes forward, given by whoever asks. Out: which chats must wait and how long; when a
failed sending is tried again, or that it is given up. Nothing here waits or reads a clock.
Source of the figures: Slack, "Rate limits": about one message a second in a channel. Telegram, "Bots FAQ": 30 a second
over all, one a second in a chat, 20 a minute in a group.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from storage.models import Recipient

DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Rate:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True)
class Pace:
    """What one platform stands: over all, in each chat between two people, in each room."""

    platform: Rate | None = None
    chat: Rate | None = None
    room: Rate | None = None


SLACK = Pace(chat=Rate(1, 1), room=Rate(1, 1))
TELEGRAM = Pace(platform=Rate(30, 1), chat=Rate(1, 1), room=Rate(20, 60))
PACES = {"slack": SLACK, "telegram": TELEGRAM}
"""By platform; one that is not here (the terminal) is as fast as it likes."""


@dataclass
class Pacing:
    """When one platform was last written to. A chat is that of one recipient."""

    pace: Pace = field(default_factory=Pace)
    _all: deque[float] = field(default_factory=deque)
    _chats: dict[Recipient, deque[float]] = field(default_factory=dict)
    _paused: dict[Recipient, float] = field(default_factory=dict)

    def take(self, chat: Recipient, now: float) -> None:
        """Note that something goes to a chat now."""
        self._all.append(now)
        self._chats.setdefault(chat, deque()).append(now)

    def pause(self, chat: Recipient, until: float) -> None:
        """The platform said how long this chat must wait."""
        self._paused[chat] = max(until, self._paused.get(chat, until))

    def room_for(self, now: float) -> int | None:
        """How many more may go out over all at this moment; None where there is no limit."""
        rate = self.pace.platform
        return None if rate is None else rate.count - len(_recent(self._all, rate, now))

    def busy(self, now: float) -> set[Recipient]:
        """The chats that must wait."""
        self._forget(now)
        return {chat for chat in {*self._chats, *self._paused} if self._ready_at(chat) > now}

    def next_at(self, now: float) -> float | None:
        """When the first of those that must wait may go on; None where nobody waits."""
        moments = [self._ready_at(chat) for chat in self.busy(now)]
        if self.pace.platform and self.room_for(now) == 0:
            moments.append(self._all[0] + self.pace.platform.seconds)
        return min(moments, default=None)

    def _ready_at(self, chat: Recipient) -> float:
        rate, late = self._rate(chat), self._chats.get(chat, ())
        full = rate is not None and len(late) >= rate.count
        paced = late[-rate.count] + rate.seconds if rate and full else float("-inf")
        return max(paced, self._paused.get(chat, float("-inf")))

    def _rate(self, chat: Recipient) -> Rate | None:
        return self.pace.room if chat.is_channel else self.pace.chat

    def _forget(self, now: float) -> None:
        """Drop what no longer counts, so that a year of chats is not remembered."""
        if self.pace.platform is None:
            self._all.clear()
        for chat in list(self._chats):
            rate = self._rate(chat)
            if rate is None or not _recent(self._chats[chat], rate, now):
                del self._chats[chat]
        self._paused = {chat: until for chat, until in self._paused.items() if until > now}


def _recent(moments: deque[float], rate: Rate, now: float) -> deque[float]:
    while moments and moments[0] + rate.seconds <= now:
        moments.popleft()
    return moments


@dataclass(frozen=True)
class Retry:
    """Try again, and when? The pauses double from the first to the most; after a day of pauses it is given up."""

    first_seconds: float = 1.0
    most_seconds: float = 300.0
    give_up_seconds: float = DAY_SECONDS

    def after(self, failures: int, chance: Callable[[], float]) -> float | None:
        """Seconds to wait after that many failures (1 is the first), or None: give up.

        chance: 0 to 1, so that many that failed together do not come back together; up to a quarter is added.
        """
        if sum(self._pause(n) for n in range(1, failures)) >= self.give_up_seconds:
            return None
        return min(self._pause(failures) * (1 + chance() / 4), self.most_seconds)

    def _pause(self, failures: int) -> float:
        return float(min(self.first_seconds * 2 ** min(failures - 1, 30), self.most_seconds))
