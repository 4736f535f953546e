"""A year: the requests an agency sent in it and the holds it asked for, and what came of each up to now. Reads only.

In: a scope (`scopes.py`), the first and the last day, codes of instruments. Out: groups that are alike, with how many;
or what stands behind one figure of a year (`listed`).
Requests stand in the year they were sent in, holds in the one they were asked for in; drafts in none.

    fulfilled    produced                                          holds: whoever keeps the data said so
    in_part      some of it came
    refused      also where it was handed on since
    not_held     the same                                          not_kept: closed, or lapsed, without their word
    waiting      nothing that ends it yet                          nothing said yet
    left         withdrawn, or handed on before any answer

Whether a request is refused, and for what, is asked of its last state: a refusal that was taken back is none.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Select, String, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among
from storage.models import Authority, Case, Preservation, Request
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import Status
from storage.spelling import fold
from storage.times import local_day

FULFILLED, IN_PART, REFUSED, NOT_HELD, NOT_KEPT = "fulfilled", "in_part", "refused", "not_held", "not_kept"
WAITING, LEFT = "waiting", "left"
ONLY_IDENTIFIES = "identification_only"  # a field of Reg. (EU) 2023/1543 Art. 3(10)


@dataclass(frozen=True)
class About:
    """What orders have in common: whom they ask, for which data, in an emergency or not.

    `identifies`: the data identifies the user and serves nothing else.
    """

    recipient: str
    emergency: bool
    data: tuple[str, ...]
    identifies: bool = False


@dataclass(frozen=True)
class Issued:
    """So many alike.

    `days` in all, of as many as are `dated`: calendar days from sending to the data, of what is fulfilled; of holds
    from asking to the request for production, of those that were kept until one was issued.
    """

    about: About
    came: str
    count: int
    dated: int
    days: int


@dataclass(frozen=True)
class SentInYear:
    """What was sent. `grounds`: {(what they have in common, code of a reason): how many were refused for it}."""

    issued: list[Issued]
    grounds: Counter[tuple[About, str]]


class days_between(FunctionElement[int]):  # noqa: N801 - reads as a function
    """Calendar days from one day to another."""

    type = Integer()
    name = "days_between"
    inherit_cache = True


@compiles(days_between)
def _julian(element: days_between, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    since, until = (compiler.process(day, **how) for day in element.clauses)
    return f"CAST(julianday({until}) - julianday({since}) AS INTEGER)"


@compiles(days_between, "postgresql")
def _minus(element: days_between, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    since, until = (compiler.process(day, **how) for day in element.clauses)
    return f"({until} - {since})"


def requests(
    work: UnitOfWork, scope: Scope, first: date, last: date, instruments: Collection[str], *, direction: str
) -> SentInYear:
    """The requests of the agency's cases that were sent in those days, both included."""
    values = _values(scope, first, last, instruments) | {"directions": [direction]}
    issued, grounds = [], Counter[tuple[About, str]]()
    rows = work.session.execute(_requests(scope.shape), values).all()
    names = select(Authority.id, Authority.code).where(Authority.id.in_({row.recipient_id for row in rows}))
    codes = {one.id: one.code for one in work.session.execute(names)}
    for row in rows:
        about = _about(codes[row.recipient_id], row.emergency, row.kinds, row.only)
        issued.append(Issued(about, row.came, row.many, row.dated, row.days or 0))
        for code in {code for refusal in json.loads(row.why or "[]") for code in refusal["codes"]}:
            grounds[about, code] += row.many
    return SentInYear(issued, grounds)


def holds(work: UnitOfWork, scope: Scope, first: date, last: date, instruments: Collection[str]) -> list[Issued]:
    """The holds that the agency asked for in those days."""
    values = _values(scope, first, last, instruments) | {"today": local_day(work.now, scope.agency.zone)}
    rows = work.session.execute(_holds(scope.shape), values)
    return [
        Issued(_about(row.code, row.emergency, row.kinds), row.came, row.many, row.dated, row.days or 0) for row in rows
    ]


def _values(scope: Scope, first: date, last: date, instruments: Collection[str]) -> dict[str, Any]:
    return {**scope.values, "first": first, "last": last, "instruments": list(instruments)}


