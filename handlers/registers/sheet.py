"""A file as it was sent -> sheets of lines of cells, with the line numbers people see in their spreadsheet.

What comes in: .csv in any common encoding and delimiter, or .xlsx. What the bytes are decides, not the file's name.
What goes out: `Sheet`; a text cell is text as it stands, whatever a spreadsheet holds otherwise is `Held`.
Raises `RegisterUnreadable`, one sentence, for everything that is neither.
"""

import stat
from collections.abc import Callable
from pathlib import Path

from handlers.language.errors import clause
from handlers.registers import delimited, workbook
from handlers.registers.errors import SAVE_AS, RegisterUnreadable
from handlers.registers.lines import Sheet

SIZE_LIMIT_BYTES = 500_000_000
WORKBOOK_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
OTHERS = (
    (b"\xd0\xcf\x11\xe0", clause("old_or_locked")),
    (b"\x09\x00\x04\x00", clause("old_or_locked")),
    (b"\x09\x02\x06\x00", clause("old_or_locked")),
    (b"\x09\x04\x06\x00", clause("old_or_locked")),
    (b"%PDF", clause("is_pdf")),
    (b"{\\rtf", clause("is_letter")),
    (b"\x89PNG", clause("is_picture")),
    (b"\xff\xd8\xff", clause("is_picture")),
    (b"GIF8", clause("is_picture")),
    (b"\x1f\x8b", clause("is_archive")),
    (b"7z\xbc\xaf", clause("is_archive")),
    (b"Rar!", clause("is_archive")),
    (b"SQLite format 3", clause("is_database")),
)
"""(how such a file begins, what it is)."""
Progress = Callable[[int, int], None]


def read_sheets(
    path: Path, *, encoding: str | None = None, sheet: str | None = None, progress: Progress | None = None
) -> list[Sheet]:
    """Every visible sheet that says something, in order; a .csv has one.

    encoding: only for a .csv, when a person knows better than the bytes do; a byte-order mark knows better still.
    sheet: the only one to be read; the others are listed, without lines.
    progress: is told (lines read, 0: how many there will be is not known) now and then.
    """
    tell = _counting(progress) if progress else None
    if _begins(path).startswith(WORKBOOK_MARKS):
        sheets = workbook.sheets(path, chosen=sheet, tell=tell)
    else:
        sheets = [found for found in [delimited.text_sheet(path, encoding, tell)] if found.lines]
    if not sheets:
        raise RegisterUnreadable(path.name, (clause("is_empty"),), SAVE_AS)
    return sheets


def _begins(path: Path) -> bytes:
    """The first bytes of what can be read at all; refused where they are those of something else."""
    readable = (clause("readable_file"),)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            wrong = clause("is_folder") if stat.S_ISDIR(status.st_mode) else clause("is_device")
            raise RegisterUnreadable(path.name, (wrong,), readable)
        with path.open("rb") as file:
            head = file.read(16)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise RegisterUnreadable(path.name, (clause("not_opened", why=why),), readable) from error
    if status.st_size > SIZE_LIMIT_BYTES:
        wrong, most = clause("has_bytes", count=status.st_size), clause("at_most_bytes", most=SIZE_LIMIT_BYTES)
        raise RegisterUnreadable(path.name, (wrong,), (most,))
    for mark, wrong in OTHERS:
        if head.startswith(mark):
            raise RegisterUnreadable(path.name, (wrong,), SAVE_AS)
    return head


def _counting(progress: Progress) -> Callable[[int], None]:
    """Adds up the lines of all sheets."""
    done = 0

    def more(lines: int) -> None:
        nonlocal done
        done += lines
        progress(done, 0)

    return more
