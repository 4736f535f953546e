"""Files: which are kept, and under which name.

In: what a platform says of a file, then its bytes. Out: what is wrong with it, as one word; nothing is ever opened,
unpacked or run. A file is what its name says and its first bytes confirm: a page that asks for a password, saved as
`letter.pdf`, is no letter. Formats that browsers run (HTML, SVG) and programs are not kept.
Source: OWASP ASVS 5.0, 5.2.1, 5.2.2, 5.3.2; Bot API, "getFile" (20 MB, the smallest limit of the platforms).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MOST_BYTES = 20_000_000
LONGEST_NAME = 120
_HEAD = 1024  # a PDF may have a few bytes in front

Fault = Literal["empty", "too_big", "kind", "contents", "gone"]
"""`contents`: it is not what its name says. `gone`: its platform does not give it to us."""


@dataclass(frozen=True)
class FileKind:
    """How a kind of file is served, and how it begins: one of (offset, bytes). Without a beginning: text."""

    media_type: str
    begins: tuple[tuple[int, bytes], ...] = ()


_ZIP, _OLE = ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")), ((0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),)
_JPEG, _TIFF = ((0, b"\xff\xd8\xff"),), ((0, b"II*\x00"), (0, b"MM\x00*"))
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

FORMS: Mapping[str, FileKind] = {
    "pdf": FileKind("application/pdf", ((0, b"%PDF-"),)),
    "docx": FileKind(f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xlsx": FileKind(f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "odt": FileKind(f"{_OPEN}.text", _ZIP),
    "ods": FileKind(f"{_OPEN}.spreadsheet", _ZIP),
    "doc": FileKind("application/msword", _OLE),
    "xls": FileKind("application/vnd.ms-excel", _OLE),
    "msg": FileKind("application/vnd.ms-outlook", _OLE),
    "rtf": FileKind("application/rtf", ((0, b"{\\rtf"),)),
    "txt": FileKind("text/plain"),
    "csv": FileKind("text/csv"),
    "tsv": FileKind("text/tab-separated-values"),
    "ics": FileKind("text/calendar"),
    "json": FileKind("application/json"),
    "eml": FileKind("message/rfc822"),
    "png": FileKind("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    "jpg": FileKind("image/jpeg", _JPEG),
    "jpeg": FileKind("image/jpeg", _JPEG),
    "gif": FileKind("image/gif", ((0, b"GIF87a"), (0, b"GIF89a"))),
    "webp": FileKind("image/webp", ((8, b"WEBP"),)),
    "heic": FileKind("image/heic", ((4, b"ftyp"),)),
    "tif": FileKind("image/tiff", _TIFF),
    "tiff": FileKind("image/tiff", _TIFF),
    "mp4": FileKind("video/mp4", ((4, b"ftyp"),)),
    "mp3": FileKind("audio/mpeg", ((0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"))),
    "zip": FileKind("application/zip", _ZIP),
    "7z": FileKind("application/x-7z-compressed", ((0, b"7z\xbc\xaf\x27\x1c"),)),
}
ACCEPTED = tuple(FORMS)


def form_of(name: str) -> FileKind | None:
    """The kind of file a name says it is, by its last ending; None for what is not kept."""
    _, dot, ending = name.rpartition(".")
    return FORMS.get(ending.casefold()) if dot else None


def declared_fault(name: str, size_bytes: int | None) -> Fault | None:
    """What is wrong with a file by what its platform says of it; None where it may be fetched. None: size unknown."""
    if size_bytes == 0:
        return "empty"
    if size_bytes is not None and size_bytes > MOST_BYTES:
        return "too_big"
    return None if form_of(name) else "kind"


def content_fault(name: str, content: bytes) -> Fault | None:
    """What is wrong with the bytes of a file; None where they may be kept."""
    declared, form = declared_fault(name, len(content)), form_of(name)
    if declared or form is None:
        return declared
    if not form.begins:
        return "contents" if b"\0" in content[:_HEAD] and not content.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    if form.media_type == "application/pdf":
        return None if b"%PDF-" in content[:_HEAD] else "contents"
    return None if any(content.startswith(beginning, at) for at, beginning in form.begins) else "contents"


def safe_name(name: str) -> str:
    """A file's own name without folders, invisible characters and what file systems stumble over; its ending stays."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(letter if letter.isprintable() and letter not in '<>:"|?*' else "_" for letter in last)
    stem, dot, ending = seen.strip(" .").rpartition(".")
    room = max(0, LONGEST_NAME - len(ending) - 1)
    return f"{stem[:room]}{dot}{ending}"[:LONGEST_NAME] if dot else ending[:LONGEST_NAME] or "file"
