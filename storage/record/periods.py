"""Periods: weeks, months and years of an agency's calendar.

In: which kind, and how long ago. Out: its days; its moments, by the agency's zone. A week begins on a Monday.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority
from storage.times import at_local, local_day

WEEK, MONTH, YEAR = KINDS = ("week", "month", "year")
MONTHS = 12


@dataclass(frozen=True)
class Period:
    """One of them. `first`: its first day; `until`: the day after its last."""

    kind: str
    first: date

    @property
    def until(self) -> date:
        """The day after its last, which is the first of the next."""
        return self.back(-1).first

    @property
    def before(self) -> "Period":
        """The period before it."""
        return self.back(1)

    def back(self, count: int) -> "Period":
        """So many periods earlier; later, where `count` is negative."""
        if self.kind == WEEK:
            return Period(WEEK, self.first - timedelta(weeks=count))
        months = self.first.year * MONTHS + self.first.month - 1 - count * (MONTHS if self.kind == YEAR else 1)
        return Period(self.kind, date(months // MONTHS, months % MONTHS + 1, 1))

    def up_to_here(self, count: int) -> list["Period"]:
        """The last so many, this one included, the oldest first."""
        return [self.back(ago) for ago in reversed(range(count))]

    def begins_at(self, zone: str) -> datetime:
        """The moment it begins, aware UTC."""
        return at_local(self.first, time(), zone)

    def ends_at(self, zone: str) -> datetime:
        """The moment it is over, aware UTC."""
        return at_local(self.until, time(), zone)


def of(work: UnitOfWork, agency: Authority, kind: str, *, ago: int) -> Period:
    """The period so many before the present one, by the agency's calendar."""
    today = local_day(work.now, agency.zone)
    first = {
        WEEK: today - timedelta(days=today.weekday()),
        MONTH: today.replace(day=1),
        YEAR: today.replace(month=1, day=1),
    }
    return Period(kind, first[kind]).back(ago)
