"""Postings: where a card stands on a platform, so that it is edited in place when its record changes.

In: what was sent, and which record a turn changed. Out: an outbox row "card_edit" for whoever has a card of it.
Why an outbox row and not an edit at once: it commits with the change, and is composed when it is sent, from the record
as it is then. Several changes in a row need one edit only.
Why those who are just being sent a card count: it may show the record as it was before the change.
"""

from dataclasses import dataclass

from sqlalchemy import select

from storage import outbox
from storage.labels import Label
from storage.models import Outbound, Posting
from storage.sending import Claimed
from storage.unit_of_work import UnitOfWork

EDIT = "card_edit"
CARDS = frozenset(
    {
        "approval_asked",
        "deadline_moved",
        "nudge",
        "part_produced",
        "preservation_changed",
        "request_extended",
        "request_filed",
        "request_moved",
        "request_received",
        "request_refused",
    }
)
"""Notices that show a record, and are edited when it changes."""


@dataclass(frozen=True)
class CardEdit:
    """Nothing is said anew: the card that stands there is made to show the record as it is."""

    @property
    def template(self) -> str:
        """What composes it."""
        return EDIT


def remember(work: UnitOfWork, row: Claimed, *, place: str, message_id: str) -> None:
    """Keep where a card was posted; other notices are not cards, and are not kept."""
    if row.notice not in CARDS or not row.subject:
        return
    work.session.add(
        Posting(
            outbox_id=row.id,
            recipient=row.recipient,
            notice=row.notice,
            platform=row.platform,
            place=place,
            message_id=message_id,
            subject=row.subject,
            at=work.now,
        )
    )


def newest(work: UnitOfWork, recipient: str, subject: str, platform: str) -> Posting | None:
    """The card of a record that a recipient saw last on a platform."""
    query = select(Posting).where(
        Posting.subject == subject, Posting.recipient == recipient, Posting.platform == platform
    )
    return work.session.scalars(query.order_by(Posting.id.desc()).limit(1)).first()


def touch(work: UnitOfWork, *, cause: str, subject: str) -> None:
    """A record was changed: everybody's card of it is to be edited, unless an edit waits already.

    cause: the key of the turn. The edit makes no noise, so it does not wait for quiet hours to end.
    """
    if not subject:
        return
    posted = select(Posting.recipient, Posting.platform).where(Posting.subject == subject).order_by(Posting.id)
    queued = select(Outbound).where(Outbound.subject == subject, Outbound.state.in_(("pending", "sending")))
    cards = {row.recipient: row.platform for row in work.session.execute(posted)}
    waiting = set()
    for row in work.session.scalars(queued):
        if row.state == "sending" and row.notice in CARDS:
            cards[row.recipient] = row.platform
        elif row.state == "pending" and row.notice == EDIT:
            waiting.add(row.recipient)
    for recipient, platform in cards.items():
        if recipient not in waiting:
            outbox.put(
                work,
                cause=cause,
                notice=CardEdit(),
                recipient=recipient,
                platform=platform,
                label=Label.RED,
                subject=subject,
                urgent=True,
            )
