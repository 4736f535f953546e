"""Lists of requests: what a viewer may see, filtered, most urgent first. Reads only.

In: a unit of work, a viewer, plain filters. Out: rows with the clock that counts for them, one state of the record.
A list is found by the ways of `request_ways.py`, and each row of it by the exact condition (`request_pieces.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property, lru_cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.sight import Viewer
from storage.models import Case, Clock, Request
from storage.record import paged, request_pieces
from storage.record.paged import COUNTED, FEW, FIRST, Page, PageStart, turn
from storage.record.queries import that_counts
from storage.record.request_pieces import Key
from storage.record.request_ways import Sought

Pair = tuple[Request, Clock | None]


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
    place: PageStart = FIRST,
) -> Page[Pair]:
    """Visible requests with the clock that counts, most urgent first; what is not due at all comes last, by number.

    due: "overdue" or "very" keeps those whose clock says so at `work.now`, but for old rows of a register; old: of
      these nothing else. mine: led, opened or filed by the viewer.
    direction, counterpart: from the viewer's side.
    """
    sought = Sought(viewer, work.now, mine, tuple(status), counterpart, direction, due, old)
    listing = _Listing(work, sought)
    key = listing.key_of(place.number) if place.number is not None else None
    turned = turn(listing.ask, key, before=place.before, limit=limit, count=listing.count)
    rows = numbered(work, viewer, [number for _, number in turned.keys])
    return Page(rows, turned.total, turned.is_back, turned.is_more)


def count(work: UnitOfWork, viewer: Viewer, *, status: Sequence[str], counterpart: str | None, old: bool) -> int:
    """How many `requests` would find, COUNTED + 1 at most."""
    return _Listing(work, Sought(viewer, work.now, status=tuple(status), counterpart=counterpart, old=old)).count()


def of_case(work: UnitOfWork, viewer: Viewer, case_id: int) -> list[Pair]:
    """The requests of one case, by number."""
    query, values = _of_case(shapes.shape(viewer)), {**shapes.values(viewer), "case_id": case_id}
    return [(row.Request, row.Clock) for row in work.session.execute(query, values)]


def children(work: UnitOfWork, viewer: Viewer, request_id: int) -> list[Request]:
    """The visible requests that a request was transferred to."""
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(Request.parent_id == request_id, sight.requests(viewer))
    )
    return list(work.session.scalars(query.order_by(Request.id)))


def numbered(work: UnitOfWork, viewer: Viewer, numbers: Sequence[int]) -> list[Pair]:
    """Requests that the viewer is known to see, with what a line shows, in this order."""
    if not numbers:
        return []
    rows = work.session.execute(_numbered(shapes.shape(viewer)), {**shapes.values(viewer), "numbers": numbers})
    found = {row.Request.id: (row.Request, row.Clock) for row in rows}
    return [found[number] for number in numbers]


@lru_cache(shapes.KEPT)
def _numbered(shape: Viewer) -> Select[Request, Clock]:
    return _lines(shapes.anyone(shape)).where(Request.id.in_(bindparam("numbers", expanding=True)))


@lru_cache(shapes.KEPT)
def _of_case(shape: Viewer) -> Select[Request, Clock]:
    viewer = shapes.anyone(shape)
    return _lines(viewer).where(Case.id == bindparam("case_id"), sight.requests(viewer)).order_by(Request.number)


def _lines(viewer: Viewer) -> Select[Request, Clock]:
    query = select(Request, Clock).join(Case, Case.id == Request.case_id).outerjoin(Clock, that_counts(viewer))
    return query.options(
        joinedload(Request.case).joinedload(Case.agency),
        joinedload(Request.sender),
        joinedload(Request.recipient),
        joinedload(Clock.authority),
        selectinload(Request.taken),
    )


class _Listing:
    """One list, as it is asked for once.

    What the small ways lead to is one piece, read whole; a list that has no other is read once (`_all`).
    """

    def __init__(self, work: UnitOfWork, sought: Sought) -> None:
        self.work = work
        self.values = {**shapes.values(sought.viewer), "now": sought.now, "counterpart": sought.counterpart}
        self.values |= {"few": FEW + 1, "counted": COUNTED + 1}
        shape = request_pieces.shape(sought)
        sizes = request_pieces.sizes(shape)
        counted = work.session.execute(sizes, self.values).one() if sizes is not None else ()
        self.pieces = request_pieces.pieces(shape, tuple(size > FEW for size in counted))

    @cached_property
    def _all(self) -> list[Key]:
        """Read whole, where all of it is small."""
        query = self.pieces.whole
        rows = self.work.session.execute(query, self.values) if query is not None else ()
        return sorted(((row[0], row[1]) for row in rows), key=_order)

    def ask(self, key: Key | None, before: bool, limit: int) -> Sequence[Key]:  # noqa: FBT001 - as `turn` asks
        """The next ones from a key on, or those before it."""
        if not self.pieces.is_large:
            return _beside(self._all, key, limit, before=before)
        parts = (self._that_are_due, self._the_rest)
        found: list[Key] = []
        for part in reversed(parts) if before else parts:
            if len(found) < limit:
                found += part(key, limit - len(found), before=before)
        return found

    def count(self) -> int:
        """How many there are, COUNTED + 1 at most."""
        if not self.pieces.is_large:
            return min(len(self._all), COUNTED + 1)
        return paged.count(self.work.session.scalars(query, self.values) for query in self.pieces.numbers)

    def key_of(self, number: int) -> Key:
        """Where a request stands that the viewer sees."""
        query = self.pieces.due_at
        return self.work.session.execute(query, {**self.values, "number": number}).scalar_one(), number

    def _that_are_due(self, key: Key | None, limit: int, *, before: bool) -> list[Key]:
        if key and key[0] is None and not before:
            return []
        due, number = key if key and key[0] else (None, None)
        query = self.pieces.due(before=before, from_key=due is not None)
        values = {**self.values, "from_due": due, "from": number, "most": limit}
        return [(row[0], row[1]) for row in self.work.session.execute(query, values)]

    def _the_rest(self, key: Key | None, limit: int, *, before: bool) -> list[Key]:
        if key and key[0] is not None and before:
            return []
        number = key[1] if key and key[0] is None else None
        query = self.pieces.rest(before=before, from_key=number is not None)
        if query is None:
            return []
        values = {**self.values, "from": number, "most": limit}
        return [(None, row[0]) for row in self.work.session.execute(query, values)]


def _order(key: Key) -> tuple[bool, datetime | int, int]:
    due, number = key
    return (due is None, due or 0, number)


def _beside(keys: Sequence[Key], key: Key | None, limit: int, *, before: bool) -> Sequence[Key]:
    if key is None:
        return keys[:limit]
    if before:
        return [one for one in keys if _order(one) < _order(key)][::-1][:limit]
    return [one for one in keys if _order(one) > _order(key)][:limit]
