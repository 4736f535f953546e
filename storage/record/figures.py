"""Figures: what the periods of an agency came to, several periods at once. Reads only.

In: a scope (`scopes.py`), periods that follow on each other. Out: counts for each, or what stands behind one of them.

    opened      cases opened
    filed       requests we filed; received: requests made to us
    sent        requests we sent, by the day of sending
    answered    all of it is decided and data came, by the day of the answer; what was reopened since is no answer
    partly      data or another answer came of a part, by the day of the last one, and the rest is still open
    refused, not_held    by the day of the answer, also where the request was transferred since
    overdue     requests with a running clock past its due moment at the end of the period, or now if it is not over:
                of an answer or a question, or of a draft, an approval or an intake of ours
    silent      of these, what we sent and have not heard a word about

    accounts_asked                           accounts of the requests we sent, by the day of sending
    accounts_produced, _refused, _not_held   what came of accounts, by the day of the answer they are in

An account without an outcome of its own has that of its request, on that day, also where it was transferred since.
Days are days in the agency's zone. An answer counts on the day it was given, whenever it was recorded; what was known
of a period when it was over is told by `known.py`.
What is approximate of a past moment: a deadline that was extended, or paused, since counts as it stands today, and what
we heard counts from when it was recorded, because rows hold no more.
Why each count begins at a column of days: so it reads these periods, however many years are stored.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import among
from storage.models import Case, Clock, PastMove, Request, Target
from storage.record import counting
from storage.record.counting import WHOLE, CountedFigures, Listing, Slice
from storage.record.periods import Period
from storage.record.scopes import AGENCY, Scope, ScopeShape
from storage.rules.lifecycle import Status
from storage.rules.outcomes import OUTCOMES
from storage.times import local_day

MOMENT = timedelta(microseconds=1)
SHOWN = (
    *("opened", "filed", "received", "sent", "answered", "partly"),
    *("refused", "not_held", "silent", "overdue"),
)
"""Figures of cases and requests, in the order in which they are said."""
BY_ACCOUNT = ("accounts_asked", *(f"accounts_{outcome}" for outcome in OUTCOMES))
LATE_KINDS = ("answer", "clarification", "approval", "draft", "intake")
"""Clocks of a request by which it is overdue."""
THEIR_WORDS = ("acknowledge", "clarify", "part", "produced", "not-held", "refused")
"""Moves of a request of ours that say that they were heard of."""


def counts(work: UnitOfWork, scope: Scope, periods: Sequence[Period]) -> list[Counter[str]]:
    """Every figure of periods that follow on each other, each told up to now. One statement for each kind of row."""
    found = [Counter[str]() for _ in periods]
    parameters = values(work, scope, periods)
    for build in dict.fromkeys(BUILT.values()):
        row = work.session.execute(_counting(build, scope.shape, len(periods)), parameters).mappings().one()
        for name, count in row.items():
            code, _, n = str(name).rpartition(" ")
            found[int(n)][code] = count
    return found


def listed(work: UnitOfWork, scope: Scope, code: str, period: Period, part: Slice = WHOLE) -> Listing:
    """What stands behind one figure of a period, by the day it is counted by."""
    return counting.listed(work, _listing(code, scope.shape), values(work, scope, [period]), part)


def values(work: UnitOfWork, scope: Scope, periods: Sequence[Period]) -> dict[str, Any]:
    """The parameters of these statements."""
    zone = scope.agency.zone
    found: dict[str, Any] = dict(scope.values)
    for n, edge in enumerate([*periods, periods[-1].back(-1)]):
        found |= {f"day_{n}": edge.first, f"at_{n}": edge.begins_at(zone)}
    for n, period in enumerate(periods):
        over = min(period.ends_at(zone), work.now)
        found |= {f"over_{n}": over, f"last_{n}": local_day(over - MOMENT, zone)}
    return found


Build = Callable[[ScopeShape, int], CountedFigures]


@lru_cache(shapes.KEPT)
def _counting(build: Build, shape: ScopeShape, count: int) -> Select[*tuple[int, ...]]:
    return build(shape, count).counts()


@lru_cache(shapes.KEPT)
def _listing(code: str, shape: ScopeShape) -> Select[int, Any]:
    return BUILT[code](shape, 1).listed(_name(code, 0))


def _name(code: str, n: int) -> str:
    """A figure of one of the periods, in the statement that counts all of them."""
    return f"{code} {n}"


# ---- cases and requests --------------------------------------------------------------------------------------------


def _opened(shape: ScopeShape, count: int) -> CountedFigures:
    within = _within(Case.opened_at, count)
    return CountedFigures(
        shape.cases(within), Case.id, Case.opened_at, _each({"opened": within}, Case.opened_at, count)
    )


def _filed(shape: ScopeShape, count: int) -> CountedFigures:
    kinds = {"filed": Request.direction == "outgoing", "received": Request.direction == "incoming"}
    return _requests(shape, Request.filed_at, kinds, count)


def _sent(shape: ScopeShape, count: int) -> CountedFigures:
    return _requests(shape, Request.sent_on, {"sent": OUTGOING}, count, OUTGOING)


def _answered(shape: ScopeShape, count: int) -> CountedFigures:
    transferred, refused = Request.status == Status.TRANSFERRED, cast(Request.refusals, String) != "[]"
    kinds = {
        "answered": Request.status == Status.PRODUCED,
        "refused": or_(Request.status == Status.REFUSED, and_(transferred, refused)),
        "not_held": or_(Request.status == Status.NOT_HELD, and_(transferred, not_(refused))),
    }
    return _requests(shape, Request.answered_on, kinds, count, OUTGOING)


def _partly(shape: ScopeShape, count: int) -> CountedFigures:
    kinds = {"partly": Request.status == Status.PART_PRODUCED}
    return _requests(shape, Request.part_on, kinds, count, OUTGOING)


OUTGOING = Request.direction == "outgoing"


def _requests(
    shape: ScopeShape,
    day: InstrumentedAttribute[Any],
    kinds: Mapping[str, ColumnElement[bool]],
    count: int,
    *which: ColumnElement[bool],
) -> CountedFigures:
    """Figures of requests by a day of theirs."""
    rows = select(Request.id).where(Request.agency_id == AGENCY, *which, _within(day, count), shape.counted)
    return CountedFigures(rows, Request.id, day, _each(kinds, day, count))


def _overdue(shape: ScopeShape, count: int) -> CountedFigures:
    """Of the clocks that run now, and of those that have ended since the first period was over."""
    over = [bindparam(f"over_{n}", type_=Clock.due_at.type) for n in range(count)]
    late = and_(Clock.due_at <= over[-1], not_(Clock.imported), Clock.kind.in_(LATE_KINDS))
    ours = select(Clock.id).where(Clock.agency_id == AGENCY, late, Clock.request_id.is_not(None))
    late_then = or_(*(and_(Clock.due_at <= moment, Clock.ended_at > moment) for moment in over))
    rows = shape.clocks(ours.where(Clock.ended_at.is_(None)), ours.where(Clock.ended_at > over[0], late_then))
    figures = {}
    for n, moment in enumerate(over):
        last: ColumnElement[Any] = bindparam(f"last_{n}", type_=Request.answered_on.type)
        ran = and_(Clock.due_at <= moment, or_(Clock.ended_at.is_(None), Clock.ended_at > moment))
        overdue = and_(ran, or_(Request.answered_on.is_(None), Request.answered_on > last))
        figures[_name("overdue", n)] = overdue
        figures[_name("silent", n)] = and_(overdue, OUTGOING, Clock.kind == "answer", _unheard(moment))
    return CountedFigures(rows, Request.id, Clock.due_on, figures, repeats=True)


def _unheard(moment: ColumnElement[Any]) -> ColumnElement[bool]:
    """Nothing was heard of it by then: it is as it was sent, or whatever happened was recorded later."""
    word = select(PastMove.id).where(PastMove.request_id == Request.id, PastMove.word.in_(THEIR_WORDS))
    heard = exists(word.where(PastMove.undone_at.is_(None), PastMove.at < moment).correlate(Request))
    return or_(Request.status == Status.SENT, and_(Request.status_at >= moment, not_(heard)))


# ---- accounts --------------------------------------------------------------------------------------------------------


def _accounts_asked(shape: ScopeShape, count: int) -> CountedFigures:
    rows = _of_ours().where(_within(Request.sent_on, count), shape.counted)
    return CountedFigures(rows, Target.id, Request.sent_on, _each({"accounts_asked": OUTGOING}, Request.sent_on, count))


def _accounts_answered(shape: ScopeShape, count: int) -> CountedFigures:
    own = _of_ours().where(_within(Target.outcome_on, count))
    whole = _of_ours().where(_within(Request.answered_on, count), Target.outcome_on.is_(None))
    day = func.coalesce(Target.outcome_on, Request.answered_on, type_=Request.answered_on.type)
    transferred, refused = Request.status == Status.TRANSFERRED, cast(Request.refusals, String) != "[]"
    came = case((and_(transferred, refused), "refused"), (transferred, "not_held"), else_=Request.status)
    outcome = func.coalesce(Target.outcome, came)
    kinds = {f"accounts_{one}": outcome == one for one in OUTCOMES}
    ways = union_all(
        own.correlate(None), whole.where(Request.status.in_((*OUTCOMES, Status.TRANSFERRED))).correlate(None)
    )
    rows = select(Target.id).join(Request, Request.id == Target.request_id).join(Case, Case.id == Request.case_id)
    rows = rows.where(among(Target.id, ways.scalar_subquery()), shape.within, sight.requests(shape.viewer))
    return CountedFigures(rows, Target.id, day, _each(kinds, day, count))


def _of_ours() -> Select[int]:
    """The accounts of what an agency asked, by number."""
    return select(Target.id).join(Request).where(Request.agency_id == AGENCY, OUTGOING)


# ---- days ------------------------------------------------------------------------------------------------------------


def _edges(day: Any, count: int) -> list[BindParameter[Any]]:  # noqa: ANN401 - a column of days or of moments
    """When each period begins, and when the last is over: parameters."""
    name = "day" if isinstance(day.type, Date) else "at"
    return [bindparam(f"{name}_{n}", type_=day.type) for n in range(count + 1)]


def _within(day: Any, count: int) -> ColumnElement[bool]:  # noqa: ANN401 - as above
    """In any of the periods."""
    edges = _edges(day, count)
    return and_(day >= edges[0], day < edges[-1])


def _each(kinds: Mapping[str, ColumnElement[bool]], day: Any, count: int) -> dict[str, ColumnElement[bool]]:  # noqa: ANN401
    """Figures by a day: of the rows in each period, by what they are."""
    edges = _edges(day, count)
    return {
        _name(code, n): and_(day >= edges[n], day < edges[n + 1], which)
        for code, which in kinds.items()
        for n in range(count)
    }


BUILT: dict[str, Build] = {
    "opened": _opened,
    "filed": _filed,
    "received": _filed,
    "sent": _sent,
    "answered": _answered,
    "refused": _answered,
    "not_held": _answered,
    "partly": _partly,
    "overdue": _overdue,
    "silent": _overdue,
    "accounts_asked": _accounts_asked,
    **{f"accounts_{outcome}": _accounts_answered for outcome in OUTCOMES},
}
"""{figure: what counts it}."""
