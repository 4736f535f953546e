"""Explained: every figure that a summary tells, by its code, with the rows that it counts.

In: a scope, a figure's code, what it is asked of. Out: what stands behind it, as many rows as the figure says: both
come from one select (`counting.py`), or from rows that were read once.
A summary that tells more puts its figures into FIGURES, and their words into `templates/messages/_base/figures.md.j2`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Preservation, Request, Target
from storage.record import (
    answering,
    counting,
    figures,
    known,
    obliged,
    old_rows,
    reciprocity,
    waiting,
    yearly,
    yields,
)
from storage.record.counting import ACCOUNT, CASE, PRESERVATION, REQUEST, ExplainedFigure, FigureAsked, Listing
from storage.record.scopes import Scope


def records(work: UnitOfWork, of: str, numbers: Sequence[int]) -> dict[int, Case | Request | Preservation | Target]:
    """{number: record} of what figures of a kind count, with what a line of it shows."""
    rows = work.session.scalars(SHOWN[of].where(KINDS[of].id.in_(numbers))) if numbers else ()
    return {row.id: row for row in rows}


_SIDES = (joinedload(Request.case), joinedload(Request.sender), joinedload(Request.recipient))
KINDS: dict[str, Any] = {CASE: Case, REQUEST: Request, PRESERVATION: Preservation, ACCOUNT: Target}
SHOWN: dict[str, Any] = {
    CASE: select(Case),
    REQUEST: select(Request).options(*_SIDES),
    PRESERVATION: select(Preservation).options(
        joinedload(Preservation.case), joinedload(Preservation.recipient), joinedload(Preservation.asker)
    ),
    ACCOUNT: select(Target).options(joinedload(Target.request).options(*_SIDES)),
}


def _of_period(code: str) -> ExplainedFigure:
    def listed(work: UnitOfWork, scope: Scope, asked: FigureAsked) -> Listing:
        if asked.then:
            return counting.part_of(known.then(work, scope, asked.period, [code])[code], asked.part)
        return figures.listed(work, scope, code, asked.period, asked.part)

    of = CASE if code == "opened" else ACCOUNT if code in figures.BY_ACCOUNT else REQUEST
    return ExplainedFigure(code, of, listed, timed=True, has_past=code in figures.SHOWN)


def _of_what_we_sent(code: str) -> ExplainedFigure:
    def listed(work: UnitOfWork, scope: Scope, asked: FigureAsked) -> Listing:
        counterpart = asked.counterpart.code if asked.counterpart else ""
        return counting.part_of(waiting.unanswered(work, scope).listed(code, counterpart), asked.part)

    return ExplainedFigure(code, REQUEST, listed, takes=("counterpart",))


def _of_what_waits(code: str) -> ExplainedFigure:
    of = PRESERVATION if code.removesuffix("_late") in ("lapsing", *waiting.OF_HOLDS) else REQUEST
    return ExplainedFigure(code, of, lambda work, scope, asked: waiting.waits_listed(work, scope, code, asked.part))


def _of_registers(work: UnitOfWork, scope: Scope, asked: FigureAsked) -> Listing:
    return old_rows.overdue(work, scope.viewer, scope.ceiling, asked.part)


def _of_counterpart(code: str) -> ExplainedFigure:
    of = ACCOUNT if code in answering.OF_ACCOUNTS else REQUEST
    needs = ("counterpart", "because") if code == "refusals" else ("counterpart",)
    is_narrowed = of == REQUEST and code not in answering.OF_REASONS
    takes = (*needs, "instrument", "of") if is_narrowed else needs
    listed = partial(_list, answering.listed, code)
    return ExplainedFigure(f"{WITH}{code}", of, listed, "counterpart", takes, needs)


def _of_route(code: str) -> ExplainedFigure:
    needs = ("counterpart", "instrument")
    takes = (*needs, "emergency", "data", "category")
    return ExplainedFigure(f"road_{code}", REQUEST, partial(_list, yields.listed, code), "routes", takes, needs)


def _of_both_ways(code: str) -> ExplainedFigure:
    needs = ("counterpart",)
    return ExplainedFigure(code, REQUEST, partial(_list, reciprocity.listed, code), "reciprocity", needs, needs)


def _of_year(code: str) -> ExplainedFigure:
    of = PRESERVATION if code.startswith("holds_") else REQUEST
    takes = ("year", *(() if code.startswith("enforcements_") else ("counterpart", "emergency", "data")))
    if code == f"orders_{yearly.REFUSED}":
        takes = (*takes, "because")
    return ExplainedFigure(code, of, partial(_list, obliged.listed, code), "obligations", takes)


def _list(
    listed: Callable[[UnitOfWork, Scope, str, FigureAsked], Listing],
    code: str,
    work: UnitOfWork,
    scope: Scope,
    asked: FigureAsked,
) -> Listing:
    return listed(work, scope, code, asked)


WITH = "with_"
FIGURES: dict[str, ExplainedFigure] = {
    one.code: one
    for one in (
        *map(_of_period, (*figures.SHOWN, *figures.BY_ACCOUNT)),
        *map(_of_what_we_sent, waiting.WAITING_FIGURES),
        *map(_of_what_waits, waiting.WAITS),
        ExplainedFigure("register", REQUEST, _of_registers),
        *map(_of_counterpart, answering.EXPLAINED),
        *map(_of_route, yields.EXPLAINED),
        *map(_of_both_ways, reciprocity.EXPLAINED),
        *map(_of_year, obliged.EXPLAINED),
    )
}
TYPED = tuple(dict.fromkeys(code.removeprefix(WITH) for code in FIGURES))
"""As they are asked for. Some words are of a period and, where a counterpart is named, of that counterpart: WITH it."""


def figure(typed: str, *, has_counterpart: bool) -> ExplainedFigure:
    """What is meant by a word of TYPED."""
    with_it = FIGURES.get(f"{WITH}{typed}")
    return with_it if with_it and (has_counterpart or typed not in FIGURES) else FIGURES[typed]
