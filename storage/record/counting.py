"""Counting: what figures count, and what stands behind each, from one select, so that the two cannot drift apart.

In: the rows that one statement goes through, and the condition of every figure over them. Out: a statement that counts
all of these figures at once, or one that lists what a single figure counts, a page of it with the number of all.
`ExplainedFigure` is a figure as `summary explain` knows it; whatever else counts something puts its own into
`explained.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, func

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority
from storage.record.periods import Period
from storage.record.scopes import Scope

CASE, REQUEST, PRESERVATION, ACCOUNT = "case", "request", "preservation", "account"


EVERY = 2**31 - 1


class Slice(NamedTuple):
    """Which rows of a list are wanted: `most` of them, behind so many."""

    skip: int = 0
    most: int = EVERY


WHOLE = Slice()


@dataclass(frozen=True)
class Counted:
    """One row behind a figure: the number of the record, and the day by which it is counted; None where by none.

    days, ended: of a figure that is a time: how long it waited, and whether it was to its answer.
    """

    id: int
    day: date | datetime | None
    days: int | None = None
    ended: bool = False


@dataclass(frozen=True)
class Listing:
    """What stands behind a figure: `count` in all, of which `rows` are shown."""

    count: int
    rows: Sequence[Counted]


@dataclass(frozen=True)
class FigureAsked:
    """Of what a figure is asked, and which part of what stands behind it.

    period: of those that are `timed`; then: as known when it was over, or now. year: of the yearly statistics. The rest
    narrows it: whom it was asked of, by which instrument, what it is about (`answering.CLASSES`), the reason of a
    refusal, kinds of data, the kind of complaint.
    """

    period: Period
    then: bool = False
    part: Slice = WHOLE
    counterpart: Authority | None = None
    year: int = 0
    instrument: str = ""
    of: str = ""
    because: str = ""
    data: tuple[str, ...] = ()
    category: str = ""


@dataclass(frozen=True)
class ExplainedFigure:
    """A figure. `of`: what it counts, a case, a request, a hold or an account; `listed`: the rows behind it.

    `summary`: which tells it. `takes`: by what of FigureAsked it may be narrowed; `needs`: of these, what it is not
    without. `timed`: it is of a period; else it is of now, or of what it needs. `has_past`: it can be told as known
    when the period was over.
    """

    code: str
    of: str
    listed: Callable[[UnitOfWork, Scope, FigureAsked], Listing]
    summary: str = ""
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
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
        return case((which, self.subject)).distinct() if self.repeats else case((which, 1))

    def listed(self, code: str) -> Select[int, Any]:
        """The number and the day of each row behind one figure, by the day."""
        rows = self.rows.where(self.figures[code])
        if not self.repeats:
            return rows.with_only_columns(self.subject, self.day).order_by(self.day, self.subject)
        first = func.min(self.day)
        return rows.with_only_columns(self.subject, first).group_by(self.subject).order_by(first, self.subject)


def listed(
    work: UnitOfWork, query: Select[*tuple[Any, ...]], values: Mapping[str, Any], part: Slice = WHOLE
) -> Listing:
    """What stands behind one figure. query: the columns of Counted, as `CountedFigures.listed` gives them."""
    counted = query.add_columns(func.count().over()).limit(bindparam("most")).offset(bindparam("skip"))
    found = work.session.execute(counted, {**values, **part._asdict()}).all()
    if not found and part.skip:  # behind the last page: how many there are is said all the same
        return Listing(listed(work, query, values, Slice(most=1)).count, ())
    return Listing(found[0][-1] if found else 0, [Counted(*row[:-1]) for row in found])


def part_of(rows: Sequence[Counted], part: Slice) -> Listing:
    """A part of what was read whole."""
    return Listing(len(rows), rows[part.skip : part.skip + part.most])
