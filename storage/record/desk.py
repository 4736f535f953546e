"""The desk of one person: which clocks wait for them, what matters most first. Reads only.

In: a viewer, and whose cases count as theirs. Out: open clocks, and how many there are of each sort.

    approve     an emergency waits for a second person, and another declared it
    hold        data lapses within a week
    question    we were asked back
    owed        our own answer to what was taken, late or due within a week
    intake      somebody asks us, and nobody has taken it
    draft       nobody has sent it
    next_step   it was refused
    confirm     a hold that nobody has confirmed, and should have been
    overdue     they owe us an answer, and are late

An officer reads of the cases they lead and of what they filed, and of what anybody of the agency may take; a manager
of the agency's cases, drafts apart. Whoever looks from the other side reads what their authority owes. What is snoozed
waits for nobody until then. What a register brought waits for none by name, but for data that is about to lapse.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, literal_column, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import WORKERS, Viewer
from storage.models import Case, Clock, Preservation, Request
from storage.rules.clocks import BETWEEN_SIDES
from storage.rules.lifecycle import Status

SOON = timedelta(days=7)
SORTS = ("approve", "hold", "question", "owed", "intake", "draft", "next_step", "confirm", "overdue")
"""In the order of what matters most; an emergency of any sort stands before all."""


@dataclass(frozen=True)
class WaitingClocks:
    """What waits: the first clocks, each with its sort, and how many there are of each sort."""

    clocks: Sequence[tuple[Clock, str]]
    counts: dict[str, int]


def waiting(work: UnitOfWork, viewer: Viewer, *, mine: Collection[int], whole: bool, limit: int) -> WaitingClocks:
    """What waits for a viewer. mine: people whose cases and requests count as theirs. whole: all the agency's do.

    limit: how many clocks at most; all are counted.
    """
    found: list[tuple[Clock, str, bool]] = []
    counts: dict[str, int] = {}
    for query in (_of_requests(work, viewer, mine, whole=whole), _of_holds(work, viewer, mine, whole=whole)):
        each = query.subquery()
        counted = select(each.c.sort, func.count()).group_by(each.c.sort)
        counts |= dict(work.session.execute(counted).all())
        place = case({sort: number for number, sort in enumerate(SORTS)}, value=literal_column("sort"))
        first = query.order_by(literal_column("urgent").desc(), place, Clock.due_at, Clock.id).limit(limit)
        found += [(clock, sort, bool(urgent)) for clock, sort, urgent in work.session.execute(first)]
    found.sort(key=lambda one: (not one[2], SORTS.index(one[1]), one[0].due_at or work.now, one[0].id))
    return WaitingClocks([(clock, sort) for clock, sort, _ in found[:limit]], counts)


def _of_requests(work: UnitOfWork, viewer: Viewer, mine: Collection[int], *, whole: bool) -> Select[Any]:
    own = and_(Case.agency_id == viewer.authority_id, literal(bool(viewer.roles & WORKERS)))
    of_mine = or_(_led(mine), Request.filed_by.in_(mine))
    theirs = or_(of_mine, literal(whole))
    late, soon = Clock.due_at <= work.now, Clock.due_at <= work.now + SOON
    outgoing, across = Request.direction == "outgoing", sight.across(viewer)
    we_owe = case((Clock.kind == "clarification", outgoing), else_=not_(outgoing))
    between = Clock.kind.in_(BETWEEN_SIDES)
    sort = case(
        (and_(own, Clock.kind == "approval", Request.filed_by != viewer.person_id), "approve"),
        (and_(own, Clock.kind == "clarification", we_owe, theirs), "question"),
        (and_(own, Clock.kind == "intake"), "intake"),
        (and_(own, Clock.kind == "draft", of_mine), "draft"),
        (and_(own, Clock.kind == "next_step", theirs), "next_step"),
        (and_(own, between, we_owe, theirs, soon, Request.status != Status.SENT), "owed"),
        (and_(own, between, not_(we_owe), theirs, late), "overdue"),
        (and_(across, Clock.kind == "clarification", Clock.authority_id == viewer.authority_id), "question"),
        (and_(across, between, Clock.authority_id == viewer.authority_id), "owed"),
        (and_(across, between, late), "overdue"),
        else_=None,
    )
    query = select(Clock, sort.label("sort"), Request.emergency.label("urgent"))
    query = query.join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
    query = query.where(sight.requests(viewer), sort.is_not(None), *_open(work))
    return query.options(
        joinedload(Clock.authority),
        joinedload(Clock.request).options(
            joinedload(Request.case),
            joinedload(Request.sender),
            joinedload(Request.recipient),
            selectinload(Request.taken),
        ),
    )


def _of_holds(work: UnitOfWork, viewer: Viewer, mine: Collection[int], *, whole: bool) -> Select[Any]:
    own = and_(Case.agency_id == viewer.authority_id, literal(bool(viewer.roles & WORKERS)))
    theirs = or_(_led(mine), literal(whole))
    lapses = and_(Clock.kind == "preservation", Clock.due_at > work.now, Clock.due_at <= work.now + SOON)
    sort = case(
        (and_(own, theirs, lapses), "hold"),
        (and_(own, theirs, Clock.kind == "confirmation", Clock.due_at <= work.now), "confirm"),
        else_=None,
    )
    query = select(Clock, sort.label("sort"), false().label("urgent"))
    query = query.join(Preservation, Preservation.id == Clock.preservation_id)
    query = query.join(Case, Case.id == Preservation.case_id)
    query = query.where(sight.cases(viewer), sort.is_not(None), *_open(work))
    return query.options(
        joinedload(Clock.authority),
        joinedload(Clock.preservation).options(joinedload(Preservation.case), joinedload(Preservation.recipient)),
    )


def _led(mine: Collection[int]) -> ColumnElement[bool]:
    return func.coalesce(Case.lead_id, Case.opened_by).in_(mine)


def _open(work: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    quiet = and_(Clock.quiet_until.is_not(None), Clock.quiet_until > work.now)
    alive = and_(Clock.kind == "preservation", Clock.due_at > work.now)
    return Clock.ended_at.is_(None), or_(not_(Clock.imported), alive), Clock.due_at.is_not(None), not_(quiet)
