"""Digests: what can wait is folded into one message a morning, for a room or for a person with many at once.

    channel    its waiting rows become one "digest" at its own morning (`next_digest_at`), whatever their number
    person     of several rows about one record the last counts; one goes out as it is, two or more whose morning has
               come become one "digest"; what cannot wait has its morning at once, and so has the digest it is in

In: the jobs of a tick. Out: rows folded or released, the next morning of each room; a "summary_period" for the rooms
asked for one. Nothing is rendered here.
Why the moments stand in the rows: a desk that was down finds each morning it missed as one moment in the past, makes
one digest that says it is late, and goes on with the next morning. What forbids a double is the cause of the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from sqlalchemy import ColumnElement, and_, func, literal_column, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import outbox
from storage.models import Channel, OutboxRow, Recipient, is_person
from storage.models.messages import WAITS
from storage.reminders.sweep import LATE
from storage.rules.calendars import calendar_of
from storage.rules.mornings import next_morning, next_weekly
from storage.times import local_day

BATCH = 100  # people with more, in one transaction


@dataclass(frozen=True)
class Morning:
    """What a digest is made for. `due_at`: the morning it belongs to, aware UTC; `late`: that was a while ago."""

    due_at: datetime
    late: bool
    is_card: ClassVar[bool] = False

    @property
    def template(self) -> str:
        """What composes it."""
        return "digest"


@dataclass(frozen=True)
class WeekPost:
    """The summary of a week for a room. `monday`: its first day, in the zone of the room's authority."""

    monday: date
    is_card: ClassVar[bool] = False

    @property
    def template(self) -> str:
        """What composes it."""
        return "summary_period"


@dataclass(frozen=True)
class FoldResult:
    """What one run did: digests made, rows folded into them, rows let go one by one."""

    digests: int = 0
    folded: int = 0
    released: int = 0

    def __add__(self, other: "FoldResult") -> "FoldResult":
        return FoldResult(self.digests + other.digests, self.folded + other.folded, self.released + other.released)


def fold(jobs: Jobs) -> FoldResult:
    """Every morning that has come, of rooms and of people. Blocks; each room is its own transaction."""
    total = FoldResult()
    for channel_id in jobs.read(lambda work: _due(work, Channel.next_digest_at)).result():
        total += jobs.write(lambda work, one=channel_id: _room(work, one)).result()  # type: ignore[misc]
    while jobs.read(_anybody_waits).result():
        total += jobs.write(_people).result()
    return total


def post_summaries(jobs: Jobs) -> int:
    """The weekly summary for each room whose hour has come. How many were queued. Blocks."""
    due = jobs.read(lambda work: _due(work, Channel.next_summary_at)).result()
    return sum(jobs.write(lambda work, one=channel_id: _summary(work, one)).result() for channel_id in due)  # type: ignore[misc]


def plan(work: UnitOfWork, channel: Channel) -> None:
    """Set the next moments of a room from the times of day it wants."""
    channel.next_digest_at = next_morning(
        work.now, zone=channel.zone, clock=channel.digest_at, calendar=calendar_of(work, channel.authority)
    )
    channel.next_summary_at = (
        next_weekly(work.now, zone=channel.zone, when=channel.summary) if channel.summary else None
    )


# ---- rooms ---------------------------------------------------------------------------------------------------------


def _due(work: UnitOfWork, moment: InstrumentedAttribute[datetime | None]) -> Sequence[int]:
    query = select(Channel.id).where(Channel.left_at.is_(None), moment <= work.now)
    return work.session.scalars(query.order_by(moment, Channel.id)).all()


def _room(work: UnitOfWork, channel_id: int) -> FoldResult:
    channel = _locked(work, channel_id)
    if channel is None or channel.next_digest_at is None or channel.next_digest_at > work.now:
        return FoldResult()  # another process was first
    due_at, recipient = channel.next_digest_at, Recipient.channel(channel.id)
    channel.next_digest_at = next_morning(
        work.now, zone=channel.zone, clock=channel.digest_at, calendar=calendar_of(work, channel.authority)
    )
    cause = f"digest:{channel.id}:{due_at.isoformat()}"
    return _fold(work, recipient, _waiting(recipient), cause=cause, due_at=due_at)


def _locked(work: UnitOfWork, channel_id: int) -> Channel | None:
    query = select(Channel).where(Channel.id == channel_id)
    if work.postgres:
        query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return work.session.scalars(query).first()


