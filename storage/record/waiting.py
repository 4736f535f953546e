"""Waiting: what waits of an agency's work now. Reads only; what a period came to: `figures.py`.

In: a scope, that is whose cases, as seen by whom and up to which label (`scopes.py`). Out: counts, and what stands
behind each of them.

    waiting         what we sent and have no answer to; over_a_year: of it, by the day of sending
    late            of it, past due now: escalate, if very overdue, answer, if they asked us back, else chase
    owed, owed_late    what others wait for from us, also agencies of this desk, and how much of it is past due
    lapsing         holds of ours that lapse within thirty days
    each clock of the house    what waits for our own people, and with _late how much of it is past due

Old rows of a register (`old_rows.py`) are a number of their own, and in none of these.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, not_, select, true, union_all

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among
from storage.models import Authority, Case, Clock, Preservation, Request
from storage.record import counting, hold_lists, old_rows, queries, request_lists
from storage.record.counting import WHOLE, Counted, CountedFigures, Listing, Slice
from storage.record.request_lists import Pair
from storage.record.scopes import AGENCY, NOW, Scope, ScopeShape
from storage.rules.clocks import HOUSE
from storage.rules.lifecycle import WAITING, WAITS_FOR_US, Status
from storage.times import local_day

AGES = (30, 90, 180, 365)
"""Days since sending at which one bucket of what waits ends and the next begins; the last is open."""
OLDEST = 10
LAPSING = timedelta(days=30)


@dataclass(frozen=True)
class Late:
    """How many requests are past due with one counterpart."""

    counterpart: str
    count: int


class Waiting(NamedTuple):
    """A request that we have no answer to. `age`: a bucket of AGES; the rest: whether it is late now, and how."""

    id: int
    counterpart: str
    sent_on: date
    age: int
    is_late: bool
    is_very: bool
    is_asked: bool

    @property
    def figures(self) -> Iterator[str]:
        """Each figure that counts it; `WAITING_FIGURES` has them all."""
        yield "waiting"
        if self.age == len(AGES):
            yield "over_a_year"
        if self.is_late:
            yield "late"
            yield "escalate" if self.is_very else "answer" if self.is_asked else "chase"


WAITING_FIGURES = ("waiting", "over_a_year", "late", "escalate", "chase", "answer")


@dataclass(frozen=True)
class Unanswered:
    """What we asked for and have no answer to, the oldest first; not old rows of a register."""

    rows: Sequence[Waiting]

    @property
    def count(self) -> Counter[str]:
        """{figure: how many}."""
        return Counter(code for row in self.rows for code in row.figures)

    @property
    def late(self) -> list[Late]:
        """Those past due now, by counterpart, the most first."""
        found = Counter(row.counterpart for row in self.rows if row.is_late)
        return sorted(
            (Late(code, count) for code, count in found.items()), key=lambda one: (-one.count, one.counterpart)
        )

    def listed(self, code: str, counterpart: str = "") -> list[Counted]:
        """What stands behind one figure. counterpart: only what waits with it."""
        rows = (row for row in self.rows if not counterpart or row.counterpart == counterpart)
        return [Counted(row.id, row.sent_on) for row in rows if code in row.figures]


def unanswered(work: UnitOfWork, scope: Scope) -> Unanswered:
    """All of it, looked through once."""
    today = local_day(work.now, scope.agency.zone)
    edges = {_edge(n): today - timedelta(days=days) for n, days in enumerate(AGES)}
    found = work.session.execute(_unanswered(scope.shape), {**scope.values, **edges, "now": work.now})
    return Unanswered([Waiting._make(row) for row in found])


@lru_cache(shapes.KEPT)
def _unanswered(shape: ScopeShape) -> Select[int, str, date, int, int, int, int]:
    """The columns of Waiting."""
    waits = (Request.direction == "outgoing", Request.status.in_(WAITING), Request.sent_on.is_not(None))
    query = shape.requests(*waits).outerjoin(Clock, queries.that_counts(shape.viewer))
    query = query.where(old_rows.is_other(NOW, shape.viewer)).join(Authority, Authority.id == Request.recipient_id)
    edges: list[BindParameter[date]] = [bindparam(_edge(n)) for n in range(len(AGES))]
    age = case(*((Request.sent_on >= edge, n) for n, edge in enumerate(edges)), else_=len(AGES))
    is_late, asked = Clock.due_at <= NOW, Request.status == Status.CLARIFICATION
    kinds = (is_late, and_(is_late, Clock.very_at <= NOW, not_(asked)), and_(is_late, asked))
    flags = (case((kind, 1), else_=0) for kind in kinds)
    return query.with_only_columns(Request.id, Authority.code, Request.sent_on, age, *flags).order_by(
        Request.sent_on, Request.id
    )


def _edge(n: int) -> str:
    return f"edge_{n}"


def oldest(work: UnitOfWork, scope: Scope, found: Unanswered) -> Sequence[Pair]:
    """Those sent longest ago, with the clock that counts."""
    return request_lists.numbered(work, scope.viewer, [row.id for row in found.rows[:OLDEST]])


def waits(work: UnitOfWork, scope: Scope) -> Counter[str]:
    """{figure: how many} of WAITS."""
    found = Counter[str]()
    for build in dict.fromkeys(WAITS.values()):
        row = work.session.execute(_counting(build, scope.shape), _values(work, scope)).mappings().one()
        found.update({str(code): count for code, count in row.items()})
    return found


def waits_listed(work: UnitOfWork, scope: Scope, code: str, part: Slice = WHOLE) -> Listing:
    """What stands behind one of them."""
    return counting.listed(work, WAITS[code](scope.shape).listed(code), _values(work, scope), part)


def _values(work: UnitOfWork, scope: Scope) -> dict[str, Any]:
    until = local_day(work.now, scope.agency.zone) + LAPSING
    return {**scope.values, **hold_lists.alive_at(work.now), "now": work.now, "until": until}


@lru_cache(shapes.KEPT)
def _counting(build: Callable[[ScopeShape], CountedFigures], shape: ScopeShape) -> Select[*tuple[int, ...]]:
    return build(shape).counts()


def _owed(shape: ScopeShape) -> CountedFigures:
    """What we have to answer, of our own cases and of others'."""
    waits = select(Request.id).where(
        Request.status.in_([status for status in WAITING if status != Status.CLARIFICATION])
    )
    ours = waits.where(Request.agency_id == AGENCY, Request.direction == "incoming")
    asked = waits.where(Request.recipient_id == AGENCY, Request.agency_id != AGENCY)
    found = union_all(ours.correlate(None), asked.correlate(None)).scalar_subquery()
    rows = select(Request.id).join(Case, Case.id == Request.case_id).outerjoin(Clock, queries.that_counts(shape.viewer))
    rows = rows.where(among(Request.id, found), shape.within, sight.requests(shape.viewer))
    return CountedFigures(rows, Request.id, Clock.due_on, {"owed": true(), "owed_late": Clock.due_at <= NOW})


