"""A header further down whose columns stand in another order: what is below it would be read in the wrong columns.

In: the lines below the header, as they go by. Out: the same lines. Raises `RegisterUnreadable` at such a header.

A row has figures in its number and its date, and no header has: nothing else of it is looked at.
"""

from collections.abc import Iterable, Iterator

from handlers.language.errors import clause
from handlers.registers import columns, text
from handlers.registers.columns import Columns
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import SheetLine
from handlers.registers.vocabulary import Words

HEADERS_MIN = 3
SHARE_MIN = 0.5  # of the texts of a line that are headers


def refused(lines: Iterable[SheetLine], found: Columns, known: Words, *, file: str) -> Iterator[SheetLine]:
    """The lines as they are. `known`: all headers that the desk knows."""
    codes = {guess.index: guess.code for guess in found.found.values()}
    names = {text.key(name) for name in found.own.values()} - {""}
    for line in lines:
        if not _is_row(line, found) and _is_other_header(line, found, known, codes, names):
            raise RegisterUnreadable(file, (clause("other_header", line=line.number),), (clause("one_header"),))
        yield line


def _is_row(line: SheetLine, found: Columns) -> bool:
    """Whether it can be nothing but a row: most lines are, and must be told quickly."""
    cells = (str(found.cell(line, code)) for code in (columns.DIARY_NO, columns.SENT_ON))
    return all(any(map(str.isdecimal, cell)) for cell in cells) or bool(found.mark(line, columns.ROW))


def _is_other_header(line: SheetLine, found: Columns, known: Words, codes: dict[int, str], names: set[str]) -> bool:
    own = {index: words for index in found.own if (words := text.plain(str(line.cell(index))))}
    headers = {index for index, words in own.items() if text.key(words) in names or known.code(words)}
    if len(headers) < max(HEADERS_MIN, SHARE_MIN * len(own)):
        return False
    for index, words in own.items():
        code, name = known.code(words), found.own[index]
        if set(text.words(words).split()) <= set(text.words(name).split()):
            continue  # its own header, or one line of it
        if (index in codes or code in codes.values()) and code != codes.get(index):
            return True
    return False
