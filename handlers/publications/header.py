"""The header of a published table: which line it is, and what each column means.

In: the first lines of a sheet. Out: `FigureColumns`, or None where no line is a header.
A header is compared by its letters, so "memberDataRequests" and "Member Data Requests" are one; what stands in brackets
counts only where the whole is not known. Of two columns that may mean the same the one whose spelling stands first in
`published_words.json` is read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from handlers.registers import headers, text
from handlers.registers.lines import Sheet, SheetLine
from storage.reference.words import PublishedWords
from storage.spelling import fold

WITHIN_LINES = 40
LEAST = 2  # columns that make a line a header
SIGNS = {"%": " percent ", "#": " number ", "&": " and "}
BRACKETS = re.compile(r"\(.*?\)|\[.*?\]|\*+$")


@dataclass(frozen=True)
class FigureColumns:
    """What is read. found: {code: index}; names: {index: header}, of all columns; line: the header's number."""

    line: int
    found: Mapping[str, int]
    names: Mapping[int, str]

    def has(self, *codes: str) -> bool:
        """Whether one of these is there."""
        return any(code in self.found for code in codes)

    def cell(self, line: SheetLine, code: str) -> str:
        """The cell as it is shown; "" where there is no such column."""
        return str(line.cell(self.found[code])) if code in self.found else ""

    def are_names(self, cells: Sequence[str]) -> bool:
        """Whether cells are those of the header once more."""
        said = [cell.strip() for cell in cells if cell.strip()]
        return bool(said) and set(said) <= set(self.names.values())

    @property
    def unread(self) -> tuple[str, ...]:
        """The headers of what is not read."""
        read = set(self.found.values())
        return tuple(name for index, name in self.names.items() if index not in read)


class HeaderWords:
    """Knows the columns by their headers."""

    def __init__(self, words: PublishedWords) -> None:
        self._ranks: dict[str, tuple[str, int]] = {}
        for code, spellings in words.columns.items():
            for rank, spelling in enumerate(spellings):
                self._ranks.setdefault(_key(spelling), (code, rank))

    def columns(self, sheet: Sheet) -> FigureColumns | None:
        """Those of the first line that most of them are known of."""
        looked_at = [headers.of_line(line) for line in islice(sheet.lines, WITHIN_LINES)]
        known = [(self._found(header.texts), header) for header in looked_at]
        found, header = max(known, key=lambda one: len(one[0]), default=({}, None))
        if header is None or len(found) < LEAST:
            return None
        names = {index: words for index, words in enumerate(header.texts) if words}
        return FigureColumns(header.lines[-1], found, names)

    def _found(self, texts: Sequence[str]) -> dict[str, int]:
        best: dict[str, tuple[int, int]] = {}  # {code: (rank, index)}
        for index, words in enumerate(texts):
            code, rank = self._ranks.get(_key(words)) or self._ranks.get(_key(BRACKETS.sub("", words))) or ("", 0)
            if code and (code not in best or rank < best[code][0]):
                best[code] = (rank, index)
        return {code: index for code, (_, index) in best.items()}


def _key(words: str) -> str:
    for sign, word in SIGNS.items():
        words = words.replace(sign, word)
    return text.key(fold(words))
