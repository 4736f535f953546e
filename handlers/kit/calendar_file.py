"""Days off in a calendar file (.ics, RFC 5545), as offices publish them.

In: bytes of a stranger's file, and the days that are looked at. Out: {day: name}, and how many entries were left out.
Only whole days count: an entry with a time of day is a meeting. An entry of several days is each of them; one that
recurs, each time that falls into the days looked at.
Why so few ways to recur: of these each comes again within the days looked at, or soon after, so that no file keeps the
desk busy; holidays of every feed that was seen recur by year. What recurs otherwise is left out, and counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil import rrule

from handlers.language.errors import BadValue, Clause, clause

MOST_BYTES, MOST_ENTRIES, MOST_RECURRING, MOST_DAYS = 500_000, 2_000, 200, 1_000
LONGEST = 62  # days of one entry: longer than any feast
LONGEST_NAME = 100
EXAMPLE = "desk calendar import GB-ENG"
READ_PARTS = {
    "YEARLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH"},
    "MONTHLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"},
    "WEEKLY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"},
    "DAILY": {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"},
}
BY_WEEKDAY = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYDAY"}
BY_MONTHDAY = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY"}
ORDINALS = range(-4, 5)  # every month has a first to fourth Monday, and these from its end
MONTHDAYS = range(1, 32)
FIRST_YEAR, DECEMBER = 1900, 12
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Found:
    """Days off by date, with their names; `left_out`: entries that are no whole days, or recur in a way not read."""

    days: dict[date, str]
    left_out: int


def read(name: str, content: bytes, first: date, last: date) -> Found:
    """The days off from `first` to `last`, both included. Errors: BadValue, with what is wrong with the file."""
    entries = _entries(name, content)
    found: dict[date, str] = {}
    left_out = 0
    for entry in entries:
        days = _days(entry, first, last)
        left_out += days is None
        title = " ".join(str(entry.get("SUMMARY", "")).split())[:LONGEST_NAME]
        for day in days or ():
            found.setdefault(day, title or name[:LONGEST_NAME])
        if len(found) > MOST_DAYS:
            raise _bad(name, clause("calendar_too_many_days", count=MOST_DAYS))
    if not found and left_out == len(entries):
        raise _bad(name, clause("calendar_without_days"))
    return Found(dict(sorted(found.items())), left_out)


def _entries(name: str, content: bytes) -> list[Any]:
    from icalendar import Calendar  # noqa: PLC0415 - a tenth of a second, for this act alone

    if len(content) > MOST_BYTES:
        raise _bad(name, clause("calendar_too_big", kilobytes=MOST_BYTES // 1000))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad(name, clause("calendar_not_utf8")) from None
    try:
        calendar = Calendar.from_ical(text)
        entries: list[Any] = calendar.walk("VEVENT") if calendar.name == "VCALENDAR" else []
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _bad(name, clause("no_calendar_file")) from None
    if not entries:
        raise _bad(name, clause("calendar_empty"))
    if len(entries) > MOST_ENTRIES or sum("RRULE" in entry for entry in entries) > MOST_RECURRING:
        raise _bad(name, clause("calendar_too_many", entries=MOST_ENTRIES, recurring=MOST_RECURRING))
    return entries


def _bad(name: str, wrong: Clause) -> BadValue:
    return BadValue("file", name, wrong, clause("calendar_file"), EXAMPLE)


def _days(entry: Any, first: date, last: date) -> list[date] | None:  # noqa: ANN401 - of a library without types
    """The days of one entry that are looked at; None where it is left out: also where a value of it is broken."""
    try:
        return _read_days(entry, first, last)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def _read_days(entry: Any, first: date, last: date) -> list[date] | None:  # noqa: ANN401 - as above
    start = _whole_day(entry.get("DTSTART"))
    if start is None or start.year < FIRST_YEAR:
        return None
    if str(entry.get("STATUS", "")).upper() == "CANCELLED":
        return []
    length = _length(entry, start)
    if length is None:
        return None
    starts = [start] if "RRULE" not in entry else _recurring(entry.get("RRULE"), start, first - length, last)
    if starts is None:
        return None
    taken_out = set(_dates(entry.get("EXDATE")))
    begun = [day for day in (*starts, *_dates(entry.get("RDATE"))) if day not in taken_out]
    each = ((day, n) for day in begun if first - length <= day <= last for n in range(length.days))
    return [day + n * _ONE_DAY for day, n in each if first <= day + n * _ONE_DAY <= last]


def _length(entry: Any, start: date) -> timedelta | None:  # noqa: ANN401 - as above
    """How many days, one at least; None for none that can be."""
    if "DTEND" in entry:
        end = _whole_day(entry.get("DTEND"))
        length = end - start if end else timedelta()
    else:
        length = getattr(entry.get("DURATION"), "dt", _ONE_DAY)
    if not isinstance(length, timedelta) or length.seconds or not 0 <= length.days <= LONGEST:
        return None
    return max(length, _ONE_DAY)


def _recurring(rule: Any, start: date, first: date, last: date) -> list[date] | None:  # noqa: ANN401 - as above
    """The days on which an entry begins, to the last one looked at; None for a rule that is not read."""
    parts = {str(name).upper(): list(values) for name, values in rule.items()} if hasattr(rule, "items") else {}
    frequency = str(*parts.get("FREQ", [""])[:1]).upper()
    if frequency not in READ_PARTS or not _is_read(frequency, parts) or parts.get("INTERVAL", [1]) != [1]:
        return None
    if "COUNT" not in parts:
        start = _nearer(frequency, start, first)
    elif parts["COUNT"][0] > MOST_DAYS:
        return None
    until = [_whole_day(one) or one for one in parts.get("UNTIL", [])]
    ends = min([last, *(one.date() if isinstance(one, datetime) else one for one in until)])
    said = {name: values for name, values in parts.items() if name not in ("UNTIL", "INTERVAL")}
    text = ";".join(f"{name}={','.join(str(value) for value in values)}" for name, values in said.items())
    days = []
    for moment in rrule.rrulestr(text, dtstart=datetime.combine(start, time())):
        if moment.date() > ends:
            break
        days.append(moment.date())
    return days


def _is_read(frequency: str, parts: dict[str, list[Any]]) -> bool:
    """Whether a rule has only parts that are read, and comes again for certain."""
    names = set(parts)
    ordinals = [int(str(one).rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or 0) for one in parts.get("BYDAY", [])]
    if not all(1 <= int(month) <= DECEMBER for month in parts.get("BYMONTH", [])):
        return False
    if frequency in ("YEARLY", "MONTHLY") and ordinals:
        is_by_month = frequency == "MONTHLY" or "BYMONTH" in names
        return names <= BY_WEEKDAY and is_by_month and all(one in ORDINALS for one in ordinals)
    if frequency in ("YEARLY", "MONTHLY") and "BYMONTHDAY" in names:
        months = parts.get("BYMONTH", [1])
        days = [int(day) for day in parts["BYMONTHDAY"]]
        longest = max((29 if int(month) == 2 else 30 if int(month) in (4, 6, 9, 11) else 31) for month in months)  # noqa: PLR2004 - months
        return names <= BY_MONTHDAY and all(day in MONTHDAYS and day <= longest for day in days)
    return names <= READ_PARTS[frequency] and not any(ordinals)


def _nearer(frequency: str, start: date, first: date) -> date:
    """A later day on which a rule without a count may as well begin, before the first one looked at."""
    if start >= first - timedelta(days=366):
        return start
    if frequency in ("YEARLY", "MONTHLY"):
        year = first.year - 1
        while start.month == 2 and start.day == 29 and year % 4:  # noqa: PLR2004 - 29 February
            year -= 1
        return start.replace(year=max(year, start.year))
    return start + (first - start) // timedelta(days=7) * timedelta(days=7)


def _whole_day(value: Any) -> date | None:  # noqa: ANN401 - as above
    day = getattr(value, "dt", value)
    return day if isinstance(day, date) and not isinstance(day, datetime) else None


def _dates(value: Any) -> Iterator[date]:  # noqa: ANN401 - as above
    for one in value if isinstance(value, list) else [value]:
        yield from (day for item in getattr(one, "dts", ()) if (day := _whole_day(item)))
