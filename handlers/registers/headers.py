"""The header of a sheet: what stands over each column, and the letter people know the column by.

In: lines of a sheet. Out: `Header`, perhaps made of several lines: "Request" over "Date" is "Request Date".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from handlers.registers import text
from handlers.registers.lines import Merged, Sheet, SheetLine

LETTERS = len(ascii_uppercase)
LETTER = re.compile("[A-Za-z]{1,3}")
AGAIN = re.compile(r" \(\d+\)$")
NAMED_WITHOUT_WORDS = 100  # an empty column up to here keeps its place; further out, only what says something


@dataclass(frozen=True)
class Header:
    """The header: `lines` are the numbers of its lines; `texts` holds what stands over each column, in one text.

    joined: the texts were made of several lines, in this file or in the one that it corrects.
    """

    lines: tuple[int, ...]
    texts: tuple[str, ...]
    joined: bool = False

    def __len__(self) -> int:
        return len(self.texts)

    def words(self, index: int) -> str:
        """What stands over a column; "" past the end."""
        return self.texts[index] if index < len(self.texts) else ""


def of_line(line: SheetLine) -> Header:
    """The header that this line alone is, as it stands."""
    texts = (text.one_line(text.plain(str(cell))) if isinstance(cell, str) else "" for cell in line.cells)
    return Header((line.number,), tuple(texts))


def of_lines(sheet: Sheet, lines: Sequence[SheetLine]) -> Header:
    """The header that these lines are together; a merged cell stands over all its columns.

    A file of text keeps no merged cells: there, a text of an upper line stands over the blanks to its right.
    """
    width = max(len(line.cells) for line in lines)
    grid = {line.number: [text.one_line(text.plain(str(line.cell(index)))) for index in range(width)] for line in lines}
    for area in sheet.merged:
        _spread(grid, area)
    if not sheet.merged:
        *upper, lowest = grid.values()
        for texts in upper:
            _to_the_right(texts, lowest)
    joined = (" ".join(dict.fromkeys(filter(None, texts))) for texts in zip(*grid.values(), strict=True))
    return Header(tuple(grid), tuple(joined), joined=len(grid) > 1)


def unique(header: Header, beyond: Iterable[int]) -> dict[int, str]:
    """{index: name}: a second "Remarks" becomes "Remarks (2)", one without words "Column 7".

    beyond: further columns that say something below.
    """
    names: dict[int, str] = {}
    taken: dict[str, int] = {}
    for index in sorted({*range(len(header)), *beyond}):
        words = header.words(index)
        if not words and index >= NAMED_WITHOUT_WORDS and index not in beyond:
            continue
        words = words or f"Column {index + 1}"
        taken[words] = taken.get(words, 0) + 1
        name = words if taken[words] == 1 else f"{words} ({taken[words]})"
        while name in names.values():
            taken[words] += 1
            name = f"{words} ({taken[words]})"
        names[index] = name
    return names


def without_numbers(header: Header) -> Header:
    """The header as it was before `unique` numbered it: "Remarks (2)" beside a "Remarks" is a second "Remarks"."""
    given = set(header.texts)
    first = [AGAIN.sub("", words) for words in header.texts]
    texts = (one if one in given else words for one, words in zip(first, header.texts, strict=True))
    return replace(header, texts=tuple(texts))


def letter(index: int) -> str:
    """The column's letters in a spreadsheet: 0 is A, 26 is AA."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, LETTERS)
        letters = ascii_uppercase[rest] + letters
    return letters


def place(letters: str) -> int | None:
    """The index of a column's letters, from 0; None for words that are none."""
    if not LETTER.fullmatch(letters):
        return None
    number = 0
    for sign in letters.upper():
        number = number * LETTERS + ascii_uppercase.index(sign) + 1
    return number - 1


def _spread(grid: dict[int, list[str]], area: Merged) -> None:
    words = grid.get(area.first_line, [])[area.first_column : area.first_column + 1]
    for number, texts in grid.items():
        if words and area.first_line <= number <= area.last_line:
            last = min(area.last_column + 1, len(texts))
            texts[area.first_column : last] = words * (last - area.first_column)


def _to_the_right(texts: list[str], below: list[str]) -> None:
    """Over blanks that have a text of their own below: "Request,,Reply" over "Date,Firm,Date"."""
    words = ""
    for index, own in enumerate(texts):
        words = own or words
        texts[index] = words if own or below[index] else ""
