"""Yields: what each route has brought so far, and how long it took. Reads only.

In: a scope and whom is asked (`of`), or a recipient alone (`curves_of`). Out: counts with the curve of the answers by
route, what stands behind one of them (`listed`), or the curves alone.

Whose requests count:
    of         the agency's own, as far as the reader sees them, up to a label: counts and reasons tell what an agency
               does, and a number of few gives away whose they were
    curves_of  those of all agencies, RED ones too, whoever asks: how long somebody takes is a number of days without
               names, and an agency that asks for the first time has no other. Nothing but days is said of it, and
               nothing at all before ENOUGH were answered
A route is a recipient, an instrument, and whether somebody was in danger: an emergency is answered in hours and would
flatter the rest. Drafts never count. An answer that has no day is counted and is in no curve.
What was asked of a body longest ago is left out: LOOKED_AT requests to each are looked at, the newest on record, so
that years of them cost no more than one.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, String, bindparam, case, cast, or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among, newest
from storage.models import Authority, Case, Request, Target
from storage.record import counting
from storage.record.counting import Counted, FigureAsked, Listing, Slice
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import ANSWERED, Status
from storage.rules.survival import Curve, Spell, curve
from storage.times import local_day

LOOKED_AT = 2000
NOWHERE = "UTC"  # of all agencies together
ENOUGH = 5
"""Fewer are called few: no share of them is said, and no time."""

RECIPIENT: BindParameter[int] = bindparam("recipient", type_=Integer)
LOST = (Status.WITHDRAWN, Status.TRANSFERRED)
OUTCOMES = ("produced", "partly", "refused", "not_held", "open", "withdrawn")
EXPLAINED = ("asked", *OUTCOMES, "half")
"""Figures of one route by which `listed` knows them; "half" is the curve, request by request."""
EMERGENCY = "emergency"


class Route(NamedTuple):
    """Whom was asked, by code, under which instrument, and whether it was an emergency."""

    recipient: str
    instrument: str
    emergency: bool


@dataclass(frozen=True)
class Yielded:
    """What came of what was asked by one route; each request counts once.

    partly: some of it came, whatever becomes of the rest. open: nothing has come yet. withdrawn: by us, or sent another
    way before there was an answer. reason: the code that refusals gave most often; "" for none.
    """

    route: Route
    produced: int
    partly: int
    refused: int
    not_held: int
    open: int
    withdrawn: int
    reason: str
    curve: Curve

    @property
    def asked(self) -> int:
        """All of them."""
        return self.produced + self.partly + self.refused + self.not_held + self.open + self.withdrawn

    @property
    def came(self) -> int:
        """Of how many there is data."""
        return self.produced + self.partly

    @property
    def promise(self) -> float:
        """By what the best route comes first, 0..1: the share that brought data, as if one more had and one had not.

        So one of one is no better than forty of fifty. What we took back says nothing of the route.
        """
        return (self.came + 1) / (self.asked - self.withdrawn + 2)


@dataclass(frozen=True)
class Yields:
    """By route, in no order. capped: codes of whom more was asked than was looked at."""

    routes: tuple[Yielded, ...]
    capped: tuple[str, ...]


def of(
    work: UnitOfWork,
    scope: Scope,
    recipients: Iterable[Authority],
    *,
    data: Sequence[str] = (),
    category: str | None = None,
) -> Yields:
    """What a scope's requests to some recipients came to, by route.

    data: only requests that ask for any of these kinds; category: only in cases of this kind of complaint.
    """
    today, zone = local_day(work.now, scope.agency.zone), scope.agency.zone
    found: dict[Route, list[_Sent]] = {}
    capped = []
    for one in recipients:
        for route, sent in _looked_at(work, scope, one, data, category):
            found.setdefault(route, []).append(sent)
        if work.session.scalar(_next_one(), {**scope.values, "recipient": one.id}) is not None:
            capped.append(one.code)
    return Yields(tuple(_yielded(route, rows, today, zone) for route, rows in found.items()), tuple(capped))


def listed(work: UnitOfWork, scope: Scope, code: str, asked: FigureAsked) -> Listing:
    """What stands behind one figure of EXPLAINED of a route, the newest first; of a curve by how long each waited."""
    assert asked.counterpart, code  # noqa: S101 - the registry asks for it
    wanted = Route(asked.counterpart.code, asked.instrument, asked.of == EMERGENCY)
    found = _looked_at(work, scope, asked.counterpart, asked.data, asked.category or None)
    rows = [sent for route, sent in found if route == wanted]
    if code == "half":
        return waited(((row.number, row.waited) for row in rows), work, scope, asked.part)
    rows = [row for row in rows if code in ("asked", row.outcome)]
    return counting.part_of([Counted(row.number, row.waited.sent_on) for row in rows], asked.part)


def _looked_at(
    work: UnitOfWork, scope: Scope, recipient: Authority, data: Sequence[str], category: str | None
) -> Iterator[tuple[Route, "_Sent"]]:
    """What was asked of one, and by which route."""
    values = {**scope.values, "recipient": recipient.id, "category": category}
    values |= {_code(n): f'"{code}"' for n, code in enumerate(data)}
    rows = work.session.execute(_asked(scope.shape, len(data), bool(category)), values)
    for number, instrument, emergency, reasons, partly, *when in rows:
        yield Route(recipient.code, instrument, emergency), _Sent(number, reasons, partly, Waited(*when))


def curves_of(work: UnitOfWork, recipient: Authority) -> Mapping[tuple[str, bool], Curve]:
    """{(instrument, whether in an emergency): how long a recipient takes}, over all agencies, without a name in it."""
    return work.once(("curves of", recipient.id), lambda: _curves(work, recipient))


def _curves(work: UnitOfWork, recipient: Authority) -> dict[tuple[str, bool], Curve]:
    today, spells = local_day(work.now, NOWHERE), dict[tuple[str, bool], list[Spell]]()
    for instrument, emergency, *days in work.session.execute(_waited(), {"recipient": recipient.id}):
        if spell := Waited(*days).spell(today, NOWHERE):
            spells.setdefault((instrument, emergency), []).append(spell)
    return {route: curve(found) for route, found in spells.items()}


# ---- what came of one ------------------------------------------------------------------------------------------------


class Waited(NamedTuple):
    """How long one request waited, as `days` reads it. lost: when it was withdrawn or went another way."""

    status: str
    sent_on: date
    answered_on: date | None
    lost: datetime | None

    @property
    def is_answered(self) -> bool:
        """Whether it has its answer, whatever became of it since."""
        return self.status in ANSWERED or (self.status == Status.TRANSFERRED and self.answered_on is not None)

    def spell(self, today: date, zone: str) -> Spell | None:
        """Until its answer, or until it was withdrawn or went another way; else until today. None: no day is known."""
        if self.is_answered:
            return Spell(max(0, (self.answered_on - self.sent_on).days), ended=True) if self.answered_on else None
        until = local_day(self.lost, zone) if self.lost else today
        return Spell(max(0, (until - self.sent_on).days), ended=False)


def waited(rows: Iterable[tuple[int, Waited]], work: UnitOfWork, scope: Scope, part: Slice) -> Listing:
    """A curve request by request, by how long each waited."""
    today, zone = local_day(work.now, scope.agency.zone), scope.agency.zone
    spells = [(number, one.sent_on, one.spell(today, zone)) for number, one in rows]
    found = [Counted(number, sent, spell.days, spell.ended) for number, sent, spell in spells if spell]
    return counting.part_of(sorted(found, key=lambda one: (one.days, one.id)), part)


class _Sent(NamedTuple):
    """One request, and what came of it. reasons: the JSON of its refusals."""

    number: int
    reasons: str | None
    partly: int
    waited: Waited

    @property
    def outcome(self) -> str:
        """One of OUTCOMES."""
        status = self.waited.status
        if self.partly:
            return "partly"
        if status in ANSWERED:
            return status
        if self.waited.is_answered:
            return "refused" if self.codes else "not_held"
        return "withdrawn" if status in LOST else "open"

    @property
    def codes(self) -> set[str]:
        """Why it was refused."""
        return {code for refusal in json.loads(self.reasons or "[]") for code in refusal["codes"]}


def _yielded(route: Route, rows: Collection[_Sent], today: date, zone: str) -> Yielded:
    counts = Counter(row.outcome for row in rows)
    reasons = Counter(code for row in rows for code in row.codes)
    spells = (row.waited.spell(today, zone) for row in rows)
    most = min(reasons, key=lambda code: (-reasons[code], code), default="")
    return Yielded(route, **{name: counts[name] for name in OUTCOMES}, reason=most, curve=curve(filter(None, spells)))


# ---- statements ------------------------------------------------------------------------------------------------------


def _to_them() -> tuple[ColumnElement[bool], ...]:
    """What an agency asked a recipient: an index has it by number."""
    return Request.agency_id == AGENCY, Request.party_id == RECIPIENT, Request.direction == "outgoing"


@lru_cache(shapes.KEPT)
def _asked(shape: ScopeShape, kinds: int, has_category: bool) -> Select[*tuple[Any, ...]]:  # noqa: FBT001 - by place
    near = newest(Request.id, *_to_them(), most=LOOKED_AT)
    columns = (Request.id.expression, Request.instrument, Request.emergency, _refusals(), _partly(), *days())
    query: Select[*tuple[Any, ...]] = select(*columns)
    query = query.join(Case, Case.id == Request.case_id)
    query = query.where(among(Request.id, near.scalar_subquery()), Request.sent_on.is_not(None))
    if kinds:
        asked = cast(Request.data, String)
        query = query.where(or_(*(asked.contains(bindparam(_code(n))) for n in range(kinds))))
    if has_category:
        query = query.where(Case.category == bindparam("category"))
    return query.where(shape.within, sight.requests(shape.viewer))


@lru_cache(1)
def _next_one() -> Select[int]:
    """The first that was not looked at."""
    return select(Request.id).where(*_to_them()).order_by(Request.id.desc()).offset(LOOKED_AT).limit(1)


@lru_cache(1)
def _waited() -> Select[*tuple[Any, ...]]:
    """The newest to a recipient, whoever asked."""
    sent = (Request.party_id == RECIPIENT, Request.direction == "outgoing")
    near = newest(Request.id, *sent, most=LOOKED_AT)
    query = select(Request.instrument, Request.emergency, *days())
    return query.where(among(Request.id, near.scalar_subquery()), Request.sent_on.is_not(None))


def days() -> tuple[ColumnElement[Any], ...]:
    """What `Waited` is made of, of a request."""
    lost = case((Request.status.in_(LOST), Request.status_at))
    return Request.status.expression, Request.sent_on.expression, Request.answered_on.expression, lost


def _refusals() -> ColumnElement[str]:
    """As text, of what was refused: to read all of them takes longer than the rest."""
    return case((Request.status.in_((Status.REFUSED, Status.TRANSFERRED)), cast(Request.refusals, String)))


def _partly() -> ColumnElement[int]:
    """Whether some of what was asked came and not all of it, of the kinds of data or of the accounts."""
    of_it = select(Target.id).where(Target.request_id == Request.id).correlate(Request)
    lacks = of_it.where(Target.outcome.in_(("refused", "not_held"))).exists()
    some = or_(cast(Request.parts, String) != "{}", of_it.where(Target.outcome == "produced").exists())
    whole = Request.status == Status.PRODUCED
    return case((or_(Request.status == Status.PART_PRODUCED, case((whole, lacks), else_=some)), 1), else_=0)


def _code(n: int) -> str:
    return f"data_{n}"
