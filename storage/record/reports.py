"""Reports: what an agency's week came to, and what waits. Reads only.

In: a scope, that is whose cases, as seen by whom and up to which label; a Monday. Out: counts and rows.

    opened      cases opened in the week
    filed       requests we filed; received: requests made to us
    sent        requests we sent, by the day of sending
    answered    produced, or not held, by the day of the answer; what was reopened since is no answer
    refused     by the day of the answer, also where the request was transferred since
    overdue     requests with a running clock past its due moment at the end of the week, or now if it is not over yet

Old rows of a register (`old_rows.py`) are a number of their own, and in none of the counts of what waits.

A week is Monday to Sunday in the agency's zone. An answer counts on the day it was given, whenever it was recorded.
What is approximate of a past moment: a deadline that was extended, or paused, since counts as it stands today, because
the clock's row holds one due date; so a past week may show fewer overdue than it did then.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.models import AuditLine, Authority, Case, Clock, Note, Preservation, Request
from storage.record import old_rows, queries
from storage.rules.clocks import BETWEEN_SIDES, HOUSE
from storage.rules.lifecycle import WAITING, Status
from storage.times import at_local, end_of_day, local_day

T = TypeVar("T")

WEEK = timedelta(days=7)
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

    @property
    def own(self) -> ColumnElement[bool]:
        """The agency's own cases. Join with case."""
        return and_(Case.agency_id == self.agency.id, self._within)

    @property
    def owed(self) -> ColumnElement[bool]:
        """Requests that the agency has to answer, of its own cases and of others'."""
        ours = and_(Case.agency_id == self.agency.id, Request.direction == "incoming")
        asked = and_(Case.agency_id != self.agency.id, Request.recipient_id == self.agency.id)
        return and_(or_(ours, asked), self._within)

    @property
    def _within(self) -> ColumnElement[bool]:
        return Case.label.in_([label for label in Label if label.within(self.ceiling)])


@dataclass(frozen=True)
class Week:
    """The figures of one week."""

    opened: int
    filed: int
    received: int
    sent: int
    answered: int
    refused: int
    overdue: int


def monday_of(work: UnitOfWork, agency: Authority, *, ago: int) -> date:
    """The Monday of the week so many weeks before the present one, by the agency's calendar."""
    today = local_day(work.now, agency.zone)
    return today - timedelta(days=today.weekday()) - ago * WEEK


def week(work: UnitOfWork, scope: Scope, monday: date) -> Week:
    """The figures of the week that begins on a Monday; up to now, if it is not over."""
    begins, ends = (at_local(day, time(), scope.agency.zone) for day in (monday, monday + WEEK))
    outgoing, last = Request.direction == "outgoing", monday + WEEK - timedelta(days=1)
    in_week = and_(Request.filed_at >= begins, Request.filed_at < ends)
    answer = and_(outgoing, Request.answered_on.between(monday, last))
    refusal = or_(
        Request.status == Status.REFUSED,
        and_(Request.status == Status.TRANSFERRED, cast(Request.refusals, String) != "[]"),
    )
    kinds = (
        and_(outgoing, in_week),
        and_(Request.direction == "incoming", in_week),
        and_(outgoing, Request.sent_on.between(monday, last)),
        and_(answer, Request.status.in_((Status.PRODUCED, Status.NOT_HELD))),
        and_(answer, refusal),
    )
    opened = _cases(work, scope, and_(Case.opened_at >= begins, Case.opened_at < ends))
    filed, received, sent, answered, refused = _requests(work, scope, kinds)
    overdue = _overdue(work, scope, min(ends, work.now))
    return Week(opened, filed, received, sent, answered, refused, overdue)


def ages(work: UnitOfWork, scope: Scope) -> list[int]:
    """How many sent requests wait for an answer, by the age buckets of AGES."""
    today = local_day(work.now, scope.agency.zone)
    edges = [date.max, *(today - timedelta(days=days) for days in AGES), date.min]
    buckets = [
        func.count(case((and_(Request.sent_on < younger, Request.sent_on >= older), 1)))
        for younger, older in pairwise(edges)
    ]
    query = _joined(scope, *buckets).outerjoin(Clock, queries.that_counts(scope.viewer))
    return list(work.session.execute(query.where(*_waiting(), old_rows.is_other(work, scope.viewer))).one())


def oldest(work: UnitOfWork, scope: Scope, limit: int = 10) -> Pairs:
    """The requests sent longest ago that still wait, with the clock that counts; not old rows of a register."""
    found = _lines(scope.own, scope.viewer).where(*_waiting(), old_rows.is_other(work, scope.viewer))
    return _pairs(work, found.order_by(Request.sent_on, Request.id).limit(limit))


@dataclass(frozen=True)
class Late:
    """Requests past due with one counterpart: how many, of them very overdue, and of them questions to us."""

    counterpart: str
    count: int
    very: int
    asked: int


