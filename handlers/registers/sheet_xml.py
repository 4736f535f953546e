"""The parts of a workbook, as a stream: XML -> elements, texts and rows, never a whole tree.

What comes in: an open part of the workbook. What goes out, for any prefix and namespace (strict Open XML has its own):
`elements` of a small part, `texts` of the shared texts, `Rows` of a sheet, which ends with its merged cells and links.
Errors are whatever expat and a damaged file bring; the caller says them.

Why our own handlers: a tree of a million rows, or what is left of one when its rows are cleared, is memory; the file's
word on its size (`<dimension>`) is not asked; a formula without a value can be told from an empty cell. A document type
is refused, so no entity can grow, whatever the version of expat.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from handlers.registers.lines import CELL_LIMIT, COLUMNS_LIMIT, LINES_LIMIT, Link, Merged

CHUNK_BYTES = 1 << 16
NAMES_KEPT = 1000
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
LINKING = re.compile(r'\s*HYPERLINK\s*\((?:\s*"((?:[^"]|"")*)"\s*[,;)])?', re.IGNORECASE)
"""A formula that makes a link; its target, where that is written out."""
PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
Attributes = Mapping[str, str]


class _Plain(dict[str, str]):
    """{name: the same without its prefix}."""

    def __missing__(self, name: str) -> str:
        plain = name.rpartition(":")[2]
        if len(self) < NAMES_KEPT:
            self[name] = plain
        return plain


PLAIN = _Plain()


class Damaged(ValueError):
    """A part that no spreadsheet would write."""


class LongCell(ValueError):
    """A cell of more characters than anybody reads."""


@dataclass(slots=True)
class RawCell:
    """A cell as it stands. `kind`: "s" shared text, "str", "inlineStr", "b", "e", "d", or "n" for a number.

    value: None where there is no value at all. style: its index among the styles of cells.
    """

    column: int
    kind: str
    style: int
    value: str | None
    formula: bool


def elements(part: IO[bytes]) -> Iterator[tuple[str, str, Attributes]]:
    """(name of the parent, name, attributes) of all elements, without prefixes."""
    open_names = [""]
    found: list[tuple[str, str, Attributes]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        plain = PLAIN[name]
        found.append((open_names[-1], plain, {key.rpartition(":")[2]: value for key, value in attributes.items()}))
        open_names.append(plain)

    def end(_: str) -> None:
        open_names.pop()

    for _ in _fed(part, start, end, lambda _: None):
        yield from found
        found.clear()


def texts(part: IO[bytes]) -> Iterator[str]:
    """The shared texts, in order, without the readings that stand above Japanese words."""
    reader = _Texts()
    for _ in _fed(part, reader.start, reader.end, reader.text):
        yield from reader.done
        reader.done.clear()


@dataclass
class _Texts:
    done: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    hearing: bool = False
    readings: int = 0

    def start(self, name: str, _: Attributes) -> None:
        plain = PLAIN[name]
        if plain == "si":
            self.words.clear()
        elif plain == "rPh":
            self.readings += 1
        self.hearing = plain == "t" and not self.readings

    def end(self, name: str) -> None:
        plain = PLAIN[name]
        self.hearing = False
        if plain == "rPh":
            self.readings -= 1
        elif plain == "si":
            self.done.append(_joined(self.words))

    def text(self, words: str) -> None:
        if self.hearing:
            _add(words, self.words)


@dataclass
class Rows:
    """The rows of a sheet: iterate once, (number, cells); then `merged` and the links are known.

    number: of the row being read. links: those of formulas. linked: (cells, id of what they lead to).
    """

    part: IO[bytes]
    merged: list[Merged] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    linked: list[tuple[Merged, str]] = field(default_factory=list)
    number: int = 0
    _done: list[tuple[int, list[RawCell]]] = field(default_factory=list)
    _row: list[RawCell] | None = None
    _cell: RawCell | None = None
    _words: list[str] = field(default_factory=list)
    _formula: list[str] = field(default_factory=list)
    _hearing: bool = False
    _in_formula: bool = False
    _readings: int = 0
    _columns: dict[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[int, list[RawCell]]]:
        for _ in _fed(self.part, self._start, self._end, self._text):
            yield from self._done
            self._done.clear()

    def _start(self, name: str, attributes: Attributes) -> None:
        plain = PLAIN[name]
        cell = self._cell
        if plain == "c" and self._row is not None:
            column = self._column(attributes.get("r"))
            self._cell = RawCell(column, attributes.get("t", "n"), int(attributes.get("s", 0)), None, formula=False)
            self._words.clear()
            self._formula.clear()
        elif cell is not None:
            if plain == "rPh":
                self._readings += 1
            elif plain == "f":
                cell.formula = self._in_formula = True
            wanted = "t" if cell.kind == "inlineStr" else "v"
            self._hearing = plain == wanted and not self._readings
            if self._hearing and cell.value is None:
                cell.value = ""
        elif plain == "row":
            self._begin(attributes.get("r"))
        elif plain == "mergeCell":
            self.merged.append(_merged(attributes["ref"]))
        elif plain == "hyperlink":
            facts = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            if "id" in facts and "ref" in facts:
                self.linked.append((_merged(facts["ref"]), facts["id"]))

    def _end(self, name: str) -> None:
        self._hearing = self._in_formula = False
        plain = PLAIN[name]
        if plain == "c" and self._cell is not None and self._row is not None:
            if self._formula and (link := LINKING.match("".join(self._formula))):
                column = self._cell.column
                area = Merged(self.number, self.number, column, column)
                self.links.append(Link(area, (link[1] or "").replace('""', '"')))
            if self._cell.value is not None:
                self._cell.value = _joined(self._words)
            self._row.append(self._cell)
            self._cell = None
        elif plain == "rPh" and self._readings:
            self._readings -= 1
        elif plain == "row" and self._row is not None:
            self._done.append((self.number, self._row))
            self._row = None

    def _text(self, words: str) -> None:
        if self._hearing:
            _add(words, self._words)
        elif self._in_formula:
            _add(words, self._formula)

    def _begin(self, place: str | None) -> None:
        number = int(place) if place else self.number + 1
        if not self.number < number <= LINES_LIMIT:
            raise Damaged(place)
        self.number, self._row = number, []

    def _column(self, place: str | None) -> int:
        """The column, from 0; to the right of the one before it, and in this row."""
        last = self._row[-1].column if self._row else -1
        if place is None:
            column = last + 1
        else:
            letters = place.rstrip("0123456789")
            if place[len(letters) :] != str(self.number):
                raise Damaged(place)
            column = self._columns.get(letters, -1)
            if column < 0:
                column = self._columns[letters] = _column(letters)
        if not last < column < COLUMNS_LIMIT:
            raise Damaged(place)
        return column


def _fed(
    part: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Feeds expat; stops after each piece, so that what was found may be taken away."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _no_document_type
    while piece := part.read(CHUNK_BYTES):
        parser.Parse(piece, False)
        yield
    parser.Parse(b"", True)
    yield


def _no_document_type(*_: object) -> None:
    raise Damaged


def _add(piece: str, words: list[str]) -> None:
    words.append(piece)
    if (len(words) > 1 or len(piece) > CELL_LIMIT) and sum(map(len, words)) > CELL_LIMIT:
        raise LongCell


def _joined(words: list[str]) -> str:
    """The text of an element, with the signs that XML cannot hold."""
    whole = "".join(words)
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), whole) if "_x" in whole else whole


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise Damaged(letters)
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _merged(ref: str) -> Merged:
    first, _, last = ref.replace("$", "").partition(":")
    one, other = PLACE.fullmatch(first), PLACE.fullmatch(last or first)
    if not one or not other:
        raise Damaged(ref)
    return Merged(int(one[2]), int(other[2]), _column(one[1]), _column(other[1]))
