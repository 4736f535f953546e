"""Dates, counts and lists in the words of the reader.

In: values of a notice and the reader. Out: short texts; `render.py` makes each function here a filter or a function of
the templates. English words stand in `WORDS` and nowhere else: another language is one more row.
Dates are the reader's: an instant is shown in the reader's zone, with the zone's name, because two offices read the
same message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

Words = Mapping[str, str]

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "en": {
            "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
            "weekdays": "Mon Tue Wed Thu Fri Sat Sun",
            "yes": "yes",
            "no": "no",
            "none": "\N{EN DASH}",
        },
    }
)

_KILOBYTE, _MEGABYTE = 1_000, 1_000_000
_NEAR_DAYS = 180  # a day of the year is one day alone within so many days
_MOMENT = timedelta(microseconds=1)
_AREAS = {"America/Los_Angeles": "California"}
_SPELT = {"WHATSAPP": "WhatsApp", "TIKTOK": "TikTok", "IE": "Ireland"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a message is written for. zone: an IANA name; language: as in the names of templates; now: aware.

    roles: what they may press: a command that asks for another role is not offered to them. None: all of them.
    """

    zone: str
    language: str
    now: datetime
    roles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Reckoned:
    """How far away a due day is for its reader: `days`, negative when it is over; `hours` the same of a moment.

    `place` and `here`: whose day it is, and the day and minute at which it ends where the reader is; empty where
    both read the same calendar.
    """

    days: int
    hours: int
    over: bool
    place: str
    here: str


def words_in(language: str) -> Words:
    """The words of a language, or the English ones."""
    return WORDS.get(language, WORDS["en"])


def day(value: date, reader: Reader) -> str:
    """Say a date: "Mon 3 Mar 2026". An instant is the day it is on in the reader's zone."""
    if isinstance(value, datetime):
        value = _local(value, _zone(reader.zone)).date()
    words = words_in(reader.language)
    weekday = words["weekdays"].split()[value.weekday()]
    return f"{weekday} {_short_day(value, words)}"


def when(value: datetime, reader: Reader, *, zone: str | None = None) -> str:
    """Say an instant: "3 Mar 2026, 14:05 PKT", in the reader's zone or in another by IANA name.

    Errors: ValueError for a naive datetime, ZoneInfoNotFoundError.
    """
    local = _local(value, _zone(zone or reader.zone))
    return f"{_short_day(local, words_in(reader.language))}, {local:%H:%M} {_zone_name(local)}"


def near(value: date, reader: Reader, *, weekday: bool = True) -> str:
    """Say a date without its year where that is plain, half a year around: "Mon 3 Mar"; else as `day` does.

    weekday: with the day of the week.
    """
    if isinstance(value, datetime):
        value = _local(value, _zone(reader.zone)).date()
    away = abs((value - _local(reader.now, _zone(reader.zone)).date()).days)
    said = day(value, reader).rpartition(" ")[0] if away <= _NEAR_DAYS else day(value, reader)
    return said if weekday else said.partition(" ")[2]


def reckoned(on: date, at: datetime | None, zone: str, reader: Reader, *, since: date | None = None) -> Reckoned:
    """How far away the end of a day is. at: that moment, where it is known; zone: whose day it is, else the reader's.

    since: the day it is counted from, which may be tomorrow for the reader. Where the two calendars differ the smaller
    count is taken, so that nobody has more days than they were given, and both ends are said.
    """
    theirs, ours = _zone(zone or reader.zone), _zone(reader.zone)
    ends = at or datetime.combine(on + timedelta(days=1), time(), theirs)
    now, last = reader.now, ends - _MOMENT
    over, ends_here = now >= ends, _local(last, ours).date()
    today_here, today_there = _local(now, ours).date(), _local(now, theirs).date()
    here, there = (ends_here - today_here).days, (on - today_there).days
    begun = since if since == today_here + timedelta(days=1) else today_here
    days = min(here, there) if over else min(here, there, max((on - begun).days, 0))
    day_here = "" if ends_here == on else f"{near(ends_here, reader)} "
    elsewhere = last.astimezone(theirs).utcoffset() != last.astimezone(ours).utcoffset()
    place = place_of(zone) if elsewhere and (day_here or days != here) else ""
    return Reckoned(days, int((ends - now) / timedelta(hours=1)), over, place, f"{day_here}{hour(last, reader)}")


def place_of(zone: str) -> str:
    """Where a zone is, in a word: "California", "New York"."""
    return _AREAS.get(zone, zone.rpartition("/")[2].replace("_", " "))


def called(code: str) -> str:
    """An authority as people call it: a provider by its name, PROV-META -> "Meta"; a state's body by its code."""
    rest = code.removeprefix("PROV-")
    return code if rest == code else " ".join(_SPELT.get(part, part.capitalize()) for part in rest.split("-"))


def hour(value: datetime, reader: Reader) -> str:
    """Say the time of day of an instant: "14:05", in the reader's zone. For what stands beside a whole one."""
    return f"{_local(value, _zone(reader.zone)):%H:%M}"


def answer(value: bool | None, reader: Reader) -> str:  # noqa: FBT001 - the value itself
    """Say yes, no, or that it is not known."""
    return words_in(reader.language)["none" if value is None else "yes" if value else "no"]


def plural(n: int, one: str, many: str | None = None) -> str:
    """Count things: "1 request", "3 requests". many: where it is not `one` with an s."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def figure(n: int) -> str:
    """Say a large number: "10,000"."""
    return f"{n:,}"


def size(size_bytes: int) -> str:
    """Say how large a file is, in powers of ten: "120 kB", "3.4 MB"."""
    if size_bytes < _MEGABYTE:
        return f"{max(1, round(size_bytes / 1000))} kB" if size_bytes >= _KILOBYTE else plural(size_bytes, "byte")
    return f"{size_bytes / _MEGABYTE:.1f}".removesuffix(".0") + " MB"


def spoken(code: str) -> str:
    """Say a word of the record as people do: part_produced -> "part produced"."""
    return code.replace("_", " ")


def _short_day(value: date, words: Words) -> str:
    return f"{value.day} {words['months'].split()[value.month - 1]} {value.year}"


def _local(value: datetime, zone: tzinfo) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    return value.astimezone(zone)


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zone_name(local: datetime) -> str:
    """Name the zone: "PKT"; where it has only figures ("+04", "+0545"), "UTC+04", "UTC+05:45"."""
    name = local.strftime("%Z")
    if name[0] not in "+-":
        return name
    return f"UTC{name[:3]}" + (f":{name[3:]}" if name[3:] else "")
