"""The inbox: one row for each message that came in, with the answer it got, in the transaction of the change it caused.

In: a message's key and text. Out: the stored answer for a message met before, and for the same line typed again while
its answer is still owed.
A row is written once, with its answer, at the end of its turn. Two copies of a message at once: on SQLite the second
turn begins when the first is over; on PostgreSQL the second waits at its end, is undone, and finds the first.
Why the request's digest: the same key with another text is no repeat but a fault of the sender, and is refused.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from typing import cast as typed

from sqlalchemy import Table, Text, bindparam, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.errors import StaleRecord, StorageError
from storage.models import InboxRow
from storage.record import arrivals
from storage.record.arrivals import Arrival
from storage.serialization import storable

_TABLE = typed("Table", InboxRow.__table__)  # written without the ORM's bookkeeping: it stands in every turn
TWICE_WITHIN = timedelta(seconds=10)  # the same line again so soon is a slip of the finger
COPIED = ("done", "unsaid", "repeated")
OWED_FOR = timedelta(days=1)  # how long an answer that could not be said is the answer to the same line


class KeyReused(StorageError):
    """One key, two different messages."""


@dataclass(frozen=True)
class Received:
    """What identifies a message: `key` for ever, `account` and `room` for who and where.

    `same`: what two lines have in common that ask for the same; `text`: as it was typed. `secret`: no text is kept.
    """

    key: str
    account: str
    room: str
    text: str
    same: str = ""
    secret: bool = False

    @property
    def digest(self) -> str:
        """A fingerprint of the text and where it was typed."""
        whole = "\0".join((self.account, self.room, " ".join((self.same or self.text).split())))
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


_PUT = {
    postgres: insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)
    for postgres, insert in ((True, postgresql.insert), (False, sqlite.insert))
}
_SETTLE = (
    update(_TABLE).where(_TABLE.c.key == bindparam("of")).values(state=bindparam("state"), reply=bindparam("reply"))
)
_ANEW = _SETTLE.where(_TABLE.c.state == "refused")
_MINE, _LAST, _BEFORE = _TABLE.alias("mine"), _TABLE.alias("last"), _TABLE.alias("before")
_NEWEST = select(func.max(_BEFORE.c.id)).where(
    _BEFORE.c.account == bindparam("who"),
    _BEFORE.c.room == bindparam("where"),
    _BEFORE.c.key != bindparam("key"),
    _BEFORE.c.state != "repeated",
)
_MET = {
    in_room: arrived.outerjoin(_MINE, _MINE.c.key == bindparam("key"))
    .outerjoin(_LAST, _LAST.c.id == _NEWEST.scalar_subquery())
    .add_columns(_MINE.c.digest, cast(_MINE.c.reply, Text).label("stored"))
    .add_columns(_LAST.c.key, _LAST.c.digest, cast(_LAST.c.reply, Text).label("answer"), _LAST.c.at, _LAST.c.state)
    for in_room, arrived in arrivals.ARRIVED.items()
}
"""Asked in every turn: put together once."""


@dataclass(frozen=True)
class Last:
    """The last line of a person in a room."""

    key: str
    digest: str
    reply: str
    at: datetime
    state: str


@dataclass(frozen=True)
class Met:
    """What is on record when a message comes in. `stored`: the answer to this very message; None for a new one."""

    message: Received
    stored: dict[str, Any] | None
    last: Last | None  # before it

    def just_done(self, now: datetime, lately: str = "") -> dict[str, Any] | None:
        """The answer to this person's last message in this room, if it was the very same line and was done.

        Moments ago; or, where the answer could not be said, within a day. lately: the key of a message that was
        answered moments ago, whenever it was put on record.
        """
        last = self.last
        within = {"done": TWICE_WITHIN, "unsaid": OWED_FOR}
        if last is None or last.state not in within or last.digest != self.message.digest:
            return None
        moments_ago = last.key == lately or timedelta() <= now - last.at < within[last.state]
        return _kept(last.reply) if moments_ago else None


def meet(work: UnitOfWork, message: Received, arrival: Arrival) -> Met:
    """Look whether a message was met before, and what came before it; with who speaks and where, in one question.

    Errors: KeyReused.
    """
    asked = {"key": message.key, "who": message.account, "where": message.room}
    _, row = arrivals.ask(work, arrival, _MET, asked)
    digest, reply, *last = row[4:]
    if digest not in (None, message.digest):
        raise KeyReused(message.key)
    return Met(message, None if digest is None else _kept(reply), Last(*last) if last[0] else None)


def _kept(reply: str | None) -> dict[str, Any]:
    return dict(json.loads(reply or "{}") or {})


def keep(work: UnitOfWork, met: Met, *, state: str, reply: dict[str, Any]) -> None:
    """Put a message on record with its answer. `state`: done, refused, repeated, failed.

    On PostgreSQL a second copy waits here for the first to commit. Errors: StaleRecord for that second copy.
    """
    message = met.message
    if met.stored is not None:  # it was refused, and came anew
        settled = work.connection.execute(_ANEW, {"of": message.key, "state": state, "reply": reply})
        if settled.rowcount == 0:
            raise StaleRecord(message.key)
        return
    row: dict[str, Any] = {"key": message.key, "account": message.account, "room": message.room}
    row |= {"text": "" if message.secret else storable(message.text), "digest": message.digest}
    row |= {"at": work.now, "state": state, "reply": reply}
    if work.connection.execute(_PUT[work.postgres], row).first() is None:
        raise StaleRecord(message.key)


def settle(work: UnitOfWork, key: str, *, state: str, reply: dict[str, Any]) -> None:
    """Change the answer to a message. `state`: as in `keep`, or unsaid: done, and nobody knows."""
    work.connection.execute(_SETTLE, {"of": key, "state": state, "reply": reply})


def copied(work: UnitOfWork, message: Received, key: str) -> dict[str, Any] | None:
    """The answer to a copy that came under this key, if it was done, or was a copy of one that was."""
    query = select(InboxRow.digest, InboxRow.reply).where(InboxRow.key == key, InboxRow.state.in_(COPIED))
    found = work.session.execute(query).first()
    return dict(found.reply or {}) if found and found.digest == message.digest else None


def put_off(work: UnitOfWork, key: str) -> tuple[dict[str, Any], datetime] | None:
    """The answer to a message could not be said. What it was, and when it came; None where nothing is on record."""
    owed = select(InboxRow.state, InboxRow.reply, InboxRow.at)
    owed = owed.where(InboxRow.key == key, InboxRow.state != "repeated")
    found = work.session.execute(owed).first()
    if found is None or found.reply is None:
        return None
    if found.state == "done":
        settle(work, key, state="unsaid", reply=found.reply)
    return dict(found.reply), found.at
