"""Sending: outbox rows taken by delivery, and how each ended.

    pending -claim-> sending -sent-> sent
                             -drop-> dropped      no longer true, or not for these eyes
                             -back-> pending      to be tried again
                             -dead-> dead         until somebody decides (`desk retry`)

In: the platform whose turn it is. Out: rows for one sender alone, and their end on record.
`sending` is committed before the platform is called, so after a crash it means: nobody knows. Such a row goes back to
pending and keeps `send_started_at`; a pending row that has it may have been said already, and delivery asks the
platform or marks the repeat. While a row is `sending`, nobody else may touch it before its `not_before`.
Order is kept for one recipient and one subject; what waits for a morning (`wait`) belongs to the digests, not to us.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, func, not_, or_, select, update
from sqlalchemy.orm import aliased

from storage.database.unit_of_work import UnitOfWork
from storage.models import Channel, OutboxRow, Recipient, is_person
from storage.rules.mornings import quiet_end
from storage.times import UTCDateTime

LEASE = timedelta(seconds=60)  # how long a claimed row is one sender's; well over a look-up and two sendings
OUTCOME = 300  # characters


@dataclass(frozen=True)
class Claimed:
    """One row that is ours to send. `doubtful_since`: an earlier sending began then, and nobody knows how it ended."""

    id: int
    cause: str
    notice: str
    fields: dict[str, Any]
    recipient: Recipient
    platform: str
    label: str
    subject: str
    card: bool
    marked: bool
    urgent: bool
    attempts: int
    doubtful_since: datetime | None


_CLAIMED = (
    OutboxRow.id, OutboxRow.cause, OutboxRow.notice, OutboxRow.fields, OutboxRow.recipient, OutboxRow.platform,
    OutboxRow.label, OutboxRow.subject, OutboxRow.card, OutboxRow.marked, OutboxRow.urgent, OutboxRow.attempts,
    OutboxRow.send_started_at,
)  # fmt: skip
"""The fields of `Claimed`."""


# ---- claim ---------------------------------------------------------------------------------------------------------


def is_due(work: UnitOfWork, platform: str, *, only: Recipient | None = None) -> bool:
    """Whether anything could be claimed. A cheap look, without a write transaction."""
    return bool(work.connection.scalar(_LOOK[only is not None], _given(work, platform, only)))


def claim(
    work: UnitOfWork, platform: str, *, limit: int, besides: Collection[Recipient] = (), only: Recipient | None = None
) -> list[Claimed]:
    """Take what is due on a platform, urgent first, at most one row for each recipient.

    besides: recipients that are busy. only: this recipient alone (a terminal that one person has open).
    On PostgreSQL rows that another sender is taking are passed over. A room in its quiet hours waits until they end.
    """
    given = _given(work, platform, only) | {"besides": list(besides), "most": limit}
    first: dict[Recipient, Claimed] = {}
    for row in (Claimed(*found) for found in work.connection.execute(_CLAIM[only is not None], given)):
        if not _kept_quiet(work, row):
            first.setdefault(row.recipient, row)
    if first:
        leased = {"ids": [row.id for row in first.values()], "now": work.now, "until": work.now + LEASE}
        work.connection.execute(_LEASE, leased)
    return list(first.values())


def _given(work: UnitOfWork, platform: str, only: Recipient | None) -> dict[str, Any]:
    return {"platform": platform, "now": work.now} | ({"only": only} if only else {})


def _due(*, only: bool) -> Select[OutboxRow]:
    query = select(OutboxRow).where(
        OutboxRow.platform == bindparam("platform"),
        OutboxRow.state == "pending",
        OutboxRow.not_before <= bindparam("now"),
        not_(OutboxRow.wait),
        not_(_behind_another()),
    )
    return query.where(OutboxRow.recipient == bindparam("only")) if only else query


def _behind_another() -> ColumnElement[bool]:
    """An earlier row of the same recipient and subject is not settled; what is urgent passes what is not."""
    earlier = aliased(OutboxRow)
    passes = and_(OutboxRow.urgent, not_(earlier.urgent))
    unsettled = or_(earlier.state == "sending", and_(earlier.state == "pending", not_(earlier.wait), not_(passes)))
    same = and_(earlier.recipient == OutboxRow.recipient, earlier.subject == OutboxRow.subject)
    return exists().where(same, earlier.id < OutboxRow.id, unsettled, OutboxRow.subject != "").correlate(OutboxRow)


_LOOK = [select(exists(_due(only=only).with_only_columns(OutboxRow.id))) for only in (False, True)]
_CLAIM = [
    _due(only=only)
    .with_only_columns(*_CLAIMED)
    .where(OutboxRow.recipient.not_in(bindparam("besides", expanding=True)))
    .order_by(OutboxRow.urgent.desc(), OutboxRow.not_before, OutboxRow.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=OutboxRow, skip_locked=True)  # SQLite has one writer
    for only in (False, True)
]
"""Put together once: they are asked again and again. The first of everybody, the second of one recipient alone."""
_LEASE = (
    update(OutboxRow)
    .where(OutboxRow.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="sending",
        not_before=bindparam("until"),
        send_started_at=func.coalesce(OutboxRow.send_started_at, bindparam("now", type_=UTCDateTime)),
    )
)


def _kept_quiet(work: UnitOfWork, row: Claimed) -> bool:
    """Put a row off that its room does not want now."""
    if row.urgent or not row.recipient.is_channel:
        return False
    room = work.session.get(Channel, row.recipient.number)
    ends = quiet_end(work.now, zone=room.zone, since=room.quiet_from, until=room.quiet_until) if room else None
    if ends:
        _change(work, OutboxRow.id == row.id, {"not_before": ends})
    return ends is not None


def _change(work: UnitOfWork, which: ColumnElement[bool], values: dict[str, Any]) -> None:
    changed = update(OutboxRow).where(which).values(**values)
    work.session.execute(changed, execution_options={"synchronize_session": False})


# ---- settle --------------------------------------------------------------------------------------------------------


def sent(work: UnitOfWork, *rows: Claimed, how: str = "") -> None:
    """They arrived. how: what was not as usual ("said plainly")."""
    _end(work, *rows, state="sent", settled_at=work.now, outcome=how)


def drop(work: UnitOfWork, row: Claimed, why: str) -> None:
    """It is not said: no longer true, or no longer for these eyes."""
    _end(work, row, state="dropped", settled_at=work.now, outcome=why)


def dead(work: UnitOfWork, row: Claimed, why: str) -> None:
    """Given up, until somebody decides."""
    _end(work, row, state="dead", settled_at=work.now, outcome=why, attempts=row.attempts + 1)


def back(
    work: UnitOfWork, row: Claimed, why: str, *, seconds: float, failed: bool = True, doubtful: bool = False
) -> None:
    """Try again in so many seconds.

    failed: it counts as an attempt. doubtful: nobody knows whether it arrived; the first such sending is remembered.
    """
    values: dict[str, Any] = {"state": "pending", "not_before": work.now + timedelta(seconds=seconds), "outcome": why}
    if not doubtful:
        values["send_started_at"] = None
    _end(work, row, attempts=row.attempts + failed, **values)


def reroute(work: UnitOfWork, row: Claimed, platform: str, why: str = "", *, doubtful: bool = False) -> None:
    """The recipient is reached on another platform now. why: the one before failed. doubtful: it may stand there."""
    values: dict[str, Any] = {"outcome": why, "attempts": row.attempts + 1} if why else {}
    values |= {"marked": True} if doubtful else {}
    work.queued = True
    _end(work, row, state="pending", platform=platform, not_before=work.now, send_started_at=None, **values)


def urgent_to_people(work: UnitOfWork, platform: str) -> Sequence[OutboxRow]:
    """What cannot wait, is for people, and waits for a platform; what was never tried and is for later is not."""
    waits = select(OutboxRow).where(OutboxRow.platform == platform, OutboxRow.state == "pending", OutboxRow.urgent)
    tried = or_(OutboxRow.not_before <= work.now, OutboxRow.outcome != "")
    return work.session.scalars(waits.where(is_person(OutboxRow.recipient), tried).order_by(OutboxRow.id)).all()


def move(work: UnitOfWork, row: OutboxRow, platform: str) -> None:
    """Let another platform say what waits for one that fails; what may stand there already says so."""
    why, work.queued = f"{row.platform} fails", True
    row.platform, row.not_before, row.attempts, row.outcome = platform, work.now, row.attempts + 1, why
    row.marked, row.send_started_at = row.marked or row.send_started_at is not None, None


def repeat(work: UnitOfWork, row: Claimed) -> None:
    """Note, before it is sent, that this is a repeat which says so: it is made once."""
    _end(work, row, marked=True)


def _end(work: UnitOfWork, *rows: Claimed, **values: Any) -> None:  # noqa: ANN401 - columns
    """Only what is still ours is changed: another sender may have taken over a row whose time was up."""
    if "outcome" in values:
        values["outcome"] = values["outcome"][:OUTCOME]
    ours = OutboxRow.id.in_([row.id for row in rows]) & (OutboxRow.state == "sending")
    _change(work, ours, values)


# ---- after a crash -------------------------------------------------------------------------------------------------


def rescue(work: UnitOfWork, platform: str, *, alone: bool, only: Recipient | None = None) -> int:
    """Put back what a sender left behind in `sending`; each may have been said. How many.

    alone: no other process sends (SQLite, at the start): all of it, not only what was left a while ago.
    """
    left = update(OutboxRow).where(OutboxRow.platform == platform, OutboxRow.state == "sending")
    if only:
        left = left.where(OutboxRow.recipient == only)
    if not alone:
        left = left.where(OutboxRow.not_before <= work.now)
    left = left.values(state="pending", not_before=work.now, attempts=OutboxRow.attempts + 1, outcome="left in doubt")
    return len(work.session.execute(left.returning(OutboxRow.id)).all())


def room_moved(work: UnitOfWork, platform: str, old: str, new: str) -> None:
    """A room and its threads have another id. Where the desk knows the new one already, the old one was left."""
    rooms = select(Channel).where(Channel.platform == platform, Channel.external_id == old)
    for room in work.session.scalars(rooms).all():
        twin = select(Channel.id).where(
            Channel.platform == platform, Channel.external_id == new, Channel.thread == room.thread
        )
        if work.session.scalar(twin) is None:
            room.external_id = new
        else:
            room.left_at = work.now
        work.audit("channel moved", f"channel:{room.id}", before={"room": old}, after={"room": new})
