"""Rate limiting and retries: slots for each platform and each chat, and the pauses after a failure.

In: seconds of a clock that only goes forward, given by whoever asks. Out: when something may go to a chat; when a
failed sending is tried again, or that it is given up. Nothing here waits or reads a clock.
What is said to a chat by delivery and by answers counts together. An answer takes its slot ahead, so it goes before the
notices; of what a platform stands over all a few slots are left to these, so that no crowd keeps an emergency waiting.
Source of the figures: Slack, "Rate limits": about one message a second in a channel. Telegram, "Bots FAQ": 30 a second
over all, one a second in a chat, 20 a minute in a group.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field

DAY_SECONDS = 86_400.0
FOR_NOTICES = 3  # slots of a platform's rate that answers leave to them


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


@dataclass(frozen=True)
class Chat:
    """What has a pace of its own: a room with all its threads, or the chat between a person and the desk."""

    place: str
    is_room: bool


@dataclass
class Slots:
    """The moments that were taken under one rate, in order; some may be still to come."""

    rate: Rate
    moments: list[float] = field(default_factory=list)

    def take(self, at: float) -> None:
        """Something is said at this moment."""
        insort(self.moments, at)

    def free(self, at: float) -> int:
        """How many more may be said at a moment, looking back and at what is to come."""
        of_now = range(bisect_right(self.moments, at - self.rate.seconds), bisect_right(self.moments, at))
        windows = [(n, self.moments[n]) for n in of_now] + [(bisect_left(self.moments, at), at)]
        return self.rate.count - max(bisect_left(self.moments, since + self.rate.seconds) - n for n, since in windows)

    def next_free(self, at: float, *, left_over: int = 0) -> float:
        """The first moment from then on at which something may be said. left_over: how many slots are not taken."""
        while self.free(at) <= left_over:
            at = self.moments[bisect_right(self.moments, at - self.rate.seconds)] + self.rate.seconds
        return at

    def forget(self, now: float) -> None:
        """Drop what no longer counts."""
        del self.moments[: bisect_right(self.moments, now - self.rate.seconds)]


@dataclass
class Pacing:
    """When one platform was, and will be, written to."""

    pace: Pace = field(default_factory=Pace)
    _all: Slots | None = None
    _chats: dict[Chat, Slots] = field(default_factory=dict)
    _paused: dict[Chat, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Slots(self.pace.platform) if self.pace.platform else None

    def take(self, chat: Chat, at: float) -> None:
        """Note that something goes to a chat at a moment."""
        if self._all:
            self._all.take(at)
        if rate := self.pace.room if chat.is_room else self.pace.chat:
            self._chats.setdefault(chat, Slots(rate)).take(at)

    def pause(self, chat: Chat, until: float) -> None:
        """The platform said how long this chat must wait."""
        self._paused[chat] = max(until, self._paused.get(chat, until))

    def is_paused(self, chat: Chat, now: float) -> bool:
        """Whether the platform said that it must wait still."""
        return self._paused.get(chat, now) > now

    def room_for(self, now: float) -> int | None:
        """How many more may go out over all at this moment; None where there is no limit."""
        return self._all.free(now) if self._all else None

    def answer_at(self, chat: Chat, now: float) -> float:
        """When an answer may go to a chat."""
        self._forget(now)
        at = self.ready_at(chat, now)
        while self._all and (then := self._all.next_free(at, left_over=FOR_NOTICES)) > at:
            at = self.ready_at(chat, then)
        return at

    def ready_at(self, chat: Chat, now: float) -> float:
        """When a chat may be written to by its own pace."""
        at = max(now, self._paused.get(chat, now))
        return self._chats[chat].next_free(at) if chat in self._chats else at

    def busy(self, now: float) -> set[Chat]:
        """The chats that must wait."""
        self._forget(now)
        return {chat for chat in {*self._chats, *self._paused} if self.ready_at(chat, now) > now}

    def next_at(self, now: float) -> float | None:
        """When the first of those that must wait may go on; None where nobody waits."""
        moments = [self.ready_at(chat, now) for chat in self.busy(now)]
        over_all = self._all.next_free(now) if self._all else now
        return min([*moments, over_all] if over_all > now else moments, default=None)

    def _forget(self, now: float) -> None:
        """Drop what no longer counts, so that a year of chats is not remembered."""
        for slots in (*([self._all] if self._all else []), *self._chats.values()):
            slots.forget(now)
        self._chats = {chat: slots for chat, slots in self._chats.items() if slots.moments}
        self._paused = {chat: until for chat, until in self._paused.items() if until > now}


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
        if self.spent(failures - 1) >= self.give_up_seconds:
            return None
        return min(self._pause(failures) * (1 + chance() / 4), self.most_seconds)

    def spent(self, failures: int) -> float:
        """Seconds that were waited, at least, after that many failures."""
        return sum(self._pause(n) for n in range(1, failures + 1))

    def _pause(self, failures: int) -> float:
        return float(min(self.first_seconds * 2 ** min(failures - 1, 30), self.most_seconds))
