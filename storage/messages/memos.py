"""Memos: small values that an adapter keeps over a restart, each until its time is up.

In: a key, a value, how long it counts. Out: the value, and whether its time is up. What nobody came back for is deleted
a day later, by a tick.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.models import Memo

Value = Mapping[str, Any]

GRACE = timedelta(days=1)  # a memo whose time is up can still be read, and put away politely


@dataclass(frozen=True)
class Kept:
    """A memo. `late`: its time is up."""

    key: str
    value: Value
    late: bool


def put(work: UnitOfWork, values: Mapping[str, Value], *, seconds: float) -> None:
    """Keep each value under its key, in place of what stood there, for so long."""
    until = work.now + timedelta(seconds=seconds)
    rows = sorted(values.items())  # in one order, so that two that keep the same do not wait for each other
    kept = [{"key": key, "value": dict(value), "until": until} for key, value in rows]
    work.session.connection().execute(_PUT[work.postgres], kept)


def _put(insert: Any) -> Any:  # noqa: ANN401 - of either database
    row = insert(Memo)
    new = {"value": row.excluded.value, "until": row.excluded.until}
    return row.on_conflict_do_update(index_elements=["key"], set_=new)


_PUT = {True: _put(postgresql.insert), False: _put(sqlite.insert)}
_GET = select(Memo.value, Memo.until).where(Memo.key == bindparam("key"))  # asked with every line in a private chat


def let_go(work: UnitOfWork, most: int) -> int:
    """Delete what nobody came back for, so many at most. How many."""
    old = select(Memo.key).where(Memo.until < work.now - GRACE).order_by(Memo.until).limit(most)
    return len(work.session.scalars(delete(Memo).where(Memo.key.in_(old)).returning(Memo.key)).all())


def put_once(work: UnitOfWork, prefix: str, key: str, *, until: datetime) -> bool:
    """Note that something happened, until then; whether it had not yet. Whoever asks at the same moment waits."""
    work.session.execute(delete(Memo).where(Memo.key.startswith(prefix, autoescape=True), Memo.until <= work.now))
    insert = postgresql.insert if work.postgres else sqlite.insert
    row = insert(Memo).values(key=prefix + key, value={}, until=until).on_conflict_do_nothing()
    return work.session.execute(row.returning(Memo.key)).first() is not None


def get(work: UnitOfWork, key: str) -> Kept | None:
    """What is kept under a key."""
    row = work.connection.execute(_GET, {"key": key}).first()
    return Kept(key, row.value, row.until <= work.now) if row else None


def late(work: UnitOfWork, prefix: str) -> list[Kept]:
    """Those whose time is up, among the keys that begin so."""
    rows = select(Memo).where(Memo.key.startswith(prefix, autoescape=True), Memo.until <= work.now)
    return [Kept(row.key, row.value, late=True) for row in work.session.scalars(rows.order_by(Memo.key))]


def drop(work: UnitOfWork, key: str) -> None:
    """Forget it."""
    work.session.execute(delete(Memo).where(Memo.key == key))
