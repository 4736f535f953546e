"""A file as it was sent -> sheets of lines of cells, with the line numbers people see in their spreadsheet.

What comes in: .csv in any common encoding and delimiter, or .xlsx. What the bytes are decides, not the file's name.
What goes out: `Sheet`; a cell is a date where the spreadsheet says so, else text as it stands ("42447", not 42447.0).
Raises `RegisterUnreadable` for everything that is neither.

Why our own delimiter count and not `csv.Sniffer`: cells full of "; " (account lists) mislead it.
"""

import csv
import io
import itertools
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl

from handlers.language.errors import clause
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import Cell, Encoding, Held, Sheet, SheetLine

SIZE_LIMIT_BYTES = 50_000_000
UNPACKED_LIMIT_BYTES = 500_000_000
LINES_LIMIT = 100_000
DELIMITERS = (",", ";", "\t", "|")
LOOK_LINES = 50
WORKBOOK = Encoding("xlsx", "workbook")
WORKBOOK_MARK = b"PK\x03\x04"
OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0"
WORKBOOK_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    OSError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
)
SAVE_AS = (clause("save_as"),)


def read_sheets(path: Path, *, encoding: str | None = None) -> list[Sheet]:
    """Every visible sheet that says something, in order; a .csv has one.

    encoding: only for a .csv, when a person knows better than the bytes do.
    """
    content = _content(path)
    if content.startswith(OLD_OFFICE_MARK):
        raise RegisterUnreadable(path.name, (clause("old_or_locked"),), SAVE_AS)
    packed = content.startswith(WORKBOOK_MARK)
    sheets = _workbook(content, path.name) if packed else [_text_sheet(content, path.name, encoding)]
    speaking = [sheet for sheet in sheets if sheet.lines]
    if not speaking:
        raise RegisterUnreadable(path.name, (clause("is_empty"),), SAVE_AS)
    return speaking


def _content(path: Path) -> bytes:
    try:
        size_bytes = path.stat().st_size
        content = path.read_bytes() if size_bytes <= SIZE_LIMIT_BYTES else b""
    except OSError as error:
        raise RegisterUnreadable(
            path.name, (clause("not_opened", why=error.strerror),), (clause("readable_file"),)
        ) from error
    if size_bytes > SIZE_LIMIT_BYTES:
        raise RegisterUnreadable(
            path.name, (clause("has_bytes", count=size_bytes),), (clause("at_most_bytes", most=SIZE_LIMIT_BYTES),)
        )
    return content


def _workbook(content: bytes, file: str) -> list[Sheet]:
    try:
        _refuse_bomb(content, file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and drop-down lists, which hold no data
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = [
                Sheet(
                    page.title, Encoding("xlsx", "workbook"), _lines(page.iter_rows(values_only=True), file), book.epoch
                )
                for page in book.worksheets
                if page.sheet_state == "visible"
            ]
            book.close()
    except WORKBOOK_FAULTS as error:
        raise RegisterUnreadable(file, (clause("no_workbook"),), SAVE_AS) from error
    return sheets


def _refuse_bomb(content: bytes, file: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        unpacked_bytes = sum(part.file_size for part in packed.infolist())
    if unpacked_bytes > UNPACKED_LIMIT_BYTES:
        raise RegisterUnreadable(file, (clause("unpacks_to", count=unpacked_bytes),), (clause("without_pictures"),))


def _text_sheet(content: bytes, file: str, encoding: str | None) -> Sheet:
    text, read_as = _decoded(content, file, encoding)
    if text.lstrip().startswith("<"):
        raise RegisterUnreadable(file, (clause("web_page"),), SAVE_AS)
    declared = text[:4].lower() == "sep=" and text[4:5]
    if declared:
        text = text.split("\n", 1)[-1]  # a hint for Excel, which does not count it as a line either
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=declared or _delimiter(text), strict=True)
    return Sheet(file, Encoding(read_as, "bytes"), _lines(_whole_rows(rows, file), file))


def _decoded(content: bytes, file: str, encoding: str | None) -> tuple[str, str]:
    """The text, and the encoding that fits: the one a person named, else the first of the candidates."""
    for candidate in (encoding,) if encoding else _candidates(content):
        try:
            text = content.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        return text, candidate
    raise RegisterUnreadable(
        file, (clause("not_read_as", encoding=encoding or ""),), (*SAVE_AS, clause("encoding_in_mapping"))
    )


def _candidates(content: bytes) -> tuple[str, ...]:
    """UTF-16 by its mark or its zeros, UTF-8, and Windows-1252 for what is text without zeros."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    head = content[:4096]
    if head.count(0) > len(head) // 5:
        return ("utf-16-le",) if head[1::2].count(0) > head[::2].count(0) else ("utf-16-be",)
    return ("utf-8-sig",) if b"\0" in content else ("utf-8-sig", "cp1252")


def _delimiter(text: str) -> str:
    """The sign that cuts most of the first lines into the same number of cells, and into the most cells."""
    head = text.splitlines()[:LOOK_LINES]

    def agreement(delimiter: str) -> int:
        widths = Counter(len(row) for row in csv.reader(head, delimiter=delimiter) if row)
        return max(((width - 1) * lines for width, lines in widths.items()), default=0)

    return max(DELIMITERS, key=agreement)


def _whole_rows(rows: Iterator[list[str]], file: str) -> Iterator[list[str]]:
    """The rows of a .csv; a quote that is never closed would swallow all that follows, so it is refused by line."""
    for number in itertools.count(1):
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise RegisterUnreadable(
                file,
                (clause("quotation_mark", line=number, why=str(error)),),
                (clause("quotation_marks"),),
            ) from error
        if row is None:
            return
        yield row


def _lines(rows: Iterable[Sequence[object]], file: str) -> tuple[SheetLine, ...]:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = [_cell(value) for value in row]
        while cells and not str(cells[-1]).strip():
            cells.pop()
        if cells:
            lines.append(SheetLine(number, tuple(cells)))
        if len(lines) > LINES_LIMIT:
            raise RegisterUnreadable(file, (clause("too_many_lines", most=LINES_LIMIT),), (clause("split_by_year"),))
    return tuple(lines)


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return Held("date", value.isoformat(), value)
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
