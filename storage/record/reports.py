"""Reports: what waits of an agency's work, and its register. Reads only; what a week came to: `weeks.py`.

In: a scope, that is whose cases, as seen by whom and up to which label. Out: counts and rows.
Old rows of a register (`old_rows.py`) are a number of their own, and in none of the counts of what waits.
Each is counted from the numbers that an index of the agency's gives (`among`): PostgreSQL would join all cases else.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.exposure.ways import among
from storage.models import AuditLine, Authority, Case, Clock, Note, Preservation, Request
from storage.record import old_rows, queries
from storage.rules.clocks import BETWEEN_SIDES, HOUSE
from storage.rules.lifecycle import WAITING, Status
from storage.times import at_local, end_of_day, local_day

T = TypeVar("T")

AT_ONCE = 500  # values in one statement
AGES = (30, 90, 180, 365)
"""Days since sending at which one bucket of what waits ends and the next begins; the last is open."""

Pairs = list[tuple[Request, Clock | None]]


@dataclass(frozen=True)
class Scope:
    """Whose work is counted: the cases of an agency, as far as a viewer sees them, up to a label."""

    viewer: Viewer
    agency: Authority
    ceiling: Label = Label.RED

    def cases(self, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """The agency's own cases, those of them."""
        own = select(Case.id).where(Case.agency_id == self.agency.id, *which)
        return own.where(self.within, sight.cases(self.viewer))

    def requests(self, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """Those requests of the agency's own cases, joined with them. which: over request, as an index has it."""
        own = select(Request.id).where(Request.agency_id == self.agency.id, *which).correlate(None)
        found = select(Request.id).join(Case, Case.id == Request.case_id)
        return found.where(among(Request.id, own.scalar_subquery()), self.within, sight.requests(self.viewer))

    def clocks(self, *ways: Select[int]) -> Select[*tuple[Any, ...]]:
        """The requests' clocks of those numbers, joined with request and case."""
        found = select(Clock.id).join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
        return found.where(_clocks(*ways), self.within, sight.requests(self.viewer))

    def kept(self, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """Those clocks of holds, joined with preservation and case."""
        found = select(Clock.id).join(Preservation, Preservation.id == Clock.preservation_id)
        found = found.join(Case, Case.id == Preservation.case_id)
        return found.where(_clocks(select(Clock.id).where(*which)), self.within, sight.cases(self.viewer))

    @property
    def within(self) -> ColumnElement[bool]:
        """What is not more restrictive than the ceiling. Join with case."""
        return Case.label.in_([label for label in Label if label.within(self.ceiling)])


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

    `ages`: how many, by the age buckets of AGES; `late`: those past due now, by counterpart, the most first.
    """

    ages: list[int]
    late: list[Late]


def unanswered(work: UnitOfWork, scope: Scope) -> Unanswered:
    """All of it, counted in one statement."""
    today = local_day(work.now, scope.agency.zone)
    edges = [date.max, *(today - timedelta(days=days) for days in AGES), date.min]
    buckets = [
        func.count(case((and_(Request.sent_on < younger, Request.sent_on >= older), 1)))
        for younger, older in pairwise(edges)
    ]
    is_late, asked = Clock.due_at <= work.now, Request.status == Status.CLARIFICATION
    counts = (is_late, and_(is_late, Clock.very_at <= work.now, not_(asked)), and_(is_late, asked))
    query = _waiting(work, scope).join(Authority, Authority.id == Request.recipient_id)
    query = query.with_only_columns(Authority.code, *(func.count(case((which, 1))) for which in counts), *buckets)
    rows = work.session.execute(query.group_by(Authority.code)).all()
    late = [Late(*row[:4]) for row in rows if row[1]]
    by_age = [sum(counted) for counted in zip(*(row[4:] for row in rows), strict=True)]
    return Unanswered(by_age or [0] * len(buckets), sorted(late, key=lambda one: (-one.count, one.counterpart)))


def oldest(work: UnitOfWork, scope: Scope, limit: int = 10) -> Pairs:
    """The requests sent longest ago that still wait, with the clock that counts; not old rows of a register."""
    day = func.coalesce(Request.sent_on, date.max)  # not the column: in its index all that was answered stands before
    first = _waiting(work, scope).with_only_columns(Request.id).order_by(day, Request.id).limit(limit)
    found = _lines(among(Request.id, first.scalar_subquery()), scope.viewer)
    return _pairs(work, found.order_by(Request.sent_on, Request.id))


def owed(work: UnitOfWork, scope: Scope) -> tuple[int, int]:
    """How much we have to answer, of our own cases and of others', and how much of it is late."""
    waits = select(Request.id).where(
        Request.status.in_([status for status in WAITING if status != Status.CLARIFICATION])
    )
    ours = waits.where(Request.agency_id == scope.agency.id, Request.direction == "incoming")
    asked = waits.where(Request.recipient_id == scope.agency.id, Request.agency_id != scope.agency.id)
    found = union_all(ours.correlate(None), asked.correlate(None))
    query = select(func.count(), func.count(case((Clock.due_at <= work.now, 1)))).select_from(Request)
    query = query.join(Case, Case.id == Request.case_id).outerjoin(Clock, queries.that_counts(scope.viewer))
    query = query.where(among(Request.id, found.scalar_subquery()), scope.within, sight.requests(scope.viewer))
    total, is_late = work.session.execute(query).one()
    return total, is_late


def waits_for_us(work: UnitOfWork, scope: Scope) -> list[tuple[str, int, int]]:
    """What waits for our own people, by the kind of clock: how many, and how many of them past their time."""
    counts = (Clock.kind, func.count(), func.count(case((Clock.due_at <= work.now, 1))))
    kinds = [kind for kind in HOUSE if kind != "taken"]
    running = (Clock.agency_id == scope.agency.id, Clock.ended_at.is_(None))
    ours = (*running, Clock.kind.in_(kinds), not_(Clock.imported))
    found = {
        kind: (kind, count, late)
        for query in (scope.clocks(select(Clock.id).where(*ours)), scope.kept(*ours))
        for kind, count, late in work.session.execute(query.with_only_columns(*counts).group_by(Clock.kind))
    }
    return [found[kind] for kind in HOUSE if kind in found]


def lapsing(work: UnitOfWork, scope: Scope, *, days: int = 30) -> int:
    """How many holds lapse within so many days."""
    today = local_day(work.now, scope.agency.zone)
    ours = select(Preservation.id).where(Preservation.agency_id == scope.agency.id, Preservation.closed_at.is_(None))
    ours = ours.where(Preservation.expires_on.between(today, today + timedelta(days=days))).correlate(None)
    query = select(func.count()).select_from(Preservation).join(Case, Case.id == Preservation.case_id)
    query = query.where(among(Preservation.id, ours.scalar_subquery()), scope.within, sight.cases(scope.viewer))
    return work.session.scalar(query) or 0


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
    query = _lines(Request.agency_id == scope.agency.id, scope.viewer).where(scope.within)
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


def _waiting(work: UnitOfWork, scope: Scope) -> Select[*tuple[Any, ...]]:
    """What we sent that has no answer, with the clock that counts; not old rows of a register."""
    waits = (Request.direction == "outgoing", Request.status.in_(WAITING), Request.sent_on.is_not(None))
    rows = scope.requests(*waits).outerjoin(Clock, queries.that_counts(scope.viewer))
    return rows.where(old_rows.is_other(work.now, scope.viewer))


def _clocks(*ways: Select[int]) -> ColumnElement[bool]:
    """Clocks of those numbers."""
    numbers = [way.correlate(None) for way in ways]
    return among(Clock.id, (numbers[0] if len(numbers) == 1 else union_all(*numbers)).scalar_subquery())


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


def _pairs(work: UnitOfWork, query: Select[Request, Clock]) -> Pairs:
    return [(row.Request, row.Clock) for row in work.session.execute(query)]