def _about(recipient: str, emergency: bool, data: str, only: str | None = None) -> About:  # noqa: FBT001 - of a row
    return About(recipient, bool(emergency), tuple(sorted(json.loads(data))), fold(only or "").startswith("yes"))


@lru_cache(shapes.KEPT)
def _requests(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    rows, came, is_dated = sent(shape), what_came(), has_days()
    days = func.sum(case((is_dated, days_between(Request.sent_on, Request.answered_on))))
    kinds, only = cast(Request.data, String).label("kinds"), only_identifies().label("only")
    why = case((came == REFUSED, cast(Request.refusals, String))).label("why")
    alike = (Request.recipient_id, Request.emergency, kinds, only, came.label("came"), why)
    figures = (func.count().label("many"), func.count(case((is_dated, 1))).label("dated"), days.label("days"))
    return rows.with_only_columns(*alike, *figures).group_by(
        "recipient_id", "emergency", "kinds", "only", "came", "why"
    )


def sent(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    """What was sent in those days."""
    return select(Request.id).where(
        Request.agency_id == AGENCY,
        Request.direction.in_(bindparam("directions", expanding=True)),
        Request.sent_on >= bindparam("first", type_=Date()),
        Request.sent_on <= bindparam("last", type_=Date()),
        Request.instrument.in_(bindparam("instruments", expanding=True)),
        shape.counted,
    )


def only_identifies() -> ColumnElement[str]:
    """What was said of whether the data only identifies the user."""
    fields: Any = Request.fields
    only: ColumnElement[str] = fields[ONLY_IDENTIFIES].as_string()
    return only


def has_days() -> ColumnElement[bool]:
    """Whether it is known in how many days the data came."""
    return and_(Request.status == Status.PRODUCED, Request.answered_on.is_not(None))


def what_came() -> ColumnElement[str]:
    """What came of a request: one of the words above."""
    given_on = and_(Request.status == Status.TRANSFERRED, Request.answered_on.is_not(None))
    return case(
        (Request.status == Status.PRODUCED, FULFILLED),
        (Request.status == Status.PART_PRODUCED, IN_PART),
        (or_(Request.status == Status.REFUSED, and_(given_on, cast(Request.refusals, String) != "[]")), REFUSED),
        (or_(Request.status == Status.NOT_HELD, given_on), NOT_HELD),
        (Request.status.in_((Status.WITHDRAWN, Status.TRANSFERRED)), LEFT),
        else_=WAITING,
    )


@lru_cache(shapes.KEPT)
def _holds(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    came, is_dated = what_was_kept(), has_days_kept()
    days = func.sum(case((is_dated, days_between(Preservation.asked_on, Preservation.issued_on))))
    kinds = cast(Preservation.data, String).label("kinds")
    figures = (func.count().label("many"), func.count(case((is_dated, 1))).label("dated"), days.label("days"))
    query = asked(shape).join(Authority, Authority.id == Preservation.recipient_id)
    query = query.with_only_columns(Authority.code, Preservation.emergency, kinds, came.label("came"), *figures)
    return query.group_by(Authority.code, Preservation.emergency, "kinds", "came")


def asked(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    """The holds that were asked for in those days, joined with their case."""
    first, last = bindparam("first", type_=Date()), bindparam("last", type_=Date())
    own = select(Preservation.id).where(Preservation.agency_id == AGENCY, Preservation.asked_on.between(first, last))
    return (
        select(Preservation.id)
        .join(Case, Case.id == Preservation.case_id)
        .where(
            among(Preservation.id, own.correlate(None).scalar_subquery()),
            Preservation.asker_id.is_(None),
            Preservation.instrument.in_(bindparam("instruments", expanding=True)),
            shape.within,
            sight.cases(shape.viewer),
        )
    )


def has_days_kept() -> ColumnElement[bool]:
    """Whether it was kept until a request for production was issued."""
    return and_(Preservation.confirmed_on.is_not(None), Preservation.issued_on.is_not(None))


def what_was_kept() -> ColumnElement[str]:
    """What came of a hold: one of the words above."""
    is_over = or_(Preservation.closed_at.is_not(None), Preservation.expires_on < bindparam("today", type_=Date()))
    return case((Preservation.confirmed_on.is_not(None), FULFILLED), (is_over, NOT_KEPT), else_=WAITING)
