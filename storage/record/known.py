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
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, exists, select, union_all

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among
from storage.models import AuditLine, Case, Clock, Request
from storage.models.chronicle import CHANGES_WHAT_WAS_KNOWN
from storage.record import figures
from storage.record.counting import Counted
from storage.record.periods import Period
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import ANSWERED, MOVES, WAITING, WAITS_FOR_US, Status

AT_ONCE = 500  # values in one statement
ONE_DAY = timedelta(days=1)

_Line = tuple[datetime, str, dict[str, Any]]
"""When it was written, the act, its facts."""
_HouseClock = tuple[str, datetime | None]
"""Its kind, and when it was due: nothing moves that but the calendar, so the row is asked."""


class _Touched(NamedTuple):
    """A request to be replayed."""

    id: int
    ref: str
    direction: str
    filed_at: datetime


def then(work: UnitOfWork, scope: Scope, period: Period) -> dict[str, list[Counted]]:
    """{figure: what stands behind it} of a period that is over, as it was known at its end."""
    over = period.ends_at(scope.agency.zone)
    begins = period.begins_at(scope.agency.zone)
    found = {code: figures.listed(work, scope, code, period) for code in figures.SHOWN}
    values = figures.values(work, scope, [period]) | {"since": begins - ONE_DAY}
    requests = [_Touched._make(row) for row in work.session.execute(_touched(scope.shape), values)]
    touched = {request.id for request in requests}
    for code, rows in found.items():
        found[code] = [row for row in rows if code == "opened" or row.id not in touched]
    known = set(work.session.scalars(_cases_known(scope.shape), values))
    found["opened"] = [row for row in found["opened"] if row.id in known]
    for request, lines, clocks in _with_lines(work, requests, over):
        past = _Past(request, over).replay(lines)
        for code, day in past.figures(period, begins, clocks) if past.is_known else ():
            found[code].append(Counted(request.id, day))
    return {code: sorted(rows, key=lambda row: (str(row.day), row.id)) for code, rows in found.items()}


# ---- which rows have changed since -----------------------------------------------------------------------------------


@lru_cache(shapes.KEPT)
def _touched(shape: ScopeShape) -> Select[int, str, str, datetime]:
    """Requests that may be in a figure, now or then, of which something was recorded since: columns of _Touched."""
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
    changed = ours.join(AuditLine, AuditLine.ref == Request.ref)
    changed = changed.where(AuditLine.at >= bindparam("since"), CHANGES_WHAT_WAS_KNOWN)
    ways = [way.correlate(None) for way in (filed, *dated, *open_then, changed)]
    rows = select(Request.id, Request.ref, Request.direction, Request.filed_at).join(Case, Case.id == Request.case_id)
    since = exists().where(AuditLine.ref == Request.ref, AuditLine.at >= over)
    return rows.where(
        among(Request.id, union_all(*ways).scalar_subquery()), since, shape.within, sight.requests(shape.viewer)
    )


@lru_cache(shapes.KEPT)
def _cases_known(shape: ScopeShape) -> Select[int]:
    """Cases opened in the period that were on record when it was over."""
    over = bindparam("over_0", type_=AuditLine.at.type)
    known = exists().where(AuditLine.ref == Case.ref, AuditLine.at < over)
    return shape.cases(Case.opened_at >= bindparam("at_0"), Case.opened_at < bindparam("at_1")).where(known)


_OVER: BindParameter[datetime] = bindparam("over", type_=AuditLine.at.type)
LINES = (
    select(AuditLine.ref, AuditLine.at, AuditLine.act, AuditLine.facts)
    .where(AuditLine.ref.in_(bindparam("refs", expanding=True)), AuditLine.at < _OVER)
    .order_by(AuditLine.n)
)
HOUSE_CLOCKS = select(Clock.request_id, Clock.kind, Clock.due_at).where(
    Clock.request_id.in_(bindparam("numbers", expanding=True)),
    Clock.kind.in_(set(WAITS_FOR_US.values())),
    Clock.starts_at < _OVER,
)


