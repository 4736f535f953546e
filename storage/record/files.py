"""Files: bytes on record, under their SHA-256. Never opened here.

In: a name and bytes. Out: a row; its bytes are read only when they are asked for. What is made for one reader (an
export) has an end; the papers of a case have none.
"""

import hashlib
from datetime import timedelta

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import File
from storage.rules.files import form_of

EXPORT = timedelta(hours=24)


def keep(work: UnitOfWork, name: str, content: bytes, *, for_: timedelta | None = None) -> File:
    """Put bytes on record. for_: how long they stay; for ever, if not said."""
    form = form_of(name)
    row = File(
        name=name,
        media_type=form.media_type if form else "application/octet-stream",
        size_bytes=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        at=work.now,
        until=work.now + for_ if for_ else None,
    )
    work.session.add(row)
    work.session.flush()
    return row


def read(work: UnitOfWork, file_id: int) -> tuple[str, str, bytes, bool] | None:
    """Name, media type, bytes, and whether it is a paper of a case; None for what was let go."""
    columns = (File.name, File.media_type, File.content, File.until)
    found = work.session.execute(select(*columns).where(File.id == file_id)).first()
    return (found.name, found.media_type, found.content, found.until is None) if found else None
