"""A good register, and many small ways to spoil the form it comes in without touching what it says.

A `Mutant` knows its lines as values, the parts of its workbook and its bytes; a mutation changes one of these, and says
what it took away (`gone`) or overwrote (`right`), so that everything else must still be read as it was, or be doubted.
Left out is what no reader could notice: another digit in a number, another index of a shared text.
"""

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

import openpyxl

from tests.register_lines import GOOD, HEADERS

CODES = [*HEADERS]
DATES = ("sent_on", "replied_on")
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
TYPES, LINKS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Truth = dict[str, dict[str, object]]


@dataclass
class Mutant:
    """`lines`: {code: value} of each line, the header first. `order`: the columns as they stand."""

    chance: random.Random
    lines: list[dict[str, Any]]
    above: list[list[Any]] = field(default_factory=list)
    order: list[str] = field(default_factory=lambda: [*CODES])
    formats: dict[int, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    right: dict[tuple[str, str], object] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    content: bytes = b""

    def rows(self) -> list[dict[str, Any]]:
        """The lines that are rows."""
        return [line for line in self.lines[1:] if str(line.get("diary_no", "")).strip().startswith("CCW/")]

    def one(self) -> dict[str, Any]:
        """Some row, of two with one number the first."""
        return self.chance.choice(list({row["diary_no"].strip(): row for row in reversed(self.rows())}.values()))

    def place(self) -> int:
        """Some place among the lines below the header, after it and before a row."""
        return self.chance.choice([at for at, line in enumerate(self.lines) if line in self.rows()])


def good_register(size: int = 14) -> tuple[list[dict[str, Any]], Truth]:
    """The lines of the register, and {diary number: {field of an entry: what is right}}."""
    lines, truth = [dict(HEADERS)], {}
    for number in range(1, size + 1):
        sent = date(2018, 1, 3) + timedelta(days=17 * number)
        replied = sent + timedelta(days=11) if number % 3 else None
        accounts = [f"page.{number:02}", f"https://x.invalid/{number}?a=1;b=2"][: 1 + number % 2]
        line = {**GOOD, "diary_no": f"CCW/2018/{number:04}", "sent_on": sent, "accounts": "; ".join(accounts)}
        line |= {
            "replied_on": replied,
            "outcome": "Data provided" if replied else "",
            "remarks": f"see file {number} ایک",
        }
        if number == size:
            accounts = [line["accounts"]] = ["100063512345678"]  # type: ignore[list-item]
        lines.append(line)
        truth[line["diary_no"]] = {
            "sent_on": sent,
            "replied_on": replied,
            "circle": "Quetta",
            "recipient": "PROV-META",
            "category": "fake_accounts",
            "request_type": "data",
            "basis": "Letter",
            "basis_paper": "letter",
            "accounts": tuple(accounts),
            "outcome": "produced" if replied else "open",
            "remarks": line["remarks"],
        }
    return lines, truth


def write_workbook(mutant: Mutant) -> None:
    """Lines -> parts; texts that begin with "#" are error cells, as a spreadsheet stores them."""
    book = openpyxl.Workbook()
    page = book.active
    for line in [*mutant.above, *([line.get(code) for code in mutant.order] for line in mutant.lines)]:
        page.append(line or [None])
    for row in page.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("#"):
                cell.data_type = "e"
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as packed:
        mutant.parts = {name: packed.read(name) for name in packed.namelist()}
    _share_texts(mutant.parts)


def _share_texts(parts: dict[str, bytes]) -> None:
    """Texts in a part of their own, which cells point to: as spreadsheets write them, and openpyxl not always does."""
    texts: list[str] = []

    def shared(found: re.Match[str]) -> str:
        texts.append(found[1])
        return f't="s"><v>{len(texts) - 1}</v>'

    parts[SHEET] = re.sub(r't="inlineStr"><is>(.*?)</is>', shared, parts[SHEET].decode()).encode()
    items = "".join(f"<si>{text}</si>" for text in texts)
    parts[STRINGS] = f'<sst xmlns="{MAIN}" count="{len(texts)}" uniqueCount="{len(texts)}">{items}</sst>'.encode()
    kind = "officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/{STRINGS}" ContentType="application/vnd.openxmlformats-{kind}"/></Types>'
    parts[TYPES] = parts[TYPES].replace(b"</Types>", override.encode())
    link = f'<Relationship Id="rId9" Type="{LINK}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    parts[LINKS] = parts[LINKS].replace(b"</Relationships>", link.encode())


def pack(mutant: Mutant) -> None:
    """Parts -> content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in mutant.parts.items():
            packed.writestr(name, part)
    mutant.content = out.getvalue()


def write_text(mutant: Mutant, **options: Any) -> str:
    """Lines -> the text of a .csv; dates as 05-Mar-2018 where nobody wrote them otherwise."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, **options)
    for line in [*mutant.above, *([line.get(code) for code in mutant.order] for line in mutant.lines)]:
        writer.writerow([f"{cell:%d-%b-%Y}" if isinstance(cell, date) else cell for cell in line])
    return out.getvalue()


# ---- what the lines say, in another form -----------------------------------------------------------------------------


def columns_moved(mutant: Mutant) -> None:
    mutant.chance.shuffle(mutant.order)


def rows_moved(mutant: Mutant) -> None:
    below = mutant.lines[1:]
    mutant.chance.shuffle(below)
    mutant.lines[1:] = below


def row_doubled(mutant: Mutant) -> None:
    mutant.lines.append(dict(mutant.one()))


def row_taken_away(mutant: Mutant) -> None:
    row = mutant.one()
    mutant.gone.add(row["diary_no"].strip())
    mutant.lines.remove(row)


def blank_lines(mutant: Mutant) -> None:
    for _ in range(3):
        mutant.lines.insert(mutant.place(), {})


def header_again(mutant: Mutant) -> None:
    mutant.lines.insert(mutant.place(), dict(HEADERS))


def titles_above(mutant: Mutant) -> None:
    mutant.above = [["Register of requests", None, date(2018, 6, 1)], []]


def total_below(mutant: Mutant) -> None:
    mutant.lines += [
        {},
        {mutant.chance.choice(CODES): "Total: 14"},
        {"circle": "Prepared by", "remarks": "Checked by"},
    ]


def note_between(mutant: Mutant) -> None:
    mutant.lines.insert(mutant.place(), {"circle": "2018, second quarter"})


def column_nobody_reads(mutant: Mutant) -> None:
    mutant.order.insert(mutant.chance.randrange(len(mutant.order)), "officer")
    for line in mutant.lines:
        line["officer"] = mutant.chance.choice(["#REF!", "Total 7", "1.5E+10", date(2018, 1, 2), None])
    mutant.lines[0]["officer"] = "Desk clerk"


def accounts_on_more_lines(mutant: Mutant) -> None:
    """Each account of a row on a line of its own; what follows "; " within an address does not part it."""
    for row in mutant.rows():
        first, *more = row["accounts"].split("; ")
        row["accounts"] = first
        at = mutant.lines.index(row)
        mutant.lines[at + 1 : at + 1] = [{"accounts": account} for account in more]


def stray_line(mutant: Mutant) -> None:
    """A second line of a row that says more than accounts; nobody can tell what it belongs to."""
    more = {mutant.chance.choice(["sent_on", "replied_on", "outcome", "recipient", "circle"]): "Twitter"}
    mutant.lines.insert(mutant.place() + 1, {"accounts": "stray.account", **more})


def cell_blanked(mutant: Mutant) -> None:
    row, code = mutant.one(), mutant.chance.choice(["diary_no", "sent_on", "recipient", "category", "request_type"])
    row[code] = mutant.chance.choice([None, "", " ", "-", "N/A", "TBD"])


def cell_destroyed(mutant: Mutant) -> None:
    row, code = mutant.one(), mutant.chance.choice(CODES)
    spoilt = ["#REF!", "#N/A", "#VALUE!", True, False, "1.00064E+14", "1,00005E+14", 1e22, 100063512345678000]
    spoilt += [] if code in (*DATES, "remarks", "legal_basis", "diary_no") else [date(2018, 3, 5), time(9, 30)]
    row[code] = mutant.chance.choice(spoilt)


def formula_without_value(mutant: Mutant) -> None:
    """Not where words are free: there a text may begin so."""
    codes = [code for code in CODES if code not in {"circle", "legal_basis", "remarks"}]
    mutant.one()[mutant.chance.choice(codes)] = '="page"&".99"'


def paper_not_there(mutant: Mutant) -> None:
    row = mutant.one()
    said = ["awaited", "not sent", "to follow", "?", "chahiye", "(pending)"]
    row["legal_basis"] = f"Letter {mutant.chance.choice(said)}"
    number = row["diary_no"].strip()
    mutant.right |= {(number, "basis"): row["legal_basis"], (number, "basis_paper"): None}


def spaces_around(mutant: Mutant) -> None:
    for line in mutant.lines:
        for code in ("recipient", "category", "accounts", "diary_no", "remarks"):
            if isinstance(line.get(code), str) and line[code]:
                line[code] = mutant.chance.choice([" {}", "{} ", "\u00a0{}", "{}\u00a0", "  {}  "]).format(line[code])


def other_capitals(mutant: Mutant) -> None:
    for row in mutant.rows():
        for code in ("recipient", "category", "request_type", "outcome"):
            row[code] = mutant.chance.choice([str.upper, str.lower, str.title])(row[code])


def account_as_number(mutant: Mutant) -> None:
    for row in mutant.rows():
        if str(row["accounts"]).strip() == "100063512345678":
            row["accounts"] = mutant.chance.choice([int, float])(row["accounts"])


def dates_as(mutant: Mutant, form: str, codes: tuple[str, ...] = DATES) -> None:
    for row in mutant.rows():
        for code in codes:
            if isinstance(row[code], date):
                row[code] = row[code].strftime(form)


def dates_in_numbers(mutant: Mutant) -> None:
    dates_as(mutant, mutant.chance.choice(["%d/%m/%Y", "%d.%m.%y", "%m/%d/%Y", "%m-%d-%Y"]))


def dates_in_words(mutant: Mutant) -> None:
    dates_as(mutant, mutant.chance.choice(["%d %B %Y", "%d-%b-%y", "%B %d, %Y", "%Y-%m-%d", "%Y-%m-%d 00:00:00"]))


def one_column_in_numbers(mutant: Mutant) -> None:
    dates_as(mutant, mutant.chance.choice(["%d/%m/%Y", "%m/%d/%Y"]), (mutant.chance.choice(DATES),))


def dates_of_two_hands(mutant: Mutant) -> None:
    for row in mutant.rows():
        form = mutant.chance.choice(["%d/%m/%Y", "%m/%d/%Y"])
        for code in DATES:
            row[code] = row[code].strftime(form) if isinstance(row[code], date) else row[code]


def one_date_in_numbers(mutant: Mutant) -> None:
    row = mutant.one()
    if isinstance(row["sent_on"], date):
        row["sent_on"] = row["sent_on"].strftime("%d/%m/%Y")


def dates_as_serials(mutant: Mutant) -> None:
    for row in mutant.rows():
        if isinstance(row["sent_on"], date):
            row["sent_on"] = (row["sent_on"] - date(1899, 12, 30)).days


def half_converted(mutant: Mutant) -> None:
    """Opened by a spreadsheet that expects the other order: what it could read is a cell, swapped; the rest is text."""
    form = mutant.chance.choice(["%d/%m/%Y", "%m/%d/%Y"])
    for row in mutant.rows():
        for code in DATES:
            if isinstance(day := row[code], date):
                row[code] = date(day.year, day.day, day.month) if day.day <= 12 else day.strftime(form)


DATED: list[Callable[[Mutant], None]] = [
    *(dates_in_numbers, dates_in_words, one_column_in_numbers, dates_of_two_hands, one_date_in_numbers),
    *(dates_as_serials, half_converted),
]
LINES: list[Callable[[Mutant], None]] = [
    *(columns_moved, rows_moved, row_doubled, row_taken_away, blank_lines, header_again, titles_above, total_below),
    *(note_between, column_nobody_reads, accounts_on_more_lines, stray_line, cell_blanked, cell_destroyed),
    *(formula_without_value, paper_not_there, spaces_around, other_capitals, account_as_number, *DATED),
]


# ---- text ------------------------------------------------------------------------------------------------------------


def other_encoding(mutant: Mutant) -> None:
    mutant.content = write_text(mutant).encode(
        mutant.chance.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    )


def other_delimiter(mutant: Mutant) -> None:
    delimiter = mutant.chance.choice([";", "\t", "|"])
    declared = mutant.chance.choice(["", f"sep={delimiter}\r\n"])
    mutant.content = (declared + write_text(mutant, delimiter=delimiter)).encode()


def everything_quoted(mutant: Mutant) -> None:
    ends = mutant.chance.choice(["\n", "\r\n", "\r"])
    mutant.content = write_text(mutant, quoting=csv.QUOTE_ALL, lineterminator=ends).encode()


def more_cells_than_headers(mutant: Mutant) -> None:
    mutant.content = write_text(mutant).replace("\r\n", ",,,\r\n").encode()


def quote_never_closed(mutant: Mutant) -> None:
    text = write_text(mutant)
    at = mutant.chance.choice([found.end() for found in re.finditer(",(?=[A-Z])", text)])
    mutant.content = (text[:at] + '"' + text[at:]).encode()


def zero_bytes(mutant: Mutant) -> None:
    mutant.content = write_text(mutant).replace(",", ",\0", 3).encode()


TEXT: list[Callable[[Mutant], None]] = [
    *(other_encoding, other_delimiter, everything_quoted, more_cells_than_headers, quote_never_closed, zero_bytes)
]
