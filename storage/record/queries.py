"""Reads for lists, searches and pre-flight: what a viewer may see, filtered, newest or most urgent first.

In: a unit of work, a viewer, plain filters. Out: rows with the clock that counts for them. Nothing here changes
anything. One statement each, so that a list is one state of the record.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Clock, Note, Preservation, Request, Target
from storage.models.spelled import contains
from storage.record import old_rows
from storage.rules.clocks import BETWEEN_SIDES
from storage.rules.lifecycle import WAITING, WAITS_FOR_US, Status
from storage.spelling import fold

SEARCHED = re.compile(r"[+(]?\d[\d().\-/]*(?:\s+\(?\d[\d().\-/]*)+(?!\S)|\S+")
"""A phone number with spaces in it, or one word."""
SHOWN = (
    joinedload(Preservation.recipient),
    joinedload(Preservation.case),
    selectinload(Preservation.targets),
    selectinload(Preservation.requests),
)
"""What a line of a hold shows."""


@dataclass(frozen=True)
class Found:
    """A page of a list: the rows, and how many there are in all."""

    rows: list[tuple[Request, Clock | None]]
    total: int


@dataclass(frozen=True)
class CaseCount:
    """A case with how many of its requests wait, and how many of these are overdue."""

    case: Case
    waiting: int
    overdue: int


def requests(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    mine: bool = False,
    status: Sequence[str] = (),
    counterpart: str | None = None,
    direction: str | None = None,
    due: str | None = None,
    old: bool = False,
    limit: int = 20,
    skip: int = 0,
) -> Found:
    """Visible requests with the clock that counts, most urgent first.

    due: "overdue" or "very" keeps those whose clock says so at `work.now`, but for old rows of a register; old: of
      these nothing else. mine: led, opened or filed by the viewer.
    direction, counterpart: from the viewer's side.
    """
    query = _lines(viewer)
    if mine:
        query = query.where(
            or_(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id, Request.filed_by == viewer.person_id)
        )
    if status:
        query = query.where(Request.status.in_(status))
    if direction:
        query = query.where((Request.direction == direction) != sight.across(viewer))
    if counterpart:
        owner = select(Authority.id).where(Authority.code == counterpart).scalar_subquery()
        query = query.where(case((sight.across(viewer), Case.agency_id == owner), else_=is_with(counterpart)))
    if due or old:
        query = query.where(old_rows.is_old(work, viewer) if old else old_rows.is_other(work, viewer))
    if due == "very":
        query = query.where(Clock.very_at <= work.now)
    elif due:
        query = query.where(or_(Clock.due_at <= work.now, _nobody_took_it(work, viewer)))
    total = work.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = query.order_by(Clock.due_at.is_(None), Clock.due_at, Request.id).limit(limit).offset(skip)
    return Found(_pairs(work, page), total)


def of_case(work: UnitOfWork, viewer: Viewer, case_id: int) -> list[tuple[Request, Clock | None]]:
    """The requests of one case, by number."""
    query = _lines(viewer).where(Case.id == case_id).order_by(Request.number)
    return _pairs(work, query)


def _pairs(work: UnitOfWork, query: Select[Request, Clock]) -> list[tuple[Request, Clock | None]]:
    return [(row.Request, row.Clock) for row in work.session.execute(query)]


def that_counts(viewer: Viewer) -> ColumnElement[bool]:
    """The open clock by which a request is due: ours while we owe an answer to a question, else theirs.

    Where neither runs, what waits for the people of its own agency, which the other side does not see.
    """
    own = {kind: status for (_, status), kind in WAITS_FOR_US.items() if status not in WAITING}
    kind = case(
        (Request.status == Status.CLARIFICATION, "clarification"),
        *((Request.status == status, word) for word, status in own.items()),
        else_="answer",
    )
    visible = or_(Clock.kind.in_(BETWEEN_SIDES), not_(sight.across(viewer)))
    return and_(Clock.request_id == Request.id, Clock.ended_at.is_(None), Clock.kind == kind, visible)


def _lines(viewer: Viewer) -> Select[Request, Clock]:
    query = (
        select(Request, Clock)
        .join(Case, Case.id == Request.case_id)
        .outerjoin(Clock, that_counts(viewer))
        .where(sight.requests(viewer))
    )
    return query.options(
        joinedload(Request.case).joinedload(Case.agency),
        joinedload(Request.sender),
        joinedload(Request.recipient),
        joinedload(Clock.authority),
        selectinload(Request.taken),
    )


def _nobody_took_it(work: UnitOfWork, viewer: Viewer) -> ColumnElement[bool]:
    """Incoming requests that should have been taken by now."""
    late = select(Clock.request_id).where(Clock.kind == "intake", Clock.ended_at.is_(None), Clock.due_at <= work.now)
    return and_(Request.id.in_(late), not_(sight.across(viewer)))


def is_with(code: str) -> ColumnElement[bool]:
    """The requests to an authority, and those from it."""
    wanted = select(Authority.id).where(Authority.code == code).scalar_subquery()
    return or_(
        and_(Request.direction == "outgoing", Request.recipient_id == wanted),
        and_(Request.direction == "incoming", Request.sender_id == wanted),
    )


def cases(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    words: str = "",
    mine: bool = False,
    led_by: int | None = None,
    closed: bool | None = False,
    limit: int = 20,
    skip: int = 0,
) -> tuple[list[CaseCount], int]:
    """Visible cases, newest first, and how many there are in all.

    mine: those the viewer leads. led_by: those of the viewer's agency that a person leads.
    words: every one must stand in the title, the reference, an account asked about or kept, a note, or a request's
      references, or be another spelling of such an account.
      For an auditor, who may not read the rest, in one of the references.
    closed: True, False, or None for both.
    """
    query = select(Case).where(sight.cases(viewer))
    if closed is not None:
        query = query.where(Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
    if mine:
        query = query.where(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id)
    if led_by is not None:
        own = Case.agency_id == viewer.authority_id
        query = query.where(own, func.coalesce(Case.lead_id, Case.opened_by) == led_by)
    for text in words.split() if viewer.history else searched(words):
        query = query.where(_numbered(text) if viewer.history else _contains(work, viewer, text))
    total = work.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = (
        query.options(joinedload(Case.lead), joinedload(Case.agency)).order_by(Case.id.desc()).limit(limit).offset(skip)
    )
    found = list(work.session.scalars(page))
    return _counted(work, viewer, found), total


def _counted(work: UnitOfWork, viewer: Viewer, found: list[Case]) -> list[CaseCount]:
    """With the requests of what became part of each."""
    late = case((Clock.due_at <= work.now, 1), else_=0)
    wholes = _wholes(work, [row.id for row in found])
    counts = (
        select(Request.case_id, func.count(), func.coalesce(func.sum(late), 0))
        .join(Case, Case.id == Request.case_id)
        .outerjoin(Clock, that_counts(viewer))
        .where(Request.case_id.in_(wholes), Request.status.in_(WAITING), sight.requests(viewer))
        .group_by(Request.case_id)
    )
    waiting: Counter[int] = Counter()
    overdue: Counter[int] = Counter()
    for case_id, wait, over in work.session.execute(counts):
        for whole in wholes[case_id]:
            waiting[whole] += wait
            overdue[whole] += over
    return [CaseCount(row, waiting[row.id], overdue[row.id]) for row in found]


def _wholes(work: UnitOfWork, ids: Sequence[int]) -> dict[int, set[int]]:
    """{a case: those of `ids` that it is, or became part of}."""
    found = {one: {one} for one in ids}
    level = list(found)
    while level:
        parts = work.session.execute(select(Case.id, Case.merged_into_id).where(Case.merged_into_id.in_(level))).all()
        level = []
        for part, into in ((part, into) for part, into in parts if into is not None):
            known = found.setdefault(part, {part} & set(ids))
            if not found[into] <= known:
                known |= found[into]
                level.append(part)
    return found


def searched(words: str) -> list[str]:
    """What is searched: each word by itself, but a phone number with its spaces is one."""
    return [" ".join(found.split()) for found in SEARCHED.findall(words)]


def _contains(work: UnitOfWork, viewer: Viewer, text: str) -> ColumnElement[bool]:
    """The cases that hold every word of a text, or ask about or keep the account that it is."""
    agency = work.session.get_one(Authority, viewer.authority_id)
    keys = work.reference.accounts.keys(text, country=agency.country)
    return or_(and_(*map(_holds, text.split())), Case.id.in_(_with_account(Target.key.in_(keys))))


def _holds(word: str) -> ColumnElement[bool]:
    asked = (Request.their_reference, Request.basis)
    in_requests = select(Request.case_id).where(or_(*(contains(column, word) for column in asked)))
    in_notes = select(Note.case_id).where(contains(Note.text, word))
    of_account = Target.key.contains(fold(word), autoescape=True)
    in_accounts = _with_account(or_(of_account, contains(Target.typed, word)))
    own = (Case.title, Case.ref, Case.own_reference)
    elsewhere = (Case.id.in_(found) for found in (in_requests, in_notes, in_accounts))
    return or_(*(contains(column, word) for column in own), *elsewhere)


def _with_account(is_it: ColumnElement[bool]) -> Select[int]:
    """The cases whose requests ask about an account that is it, or whose holds keep one."""
    query = select(func.coalesce(Request.case_id, Preservation.case_id)).select_from(Target)
    return query.outerjoin(Target.request).outerjoin(Target.preservation).where(is_it)


def _numbered(word: str) -> ColumnElement[bool]:
    theirs = select(Request.case_id).where(contains(Request.their_reference, word))
    return or_(contains(Case.ref, word), contains(Case.own_reference, word), Case.id.in_(theirs))


def notes(work: UnitOfWork, case_ids: Collection[int], limit: int = 10) -> list[Note]:
    """The newest notes of cases the caller has already been allowed to see."""
    query = (
        select(Note)
        .where(Note.case_id.in_(case_ids))
        .options(joinedload(Note.person))
        .order_by(Note.id.desc())
        .limit(limit)
    )
    return list(work.session.scalars(query))


def preservations(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    case_id: int | None = None,
    until: date | None = None,
    limit: int = 20,
) -> list[Preservation]:
    """Visible holds that are not closed, the next to expire first; `until` keeps those that expire by that day."""
    query = (
        select(Preservation)
        .join(Case, Case.id == Preservation.case_id)
        .where(sight.cases(viewer), Preservation.closed_at.is_(None))
    )
    if case_id is not None:
        query = query.where(Case.id == case_id)
    if until is not None:
        query = query.where(Preservation.expires_on <= until)
    if case_id is None:
        query = query.where(or_(Preservation.expires_on.is_(None), Preservation.expires_on >= work.now.date()))
    query = query.options(*SHOWN)
    return list(
        work.session.scalars(query.order_by(Preservation.expires_on.is_(None), Preservation.expires_on).limit(limit))
    )


def unconfirmed(work: UnitOfWork, viewer: Viewer, *, mine: bool = False, limit: int = 20) -> Sequence[Preservation]:
    """Visible holds that should have been confirmed by now, the oldest first. mine: of cases the viewer leads."""
    query = select(Preservation).join(Case, Case.id == Preservation.case_id)
    query = query.join(Clock, Clock.preservation_id == Preservation.id).where(sight.cases(viewer))
    query = query.where(Clock.kind == "confirmation", Clock.ended_at.is_(None), Clock.due_at <= work.now)
    query = query.where(old_rows.is_other(work, viewer))
    if mine:
        query = query.where(func.coalesce(Case.lead_id, Case.opened_by) == viewer.person_id)
    query = query.options(*SHOWN)
    return work.session.scalars(query.order_by(Clock.due_at, Preservation.id).limit(limit)).all()


def children(work: UnitOfWork, viewer: Viewer, request_id: int) -> list[Request]:
    """The visible requests that a request was transferred to."""
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(Request.parent_id == request_id, sight.requests(viewer))
    )
    return list(work.session.scalars(query.order_by(Request.id)))


def times_asked(work: UnitOfWork, viewer: Viewer) -> dict[str, int]:
    """How many visible requests of the viewer's agency each authority was asked with, by its code."""

    def ask() -> dict[str, int]:
        own = Case.agency_id == viewer.authority_id
        query = select(Authority.code, func.count()).join(Request, Request.recipient_id == Authority.id)
        query = query.join(Case, Case.id == Request.case_id).where(own, sight.requests(viewer))
        found = query.where(Request.direction == "outgoing").group_by(Authority.code)
        return {row[0]: row[1] for row in work.session.execute(found)}

    return work.once(("times asked", viewer), ask)


def is_any_above(work: UnitOfWork, viewer: Viewer, ceiling: Label) -> bool:
    """Whether a viewer sees an open case or request whose label is more restrictive than a ceiling."""
    above = Case.label.in_([label for label in Label if not label.within(ceiling)])
    query = select(Case.id).outerjoin(Request, Request.case_id == Case.id)
    query = query.where(Case.closed_at.is_(None), above, or_(sight.cases(viewer), sight.requests(viewer)))
    return work.session.scalar(select(exists(query))) or False
