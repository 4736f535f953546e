"""Fetching a record with what every view of it asks for; or locked, where it is about to change.

In: what a person typed of a reference, already cut; who looks. Out: the rows of one kind that they see and may mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, union_all
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.sql.base import ExecutableOption

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes, sight
from storage.exposure.sight import Viewer
from storage.exposure.ways import among
from storage.models import Case, Clock, Request
from storage.spelling import fold

T = TypeVar("T")
MANY = 20  # how many candidates an ambiguous short form may bring
KEY_OWN = "key_own"


@dataclass(frozen=True)
class Key:
    """A typed reference, cut: any part may be missing. `text` is the whole, for own (diary) references."""

    text: str
    prefix: str | None = None
    year: int | None = None
    number: int | None = None
    part: int | None = None


def fetch(work: UnitOfWork, viewer: Viewer, kind: type[T], key: Key, *, change: bool) -> list[T]:
    """The visible rows that a key fits, with what every view asks for; locked ones alone.

    Why: who waited for a lock gets the row as it is then, but beside it what it was linked to before.
    """
    asked: Any = kind  # a class, by which the statement is kept
    query = _visible(shapes.shape(viewer), asked, _shape(key), locks=change and work.postgres)
    return list(work.session.scalars(query, {**shapes.values(viewer), **_values(key)}))


def case_fits(key: Key) -> ColumnElement[bool]:
    """The cases a typed reference may mean: those of the number, and those that an agency has under it as its own."""
    values = _values(key)
    of: dict[str, BindParameter[Any]] = {name: bindparam(name, values[name]) for name in values if name != KEY_OWN}
    own: BindParameter[Any] = bindparam(KEY_OWN, values[KEY_OWN], expanding=True)
    found = select(Case.id).where(Case.own_reference_folded.in_(own)).correlate(None)
    if key.number is None:
        return among(Case.id, found.scalar_subquery())
    numbered = select(Case.id).where(Case.number == of["key_number"]).correlate(None)
    if key.year is not None:
        numbered = numbered.where(Case.year == of["key_year"])
    if key.prefix is not None:
        numbered = numbered.where(Case.ref.startswith(of["key_begins"], escape="/"))
    return among(Case.id, union_all(numbered, found).scalar_subquery())


def _shape(key: Key) -> Key:
    """Which parts there are of a key."""
    numbers = (None if one is None else 0 for one in (key.year, key.number, key.part))
    return Key("", None if key.prefix is None else "", *numbers)


def _values(key: Key) -> dict[str, Any]:
    begins = (key.prefix or "").upper().replace("/", "//").replace("%", "/%").replace("_", "/_")
    numbers = {"key_year": key.year, "key_number": key.number, "key_part": key.part}
    return {**numbers, "key_begins": f"{begins}-", KEY_OWN: [one for one in [fold(key.text)] if one]}


@lru_cache(shapes.KEPT)
def _visible(shape: Viewer, kind: type[Any], key: Key, *, locks: bool) -> Select[Any]:
    viewer = shapes.anyone(shape)
    query = select(kind).where((sight.requests if kind is Request else sight.cases)(viewer), case_fits(key))
    if kind is not Case:
        query = query.join(Case, Case.id == kind.case_id)
        if key.part is not None:
            query = query.where(kind.number == bindparam("key_part"))
    query = query.order_by(Case.agency_id != viewer.authority_id, kind.id.desc()).limit(MANY + 1)
    if locks:
        query = query.with_for_update(of=kind)
        return query.execution_options(populate_existing=True)  # as it is now that nobody else can change it
    return query.options(*_shown(kind))


def _shown(kind: type[Any]) -> Iterator[ExecutableOption]:
    """What every view of a record asks for."""
    of_case = (Case.agency, Case.lead, Case.opener)
    if kind is Case:
        yield from map(joinedload, of_case)
    elif kind is Request:
        yield from (contains_eager(Request.case).joinedload(row) for row in of_case)
        yield from map(joinedload, (Request.sender, Request.recipient, Request.filer, Request.mover))
        yield joinedload(Request.taken).joinedload(Clock.person)
