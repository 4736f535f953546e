"""Times of a clock: a time of day, a weekly hour, quiet hours, all local to a room; and how far to go on in time.

In: text. Out: what the record keeps: "09:00", "mon@08:30", "20:00-08:00", empty for `off`; a timedelta.
"""

import re
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Annotated

from handlers.language.errors import clause
from handlers.language.values.kind import Choice, Kind, Lookup, containing
from storage.spelling import fold

SHIFT = re.compile(r"\+?([0-9]{1,3}) ?([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
OFF = ("off", "no", "none", "never")
CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))?\s*(?P<half>am|pm)?")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST_DAY = 3  # letters of a day's name
HALF_DAY_HOURS = 12


class ClockTime(Kind):
    """A time of day."""

    name = "time"
    accepted = clause("time_of_day")
    example = "09:00"

    def parse(self, text: str, desk: Lookup) -> str:
        """The time as "HH:MM". Errors: BadValue."""
        del desk
        return _clock(self, text, text)


class Weekly(Kind):
    """A day of the week and a time of day."""

    name = "weekly time"
    accepted = clause("weekly_time")
    example = "mon@08:30"

    def parse(self, text: str, desk: Lookup) -> str:
        """The hour as "mon@08:30"; empty for off. Errors: BadValue."""
        del desk
        typed = _tidy(text)
        if typed in OFF:
            return ""
        word, _, clock = typed.replace("@", " ").partition(" ")
        day = next((day for day in DAYS if len(word) >= SHORTEST_DAY and day.startswith(word)), None)
        if day is None:
            raise self.bad(text, clause("no_week_day"))
        return f"{day[:SHORTEST_DAY]}@{_clock(self, text, clock)}"

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The usual one, and off."""
        del desk
        return containing(typed, [Choice("mon@08:30", "Monday at 08:30"), Choice("off", "no summary")])

    def continues(self, text: str, following: str) -> bool:
        """`monday 08:30` without quotes."""
        return _tidy(text) in DAYS and bool(CLOCK.fullmatch(_tidy(following)))


class QuietHours(Kind):
    """Two times of day; the second may be of the next day."""

    name = "quiet hours"
    accepted = clause("two_times")
    example = "20:00-08:00"

    def parse(self, text: str, desk: Lookup) -> str:
        """The hours as "20:00-08:00"; empty for off. Errors: BadValue."""
        del desk
        typed = _tidy(text)
        if typed in OFF:
            return ""
        since, dash, until = typed.partition("-")
        if not dash:
            raise self.bad(text, clause("no_two_times"))
        hours = _clock(self, text, since.strip()), _clock(self, text, until.strip())
        if hours[0] == hours[1]:
            raise self.bad(text, clause("whole_day"))
        return "-".join(hours)

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The usual ones, and off."""
        del desk
        return containing(typed, [Choice("20:00-08:00", "from 20:00 to 08:00"), Choice("off", "none")])


class ShiftKind(Kind):
    """How far to go on in time."""

    name = "time span"
    accepted = clause("time_span")
    example = "+3d"

    def parse(self, text: str, desk: Lookup) -> timedelta:
        """The span, never back. Errors: BadValue."""
        del desk
        found = SHIFT.fullmatch(_tidy(text))
        if found is None:
            raise self.bad(text, clause("no_time_span"))
        return int(found[1]) * UNITS[found[2]]


def _clock(kind: Kind, whole: str, text: str) -> str:
    """The "HH:MM" of a time with its minutes, or with am or pm. Errors: BadValue with the whole text."""
    found = CLOCK.fullmatch(_tidy(text))
    if found is None or not (found["minute"] or found["half"]):
        raise kind.bad(whole, clause("no_time_of_day"))
    hour, half = int(found["hour"]), found["half"]
    if half and not 1 <= hour <= HALF_DAY_HOURS:
        raise kind.bad(whole, clause("impossible_time"))
    if half:
        hour = hour % HALF_DAY_HOURS + (HALF_DAY_HOURS if half == "pm" else 0)
    try:
        return time(hour, int(found["minute"] or 0)).strftime("%H:%M")
    except ValueError:
        raise kind.bad(whole, clause("impossible_time")) from None


def _tidy(text: str) -> str:
    return fold(text)


TimeOfDay = Annotated[str, ClockTime()]
WeeklyTime = Annotated[str, Weekly()]
Quiet = Annotated[str, QuietHours()]
Shift = Annotated[timedelta, ShiftKind()]
