"""Answering: what came of the requests an agency has sent, by counterpart, and how long the answers took. Reads only.

In: a scope (`scopes.py`), and a counterpart. Out: counts by what came of requests, and the spells of a curve
(`storage/rules/survival.py`); or, from the view that the tally is kept by, what stands behind one of them.
What counts: requests we asked that were sent; never drafts, nor what others ask of us.

    answered    produced                     silent      sent or acknowledged, and nothing came
    partly      for some accounts so far     asked       a question of theirs waits for us
    refused     also where handed on since   withdrawn   or transferred, before any answer
    not held    the same                     deficient   refused for form at least once, whatever came after

A part's refusal counts among the refusals by code as the whole's does, and so does one from before it was opened again.
Content is what asks for data of that kind (`eu_category` of data types); speech, what a category marks so
(`free_expression_flag` of complaint categories).
What is withdrawn or handed on is lost sight of on the day it was recorded, by UTC.
All but RED is read from the tally (`storage/models/tallies.py`); the RED of those whom it names, from their requests.
Why a tally: of the largest agency of a million requests (91,000 of them, 30,000 to one counterpart) the plain statement
over a covering index takes 0.2 s of CPU for one counterpart and 0.3 s for all, on SQLite; from the tally, 0.02 s and
0.03 s. It costs a request that changes 0.25 ms.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnCollection,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.labels import Label
from storage.models import TALLIED, Authority, Case, Request, Tally
from storage.record import counting
from storage.record.counting import FigureAsked, Listing
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.survival import Curve, Spell, curve
from storage.times import local_day

CAME = {
    "produced": "answered", "part_produced": "partly", "refused": "refused", "not_held": "not_held",
    "sent": "silent", "acknowledged": "silent", "clarification": "asked",
    "withdrawn": "withdrawn", "transferred": "transferred",
}  # fmt: skip
"""{status: what came of a request}."""
ORDER = tuple(dict.fromkeys(CAME.values()))
"""In the order in which it is told."""
DECIDED = ("produced", "refused", "not_held", "withdrawn", "transferred")  # of accounts; any other is open
DAY_0 = date(1970, 1, 1)  # of the days in the tally
CLASSES = ("emergency", "content", "speech")
OF_ACCOUNTS = {f"accounts_{one}": one for one in ("asked", *DECIDED, "open")}
OF_REASONS = ("refusals", "deficient")
EXPLAINED = ("sent", *ORDER, "half", *OF_ACCOUNTS, *OF_REASONS)
"""Figures of one counterpart by which `listed` knows them; "half" is the curve, request by request."""
AT_ONCE = 500  # cases in one statement
Columns = ColumnCollection[str, ColumnElement[Any]]


@dataclass
class Answers:
    """What came of some requests, {what: how many}, and how long they waited."""

    came: Counter[str] = field(default_factory=Counter)
    spells: list[Spell] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many there are."""
        return self.came.total()

    @cached_property
    def curve(self) -> Curve:
        """What of them still waits, by days from sending."""
        return curve(self.spells)

    def add(self, outcome: str, spell: Spell) -> None:
        """So many more."""
        self.came[CAME[outcome]] += spell.count
        self.spells.append(spell)


@dataclass
class Counterpart:
    """All that is told of one. instruments: by code; classes: of CLASSES, those there are.

    accounts: {what came of them, or "open": how many}; codes: {reason: in how many requests they refused for it};
    deficient: requests refused for form.
    """

    whole: Answers = field(default_factory=Answers)
    instruments: dict[str, Answers] = field(default_factory=dict)
    classes: dict[str, Answers] = field(default_factory=dict)
    accounts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    deficient: int = 0


def of_all(work: UnitOfWork, scope: Scope) -> dict[str, Answers]:
    """{code of a counterpart: what came of what was sent to it}."""
    found: dict[int, Answers] = {}
    for party, outcome, kind, day, count in _Sums(work, scope).rows("all"):
        found.setdefault(party, Answers()).add(outcome, _spell(work, scope, kind, day, count))
    names = select(Authority.id, Authority.code).where(Authority.id.in_(found))
    return {code: found[number] for number, code in work.session.execute(names)}


