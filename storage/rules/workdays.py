"""Working days: which days an authority works, and how to count them.

In: an authority's zone, its country's public holidays, its working week as that changed over the years, and a table of
named exceptions that people edit. Out: yes or no for a day, the reason for a no, and counting in both directions.
Why a table of exceptions: a feast that follows the moon is announced days before, one-off holidays are declared
overnight, and some Saturdays are worked in exchange. What people enter here wins over the computed calendar.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

import holidays

_ONE_DAY = timedelta(days=1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class UnknownCountry(LookupError):
    """No public holidays are known under this code."""


@dataclass(frozen=True, slots=True)
class WeekendRule:
    """The days off of a week, from `since` to `until`, both included; None is without limit.

    iso: 1 is Monday, 7 is Sunday; at most six of them. Empty for an office that never closes.
    Errors: ValueError, for another number or seven days off.
    """

    since: date | None
    until: date | None
    iso: frozenset[int]

    def __post_init__(self) -> None:
        if not self.iso < frozenset(range(1, 8)):
            raise ValueError(f"days off {sorted(self.iso)}: accepted are at most six of 1 (Monday) to 7 (Sunday)")

    def covers(self, day: date) -> bool:
        """True if the rule is in force on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Override:
    """What people entered for one day: a holiday more (`working=False`), or a day that is worked after all."""

    name: str
    working: bool


class Passed(NamedTuple):
    """Days that did not count: ordinary weekend days by number, all others by date and name."""

    weekends: int
    named: tuple[tuple[date, str], ...]


class _Year(NamedTuple):
    """One year of one calendar, in order: the days worked, and the days lost to anything but the weekend."""

    working: tuple[date, ...]
    named: tuple[tuple[date, str], ...]


@dataclass(frozen=True)
class Calendar:
    """The working days of one authority. A value: after a change in the table, make a new one.

    zone: IANA name, where the authority's days begin and end.
    country: code of the public holidays ("PK", "GB-ENG" of a part), or None for no holidays but those in `overrides`.
    weekends: of two rules for one day the later in the tuple wins; a day that no rule covers is no weekend.
    Errors: UnknownCountry, at the first question about a day.
    """

    zone: str
    country: str | None = None
    weekends: tuple[WeekendRule, ...] = (WeekendRule(None, None, frozenset({6, 7})),)
    overrides: Mapping[date, Override] = field(default_factory=dict)
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))

    def is_working(self, day: date) -> bool:
        """True if the authority works on that day."""
        return self.why_not(day) is None

    def why_not(self, day: date) -> str | None:
        """Why the day is not worked: "Saturday", "Independence Day", the name in the table; None if it is worked."""
        override = self.overrides.get(day)
        if override is not None:
            return None if override.working else override.name
        if self._is_weekend(day):
            return _WEEKDAYS[day.weekday()]
        return _public_holidays(self.country, day.year).get(day)

    def add(self, day: date, n: int) -> date:
        """The n-th working day after `day`, or before it when n is negative; 0 gives `day` back, worked or not.

        `day` itself is never counted.
        """
        if n == 0:
            return day
        year, worked = day.year, self._year(day.year).working
        index = bisect_right(worked, day) + n - 1 if n > 0 else bisect_left(worked, day) + n
        while index >= len(worked):
            index -= len(worked)
            year += 1
            worked = self._year(year).working
        while index < 0:
            year -= 1
            worked = self._year(year).working
            index += len(worked)
        return worked[index]

    def between(self, a: date, b: date) -> int:
        """Working days after `a` up to and including `b`; the same days counted negative when b is before a."""
        if b < a:
            return -self.between(b, a)
        before = sum(len(self._year(year).working) for year in range(a.year, b.year))
        return before + bisect_right(self._year(b.year).working, b) - bisect_right(self._year(a.year).working, a)

    def passed(self, a: date, b: date) -> Passed:
        """The days that did not count after `a` up to and including `b`. `b` is not before `a`."""
        named = tuple(entry for year in range(a.year, b.year + 1) for entry in self._year(year).named)
        first, last = (bisect_right(named, day, key=itemgetter(0)) for day in (a, b))
        off = (b - a).days - self.between(a, b)
        return Passed(weekends=off - (last - first), named=named[first:last])

    def _is_weekend(self, day: date) -> bool:
        rule = next((rule for rule in reversed(self.weekends) if rule.covers(day)), None)
        return rule is not None and day.isoweekday() in rule.iso

    def _is_ordinary_weekend(self, day: date) -> bool:
        return day not in self.overrides and self._is_weekend(day)

    def _year(self, year: int) -> _Year:
        if year not in self._years:
            self._years[year] = self._survey(year)
        return self._years[year]

    def _survey(self, year: int) -> _Year:
        reasons = [(day, self.why_not(day)) for day in _days_of(year)]
        return _Year(
            working=tuple(day for day, why in reasons if why is None),
            named=tuple((day, why) for day, why in reasons if why is not None and not self._is_ordinary_weekend(day)),
        )


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + n * _ONE_DAY for n in range((date(year, 12, 31) - first).days + 1))


@lru_cache(maxsize=4096)
def _public_holidays(country: str | None, year: int) -> Mapping[date, str]:
    """One country and year, with English names: the package otherwise follows the language of the machine."""
    if country is None:
        return {}
    code, _, part = country.partition("-")
    try:
        return dict(holidays.country_holidays(code, subdiv=part or None, years=year, language="en_US"))
    except NotImplementedError as unknown:
        raise UnknownCountry(country) from unknown