def _of_requests(shape: ScopeShape) -> CountedFigures:
    """What waits for our own people, of requests."""
    return CountedFigures(
        shape.clocks(select(Clock.id).where(*_waits(OF_REQUESTS))), Request.id, Clock.due_on, _by_kind(OF_REQUESTS)
    )


def _of_holds(shape: ScopeShape) -> CountedFigures:
    """The same of holds."""
    return CountedFigures(shape.kept(*_waits(OF_HOLDS)), Preservation.id, Clock.due_on, _by_kind(OF_HOLDS))


def _waits(kinds: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return Clock.agency_id == AGENCY, Clock.ended_at.is_(None), Clock.kind.in_(kinds), not_(Clock.imported)


def _by_kind(kinds: Sequence[str]) -> dict[str, ColumnElement[bool]]:
    late = {f"{kind}_late": and_(Clock.kind == kind, Clock.due_at <= NOW) for kind in kinds}
    return {kind: Clock.kind == kind for kind in kinds} | late


def _lapsing(shape: ScopeShape) -> CountedFigures:
    """Holds that lapse within LAPSING."""
    last: BindParameter[date] = bindparam("until")
    ours = select(Preservation.id).where(Preservation.agency_id == AGENCY, Preservation.closed_at.is_(None))
    ours = ours.where(hold_lists.alive(), Preservation.expires_on <= last).correlate(None)
    rows = select(Preservation.id).join(Case, Case.id == Preservation.case_id)
    rows = rows.where(among(Preservation.id, ours.scalar_subquery()), shape.within, sight.cases(shape.viewer))
    return CountedFigures(rows, Preservation.id, Preservation.expires_on, {"lapsing": true()})


OF_REQUESTS = tuple(WAITS_FOR_US.values())
OF_HOLDS = tuple(kind for kind in HOUSE if kind not in (*OF_REQUESTS, "taken"))
WAITS: dict[str, Callable[[ScopeShape], CountedFigures]] = {
    "owed": _owed,
    "owed_late": _owed,
    **{code: _of_requests for kind in OF_REQUESTS for code in (kind, f"{kind}_late")},
    **{code: _of_holds for kind in OF_HOLDS for code in (kind, f"{kind}_late")},
    "lapsing": _lapsing,
}
"""{figure: what counts it} of what waits for us now."""