def late(work: UnitOfWork, scope: Scope) -> list[Late]:
    """What we asked for and is late now, by counterpart, the most first; not old rows of a register."""
    asked = Request.status == Status.CLARIFICATION
    very = and_(Clock.very_at <= work.now, not_(asked))
    counts = (func.count(), func.count(case((very, 1))), func.count(case((asked, 1))))
    query = select(Authority.code, *counts).select_from(Request).join(Case, Case.id == Request.case_id)
    query = query.join(Authority, Authority.id == Request.recipient_id)
    query = query.join(Clock, queries.that_counts(scope.viewer)).where(scope.own, sight.requests(scope.viewer))
    query = query.where(*_waiting(), old_rows.is_other(work, scope.viewer), Clock.due_at <= work.now)
    found = work.session.execute(query.group_by(Authority.code).order_by(func.count().desc(), Authority.code))
    return [Late(*row) for row in found]


def owed(work: UnitOfWork, scope: Scope) -> tuple[int, int]:
    """How much we have to answer, and how much of it is late."""
    query = select(func.count(), func.count(case((Clock.due_at <= work.now, 1)))).select_from(Request)
    query = query.join(Case, Case.id == Request.case_id).outerjoin(Clock, queries.that_counts(scope.viewer))
    query = query.where(scope.owed, sight.requests(scope.viewer))
    query = query.where(Request.status.in_(WAITING), Request.status != Status.CLARIFICATION)
    total, is_late = work.session.execute(query).one()
    return total, is_late


def waits_for_us(work: UnitOfWork, scope: Scope) -> list[tuple[str, int, int]]:
    """What waits for our own people, by the kind of clock: how many, and how many of them past their time."""
    counts = (Clock.kind, func.count(), func.count(case((Clock.due_at <= work.now, 1))))
    ours = (scope.own, Clock.ended_at.is_(None), Clock.kind.in_(HOUSE), Clock.kind != "taken", not_(Clock.imported))
    requests = select(*counts).join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
    kept = select(*counts).join(Preservation, Preservation.id == Clock.preservation_id)
    kept = kept.join(Case, Case.id == Preservation.case_id).where(sight.cases(scope.viewer))
    found = {
        kind: (kind, count, late)
        for query in (requests.where(sight.requests(scope.viewer)), kept)
        for kind, count, late in work.session.execute(query.where(*ours).group_by(Clock.kind))
    }
    return [found[kind] for kind in HOUSE if kind in found]


def lapsing(work: UnitOfWork, scope: Scope, *, days: int = 30) -> int:
    """How many holds lapse within so many days."""
    today = local_day(work.now, scope.agency.zone)
    query = select(func.count()).select_from(Preservation).join(Case, Case.id == Preservation.case_id)
    query = query.where(scope.own, sight.cases(scope.viewer), Preservation.closed_at.is_(None))
    within = Preservation.expires_on.between(today, today + timedelta(days=days))
    return work.session.scalar(query.where(within)) or 0


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
    query = _lines(scope.own, scope.viewer)
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
        for note in work.session.scalars(select(Note).where(Note.request_id.in_(some)).order_by(Note.id)):
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


# ---- counts --------------------------------------------------------------------------------------------------------


def _cases(work: UnitOfWork, scope: Scope, which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Case).where(scope.own, sight.cases(scope.viewer), which)
    return work.session.scalar(query) or 0


def _requests(work: UnitOfWork, scope: Scope, kinds: Sequence[ColumnElement[bool]]) -> list[int]:
    """How many there are of each kind, in one pass."""
    counts = [func.count(case((kind, 1))) for kind in kinds]
    return list(work.session.execute(_joined(scope, *counts).where(or_(*kinds))).one())


def _overdue(work: UnitOfWork, scope: Scope, at: datetime) -> int:
    """Past due at a moment, and not answered by then, whenever that was recorded."""
    day = local_day(at - timedelta(microseconds=1), scope.agency.zone)
    late = _joined(scope, func.count(Request.id.distinct())).join(Clock, Clock.request_id == Request.id)
    late = late.where(not_(Clock.imported), Clock.due_at <= at, or_(Clock.ended_at.is_(None), Clock.ended_at > at))
    return work.session.scalar(late.where(or_(Request.answered_on.is_(None), Request.answered_on > day))) or 0


def _joined(scope: Scope, *columns: ColumnElement[int]) -> Select[*tuple[int, ...]]:
    query = select(*columns).select_from(Request).join(Case, Case.id == Request.case_id)
    return query.where(scope.own, sight.requests(scope.viewer))


def _waiting() -> tuple[ColumnElement[bool], ...]:
    return Request.direction == "outgoing", Request.status.in_(WAITING), Request.sent_on.is_not(None)


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


def _pairs(work: UnitOfWork, query: Select[Request, Clock]) -> Pairs:
    return [(row.Request, row.Clock) for row in work.session.execute(query)]
