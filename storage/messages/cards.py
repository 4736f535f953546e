"""Postings: where a card stands on a platform, so that it is edited in place when its record changes.

In: what was sent, and which record a turn changed. Out: an outbox row "card_edit" for whoever has a card of it; and in
a room that has one, what happened, under the card: there it is the record's history.
Why an outbox row and not an edit at once: it commits with the change, and is composed when it is sent, from the record
as it is then. Several changes in a row need one edit only.
Why those who are just being sent a card count: it may show the record as it was before the change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from sqlalchemy import String, bindparam, case, insert, literal, select, union_all

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import outbox
from storage.messages.sending import Claimed
from storage.models import OutboxRow, Posting, Recipient

EDIT, EDIT_ASKED = "card_edit", "card_edit_asked"
EDITS = (EDIT, EDIT_ASKED)
"""Of the card that was posted, and of the one that somebody asked for; both may stand with the same reader."""


@dataclass(frozen=True)
class CardEdit:
    """Nothing is said anew: the card that stands there is made to show the record as it is. asked: for by somebody."""

    asked: bool

    is_card: ClassVar[bool] = False

    @property
    def template(self) -> str:
        """What composes it."""
        return EDIT_ASKED if self.asked else EDIT


SENT, ASKED = "sent", "asked"
_SUBJECT = bindparam("subject", type_=String())
_POSTED = select(
    case((Posting.outbox_id.is_(None), ASKED), else_=SENT).label("how"),
    Posting.recipient,
    Posting.platform,
    literal(0).label("later"),
    Posting.id.label("n"),
).where(Posting.subject == _SUBJECT)
_IN_FLIGHT = select(literal(SENT), OutboxRow.recipient, OutboxRow.platform, literal(1), OutboxRow.id).where(
    OutboxRow.subject == _SUBJECT,
    OutboxRow.card,
    OutboxRow.state.in_(("pending", "sending")),
    OutboxRow.send_started_at.is_not(None),
)
_WAITING = select(OutboxRow.notice, OutboxRow.recipient, OutboxRow.platform, literal(2), OutboxRow.id).where(
    OutboxRow.subject == _SUBJECT, OutboxRow.state == "pending", OutboxRow.notice.in_(EDITS)
)
_STANDING = union_all(_POSTED, _IN_FLIGHT, _WAITING).order_by("later", "n")
"""Asked whenever a record changes: put together once."""


class Posted(NamedTuple):
    """A row that stands in a place now."""

    row: Claimed
    place: str
    message_id: str


def remember(work: UnitOfWork, posted: Iterable[Posted]) -> None:
    """Keep where cards were posted; other notices are not cards, and are not kept."""
    rows = [
        {
            "outbox_id": row.id,
            "recipient": row.recipient,
            "notice": row.notice,
            "platform": row.platform,
            "place": place,
            "message_id": message_id,
            "subject": row.subject,
            "at": work.now,
        }
        for row, place, message_id in posted
        if row.card and row.subject
    ]
    if rows:
        work.session.connection().execute(insert(Posting), rows)


def stands(
    work: UnitOfWork, recipient: Recipient, platform: str, *, notice: str, subject: str, place: str, message_id: str
) -> None:
    """Keep where a card stands that somebody asked for, or read aloud in a room."""
    post = Posting(outbox_id=None, recipient=recipient, notice=notice, platform=platform)
    post.subject, post.place, post.message_id, post.at = subject, place, message_id, work.now
    work.session.add(post)


def newest(
    work: UnitOfWork, recipient: Recipient, subject: str, platform: str, *, asked: bool = False
) -> Posting | None:
    """The card of a record that a recipient was sent last on a platform; asked: the last one they asked for."""
    query = select(Posting).where(
        Posting.subject == subject, Posting.recipient == recipient, Posting.platform == platform
    )
    query = query.where(Posting.outbox_id.is_(None) if asked else Posting.outbox_id.is_not(None))
    return work.session.scalars(query.order_by(Posting.id.desc()).limit(1)).first()


def touch(work: UnitOfWork, *, cause: str, subject: str) -> None:
    """A record was changed: everybody's cards of it are to be edited, unless an edit waits already.

    cause: the key of the turn. The edit makes no noise, so it does not wait for quiet hours to end.
    """
    standing = _standing(work, subject)
    for edit, cards in ((CardEdit(asked=False), standing.sent), (CardEdit(asked=True), standing.asked)):
        for recipient, platform in cards.items():
            if (edit.template, recipient) not in standing.waiting:
                outbox.queue(
                    work,
                    cause=cause,
                    notice=edit,
                    recipient=recipient,
                    platform=platform,
                    label=Label.RED,
                    subject=subject,
                    urgent=True,
                )


def none_yet(work: UnitOfWork, subject: str) -> None:
    """A record is new in this transaction: nobody has a card of it, so nobody is asked for."""
    work.once(("cards", subject), lambda: _NOWHERE)


def rooms_with_a_card(
    work: UnitOfWork, subject: str, *, besides: Recipient | None = None
) -> list[tuple[Recipient, str]]:
    """The rooms where a record's card was posted, each with its platform. besides: the room that has read it already.

    What somebody asked for in a room brings it no news.
    """
    sent = _standing(work, subject).sent.items()
    return [(one, platform) for one, platform in sent if one.is_channel and one != besides]


@dataclass(frozen=True)
class _Standing:
    """Who has a card of a record, and on which platform, also where it may have arrived and nobody knows yet.

    `sent` and `asked` for; `waiting`: edits of them that were not made yet, by what composes them and for whom.
    """

    sent: dict[Recipient, str]
    asked: dict[Recipient, str]
    waiting: set[tuple[str, Recipient]]


_NOWHERE = _Standing({}, {}, set())


def _standing(work: UnitOfWork, subject: str) -> _Standing:
    """Asked once in a transaction of each record."""

    def ask() -> _Standing:
        rows = work.session.execute(_STANDING, {"subject": subject}).all()
        sent, asked = ({row.recipient: row.platform for row in rows if row.how == how} for how in (SENT, ASKED))
        return _Standing(sent, asked, {(row.how, row.recipient) for row in rows if row.how in EDITS})

    return work.once(("cards", subject), ask) if subject else _NOWHERE
