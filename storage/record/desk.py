"""The desk of one person: which clocks wait for them, what matters most first. Reads only.

In: a viewer, and whose cases count as theirs. Out: open clocks, and how many there are of each sort.

    approve     an emergency waits for a second person, and another declared it
    hold        data lapses within a week
    question    we were asked back
    owed        our own answer to what was taken, late or due within a week
    intake      somebody asks us, and nobody has taken it
    keep        somebody asks us to keep data, and nobody has confirmed
    draft       nobody has sent it
    next_step   it was refused
    confirm     a hold that nobody has confirmed, and should have been
    follow      a hold whose request is decided, or might be; or that nobody needs, and they were not told
    overdue     they owe us an answer, and are late

An officer reads of the cases they lead and of what they filed, and of what anybody of the agency may take; a manager
of the agency's cases, drafts apart. Whoever looks from the other side reads what their authority owes. What is snoozed
waits for nobody until then. What a register brought waits for none by name, but for data that is about to lapse.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal, not_, or_, select, union
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import WORKERS, Viewer
from storage.models import Case, Clock, Preservation, Request
from storage.record import request_ways
from storage.record.paged import COUNTED
from storage.rules.clocks import BETWEEN_SIDES
from storage.rules.lifecycle import OPEN, Status

SOON = timedelta(days=7)
SORTS = ("approve", "hold", "question", "owed", "intake", "keep", "draft", "next_step", "confirm", "follow", "overdue")
"""In the order of what matters most; an emergency of any sort stands before all."""
FOLLOWED = ("decision", "release", "telling")


@dataclass(frozen=True)
class WaitingClocks:
    """What waits: the first clocks, each with its sort, and how many there are of each sort."""

    clocks: Sequence[tuple[Clock, str]]
    counts: dict[str, int]


def waiting(work: UnitOfWork, viewer: Viewer, *, mine: Collection[int], whole: bool, limit: int) -> WaitingClocks:
    """What waits for a viewer. mine: people whose cases and requests count as theirs. whole: all the agency's do.

    limit: how many clocks at most. Of each sort COUNTED + 1 are counted at most, those that are due first.
    """
    asked = _Desk(work, viewer, frozenset(mine), whole)
    found = {row.id: row for arm in asked.arms() for row in work.session.execute(arm)}
    order = sorted(found.values(), key=lambda row: (not row.urgent, SORTS.index(row.sort), row.due_at, row.id))
    counts = Counter(row.sort for row in order)
    first = {row.id: row.sort for row in order[:limit]}
    clocks = {clock.id: clock for clock in work.session.scalars(_shown(list(first)))} if first else {}
    return WaitingClocks([(clocks[number], sort) for number, sort in first.items()], counts)


def _shown(numbers: Sequence[int]) -> Select[Clock]:
    """Clocks with what a line of them shows."""
    of_request, kept = joinedload(Clock.request), joinedload(Clock.preservation)
    return (
        select(Clock)
        .where(Clock.id.in_(numbers))
        .options(
            joinedload(Clock.authority),
            of_request.options(joinedload(Request.case), joinedload(Request.sender), joinedload(Request.recipient)),
            of_request.selectinload(Request.taken),
            kept.options(joinedload(Preservation.case), joinedload(Preservation.recipient)),
        )
    )


@dataclass(frozen=True)
class _Desk:
    """What is asked for: each arm is one index, from which the exact sort of every clock is told."""

    work: UnitOfWork
    viewer: Viewer
    mine: frozenset[int]
    whole: bool

    def arms(self) -> Iterator[Select[Any]]:
        """What waits in the agency's own cases, by its kind; what those people lead or filed; what it is party to."""
        me, now = self.viewer.authority_id, self.work.now
        ways = sight.request_ways(self.viewer)
        if self.viewer.roles & WORKERS:
            of_agency = [Clock.agency_id == me]
            kinds = ("approval", "intake", *(("clarification", "next_step") if self.whole else ()))
            yield from (self._of_requests(*of_agency, Clock.kind == kind) for kind in kinds)
            if self.whole:
                yield from self._of_many_sorts(*of_agency, Clock.kind == "answer", Clock.due_at <= now + SOON)
            yield from self._of_many_sorts(Clock.request_id.in_(self._requests_of_mine()))
            yield self._of_requests(Clock.request_id.in_(self._emergencies(Request.agency_id == me)))
            for kind, until in (("preservation", now + SOON), ("confirmation", now)):
                yield self._of_holds(*of_agency, Clock.kind == kind, Clock.due_at <= until)
            yield self._of_holds(*of_agency, Clock.kind.in_(FOLLOWED), Clock.due_at <= now)
            yield self._of_holds(*of_agency, Clock.kind.in_(("keeping", "clarification")))
        if ways.party:
            yield from self._of_many_sorts(Clock.party_id == me, Clock.agency_id != me)
            yield self._of_requests(Clock.request_id.in_(self._emergencies(Request.party_id == me)))
            for one in request_ways.for_another(me):
                yield from self._of_many_sorts(Clock.request_id.in_(one))
                yield self._of_requests(Clock.request_id.in_(self._emergencies(Request.id.in_(one))))

    def _requests_of_mine(self) -> Select[int]:
        led = select(Case.id).where(Case.agency_id == self.viewer.authority_id, _led(self.mine))
        states = Request.status.in_((*OPEN, Status.REFUSED))
        of_led = select(Request.id).where(Request.case_id.in_(led), states)
        filed = union(of_led, select(Request.id).where(Request.filed_by.in_(self.mine), states)).subquery()
        return select(filed.c.id)

    def _emergencies(self, whose: ColumnElement[bool]) -> Select[int]:
        return select(Request.id).where(whose, Request.emergency, Request.status.in_((*OPEN, Status.REFUSED)))

    def _of_requests(self, *arm: ColumnElement[bool]) -> Select[Any]:
        query, _ = _of_requests(self.work, self.viewer, self.mine, whole=self.whole)
        return query.where(*arm).order_by(Clock.due_at).limit(COUNTED + 1)

    def _of_many_sorts(self, *arm: ColumnElement[bool]) -> Iterator[Select[Any]]:
        """What others owe us by itself: there may be thousands, all due before what else waits."""
        query, sort = _of_requests(self.work, self.viewer, self.mine, whole=self.whole)
        for one in (sort == "overdue", sort != "overdue"):
            yield query.where(*arm, one).order_by(Clock.due_at).limit(COUNTED + 1)

    def _of_holds(self, *arm: ColumnElement[bool]) -> Select[Any]:
        query = _of_holds(self.work, self.viewer, self.mine, whole=self.whole)
        return query.where(*arm).order_by(Clock.due_at).limit(COUNTED + 1)


