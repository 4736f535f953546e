"""Tables of messages: inbox, outbox, posting; and what a platform must not forget: memo."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.recipient import Recipient

WITH_TEXT = text("text <> ''")


class InboxRow(Base):
    """One message taken. The key makes a message delivered five times change things once and get the stored answer."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_last", "account", "room", "id"),
        Index("ix_inbox_at", "at"),  # these two: what is let go of
        Index("ix_inbox_text", "at", sqlite_where=WITH_TEXT, postgresql_where=WITH_TEXT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    account: Mapped[str] = mapped_column(String(150))
    room: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(String)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))  # done | refused | repeated | failed | unsaid
    reply: Mapped[dict[str, Any] | None]


WAITS = text("wait AND state = 'pending'")
FOLDED, SETTLED = text("digest_id IS NOT NULL"), text("settled_at IS NOT NULL")
POSTED = text("outbox_id IS NOT NULL")


class OutboxRow(Base):
    """One thing to say to one recipient. Rendered when sent.

    One cause cannot say one thing of one record to one recipient twice.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("cause", "notice", "recipient", "subject"),
        Index("ix_outbox_claim", "platform", "state", "not_before"),
        Index("ix_outbox_order", "recipient", "subject", "state"),
        Index("ix_outbox_morning", "not_before", sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_outbox_waits", "recipient", sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_outbox_subject", "subject", "state"),
        Index("ix_outbox_digest_id", "digest_id", sqlite_where=FOLDED, postgresql_where=FOLDED),
        Index("ix_outbox_settled", "settled_at", sqlite_where=SETTLED, postgresql_where=SETTLED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(200))
    notice: Mapped[str] = mapped_column(String(60))
    fields: Mapped[dict[str, Any]]
    recipient: Mapped[Recipient]
    platform: Mapped[str] = mapped_column(String(20))  # the route, decided when it is put
    label: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(
        String(50), default=""
    )  # the request or preservation: order is kept per recipient and subject
    not_before: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="pending")  # sending | sent | folded | dropped | dead
    wait: Mapped[bool] = mapped_column(default=False)  # may wait for the recipient's morning
    urgent: Mapped[bool] = mapped_column(default=False)  # breaks quiet hours
    card: Mapped[bool] = mapped_column(default=False, server_default=false())  # edited where it stands
    marked: Mapped[bool] = mapped_column(default=False)  # sent again after an unknown outcome, and says so
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))  # what it was folded into
    attempts: Mapped[int] = mapped_column(default=0)
    send_started_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(300), default="")


class Posting(Base):
    """Where a card was posted, so that it can be edited in place when the record changes."""

    __tablename__ = "posting"
    __table_args__ = (Index("ix_posting_outbox", "outbox_id", sqlite_where=POSTED, postgresql_where=POSTED),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    recipient: Mapped[Recipient]
    notice: Mapped[str] = mapped_column(String(60))
    platform: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(150))
    message_id: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(50), index=True)
    at: Mapped[datetime]


class Memo(Base):
    """What a platform keeps over a restart: the line behind a short button, a form that is half filled in."""

    __tablename__ = "memo"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[dict[str, Any]]
    until: Mapped[datetime] = mapped_column(index=True)
