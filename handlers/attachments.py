"""Attachments: request attach, case files, case download; and what becomes of a file when it was fetched.

In: a turn, or the bytes that `bot/outbound/fetching.py` brings. Out: a reply; the sender hears whether their file
is kept. A file goes to whoever asks for it and may see its case, to them alone, never to a room; that is on record.
"""

from dataclasses import dataclass

from handlers.kit import access, attaching
from handlers.kit.errors import Conflict, NoFile
from handlers.kit.file_views import AttachmentLine, attachment_line
from handlers.kit.notices import Notice, RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import AttachmentRef, CaseRef, RequestRef
from handlers.language.values.references import read_ref
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Attachment, Recipient
from storage.record import attachments
from storage.rules.files import ACCEPTED, MOST_BYTES, Fault, content_fault

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)


@dataclass(frozen=True)
class FileKept(RecordNotice):
    """To whoever sent it: the bytes are on record, under this digest."""

    case_ref: str
    file: AttachmentLine


@dataclass(frozen=True)
class FileRefused(RecordNotice):
    """To whoever sent it: the bytes were not kept. Sizes in bytes."""

    case_ref: str
    file: AttachmentLine
    most_bytes: int
    accepted: tuple[str, ...]


@dataclass(frozen=True)
class FileGiven(RecordNotice):
    """With a file, to whoever asked for it."""

    case_ref: str
    file: AttachmentLine


@dataclass(frozen=True)
class FileList(RecordNotice):
    """The files of a case, oldest first."""

    ref: str
    title: str
    label: str
    files: tuple[AttachmentLine, ...]
    total: int
    next_line: str
    back_line: str


@commands.add("request attach", needs=WORKERS, example="request attach 42/3")
def attach(turn: Turn, ref: RequestRef) -> Reply:
    """Attach a file to a request: the one you send with this line, or sent in the last half hour.

    ref: the request.
    """
    request = access.request(turn, ref, Act.NOTE)
    files = turn.files or attachments.loose(turn.work, turn.actor.person)
    if not files:
        raise NoFile
    return Reply(attaching.attach(turn, files, request.case, request))


@commands.add("case files", reads=True, example="case files 42")
def list_files(turn: Turn, ref: CaseRef, *, page: Page = 1) -> Reply:
    """The files of a case and of its requests.

    ref: the case.
    page: ten a page.
    """
    case = access.case(turn, ref)
    found, pages = list(attachments.of_case(turn.work, turn.viewer, case)), Pages(f"case files {case.ref}", page)
    lines, total = tuple(map(attachment_line, pages.of(found))), len(found)
    return Reply(FileList(case.ref, case.title, case.label, lines, total, pages.next_line(total), pages.back_line))


@commands.add("case download", example="case download 42/A1")
def download(turn: Turn, ref: AttachmentRef) -> Reply:
    """Get a file of a case, for yourself alone; that you asked is on record.

    ref: the file, as `case files` lists it.
    """
    row = access.attachment(turn, ref)
    line, case = attachment_line(row), access.case_of(row)
    if row.file is None:
        raise Conflict("file_waits" if row.state == "waiting" else "file_not_kept", ref=line.ref, case=case.ref)
    turn.work.audit("file downloaded", line.ref, after={"sha256": row.file.digest})
    return Reply(FileGiven(case.ref, line), files=[row.file.id])


def follow(turn: Turn, first: Attachment) -> Reply:
    """Put the files of a message with one that was sent as one with them. Errors: as `request attach`."""
    case = access.case(turn, read_ref(access.case_of(first).ref), Act.NOTE)
    request = access.request(turn, read_ref(first.request.ref), Act.NOTE) if first.request else None
    return Reply(attaching.attach(turn, turn.files, case, request))


# ---- what was fetched ----------------------------------------------------------------------------------------------


def fetched(work: UnitOfWork, attachment_id: int, content: bytes) -> None:
    """Keep the bytes of an attachment, or refuse them by what they are; its sender is told once."""
    row = attachments.waiting(work, attachment_id)
    if row is None:
        return
    if fault := content_fault(row.name, content):
        _refuse(work, row, fault, size_bytes=len(content))
        return
    attachments.keep(work, row, content)
    if row.case is not None:
        _kept(work, row)


def not_given(work: UnitOfWork, attachment_id: int, fault: Fault) -> None:
    """The platform does not give us a file, or it is too long: its sender is told once."""
    if row := attachments.waiting(work, attachment_id):
        _refuse(work, row, fault)


def _kept(work: UnitOfWork, row: Attachment) -> None:
    line = attachment_line(row)
    work.audit("file kept", line.ref, after={"sha256": line.digest, "bytes": line.size_bytes})
    _tell(work, row, FileKept(access.case_of(row).ref, line))


def _refuse(work: UnitOfWork, row: Attachment, fault: Fault, *, size_bytes: int | None = None) -> None:
    attachments.refuse(row, fault, size_bytes=size_bytes)
    line = attachment_line(row)
    work.audit("file refused", line.ref, after={"fault": fault, "bytes": line.size_bytes})
    _tell(work, row, FileRefused(row.case.ref if row.case else "", line, MOST_BYTES, ACCEPTED))


def _tell(work: UnitOfWork, row: Attachment, notice: Notice) -> None:
    case = row.case
    outbox.queue(
        work,
        cause=f"file:{row.id}",
        notice=notice,
        recipient=Recipient.person(row.person_id),
        label=Label(case.label) if case else Label.CLEAR,
        subject=case.ref if case else "",
        platform=row.platform,
        urgent=True,
    )
