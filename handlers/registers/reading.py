"""Lines -> `Entry` or `Doubt`: the one way from a file to a `Register`.

What comes in: a path, the desk's vocabulary, perhaps a mapping. What goes out: `Register`; nothing is written.
A row with any flaw is a doubt and never an entry, and says all its flaws at once. Rows are counted from 1, without
titles, headers, totals and notes; a correction file keeps the numbers of the register it came from.

Why a second use of a diary number is the doubtful one: the number is what keeps an import from doubling, and the first
holder has it. The first holder is not in a correction file, so the mark there is believed until the number changes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from handlers.language.errors import clause
from handlers.registers import cells, columns, dates, text
from handlers.registers.cells import Flaw
from handlers.registers.columns import Columns
from handlers.registers.dates import DateOrder
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import Cell, Sheet, SheetLine
from handlers.registers.mapping import MappingFile
from handlers.registers.sheet import read_sheets
from handlers.registers.vocabulary import Vocabulary

USED_TWICE = "diary number used twice"
TOTAL = re.compile(r"\s*(grand |sub-?)?total\b", re.IGNORECASE)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Entry:
    """One good row. `row` counts data rows from 1, `sheet_row` is the spreadsheet's line; dates are local, as written.

    basis_paper: code of the legal paper, None when `basis` is blank or names none known. raw: {header: text}.
    """

    row: int
    sheet_row: int
    own_reference: str
    sent_on: date
    circle: str
    recipient: str
    category: str
    request_type: str
    basis: str
    basis_paper: str | None
    accounts: tuple[str, ...]
    replied_on: date | None
    outcome: str
    refusal_reasons: tuple[str, ...]
    remarks: str
    raw: Mapping[str, str]


@dataclass(frozen=True)
class Doubt:
    """One doubtful row, with everything wrong with it. raw: {header: text} as it stands.

    dates: {column code: date} of those that were understood, so that a correction file can write them unmistakably.
    """

    row: int
    sheet_row: int
    own_reference: str
    flaws: tuple[Flaw, ...]
    raw: Mapping[str, str]
    dates: Mapping[str, date]

    @property
    def flaw(self) -> str:
        """All that is wrong, as one text."""
        return "; ".join(flaw.wrong for flaw in self.flaws)


@dataclass(frozen=True)
class Skipped:
    """A line that is no row. `kind`: "total", "header" (repeated) or "note"."""

    sheet_row: int
    kind: str
    words: str


@dataclass(frozen=True)
class Register:
    """All that a file says. `date_orders`: {column code: how its dates were read, and what proves it}.

    sheets_unread: other visible sheets that say something; one import reads one sheet.
    """

    file: str
    encoding: str
    entries: tuple[Entry, ...]
    doubts: tuple[Doubt, ...]
    columns: Columns
    skipped: tuple[Skipped, ...]
    date_orders: Mapping[str, DateOrder]
    sheets_unread: tuple[str, ...]


def read(
    path: Path, vocabulary: Vocabulary, mapping: MappingFile | None = None, progress: Progress | None = None
) -> Register:
    """Read a register. `progress` is told (rows done, rows in all) after each row.

    Errors: `RegisterUnreadable` when the file as a whole, its header or the mapping cannot be used.
    """
    mapping = mapping or MappingFile()
    words = mapping.words(vocabulary, file=path.name)
    sheets = read_sheets(path, encoding=mapping.encoding)
    sheet, found = columns.find(_chosen(sheets, mapping, path.name), words.columns, mapping.columns, file=path.name)
    below = [line for line in sheet.lines if line.number > found.header_line]
    header = next(line for line in sheet.lines if line.number == found.header_line)
    skipped = [skip for line in below if (skip := _skip(line, found, header))]
    passed = {skip.sheet_row for skip in skipped}
    lines = [line for line in below if line.number not in passed]
    orders = _date_orders(lines, found, mapping, sheet)
    reader = _Reader(words, found, orders)
    for row, line in enumerate(lines, start=1):
        reader.take(line, row)
        if progress:
            progress(row, len(lines))
    return Register(
        file=path.name,
        encoding=sheet.encoding.name,
        entries=tuple(reader.entries),
        doubts=tuple(reader.doubts),
        columns=found,
        skipped=tuple(skipped),
        date_orders=orders,
        sheets_unread=tuple(other.name for other in sheets if other is not sheet),
    )


@dataclass
class _Reader:
    """Reads rows one after the other; remembers the diary numbers it has seen."""

    words: Vocabulary
    columns: Columns
    orders: Mapping[str, DateOrder]
    entries: list[Entry] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, line: SheetLine, row: int) -> None:
        """One line, as the next entry or the next doubt."""
        cell, words, raw = partial(self.columns.cell, line), self.words, self.columns.raw(line)
        flaws: list[Flaw] = []
        row = self._row_before(line) or row
        number = self._number(line, flaws)
        sent_on = self._sent_on(cell(columns.SENT_ON), flaws)
        replied_on = cells.day(cell(columns.REPLIED_ON), columns.REPLIED_ON, self.orders[columns.REPLIED_ON], flaws)
        recipient = cells.recipient(cell(columns.RECIPIENT), words.recipients, flaws)
        category = cells.category(cell(columns.CATEGORY), words.categories, flaws)
        request_type = self._request_type(cell(columns.REQUEST_TYPE), flaws)
        outcome = cells.outcome(cell(columns.OUTCOME), words.outcomes, flaws)
        if sent_on and outcome and not any(flaw.column == columns.REPLIED_ON for flaw in flaws):
            cells.agreement(sent_on, replied_on, outcome, flaws)
        if flaws or not (sent_on and recipient and category and request_type and outcome):
            understood = {columns.SENT_ON: sent_on, columns.REPLIED_ON: replied_on}
            dated = {code: day for code, day in understood.items() if day}
            self.doubts.append(Doubt(row, line.number, number, tuple(flaws), raw, dated))
            return
        basis = cells.words_of(cell(columns.LEGAL_BASIS))
        self.entries.append(
            Entry(
                row=row,
                sheet_row=line.number,
                own_reference=number,
                sent_on=sent_on,
                circle=cells.words_of(cell(columns.CIRCLE)),
                recipient=recipient,
                category=category,
                request_type=request_type,
                basis=basis,
                basis_paper=words.legal_bases.leading(basis),
                accounts=cells.accounts(cell(columns.ACCOUNTS)),
                replied_on=replied_on,
                outcome=outcome.code,
                refusal_reasons=outcome.refusal_reasons,
                remarks=cells.words_of(cell(columns.REMARKS)),
                raw=raw,
            )
        )

    def _number(self, line: SheetLine, flaws: list[Flaw]) -> str:
        number = cells.own_reference(self.columns.cell(line, columns.DIARY_NO), flaws)
        folded = "".join(number.casefold().split())
        marked = USED_TWICE in self.columns.mark(line, columns.WRONG)
        unchanged = number in self.columns.mark(line, columns.VALUE).split(columns.BETWEEN)
        if number and (folded in self.seen or (marked and unchanged)):
            flaws.append(
                Flaw(columns.DIARY_NO, number, USED_TWICE, "a number of its own; or no row, if it was entered twice")
            )
        self.seen.add(folded)
        return number

    def _sent_on(self, cell: Cell, flaws: list[Flaw]) -> date | None:
        before = len(flaws)
        sent_on = cells.day(cell, columns.SENT_ON, self.orders[columns.SENT_ON], flaws)
        if sent_on is None and len(flaws) == before:
            flaws.append(Flaw(columns.SENT_ON, text.plain(str(cell)), "date sent missing", cells.DATE_EXAMPLE))
        return sent_on

    def _request_type(self, cell: Cell, flaws: list[Flaw]) -> str | None:
        """A register without such a column asked for data; in one that has it, a blank is a doubt."""
        if columns.REQUEST_TYPE not in self.columns.found:
            return cells.DEFAULT_TYPE
        return cells.request_type(cell, self.words.request_types, flaws)

    def _row_before(self, line: SheetLine) -> int | None:
        """The row's number in the register that a correction file came from."""
        number = self.columns.mark(line, columns.ROW)
        return int(number) if number.isdecimal() else None


