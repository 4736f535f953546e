"""A table -> the bytes of an .xlsx that any spreadsheet opens and none runs.

In: an `ExportTable`. Out: bytes.
Why a text is always written as a text: openpyxl takes "=1+1" for a formula and "#N/A" for an error.
"""

import io
from collections.abc import Iterable
from itertools import chain

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from handlers.registers.text import safe
from handlers.registers.writing import ExportTable, Value

LONGEST = 32_767  # characters that Excel takes in a cell
CUT = " [cut]"
WIDTH = 18  # characters
BOLD = Font(bold=True)


def workbook(table: ExportTable) -> bytes:
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
