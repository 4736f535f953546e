"""Lines below the header -> rows, and lines that are none: totals, the header again, notes.

In: the lines of a sheet, in order, and its columns. Out: `RegisterRow` and `Skipped` as a stream; one row is held back,
as the lines below may belong to it. Every cell of a row has passed the gate (`gate.py`) before anybody sees it.

A line that says nothing but accounts or a remark, right below a row, belongs to that row. Where anything else stands in
it, or a blank line, a total or a header between, it is a row of its own: doubtful, for all that it lacks.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from handlers.registers import columns, gate, text
from handlers.registers.cells import Flaw
from handlers.registers.columns import Columns
from handlers.registers.lines import Cell, SheetLine

CARRIED_ON = (columns.ACCOUNTS, columns.REMARKS)
NEVER_ALONE = frozenset({*columns.NEEDED, *CARRIED_ON})
"""A line that says nothing but one of these is more than a note."""
NEVER_AT_THE_END = frozenset({*columns.NEEDED, columns.ACCOUNTS, columns.REPLIED_ON})
TOTAL = re.compile(r"\s*(?:grand |sub-? ?)?total\b", re.IGNORECASE)
ONLY_TOTAL = re.compile(r"\s*(?:grand |sub-? ?)?totals?\s*[:=\-]*\s*[\d.,]*\s*", re.IGNORECASE)
FIGURE = re.compile(r"\s*[\d.,]+\s*")
FIGURE_DIGITS = 4  # below a column of accounts, a number of so few digits is a sum rather than an account


@dataclass(frozen=True)
class RegisterRow:
    """One row. `number` counts rows from 1, or is that of the register a correction file came from.

    lines: the numbers of its lines in the sheet. line: its first line, with what the others add; `Columns.raw` and
    `mark` take it. flaws: what the gate found. cells: {code of a used column: the cell that passed the gate}.
    """

    number: int
    lines: tuple[int, ...]
    line: SheetLine
    cells: Mapping[str, Cell]
    flaws: tuple[Flaw, ...]

    def cell(self, code: str) -> Cell:
        """The cell of that column; "" where there is none, or nothing that could be read."""
        return self.cells.get(code, "")


@dataclass(frozen=True)
class Skipped:
    """A line that is no row. `kind`: "total", "header" (repeated), "note", or "end" (below the total)."""

    sheet_row: int
    kind: str
    words: str


@dataclass
class _Open:
    """A row that further lines may still join."""

    line: SheetLine
    more: list[SheetLine] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.more[-1].number if self.more else self.line.number


def rows(lines: Iterable[SheetLine], found: Columns) -> Iterator[RegisterRow | Skipped]:
    """The rows and the lines that are none, in the order of their first lines."""
    held: _Open | None = None
    count, ended = 0, False
    for line in lines:
        skipped = _skipped(line, found, ended=ended)
        if held and not skipped and _joins(line, held, found):
            held.more.append(line)
            continue
        if held:
            count += 1
            yield _row(held, count, found)
            held = None
        if skipped:
            ended = ended or skipped.kind == "total"
            yield skipped
        else:
            held, ended = _Open(line), False
    if held:
        yield _row(held, count + 1, found)


def _row(held: _Open, number: int, found: Columns) -> RegisterRow:
    line, flaws = _joined(held, found), list[Flaw]()
    guesses = {code: guess for code, guess in found.found.items() if code not in gate.NOT_READ}
    read = {code: gate.passed(line.cell(guess.index), code, flaws) for code, guess in guesses.items()}
    before = found.mark(line, columns.ROW)
    numbers = (line.number, *(more.number for more in held.more))
    number = int(before) if before.isdecimal() else number
    return RegisterRow(number, numbers, line, {**found.defaults, **read}, tuple(flaws))


def _joined(held: _Open, found: Columns) -> SheetLine:
    """The first line, with the accounts and remarks of the lines below, each on a line of its own within the cell."""
    if not held.more:
        return held.line
    cells = list(held.line.cells)
    for code in CARRIED_ON:
        if guess := found.found.get(code):
            parts = [str(line.cell(guess.index)) for line in (held.line, *held.more)]
            cells += [""] * (guess.index + 1 - len(cells))
            cells[guess.index] = "\n".join(part for part in parts if part.strip())
    return SheetLine(held.line.number, tuple(cells))


def _joins(line: SheetLine, held: _Open, found: Columns) -> bool:
    """Whether a line only carries on the accounts or the remark of the row right above it."""
    if _numbered(line, found) or line.number != held.last + 1 or found.mark(line, columns.ROW):
        return False
    return _filled(line, found) <= {*CARRIED_ON} and not _is_sum(str(found.cell(line, columns.ACCOUNTS)))


def _skipped(line: SheetLine, found: Columns, *, ended: bool) -> Skipped | None:
    """Why a line is no row. `ended`: whether a total stands right above it, or only notes between."""
    kind = _kind(line, found, ended=ended)
    words = (str(cell).strip() for cell in line.cells)
    return Skipped(line.number, kind, " ".join(filter(None, words))) if kind else None


def _kind(line: SheetLine, found: Columns, *, ended: bool) -> str | None:
    if _is_header(line, found):
        return "header"
    if found.mark(line, columns.ROW):
        return None
    if _is_total(line, found):
        return "total"
    if _numbered(line, found):
        return None
    filled = _filled(line, found)
    if not filled or (not filled & NEVER_ALONE and sum(bool(str(cell).strip()) for cell in line.cells) == 1):
        return "note"
    return "end" if ended and not filled & NEVER_AT_THE_END else None


def _is_header(line: SheetLine, found: Columns) -> bool:
    """The header again: each used column holds its own header."""
    return all(_same(str(line.cell(guess.index)), guess.header) for guess in found.found.values())


def _same(words: str, header: str) -> bool:
    return words == header or text.key(words) == text.key(header)


def _is_total(line: SheetLine, found: Columns) -> bool:
    """Nothing but words for a total, and figures; among accounts and remarks these words may begin something else."""
    if any(str(found.cell(line, code)).strip() for code in (columns.SENT_ON, columns.RECIPIENT)):
        return False
    carried = {guess.index for code, guess in found.found.items() if code in CARRIED_ON}
    total = False
    for index, cell in enumerate(line.cells):
        words = str(cell).strip()
        if ONLY_TOTAL.fullmatch(words) or (index not in carried and TOTAL.match(words)):
            total = True
        elif words and not (_is_sum(words) if index in carried else FIGURE.fullmatch(words)):
            return False
    return total


def _numbered(line: SheetLine, found: Columns) -> bool:
    """Whether something stands for a diary number, as in most lines."""
    return bool(str(found.cell(line, columns.DIARY_NO)).strip())


def _filled(line: SheetLine, found: Columns) -> set[str]:
    """The codes of the columns that hold something in that line; a serial number makes it a line of its own."""
    return {code for code, guess in found.found.items() if str(line.cell(guess.index)).strip()}


def _is_sum(words: str) -> bool:
    return bool(FIGURE.fullmatch(words)) and len(words.strip()) <= FIGURE_DIGITS