def _chosen(sheets: list[Sheet], mapping: MappingFile, file: str) -> list[Sheet]:
    chosen = [sheet for sheet in sheets if mapping.sheet in (None, sheet.name)]
    if not chosen:
        accepted = clause("one_of_its_sheets", words=[sheet.name for sheet in sheets])
        raise RegisterUnreadable(file, (clause("no_such_sheet", sheet=mapping.sheet),), (accepted,))
    return chosen


def _date_orders(lines: list[SheetLine], found: Columns, mapping: MappingFile, sheet: Sheet) -> dict[str, DateOrder]:
    codes = [code for code in cells.DATE_NAMES if code in found.found]
    read = [[found.cell(line, code) for line in lines] for code in codes]
    orders = dict(zip(codes, dates.learn(read, day_first=mapping.day_first, epoch=sheet.epoch), strict=True))
    return {code: orders.get(code, DateOrder(None)) for code in cells.DATE_NAMES}


def _skip(line: SheetLine, found: Columns, header: SheetLine) -> Skipped | None:
    """Why a line is no row: totals, the header again, and lines of a single remark (a lone serial number too)."""
    filled = [str(cell).strip() for cell in line.cells if str(cell).strip()]
    blank = {code for code in columns.NEEDED if not str(found.cell(line, code)).strip()}
    words = " ".join(filled)
    if any(TOTAL.match(cell) for cell in filled) and {columns.SENT_ON, columns.RECIPIENT} <= blank:
        return Skipped(line.number, "total", words)
    if [text.key(str(cell)) for cell in line.cells] == [text.key(str(cell)) for cell in header.cells]:
        return Skipped(line.number, "header", words)
    if len(filled) == 1 and blank == set(columns.NEEDED):
        return Skipped(line.number, "note", words)
    return None
