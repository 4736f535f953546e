"""The inbox: one row for each message that came in, with the answer it got, in the transaction of the change it caused.

In: a message's key and text. Out: the stored answer for a message met before, and for the same line typed again while
its answer is still owed.
Why the request's digest: the same key with another text is no repeat but a fault of the sender, and is refused.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError
from storage.models import InboxRow
from storage.serialization import storable

_TABLE = cast("Table", InboxRow.__table__)  # written without the ORM's bookkeeping: it stands in every turn
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


_TAKE = {
    postgres: insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)
    for postgres, insert in ((True, postgresql.insert), (False, sqlite.insert))
}
_SETTLE = (
    update(_TABLE).where(_TABLE.c.key == bindparam("of")).values(state=bindparam("state"), reply=bindparam("reply"))
)
_LAST = (
    select(InboxRow.key, InboxRow.digest, InboxRow.reply, InboxRow.at, InboxRow.state)
    .where(
        InboxRow.account == bindparam("account"),
        InboxRow.room == bindparam("room"),
        InboxRow.key != bindparam("key"),
        InboxRow.state != "repeated",
    )
    .order_by(InboxRow.id.desc())
    .limit(1)
)
"""Asked in every turn: put together once."""


def take(work: UnitOfWork, message: Received) -> dict[str, Any] | None:
    """Put a message on record. Returns None for a new one, the stored answer for one met before.

    On PostgreSQL a second copy waits here for the first to commit. Errors: KeyReused.
    """
    row: dict[str, Any] = {
        "key": message.key,
        "account": message.account,
        "room": message.room,
        "text": "" if message.secret else storable(message.text),
    }
    row |= {"digest": message.digest, "at": work.now, "state": "done"}
    if work.session.execute(_TAKE[work.postgres], row).first():
        return None
    found = work.session.execute(select(InboxRow.digest, InboxRow.reply).where(InboxRow.key == message.key)).one()
    if found.digest != message.digest:
        raise KeyReused(message.key)
    return dict(found.reply or {})


def settle(work: UnitOfWork, message: Received, *, state: str, reply: dict[str, Any]) -> None:
    """Keep the answer with its message. `state`: done, refused, repeated, failed, or unsaid: done, and nobody knows."""
    work.session.execute(_SETTLE, {"of": message.key, "state": state, "reply": reply})


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
        settle(work, Received(key, "", "", ""), state="unsaid", reply=found.reply)
    return dict(found.reply), found.at


def just_done(work: UnitOfWork, message: Received, lately: str = "") -> dict[str, Any] | None:
    """The answer to this person's last message in this room, if it was the very same line and was done.

    Moments ago; or, where the answer could not be said, within a day. lately: the key of a message that was answered
    moments ago, whenever it was put on record.
    """
    asked = {"account": message.account, "room": message.room, "key": message.key}
    found = work.session.execute(_LAST, asked).first()
    within = {"done": TWICE_WITHIN, "unsaid": OWED_FOR}
    if found is None or found.state not in within or found.digest != message.digest:
        return None
    moments_ago = found.key == lately or timedelta() <= work.now - found.at < within[found.state]
    return dict(found.reply or {}) if moments_ago else None
