"""Reciprocity: what an agency and another body ask each other, side by side. Reads only.

In: a scope (`scopes.py`), and the other body, or none for all that ask the agency anything. Out: each direction's
counts, curve, and what is open in it; or what stands behind one of these figures.
What one side put on record of the other counts, whichever of the two keeps it, as far as the reader sees it: a case of
theirs that names us too. Not what is kept in the case of a third that has let them in.
What is open is counted whole. The rest is of the newest on record, LOOKED_AT each way, or LISTED in a list of all.
Old rows of a register (`old_rows.py`) count as asked, and are a number of their own among what is open.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    union_all,
)

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among, newest
from storage.models import Authority, Case, Clock, Request
from storage.record import counting, old_rows, queries, yields
from storage.record.counting import Counted, FigureAsked, Listing
from storage.record.scopes import AGENCY, NOW, Scope, ScopeShape
from storage.rules.lifecycle import ANSWERED, WAITING, Status
from storage.rules.survival import Curve, curve
from storage.times import local_day

LOOKED_AT = yields.LOOKED_AT
LISTED = 500
MOST = 20  # bodies of a list

OURS, THEIRS = "ours", "theirs"
STILL_OPEN = ("open", "back", "old")
EXPLAINED = tuple(f"{whose}_{what}" for whose in (OURS, THEIRS) for what in ("asked", "answered", *STILL_OPEN, "half"))
"""Figures of one other by which `listed` knows them; "half" is the curve, request by request."""
OTHER: BindParameter[int] = bindparam("other", type_=Integer)


@dataclass(frozen=True)
class OneWay:
    """What one side asked the other. open: the other owes an answer; asked_back: the asker owes them one first.

    oldest: the number of the request that has waited longest of these, whoever owes; None for none. old: open, of a
    register. capped: there is more than was looked at.
    """

    asked: int
    answered: int
    open: int
    asked_back: int
    old: int
    oldest: int | None
    curve: Curve
    capped: bool


@dataclass(frozen=True)
class Balance:
    """With one body: what was asked, answered and is open, of ours and of theirs."""

    other: Authority
    asked: Counter[str] = field(default_factory=Counter[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    open: Counter[str] = field(default_factory=Counter[str])

    @property
    def leans(self) -> tuple[int, int]:
        """How far it is from even: by what is open, then by what was asked."""
        return abs(self.open[OURS] - self.open[THEIRS]), abs(self.asked[OURS] - self.asked[THEIRS])

    @property
    def capped(self) -> bool:
        """Whether there may be more than was looked at."""
        return max(self.asked[OURS], self.asked[THEIRS]) >= LISTED


def between(work: UnitOfWork, scope: Scope, other: Authority) -> tuple[OneWay, OneWay]:
    """What the agency asked the other, and what the other asked it."""
    today, zone = local_day(work.now, scope.agency.zone), scope.agency.zone
    sent, waits = _sent_to(work, scope, other), _waiting_with(work, scope, other)
    ours, theirs = (_one_way(sent[whose], waits[whose], today, zone) for whose in (OURS, THEIRS))
    return ours, theirs


def listed(work: UnitOfWork, scope: Scope, code: str, asked: FigureAsked) -> Listing:
    """What stands behind one figure of EXPLAINED: the newest first, what is open the oldest first, a curve by days."""
    assert asked.counterpart, code  # noqa: S101 - the registry asks for it
    whose, _, what = code.partition("_")
    if what in STILL_OPEN:
        waits = _waiting_with(work, scope, asked.counterpart)[whose]
        return counting.part_of([Counted(one.number, one.sent_on) for one in waits if one.figure == what], asked.part)
    sent = _sent_to(work, scope, asked.counterpart)[whose][:LOOKED_AT]
    if what == "half":
        return yields.waited(sent, work, scope, asked.part)
    rows = [Counted(number, one.sent_on) for number, one in sent if what == "asked" or one.is_answered]
    return counting.part_of(rows, asked.part)


_Sent = list[tuple[int, yields.Waited]]


def _sent_to(work: UnitOfWork, scope: Scope, other: Authority) -> dict[str, _Sent]:
    """{whose: what was sent, by number, the newest first}; one more than is looked at, where there are more."""
    sent: dict[str, _Sent] = {OURS: [], THEIRS: []}
    for whose, number, *days in work.session.execute(_sent(scope.shape), _values(work, scope, other)):
        sent[whose].append((number, yields.Waited(*days)))
    return sent


def _waiting_with(work: UnitOfWork, scope: Scope, other: Authority) -> dict[str, list["_StillOpen"]]:
    """{whose: what is open, the oldest first}."""
    waits: dict[str, list[_StillOpen]] = {OURS: [], THEIRS: []}
    for whose, *one in work.session.execute(_open(scope.shape), _values(work, scope, other)):
        waits[whose].append(_StillOpen(*one))
    return waits


def _values(work: UnitOfWork, scope: Scope, other: Authority) -> dict[str, Any]:
    return {**scope.values, "other": other.id, "now": work.now}


def all_both_ways(work: UnitOfWork, scope: Scope) -> list[Balance]:
    """With each body that asks the agency and is asked by it, the most unbalanced first; MOST of those asking most."""
    ids = work.session.scalars(_askers(scope.shape), scope.values).all()
    bodies = {row.id: Balance(row) for row in work.session.scalars(select(Authority).where(Authority.id.in_(ids)))}
    values = {**scope.values, "now": work.now} | {_other(n): one for n, one in enumerate(bodies)}
    if not bodies:
        return []
    for other, whose, asked, answered in work.session.execute(_counted(scope.shape, len(bodies)), values):
        bodies[other].asked[whose], bodies[other].answered[whose] = asked, answered
    for other, whose, count in work.session.execute(_open_with(scope.shape, len(bodies)), values):
        bodies[other].open[whose] = count
    both = [one for one in bodies.values() if one.asked[OURS] and one.asked[THEIRS]]
    return sorted(both, key=lambda one: (*(-by for by in one.leans), one.other.code))


# ---- one direction ---------------------------------------------------------------------------------------------------


class _StillOpen(NamedTuple):
    """One that waits."""

    number: int
    sent_on: date
    asked_back: int
    is_old: int

    @property
    def figure(self) -> str:
        """The one of STILL_OPEN that counts it."""
        return "old" if self.is_old else "back" if self.asked_back else "open"


def _one_way(sent: _Sent, waits: Sequence[_StillOpen], today: date, zone: str) -> OneWay:
    newest_first = [one for _, one in sent[:LOOKED_AT]]
    live, count = [one for one in waits if not one.is_old], Counter(one.figure for one in waits)
    oldest = [one.number for one in live if not one.asked_back] or [one.number for one in live]
    return OneWay(
        asked=len(newest_first),
        answered=sum(one.is_answered for one in newest_first),
        open=count["open"],
        asked_back=count["back"],
        old=count["old"],
        oldest=oldest[0] if oldest else None,
        curve=curve(filter(None, (one.spell(today, zone) for one in newest_first))),
        capped=len(sent) > LOOKED_AT,
    )


# ---- statements ------------------------------------------------------------------------------------------------------


def _ways(other: BindParameter[int]) -> list[tuple[ColumnElement[bool], ...]]:
    """Each way by each side's own record: an index has it by number."""
    pairs = ((AGENCY, other), (other, AGENCY))
    return [
        (Request.agency_id == owner, Request.party_id == party, Request.direction == direction)
        for owner, party in pairs
        for direction in ("outgoing", "incoming")
    ]


