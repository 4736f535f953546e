"""The columns of a register: what each is, how sure that is, and what must be asked before it is read so.

`finding` makes them; the cells of a line are read through them. The columns of a correction file
(`CORRECTION_COLUMNS`, written by report.py) are recognised and never ignored aloud.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from handlers.language.errors import Clause, clause
from handlers.registers import text
from handlers.registers.headers import letter
from handlers.registers.lines import Cell, Encoding, SheetLine

# The codes of `storage/reference/register_words.json`, which holds the headers for each.
DIARY_NO, SENT_ON, RECIPIENT, CATEGORY = "diary_no", "sent_on", "recipient", "category"
REQUEST_TYPE, REPLIED_ON, OUTCOME, LEGAL_BASIS = "request_type", "replied_on", "outcome", "legal_basis"
ACCOUNTS, CIRCLE, REMARKS, SERIAL_NO = "accounts", "circle", "remarks", "serial"
BECAUSE, PAPER, DATA, DIRECTION = "refused_because", "legal_paper", "data", "direction"  # as our own export has them
NEEDED = (DIARY_NO, SENT_ON, RECIPIENT, CATEGORY)

ROW, WRONG, VALUE, ACCEPTED = "Row", "What is wrong", "Value", "Accepted"
CORRECTION_COLUMNS = (ROW, WRONG, VALUE, ACCEPTED)
BETWEEN = " | "  # parts several flaws of one row, in each of these columns


@dataclass(frozen=True)
class Guess:
    """One column found.

    confidence: 1.0 where it is sure, else the share of its header or values that speaks for it. chosen: by the mapping.
    """

    code: str
    header: str
    index: int
    confidence: float
    samples: tuple[str, ...] = ()
    chosen: bool = False

    @property
    def letter(self) -> str:
        """The column's letters in a spreadsheet."""
        return letter(self.index)


@dataclass(frozen=True)
class Unsettled:
    """What a person must decide, with `--yes` or in a mapping file. `code`: the column it is about, perhaps none."""

    code: str
    words: Clause


@dataclass(frozen=True)
class Columns:
    """The columns of one sheet.

    headers: {index: name}, names made unique, of all columns that say anything. found: those that are read.
    marks: {name: index} of a correction file. defaults: {code: what holds for every row, as there is no such column}.
    """

    sheet: str
    header_lines: tuple[int, ...]
    headers: Mapping[int, str]
    found: Mapping[str, Guess]
    marks: Mapping[str, int] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[Unsettled, ...] = ()

    @property
    def header_line(self) -> int:
        """The last line of the header; rows are below it."""
        return self.header_lines[-1]

    @property
    def unused(self) -> dict[int, str]:
        """{index: name} of the columns that are not read."""
        used = {guess.index for guess in self.found.values()}
        return {index: name for index, name in self.own.items() if index not in used}

    @cached_property
    def own(self) -> dict[int, str]:
        """{index: name} without the columns of a correction file."""
        added = set(self.marks.values())
        return {index: name for index, name in self.headers.items() if index not in added}

    def has(self, code: str) -> bool:
        """Whether the rows say anything of this: by a column, or by what holds for all of them."""
        return code in self.found or code in self.defaults

    def cell(self, line: SheetLine, code: str) -> Cell:
        """The cell of that column; "" when there is no such column."""
        guess = self.found.get(code)
        return line.cell(guess.index) if guess else ""

    def value(self, line: SheetLine, code: str) -> Cell:
        """The cell of that column; where there is none, what holds for every row."""
        return self.cell(line, code) if code in self.found else self.defaults.get(code, "")

    def mark(self, line: SheetLine, name: str) -> str:
        """What a correction file says of this line; "" in any other file."""
        return text.plain(str(line.cell(self.marks[name]))) if name in self.marks else ""

    def raw(self, line: SheetLine) -> dict[str, str]:
        """The line as it stands, {header: text}, without the columns of a correction file."""
        return {name: str(line.cell(index)) for index, name in self.own.items()}


def questions(columns: Columns, encoding: Encoding) -> tuple[Clause, ...]:
    """All that must be asked before a register is read like this."""
    asked = [question.words for question in columns.asked]
    if encoding.sure < 1:
        share, rival = f"{encoding.sure:.0%}", encoding.rival
        name, sample = (rival.name, rival.sample) if rival else ("", "")
        words = encoding.samples
        asked.append(
            clause("guessed_encoding", encoding=encoding.name, share=share, words=words, rival=name, sample=sample)
        )
    return tuple(asked)
