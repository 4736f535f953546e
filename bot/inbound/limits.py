"""Rate limits: how many lines people and rooms may type in a minute, and how seldom a stranger is answered.

In: seconds of a clock that only goes forward, given by whoever asks. Out: whether a line goes on, is told about the
limit once, or meets silence. Nothing here waits, reads a clock, or knows what was typed: an account, a room, a key.
Fair: a refused line costs nobody anything, so a flood by one person is theirs alone. The memory is bounded: of more
than MOST accounts or rooms the one that was heard least recently is forgotten.
Why the same key goes on: a platform brings a message again until it has our "ok", and its answer is on record.
"""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

MINUTE_SECONDS, HOUR_SECONDS = 60.0, 3_600.0
PERSON_LINES = 20
ROOM_LINES = 60
URGENT_LINES = 5
"""Of an emergency, above the twenty. Why: who has read through many lists must not wait to save somebody's life."""
LOOKS = 120  # at forms, and at what may be picked in them: each letter typed there is one
STRANGER_TRIES = 10  # of a code that links an account, in an hour; the record looks at five
LOOK_AGAIN_SECONDS = 10.0  # before a stranger is looked up again: somebody may have let them in meanwhile
KNOWN_SECONDS = 600.0  # before somebody who belongs here is
MOST = 10_000


class LineVerdict(StrEnum):
    """What becomes of a line."""

    GOES_ON = "on"
    WARNED = "told"
    SILENT = "silent"


@dataclass(frozen=True)
class Ruling:
    """A verdict. `seconds`: from now, until something may be typed again. `room`: the limit is the room's."""

    verdict: LineVerdict
    seconds: float = 0.0
    room: bool = False


GOES_ON = Ruling(LineVerdict.GOES_ON)


@dataclass
class Window:
    """The lines of one person or room that went on, within `seconds`; and when it was warned of the limit."""

    seconds: float = MINUTE_SECONDS
    lines: deque[tuple[float, str]] = field(default_factory=deque)
    warned_at: float = float("-inf")

    def count(self, now: float) -> int:
        """How many went on within the window."""
        while self.lines and self.lines[0][0] + self.seconds <= now:
            self.lines.popleft()
        return len(self.lines)

    def has(self, key: str) -> bool:
        """Whether this very line is among them."""
        return any(one == key for _, one in self.lines)

    def refuse(self, now: float, *, room: bool) -> Ruling:
        """Told once in a window, then silent."""
        verdict = LineVerdict.SILENT if now - self.warned_at < self.seconds else LineVerdict.WARNED
        if verdict is LineVerdict.WARNED:
            self.warned_at = now
        return Ruling(verdict, self.lines[0][0] + self.seconds - now, room=room)


T = TypeVar("T")


class Recent(OrderedDict[str, T], Generic[T]):
    """By account or room, the least recently heard first; never more than MOST."""

    def touch(self, name: str, new: T) -> T:
        """What is known of one, or the new; it is the most recently heard now."""
        found = self.setdefault(name, new)
        self.move_to_end(name)
        if len(self) > MOST:
            self.popitem(last=False)
        return found


@dataclass
class Stranger:
    """An account that belongs to nobody. `answered`: when, and to which message; `tries`: lines with a code."""

    looked_up_at: float
    answered_at: float = float("-inf")
    answered_key: str = ""
    tries: Window = field(default_factory=lambda: Window(HOUR_SECONDS))


@dataclass
class LineLimits:
    """For one process. `refused`: how many lines met a limit, by whose it was."""

    persons: Recent[Window] = field(default_factory=Recent)
    urgent: Recent[Window] = field(default_factory=Recent)
    rooms: Recent[Window] = field(default_factory=Recent)
    looks: Recent[Window] = field(default_factory=Recent)
    known: Recent[float] = field(default_factory=Recent)
    strangers: Recent[Stranger] = field(default_factory=Recent)
    refused: Counter[str] = field(default_factory=Counter)

    def line(self, account: str, room: str, key: str, now: float, *, urgent: bool = False) -> Ruling:
        """One line of somebody, in a room or between them and the desk (""); urgent: of an emergency."""
        person, reserve = self.persons.touch(account, Window()), None
        if urgent:
            reserve = self.urgent.touch(account, Window())
        if person.has(key) or (reserve and reserve.has(key)):
            return GOES_ON
        taken_from = person
        if person.count(now) >= PERSON_LINES:
            if reserve is None or reserve.count(now) >= URGENT_LINES:
                self.refused["person"] += 1
                return person.refuse(now, room=False)
            taken_from = reserve
        if room and not urgent:
            of_room = self.rooms.touch(room, Window())
            if of_room.count(now) >= ROOM_LINES:
                self.refused["room"] += 1
                return of_room.refuse(now, room=True)
            of_room.lines.append((now, key))
        taken_from.lines.append((now, key))
        return GOES_ON

    def look(self, account: str, now: float) -> bool:
        """Whether somebody may look at a form, or at what can be picked in it."""
        looks = self.looks.touch(account, Window())
        if looks.count(now) >= LOOKS:
            self.refused["form"] += 1
            return False
        looks.lines.append((now, ""))
        return True

    def is_known(self, account: str, now: float) -> bool:
        """Whether it was looked up not long ago, and belongs to somebody."""
        return now - self.known.get(account, float("-inf")) < KNOWN_SECONDS

    def forget(self, account: str) -> None:
        """It belongs to nobody any more: the next line is a stranger's."""
        self.known.pop(account, None)

    def belongs(self, account: str, now: float) -> None:
        """It was looked up, and belongs to somebody."""
        self.known.touch(account, now)
        self.known[account] = now
        self.strangers.pop(account, None)

    def may_look_up(self, account: str, key: str, now: float) -> bool:
        """Whether the record is asked who this is; a stranger, whom it was asked about just now, meets silence."""
        stranger = self.strangers.get(account)
        if stranger is None or stranger.answered_key == key or now - stranger.looked_up_at >= LOOK_AGAIN_SECONDS:
            return True
        self._refuse_stranger(account)
        return False

    def stranger(self, account: str, key: str, now: float) -> bool:
        """It was looked up, and belongs to nobody; whether they are answered: once an hour, and a repeat again."""
        found = self._met(account, now)
        found.looked_up_at = now
        if found.answered_key != key and now - found.answered_at < HOUR_SECONDS:
            self._refuse_stranger(account)
            return False
        if found.answered_key != key:
            found.answered_at, found.answered_key = now, key
        return True

    def may_try(self, account: str, key: str, now: float) -> bool:
        """Whether a stranger's line with a code goes on. Whoever they are behind it is looked up afresh."""
        found = self._met(account, now)
        if not found.tries.has(key):
            if found.tries.count(now) >= STRANGER_TRIES:
                self._refuse_stranger(account)
                return False
            found.tries.lines.append((now, key))
        found.looked_up_at = float("-inf")
        return True

    def _met(self, account: str, now: float) -> Stranger:
        self.persons.pop(account, None)  # a crowd of strangers must not push out the windows of those who belong here
        self.known.pop(account, None)
        return self.strangers.touch(account, Stranger(now))

    def _refuse_stranger(self, account: str) -> None:
        self.refused["stranger"] += 1
        self.strangers.move_to_end(account)
