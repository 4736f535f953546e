"""The only room that knows what time it is, and what a local day is.

In: an injected clock; local dates and times with the name of their zone. Out: aware UTC moments, local days, and the
column type that keeps moments in the store.
Why: storage holds UTC only and people think in local days. Both directions are written once, here, so that no deadline
is early by an hour on the two days a year when clocks change, and no other module needs to read the time.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import TZPATH, ZoneInfo

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = [
    "UTC",
    "FrozenClock",
    "NaiveTime",
    "SystemClock",
    "TimeSource",
    "UTCDateTime",
    "as_utc",
    "at_local",
    "end_of_day",
    "in_gap",
    "local_day",
    "zone_data",
]

_ONE_DAY = timedelta(days=1)


class NaiveTime(ValueError):
    """A date and time without a zone: it names no moment, so it is neither computed with nor kept."""


def as_utc(at: datetime) -> datetime:
    """The same moment in UTC.

    Errors: NaiveTime.
    """
    if at.tzinfo is None:
        raise NaiveTime(at.isoformat())
    return at if at.tzinfo is UTC else at.astimezone(UTC)


class TimeSource(Protocol):
    """Tells the time. Injected wherever a turn or a tick begins."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the time


class FrozenClock:
    """Stands still until it is moved: for demonstrations and tests.

    at: aware; kept as UTC.
    Errors: NaiveTime.
    """

    def __init__(self, at: datetime) -> None:
        self._at = as_utc(at)

    def now(self) -> datetime:
        """The moment it stands at, aware UTC."""
        return self._at

    def move(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Go on by so much elapsed time (back, when negative). Returns the new moment."""
        self._at += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._at

    def move_to(self, at: datetime) -> datetime:
        """Stand at another moment, earlier or later. Returns it in UTC.

        Errors: NaiveTime.
        """
        self._at = as_utc(at)
        return self._at


def local_day(at: datetime, zone: str) -> date:
    """The date on a wall calendar in `zone` (IANA name) at that moment.

    Errors: NaiveTime; ZoneInfoNotFoundError.
    """
    return as_utc(at).astimezone(ZoneInfo(zone)).date()


@lru_cache(4_096)
def at_local(day: date, at: time, zone: str) -> datetime:
    """The moment, in UTC, when clocks in `zone` show `at` on `day`: choose the date first, then convert.

    A time that the spring change leaves out comes after the gap (02:30 is 03:30); a time that the autumn change repeats
    is the first of the two. So each local day has exactly one such moment: nothing is missed, nothing is doubled.
    Source: PEP 495, fold=0.
    """
    return datetime.combine(day, at.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment, in UTC, that is no longer `day` in `zone`: the start of the next local day.

    That is midnight, or 01:00 where the spring change leaves midnight out (Cairo, Havana).
    """
    return at_local(day + _ONE_DAY, time.min, zone)


def in_gap(day: date, at: time, zone: str) -> bool:
    """True if clocks in `zone` never show that time on that day, because they were put forward over it."""
    shown = at_local(day, at, zone).astimezone(ZoneInfo(zone))
    return shown.replace(tzinfo=None) != datetime.combine(day, at.replace(fold=0))


@lru_cache(1)
def zone_data() -> str:
    """The version of the zone rules that are read here, such as "2026f"; "unknown" where they do not say.

    Those of the machine come first, as `zoneinfo` reads them, then those of the package.
    """
    for folder in map(Path, TZPATH):
        if (named := folder / "tzdata.zi").is_file():
            with named.open(encoding="utf-8") as lines:
                return lines.readline().removeprefix("# version ").strip() or "unknown"
        if (folder / "Etc" / "UTC").is_file():
            return "unknown"
    return version("tzdata")


class UTCDateTime(TypeDecorator[datetime]):
    """A moment. Takes aware values only and gives back aware UTC, whatever the database.

    PostgreSQL keeps `timestamptz`. SQLite has no such type: there it is text of fixed width,
    `2026-03-01T09:30:00.000000Z`, which sorts and compares as time does and reads well for whoever opens the file.
    Errors: NaiveTime, inside SQLAlchemy's StatementError.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """`timestamptz`, or 27 characters on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """On the way in."""
        if value is None:
            return None
        moment = as_utc(value)
        if dialect.name == "sqlite":
            return moment.isoformat(timespec="microseconds")[:26] + "Z"
        return moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 - its signature
        """On the way out: one call for each moment, of which a list has hundreds."""
        return _from_text if dialect.name == "sqlite" else _from_driver


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)  # "Z" is UTC itself


def _from_driver(value: datetime | None) -> datetime | None:
    return None if value is None else as_utc(value)
