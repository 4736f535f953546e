"""Tables of files: file, kept as it came; attachment, how it belongs to a case."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base
from storage.models.matters import Case, Request
from storage.models.parties import Person
from storage.models.spelled import folding


class File(Base):
    """Bytes, never opened. `digest` is their SHA-256, in hexadecimal digits. `until`: when they may go; None: never."""

    __tablename__ = "file"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime]
    until: Mapped[datetime | None] = mapped_column(index=True)


class Attachment(Base):
    """A file somebody sent. Until they say where it belongs it has no case; `request_id` where it concerns one request.

    `source` is how its platform finds it; `size_bytes` as the platform said, later as it was received. `state`: waiting
    (to be fetched at `try_at`), kept, or refused (`fault`). `cause`: the message it came with. `CCW-2026-0042/A1`.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        UniqueConstraint("cause", "source"),
        Index("ix_attachment_fetch", "platform", "state", "try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), index=True)
    number: Mapped[int | None]
    ref: Mapped[str | None] = mapped_column(String(50), unique=True)
    ref_folded: Mapped[str | None] = folding("ref")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(150))
    name_folded: Mapped[str | None] = folding("name")
    size_bytes: Mapped[int]
    link: Mapped[str] = mapped_column(String(500), default="")  # where people find the message it came with
    cause: Mapped[str] = mapped_column(String(200))
    platform: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    fault: Mapped[str] = mapped_column(String(300), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id"), index=True)

    case: Mapped[Case | None] = relationship()
    request: Mapped[Request | None] = relationship()
    person: Mapped[Person] = relationship()
    file: Mapped[File | None] = relationship()
