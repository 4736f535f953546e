"""Counting: what figures count, and what stands behind each, from one select, so that the two cannot drift apart.

In: the rows that one statement goes through, and the condition of every figure over them. Out: a statement that counts
all of these figures at once, or one that lists what a single figure counts. `ExplainedFigure` is a figure as `summary
explain` knows it; whatever else counts something puts its own into `explained.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func

from storage.database.unit_of_work import UnitOfWork
from storage.record.periods import Period
from storage.record.scopes import Scope

CASE, REQUEST, PRESERVATION, ACCOUNT = "case", "request", "preservation", "account"


@dataclass(frozen=True)
class Counted:
    """One row behind a figure: the number of the record, and the day by which it is counted; None where by none."""

    id: int
    day: date | datetime | None


@dataclass(frozen=True)
class FigureAsked:
    """Which period a figure is asked of, and whether as known when that was over, or now."""

    period: Period
    then: bool = False


@dataclass(frozen=True)
class ExplainedFigure:
    """A figure. `of`: what it counts, a case, a request, a hold or an account; `listed`: the rows behind it.

    `timed`: it is of a period; else it is of now. `has_past`: it can be told as known when the period was over.
    """

    code: str
    of: str
    listed: Callable[[UnitOfWork, Scope, FigureAsked], Sequence[Counted]]
    timed: bool = False
    has_past: bool = False


@dataclass(frozen=True)
class CountedFigures:
    """Figures that one statement counts.

    `rows`: whatever is looked through, with all joins. `subject`: the number of what is counted. `day`: by which it is
    counted. `figures`: {code: which rows}. `repeats`: several rows may be of one subject.
    """

    rows: Select[*tuple[Any, ...]]
    subject: Any
    day: Any
    figures: Mapping[str, ColumnElement[bool]]
    repeats: bool = False

    def counts(self) -> Select[*tuple[int, ...]]:
        """One row: how many there are of each figure, by its code."""
        return self.rows.with_only_columns(
            *(func.count(self._counted(which)).label(code) for code, which in self.figures.items())
        )

    def _counted(self, which: ColumnElement[bool]) -> ColumnElement[Any]:
        found = case((which, self.subject))
        return found.distinct() if self.repeats else found

    def listed(self, code: str) -> Select[int, Any]:
        """The number and the day of each row behind one figure, by the day."""
        rows = self.rows.where(self.figures[code])
        if not self.repeats:
            return rows.with_only_columns(self.subject, self.day).order_by(self.day, self.subject)
        first = func.min(self.day)
        return rows.with_only_columns(self.subject, first).group_by(self.subject).order_by(first, self.subject)


def listed(work: UnitOfWork, query: Select[int, Any], values: Mapping[str, Any]) -> list[Counted]:
    """What stands behind one figure. query: as `CountedFigures.listed` gives it."""
    return [Counted(*row) for row in work.session.execute(query, values)]
