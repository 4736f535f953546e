"""Days and moments, as people type them.

In: text, the day it is, and the zone of the person's agency. Out: local dates; moments in UTC.
Reading is in `calendar_text.py`; here is what a command may accept, and which way it leans where no year was typed:

    PastDay, ActDay, Moment, ActMoment    something that was done: back, today included; nothing to come is taken
    FutureDay                             something to come: on, from tomorrow; nothing past is taken
    FutureMoment                          the same with a time, if one was typed: then from now
    RecordDay                             what is on record since, on or before a day: back; any day is taken
    UntilSince, UntilFrom                 the end of a range: on from its beginning, back where it has none
    AnyDay                                a day of a calendar: the one within a month, else it is asked for

Why a range takes days to come: until the end of this month is a range.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

from handlers.language.errors import BadValue, Clause, clause
from handlers.language.grammar import plain
from handlers.language.values.calendar_text import Lean, Unreadable, goes_on, names_year, readings, shown
from handlers.language.values.kind import Choice, Given, Kind, Lookup
from handlers.language.values.listed import ZoneKind
from storage.spelling import fold
from storage.times import at_local, in_gap, local_day

CLOCK_TIME = re.compile(
    r"(?:(?P<day>.+?)(?:(?<=\d)t|,|\s)+(?:at\s+)?)?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
    r"\s*(?P<half>(?:am|pm)(?![a-z_/]))?\s*(?P<zone>z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}|[a-z_]+/[a-z_/+-]+)?",
    re.IGNORECASE,
)
AFTER_TIME = re.compile(r"am|pm|z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}|[a-z_]+/[a-z_/+-]+", re.IGNORECASE)

HALF_DAY_HOURS = 12
OF_AN_ACT = ("on", "dated")
"""What the day of an act is called: by whoever did it, and in the letter that says so."""
OFFERED_DAYS = {"past": (0, -1), "future": (1, 7, 14, 30), "either": (0,)}
ACCEPTED = {
    "past": clause("date_up_to_today"),
    "future": clause("date_after_today"),
    "either": clause("date"),
}


@dataclass(frozen=True)
class TypedMoment:
    """A moment in UTC. Without a time it is the first moment of that day in the agency's zone."""

    at: datetime
    has_time: bool

    def day(self, zone: str) -> date:
        """The local day of the moment in a zone (IANA name)."""
        return local_day(self.at, zone)

    def shown(self, zone: str) -> str:
        """The day, with the hour where one was typed, as it is typed in a zone (IANA name)."""
        return f"{self.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if self.has_time else self.day(zone).isoformat()


