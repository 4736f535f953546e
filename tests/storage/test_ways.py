"""A list that is found by indexes, a page at a time, is the list that the plain condition gives: for everybody.

The plain condition reads all there is; it stands here, and nowhere else.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import and_, case, func, not_, or_, select

from storage.exposure import sight
from storage.exposure.labels import Label
from storage.models import Authority, Case, Clock, Person, Preservation, Request
from storage.record import case_lists, hold_lists, old_rows, paged, request_lists
from storage.record.paged import PageStart
from storage.record.queries import that_counts
from storage.rules.lifecycle import OPEN, WAITING, Status
from tests import factories, stored

SECONDS = 240
FILTERS = (
    {"status": OPEN},
    {},
    {"status": OPEN, "mine": True},
    {"mine": True},
    {"status": (Status.SENT,)},
    {"status": (Status.PRODUCED,)},
    {"status": (Status.REFUSED,), "direction": "incoming"},
    {"status": OPEN, "direction": "incoming"},
    {"direction": "outgoing"},
    {"status": WAITING, "counterpart": stored.PARTY},
    {"counterpart": stored.MOST},
    {"counterpart": stored.OWNER},
    {"status": (*OPEN, Status.REFUSED), "due": "overdue"},
    {"status": (*OPEN, Status.REFUSED), "due": "overdue", "mine": True},
    {"status": (*OPEN, Status.REFUSED), "due": "overdue", "counterpart": stored.PARTY},
    {"status": (*OPEN, Status.REFUSED), "due": "very"},
    {"status": WAITING, "due": "overdue", "old": True},
    {"status": WAITING, "old": True},
)


def plain_requests(work, viewer, *, mine=False, status=(), counterpart=None, direction=None, due=None, old=False):
    query = select(Request.id).join(Case, Case.id == Request.case_id).outerjoin(Clock, that_counts(viewer))
    query = query.where(sight.requests(viewer))
    if mine:
        leads = func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id
        query = query.where(or_(leads, Request.filed_by == viewer.person_id))
    if status:
        query = query.where(Request.status.in_(status))
    if direction:
        query = query.where((Request.direction == direction) != sight.across(viewer))
    if counterpart:
        wanted = select(Authority.id).where(Authority.code == counterpart).scalar_subquery()
        outgoing = and_(Request.direction == "outgoing", Request.recipient_id == wanted)
        is_with = or_(outgoing, and_(Request.direction == "incoming", Request.sender_id == wanted))
        query = query.where(case((sight.across(viewer), Case.agency_id == wanted), else_=is_with))
    if due or old:
        query = query.where(old_rows.is_old(work.now, viewer) if old else old_rows.is_other(work.now, viewer))
    if due == "very":
        query = query.where(Clock.very_at <= work.now)
    elif due:
        late = select(Clock.request_id).where(Clock.kind == "intake", Clock.ended_at.is_(None))
        nobody = and_(Request.id.in_(late.where(Clock.due_at <= work.now)), not_(sight.across(viewer)))
        query = query.where(or_(Clock.due_at <= work.now, nobody))
    return list(work.session.scalars(query.order_by(Clock.due_at.is_(None), Clock.due_at, Request.id)))


def plain_cases(work, viewer, *, mine=False, closed=False):
    query = select(Case.id).where(sight.cases(viewer))
    query = query.where(Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
    if mine:
        query = query.where(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id)
    return list(work.session.scalars(query.order_by(Case.id.desc())))


def plain_holds(work, viewer):
    query = select(Preservation.id).join(Case, Case.id == Preservation.case_id).where(sight.cases(viewer))
    query = query.where(Preservation.closed_at.is_(None))
    query = query.where(or_(Preservation.expires_on.is_(None), Preservation.expires_on >= work.now.date()))
    order = Preservation.expires_on.is_(None), Preservation.expires_on, Preservation.id
    return list(work.session.scalars(query.order_by(*order)))


LISTS = (
    *((request_lists.requests, plain_requests, filters) for filters in FILTERS),
    *((case_lists.cases, plain_cases, filters) for filters in ({}, {"mine": True}, {"closed": True})),
    (hold_lists.preservations, plain_holds, {}),
)


def number(row):
    return row.case.id if isinstance(row, case_lists.CaseCount) else row[0].id if isinstance(row, tuple) else row.id


def whole(ask, work, viewer, filters, limit):
    """A list turned to its end, and back to its beginning."""
    page = ask(work, viewer, limit=limit, **filters)
    found, last = [number(row) for row in page.rows], page
    while last.is_more:
        last = ask(work, viewer, limit=limit, place=PageStart(number(last.rows[-1])), **filters)
        assert last.is_back, (ask.__name__, filters)
        assert last.rows, (ask.__name__, filters)
        assert len(found) < 5_000, (ask.__name__, filters)
        found += [number(row) for row in last.rows]
    back = last
    turned = [number(row) for row in back.rows]
    while back.is_back:
        back = ask(work, viewer, limit=limit, place=PageStart(number(back.rows[0]), before=True), **filters)
        turned = [number(row) for row in back.rows] + turned
    return found, turned, page.total


@pytest.fixture(scope="module")
def filled(shared):
    """A record, and for each who looks and each list of LISTS what the plain condition gives."""
    store, _ = shared(lambda _work: None)
    stored.fill(store, requests=240)
    store.clock.move_to(datetime(2026, 5, 20, 6, tzinfo=UTC))

    def meant(work):
        return [
            (name, viewer, [plain(work, viewer, **filters) for _, plain, filters in LISTS])
            for name, viewer in viewers(work)
        ]

    return store, store.read(meant).result(SECONDS)


def viewers(work):
    for name in ("Auditor", "Liaison", "Party", "Guest", "Officer"):
        viewer = factories.viewer(work.session.scalars(select(Person).where(Person.name == name)).one())
        yield name, viewer
        if name == "Officer":
            yield f"{name} in a room", replace(viewer, ceiling=Label.GREEN)
        if name == "Auditor":
            yield "Auditor, reading history", replace(viewer, history=True)
        if name == "Liaison":
            yield "hosted Liaison", replace(viewer, host_id=work.session.get_one(Authority, viewer.authority_id).id - 1)


@pytest.mark.parametrize(("few", "counted"), [(1_000, 1_000), (8, 40), (8, 8)], ids=["small", "between", "large"])
def test_what_the_ways_lead_to_is_what_the_condition_allows(filled, few, counted, monkeypatch):
    for module in (request_lists, case_lists, hold_lists, paged):
        monkeypatch.setattr(module, "COUNTED", counted)
    for module in (request_lists, paged):
        monkeypatch.setattr(module, "FEW", few)

    store, meant = filled

    def compare(work):
        seen = set()
        for name, viewer, of_lists in meant:
            for (ask, _, filters), wanted in zip(LISTS, of_lists, strict=True):
                limit = len(wanted) + 1 if counted > len(wanted) else max(5, len(wanted) // 2)
                found, turned, total = whole(ask, work, viewer, filters, limit)
                about = (name, ask.__name__, filters)
                assert len(found) == len(set(found)), about
                assert found == wanted, about
                assert turned[-len(found) :] == found[-len(turned) :], about
                assert total == min(len(wanted), counted + 1), about
                seen.add((ask.__name__, str(filters), bool(wanted)))
        return seen

    seen = store.read(compare).result(SECONDS)
    for ask, _, filters in LISTS:
        assert (ask.__name__, str(filters), True) in seen, "nobody saw anything: this compares nothing"
