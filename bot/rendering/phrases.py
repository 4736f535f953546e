"""Dates, counts and lists in the words of the reader.

In: values of a notice and the reader. Out: short texts; `render.py` makes each function here a filter or a function of
the templates. English words stand in `WORDS` and nowhere else: another language is one more row.
Dates are the reader's: an instant is shown in the reader's zone, with the zone's name, because two offices read the
same message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
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


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a message is written for. zone: an IANA name; language: as in the names of templates; now: aware."""

    zone: str
    language: str
    now: datetime


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
