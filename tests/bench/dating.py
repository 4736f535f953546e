"""Days as the benchmarks' record writes them, and the dates of clocks, each of which is computed once.

In: days by number, from the first of the record. Out: texts, as `loading` takes them.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock
from storage.record import records
from storage.reference.catalog import Reference
from storage.rules import alarms
from storage.rules.alarms import Ripe
from storage.rules.calendars import calendar_of
from storage.rules.deadlines import Terms, compute
from storage.rules.lengths import rule_for
from storage.rules.workdays import Calendar
from storage.times import UTC, at_local
from tests.bench.loading import Value

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday morning: 11:00 in Islamabad
FIRST = date(2018, 3, 2)
LAST = (NOW.date() - FIRST).days
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(LAST + 1)]


def moment(day: int, second: int) -> str:
    """A moment of a day, before eleven in Islamabad. second: 0..9999."""
    return f"{DAYS[day]}T0{3 + second // 3600}:{second // 60 % 60:02d}:{second % 60:02d}.000000Z"


def text(at: datetime | None) -> str | None:
    """A moment, as SQLite keeps it."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z" if at else None


class Dated(NamedTuple):
    """What the terms of a clock come to: the columns of its row, and the moments a ladder needs."""

    columns: dict[str, Value]
    starts_at: datetime
    due_on: date
    due_at: datetime
    very_at: datetime
    rule: str
    unit: str


_Alike = tuple[str, str | None]
"""Whose calendars are alike: a zone, and the code of its holidays."""
_FOUND: dict[tuple[str, str, _Alike, int], Dated] = {}
"""For every hall that a process fills: to compute them is half of filling a small one."""


class Dating:
    """The dates of clocks by their rule, whose week counts, and the day they start."""

    def __init__(self, work: UnitOfWork) -> None:
        self._reference: Reference = work.reference
        self._calendars: dict[str, tuple[_Alike, Calendar]] = {}
        alike: dict[_Alike, Calendar] = {}
        for row in records.authorities(work):
            key = (row.zone, row.holiday_calendar)
            self._calendars[row.code] = key, alike.setdefault(key, calendar_of(work, row))

    def of(self, kind: str, instrument: str, authority: str, day: int) -> Dated:
        """The dates of a clock of that kind: by its instrument, or by the house where nobody else waits."""
        house = kind in self._reference.house_clocks
        alike, calendar = self._calendars[authority]
        key = (kind if house else "", "" if house else instrument, alike, day)
        if key not in _FOUND:
            _FOUND[key] = self._compute(kind, instrument, calendar, day)
        return _FOUND[key]

    def _compute(self, kind: str, instrument: str, calendar: Calendar, day: int) -> Dated:
        if row := self._reference.house_clocks.get(kind):  # type: ignore[call-overload]  # any kind is asked about
            amount, unit = row.ordinary.amount, row.ordinary.unit
            counted_from, rule, origin, very = row.counted_from, row.code, "house_default", None
        else:
            found = self._reference.instruments[instrument]
            own = rule_for(self._reference, found, emergency=False)
            amount, unit, counted_from, rule, origin = own.amount, own.unit, own.counted_from, own.kind, own.origin
            very = found.very_overdue.amount if found.very_overdue else None
        starts_at = at_local(date.fromisoformat(DAYS[day]), time(), calendar.zone)
        result = compute(Terms(amount=amount, unit=unit, starts_at=starts_at, calendar=calendar, very_after=very))
        assert result.due_at, kind
        assert result.very_from, kind
        columns: dict[str, Value] = {
            "rule": rule, "origin": origin, "amount": amount, "unit": unit, "counted_from": counted_from,
            "starts_at": text(starts_at), "very_days": very,
            "due_on": result.stands_on.isoformat(), "due_at": text(result.due_at), "very_at": text(result.very_from),
        }  # fmt: skip
        return Dated(columns, starts_at, result.stands_on, result.due_at, result.very_from, rule, unit)

    def rung(
        self, dated: Dated, kind: str, instrument: str, authority: str, *, ours: bool, has_come: bool
    ) -> dict[str, Value]:
        """The next reminder of an open clock, behind those that have passed; where it has come, the last of these."""
        zone = self._calendars[authority][1].zone
        clock = Ripe(
            id=0, kind=kind, epoch=0, rung="", ring_at=NOW, rule=dated.rule, unit=dated.unit, instrument=instrument,
            starts_at=dated.starts_at, due_on=dated.due_on, due_at=dated.due_at, very_at=dated.very_at, ended_at=None,
            quiet_until=None, imported=False, zone=zone, emergency=False, sent_on=None, filed_at=None, contact_at=None,
            ours=ours,
        )  # fmt: skip
        schedule = alarms.schedule_of(self._reference, clock)
        found = schedule and (schedule.passed(NOW) if has_come else schedule.following(NOW))
        assert found or not has_come, (kind, instrument, dated)
        return {"rung": found.code if found else "", "ring_at": text(found.at if found else None)}


PAUSED: dict[str, Value] = dict.fromkeys(("due_on", "due_at", "very_at", "ring_at")) | {"rung": ""}
"""What a clock that stands still has of all these."""
ENDED: dict[str, Value] = {"rung": "", "ring_at": None}
assert set(PAUSED) < set(Clock.__table__.columns.keys())
