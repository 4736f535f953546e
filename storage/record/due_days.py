"""Due days: what falls due of an agency's work, or of one person's, from a moment on; for a calendar. Reads only.

In: a scope (`scopes.py`), a moment. Out: clocks, with what an entry of a calendar shows.

    running     due at that moment or later; of a register that nobody took up, only what is not due yet between the
                two sides: its house clocks began with the import, all on one day, and nobody is held to them
    paused      no day is known while somebody answers a question
    ended       what was due later than now and is not any more: whoever has it in a calendar takes it out again;
                not what a register brought as answered, which was in none

Of one person: cases they lead, or opened and nobody leads; requests they filed. Of the agency: its cases, and what
others here ask it, or it asks them for somebody else.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, func, not_, or_, select, union
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.ways import led_by
from storage.models import AuditLine, Case, Clock, Preservation, Request
from storage.record.scopes import AGENCY, NOW, Scope, ScopeShape
from storage.rules.clocks import BETWEEN_SIDES
from storage.rules.holds import WAITS
from storage.rules.lifecycle import OPEN, Status
from storage.times import UTCDateTime

T = TypeVar("T")

AT_ONCE = 500  # references in one statement
SINCE: BindParameter[datetime] = bindparam("since", type_=UTCDateTime)
ENDED_SINCE: BindParameter[datetime] = bindparam("ended_since", type_=UTCDateTime)
MOST: BindParameter[int] = bindparam("most", type_=Integer)


def due(
    work: UnitOfWork, scope: Scope, *, mine: bool, since: datetime, ended_since: datetime, most: int
) -> list[Clock]:
    """At most so many, the first to fall due first, paused ones last. ended_since: of what has ended. Aware UTC."""
    values = {**scope.values, "now": work.now, "since": since, "ended_since": ended_since, "most": most}
    found: dict[int, datetime | None] = {}
    for query in _arms(scope.shape, mine=mine):
        found |= {row.id: row.due_at for row in work.session.execute(query, values)}
    numbers = sorted(found, key=lambda number: (found[number] is None, found[number], number))[:most]
    rows = {row.id: row for some in _some(numbers) for row in work.session.scalars(_shown(some))}
    return [rows[number] for number in numbers]


def changed(work: UnitOfWork, refs: list[str]) -> dict[str, datetime]:
    """{reference: when anything was last put on record of it}; aware UTC."""
    found: dict[str, datetime] = {}
    for some in _some(refs):
        query = select(AuditLine.ref, func.max(AuditLine.at)).where(AuditLine.ref.in_(some)).group_by(AuditLine.ref)
        found |= {row[0]: row[1] for row in work.session.execute(query)}
    return found


@lru_cache(shapes.KEPT)
def _arms(shape: ScopeShape, *, mine: bool) -> list[Select[int, datetime | None]]:
    """Each is one index, of requests and of holds apart."""
    of_requests = [_of_mine(shape)] if mine else [*_of_agency(), *_across()]
    ours, ended = (
        Clock.agency_id == AGENCY,
        and_(Clock.ended_at >= ENDED_SINCE, Clock.due_at > NOW, not_(Clock.imported)),
    )
    led, filed = or_(*led_by(shape.viewer.person_id)), Request.filed_by == shape.viewer.person_id
    theirs = [or_(led, filed)] if mine else []
    shown = or_(Clock.kind.in_(BETWEEN_SIDES), not_(sight.across(shape.viewer)))
    requests = [shape.clocks(select(Clock.id).where(Clock.kind != "taken", *arm)) for arm in of_requests]
    requests.append(shape.clocks(select(Clock.id).where(ours, ended)).where(*theirs))
    kinds = Clock.kind.in_(("preservation", *WAITS))
    runs = shape.kept(ours, Clock.ended_at.is_(None), kinds, or_(Clock.due_at >= SINCE, Clock.due_at.is_(None)))
    holds = [runs, shape.kept(ours, ended)]
    all_of_them = [*(one.where(shown) for one in requests), *(one.where(*([led] if mine else [])) for one in holds)]
    return [
        one.with_only_columns(Clock.id, Clock.due_at).where(Clock.kind != "taken").order_by(Clock.due_at).limit(MOST)
        for one in all_of_them
    ]


def _of_agency() -> Iterator[tuple[ColumnElement[bool], ...]]:
    """What runs in its own cases: what is due, what came with a register, and what is paused."""
    ours = (Clock.agency_id == AGENCY, Clock.ended_at.is_(None), Clock.request_id.is_not(None))
    yield (*ours, Clock.imported.is_(False), Clock.due_at >= SINCE)
    yield (*ours, Clock.imported.is_(True), Clock.due_at > NOW, Clock.kind.in_(BETWEEN_SIDES))
    yield (*ours, Clock.imported.is_(False), Clock.due_at.is_(None))


def _across() -> Iterator[tuple[ColumnElement[bool], ...]]:
    """What runs in cases of other agencies, to which it is a party."""
    theirs = (Clock.party_id == AGENCY, Clock.agency_id != AGENCY, Clock.ended_at.is_(None))
    yield (*theirs, Clock.request_id.is_not(None), or_(Clock.due_at >= SINCE, Clock.due_at.is_(None)))


def _of_mine(shape: ScopeShape) -> tuple[ColumnElement[bool], ...]:
    """What runs of the requests that are the viewer's."""
    person, states = shape.viewer.person_id, Request.status.in_((*OPEN, Status.REFUSED))
    led = select(Case.id).where(Case.agency_id == AGENCY, or_(*led_by(person)))
    filed = select(Request.id).where(Request.filed_by == person, Request.agency_id == AGENCY, states)
    both = union(select(Request.id).where(Request.case_id.in_(led), states), filed).subquery()
    is_due = or_(Clock.due_at.is_(None), Clock.due_at >= SINCE)
    is_ours = or_(Clock.imported.is_(False), and_(Clock.due_at > NOW, Clock.kind.in_(BETWEEN_SIDES)))
    return Clock.request_id.in_(select(both.c.id)), Clock.ended_at.is_(None), is_due, is_ours


def _shown(numbers: list[int]) -> Select[Clock]:
    of_request, kept = joinedload(Clock.request), joinedload(Clock.preservation)
    both_sides = (joinedload(Request.sender), joinedload(Request.recipient))
    held_by = (joinedload(Preservation.recipient), joinedload(Preservation.asker))
    return (
        select(Clock)
        .where(Clock.id.in_(numbers))
        .options(
            joinedload(Clock.authority),
            of_request.options(joinedload(Request.case).joinedload(Case.agency), *both_sides),
            kept.options(joinedload(Preservation.case).joinedload(Case.agency), *held_by),
        )
    )


def _some(values: list[T]) -> Iterator[list[T]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
