"""Views of files: plain values of an attachment, as notices show them (see `handlers/kit/views.py`)."""

from dataclasses import dataclass
from datetime import datetime

from handlers.exposure import Indoors, Ours, RecordFacts
from storage.models import Attachment


@dataclass(frozen=True)
class AttachmentLine(RecordFacts):
    """One file. `state`: waiting, kept or refused (`fault`). `digest`: SHA-256, empty until it is kept."""

    ref: str
    label: str
    name: Ours[str]
    size_bytes: int
    state: str
    fault: str
    digest: str
    by: Indoors[str]
    at: datetime
    request: str
    link: Ours[str]


def attachment_line(row: Attachment) -> AttachmentLine:
    """One file, as it is now."""
    return AttachmentLine(
        ref=row.ref or "",
        label=row.case.label if row.case else "",
        name=row.name,
        size_bytes=row.size_bytes,
        state=row.state,
        fault=row.fault,
        digest=row.file.digest if row.file else "",
        by=row.person.name,
        at=row.at,
        request=row.request.ref if row.request else "",
        link=row.link,
    )