def of_counterpart(work: UnitOfWork, scope: Scope, counterpart: Authority) -> Counterpart:
    """What came of what was sent to one."""
    found, reading = Counterpart(), _Sums(work, scope, counterpart)
    for instrument, outcome, kind, day, count in reading.rows("whole"):
        spell = _spell(work, scope, kind, day, count)
        found.whole.add(outcome, spell)
        found.instruments.setdefault(instrument, Answers()).add(outcome, spell)
    for *marks, outcome, kind, day, count in reading.rows("need"):
        for name, is_one in zip(CLASSES, marks, strict=True):
            if is_one:
                found.classes.setdefault(name, Answers()).add(outcome, _spell(work, scope, kind, day, count))
    formal = _formal(work)
    for outcome, codes, count in reading.rows("rest"):
        if outcome:
            found.accounts[outcome if outcome in DECIDED else "open"] += count
        elif codes:
            reasons = codes.split(",")
            found.codes.update(dict.fromkeys(reasons, count))
            found.deficient += count if formal.intersection(reasons) else 0
    return found


def listed(work: UnitOfWork, scope: Scope, code: str, asked: FigureAsked) -> Listing:
    """What stands behind one figure of EXPLAINED: by the day of sending, of a curve by how long each waited.

    asked: of whom; by which instrument or of which class, or because of which reason of a refusal.
    """
    assert asked.counterpart, code  # noqa: S101 - the registry asks for it
    reasons = (asked.because,) if code == "refusals" else tuple(sorted(_formal(work))) if code == "deficient" else ()
    shape, by_instrument = scope.shape, bool(asked.instrument)
    query = _listed(shape, code, _marks(work), class_=asked.of, by_instrument=by_instrument, reasons=reasons)
    today = (local_day(work.now, scope.agency.zone) - DAY_0).days
    values = {**scope.values, "party": asked.counterpart.id, "instrument": asked.instrument, "today": today}
    return counting.listed(work, query, values, asked.part)


def _spell(work: UnitOfWork, scope: Scope, kind: str, day: int, count: int) -> Spell:
    if kind == "open":
        day = max(0, (local_day(work.now, scope.agency.zone) - DAY_0).days - day)
    return Spell(day, kind == "answered", count)


class _Sums:
    """Reads sums for one scope: of the tally, and of the RED cases that the viewer is named on."""

    def __init__(self, work: UnitOfWork, scope: Scope, counterpart: Authority | None = None) -> None:
        self._work, self._shape = work, scope.shape
        self._values: dict[str, Any] = {**scope.values, "party": counterpart.id if counterpart else None}
        self._marks = _marks(work)

    def rows(self, what: str) -> Iterator[Sequence[Any]]:
        """The sums of one question, of _SUMS; a count stands last."""
        yield from self._work.session.execute(_of_tally(self._shape, what, self._marks), self._values)
        for first in range(0, len(self._named), AT_ONCE):
            some = {**self._values, "numbers": self._named[first : first + AT_ONCE]}
            yield from self._work.session.execute(_of_view(what, self._marks), some)

    @cached_property
    def _named(self) -> Sequence[int]:
        """The RED cases."""
        return self._work.session.scalars(_red(self._shape), self._values).all()


Marks = tuple[tuple[str, ...], tuple[str, ...]]


def _marks(work: UnitOfWork) -> Marks:
    """By what a request is of a class: kinds of data that are content, categories that are speech."""
    kinds = [code for code, row in work.reference.data_types.items() if row.eu_category == "content"]
    speech = [code for code, row in work.reference.complaint_categories.items() if row.free_expression_flag]
    return tuple(kinds), tuple(speech)


def _formal(work: UnitOfWork) -> set[str]:
    """Reasons of form."""
    return {code for code, row in work.reference.refusal_reasons.items() if row.group == "formal"}


@lru_cache(shapes.KEPT)
def _red(shape: ScopeShape) -> Select[*tuple[Any, ...]]:
    return shape.cases(Case.label == Label.RED)


