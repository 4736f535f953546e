"""The header row of a register, and which of its columns is which.

What comes in: a sheet, the phrases headers use, and a mapping file's decisions. What goes out: `Columns`, to be shown
before anything is kept: each column found, how sure, with samples; and every column nobody understood.
The columns of a correction file (`CORRECTION_COLUMNS`, written by report.py) are recognised and never ignored aloud.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from handlers.language.errors import clause
from handlers.registers import text
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import Cell, Sheet, SheetLine
from handlers.registers.vocabulary import Words

# The codes of `storage/reference/register_words.json`, which holds the headers for each.
DIARY_NO, SENT_ON, RECIPIENT, CATEGORY = "diary_no", "sent_on", "recipient", "category"
REQUEST_TYPE, REPLIED_ON, OUTCOME, LEGAL_BASIS = "request_type", "replied_on", "outcome", "legal_basis"
ACCOUNTS, CIRCLE, REMARKS = "accounts", "circle", "remarks"
NEEDED = (DIARY_NO, SENT_ON, RECIPIENT, CATEGORY)

ROW, WRONG, VALUE, ACCEPTED = "Row", "What is wrong", "Value", "Accepted"
CORRECTION_COLUMNS = (ROW, WRONG, VALUE, ACCEPTED)
BETWEEN = " | "  # parts several flaws of one row, in each of these columns

HEADER_WITHIN_LINES = 30
HEADER_COLUMNS_MIN = 3
SURE_ENOUGH = 0.5
SAMPLES = 3
SAMPLE_WITHIN_LINES = 50


@dataclass(frozen=True)
class Guess:
    """One column found. `confidence` is 1.0 for a known header or the mapping file's word, else the share explained."""

    code: str
    header: str
    index: int
    confidence: float
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns of one sheet. `headers` are all of them, made unique; `marks` those of a correction file, by name."""

    sheet: str
    header_line: int
    headers: tuple[str, ...]
    found: Mapping[str, Guess]
    ignored: tuple[str, ...]
    marks: Mapping[str, int]

    def cell(self, line: SheetLine, code: str) -> Cell:
        """The cell of that column; "" when there is no such column."""
        guess = self.found.get(code)
        return line.cell(guess.index) if guess else ""

    def mark(self, line: SheetLine, name: str) -> str:
        """What a correction file says of this line; "" in any other file."""
        return text.plain(str(line.cell(self.marks[name]))) if name in self.marks else ""

    def raw(self, line: SheetLine) -> dict[str, str]:
        """The line as it stands, {header: text}, without the columns of a correction file."""
        own = set(self.marks.values())
        return {header: str(line.cell(index)) for index, header in enumerate(self.headers) if index not in own}


def find(
    sheets: Iterable[Sheet], words: Words, chosen: Mapping[str, str | None], *, file: str
) -> tuple[Sheet, Columns]:
    """The first sheet that has a header row, and its columns. `chosen`: {code: header, or None for "no such column"}.

    Raises `RegisterUnreadable` when there is no header row, a chosen header is missing, or a needed column is.
    """
    known = _headers_known(words, chosen)
    best: tuple[int, Sheet, SheetLine] | None = None
    for sheet in sheets:
        for line in islice(sheet.lines, HEADER_WITHIN_LINES):
            hits = len(_assigned(line, known))
            if hits >= HEADER_COLUMNS_MIN and (best is None or hits > best[0]):
                best = hits, sheet, line
        if best:
            break
    if best is None:
        raise RegisterUnreadable(
            file,
            (clause("no_headers", count=HEADER_WITHIN_LINES),),
            (clause("line_of_headers", words=words.examples()),),
        )
    _, sheet, line = best
    columns = _columns(sheet, line, known)
    _require(columns, chosen, file)
    return sheet, columns


def _headers_known(words: Words, chosen: Mapping[str, str | None]) -> Words:
    """The phrases of headers, where what a person chose replaces all that was known for that column."""
    kept = {phrase: code for phrase, code in words.phrases.items() if code not in chosen}
    return Words({**kept, **{header: code for code, header in chosen.items() if header is not None}})


def _columns(sheet: Sheet, line: SheetLine, known: Words) -> Columns:
    headers = _unique(line, width=max(len(other.cells) for other in sheet.lines))
    below = list(islice((other for other in sheet.lines if other.number > line.number), SAMPLE_WITHIN_LINES))
    marks = _marks(headers)
    found = {
        code: Guess(code, headers[index], index, confidence, _samples(below, index))
        for code, (index, confidence) in _assigned(line, known).items()
    }
    used = {guess.index for guess in found.values()} | set(marks.values())
    ignored = tuple(header for index, header in enumerate(headers) if index not in used)
    return Columns(sheet.name, line.number, headers, found, ignored, marks)


def _marks(headers: tuple[str, ...]) -> dict[str, int]:
    """Where the columns of a correction file stand; only beside `WRONG`, for "Value" alone may be anybody's."""
    return {name: headers.index(name) for name in CORRECTION_COLUMNS if {name, WRONG} <= set(headers)}


def _assigned(line: SheetLine, known: Words) -> dict[str, tuple[int, float]]:
    """{code: (index, confidence)}: the surest pair first, each column and each code once."""
    marks = set(_marks(tuple(str(cell).strip() for cell in line.cells)).values())
    pairs = [
        (confidence, index, code)
        for index, cell in enumerate(line.cells)
        if isinstance(cell, str) and index not in marks
        for code, confidence in _likely(cell, known).items()
    ]
    assigned: dict[str, tuple[int, float]] = {}
    taken: set[int] = set()
    for confidence, index, code in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if code not in assigned and index not in taken:
            assigned[code] = index, confidence
            taken.add(index)
    return assigned


def _likely(cell: str, known: Words) -> dict[str, float]:
    """{code: confidence} of one header: 1.0 for a known phrase, else the share of it that a known phrase explains."""
    if exact := known.code(cell):
        return {exact: 1.0}
    header = f" {text.words(cell)} "
    likely: dict[str, float] = {}
    for phrase, code in known.phrases.items():
        words = text.words(phrase)
        share = len(words) / len(header.strip() or "-")
        if words and f" {words} " in header and share >= SURE_ENOUGH:
            likely[code] = max(round(share, 2), likely.get(code, 0.0))
    return likely


def _unique(line: SheetLine, *, width: int) -> tuple[str, ...]:
    """Headers as they stand, made unique: a second "Remarks" becomes "Remarks (2)", an empty one "Column 7"."""
    headers: list[str] = []
    for index in range(width):
        plain = text.one_line(text.plain(str(line.cell(index)))) or f"Column {index + 1}"
        again = sum(header == plain or header.startswith(f"{plain} (") for header in headers)
        headers.append(f"{plain} ({again + 1})" if plain in headers else plain)
    return tuple(headers)


def _samples(lines: list[SheetLine], index: int) -> tuple[str, ...]:
    values = (text.plain(str(line.cell(index))) for line in lines)
    return tuple(dict.fromkeys(value for value in values if value))[:SAMPLES]


def _require(columns: Columns, chosen: Mapping[str, str | None], file: str) -> None:
    for code, header in chosen.items():
        if header is not None and code not in columns.found:
            wrong = clause("no_such_column", column=header, code=code, headers=columns.headers)
            raise RegisterUnreadable(file, (wrong,), (clause("one_of_these_headers"),))
    missing = [code for code in NEEDED if code not in columns.found]
    if missing:
        wrong = clause("no_needed_column", codes=missing, headers=columns.headers)
        raise RegisterUnreadable(file, (wrong,), (clause("mapping_of_columns", codes=missing),))
