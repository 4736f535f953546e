"""By which indexes a list of requests is found, for each way in which a viewer comes to them.

In: what is sought. Out: ways, which lead to all that is asked and to some more; whoever goes them asks the exact
condition of each row. A way is a set of requests that an index gives. Where it is small, it is read whole and put in
order; where it is not, it is read in order: its running clocks as they fall due, then the rest by number, no further
than a page.
Must change together: `storage/exposure/sight.py`, whose rules say who comes which way, and the indexes in
`storage/models`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, select, union
from sqlalchemy.orm import InstrumentedAttribute

from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.exposure.ways import among, led_by
from storage.models import Authority, Case, Clock, Request

Conditions = tuple[ColumnElement[bool], ...]
SIDES = ("outgoing", "incoming")
ACROSS = {"outgoing": "incoming", "incoming": "outgoing"}


@dataclass(frozen=True)
class Sought:
    """What a list is asked for: the filters of `request_lists.requests`."""

    viewer: Viewer
    now: datetime
    mine: bool = False
    status: tuple[str, ...] = ()
    counterpart: str | None = None
    direction: str | None = None
    due: str | None = None
    old: bool = False

    @property
    def other(self) -> ColumnElement[int]:
        """The counterpart that was named, by its number."""
        return select(Authority.id).where(Authority.code == self.counterpart).scalar_subquery()


@dataclass(frozen=True, eq=False)
class Way:
    """A set of requests, by number. due: its running clocks; rest: its requests; each the conditions of one index."""

    candidates: Select[int]
    due: tuple[Conditions, ...] = ()
    rest: tuple[Conditions, ...] = ()


def of(sought: Sought) -> list[Way]:
    """The ways to what is sought: to what one leads or filed, or to all that one may see."""
    ways = sight.request_ways(sought.viewer)
    if sought.mine:
        return list(_mine(sought)) if ways.own else []
    found = list(_own(sought)) if ways.own else []
    if sought.old:
        return found
    if ways.party:
        found += _party(sought)
    return [*found, *(Way(_narrowed(sought, Request.case_id.in_(cases))) for cases in ways.named)]


def _mine(sought: Sought) -> Iterator[Way]:
    """In the own agency's cases, where there may be many; and in those of others."""
    me, agency = sought.viewer.person_id, sought.viewer.authority_id
    led = union(*(select(Case.id).where(one) for one in led_by(me)))
    both = [Request.case_id.in_(led), Request.filed_by == me]
    own = _select(union(*(_narrowed(sought, one, Request.agency_id == agency) for one in both)))
    others = _select(union(*(_narrowed(sought, one, Request.agency_id != agency) for one in both)))
    of_agency, *intake = _own(sought)
    yield Way(own, of_agency.due, ((Request.id.in_(own),),))
    yield from (Way(others), *intake)


def _select(numbers: object) -> Select[int]:
    each = numbers.subquery()  # type: ignore[attr-defined]  # a compound select
    return select(each.c[0])


def _own(sought: Sought) -> Iterator[Way]:
    """Those of the agency's own cases."""
    me = sought.viewer.authority_id
    of_clock, of_request = (
        [Clock.agency_id == sought.viewer.authority_id],
        [Request.agency_id == sought.viewer.authority_id],
    )
    if sought.counterpart is not None:
        of_clock.append(Clock.party_id == sought.other)
        of_request.append(Request.party_id == sought.other)
    if sought.old or sought.due:
        late = (*of_clock, Clock.imported.is_(sought.old), *_late(sought))
        yield Way(_clocked(*late), (late,))
        if not sought.old:
            yield Way(_clocked(Clock.agency_id == me, *_late_intake(sought)))
        return
    due = tuple((*of_clock, Clock.imported.is_(imported)) for imported in (True, False))
    yield _in_order(sought, of_request, sought.direction, due)


def _party(sought: Sought) -> Iterator[Way]:
    """Those in others' cases, to which the agency is a party; from there the directions are turned round."""
    me = sought.viewer.authority_id
    of_clock, of_request = [Clock.party_id == me], [Request.party_id == me, Request.agency_id != me]
    if sought.counterpart is not None:
        of_clock.append(Clock.agency_id == sought.other)
        of_request.append(Request.agency_id == sought.other)
    if sought.due:
        late = (*of_clock, *_late(sought))
        yield Way(_clocked(*late), (late,))
    else:
        yield _in_order(sought, of_request, ACROSS.get(sought.direction or ""), ((*of_clock,),))
    for one in for_another(me):  # few, which PostgreSQL cannot know: asked first, by themselves
        yield Way(_narrowed(sought, among(Request.id, one.correlate(None).scalar_subquery())))


def for_another(authority_id: int) -> tuple[Select[int], ...]:
    """The requests for which an authority stands in a case of an agency that is neither of their two sides."""
    stands = select(Request.id).where(Request.agency_id != Request.sender_id, Request.agency_id != Request.recipient_id)
    return stands.where(Request.sender_id == authority_id), stands.where(Request.recipient_id == authority_id)


def _in_order(
    sought: Sought, of: Sequence[ColumnElement[bool]], direction: str | None, due: tuple[Conditions, ...]
) -> Way:
    only = Request.direction == direction if direction else None
    candidates = _narrowed(sought, *of, *([only] if only is not None else []))
    states: list[Conditions] = [(Request.status == status,) for status in sought.status] or [()]
    if sought.counterpart is not None:
        return Way(candidates, due, tuple((*of, *state) for state in states))
    sides = [Request.direction == side for side in ([direction] if direction else SIDES)]
    return Way(candidates, due, tuple((*of, *state, side) for state in states for side in sides))


def _narrowed(sought: Sought, *conditions: ColumnElement[bool]) -> Select[int]:
    """By the states that are asked for; of what is late, those with a running clock."""
    query = select(Request.id).where(*conditions)
    if sought.status:
        query = query.where(Request.status.in_(sought.status))
    if sought.due or sought.old:
        query = query.where(exists().where(Clock.request_id == Request.id, Clock.ended_at.is_(None)))
    return query


def _clocked(*conditions: ColumnElement[bool]) -> Select[int]:
    """Of a request with two such clocks the number is there twice."""
    return select(Clock.request_id).where(*running(), *conditions)  # type: ignore[return-value]  # they are of requests


def running() -> Conditions:
    """The clocks that run for requests: as their indexes are said."""
    return Clock.ended_at.is_(None), Clock.request_id.is_not(None)


def _late(sought: Sought) -> Conditions:
    very: InstrumentedAttribute[datetime | None] = Clock.very_at
    return (Clock.due_at <= sought.now, *([very <= sought.now] if sought.due == "very" else []))


def _late_intake(sought: Sought) -> Conditions:
    return Clock.kind == "intake", Clock.due_at <= sought.now
