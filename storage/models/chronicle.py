"""Tables of the audit chain, and of what the store knows of itself.

Audit line, audit text, counter, trait, lease, heartbeat.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base

CHANGES_WHAT_WAS_KNOWN = text("act IN ('request correct', 'request part', 'request reopen', 'request undo')")
"""Acts after which a request no longer shows what had happened before them; few beside all acts there are."""


class AuditLine(Base):
    """One link of the chain.

    `facts` is the canonical JSON that was hashed. No update, no delete: triggers on both databases.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_ref", "ref", "at"),
        Index("ix_audit_actor", "actor", "n"),  # the acts of one person, the newest first
        Index(
            "ix_audit_changed",
            "at",
            "ref",
            sqlite_where=CHANGES_WHAT_WAS_KNOWN,
            postgresql_where=CHANGES_WHAT_WAS_KNOWN,
        ),
    )

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(30))
    act: Mapped[str] = mapped_column(String(60))
    ref: Mapped[str] = mapped_column(String(60))
    facts: Mapped[str] = mapped_column(Text)
    text_digest: Mapped[str] = mapped_column(String(64), default="")
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditText(Base):
    """Personal text of an audit line, beside the chain under a salted digest: it can be erased without breaking it."""

    __tablename__ = "audit_text"

    n: Mapped[int] = mapped_column(ForeignKey("audit.n"), primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)


class Counter(Base):
    """The last number allotted under a name ("PK-FIA-CCW/2026").

    Allotted in the transaction that uses it: no gap, no double.
    """

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


class Trait(Base):
    """What this database is: "demo" and its clock offset, the reference data it was filled from."""

    __tablename__ = "trait"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class LeaseRow(Base):
    """Which process ticks: who holds it, until when, and in which term. A write with an old term is refused."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    term: Mapped[int]
    expires_at: Mapped[datetime]


class Heartbeat(Base):
    """When something last happened: the tick, a delivery. Health compares it with now."""

    __tablename__ = "pulse"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