@lru_cache(shapes.KEPT)
def _of_tally(shape: ScopeShape, what: str, marks: Marks) -> Select[*tuple[Any, ...]]:
    of: Any = Tally.__table__.c
    whole = [label for label in sight.seen_whole(shape.looks) if label.within(shape.ceiling)]
    return _sums(of, what, marks).where(of.label.in_(whole))


@lru_cache(shapes.KEPT)
def _of_view(what: str, marks: Marks) -> Select[*tuple[Any, ...]]:
    of: Any = TALLIED.c
    return _sums(of, what, marks).where(of.case_id.in_(bindparam("numbers", expanding=True)))


def _sums(of: Columns, what: str, marks: Marks) -> Select[*tuple[Any, ...]]:
    """The sums by what is asked: for all counterparts; for one, by instrument, by class, by reason and account."""
    waited = (of.outcome, of.kind, of.day)
    grains, by = {
        "all": (("whole",), (of.party_id, *waited)),
        "whole": (("whole",), (of.instrument, *waited)),
        "need": (("need",), (*_classes(of, *marks), *waited)),
        "rest": (("codes", "account"), (of.outcome, of.codes)),
    }[what]
    query = select(*by, func.sum(of["count"])).group_by(*(column.name for column in by))
    query = query.where(of.agency_id == AGENCY, of.direction == "outgoing", of.grain.in_(grains))
    return query if what == "all" else query.where(of.party_id == bindparam("party"))


def _classes(of: Columns, kinds: Sequence[str], speech: Sequence[str]) -> Iterator[ColumnElement[int]]:
    """Whether it is one of each of CLASSES, 1 or 0."""
    has_content = or_(false(), *(of.data.contains(f'"{kind}"', autoescape=True) for kind in kinds))
    for name, mark in zip(CLASSES, (of.emergency == 1, has_content, of.category.in_(speech)), strict=True):
        yield case((mark, 1), else_=0).label(f"is_{name}")


@lru_cache(shapes.KEPT)
def _listed(
    shape: ScopeShape,
    code: str,
    marks: Marks,
    *,
    class_: str,
    by_instrument: bool,
    reasons: tuple[str, ...],
) -> Select[*tuple[Any, ...]]:
    """The columns of Counted. The view is asked for RED and all else alike: by one counterpart, an index has it."""
    of: Any = TALLIED.c
    whole = [label for label in sight.seen_whole(shape.looks) if label.within(shape.ceiling)]
    grain = "account" if code in OF_ACCOUNTS else "codes" if code in OF_REASONS else "need" if class_ else "whole"
    which = [of.grain == grain, or_(of.label.in_(whole), of.case_id.in_(_red(shape)))]
    if class_:
        which.append(dict(zip(CLASSES, _classes(of, *marks), strict=True))[class_] == 1)
    if by_instrument:
        which.append(of.instrument == bindparam("instrument"))
    if reasons:
        said = literal(",").concat(of.codes).concat(",")
        which.append(or_(*(said.contains(f",{one},", autoescape=True) for one in reasons)))
    which.append(_came(of, code))
    subject = of.target_id if grain == "account" else of.request_id
    query = select(subject, Request.sent_on).join_from(TALLIED, Request, Request.id == of.request_id)
    query = query.where(of.agency_id == AGENCY, of.direction == "outgoing", of.party_id == bindparam("party"), *which)
    if code != "half":
        return query.order_by(Request.sent_on, subject)
    since = bindparam("today", type_=Integer) - of.day
    days = case((and_(of.kind == "open", since > 0), since), (of.kind == "open", 0), else_=of.day)
    return query.add_columns(days, case((of.kind == "answered", 1), else_=0)).order_by(days, subject)


def _came(of: Columns, code: str) -> ColumnElement[bool]:
    """Which rows of the view a figure counts, by what came of them."""
    if code in OF_ACCOUNTS:
        account = OF_ACCOUNTS[code]
        if account == "open":
            return of.outcome.not_in(DECIDED)
        return true() if account == "asked" else of.outcome == account
    outcomes = [status for status, came in CAME.items() if came == code]
    return of.outcome.in_(outcomes) if outcomes else true()
