"""Known then: what a period came to as it was on record when it was over, whatever was put on record since.

In: a scope, a period that is over. Out: what stands behind each figure, as in `figures.py`.

A row shows what is known now. What was known then follows from the audit lines written before the period was over:
each move with its day, its undoing, a correction, each deadline as it was computed. So a request that has a line since
is replayed from its lines; any other stands as it did, and so does its figure.

Known so: an answer that was recorded later, a day that was corrected, a move that was undone or an answer that was
reopened since, a deadline that was moved since, a register that was imported later, an old row that was taken up since.
Not known: figures by account, because the chain says how many accounts an answer was about and not which, so they are
not told; who might see a request then: what a reader may see is asked of today; requests of which the chain has no
line, which nothing has written for.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, String, bindparam, case, cast, exists, not_, select, union_all

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes
from storage.exposure.ways import among
from storage.models import AuditLine, Case, Clock, Request
from storage.models.chronicle import CHANGES_WHAT_WAS_KNOWN
from storage.record import figures
from storage.record.counting import Counted
from storage.record.periods import Period
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import ANSWERED, MOVES, WAITING, WAITS_FOR_US, Status

AT_ONCE = 500  # values in one statement
BY_CLOCK = ("overdue", "silent")
OWN_KINDS = tuple(kind for kind in WAITS_FOR_US.values() if kind in figures.LATE_KINDS)
ANSWERS: dict[str, str] = {Status.PRODUCED: "answered", Status.REFUSED: "refused", Status.NOT_HELD: "not_held"}
"""{status: the figure of such an answer}."""
ONE_DAY = timedelta(days=1)

Line = tuple[datetime, str, str]
"""When it was written, the act, the JSON of its facts."""


class Touched(NamedTuple):
    """A request of which something was recorded since the period was over, as it stands now."""

    id: int
    ref: str
    direction: str
    filed_at: datetime
    status: str
    sent_on: date | None
    answered_on: date | None
    part_on: date | None
    refused: int


class OwnClock(NamedTuple):
    """A clock by which a request waits for our own people."""

    kind: str
    starts_at: datetime
    due_at: datetime | None
    due_on: date | None


def then(
    work: UnitOfWork, scope: Scope, period: Period, codes: Collection[str] = figures.SHOWN
) -> dict[str, list[Counted]]:
    """{figure: what stands behind it} of a period that is over, as it was known at its end."""
    past, touched = _Period.of(scope, period), _touched_in(work, scope, period)
    found = {code: list(figures.listed(work, scope, code, period).rows) for code in codes}
    ids = {one.id for one in touched}
    for code, rows in found.items():
        found[code] = [row for row in rows if code == "opened" or row.id not in ids]
    if "opened" in found:
        unknown = {row[0] for row in work.session.execute(_cases_unknown(scope.shape), _values(work, scope, period))}
        found["opened"] = [row for row in found["opened"] if row.id not in unknown]
    for one, figured in _as_known(work, touched, past):
        for code, day in figured:
            if code in found:
                found[code].append(Counted(one.id, day))
    return {code: sorted(rows, key=lambda row: (str(row.day), row.id)) for code, rows in found.items()}


def counts(work: UnitOfWork, scope: Scope, period: Period, now: Mapping[str, int]) -> Counter[str]:
    """How many of each figure: those that are known now, without what was recorded since and with what it was before.

    now: the same figures, as known now (`figures.counts`). So it reads what has changed, not the whole period.
    """
    past, touched = _Period.of(scope, period), _touched_in(work, scope, period)
    found = Counter({code: now[code] for code in figures.SHOWN})
    found["opened"] -= len(work.session.execute(_cases_unknown(scope.shape), _values(work, scope, period)).all())
    ids = {one.id for one in touched}
    for code in BY_CLOCK if touched else ():
        found[code] -= sum(row.id in ids for row in figures.listed(work, scope, code, period).rows)
    for one in touched:
        standing = _PastStanding(one.status, one.sent_on, one.answered_on, one.part_on, bool(one.refused))
        for code, _ in standing.figures(one, past):
            found[code] -= 1
    for _, figured in _as_known(work, touched, past):
        for code, _ in figured:
            found[code] += 1
    return found


# ---- which rows have changed since -----------------------------------------------------------------------------------


@lru_cache(shapes.KEPT)
def _touched(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    """Requests that may be in a figure, now or then, of which something was recorded since."""
    over = bindparam("over_0", type_=AuditLine.at.type)
    edges = {name: bindparam(f"day_{n}", type_=Request.sent_on.type) for n, name in enumerate(("first", "until"))}
    ours = select(Request.id).where(Request.agency_id == AGENCY)
    filed = ours.where(Request.filed_at >= bindparam("at_0"), Request.filed_at < bindparam("at_1"))
    days = (Request.sent_on, Request.answered_on, Request.part_on)
    dated = (ours.where(day >= edges["first"], day < edges["until"]) for day in days)
    clocks = select(Clock.request_id).where(
        Clock.agency_id == AGENCY, Clock.kind.in_(figures.LATE_KINDS), Clock.request_id.is_not(None)
    )
    begun = Clock.starts_at < over
    open_then = (clocks.where(Clock.ended_at.is_(None), begun), clocks.where(Clock.ended_at > over, begun))
    changes = select(AuditLine.ref).where(AuditLine.at >= bindparam("since"), CHANGES_WHAT_WAS_KNOWN)
    changed = select(Request.id).where(among(Request.ref, changes.correlate(None).scalar_subquery()))
    ways = [way.correlate(None) for way in (filed, *dated, *open_then, changed)]
    refused = case((cast(Request.refusals, String) != "[]", 1), else_=0)
    known = [getattr(Request, name) for name in Touched._fields[:-1]]
    rows = select(*known, refused)
    is_own = Request.agency_id + 0 == AGENCY  # a sum: else SQLite goes through all there is of the agency
    since = exists().where(AuditLine.ref == Request.ref, AuditLine.at >= over)
    return rows.where(among(Request.id, union_all(*ways).scalar_subquery()), since, is_own, shape.counted)


@lru_cache(shapes.KEPT)
def _cases_unknown(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    """Cases opened in the period that were on no record when it was over."""
    over = bindparam("over_0", type_=AuditLine.at.type)
    known = exists().where(AuditLine.ref == Case.ref, AuditLine.at < over)
    return shape.cases(Case.opened_at >= bindparam("at_0"), Case.opened_at < bindparam("at_1")).where(not_(known))


def _values(work: UnitOfWork, scope: Scope, period: Period) -> dict[str, Any]:
    return figures.values(work, scope, [period]) | {"since": period.begins_at(scope.agency.zone) - ONE_DAY}


def _touched_in(work: UnitOfWork, scope: Scope, period: Period) -> list[Touched]:
    rows = work.session.execute(_touched(scope.shape), _values(work, scope, period))
    return [Touched._make(row) for row in rows]


def _as_known(
    work: UnitOfWork, touched: Sequence[Touched], past: "_Period"
) -> Iterator[tuple[Touched, list[tuple[str, Any]]]]:
    """Each with the figures that it was in, as known then."""
    for start in range(0, len(touched), AT_ONCE):
        some = touched[start : start + AT_ONCE]
        lines: dict[str, list[Line]] = defaultdict(list)
        query = select(AuditLine.ref, AuditLine.at, AuditLine.act, AuditLine.facts).order_by(AuditLine.n)
        query = query.where(AuditLine.ref.in_([one.ref for one in some]), AuditLine.at < past.over)
        for ref, at, act, facts in work.session.execute(query):
            lines[ref].append((at, act, facts))
        clocks: dict[int | None, list[OwnClock]] = defaultdict(list)
        own = select(Clock.request_id, Clock.kind, Clock.starts_at, Clock.due_at, Clock.due_on)
        own = own.where(Clock.request_id.in_([one.id for one in some]), Clock.kind.in_(OWN_KINDS))
        for number, *columns in work.session.execute(own):
            clocks[number].append(OwnClock._make(columns))
        for one in some:
            yield one, list(_Past(one, past).replay(lines[one.ref]).figures(clocks[one.id]))


# ---- a request as it was ---------------------------------------------------------------------------------------------


class _Period(NamedTuple):
    """The days of a period, the last exclusive, and the moments it began and was over at, aware UTC."""

    first: date
    until: date
    begins: datetime
    over: datetime

    @classmethod
    def of(cls, scope: Scope, period: Period) -> "_Period":
        """By the calendar of the agency."""
        zone = scope.agency.zone
        return cls(period.first, period.until, period.begins_at(zone), period.ends_at(zone))


@dataclass(frozen=True)
class _PastStanding:
    """How it stood between two lines. `refused`: a refusal is on record; `heard`: anything of theirs is."""

    status: str = Status.DRAFT
    sent_on: date | None = None
    answered_on: date | None = None
    part_on: date | None = None
    refused: bool = False
    heard: bool = False

    def figures(self, of: Touched, past: _Period) -> Iterator[tuple[str, Any]]:
        """The figures by a day of its own, each with the day by which."""
        ours = of.direction == "outgoing"
        if past.begins <= of.filed_at < past.over:
            yield ("filed" if ours else "received"), of.filed_at
        for code, day in (("sent", self.sent_on), (self._answer(), self.answered_on), ("partly", self.part_on)):
            is_so = code and (code != "partly" or self.status == Status.PART_PRODUCED)
            if ours and is_so and day and past.first <= day < past.until:
                yield code, day

    def _answer(self) -> str:
        """The figure of its answer; empty for none."""
        status = self.status
        if status == Status.TRANSFERRED:
            status = Status.REFUSED if self.refused else Status.NOT_HELD
        return ANSWERS.get(status, "")


class _Due(NamedTuple):
    """When something was due: the moment it was over, and the day that was the last for it."""

    at: datetime
    on: date


@dataclass
class _Past:
    """A request, line by line."""

    request: Touched
    period: _Period
    now: _PastStanding = _PastStanding()
    before: list[_PastStanding] = field(default_factory=list)
    due: dict[str, _Due | None] = field(default_factory=dict)
    imported_at: datetime | None = None
    is_known: bool = False
    is_old: bool = False

    def replay(self, lines: Iterable[Line]) -> "_Past":
        """It stands as after these lines."""
        for at, act, written in lines:
            self.is_known = True
            family, _, word = act.partition(" ")
            facts = json.loads(written) if family in ("clock", "request") else {}
            if family == "clock":
                self._clock(facts["after"])
            elif family == "request":
                self._request(at, word, facts)
            elif act == "reminder quiet":
                self.is_old = False
        return self

    def _clock(self, after: dict[str, Any]) -> None:
        at, on = after["due_at"], after["due_on"]
        self.due[after["kind"]] = _Due(datetime.fromisoformat(at), date.fromisoformat(on)) if at else None

    def _request(self, at: datetime, word: str, facts: dict[str, Any]) -> None:
        if word == "import":
            self.imported_at, self.is_old = at, True
        elif at != self.imported_at:
            self.is_old = False
        after: Any = facts.get("after")
        if word == "undo":
            self.now = self.before.pop() if self.before else replace(self.now, status=after["status"])
        elif word == "correct":
            self._correct(after)
        elif word in MOVES and isinstance(after, dict) and "status" in after:
            self._move(word, after)

    def _move(self, word: str, after: dict[str, Any]) -> None:
        self.before.append(self.now)
        on, status = date.fromisoformat(after["on"]), after["status"]
        days: dict[str, Any] = {"status": status}
        if word == "sent":
            days["sent_on"] = on
        if word == "part":
            days["part_on"] = on
        if status in (*ANSWERED, *WAITING):
            days["answered_on"] = on if status in ANSWERED else None
        if after.get("outcome", word) == "refused":
            days["refused"] = True
        if word in figures.THEIR_WORDS:
            days["heard"] = True
        self.now = replace(self.now, **days)

    def _correct(self, after: dict[str, Any]) -> None:
        """As `undoing.correct`: also what an undone move would bring back, where the same day stands."""
        for what, name in (("sent", "sent_on"), ("answered", "answered_on")):
            if what in after:
                wrong, right = getattr(self.now, name), date.fromisoformat(after[what])
                same = [one for one in self.before if getattr(one, name) == wrong]
                days: Any = {name: right}
                self.before = [replace(one, **days) if one in same else one for one in self.before]
                self.now = replace(self.now, **days)

    def figures(self, clocks: Sequence[OwnClock]) -> Iterator[tuple[str, Any]]:
        """The figures that it was in, each with the day by which."""
        if not self.is_known:
            return
        yield from self.now.figures(self.request, self.period)
        due = self._due(clocks)
        if due and due.at <= self.period.over:
            yield "overdue", due.on
            if self.request.direction == "outgoing" and self.now.status in WAITING and not self.now.heard:
                yield "silent", due.on

    def _due(self, clocks: Sequence[OwnClock]) -> _Due | None:
        """When it was due; None while its clock stood still, and for what was neither owed nor waited for us."""
        status, found = Status(self.now.status), []
        if self.is_old:
            return None
        if status in WAITING:
            found.append(self.due.get("clarification" if status == Status.CLARIFICATION else "answer"))
        kind = WAITS_FOR_US.get((self.request.direction, status))
        if kind in figures.LATE_KINDS:
            mine = [one for one in clocks if one.kind == kind and one.starts_at < self.period.over]
            found += [_Due(one.due_at, one.due_on) for one in mine if one.due_at and one.due_on]
        return min(filter(None, found), default=None)