def _of_requests(
    work: UnitOfWork, viewer: Viewer, mine: Collection[int], *, whole: bool
) -> tuple[Select[Any], ColumnElement[str | None]]:
    """Clocks with their sort, and the sort as a condition may ask for it."""
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
    query = select(Clock.id, Clock.due_at, sort.label("sort"), Request.emergency.label("urgent"))
    query = query.join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
    return query.where(sight.requests(viewer), sort.is_not(None), *_open(work)), sort


def _of_holds(work: UnitOfWork, viewer: Viewer, mine: Collection[int], *, whole: bool) -> Select[Any]:
    own = and_(Case.agency_id == viewer.authority_id, literal(bool(viewer.roles & WORKERS)))
    theirs = or_(_led(mine), literal(whole))
    lapses = and_(Clock.kind == "preservation", Clock.due_at > work.now, Clock.due_at <= work.now + SOON)
    sort = case(
        (and_(own, theirs, lapses), "hold"),
        (and_(own, theirs, Clock.kind == "confirmation", Clock.due_at <= work.now), "confirm"),
        (and_(own, theirs, Clock.kind.in_(FOLLOWED), Clock.due_at <= work.now), "follow"),
        (and_(own, theirs, Clock.kind == "clarification", Clock.authority_id == viewer.authority_id), "question"),
        (and_(own, Clock.kind == "keeping"), "keep"),
        else_=None,
    )
    query = select(Clock.id, Clock.due_at, sort.label("sort"), Preservation.emergency.label("urgent"))
    query = query.join(Preservation, Preservation.id == Clock.preservation_id)
    query = query.join(Case, Case.id == Preservation.case_id)
    return query.where(sight.cases(viewer), sort.is_not(None), *_open(work))


def _led(mine: Collection[int]) -> ColumnElement[bool]:
    return or_(Case.lead_id.in_(mine), and_(Case.lead_id.is_(None), Case.opened_by.in_(mine)))


def _open(work: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    quiet = and_(Clock.quiet_until.is_not(None), Clock.quiet_until > work.now)
    alive = and_(Clock.kind == "preservation", Clock.due_at > work.now)
    return Clock.ended_at.is_(None), or_(not_(Clock.imported), alive), Clock.due_at.is_not(None), not_(quiet)
