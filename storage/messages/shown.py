"""Who has read of a record: whoever was told of it, and whoever has a card of it.

In: references. Out: recipients, each once, in the order of their first message. What somebody asked for themselves and
read in the answer is not among it.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.messages import cards
from storage.models import OutboxRow, Person, Posting, Recipient, is_person

UNSAID = ("dropped", "dead")


def to_people(work: UnitOfWork, subject: str, *, since: datetime) -> list[Person]:
    """The people who were told of a record from a moment on, or are about to be."""
    rows = select(OutboxRow.recipient).where(OutboxRow.subject == subject, OutboxRow.not_before >= since)
    rows = rows.where(
        is_person(OutboxRow.recipient), OutboxRow.state.not_in(UNSAID), OutboxRow.notice.not_in(cards.EDITS)
    )
    found = dict.fromkeys(work.session.scalars(rows.order_by(OutboxRow.id)))
    return [work.session.get_one(Person, one.number) for one in found]


def to_whom(work: UnitOfWork, subjects: Collection[str]) -> list[Recipient]:
    """The people and rooms that have read of one of these records."""
    said = select(OutboxRow.recipient).where(OutboxRow.subject.in_(subjects), OutboxRow.state.in_(("sent", "folded")))
    said = said.where(OutboxRow.notice.not_in(cards.EDITS)).order_by(OutboxRow.id)
    posted = select(Posting.recipient).where(Posting.subject.in_(subjects)).order_by(Posting.id)
    return list(dict.fromkeys([*work.session.scalars(said), *work.session.scalars(posted)]))
