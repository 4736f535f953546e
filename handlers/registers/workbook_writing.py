"""A table -> the bytes of an .xlsx that any spreadsheet opens and none runs.

In: an `ExportTable`. Out: bytes. The first sheet is the table: its header stands still and filters, the first column
stands still, and both are printed on every page. The second explains it and ends with the seal.
Why a text is always written as a text: openpyxl takes "=1+1" for a formula and "#N/A" for an error.
"""

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from handlers.registers.text import safe
from handlers.registers.writing import WIDE, ExportTable, Value

LONGEST = 32_767  # characters that Excel takes in a cell
CUT = " [cut]"
EXPLANATION = 90  # characters
A_PAGE = 230  # characters of a page on its side, as wide as one that is still read
TWO_LINES = 30  # points
BOLD = Font(name="Calibri", size=11, bold=True)  # the font of all else, or it is another one
OF_HEADERS = PatternFill("solid", fgColor="FFD9E1F2")
WRAPPED = Alignment(wrap_text=True, vertical="top")
OVER_FIGURES = Alignment(wrap_text=True, vertical="top", horizontal="right")


def workbook(table: ExportTable) -> bytes:
    """A sheet of the rows, in which dates are dates and numbers are numbers, and a sheet that explains them."""
    book = Workbook(write_only=True)
    widths = [column.width for column in table.columns]
    page = _page(book, table.name, table.label, widths)
    page.freeze_panes = "B3"
    page.print_title_rows, page.print_title_cols = "1:2", "A:A"
    page.auto_filter.ref = f"A2:{get_column_letter(len(widths))}{len(table.rows) + 2}"
    page.row_dimensions[2].height = TWO_LINES
    page.append(_cells(page, [table.label], font=BOLD))
    page.append(_headers(page, table))
    shown = [column.shown for column in table.columns]
    for row in table.rows:
        page.append([_number(page, value, form) for value, form in zip(_cells(page, row), shown, strict=True)])
    _explain(_page(book, "About", table.label, [WIDE, EXPLANATION]), table)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _headers(page: Worksheet, table: ExportTable) -> list[object]:
    """Over figures and days on the right, where these stand."""
    cells: list[object] = []
    for n, header in enumerate(table.headers):
        first = next((row[n] for row in table.rows if row[n] not in (None, "")), "")
        alignment = WRAPPED if isinstance(first, str) else OVER_FIGURES
        cells += _cells(page, [header], font=BOLD, fill=OF_HEADERS, alignment=alignment)
    return cells


def _explain(page: Worksheet, table: ExportTable) -> None:
    """What the table is, what stands in each column, and the seal, which is the last line."""
    for name, value in [("Label", table.label), *table.about]:
        page.append(_cells(page, (name, str(value)), alignment=WRAPPED))
    page.append([])
    page.append(_cells(page, ("Column", "Meaning"), font=BOLD, fill=OF_HEADERS))
    for column in table.columns:
        page.append(_cells(page, (column.header, column.about), alignment=WRAPPED))
    page.append([])
    page.append(_cells(page, (table.last,)))


def _page(book: Workbook, name: str, label: str, widths: Sequence[int]) -> Worksheet:
    """A sheet with its label at the head and foot of each printed page, on its side, as wide as its columns fit."""
    page: Worksheet = book.create_sheet(name)
    for edge in (page.oddHeader, page.oddFooter):
        edge.center.text = label  # type: ignore[union-attr]  # a new sheet has both
    for n, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(n)].width = width
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    if sum(widths) <= A_PAGE:
        page.page_setup.fitToHeight = 0
        page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return page


def _cells(page: Worksheet, row: Iterable[Value], **looks: object) -> list[object]:
    return [_text(page, value, looks) if isinstance(value, str) else value for value in row]


def _number(page: Worksheet, value: object, shown: str) -> object:
    """A number as its column shows numbers; all else as it is."""
    if not shown or not isinstance(value, int | float):
        return value
    cell = WriteOnlyCell(page, value)
    cell.number_format = shown
    return cell


def _text(page: Worksheet, value: str, looks: dict[str, object]) -> object:
    if not value:
        return None
    words = safe(value)
    cell = WriteOnlyCell(page, words if len(words) <= LONGEST else words[: LONGEST - len(CUT)] + CUT)
    cell.data_type = "s"
    for name, look in looks.items():
        setattr(cell, name, look)
    return cell