def _summary(work: UnitOfWork, channel_id: int) -> bool:
    channel = _locked(work, channel_id)
    if channel is None or channel.next_summary_at is None or channel.next_summary_at > work.now or not channel.summary:
        return False
    due_at = channel.next_summary_at
    channel.next_summary_at = next_weekly(work.now, zone=channel.zone, when=channel.summary)
    today = local_day(work.now, channel.authority.zone)
    return outbox.put(
        work,
        cause=f"summary:{channel.id}:{due_at.isoformat()}",
        notice=WeekPost(today - timedelta(days=today.weekday() + 7)),
        recipient=Recipient.channel(channel.id),
        label=Label.CLEAR,  # as with a digest, its label is that of what is in it when it is sent
    )


# ---- people --------------------------------------------------------------------------------------------------------


def _waiting(recipient: Recipient | None = None) -> ColumnElement[bool]:
    return and_(WAITS, *([OutboxRow.recipient == recipient] if recipient else []))


def _morning_of_people(work: UnitOfWork) -> ColumnElement[bool]:
    return and_(_waiting(), OutboxRow.not_before <= work.now, is_person(OutboxRow.recipient))


def _anybody_waits(work: UnitOfWork) -> bool:
    return work.session.scalar(select(OutboxRow.id).where(_morning_of_people(work)).limit(1)) is not None


_WHOM = literal_column("(outbox.recipient || '')", OutboxRow.recipient.type)
"""A recipient, so that no index of them looks like the way through the whole outbox."""


def _people(work: UnitOfWork) -> FoldResult:
    """Fold what waits for one person, a hundred people at a time; when nobody has two any more, let the rest go."""
    due = _morning_of_people(work)
    total = FoldResult(folded=_superseded(work, due))
    many = select(_WHOM, func.max(OutboxRow.id), func.min(OutboxRow.not_before)).where(due)
    many = many.group_by(_WHOM).having(func.count() > 1).order_by(_WHOM)
    crowded = work.session.execute(many.limit(BATCH)).all()
    for recipient, newest, since in crowded:
        theirs = and_(_waiting(recipient), OutboxRow.not_before <= work.now)
        total += _fold(work, recipient, theirs, cause=f"digest:{recipient}:{newest}", due_at=since)
    if crowded:
        return total
    freed = work.session.execute(update(OutboxRow).where(due).values(wait=False).returning(OutboxRow.id)).all()
    work.queued = work.queued or bool(freed)
    return total + FoldResult(released=len(freed))


def _superseded(work: UnitOfWork, due: ColumnElement[bool]) -> int:
    """Fold earlier nudges into the last of the same record: each would be said in the words of now."""
    last = aliased(OutboxRow)
    same = and_(last.recipient == OutboxRow.recipient, last.subject == OutboxRow.subject, last.notice == "nudge")
    waits = and_(last.wait, last.state == "pending", last.not_before <= work.now)
    newest = select(func.max(last.id)).where(same, waits).correlate(OutboxRow).scalar_subquery()
    into = update(OutboxRow).where(due, OutboxRow.notice == "nudge", OutboxRow.id < newest)
    into = into.values(state="folded", digest_id=newest, settled_at=work.now).returning(OutboxRow.id)
    return len(work.session.execute(into, execution_options={"synchronize_session": False}).all())


# ---- one digest ----------------------------------------------------------------------------------------------------


def _fold(
    work: UnitOfWork, recipient: Recipient, which: ColumnElement[bool], *, cause: str, due_at: datetime
) -> FoldResult:
    """Put one digest for a recipient and fold rows into it; none, where nothing waits.

    Its label is that of what is still in it when it is sent.
    """
    if work.session.scalar(select(OutboxRow.id).where(which).limit(1)) is None:
        return FoldResult()
    notice = Morning(due_at, late=work.now - due_at > LATE)
    urgent = work.session.scalar(select(OutboxRow.id).where(which, OutboxRow.urgent).limit(1)) is not None
    outbox.put(work, cause=cause, notice=notice, recipient=recipient, label=Label.CLEAR, urgent=urgent)
    digest = select(OutboxRow.id).where(
        OutboxRow.cause == cause, OutboxRow.notice == notice.template, OutboxRow.recipient == recipient
    )
    into = update(OutboxRow).where(which)
    into = into.values(state="folded", digest_id=work.session.scalars(digest).one(), settled_at=work.now)
    return FoldResult(1, len(work.session.execute(into.returning(OutboxRow.id)).all()))
