"""A published file -> the figures of one country, by period, and what of it could not be read.

In: a file's name and bytes, a country, the words of the reference data, perhaps the period that a person says it is of.
Out: `Publication`. Raises `RegisterUnreadable`, one sentence, for what is no table that is known here.
The period of a row stands in its columns; else over the header, in the sheet's name or in the file's. What a person
says chooses among the periods of the columns, and is believed before the names.
Letters that are no UTF-8 are read byte by byte: figures are the same in all encodings, and `countries` bears the rest.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import takewhile
from pathlib import Path

from handlers.language.errors import clause
from handlers.publications import bounds, figures, periods
from handlers.publications.bounds import UNSAID, Bounds, NoFigure, Portion
from handlers.publications.countries import EVERYWHERE, Countries
from handlers.publications.figures import UNKNOWN, Figures, PublishedRow
from handlers.publications.header import FigureColumns, HeaderWords
from handlers.publications.periods import PublishedPeriod
from handlers.registers import text
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.headers import of_line
from handlers.registers.lines import Held, Sheet, SheetLine
from storage.reference.words import PublishedWords

MOST_LINES, MOST_UNPACKED_BYTES = 200_000, 200_000_000
SHOWN = 60  # characters of a cell that are kept to be shown
FIGURES = ("requests", "accounts", "provided", "preservation_requests", "emergency_requests")


@dataclass(frozen=True)
class Unread:
    """One cell that could not be read. sheet: of a workbook; what: the code of its column; value: as it stands, cut."""

    sheet: str
    line: int
    what: str
    value: str


@dataclass
class Publication:
    """What a file says of a country.

    found: its figures, the newest period first. rows: how many rows it has; no_period: those whose period nobody says.
    unread: cells that could not be read. other: rows about something else than data. countries: the others' codes.
    has_country: a column says which country. periods: of the country's rows, also those that were not chosen.
    columns, sheets: what is not read at all.
    """

    found: dict[PublishedPeriod, Figures] = field(default_factory=dict)
    rows: int = 0
    no_period: int = 0
    other: int = 0
    unread: list[Unread] = field(default_factory=list)
    countries: set[str] = field(default_factory=set)
    periods: set[PublishedPeriod] = field(default_factory=set)
    has_country: bool = False
    columns: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()


def read(
    name: str, content: bytes, country: str, words: PublishedWords, said: PublishedPeriod | None = None
) -> Publication:
    """What the file says of the country. said: the period that a person named. Errors: RegisterUnreadable."""
    try:
        return _FigureReader(name, country, words, said).read(content)
    except RegisterUnreadable as error:
        raise RegisterUnreadable(name, error.wrong, error.accepted) from error


def _sheets(folder: str, name: str, content: bytes) -> list[Sheet]:
    from handlers.registers.sheet import WORKBOOK_MARKS, read_sheets  # noqa: PLC0415 - chardet, for this act alone

    if content.startswith(WORKBOOK_MARKS) and zipfile.is_zipfile(BytesIO(content)):
        with zipfile.ZipFile(BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > MOST_UNPACKED_BYTES:
            raise RegisterUnreadable(name, (clause("unpacks_to", count=unpacked),), (clause("without_pictures"),))
    path = Path(folder) / "figures"
    path.write_bytes(content)

    def tell(lines: int, _: int) -> None:
        if lines > MOST_LINES:
            raise RegisterUnreadable(name, (clause("too_many_lines", most=MOST_LINES),), (clause("split_by_year"),))

    return read_sheets(path, encoding=None if _is_utf_8(content) else "latin-1", progress=tell)


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _FigureReader:
    """Reads one file."""

    def __init__(self, name: str, country: str, words: PublishedWords, said: PublishedPeriod | None) -> None:
        self._name, self._country, self._said = name, country, said
        self._countries, self._headers = Countries(words), HeaderWords(words)
        self._kinds = {text.key(one): kind for kind, known in words.kinds.items() for one in known}
        self._unsaid = frozenset(text.key(one) for one in words.unsaid)
        self._examples = tuple(known[0] for code, known in words.columns.items() if code in ("country", "requests"))
        self._done = Publication()

    def read(self, content: bytes) -> Publication:
        """All sheets, together."""
        done = self._done
        without: list[str] = []
        unread: list[str] = []
        by_period: dict[PublishedPeriod, list[Figures]] = {}
        with tempfile.TemporaryDirectory() as folder:
            sheets = _sheets(folder, self._name, content)
            for sheet in sheets:
                columns = self._headers.columns(sheet)
                if columns is None:
                    without.append(sheet.name)
                    continue
                unread += columns.unread
                for period, rows in self._of_sheet(sheet, columns).items():
                    by_period.setdefault(period, []).append(figures.of_rows(rows))
            if len(without) == len(sheets):
                first = next((of_line(line).texts for line in sheets[0].lines), ())
                wrong = clause("no_published_header", headers=[one[:SHOWN] for one in first if one][:6])
                raise RegisterUnreadable(self._name, (wrong,), (clause("published_header", words=self._examples),))
        newest = sorted(by_period, key=lambda period: (period.last, period.first), reverse=True)
        done.found = {period: figures.of_sheets(by_period[period]) for period in newest}
        done.columns, done.sheets = tuple(dict.fromkeys(unread)), tuple(without)
        return done

    def _of_sheet(self, sheet: Sheet, columns: FigureColumns) -> dict[PublishedPeriod, list[PublishedRow]]:
        """The country's rows, by period; what is in the way of reading them is put down."""
        ours = list(self._ours(sheet, columns))
        of_one = bounds.are_of_one([columns.cell(line, "share") for line in ours])
        named = self._said or self._named(sheet, columns)
        found: dict[PublishedPeriod, list[PublishedRow]] = {}
        for line in ours:
            self._done.rows += 1
            kind = self._kind(sheet, line, columns)
            period = self._period(sheet, line, columns) if _says_period(columns, line) else named
            if kind == "other":
                self._done.other += 1
            elif period is None:
                self._done.no_period += 1
            else:
                self._done.periods.add(period)
                if self._said in (None, period):
                    found.setdefault(period, []).append(self._row(sheet, line, columns, kind, of_one=of_one))
        return found

    def _ours(self, sheet: Sheet, columns: FigureColumns) -> Iterator[SheetLine]:
        """The lines of the country."""
        done = self._done
        if not columns.has("country_code", "country"):
            return
        done.has_country = True
        for line in sheet.lines:
            cells = [columns.cell(line, code) for code in ("country_code", "country")]
            if line.number <= columns.line or columns.are_names(cells):
                continue
            code = next((code for cell in cells if cell.strip() and (code := self._countries.code(cell))), None)
            if code == self._country:
                yield line
            elif code is None and any(columns.cell(line, one).strip() for one in FIGURES):
                self._note(sheet, line, "country", " ".join(cells))
            elif code not in (None, EVERYWHERE):
                done.countries.add(code)

    def _named(self, sheet: Sheet, columns: FigureColumns) -> PublishedPeriod | None:
        """The period that is said over the header, else by the sheet's name, else by the file's."""
        above = takewhile(lambda line: line.number < columns.line, sheet.lines)
        said = [" ".join(str(cell) for cell in line.cells) for line in above]
        names = (*said, sheet.name if sheet.encoding.source == "workbook" else "", Path(self._name).stem)
        return next((found for name in names if (found := periods.of_text(name, a_year_alone=False))), None)

    def _period(self, sheet: Sheet, line: SheetLine, columns: FigureColumns) -> PublishedPeriod | None:
        start, end, said, year = (_moment(line, columns, one) for one in ("starts_on", "ends_on", "period", "year"))
        found = periods.from_to(start, end) if start and end else None
        for words in (said, f"{year} {said}", year, end, start):
            found = found or periods.of_text(words)
        if found is None:
            self._note(sheet, line, "period", " ".join(filter(None, (start, end, year, said))))
        return found

    def _kind(self, sheet: Sheet, line: SheetLine, columns: FigureColumns) -> str:
        cell = columns.cell(line, "kind")
        kind = self._kinds.get(text.key(cell)) if cell.strip() else "all"
        if kind is None:
            self._note(sheet, line, "kind", cell)
        return kind or UNKNOWN

    def _row(self, sheet: Sheet, line: SheetLine, columns: FigureColumns, kind: str, *, of_one: bool) -> PublishedRow:
        def count(code: str) -> Bounds | None:
            cell = columns.cell(line, code)
            try:
                return bounds.count(cell, self._unsaid) if columns.has(code) else None
            except NoFigure:
                self._note(sheet, line, code, cell)
                return UNSAID

        requests = count("requests")
        return PublishedRow(
            kind,
            text.key(columns.cell(line, "kind")),
            requests,
            count("accounts"),
            self._share(sheet, line, columns, of_one=of_one) or _provided(requests, count("provided"))
            or _without(requests, [count("no_data"), count("rejected")]),
            count("emergency_requests"),
            count("preservation_requests"),
        )  # fmt: skip

    def _share(self, sheet: Sheet, line: SheetLine, columns: FigureColumns, *, of_one: bool) -> Portion | None:
        cell = columns.cell(line, "share")
        try:
            return bounds.share(cell, self._unsaid, of_one=of_one)
        except NoFigure:
            self._note(sheet, line, "share", cell)
            return None

    def _note(self, sheet: Sheet, line: SheetLine, what: str, value: str) -> None:
        name = sheet.name if sheet.encoding.source == "workbook" else ""
        self._done.unread.append(Unread(name, line.number, what, text.one_line(text.plain(value))[:SHOWN]))


