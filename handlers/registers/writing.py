"""A table -> the bytes of a .csv or .xlsx that any spreadsheet opens and none runs.

What comes in: an `ExportTable`: its label, its columns, its rows, and what is said of it as a whole. Out: bytes.
The label stands in the first line, and at the head and foot of every printed page. A seal (the head of the audit chain)
stands last: whoever keeps the file can later show that the past was rewritten.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from handlers.registers.text import safe

Value = str | int | float | date | None
NARROW, USUAL, WIDE = 12, 18, 40  # characters
DAYS, SHARE = "0.0", "0%"


@dataclass(frozen=True)
class Column:
    """One column. `about`: what stands in it, as the sheet of explanation says. `width`: in characters.

    `shown`: how its numbers are written, as spreadsheets name it ("0.0"); empty for as they are.
    """

    header: str
    about: str
    width: int = USUAL
    shown: str = ""


@dataclass(frozen=True)
class ExportTable:
    """A table to write. `label`: the most restrictive of its rows. `about`: (name, value); `seal`: `NUMBER:HASH`."""

    name: str
    label: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    about: tuple[tuple[str, Value], ...]
    seal: str

    @property
    def headers(self) -> tuple[str, ...]:
        """What stands over each column."""
        return tuple(column.header for column in self.columns)

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
    """A sheet of the rows, in which dates are dates and numbers are numbers, and a sheet that explains them."""
    from handlers.registers import workbook_writing  # noqa: PLC0415 - its library takes half a second and 60 MB

    return workbook_writing.workbook(table)


WRITERS: Mapping[str, Callable[[ExportTable], bytes]] = {"xlsx": as_xlsx, "csv": as_csv}
