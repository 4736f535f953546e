"""One transaction: the session, the moment, and the audit lines that are written with the change.

In: a session that somebody else opened and will commit. Out: nothing unless that somebody commits.
What need not be read back is written at the end, all of a kind with one statement; the audit lines last.
Why these last: on PostgreSQL the chain has one writer at a time, and its lock is then held for the shortest time.
"""

import json
from collections import Counter as Counts
from collections import deque
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import sets
from storage.history import chain
from storage.models import Counter
from storage.models.base import Base
from storage.reference.catalog import Reference
from storage.serialization import storable

T = TypeVar("T")
Row = TypeVar("Row", bound=Base)

SYSTEM = "desk"  # the actor of what nobody typed
_COUNTER = cast("Table", Counter.__table__)
_NUMBER = {
    postgres: begun.on_conflict_do_update(
        index_elements=["name"], set_={"last": _COUNTER.c.last + begun.excluded.last}
    ).returning(_COUNTER.c.name, _COUNTER.c.last)
    for postgres, begun in ((True, postgresql.insert(_COUNTER)), (False, sqlite.insert(_COUNTER)))
}


@dataclass
class UnitOfWork:
    """What a job works with. `now` is aware UTC and stands still in the transaction; `actor` signs the audit lines.

    `via`: the platform and account the actor types from ("telegram:A12", "console"); empty for the desk itself.
    `queued`: something was put into the outbox; whoever sends is told of it after the commit.
    """

    session: Session
    now: datetime
    reference: Reference
    actor: str = SYSTEM
    via: str = ""
    queued: bool = False
    _later: dict["Write", list[Any]] = field(default_factory=dict)
    _lines: list[chain.ChainDraft] = field(default_factory=list)
    _known: dict[Hashable, Any] = field(default_factory=dict)
    _new: sets.NewRows | None = None
    _reserved: dict[str, deque[int]] = field(default_factory=dict)
    _connection: Connection | None = None

    def act_as(self, actor: str, via: str = "") -> None:
        """Sign the audit lines from here on: by whom, and from which account."""
        self.actor, self.via = actor, via

    def audit(self, act: str, ref: str, *, before: Any = None, after: Any = None, personal: str = "") -> None:  # noqa: ANN401 - JSON
        """Put one line on record with the change.

        personal: text that may have to be erased one day; it stays out of the chain.
        """
        facts = _facts({"before": before, "after": after} | ({"via": self.via} if self.via else {}))
        self._lines.append(chain.ChainDraft(self.actor, act, storable(ref), storable(facts), storable(personal)))

    def later(self, write: "Write", row: object) -> None:
        """Have a row written at the end, with one call of `write` for all rows that were given with it."""
        self._later.setdefault(write, []).append(row)

    def lines_of(self, ref: str) -> list[chain.ChainDraft]:
        """The lines of a record that go on the chain with this change, in order."""
        return [line for line in self._lines if line.ref == ref]

    def new(self, kind: type[Row], /, **values: Any) -> Row:  # noqa: ANN401 - of its columns and links
        """A new row of a model, to be completed and given to `add`: made as this transaction will write it."""
        return kind(**values) if self._new is None else sets.new(kind, values)

    def add(self, *rows: Base) -> None:
        """New rows, written with the change."""
        if self._new is None:
            self.session.add_all(rows)
        else:
            for row in rows:
                self._new.add(row)

    def put(self, row: Base) -> None:
        """One new row, written now and not changed after; what it is linked with is on record already.

        Why not `add`: to a session one row is as much work as all else of a short turn.
        """
        sets.put(self.connection, row)

    def write_in_sets(self) -> None:
        """From here on what is added has its number at once, and is written at the end: for hundreds of rows."""
        self._new = sets.NewRows(self.session)

    def number(self, name: str) -> int:
        """The next number under a name, from 1: no gap, no double; it commits or vanishes with what uses it."""
        if not self._reserved.get(name):
            self.reserve([name])
        return self._reserved[name].popleft()

    def reserve(self, names: Collection[str]) -> list[int]:
        """Take at once what `number` will give for these names, a name as often as it will be asked for, in order.

        Whoever reserves asks for all of them: what is left over is a gap.
        """
        wanted = Counts(names)
        values = [
            {"name": name, "last": wanted[name]} for name in sorted(wanted)
        ]  # in one order: no two wait in a ring
        for name, last in self.connection.execute(_NUMBER[self.postgres], values):
            self._reserved.setdefault(name, deque()).extend(range(last - wanted[name] + 1, last + 1))
        ahead = {name: iter(list(self._reserved[name])[-count:]) for name, count in wanted.items()}
        return [next(ahead[name]) for name in names]

    def once(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What `ask` answers, asked once in this transaction. For rows that this transaction does not change."""
        if key not in self._known:
            self._known[key] = ask()
        answer: T = self._known[key]
        return answer

    def ask_again(self) -> None:
        """Forget what was asked once: this transaction has changed what the answers stand on."""
        self._known.clear()

    @property
    def connection(self) -> Connection:
        """For statements that know no objects; written by them or read is what is on record, not what is pending."""
        if self._connection is None:
            self._connection = self.session.connection()
        return self._connection

    @property
    def postgres(self) -> bool:
        """True on PostgreSQL, where rows are locked by hand."""
        return self.connection.dialect.name == "postgresql"

    def take_back(self) -> None:
        """Undo all that this job has done so far, and forget what it had read; it may go on from here."""
        self.session.rollback()
        self._connection = None  # it has no transaction until the session begins one
        self._lines.clear()
        self._later.clear()
        self._known.clear()
        self._reserved.clear()
        self._new, self.queued = None, False

    def drop_later(self) -> None:
        """Drop what waits for the end since it was written out last: what it belongs to was undone."""
        self._later.clear()

    def write_out(self) -> None:
        """Write what waits for the end, but for the audit lines. For whoever reads it in this transaction."""
        self.session.flush()
        if self._new:
            self._new.write()
        while self._later:
            write = next(iter(self._later))
            write(self, self._later.pop(write))

    def finish(self) -> None:
        """Write what is pending, the audit lines last. Called by the store before it commits."""
        self.write_out()
        if self._lines:
            chain.append(self.connection, self._lines, at=self.now)
            self._lines.clear()


Write = Callable[[UnitOfWork, list[Any]], None]
"""Writes rows of one kind, all with one statement."""


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


_facts = json.JSONEncoder(default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
