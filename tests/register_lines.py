"""Small registers for tests: rows that are good but for what a test says of them, as a .csv or as lines of cells."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from handlers.registers.columns import CORRECTION_COLUMNS, Columns, Guess
from handlers.registers.lines import Cell, SheetLine
from handlers.registers.rows import RegisterRow, Skipped, rows

HEADERS = {
    "diary_no": "Diary No",
    "sent_on": "Date Sent",
    "circle": "Circle",
    "recipient": "Provider",
    "category": "Nature of Complaint",
    "request_type": "Request Type",
    "legal_basis": "Legal Basis",
    "accounts": "Accounts / URLs",
    "replied_on": "Date of Reply",
    "outcome": "Outcome",
    "remarks": "Remarks",
    "refused_because": "Refused because",
    "legal_paper": "Legal paper",
    "data": "Data asked for",
    "direction": "Direction",
}
GOOD: Mapping[str, Cell] = {
    "diary_no": "CCW/2018/0001",
    "sent_on": "04-Mar-2018",
    "circle": "Quetta",
    "recipient": "Facebook",
    "category": "Fake account",
    "request_type": "Data",
    "legal_basis": "Letter",
    "accounts": "page.01",
    "replied_on": "13-Apr-2018",
    "outcome": "Data provided",
    "remarks": "reminder sent",
    "refused_because": "",
    "legal_paper": "",
    "data": "",
    "direction": "outgoing",
}
OPEN = {"replied_on": "", "outcome": ""}


def numbered(*given: Mapping[str, Cell]) -> list[dict[str, Cell]]:
    """A good row for each, with a number of its own, and with what is given instead."""
    return [{**GOOD, "diary_no": f"CCW/2018/{number:04}", **row} for number, row in enumerate(given, start=1)]


def write_csv(path: Path, lines: Sequence[Mapping[str, Cell]]) -> Path:
    """Those lines below the headers; a column that a line does not name is blank."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([HEADERS.values(), *([line.get(code, "") for code in HEADERS] for line in lines)])
    return path


def columns(*, marks: bool = False) -> Columns:
    """The columns of `HEADERS` in their order; `marks`: those of a correction file after them."""
    headers = (*HEADERS.values(), *(CORRECTION_COLUMNS if marks else ()))
    found = {code: Guess(code, header, index, 1.0) for index, (code, header) in enumerate(HEADERS.items())}
    own = {name: headers.index(name) for name in headers[len(HEADERS) :]}
    return Columns("register", (1,), dict(enumerate(headers)), found, own)


def line(number: int, cells: Mapping[str, Cell], *more: Cell) -> SheetLine:
    """A line of the sheet, with more cells after the last column."""
    return SheetLine(number, (*(cells.get(code, "") for code in HEADERS), *more))


def read_rows(*given: Mapping[str, Cell]) -> Iterator[RegisterRow | Skipped]:
    """Lines 2 and on; an empty one is a blank line of the sheet."""
    return rows((line(number, cells) for number, cells in enumerate(given, start=2) if cells), columns())
