"""External accounts and rooms: guests and shared rooms as platforms report them, and which were admitted.

In: a room that is shared with another organisation, an account of a guest, or that they are so no more. Out: rows, and
a line of history for each change. An admission is for what was there when it was given: it ends when that changes.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Account, Channel, External, Person, Workspace
from storage.serialization import storable

TITLE_CHARACTERS = 100

_ACCOUNT = select(Account).where(Account.platform == bindparam("platform"), Account.external_id == bindparam("account"))


def account_of(work: UnitOfWork, platform: str, external_id: str) -> Account | None:
    """An account, linked or revoked."""
    return work.session.scalars(_ACCOUNT, {"platform": platform, "account": external_id}).first()


def rooms(work: UnitOfWork, platform: str, external_id: str) -> Sequence[Channel]:
    """A room with all its threads, without those that were left."""
    query = select(Channel).where(Channel.platform == platform, Channel.external_id == external_id)
    return work.session.scalars(query.where(Channel.left_at.is_(None)).order_by(Channel.id)).all()


def is_news(
    work: UnitOfWork,
    platform: str,
    *,
    account: str,
    guest: bool | None,
    room: str,
    shared: bool | None,
    room_name: str = "",
) -> bool:
    """Whether the record says otherwise of an account, or of a room. What the platform has not said (None) is none."""
    row = account_of(work, platform, account)
    if row is not None and _differs(row, external=guest):
        return True
    known = rooms(work, platform, room) if room else ()
    return any(_differs(one, external=shared) or _is_renamed(one, room_name) for one in known)


def record_status(
    work: UnitOfWork, row: Account | Channel, *, external: bool | None, since: datetime | None = None
) -> bool:
    """Put on record what a platform says of a room or an account. Whether it is external anew, so nobody admitted it.

    since: one more organisation came in then, so an earlier admission has ended. None of `external` changes nothing.
    """
    if external is None:
        return False
    joined = bool(external and since and row.admitted_at and row.admitted_at < since)
    changed, before = joined or _differs(row, external=external), _facts(row)
    row.outside = external
    if not changed:
        return False
    forget_admission(row)
    act, ref = ("account", row.person.actor) if isinstance(row, Account) else ("channel", f"channel:{row.id}")
    work.audit(f"{act} outside", ref, before=before, after=_facts(row))
    return external


def title(name: str) -> str:
    """What people call a room, as it is kept."""
    return storable(name)[:TITLE_CHARACTERS]


def call(room: Channel, name: str) -> None:
    """Put on record what people call a room; nothing, where the platform has not said."""
    if _is_renamed(room, name):
        room.title = title(name)


def admit(work: UnitOfWork, row: External, by: Person) -> None:
    """Let it in as it is now."""
    row.outside, row.admitted_at, row.admitted_by = True, work.now, by.id


def forget_admission(row: External) -> None:
    """What was let in is no more."""
    row.admitted_at = row.admitted_by = None


def workspace(work: UnitOfWork, platform: str, external_id: str) -> Workspace | None:
    """A workspace that an administrator gave a ceiling."""
    query = select(Workspace).where(Workspace.platform == platform, Workspace.external_id == external_id)
    return work.session.scalars(query).first()


def _differs(row: External, *, external: bool | None) -> bool:
    """Whether it is a change: what nobody has said of yet is not outside, as on platforms that know nothing of it."""
    return external is not None and bool(row.outside) is not external


def _is_renamed(room: Channel, name: str) -> bool:
    return bool(name) and room.title != title(name)


def _facts(row: External) -> dict[str, bool]:
    return {"outside": bool(row.outside), "admitted": row.admitted_at is not None}