class Day(Kind):
    """A date in the agency's zone. `lean`: "past" allows today, "future" begins tomorrow. `today`: as a rule it is.

    takes: the days that are taken, where these are others than those it leans to.
    """

    name = "date"
    widget = "date"

    def __init__(self, lean: Lean, *, takes: Lean | None = None, today: bool = False) -> None:
        self.lean, self.takes, self.today, self.is_usual = lean, takes or lean, today, today
        self.also = OF_AN_ACT if self.takes == "past" else ()
        self.accepted = ACCEPTED[self.takes]
        self.example = "+7d" if self.takes == "future" else "2026-03-02"

    def parse(self, text: str, desk: Lookup) -> date:
        """The date. Errors: BadValue: no date, impossible, ambiguous, or on the wrong side of today."""
        return self._read(text, desk)

    def _read(self, text: str, desk: Lookup, *, since: date | None = None) -> date:
        try:
            days = readings(text, desk.today, self.lean, since=since)
        except Unreadable as problem:
            raise self.bad(text, problem.why) from None
        if len(days) > 1:
            error = self.bad(text, clause("could_be", days=days))
            error.example = days[0].isoformat()
            raise error
        (day,) = days
        if self.takes == "past" and day > desk.today:
            raise self.bad(text, clause("in_future", day=day))
        if self.takes == "future" and day <= desk.today:
            raise self.bad(text, clause("is_today") if day == desk.today else clause("in_past", day=day))
        return day

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The days most often meant; nothing once something is typed."""
        days = [] if typed else [desk.today + timedelta(days=ahead) for ahead in OFFERED_DAYS[self.takes]]
        return [Choice(day.isoformat(), shown(day)) for day in days]

    def suggests(self, desk: Lookup, given: Given) -> str:
        """Today, where that is the rule."""
        del given
        return desk.today.isoformat() if self.today else ""

    def note(self, text: str, desk: Lookup) -> Clause | None:
        """The day of another year, where none was typed."""
        return _read_as(self.parse(text, desk), text, desk)

    def continues(self, text: str, following: str) -> bool:
        """`2 March 2026` without quotes."""
        return goes_on(text, following)


class RangeEnd(Day):
    """The last day of a range, which comes after its first, whatever that is called."""

    def __init__(self, after: str) -> None:
        super().__init__("past", takes="either")
        self.after = after

    def parse_after(self, text: str, desk: Lookup, start: object) -> date:
        """The date. Errors: those of a day; whether it is too early is for the command to say."""
        return self._read(text, desk, since=start if isinstance(start, date) else None)

    def note(self, text: str, desk: Lookup) -> None:
        """Nothing: what is shown for a range says the range."""


class DayTime(Kind):
    """A date, with a time if one was typed; a time without a zone is of the agency's.

    Something that was done, or, for "future", that is to come: a time after now, a day after today.
    """

    name = "moment"
    accepted = clause("date_and_time")
    example = '"2026-03-02 14:30"'
    widget = "date"

    def __init__(self, lean: Lean = "past", *, today: bool = False) -> None:
        self.lean, self.today, self.is_usual = lean, today, today
        self.also = OF_AN_ACT if lean == "past" else ()
        if lean == "future":
            self.accepted, self.example = clause("time_to_come"), "+7d"

    def parse(self, text: str, desk: Lookup) -> TypedMoment:
        """The moment. Errors: BadValue, also for a time that clocks skip on that day, and one on the wrong side."""
        found = self._read(text, desk)
        day = found.day(desk.zone)
        if self.lean == "past" and not found.has_time and day > desk.today:
            error = self.bad(text, clause("in_future", day=day))
            error.accepted = ACCEPTED["past"]
            raise error
        if self.lean == "future" and not found.has_time and day == desk.today:
            raise self.bad(text, clause("is_today"))
        if self.lean == "future" and found.at <= desk.now:
            raise self.bad(text, clause("in_past", day=day))
        return found

    def _read(self, text: str, desk: Lookup) -> TypedMoment:
        typed = _tidy(text)
        if fold(typed) == "now":
            return TypedMoment(desk.now, has_time=True)
        found = CLOCK_TIME.fullmatch(typed)
        if found is None:
            return TypedMoment(at_local(self._day(text, typed, desk), time.min, desk.zone), has_time=False)
        day = self._day(text, found["day"], desk) if found["day"] else desk.today
        clock = self._clock(text, found)
        zone = self._zone(text, found["zone"], desk)
        if isinstance(zone, ZoneInfo):
            self._refuse_gap(text, day, clock, zone.key)
            return TypedMoment(at_local(day, clock, zone.key), has_time=True)
        return TypedMoment(datetime.combine(day, clock, zone).astimezone(UTC), has_time=True)

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """Now, or today without a time; of what is to come, the days most often meant."""
        if self.lean == "future":
            return Day("future").choices(desk, typed)
        return [] if typed else [Choice("now", "now"), Choice(desk.today.isoformat(), f"{shown(desk.today)}, no time")]

    def suggests(self, desk: Lookup, given: Given) -> str:
        """Today, where that is the rule: the desk reads it as now."""
        del given
        return desk.today.isoformat() if self.today else ""

    def note(self, text: str, desk: Lookup) -> Clause | None:
        """The day of another year, where none was typed; else which zone was taken, where none was."""
        typed = _tidy(text)
        found = CLOCK_TIME.fullmatch(typed)
        day = found["day"] if found else typed
        if day and fold(day) != "now" and (note := _read_as(self._day(text, day, desk), day, desk)):
            return note
        return clause("time_read_in", zone=desk.zone) if found and not found["zone"] else None

    def continues(self, text: str, following: str) -> bool:
        """`2 March 14:30 UTC` without quotes."""
        if ":" in text:
            return bool(AFTER_TIME.fullmatch(plain(following)))
        return goes_on(text, following) or bool(CLOCK_TIME.fullmatch(plain(following)))

    def _day(self, whole: str, text: str, desk: Lookup) -> date:
        try:
            return Day(self.lean, takes="either").parse(text, desk)  # the moment counts, in its zone
        except BadValue as problem:
            raise self.bad(whole, problem.wrong) from None

    def _clock(self, text: str, found: re.Match[str]) -> time:
        hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
        half = fold(found["half"] or "")
        if half and not 1 <= hour <= HALF_DAY_HOURS:
            raise self.bad(text, clause("impossible_time"))
        if half:
            hour = hour % HALF_DAY_HOURS + (HALF_DAY_HOURS if half == "pm" else 0)
        try:
            return time(hour, minute, second)
        except ValueError:
            raise self.bad(text, clause("impossible_time")) from None

    def _zone(self, text: str, typed: str | None, desk: Lookup) -> tzinfo:
        if not typed:
            return ZoneInfo(desk.zone)
        if "/" in typed:
            return ZoneInfo(ZoneKind().parse(typed, desk))
        if typed[0] not in "+-":
            return UTC
        hours, minutes = int(typed[1:3]), int(typed[-2:])
        try:
            return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if typed[0] == "-" else 1))
        except ValueError:
            raise self.bad(text, clause("impossible_zone")) from None

    def _refuse_gap(self, text: str, day: date, clock: time, zone: str) -> None:
        """Errors: BadValue with the next time that clocks show."""
        at = datetime.combine(day, clock.replace(second=0))
        if not in_gap(day, clock, zone):
            return
        while in_gap(at.date(), at.time(), zone):
            at += timedelta(minutes=1)
        raise self.bad(text, clause("time_left_out", zone=zone, next=f"{at:%H:%M}"))


def _read_as(day: date, text: str, desk: Lookup) -> Clause | None:
    is_plain = day.year == desk.today.year or names_year(text, desk.today)
    return None if is_plain else clause("day_read_as", day=day)


def _tidy(text: str) -> str:
    """Plain digits and single spaces: patterns with spaces in them stay fast on thousands of them."""
    return " ".join(plain(text).split())


PastDay = Annotated[date, Day("past")]
FutureDay = Annotated[date, Day("future")]
AnyDay = Annotated[date, Day("either")]
RecordDay = Annotated[date, Day("past", takes="either")]
UntilSince = Annotated[date, RangeEnd("since")]
UntilFrom = Annotated[date, RangeEnd("from_")]
FutureMoment = Annotated[TypedMoment, DayTime("future")]
Moment = Annotated[TypedMoment, DayTime()]
ActDay = Annotated[date, Day("past", today=True)]
ActMoment = Annotated[TypedMoment, DayTime(today=True)]
"""When something was done that is recorded now: today, as a rule."""
