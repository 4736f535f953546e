"""A table -> the bytes of a .csv or .xlsx that any spreadsheet opens and none runs.

What comes in: a `Table`: its label, headers, rows, and what is said of it as a whole. What goes out: bytes.
The label stands in the first line, and at the head and foot of every printed page. A seal (the head of the audit chain)
stands last: whoever keeps the file can later show that the past was rewritten.
Why a text is always written as a text: openpyxl takes "=1+1" for a formula and "#N/A" for an error.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from handlers.registers.text import safe

Value = str | int | date | None

LONGEST = 32_767  # characters that Excel takes in a cell
CUT = " [cut]"
WIDTH = 18  # characters
BOLD = Font(bold=True)


@dataclass(frozen=True)
class ExportTable:
    """A table to write. `label`: the most restrictive of its rows. `about`: (name, value); `seal`: `NUMBER:HASH`."""

    name: str
    label: str
    headers: tuple[str, ...]
    rows: Sequence[Sequence[Value]]
    about: tuple[tuple[str, Value], ...]
    seal: str

    @property
    def last(self) -> str:
        """The seal, as `verify --seal` takes it."""
        return f"Seal of the audit chain: {self.seal}"


def as_csv(table: ExportTable) -> bytes:
    """UTF-8 with the mark that Excel wants; the label in the first line, the headers in the second, the seal last."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for row in chain([(table.label,), table.headers], table.rows, [(table.last,)]):
        writer.writerow([safe(value) if isinstance(value, str) else value for value in row])
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(table: ExportTable) -> bytes:
    """A sheet of the rows, in which dates are dates, and a sheet about them that ends with the seal."""
    book = Workbook(write_only=True)
    page = _page(book, table.name, table.label)
    page.freeze_panes = "B3"
    page.append(_cells(page, [table.label], BOLD))
    page.append(_cells(page, table.headers, BOLD))
    for row in table.rows:
        page.append(_cells(page, row))
    about = _page(book, "About", table.label)
    for pair in chain([("Label", table.label)], table.about, [(table.last,)]):
        about.append(_cells(about, pair))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WRITERS: Mapping[str, Callable[[ExportTable], bytes]] = {"xlsx": as_xlsx, "csv": as_csv}


def _page(book: Workbook, name: str, label: str) -> WriteOnlyWorksheet:
    page: WriteOnlyWorksheet = book.create_sheet(name)
    for edge in (page.oddHeader, page.oddFooter):
        edge.center.text = label  # type: ignore[union-attr]  # a new sheet has both
    page.sheet_format.defaultColWidth = WIDTH  # type: ignore[attr-defined]  # its stub has no such attribute
    return page


def _cells(page: WriteOnlyWorksheet, row: Iterable[Value], font: Font | None = None) -> list[object]:
    return [_text(page, value, font) if isinstance(value, str) else value for value in row]


def _text(page: WriteOnlyWorksheet, value: str, font: Font | None) -> object:
    if not value:
        return None
    words = safe(value)
    cell = WriteOnlyCell(page, words if len(words) <= LONGEST else words[: LONGEST - len(CUT)] + CUT)
    cell.data_type = "s"
    if font:
        cell.font = font
    return cell
