"""Reports: what waits of an agency's work, and its register. Reads only; what a week came to: `weeks.py`.

In: a scope, that is whose cases, as seen by whom and up to which label (`scopes.py`). Out: counts and rows.
Old rows of a register (`old_rows.py`) are a number of their own, and in none of the counts of what waits.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, not_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.sight import Viewer
from storage.exposure.ways import among
from storage.models import AuditLine, Authority, Case, Clock, Note, Preservation, Request
from storage.record import hold_lists, old_rows, queries
from storage.record.scopes import AGENCY, NOW, Scope, ScopeShape
from storage.rules.clocks import BETWEEN_SIDES, HOUSE
from storage.rules.lifecycle import WAITING, Status
from storage.times import at_local, end_of_day, local_day

T = TypeVar("T")

AT_ONCE = 500  # values in one statement
AGES = (30, 90, 180, 365)
"""Days since sending at which one bucket of what waits ends and the next begins; the last is open."""
OLDEST = 10
NOTHING: Mapping[str, Any] = MappingProxyType({})

Pairs = list[tuple[Request, Clock | None]]


def monday_of(work: UnitOfWork, agency: Authority, *, ago: int) -> date:
    """The Monday of the week so many weeks before the present one, by the agency's calendar."""
    today = local_day(work.now, agency.zone)
    return today - timedelta(days=today.weekday()) - timedelta(weeks=ago)


@dataclass(frozen=True)
class Late:
    """Requests past due with one counterpart: how many, of them very overdue, and of them questions to us."""

    counterpart: str
    count: int
    very: int
    asked: int


@dataclass(frozen=True)
class Unanswered:
    """What we asked for and have no answer to; not old rows of a register.

    `ages`: how many, by the age buckets of AGES; `late`: those past due now, by counterpart, the most first; `oldest`:
    the numbers of those sent longest ago.
    """

    ages: list[int]
    late: list[Late]
    oldest: list[int]


def unanswered(work: UnitOfWork, scope: Scope) -> Unanswered:
    """All of it, looked through once."""
    today = local_day(work.now, scope.agency.zone)
    edges = {_edge(n): today - timedelta(days=days) for n, days in enumerate(AGES)}
    found = work.session.execute(_unanswered(scope.shape), {**scope.values, **edges, "now": work.now}).all()
    ages, late, very, asked = Counter[int](), Counter[str](), Counter[str](), Counter[str]()
    for _, code, age, is_late, is_very, is_asked in found:
        ages[age] += 1
        late[code] += is_late
        very[code] += is_very
        asked[code] += is_asked
    by_counterpart = [Late(code, count, very[code], asked[code]) for code, count in late.items() if count]
    return Unanswered(
        [ages[n] for n in range(len(AGES) + 1)],
        sorted(by_counterpart, key=lambda one: (-one.count, one.counterpart)),
        [row[0] for row in found[:OLDEST]],
    )


@lru_cache(shapes.KEPT)
def _unanswered(shape: ScopeShape) -> Select[int, str, int, int, int, int]:
    """Each of them, the oldest first: its number and counterpart; its age; whether it is late, very late, asked."""
    waits = (Request.direction == "outgoing", Request.status.in_(WAITING), Request.sent_on.is_not(None))
    query = shape.requests(*waits).outerjoin(Clock, queries.that_counts(shape.viewer))
    query = query.where(old_rows.is_other(NOW, shape.viewer)).join(Authority, Authority.id == Request.recipient_id)
    edges: list[BindParameter[date]] = [bindparam(_edge(n)) for n in range(len(AGES))]
    age = case(*((Request.sent_on >= edge, n) for n, edge in enumerate(edges)), else_=len(AGES))
    is_late, asked = Clock.due_at <= NOW, Request.status == Status.CLARIFICATION
    kinds = (is_late, and_(is_late, Clock.very_at <= NOW, not_(asked)), and_(is_late, asked))
    flags = (case((kind, 1), else_=0) for kind in kinds)
    return query.with_only_columns(Request.id, Authority.code, age, *flags).order_by(Request.sent_on, Request.id)


def _edge(n: int) -> str:
    return f"edge_{n}"


def oldest(work: UnitOfWork, scope: Scope, waiting: Unanswered) -> Pairs:
    """Those sent longest ago, with the clock that counts."""
    values = {**scope.values, "numbers": waiting.oldest}
    return _pairs(work, _oldest(scope.shape), values) if waiting.oldest else []


@lru_cache(shapes.KEPT)
def _oldest(shape: ScopeShape) -> Select[Request, Clock]:
    numbered = Request.id.in_(bindparam("numbers", expanding=True))
    return _lines(numbered, shape.viewer).order_by(Request.sent_on, Request.id)


def owed(work: UnitOfWork, scope: Scope) -> tuple[int, int]:
    """How much we have to answer, of our own cases and of others', and how much of it is late."""
    total, is_late = work.session.execute(_owed(scope.shape), {**scope.values, "now": work.now}).one()
    return total, is_late


@lru_cache(shapes.KEPT)
def _owed(shape: ScopeShape) -> Select[int, int]:
    waits = select(Request.id).where(
        Request.status.in_([status for status in WAITING if status != Status.CLARIFICATION])
    )
    ours = waits.where(Request.agency_id == AGENCY, Request.direction == "incoming")
    asked = waits.where(Request.recipient_id == AGENCY, Request.agency_id != AGENCY)
    found = union_all(ours.correlate(None), asked.correlate(None))
    query = select(func.count(), func.count(case((Clock.due_at <= NOW, 1)))).select_from(Request)
    query = query.join(Case, Case.id == Request.case_id).outerjoin(Clock, queries.that_counts(shape.viewer))
    return query.where(among(Request.id, found.scalar_subquery()), shape.within, sight.requests(shape.viewer))


