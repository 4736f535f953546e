"""Retention: what the desk lets go of by itself, and when.

    what was said (sent, folded, dropped)    14 days after it was settled
    the text of a message that came in       30 days
    its key and answer                       90 days: a repeat that late is a new message
    the state of a link to install the app   when its time is up
    what a platform keeps for a while        1 day after its time is up
    a file nobody put with a case            1 day
    a file made for one reader (an export)   24 hours, as it says itself
What is dead stays until somebody decides. Requests, letters, rings and audit lines are the record, and stay.
In: the jobs of a tick. Out: rows gone, in small transactions, so that nobody who types waits behind them.
Why not at every tick: nothing here is urgent.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, exists, select, update
from sqlalchemy.orm import aliased

from storage.database.jobs import Job, Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.messages import heartbeat, installations, memos
from storage.models import Attachment, File, Heartbeat, InboxRow, OutboxRow, Posting
from storage.models.messages import WITH_TEXT

SAID = timedelta(days=14)
TEXT = timedelta(days=30)
KEY = timedelta(days=90)
LOOSE = timedelta(days=1)
EVERY = timedelta(hours=1)
BATCH = 500  # rows in one transaction
MOST = 40  # transactions of one kind at one time

HEARTBEAT = "retention"
SETTLED = ("sent", "folded", "dropped")


def prune(jobs: Jobs) -> int:
    """Let go of what is old enough, once an hour. How many rows were deleted or emptied. Blocks."""
    if not jobs.read(_is_time).result():
        return 0
    done = sum(_repeat(jobs, job) for job in (_said, _texts, _keys, _loose, _files, _memos, installations.let_go))
    jobs.write(lambda work: heartbeat.beat(work, HEARTBEAT)).result()
    return done


def _is_time(work: UnitOfWork) -> bool:
    last = work.session.get(Heartbeat, HEARTBEAT)
    return last is None or abs(work.now - last.at) >= EVERY  # a clock put back must not stop it for long


def _repeat(jobs: Jobs, job: Job[int]) -> int:
    done = 0
    for _ in range(MOST):
        rows = jobs.write(job).result()
        done += rows
        if rows < BATCH:
            break
    return done


def _said(work: UnitOfWork) -> int:
    """A digest goes after what was folded into it; a card keeps its place, so that it can still be edited."""
    settled = OutboxRow.state.in_(SETTLED), OutboxRow.settled_at < work.now - SAID
    inside = aliased(OutboxRow)
    held = exists().where(inside.digest_id == OutboxRow.id)
    ids = _ids(work, select(OutboxRow.id).where(*settled, ~held).order_by(OutboxRow.settled_at))
    if ids:
        work.session.execute(update(Posting).where(Posting.outbox_id.in_(ids)).values(outbox_id=None))
        work.session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))
    return len(ids)


def _texts(work: UnitOfWork) -> int:
    old = select(InboxRow.id).where(InboxRow.at < work.now - TEXT, WITH_TEXT).order_by(InboxRow.at)
    ids = _ids(work, old)
    if ids:
        work.session.execute(update(InboxRow).where(InboxRow.id.in_(ids)).values(text=""))
    return len(ids)


def _keys(work: UnitOfWork) -> int:
    ids = _ids(work, select(InboxRow.id).where(InboxRow.at < work.now - KEY).order_by(InboxRow.at))
    if ids:
        work.session.execute(delete(InboxRow).where(InboxRow.id.in_(ids)))
    return len(ids)


def _loose(work: UnitOfWork) -> int:
    """What lay on somebody's desk; its bytes have an end from now on."""
    old = select(Attachment.id).where(Attachment.case_id.is_(None), Attachment.at < work.now - LOOSE)
    ids = _ids(work, old.order_by(Attachment.id))
    if ids:
        held = select(Attachment.file_id).where(Attachment.id.in_(ids), Attachment.file_id.is_not(None))
        work.session.execute(update(File).where(File.id.in_(held)).values(until=work.now))
        work.session.execute(delete(Attachment).where(Attachment.id.in_(ids)))
    return len(ids)


def _files(work: UnitOfWork) -> int:
    ids = _ids(work, select(File.id).where(File.until <= work.now).order_by(File.until))
    if ids:
        work.session.execute(delete(File).where(File.id.in_(ids)))
    return len(ids)


def _memos(work: UnitOfWork) -> int:
    return memos.let_go(work, BATCH)


def _ids(work: UnitOfWork, old: Select[int]) -> Sequence[int]:
    return work.session.scalars(old.limit(BATCH)).all()
