"""A workbook (.xlsx, .xlsm) -> its visible sheets.

What comes in: a packed file. What goes out: `Sheet`, each cell as it is shown, its lines on disk. Nothing of the file
is held in memory but its list of formats; macros and formulas are not run. Raises `RegisterUnreadable`, one sentence.

Why not the library that writes ours (openpyxl): it believes the file's word on its size, and while it streams it can
tell neither merged cells nor a formula without a value from an empty cell. Nor does python-calamine, which is fast.
"""

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from handlers.language.errors import clause
from handlers.registers.errors import SAVE_AS, RegisterUnreadable, one_sentence
from handlers.registers.lines import CELL_LIMIT, EPOCH_1900, Cell, Encoding, Held, Link, Merged, Sheet, SheetLine
from handlers.registers.number_formats import BUILT_IN, GENERAL, UNKNOWN, NumberFormat, held, held_day, number_format
from handlers.registers.sheet_xml import Attributes, Damaged, LongCell, RawCell, Rows, elements, texts
from handlers.registers.spool import SharedTexts, Spool

UNPACKED_LIMIT_BYTES = 2_000_000_000
"""Of one part. A million rows of nine cells are 500 million."""
SMALL_PART_BYTES = 20_000_000
"""Of a part that is read into memory: the list of sheets, the formats."""
ENCODING = Encoding("xlsx", "workbook")
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - day 0 of a spreadsheet, a date without a zone
TRUE = ("1", "true")
PACKED_AS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 1
Tell = Callable[[int], None]


def sheets(path: Path, *, chosen: str | None = None, tell: Tell | None = None) -> list[Sheet]:
    """Every visible sheet that says something. `chosen`: the only one to be read, the others have no lines.

    `tell` hears how many lines more were read.
    """
    wrong = clause("no_workbook")
    with one_sentence(path.name, wrong):
        packed = zipfile.ZipFile(path)
    with packed:
        with one_sentence(path.name, wrong):
            book = _Workbook.opened(packed, path.name)
        found = []
        for name, part in book.parts:
            if chosen is not None and name != chosen:
                if next(iter(book.lines(part, _Behind())), None):
                    found.append(Sheet(name, ENCODING, (), book.epoch))
                continue
            behind = _Behind()
            lines = Spool(book.lines(part, behind), path.name, tell)
            if lines:
                found.append(Sheet(name, ENCODING, lines, book.epoch, tuple(behind.merged), tuple(behind.links)))
    return found


@dataclass
class _Behind:
    """What stands behind the rows of a sheet."""

    merged: list[Merged] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class _Workbook:
    """An open workbook. parts: (name, part) of its visible sheets; formats: of each style of cells.

    recalculated: it says that its formulas are to be computed anew, whatever values it holds.
    """

    packed: zipfile.ZipFile
    file: str
    parts: tuple[tuple[str, str], ...]
    formats: tuple[NumberFormat, ...]
    shared: SharedTexts
    epoch: datetime
    recalculated: bool

    @classmethod
    def opened(cls, packed: zipfile.ZipFile, file: str) -> "_Workbook":
        """The workbook, without its rows. Refuses what is packed alike and is none."""
        _refuse_others(packed, file)
        start = next(iter(_related(packed, "", "/officeDocument", file).values()), "xl/workbook.xml")
        targets = _related(packed, start, "/worksheet", file)
        parts, epoch, recalculated = [], EPOCH_1900, False
        for parent, name, facts in _elements(packed, start, file):
            if name == "workbookPr" and facts.get("date1904") in TRUE:
                epoch = EPOCH_1904
            elif name == "calcPr":
                recalculated = facts.get("fullCalcOnLoad") in TRUE
            elif (parent, name) == ("sheets", "sheet") and facts.get("state", "visible") == "visible":
                parts += [(facts["name"], targets[facts["id"]])] if facts["id"] in targets else []
        (styles,) = _related(packed, start, "/styles", file).values() or [None]
        (strings,) = _related(packed, start, "/sharedStrings", file).values() or [None]
        formats = _formats(packed, styles, file) if styles else ()
        shared = SharedTexts(_texts(packed, strings, file) if strings else (), file)
        return cls(packed, file, tuple(parts), formats, shared, epoch, recalculated)

    def lines(self, part: str, behind: _Behind) -> Iterator[SheetLine]:
        """The lines of a sheet that say something; then `behind` is full."""
        with one_sentence(self.file, clause("no_workbook")), _opened(self.packed, part, self.file) as opened:
            rows = Rows(opened)
            try:
                for number, cells in rows:
                    if line := self._line(number, cells):
                        yield line
            except LongCell as error:
                wrong = clause("long_cell", line=rows.number, most=CELL_LIMIT)
                raise RegisterUnreadable(self.file, (wrong,), SAVE_AS) from error
            behind.merged.extend(rows.merged)
            targets = dict(_targets(self.packed, part, "/hyperlink", self.file)) if rows.linked else {}
            led = [Link(area, targets[id_]) for area, id_ in rows.linked if id_ in targets]
            behind.links.extend([*rows.links, *led])

    def _line(self, number: int, raw: list[RawCell]) -> SheetLine | None:
        cells: list[Cell] = []
        for one in raw:
            cell = self._cell(one)
            if cell != "":
                cells.extend([""] * (one.column - len(cells)))
                cells.append(cell)
        while cells and not str(cells[-1]).strip() and isinstance(cells[-1], str):
            cells.pop()
        return SheetLine(number, tuple(cells)) if cells else None

    def _cell(self, raw: RawCell) -> Cell:
        value, kind = raw.value, raw.kind
        if raw.formula and self._uncomputed(raw):
            return Held("no_value", "")
        if value is None or (value == "" and kind != "s"):
            return ""
        if kind in ("str", "inlineStr"):
            return value
        return self.shared.text(int(value)) if kind == "s" else self._held(raw, value)

    def _uncomputed(self, raw: RawCell) -> bool:
        """Whether nobody stored the result of the formula: programs that do not compute leave nothing, or a 0."""
        nothing = raw.value is None or (raw.value == "" and raw.kind != "str")
        return nothing or (self.recalculated and (raw.kind, raw.value) == ("n", "0"))

    def _held(self, raw: RawCell, value: str) -> Held:
        if raw.kind == "b":
            return Held("truth", "TRUE" if value in TRUE else "FALSE")
        if raw.kind == "e":
            return Held("error", value)
        if raw.style < 0 or raw.kind not in ("n", "d"):
            raise Damaged(raw)
        form = self.formats[raw.style] if raw.style or self.formats else GENERAL
        if raw.kind == "d":
            return held_day(datetime.fromisoformat(value).replace(tzinfo=None), form)
        return held(value.strip(), form, self.epoch)