def _whose() -> ColumnElement[str]:
    """Whether the agency asks or is asked, whichever side's record it is."""
    own = Request.agency_id == AGENCY
    asks = or_(and_(own, Request.direction == "outgoing"), and_(not_(own), Request.direction == "incoming"))
    return case((asks, OURS), else_=THEIRS)


def _with() -> ColumnElement[int]:
    return case((Request.agency_id == AGENCY, Request.party_id), else_=Request.agency_id)


def _seen(shape: ScopeShape, columns: Sequence[ColumnElement[Any]], ids: Sequence[Select[int]]) -> Select[Any]:
    """What the reader sees of some numbers."""
    query = select(*columns).join(Case, Case.id == Request.case_id)
    found = among(Request.id, union_all(*(one.correlate(None) for one in ids)).scalar_subquery())
    return query.where(found, Request.sent_on.is_not(None), shape.within, sight.requests(shape.viewer))


@lru_cache(shapes.KEPT)
def _sent(shape: ScopeShape) -> Select[Any]:
    near = [newest(Request.id, *way, most=LOOKED_AT + 1) for way in _ways(OTHER)]
    return _seen(shape, (_whose(), Request.id.expression, *yields.days()), near).order_by(Request.id.desc())


def _waiting(other: BindParameter[int]) -> list[Select[int]]:
    return [select(Request.id).where(*way, Request.status.in_(WAITING)) for way in _ways(other)]


@lru_cache(shapes.KEPT)
def _open(shape: ScopeShape) -> Select[Any]:
    """The oldest first."""
    asked_back = case((Request.status == Status.CLARIFICATION, 1), else_=0)
    is_old = case((old_rows.is_old(NOW, shape.viewer), 1), else_=0)
    columns = (_whose(), Request.id.expression, Request.sent_on.expression, asked_back, is_old)
    query = _seen(shape, columns, _waiting(OTHER))
    query = query.outerjoin(Clock, queries.that_counts(shape.viewer))
    return query.order_by(Request.sent_on, Request.id)


@lru_cache(shapes.KEPT)
def _askers(shape: ScopeShape) -> Select[int]:
    """Who asks the agency, by its own record or theirs, most first."""
    near = [
        newest(Request.id, Request.agency_id == AGENCY, Request.direction == "incoming", most=LOOKED_AT),
        newest(Request.id, Request.party_id == AGENCY, Request.direction == "outgoing", most=LOOKED_AT),
    ]
    other = _with().label("other")
    query = _seen(shape, (other,), near).where(other != AGENCY)
    return query.group_by(other).order_by(func.count().desc(), other).limit(MOST)


@lru_cache(shapes.KEPT)
def _counted(shape: ScopeShape, bodies: int) -> Select[Any]:
    near = [newest(Request.id, *way, most=LISTED) for n in range(bodies) for way in _ways(bindparam(_other(n)))]
    other, whose = _with().label("other"), _whose().label("whose")
    handed_on = and_(Request.status == Status.TRANSFERRED, Request.answered_on.is_not(None))
    answered = func.count(case((or_(Request.status.in_(ANSWERED), handed_on), 1)))
    return _seen(shape, (other, whose, func.count(), answered), near).group_by(other, whose)


@lru_cache(shapes.KEPT)
def _open_with(shape: ScopeShape, bodies: int) -> Select[Any]:
    """Answers owed; not old rows of a register."""
    waits = [one for n in range(bodies) for one in _waiting(bindparam(_other(n)))]
    other, whose = _with().label("other"), _whose().label("whose")
    query = _seen(shape, (other, whose, func.count()), waits).outerjoin(Clock, queries.that_counts(shape.viewer))
    query = query.where(Request.status != Status.CLARIFICATION, old_rows.is_other(NOW, shape.viewer))
    return query.group_by(other, whose)


def _other(n: int) -> str:
    return f"other_{n}"
