"""Explained: every figure that a summary tells, by its code, with the rows that it counts.

In: a scope, a figure's code, the period it is asked of. Out: what stands behind it, as many rows as the figure says,
because both come from one select (`counting.py`).
A summary that tells more puts its figures into FIGURES, and their words into `templates/messages/_base/figures.md.j2`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Preservation, Request, Target
from storage.record import figures, known, old_rows, waiting
from storage.record.counting import ACCOUNT, CASE, PRESERVATION, REQUEST, Counted, ExplainedFigure, FigureAsked
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
    def listed(work: UnitOfWork, scope: Scope, asked: FigureAsked) -> Sequence[Counted]:
        if asked.then:
            return known.then(work, scope, asked.period, [code])[code]
        return figures.listed(work, scope, code, asked.period)

    of = CASE if code == "opened" else ACCOUNT if code in figures.BY_ACCOUNT else REQUEST
    return ExplainedFigure(code, of, listed, timed=True, has_past=code in figures.SHOWN)


def _of_what_we_sent(code: str) -> ExplainedFigure:
    return ExplainedFigure(code, REQUEST, lambda work, scope, _: waiting.unanswered(work, scope).listed(code))


def _of_what_waits(code: str) -> ExplainedFigure:
    of = PRESERVATION if code.removesuffix("_late") in ("lapsing", *waiting.OF_HOLDS) else REQUEST
    return ExplainedFigure(code, of, lambda work, scope, _: waiting.waits_listed(work, scope, code))


def _of_registers(work: UnitOfWork, scope: Scope, _asked: FigureAsked) -> Sequence[Counted]:
    return [Counted(number, day) for number, day in old_rows.overdue(work, scope.viewer, scope.ceiling)]


FIGURES: dict[str, ExplainedFigure] = {
    one.code: one
    for one in (
        *map(_of_period, (*figures.SHOWN, *figures.BY_ACCOUNT)),
        *map(_of_what_we_sent, waiting.WAITING_FIGURES),
        *map(_of_what_waits, waiting.WAITS),
        ExplainedFigure("register", REQUEST, _of_registers),
    )
}
