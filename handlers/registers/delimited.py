"""A text file of cells (.csv) -> its one sheet.

What comes in: a file that is no workbook. What goes out: `Sheet`, all cells text as it stands. The file is read as a
stream; raises `RegisterUnreadable` for quotation marks out of place and for cells or lines beyond all measure, by line.

Why our own delimiter count and not `csv.Sniffer`: cells full of "; " (account lists) mislead it.
"""

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from handlers.language.errors import clause
from handlers.registers.encoding import encoding_of
from handlers.registers.errors import SAVE_AS, RegisterUnreadable, one_sentence
from handlers.registers.lines import (
    COLUMNS_LIMIT,
    LINE_LIMIT,
    LINES_LIMIT,
    Encoding,
    Sheet,
    SheetLine,
)
from handlers.registers.spool import Spool

DELIMITERS = (",", ";", "\t", "|")
LOOK_LINES, LOOK_LETTERS = 50, 2_000


def text_sheet(path: Path, encoding: str | None, tell: Callable[[int], None] | None = None) -> Sheet:
    """The sheet of a text file, named as the file. `encoding`: what a person says of it; `tell` hears of more lines."""
    with one_sentence(path.name, clause("no_text")):
        read_as = encoding_of(path, encoding)
    return Sheet(path.name, read_as, Spool(_lines(path, read_as), path.name, tell))


def _lines(path: Path, encoding: Encoding) -> Iterator[SheetLine]:
    with (
        one_sentence(path.name, clause("no_text")),
        path.open(encoding=encoding.name, errors="strict", newline="") as file,
    ):
        head = list(itertools.islice(_text_lines(file, path.name), LOOK_LINES))
        if "".join(head).lstrip().startswith("<"):
            raise RegisterUnreadable(path.name, (clause("web_page"),), SAVE_AS)
        declared = _declared(head)
        if declared:
            head = head[1:]  # a hint for Excel, which does not count it as a line either
        text = itertools.chain(head, _text_lines(file, path.name, LOOK_LINES))
        rows = csv.reader(text, delimiter=declared or _delimiter(head), strict=True)
        for number, row in _whole_rows(rows, path.name):
            if cells := _trimmed(row):
                yield SheetLine(number, tuple(cells))


def _text_lines(file: TextIO, name: str, before: int = 0) -> Iterator[str]:
    """The lines of the text with their ends. One without an end would be read into memory whole, so it is refused."""
    for number in itertools.count(before + 1):
        line = file.readline(LINE_LIMIT)
        if len(line) == LINE_LIMIT:
            raise RegisterUnreadable(name, (clause("long_line", line=number, most=LINE_LIMIT),), SAVE_AS)
        if not line:
            return
        yield line


def _declared(head: list[str]) -> str:
    """The delimiter of a first line "sep=;", else ""."""
    first = head[0] if head else ""
    return first[4:5].strip("\r\n") if first[:4].lower() == "sep=" else ""


def _delimiter(head: list[str]) -> str:
    """The sign that cuts most of the first lines into the same number of cells, and into the most cells."""
    cut = [line[:LOOK_LETTERS] for line in head]  # all of them together are still one cell, should a quote be open

    def agreement(delimiter: str) -> int:
        widths = Counter(len(row) for row in csv.reader(cut, delimiter=delimiter) if row)
        return max(((width - 1) * lines for width, lines in widths.items()), default=0)

    return max(DELIMITERS, key=agreement)


def _whole_rows(rows: Iterator[list[str]], file: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of a .csv. A quote that is never closed would swallow all that follows, so it is refused by line.

    Lines are counted as a spreadsheet does: a cell of several lines is one.
    """
    for number in itertools.count(1):
        try:
            row = next(rows, None)
        except csv.Error as error:
            wrong = clause("quotation_mark", line=number, why=str(error))
            if str(csv.field_size_limit()) in str(error):
                wrong = clause("long_cell", line=number, most=csv.field_size_limit())
            raise RegisterUnreadable(file, (wrong,), (clause("quotation_marks"),)) from error
        if row is None:
            return
        if number > LINES_LIMIT:
            raise RegisterUnreadable(file, (clause("too_many_lines", most=LINES_LIMIT),), (clause("split_by_year"),))
        if len(row) > COLUMNS_LIMIT:
            wrong = clause("too_many_columns", line=number, most=COLUMNS_LIMIT)
            raise RegisterUnreadable(file, (wrong,), SAVE_AS)
        yield number, row


def _trimmed(row: list[str]) -> list[str]:
    """The cells up to the last that says something."""
    while row and not row[-1].strip():
        row.pop()
    return row
