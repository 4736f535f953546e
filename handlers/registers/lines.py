"""What every reader of files hands on: cells, lines, sheets. Whoever reads rows knows no file format.

A text cell is a plain `str`. Whatever a spreadsheet holds as something else is `Held`, which still knows how it was
shown: a diary number that the spreadsheet made a date of is read as people see it, and a number that it has shortened
is not read at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of a spreadsheet, a date without a zone
LINES_LIMIT, COLUMNS_LIMIT = 1_048_576, 16_384
"""What a sheet can hold."""
CELL_LIMIT = 131_072
"""Characters of one cell: four times what a spreadsheet can hold, and the most that `csv` takes."""
LINE_LIMIT = 1 << 20
"""Characters of one line of a text file."""


HeldKind = Literal["number", "date", "truth", "error", "no_value", "lost"]


@dataclass(frozen=True, slots=True)
class Held:
    """A cell that is no text. `shown`: as its format shows it ("0042", "5/2016"); `day`: only of a date.

    kind: "number"; "date"; "truth" (True or False); "error" (#REF!); "no_value": a formula whose result nobody stored;
    "lost": a number of more digits than a spreadsheet keeps. As text, the last two are marked like an error, so that a
    file of corrections which holds them is as doubtful as the register was.
    """

    kind: HeldKind
    shown: str
    day: date | None = None

    def __str__(self) -> str:
        return MARKED.get(self.kind, "{}").format(self.shown)


MARKED = {"no_value": "#NO VALUE!", "lost": "#LOST! {}"}
"""{kind: how it stands as text}; the others stand as they are shown, and are known again by it."""
Cell = str | Held


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line that says something. `number` is the spreadsheet's own, from 1."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, index: int) -> Cell:
        """The cell in that column, from 0; "" past the end of a short line."""
        return self.cells[index] if index < len(self.cells) else ""


class Lines(Protocol):
    """The lines of a sheet, in order; may be gone through again, and need not be in memory."""

    def __iter__(self) -> Iterator[SheetLine]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Rival:
    """The next likely encoding, and a cell as it reads it."""

    name: str
    sample: str


@dataclass(frozen=True)
class Encoding:
    """How the letters of a text file were read. `sure`: from 0 to 1; below 1 it is a guess, to be asked about.

    source: "mark" (its byte-order mark), "bytes" (nothing else fits), "mapping" (a person said so), "workbook" or
    "guess".
    samples: some cells with letters that another encoding would read otherwise. rival: that other one.
    """

    name: str
    source: Literal["mark", "bytes", "mapping", "workbook", "guess"]
    sure: float = 1.0
    samples: tuple[str, ...] = ()
    rival: Rival | None = None


@dataclass(frozen=True)
class Merged:
    """Cells that are one on the screen, the first holds the value: lines from 1, columns from 0, ends included."""

    first_line: int
    last_line: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class Link:
    """Where these cells lead when a person clicks on them; "" where only a formula knows."""

    area: Merged
    target: str


@dataclass(frozen=True)
class Sheet:
    """One sheet. Blank lines are left out but counted in the numbers; `epoch` is day 0 of its date serials."""

    name: str
    encoding: Encoding
    lines: Lines
    epoch: datetime = EPOCH_1900
    merged: tuple[Merged, ...] = ()
    links: tuple[Link, ...] = ()
