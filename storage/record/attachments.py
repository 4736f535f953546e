"""Attachments: files that people sent, from the message they came with to the bytes that are kept.

In: what a platform says of a file, who sent it, and later its bytes. Out: rows, numbered within their case.
A file is put on record with its message, before anything is fetched: the platform's answer does not wait for a
download, and a crash loses nothing. Until its sender says where it belongs it lies on their desk (LOOSE), then it goes.
Fetching changes the same row: `keep` with the bytes, or `refuse` with what is wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Attachment, Case, Person, Request
from storage.record import files
from storage.record.fetching import Key, case_fits
from storage.rules.files import Fault, declared_fault, safe_name

LOOSE = timedelta(minutes=30)  # how long a file without a case is what its sender means next
TOO_LATE = timedelta(days=2)  # no platform keeps us out so long, and a terminal that was closed brings nothing more


@dataclass(frozen=True)
class Named:
    """A file as its platform names it. `source`: how it is fetched; `link`: where people find it."""

    source: str
    name: str
    size_bytes: int | None
    link: str = ""


@dataclass(frozen=True)
class Wanted:
    """A file that is to be fetched. `attempts`: how often that failed."""

    id: int
    source: str
    attempts: int


# ---- from a message ------------------------------------------------------------------------------------------------


def take(work: UnitOfWork, person: Person, named: Iterable[Named], *, platform: str, cause: str) -> list[Attachment]:
    """Put the files of a message on record, each once; what is not accepted is there as refused."""
    rows = []
    for one in named:
        fault = declared_fault(one.name, one.size_bytes)
        row = Attachment(
            person=person,
            at=work.now,
            name=safe_name(one.name),
            size_bytes=one.size_bytes or 0,
            link=one.link,
            cause=cause,
            platform=platform,
            source=one.source,
            state="refused" if fault else "waiting",
            fault=fault or "",
            try_at=work.now,
        )
        rows.append(row)
    work.session.add_all(rows)
    work.session.flush()
    return rows


def of_message(work: UnitOfWork, cause: str) -> Sequence[Attachment]:
    """What came with one message."""
    return work.session.scalars(select(Attachment).where(Attachment.cause == cause).order_by(Attachment.id)).all()


def sent_as_one(work: UnitOfWork, person: Person, causes: Iterable[str]) -> Sequence[Attachment]:
    """What a person sent with these messages and was accepted, in the order of sending."""
    query = select(Attachment).where(Attachment.cause.in_(causes), Attachment.person_id == person.id)
    return work.session.scalars(query.where(Attachment.state != "refused").order_by(Attachment.id)).all()


def loose(work: UnitOfWork, person: Person) -> Sequence[Attachment]:
    """What a person sent lately without saying where it belongs, oldest first."""
    query = select(Attachment).where(Attachment.person_id == person.id, Attachment.case_id.is_(None))
    query = query.where(Attachment.state != "refused", Attachment.at > work.now - LOOSE)
    return work.session.scalars(query.order_by(Attachment.id)).all()


def attach(work: UnitOfWork, row: Attachment, case: Case, request: Request | None) -> None:
    """Put a loose file with its case, under the next `/An`."""
    row.case, row.request = case, request
    row.number = work.number(f"{case.ref}/A")
    row.ref = f"{case.ref}/A{row.number}"


# ---- fetching ------------------------------------------------------------------------------------------------------


def due(work: UnitOfWork, platform: str, sources: str = "") -> Sequence[Wanted]:
    """The next files to fetch from a platform, those that wait longest first. sources: how they begin."""
    query = select(Attachment).where(Attachment.platform == platform, Attachment.state == "waiting")
    query = query.where(Attachment.source.startswith(sources, autoescape=True))
    query = query.where(Attachment.try_at <= work.now).order_by(Attachment.try_at, Attachment.id).limit(10)
    return [Wanted(row.id, row.source, row.attempts) for row in work.session.scalars(query)]


def overdue(work: UnitOfWork, platform: str) -> Sequence[int]:
    """The files of a platform that have waited too long to be fetched still."""
    query = select(Attachment.id).where(Attachment.platform == platform, Attachment.state == "waiting")
    return work.session.scalars(query.where(Attachment.at < work.now - TOO_LATE).limit(100)).all()


def waiting(work: UnitOfWork, attachment_id: int) -> Attachment | None:
    """An attachment that still waits, locked; None where another process was faster, or it was let go."""
    query = select(Attachment).where(Attachment.id == attachment_id, Attachment.state == "waiting")
    return work.session.scalars(query.with_for_update() if work.postgres else query).first()


def keep(work: UnitOfWork, row: Attachment, content: bytes) -> None:
    """Keep the bytes of an attachment."""
    row.file = files.keep(work, row.name, content)
    row.state, row.size_bytes = "kept", len(content)


def refuse(row: Attachment, fault: Fault, *, size_bytes: int | None = None) -> None:
    """Say what is wrong; nothing of it is kept but where it came from."""
    row.state, row.fault = "refused", fault
    row.size_bytes = row.size_bytes if size_bytes is None else size_bytes


def later(work: UnitOfWork, attachment_id: int, seconds: float, *, failed: bool) -> None:
    """Fetch it again after a time. failed: it counts as an attempt."""
    if row := waiting(work, attachment_id):
        row.try_at = work.now + timedelta(seconds=seconds)
        row.attempts += failed


# ---- looking -------------------------------------------------------------------------------------------------------


def of_case(work: UnitOfWork, viewer: Viewer, case: Case, request: Request | None = None) -> Sequence[Attachment]:
    """The attachments of a case, or of one request of it, for a viewer who sees the case; oldest first."""
    query = select(Attachment).join(Case, Case.id == Attachment.case_id).where(sight.cases(viewer), Case.id == case.id)
    if request:
        query = query.where(Attachment.request_id == request.id)
    query = query.options(joinedload(Attachment.person), joinedload(Attachment.file), joinedload(Attachment.request))
    return work.session.scalars(query.order_by(Attachment.number)).all()


def refs(work: UnitOfWork, case: Case, request: Request | None = None) -> list[str]:
    """The references of the attachments of a case that was fetched with permission, or of one request of it."""
    query = select(Attachment.ref).where(Attachment.case_id == case.id, Attachment.ref.is_not(None))
    if request:
        query = query.where(Attachment.request_id == request.id)
    return [ref for ref in work.session.scalars(query.order_by(Attachment.number)) if ref]


def fitting(work: UnitOfWork, viewer: Viewer, key: Key) -> Sequence[Attachment]:
    """The visible attachments a typed reference fits: `42/A1`."""
    query = select(Attachment).join(Case, Case.id == Attachment.case_id).where(sight.cases(viewer), case_fits(key))
    if key.part is not None:
        query = query.where(Attachment.number == key.part)
    return work.session.scalars(query.order_by(Attachment.id.desc()).limit(21)).all()
