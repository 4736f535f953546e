"""Dead letters: messages that delivery gave up, kept until somebody decides. Nothing is deleted by failing.

In: a unit of work. Out: who should have read what, and why it could not be; on demand, the rows once more in the queue,
or gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from storage.database.unit_of_work import UnitOfWork
from storage.messages import outbox, recipients
from storage.models import OutboxRow


@dataclass(frozen=True)
class DeadLetter:
    """A row that was given up, and the authorities that its recipient belongs to.

    Its fields are not here: they may hold what whoever looks may not read.
    """

    id: int
    notice: str
    name: str
    authority_ids: frozenset[int]
    subject: str
    why: str
    since: datetime


def find(work: UnitOfWork) -> list[DeadLetter]:
    """Every one of them, oldest first."""
    dead = select(OutboxRow).where(OutboxRow.platform.in_(outbox.platforms()), OutboxRow.state == "dead")
    rows = work.session.scalars(dead.order_by(OutboxRow.id)).all()
    return [_letter(work, row) for row in rows]


def revive(work: UnitOfWork, ids: Sequence[int]) -> None:
    """Put them back as if they had never been tried; a repeat that says so stays one. Each has its audit line."""
    work.queued = True
    fresh = {"state": "pending", "not_before": work.now, "attempts": 0, "send_started_at": None, "settled_at": None}
    work.session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids), OutboxRow.state == "dead").values(**fresh))
    for letter_id in ids:
        work.audit("delivery retry", f"outbox:{letter_id}", before={"state": "dead"}, after={"state": "pending"})


def let_go(work: UnitOfWork, ids: Sequence[int]) -> None:
    """Nobody is to hear them any more. Each has its audit line."""
    gone = {"state": "dropped", "settled_at": work.now}
    work.session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids), OutboxRow.state == "dead").values(**gone))
    for letter_id in ids:
        work.audit("delivery let go", f"outbox:{letter_id}", before={"state": "dead"}, after={"state": "dropped"})


def _letter(work: UnitOfWork, row: OutboxRow) -> DeadLetter:
    name, held = recipients.name_of(work, row.recipient), recipients.authorities(work, row.recipient)
    return DeadLetter(row.id, row.notice, name, held, row.subject, row.outcome, row.settled_at or row.not_before)