def _says_period(columns: FigureColumns, line: SheetLine) -> bool:
    return any(columns.cell(line, code).strip() for code in ("period", "year", "starts_on", "ends_on"))


def _moment(line: SheetLine, columns: FigureColumns, code: str) -> str:
    """The cell of a time: a date of a spreadsheet as a date, whatever its format shows."""
    cell = line.cell(columns.found[code]) if code in columns.found else ""
    return cell.day.isoformat() if isinstance(cell, Held) and cell.day else str(cell).strip()


def _provided(requests: Bounds | None, provided: Bounds | None) -> Portion | None:
    """The share, from how many requests brought data; None where one of the two is not known."""
    if not requests or not provided or requests.exact is None or provided.exact is None:
        return None
    if not 0 < requests.exact >= provided.exact:
        return None
    share = bounds.WHOLE * provided.exact / requests.exact
    return Portion(share, share)


def _without(requests: Bounds | None, others: Sequence[Bounds | None]) -> Portion | None:
    """The share, from how many brought none: those without data, and those rejected; both must be known."""
    exact = [one.exact for one in others if one]
    known = [one for one in exact if one is not None]
    if not requests or requests.exact is None or len(known) < len(others):
        return None
    provided = requests.exact - sum(known)
    return _provided(requests, Bounds(provided, provided)) if provided >= 0 else None
