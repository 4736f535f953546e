"""Rows -> `Entry` or `Doubt`: the one way from a file to a `Register`.

What comes in: a path, the desk's vocabulary, perhaps a mapping. What goes out: `Register`; nothing is written.
A row with any flaw is a doubt and never an entry, and says all its flaws at once. Rows are counted from 1, without
titles, headers, totals and notes; a correction file keeps the numbers of the register it came from.

`read` goes through the whole file once: whatever makes it unreadable is raised there, and what only the whole shows
(how many rows, whether the day comes first, which diary numbers come back) is known from then on. The rows themselves
are made anew each time somebody goes through them, so a million rows need no more memory than a hundred.

Why a second use of a diary number is the doubtful one: the number is what keeps an import from doubling, and the first
holder has it. The first holder is not in a correction file, so the mark there is believed until the number changes. A
near spelling of it (`numbers.py`) is treated alike, and says which row it may be.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from handlers.language.errors import Clause
from handlers.registers import cells, columns, evidence, finding, ours, second_header, text
from handlers.registers.cells import Flaw
from handlers.registers.columns import Columns
from handlers.registers.dates import DateOrder, TwoDates
from handlers.registers.evidence import Evidence
from handlers.registers.lines import Cell, Sheet, SheetLine
from handlers.registers.mapping import MappingFile
from handlers.registers.numbers import near_number, same_number
from handlers.registers.rows import RegisterRow, Skipped, rows
from handlers.registers.sheet import read_sheets
from handlers.registers.vocabulary import Vocabulary

USED_TWICE = "diary number used twice"
NEAR = "diary number may be that of row"
PROGRESS_EVERY = 100  # lines
Progress = Callable[[int, int], None]
Kind = TypeVar("Kind", "Entry", "Doubt", "Skipped")


@dataclass(frozen=True)
class Entry:
    """One good row. `row` counts data rows from 1, `sheet_row` is the spreadsheet's line; dates are local, as written.

    basis_paper: code of the legal paper, None when nothing names one that is known. raw: {header: text}.
    data: codes of the kinds of data, where a column says so. joined: the numbers of further lines that belong to it.
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
    data: tuple[str, ...] = ()
    joined: tuple[int, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """One doubtful row, with everything wrong with it. raw: {header: text} as it stands.

    dates: {column code: date} of those that were understood, so that a correction file can write them unmistakably; or
    both dates that it may be, so that none of the two can be read from that file by mistake. joined: the numbers of
    further lines that belong to it.
    """

    row: int
    sheet_row: int
    own_reference: str
    flaws: tuple[Flaw, ...]
    raw: Mapping[str, str]
    dates: Mapping[str, date | TwoDates]
    joined: tuple[int, ...] = ()

    @property
    def flaw(self) -> str:
        """All that is wrong, as one text."""
        return "; ".join(flaw.wrong for flaw in self.flaws)


@dataclass(frozen=True)
class Register:
    """All that a file says: go through it for its rows and the lines that are none, in order, as often as you like.

    row_count: how many rows there are, good or doubtful. date_orders: {column code: how its dates were read, and what
    proves it}. sheets_unread: other visible sheets that say something; one import reads one sheet.
    repeated: hashes of the diary numbers that come more than once, in near spellings; of some others too, by chance.
    questions: what a person must decide before anything is kept.
    """

    file: str
    sheet: Sheet
    columns: Columns
    words: Vocabulary
    row_count: int
    date_orders: Mapping[str, DateOrder]
    repeated: frozenset[int]
    sheets_unread: tuple[str, ...]
    questions: tuple[Clause, ...]

    @property
    def encoding(self) -> str:
        """How its letters were read."""
        return self.sheet.encoding.name

    def __iter__(self) -> Iterator[Entry | Doubt | Skipped]:
        reader = _Reader(self)
        for row in rows(_below(self.sheet, self.columns), self.columns):
            yield row if isinstance(row, Skipped) else reader.read(row)

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        """Only the entries, the doubts, or the lines that are no rows."""
        return (line for line in self if isinstance(line, kind))


def read(
    path: Path, vocabulary: Vocabulary, mapping: MappingFile | None = None, progress: Progress | None = None
) -> Register:
    """Read a register, from the first line to the last.

    progress: is told (lines done, lines in all; 0 where that is not known yet) now and then.

    Errors: `RegisterUnreadable` when the file as a whole, its header or the mapping cannot be used.
    """
    mapping = mapping or MappingFile()
    words = mapping.words(vocabulary, file=path.name)
    sheets = read_sheets(path, encoding=mapping.encoding, sheet=mapping.sheet, progress=progress)
    if not any(sheet.lines for sheet in sheets):  # no sheet of that name; a correction file has only one
        sheets = read_sheets(path, encoding=mapping.encoding, progress=progress)
    sheet, found = finding.find(sheets, words, mapping, path=path)
    if found.marks and sheet.encoding.source == "mapping" and (saved := read_sheets(path))[0].encoding.sure == 1:
        sheet, found = finding.find(saved, words, mapping, path=path)  # a spreadsheet may have saved it otherwise
    checked = second_header.refused(_below(sheet, found), found, words.columns, file=path.name)
    seen = _look_through(rows(checked, found), found, len(sheet.lines), progress or _nobody)
    corrections = bool(found.marks)
    orders = evidence.orders(seen.evidence, day_first=mapping.day_first, epoch=sheet.epoch, corrections=corrections)
    return Register(
        file=path.name,
        sheet=sheet,
        columns=found,
        words=words,
        row_count=seen.rows,
        date_orders={code: orders.get(code, DateOrder(None)) for code in cells.DATE_NAMES},
        repeated=seen.repeated(),
        sheets_unread=tuple(other.name for other in sheets if other.name != sheet.name),
        questions=columns.questions(found, sheet.encoding),
    )


# ---- the whole, once -------------------------------------------------------------------------------------------------


@dataclass
class _Whole:
    """What only the whole file shows. `numbers`: a hash of each diary number; a million need eight megabytes."""

    evidence: dict[str, Evidence]
    rows: int = 0
    numbers: "array[int]" = field(default_factory=partial(array, "q"))

    def see(self, row: RegisterRow) -> None:
        self.rows += 1
        if number := near_number(cells.own_reference(row.cell(columns.DIARY_NO), [])):
            self.numbers.append(hash(number))
        for code, column in self.evidence.items():
            column.see(row.cell(code))

    def repeated(self) -> frozenset[int]:
        in_order = sorted(self.numbers)
        return frozenset(number for number, after in pairwise(in_order) if number == after)


def _look_through(lines: Iterator[RegisterRow | Skipped], found: Columns, total: int, tell: Progress) -> _Whole:
    whole = _Whole({code: Evidence() for code in cells.DATE_NAMES if code in found.found})
    for row in lines:
        if isinstance(row, RegisterRow):
            whole.see(row)
            if whole.rows % PROGRESS_EVERY == 0:
                tell(whole.rows, total)
    tell(total, total)
    return whole


def _below(sheet: Sheet, found: Columns) -> Iterator[SheetLine]:
    return (line for line in sheet.lines if line.number > found.header_line)


def _nobody(_done: int, _total: int) -> None:
    """Where nobody wants to know how far it is."""


# ---- one row ---------------------------------------------------------------------------------------------------------


@dataclass
class _Reader:
    """Reads rows one after the other; remembers the diary numbers that come more than once.

    seen: {near number: {number: the first row that has it}}.
    """

    register: Register
    seen: dict[str, dict[str, int]] = field(default_factory=dict)

    def read(self, row: RegisterRow) -> Entry | Doubt:
        """One row."""
        found, words, orders = self.register.columns, self.register.words, self.register.date_orders
        cell, raw, flaws = row.cell, found.raw(row.line), list[Flaw]()
        number = self._number(row, flaws)
        sent = _sent_on(cell(columns.SENT_ON), orders[columns.SENT_ON], flaws)
        replied = cells.day(cell(columns.REPLIED_ON), columns.REPLIED_ON, orders[columns.REPLIED_ON], flaws)
        recipient = cells.recipient(cell(columns.RECIPIENT), words.recipients, flaws)
        category = cells.category(cell(columns.CATEGORY), words.categories, flaws)
        request_type = self._request_type(cell(columns.REQUEST_TYPE), flaws)
        outcome = cells.outcome(cell(columns.OUTCOME), words.outcomes, flaws)
        if outcome:
            outcome = ours.with_reasons(outcome, cell(columns.BECAUSE), words.refusals, flaws)
        ours.sent_by_us(cell(columns.DIRECTION), flaws)
        paper = ours.paper(cell(columns.PAPER), words.papers, flaws)
        data = ours.data(cell(columns.DATA), words.data_types, flaws)
        sent_on, replied_on = (None if isinstance(day, TwoDates) else day for day in (sent, replied))
        unsure = {flaw.column for flaw in (*flaws, *row.flaws)}
        if sent_on and outcome and not unsure & {columns.REPLIED_ON, columns.OUTCOME}:
            cells.agreement(sent_on, replied_on, outcome, flaws)
        flaws = [*row.flaws, *(flaw for flaw in flaws if flaw.column not in {spoilt.column for spoilt in row.flaws})]
        if flaws or not (sent_on and recipient and category and request_type and outcome):
            understood = {columns.SENT_ON: sent, columns.REPLIED_ON: replied}
            dated = {code: day for code, day in understood.items() if day}
            return Doubt(row.number, row.line.number, number, tuple(flaws), raw, dated, row.lines[1:])
        basis = cells.words_of(cell(columns.LEGAL_BASIS))
        return Entry(
            row=row.number,
            sheet_row=row.line.number,
            own_reference=number,
            sent_on=sent_on,
            circle=cells.words_of(cell(columns.CIRCLE)),
            recipient=recipient,
            category=category,
            request_type=request_type,
            basis=basis,
            basis_paper=paper or words.legal_bases.there(basis),
            accounts=cells.accounts(cell(columns.ACCOUNTS)),
            replied_on=replied_on,
            outcome=outcome.code,
            refusal_reasons=outcome.refusal_reasons,
            remarks=cells.words_of(cell(columns.REMARKS)),
            raw=raw,
            data=data,
            joined=row.lines[1:],
        )

    def _number(self, row: RegisterRow, flaws: list[Flaw]) -> str:
        number = cells.own_reference(row.cell(columns.DIARY_NO), flaws)
        used = self._used_before(number, row.number) if number else None
        if wrong := self._marked(number, row.line) or used:
            flaws.append(
                Flaw(columns.DIARY_NO, number, wrong, "a number of its own; or no row, if it was entered twice")
            )
        return number

    def _marked(self, number: str, line: SheetLine) -> str | None:
        """What a correction file says of a number, which has not been changed since."""
        found = self.register.columns
        if not number or number not in found.mark(line, columns.VALUE).split(columns.BETWEEN):
            return None
        said = found.mark(line, columns.WRONG).split(columns.BETWEEN)
        return next((wrong for wrong in said if wrong.startswith((USED_TWICE, NEAR))), None)

    def _used_before(self, number: str, row: int) -> str | None:
        """What is wrong with a number that a row before has, or one of near spelling."""
        near, same = near_number(number), same_number(number)
        if hash(near) not in self.register.repeated:
            return None
        rows_before = self.seen.setdefault(near, {})
        first = next(iter(rows_before.values()), None)
        if same in rows_before:
            return USED_TWICE
        rows_before[same] = row
        return None if first is None else f"{NEAR} {first}"

    def _request_type(self, cell: Cell, flaws: list[Flaw]) -> str | None:
        """A register without such a column asked for data; in one that has it, a blank is a doubt."""
        if not self.register.columns.has(columns.REQUEST_TYPE):
            return cells.DEFAULT_TYPE
        return cells.request_type(cell, self.register.words.request_types, flaws)


def _sent_on(cell: Cell, order: DateOrder, flaws: list[Flaw]) -> date | TwoDates | None:
    before = len(flaws)
    sent_on = cells.day(cell, columns.SENT_ON, order, flaws)
    if sent_on is None and len(flaws) == before:
        flaws.append(Flaw(columns.SENT_ON, text.plain(str(cell)), "date sent missing", cells.DATE_EXAMPLE))
    return sent_on