def waits_for_us(work: UnitOfWork, scope: Scope) -> list[tuple[str, int, int]]:
    """What waits for our own people, by the kind of clock: how many, and how many of them past their time."""
    values = {**scope.values, "now": work.now}
    rows = (row for query in _waits_for_us(scope.shape) for row in work.session.execute(query, values))
    found = {kind: (kind, count, late) for kind, count, late in rows}
    return [found[kind] for kind in HOUSE if kind in found]


@lru_cache(shapes.KEPT)
def _waits_for_us(shape: ScopeShape) -> list[Select[str, int, int]]:
    """Of requests, and of holds."""
    counts = (Clock.kind, func.count(), func.count(case((Clock.due_at <= NOW, 1))))
    kinds = [kind for kind in HOUSE if kind != "taken"]
    running = (Clock.agency_id == AGENCY, Clock.ended_at.is_(None), Clock.kind.in_(kinds), not_(Clock.imported))
    both = (shape.clocks(select(Clock.id).where(*running)), shape.kept(*running))
    return [one.with_only_columns(*counts).group_by(Clock.kind) for one in both]


def lapsing(work: UnitOfWork, scope: Scope, *, days: int = 30) -> int:
    """How many holds lapse within so many days."""
    today = local_day(work.now, scope.agency.zone)
    values = {**scope.values, **hold_lists.alive_at(work.now), "until": today + timedelta(days=days)}
    return work.session.scalar(_lapsing(scope.shape), values) or 0


@lru_cache(shapes.KEPT)
def _lapsing(shape: ScopeShape) -> Select[int]:
    last: BindParameter[date] = bindparam("until")
    ours = select(Preservation.id).where(Preservation.agency_id == AGENCY, Preservation.closed_at.is_(None))
    ours = ours.where(hold_lists.alive(), Preservation.expires_on <= last).correlate(None)
    query = select(func.count()).select_from(Preservation).join(Case, Case.id == Preservation.case_id)
    return query.where(among(Preservation.id, ours.scalar_subquery()), shape.within, sight.cases(shape.viewer))


def register(
    work: UnitOfWork,
    scope: Scope,
    *,
    since: date | None = None,
    until: date | None = None,
    status: Sequence[str] = (),
    counterpart: str | None = None,
    most: int,
) -> Pairs:
    """The requests of the agency's cases by case and number, at most so many, with the clock between the two sides.

    since, until: the days of filing, both included, by the agency's calendar.
    """
    query = _lines(Request.agency_id == scope.agency.id, scope.viewer).where(scope.shape.within)
    if since:
        query = query.where(Request.filed_at >= at_local(since, time(), scope.agency.zone))
    if until:
        query = query.where(Request.filed_at < end_of_day(until, scope.agency.zone))
    if status:
        query = query.where(Request.status.in_(status))
    if counterpart:
        query = query.where(queries.is_with(counterpart))
    query = query.options(selectinload(Request.targets), selectinload(Request.preservations))
    pairs = _pairs(work, query.order_by(Case.year, Case.number, Request.number).limit(most))
    return [(request, clock if clock and clock.kind in BETWEEN_SIDES else None) for request, clock in pairs]


def remarks(work: UnitOfWork, request_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """{request id: the notes on it, the oldest first} of requests that the caller may see."""
    found: dict[int, tuple[str, ...]] = {}
    for some in _some(request_ids):
        cases = select(Request.case_id).where(Request.id.in_(some))
        notes = select(Note).where(Note.case_id.in_(cases), Note.request_id.in_(some)).order_by(Note.id)
        for note in work.session.scalars(notes):
            number = note.request_id or 0
            found[number] = (*found.get(number, ()), note.text)
    return found


def last_parts(work: UnitOfWork, refs: Sequence[str]) -> dict[str, date]:
    """{ref: the day of the last part of an answer} of requests that the caller may see."""
    found: dict[str, date] = {}
    for some in _some(refs):
        query = select(AuditLine.ref, AuditLine.facts).where(AuditLine.ref.in_(some), AuditLine.act == "request part")
        for ref, facts in work.session.execute(query.order_by(AuditLine.n)):
            found[ref] = date.fromisoformat(json.loads(facts)["after"]["on"])
    return found


def _some(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as a statement takes."""
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


# ---- rows ----------------------------------------------------------------------------------------------------------


def _lines(which: ColumnElement[bool], viewer: Viewer) -> Select[Request, Clock]:
    query = select(Request, Clock).join(Case, Case.id == Request.case_id).outerjoin(Clock, queries.that_counts(viewer))
    query = query.where(which, sight.requests(viewer))
    return query.options(
        joinedload(Request.case),
        joinedload(Request.sender),
        joinedload(Request.recipient),
        joinedload(Clock.authority),
        selectinload(Request.taken),
    )


def _pairs(work: UnitOfWork, query: Select[Request, Clock], values: Mapping[str, Any] = NOTHING) -> Pairs:
    return [(row.Request, row.Clock) for row in work.session.execute(query, values)]
