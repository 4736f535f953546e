"""Attaching: files that came with a message, or shortly before it, go to a case.

In: a case the turn may write on. Out: attachments with their numbers; their bytes are fetched after the commit, and
their sender then hears that they are kept, or why not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.exposure import Indoors, Ours
from handlers.kit import access
from handlers.kit.errors import BadFile
from handlers.kit.file_views import AttachmentLine, attachment_line
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Turn
from storage.models import Attachment, Case, Request
from storage.record import attachments
from storage.rules.files import ACCEPTED, MOST_BYTES


@dataclass(frozen=True)
class FilesAttached(RecordNotice):
    """To the watchers, and to whoever sent them: what they are, and that they are being fetched."""

    ref: str
    case_ref: str
    title: str
    label: str
    files: Ours[tuple[AttachmentLine, ...]]
    by: Indoors[str]


def attach(turn: Turn, files: Sequence[Attachment], case: Case, request: Request | None = None) -> FilesAttached:
    """Put files with a case, or with one request of it, and tell those who watch it. Errors: BadFile, nothing done."""
    for row in files:
        if row.state == "refused":
            raise BadFile(row.name, row.fault, row.size_bytes, MOST_BYTES, ACCEPTED)
    ref = request.ref if request else case.ref
    for row in files:
        attachments.attach(turn.work, row, case, request)
        turn.work.audit("file attached", ref, after={"as": row.ref, "bytes": row.size_bytes}, personal=row.name)
    notice = FilesAttached(
        ref, case.ref, case.title, case.label, tuple(map(attachment_line, files)), turn.actor.person.name
    )
    turn.tell(access.watchers(turn, request or case), notice)
    return notice
