"""Links behind cells: a cell that says "Profile" may lead to the account, and is known as a link from then on.

In: a sheet with its links, and the index of one column. Out: the sheet, where each text of that column which its link
does not say again has the target beside it, marked as an error is; the gate lets no such text through, and a file of
corrections that holds it is as doubtful as the register was.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote, urlsplit

from handlers.language.values import parted
from handlers.registers import text
from handlers.registers.lines import Cell, Lines, Link, Sheet, SheetLine

MARKED, MARK = "#LINK! {} <{}>", "#LINK! "
TARGET = re.compile(r"#LINK! .*?<(\S*)>", re.DOTALL)
HARMLESS = re.compile(r"(?:https?://|mailto:|tel:)?(?:(?:www|m)\.)?", re.IGNORECASE)
"""What a text may lack that leads to the same place."""
INSIDE = "#"  # to another place of the same workbook
ID = "id"  # of a profile, behind the question mark


def shown(sheet: Sheet, column: int) -> Sheet:
    """The sheet whose links stand in the texts of that column, where they say something else."""
    links = [link for link in sheet.links if link.area.first_column <= column <= link.area.last_column]
    return replace(sheet, lines=_Linked(sheet.lines, column, links)) if links else sheet


def targets(words: str) -> list[str]:
    """Where the links in the words of a cell lead."""
    return [target for target in TARGET.findall(words) if target]


@dataclass(frozen=True)
class _Linked:
    """Lines that are marked while they are read: none of them is kept."""

    lines: Lines
    column: int
    links: list[Link]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[SheetLine]:
        coming = sorted(self.links, key=lambda link: link.area.first_line, reverse=True)
        link: Link | None = None
        for line in self.lines:
            while coming and coming[-1].area.first_line <= line.number:
                link = coming.pop()
            if link and link.area.last_line >= line.number:
                yield _with(line, self.column, link.target)
            else:
                yield line


def _with(line: SheetLine, column: int, target: str) -> SheetLine:
    cell = line.cell(column)
    if not str(cell).strip() or target.startswith(INSIDE) or _says(cell, target):
        return line
    cells = [*line.cells]
    cells[column] = MARKED.format(text.plain(str(cell)), target)
    return SheetLine(line.number, tuple(cells))


def _says(cell: Cell, target: str) -> bool:
    """Whether one account of a cell is the target, or the one name in its address."""
    names = {_same(target), *_names(target)}
    return any(_same(part) in names or _same(part.removeprefix("@")) in names for part in parted(str(cell)))


def _names(target: str) -> list[str]:
    """The name of https://facebook.com/name, or 123 of https://facebook.com/profile.php?id=123; [] of longer ones."""
    try:
        address = urlsplit(target.strip())
    except ValueError:
        return []
    path = [part for part in address.path.split("/") if part]
    named = path if len(path) == 1 and address.netloc else []
    return [_same(name.removeprefix("@")) for name in (*named, *parse_qs(address.query).get(ID, []))]


def _same(words: str) -> str:
    """What the ways to write one address have in common."""
    return HARMLESS.sub("", unquote(text.plain(words)), count=1).rstrip("/").casefold()
