"""The calendar of an authority, from its row and what administrators added to it.

In: authorities of the record. Out: `Calendar` values, asked once in a transaction.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority, Holiday
from storage.rules.workdays import Calendar, Override, WeekendRule


def calendar_of(work: UnitOfWork, authority: Authority) -> Calendar:
    """The working week, holidays and zone of an authority, with what administrators added.

    Asked once in a transaction; `calendar_changed` makes it ask again.
    """
    return calendars_of(work, [authority])[authority.code]


def calendars_of(work: UnitOfWork, authorities: Iterable[Authority]) -> dict[str, Calendar]:
    """The same of several authorities, by code."""
    known: dict[str, Calendar] = work.once("calendars", dict)
    new = {one.code: one for one in authorities if one.code not in known}
    if not new:
        return known
    names = {code: layers(one) for code, one in new.items()}
    rows = work.session.scalars(select(Holiday).where(Holiday.calendar.in_(set().union(*names.values())))).all()
    for code, authority in new.items():
        own = [row for name in names[code] for row in rows if row.calendar == name]  # the closest wins
        known[code] = _calendar(
            authority.zone,
            authority.holiday_calendar,
            tuple(_weekend(rule) for rule in authority.weekends),
            tuple((row.day, Override(row.name, working=row.working)) for row in own),
        )
    return known


def published(work: UnitOfWork, calendar: str) -> Calendar:
    """The public holidays that a calendar has by itself, whatever the week; of an authority's, those of its country."""
    row = work.session.scalars(select(Authority).where(Authority.code == calendar)).first()
    return Calendar("UTC", row.holiday_calendar if row else calendar, weekends=())


def layers(authority: Authority) -> list[str]:
    """The calendars whose entries count for an authority, the wider first: its country's, that of its part, its own."""
    published = authority.holiday_calendar or authority.code
    return list(dict.fromkeys((published.partition("-")[0], published, authority.code)))


@lru_cache(maxsize=256)
def _calendar(
    zone: str, country: str | None, weekends: tuple[WeekendRule, ...], overrides: tuple[tuple[date, Override], ...]
) -> Calendar:
    """The calendar of these facts, made once: it keeps the years that it has looked through."""
    return Calendar(zone, country, weekends, dict(overrides))


def _weekend(rule: dict[str, Any]) -> WeekendRule:
    return WeekendRule(since=_day(rule["from"]), until=_day(rule["until"]), iso=frozenset(rule["iso"]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