def _refuse_others(packed: zipfile.ZipFile, file: str) -> None:
    parts = packed.infolist()
    names = {part.filename for part in parts}
    found = (
        (any(part.flag_bits & ENCRYPTED for part in parts), clause("is_locked")),
        (any(part.compress_type not in PACKED_AS for part in parts), clause("is_oddly_packed")),
        ({"mimetype", "content.xml"} <= names, clause("is_open_document")),
        ("xl/workbook.bin" in names, clause("is_binary_workbook")),
    )
    for so, wrong in found:
        if so:
            raise RegisterUnreadable(file, (wrong,), SAVE_AS)


def _opened(packed: zipfile.ZipFile, name: str, file: str, most: int | None = None) -> IO[bytes]:
    """A part, to be read as a stream; refused where it would unpack to more than a register is."""
    most = most or UNPACKED_LIMIT_BYTES
    part = packed.getinfo(name)
    if part.file_size > most:
        raise RegisterUnreadable(file, (clause("unpacks_to", count=part.file_size),), (clause("without_pictures"),))
    return packed.open(part)


def _elements(packed: zipfile.ZipFile, name: str, file: str) -> Iterator[tuple[str, str, Attributes]]:
    with _opened(packed, name, file, SMALL_PART_BYTES) as part:
        yield from elements(part)


def _related(packed: zipfile.ZipFile, part: str, kind: str, file: str) -> dict[str, str]:
    """{id: part} of the parts of a kind that a part points to. {} where nothing says so."""
    folder = posixpath.dirname(part)
    return {
        id_: posixpath.normpath(posixpath.join("/", folder, target))[1:]
        for id_, target in _targets(packed, part, kind, file)
    }


def _targets(packed: zipfile.ZipFile, part: str, kind: str, file: str) -> Iterator[tuple[str, str]]:
    """(id, target as it stands) of what a part points to, of a kind."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed in packed.namelist():
        for _, name, facts in _elements(packed, listed, file):
            if name == "Relationship" and facts["Type"].endswith(kind):
                yield facts["Id"], facts["Target"]


def _formats(packed: zipfile.ZipFile, part: str, file: str) -> tuple[NumberFormat, ...]:
    """The number format of each style of cells."""
    codes, styles = dict(BUILT_IN), []
    for parent, name, facts in _elements(packed, part, file):
        if (parent, name) == ("numFmts", "numFmt"):
            codes[int(facts["numFmtId"])] = facts["formatCode"]
        elif (parent, name) == ("cellXfs", "xf"):
            styles.append(int(facts.get("numFmtId", 0)))
    return tuple(number_format(codes.get(style, UNKNOWN)) for style in styles)


def _texts(packed: zipfile.ZipFile, part: str, file: str) -> Iterator[str]:
    with _opened(packed, part, file) as opened:
        try:
            yield from texts(opened)
        except LongCell as error:
            wrong = clause("long_cell", line=None, most=CELL_LIMIT)
            raise RegisterUnreadable(file, (wrong,), SAVE_AS) from error