def _with_lines(
    work: UnitOfWork, requests: Sequence[_Touched], over: datetime
) -> Iterator[tuple[_Touched, list[_Line], list[_HouseClock]]]:
    """Each with what was on record when the period was over."""
    for start in range(0, len(requests), AT_ONCE):
        some = requests[start : start + AT_ONCE]
        refs, numbers = [one.ref for one in some], [one.id for one in some]
        lines: dict[str, list[_Line]] = defaultdict(list)
        for ref, at, act, facts in work.session.execute(LINES, {"refs": refs, "over": over}):
            lines[ref].append((at, act, json.loads(facts)))
        clocks: dict[int | None, list[_HouseClock]] = defaultdict(list)
        for number, kind, due_at in work.session.execute(HOUSE_CLOCKS, {"numbers": numbers, "over": over}):
            clocks[number].append((kind, due_at))
        for one in some:
            yield one, lines[one.ref], clocks[one.id]


# ---- a request as it was ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _PastStanding:
    """How it stood between two lines. `refused`: a refusal is on record; `heard`: anything of theirs is."""

    status: str = Status.DRAFT
    sent_on: date | None = None
    answered_on: date | None = None
    part_on: date | None = None
    refused: bool = False
    heard: bool = False


@dataclass
class _Past:
    """A request, line by line."""

    request: _Touched
    over: datetime
    now: _PastStanding = _PastStanding()
    before: list[_PastStanding] = field(default_factory=list)
    due: dict[str, datetime | None] = field(default_factory=dict)
    imported_at: datetime | None = None
    is_known: bool = False
    is_old: bool = False

    def replay(self, lines: Iterable[_Line]) -> "_Past":
        """It stands as after these lines."""
        for at, act, facts in lines:
            self.is_known = True
            family, _, word = act.partition(" ")
            if family == "clock":
                self._clock(facts["after"])
            elif family == "request":
                self._request(at, word, facts)
            elif act == "reminder quiet":
                self.is_old = False
        return self

    def _clock(self, after: dict[str, Any]) -> None:
        self.due[after["kind"]] = datetime.fromisoformat(after["due_at"]) if after["due_at"] else None

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

    def figures(self, period: Period, begins: datetime, clocks: Sequence[_HouseClock]) -> Iterator[tuple[str, Any]]:
        """The figures of the period that it was in, each with the day by which."""
        now, ours = self.now, self.request.direction == "outgoing"
        if begins <= self.request.filed_at < self.over:
            yield ("filed" if ours else "received"), self.request.filed_at
        for code, day in (("sent", now.sent_on), (self._answer(), now.answered_on), ("partly", now.part_on)):
            is_so = code and (code != "partly" or now.status == Status.PART_PRODUCED)
            if ours and is_so and day and period.first <= day < period.until:
                yield code, day
        due = self._due(clocks)
        if due and due <= self.over:
            yield "overdue", due
            if ours and now.status in WAITING and not now.heard:
                yield "silent", due

    def _answer(self) -> str:
        """The figure of its answer; empty for none."""
        status = self.now.status
        if status == Status.TRANSFERRED:
            status = Status.REFUSED if self.now.refused else Status.NOT_HELD
        found: dict[str, str] = {Status.PRODUCED: "answered", Status.REFUSED: "refused", Status.NOT_HELD: "not_held"}
        return found.get(status, "")

    def _due(self, clocks: Sequence[_HouseClock]) -> datetime | None:
        """When it was due; None while its clock stood still, and for what was neither owed nor waited for us."""
        status, found = Status(self.now.status), []
        if self.is_old:
            return None
        if status in WAITING:
            found.append(self.due.get("clarification" if status == Status.CLARIFICATION else "answer"))
        kind = WAITS_FOR_US.get((self.request.direction, status))
        if kind in figures.LATE_KINDS:
            found += [due_at for its, due_at in clocks if its == kind]
        return min(filter(None, found), default=None)
