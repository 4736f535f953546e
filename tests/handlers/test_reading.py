"""Registers: what is read from a messy spreadsheet, what is doubted, and how doubts come back corrected."""

import csv
import json
import tracemalloc
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.registers import reading, text
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.mapping import MappingFile
from handlers.registers.numbers import near_number
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests.messy_register import HEADERS, invent
from tests.spreadsheet import saved
from tests.whole_register import WholeRegister, read, result, write_corrections

URDU = "مزید معلومات درکار"
GOOD = {
    "Sr No": "1",
    "Diary No": "CCW/2016/0001",
    "Date Sent": "22-Jan-16",
    "Circle": "Quetta",
    "Provider": "Face book",
    "Nature of Complaint": "Harrasment",
    "Request Type": "BSI + IP logs",
    "Legal Basis": "Court order No. 58/2016",
    "Accounts / URLs": "account-1; account-2",
    "Date of Reply": "13-Mar-2016",
    "Outcome": "Refused - MLAT required",
    "Remarks": URDU,
}
PAYLOADS = [
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "\u00a0=1", "\u200b=1"),
    *(
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20SUM",
        '=HYPERLINK("http://x.invalid")',
        "=cmd|' /C calc'!A0",
        "-",
        "+92 51 000",
        "'=1+1",
    ),
]
FORMULA_STARTS = {*"=+-@\uff1d\uff0b\uff0d\uff20\t\r\0"}


@pytest.fixture(scope="module")
def words():
    return from_reference(load())


@pytest.fixture
def sheet(tmp_path, words):
    """Write rows as a .csv and read it: `sheet({"Provider": "Orkut"}, ...)`; each row is GOOD but for what is said."""

    def write_and_read(*rows: dict[str, str], headers: list[str] = HEADERS, **options) -> WholeRegister:
        path = tmp_path / "register.csv"
        numbered = [GOOD | {"Diary No": f"CCW/2016/{number:04}"} | row for number, row in enumerate(rows, start=1)]
        write_csv(path, [headers, *([row.get(header, "") for header in headers] for row in numbered)])
        return read(path, words, **options)

    return write_and_read


def write_csv(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_xlsx(path: Path, rows: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    for row, cells in enumerate(rows, start=1):
        for column, words in enumerate(cells, start=1):
            cell = book.active.cell(row, column, words.replace("\0", ""))
            cell.data_type = "s"  # text, whatever it looks like
    book.save(path)
    return path


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def flaws(register: WholeRegister) -> list[str]:
    return [doubt.flaw for doubt in register.doubts]


class TestWholeRegister:
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_messy_csv_gives_exactly_its_truth(self, tmp_path, words, seed):
        messy = invent(seed)
        assert result(read(messy.write_csv(tmp_path / "r.csv"), words)) == messy.truth

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_the_same_as_a_workbook_with_titles_above_the_header_gives_the_same(self, tmp_path, words, seed):
        messy = invent(seed)
        assert result(read(messy.write_xlsx(tmp_path / "r.xlsx"), words)) == messy.truth

    def test_progress_is_told_now_and_then_and_at_the_end(self, tmp_path, words):
        told = []
        messy = invent(4, size=250)
        read(messy.write_csv(tmp_path / "r.csv"), words, progress=lambda done, total: told.append((done, total)))
        assert [done for done, total in told if total] == [100, 200, 252]

    def test_lines_that_are_no_rows_are_named_and_counted(self, tmp_path, words):
        body = [[GOOD[header] for header in HEADERS], [], HEADERS, ["2017"], ["7"], ["Grand total", "1"]]
        register = read(write_csv(tmp_path / "r.csv", [HEADERS, *body]), words)
        assert len(register.entries) == 1
        assert not register.doubts
        assert [(skip.sheet_row, skip.kind) for skip in register.skipped] == [
            *((4, "header"), (5, "note"), (6, "note"), (7, "total"))
        ]

    def test_a_register_of_three_years_gives_exactly_its_truth(self, words):
        cases = Path(__file__).parents[1] / "cases"
        truth = json.loads((cases / "register-2016-2018.truth.json").read_text(encoding="utf-8"))
        assert result(read(cases / "register-2016-2018.csv", words)) == truth


class TestStream:
    def test_the_rows_are_made_anew_each_time_and_are_the_same(self, sheet):
        register = sheet({}, {"Diary No": "CCW/2016/0001"}, {"Provider": "Orkut"})
        assert list(register) == list(register)
        assert [type(line).__name__ for line in register] == ["Entry", "Doubt", "Doubt"]

    def test_rows_that_go_by_are_not_held(self, tmp_path, words):
        file = tmp_path / "r.csv"
        write_csv(file, [HEADERS, *([*(GOOD | {"Diary No": f"D/{n}"}).values()] for n in range(1_500))])
        register = reading.read(file, words)
        tracemalloc.start()
        try:
            assert sum(1 for _ in register) == register.row_count == 1_500
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak_bytes < 1_500_000  # all of them are four and a half million

    def test_numbers_that_only_look_alike_to_the_first_glance_are_good(self, sheet):
        register = sheet({}, {}, {})
        alike = frozenset(hash(near_number(entry.own_reference)) for entry in register.entries)
        assert len(alike) == 3
        assert [type(line).__name__ for line in replace(register, repeated=alike)] == ["Entry"] * 3


class TestEntry:
    def test_a_good_row_is_read_in_the_words_of_the_desk(self, sheet):
        (entry,) = sheet({}).entries
        assert (entry.row, entry.sheet_row, entry.own_reference) == (1, 2, "CCW/2016/0001")
        assert (entry.sent_on, entry.replied_on) == (date(2016, 1, 22), date(2016, 3, 13))
        assert (entry.recipient, entry.category, entry.request_type) == ("PROV-META", "harassment", "data")
        assert (entry.basis, entry.basis_paper) == ("Court order No. 58/2016", "domestic_court_order")
        assert (entry.outcome, entry.refusal_reasons) == ("refused", ("mla_required",))
        assert (entry.circle, entry.accounts, entry.remarks) == ("Quetta", ("account-1", "account-2"), URDU)

    def test_a_blank_outcome_is_open_and_a_dash_is_a_blank(self, sheet):
        (entry,) = sheet({"Outcome": "", "Date of Reply": "-", "Legal Basis": "--", "Remarks": "-"}).entries
        assert (entry.outcome, entry.replied_on, entry.basis, entry.basis_paper) == ("open", None, "", None)

    @pytest.mark.parametrize(
        ("cell", "accounts"),
        [
            ("a,b;b\nc", ("a", "b", "c")),
            ("https://x.invalid/a;b?c=1,2; https://y.invalid", ("https://x.invalid/a;b?c=1,2", "https://y.invalid")),
            (
                "https://x.invalid/a | -\npage.one، https://y.invalid",
                ("https://x.invalid/a", "page.one", "https://y.invalid"),
            ),
            ("", ()),
        ],
    )
    def test_accounts_are_parted_but_addresses_stay_whole(self, sheet, cell, accounts):
        assert sheet({"Accounts / URLs": cell}).entries[0].accounts == accounts

    def test_a_register_without_request_types_asked_for_data(self, sheet):
        headers = [header for header in HEADERS if header != "Request Type"]
        assert sheet({}, headers=headers).entries[0].request_type == "data"


class TestDoubt:
    @pytest.mark.parametrize(
        ("cells", "flaw", "accepted"),
        [
            ({"Diary No": ""}, "diary number missing", "no other row"),
            ({"Date Sent": ""}, "date sent missing", "25-Mar-2018"),
            ({"Date Sent": "31/02/2016"}, "impossible date sent", "a day that exists"),
            ({"Date Sent": "12/05/1016"}, "impossible date sent", "a day that exists"),
            ({"Date Sent": "last week"}, "date sent not understood", "25-Mar-2018"),
            ({"Date of Reply": "2016-13-45"}, "impossible date of reply", "a day that exists"),
            ({"Date of Reply": "21-Jan-2016"}, "reply before sending", "from 22-Jan-2016 on"),
            ({"Date of Reply": ""}, "date of reply missing", "25-Mar-2018"),
            ({"Provider": "FB/Twitter"}, "recipient unknown or ambiguous", "each row: FB or Twitter"),
            ({"Provider": "Facebok"}, "recipient unknown or ambiguous", "did you mean Facebook?"),
            ({"Provider": "??"}, "recipient unknown or ambiguous", "one recipient the desk knows"),
            ({"Nature of Complaint": ""}, "nature of complaint missing", "such as"),
            ({"Nature of Complaint": "Harassmet"}, "nature of complaint not understood", "did you mean Harassment?"),
            ({"Request Type": ""}, "request type missing", "such as data"),
            ({"Outcome": "??"}, "outcome not understood", "such as"),
            ({"Outcome": "Pending"}, "reply dated but no outcome", "how it was answered"),
        ],
    )
    def test_a_doubtful_row_says_the_row_the_value_and_what_is_accepted(self, sheet, cells, flaw, accepted):
        register = sheet({}, cells, {})
        (doubt,) = register.doubts
        assert [entry.row for entry in register.entries] == [1, 3]
        assert (doubt.row, doubt.sheet_row, doubt.flaw) == (2, 3, flaw)
        assert accepted in doubt.flaws[0].accepted

    def test_the_second_use_of_a_diary_number_is_the_doubtful_one(self, sheet):
        register = sheet({"Diary No": "CCW/2016/7"}, {"Diary No": "ccw/2016/ 7"})
        assert [entry.row for entry in register.entries] == [1]
        assert flaws(register) == ["diary number used twice"]

    @pytest.mark.parametrize(
        "near",
        [
            *("CCW-2016-7", "CCW\\2016\\7", "CCW/2016-7", "CCW/2016/7.", "CCW/2016/7 .", "ccw \u2013 2016 \u2013 7"),
            *("\u0421CW/2016/7", "\u0441cw/2016/7", "C\u0421W/2016/7."),
        ],
    )
    def test_a_near_spelling_of_a_diary_number_is_asked_about(self, sheet, near):
        register = sheet({}, {"Diary No": "CCW/2016/7"}, {"Diary No": near})
        assert [entry.row for entry in register.entries] == [1, 2]
        assert flaws(register) == ["diary number may be that of row 2"]

    @pytest.mark.parametrize("numbers", [("\u0397/5", "H/5"), ("\u039f-5", "O/5"), ("\u0412-5", "B-5")])
    def test_a_letter_that_looks_like_another_is_near_it(self, sheet, numbers):
        assert flaws(sheet(*({"Diary No": number} for number in numbers))) == ["diary number may be that of row 1"]

    @pytest.mark.parametrize("numbers", [("05", "005", "5"), ("CCW/0001", "CCW/1"), ("5", "5.0"), ("5/1", "51", "5.1")])
    def test_numbers_that_an_office_keeps_apart_stay_apart(self, sheet, numbers):
        register = sheet(*({"Diary No": number} for number in numbers))
        assert [entry.own_reference for entry in register.entries] == [*numbers]

    def test_everything_wrong_with_a_row_is_said_at_once(self, sheet):
        register = sheet({"Date Sent": "", "Provider": "Orkut", "Nature of Complaint": ""})
        assert flaws(register) == ["date sent missing; recipient unknown or ambiguous; nature of complaint missing"]


def said(error: RegisterUnreadable) -> str:
    return (
        Renderer().message(error.template, error.facts(), Reader("UTC", "en", datetime(2026, 3, 4, tzinfo=UTC))).plain()
    )


class TestCorrections:
    def test_a_corrected_file_brings_in_what_was_doubtful_and_nothing_twice(self, tmp_path, words):
        messy = invent(5)
        first = read(messy.write_csv(tmp_path / "r.csv"), words)
        write_corrections(first, tmp_path / "doubtful.csv")
        header, *rows = rows_of(tmp_path / "doubtful.csv")
        assert len(rows) == len(first.doubts)
        for row in rows:
            cells = dict(zip(header, row, strict=True))
            cells |= {"Date Sent": "01-Mar-2016", "Date of Reply": "", "Outcome": "Pending", "Provider": "FB"}
            cells |= {"Nature of Complaint": "Hacking"}
            cells["Diary No"] += "-A" if cells["What is wrong"] == "diary number used twice" else ""
            row[:] = [cells[name] for name in header]
        second = read(write_csv(tmp_path / "corrected.csv", [header, *rows]), words)
        assert not second.doubts
        assert list(second.columns.unused.values()) == list(first.columns.unused.values())
        assert sorted(entry.row for entry in (*first.entries, *second.entries)) == list(range(1, 241))
        assert max(Counter(entry.own_reference for entry in (*first.entries, *second.entries)).values()) == 1

    def test_read_again_uncorrected_every_row_is_as_doubtful_as_before(self, tmp_path, words):
        first = read(invent(6).write_csv(tmp_path / "r.csv"), words)
        write_corrections(first, tmp_path / "doubtful.csv")
        second = read(tmp_path / "doubtful.csv", words)
        assert result(second)["doubtful"] == result(first)["doubtful"]
        assert not second.entries
        write_corrections(second, tmp_path / "again.csv")
        assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "doubtful.csv").read_bytes()

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
    def test_a_spreadsheet_that_saves_it_changes_no_number(self, sheet, tmp_path, words, encoding):
        """All that it takes for something else: as diary number, where that may stand there, and as any other words."""
        numbers = ["0012", "5/2016", "100064123456789012", "923001234567", "3-4", "5.0", "007"]
        accounts = ["03001234567", "00923001234567", "100064123456789012", "5.0", "007", "1-A", "12"]
        given = [
            {"Diary No": number, "Accounts / URLs": account, "Circle": account, "Remarks": account}
            for number, account in zip(numbers, accounts, strict=True)
        ]
        good = sheet(*given)
        assert not good.doubts
        doubtful = sheet(*(row | {"Provider": "Orkut"} for row in given))
        write_corrections(doubtful, tmp_path / "doubtful.csv")
        saved(tmp_path / "doubtful.csv", encoding=encoding)
        corrected = (tmp_path / "doubtful.csv").read_bytes().replace(b";Orkut;", b";FB;")
        (tmp_path / "doubtful.csv").write_bytes(corrected)
        again = read(tmp_path / "doubtful.csv", words)
        assert [replace(entry, sheet_row=0, raw={}) for entry in again.entries] == [
            replace(entry, sheet_row=0, raw={}) for entry in good.entries
        ]

    @pytest.mark.parametrize("number", ["0012", "5/2016", "100064123456789012"])
    @pytest.mark.parametrize("second", ["{}", "{}."])
    def test_after_a_spreadsheet_a_number_used_twice_is_still_in_doubt(self, sheet, tmp_path, words, number, second):
        first = sheet(*({"Diary No": form.format(number), "Remarks": ""} for form in ("{}", second)))
        write_corrections(first, tmp_path / "doubtful.csv")
        again = read(saved(tmp_path / "doubtful.csv"), words)
        assert (again.entries, flaws(again)) == ((), flaws(first))
        assert len(flaws(first)) == 1

    def test_dates_that_were_understood_stay_what_they_were_when_their_proof_is_gone(self, sheet, tmp_path, words):
        doubtful = {"Date Sent": "03/04/2016", "Date of Reply": "05/06/2016", "Provider": "Orkut"}
        first = sheet({"Date Sent": "02/23/2016"}, doubtful)
        write_corrections(first, tmp_path / "doubtful.csv")
        corrected = (tmp_path / "doubtful.csv").read_text(encoding="utf-8").replace(",Orkut", ",Twitter")
        (tmp_path / "doubtful.csv").write_text(corrected, encoding="utf-8")
        (entry,) = read(tmp_path / "doubtful.csv", words).entries
        assert (entry.sent_on, entry.replied_on) == (date(2016, 3, 4), date(2016, 5, 6))

    def test_a_correction_file_saved_as_a_workbook_is_read_the_same(self, sheet, tmp_path, words):
        first = sheet({}, {"Provider": "Orkut"})
        write_corrections(first, tmp_path / "doubtful.csv")
        book = openpyxl.Workbook()
        for row in rows_of(tmp_path / "doubtful.csv"):
            book.active.append([datetime(2016, 1, 22) if cell == "22-Jan-2016" else cell for cell in row])  # noqa: DTZ001
        book.save(tmp_path / "doubtful.xlsx")
        (doubt,) = read(tmp_path / "doubtful.xlsx", words).doubts
        assert (doubt.row, doubt.flaw) == (2, "recipient unknown or ambiguous")
        assert doubt.dates["sent_on"] == date(2016, 1, 22)

    @pytest.mark.parametrize("payload", PAYLOADS)
    @pytest.mark.parametrize("write", [write_csv, write_xlsx])
    def test_no_cell_written_can_run_and_its_words_come_back(self, tmp_path, words, payload, write):
        row = GOOD | {"Remarks": payload, "Provider": payload}
        path = write(tmp_path / "register", [HEADERS, [row[header] for header in HEADERS]])
        write_corrections(read(path, words), tmp_path / "doubtful.csv")
        cells = [cell for line in rows_of(tmp_path / "doubtful.csv") for cell in line]
        assert not [cell for cell in cells if cell.strip("\u200b \u00a0\n")[:1] in FORMULA_STARTS]
        (doubt,) = read(tmp_path / "doubtful.csv", words).doubts
        assert text.plain(doubt.raw["Remarks"]) == text.plain(payload)
        assert doubt.flaws[0].value == text.plain(payload)

    def test_a_formula_in_a_header_is_written_as_text(self, sheet, tmp_path):
        register = sheet({"Provider": "Orkut"}, headers=[*HEADERS, "=1+1"])
        write_corrections(register, tmp_path / "doubtful.csv")
        assert rows_of(tmp_path / "doubtful.csv")[0][-1] == "'=1+1"


class TestFile:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16", "utf-16-le", "utf-16-be"])
    def test_urdu_survives_every_unicode(self, tmp_path, words, encoding):
        messy = invent(7, size=40)
        register = read(messy.write_csv(tmp_path / "r.csv", encoding), words)
        assert result(register) == messy.truth
        assert URDU in {entry.remarks for entry in register.entries}

    def test_an_old_windows_file_is_read_as_such(self, tmp_path, words):
        rows = ",".join(HEADERS) + "\n" + ",".join((GOOD | {"Remarks": "Café naïve"}).values())
        (tmp_path / "r.csv").write_bytes(rows.encode("cp1252"))
        register = read(tmp_path / "r.csv", words)
        assert (register.encoding, register.entries[0].remarks) == ("cp1252", "Café naïve")

    def test_an_encoding_the_person_knows_better_is_believed(self, tmp_path, words):
        rows = ",".join(HEADERS) + "\n" + ",".join((GOOD | {"Remarks": "پیغام"}).values())
        (tmp_path / "r.csv").write_bytes(rows.encode("cp1256", errors="replace"))
        register = read(tmp_path / "r.csv", words, MappingFile(encoding="cp1256"))
        assert "پ" in register.entries[0].remarks

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("declared", [False, True])
    def test_the_delimiter_is_found(self, tmp_path, words, delimiter, declared):
        with (tmp_path / "r.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(f"sep={delimiter}\r\n" if declared else "")
            csv.writer(file, delimiter=delimiter).writerows([HEADERS, *([GOOD[h] for h in HEADERS] for _ in range(1))])
        (entry,) = read(tmp_path / "r.csv", words).entries
        assert (entry.sheet_row, entry.accounts) == (2, ("account-1", "account-2"))

    @pytest.mark.parametrize(
        ("name", "content", "wrong"),
        [
            ("r.csv", b"", "is empty"),
            ("r.csv", b"\xef\xbb\xbf  \n", "is empty"),
            ("r.xlsx", b"<html><table><tr><td>Diary No</td></tr></table></html>", "is a web page"),
            ("r.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .xls file, or locked"),
            ("r.xlsx", b"PK\x03\x04 not a zip", "is damaged"),
            ("r.pdf", b"%PDF-1.7\n\xff\xfe\0\x81" * 9, "is a PDF"),
            ("r.csv", b"just\nsome\nlines\n", "has no header row"),
            ("r.csv", b'Diary No,Date Sent,Provider,Complaint\n1,2,"3,4\n5,6,7,8\n', "from line 2"),
        ],
    )
    def test_a_file_that_is_no_register_gets_one_clear_answer(self, tmp_path, words, name, content, wrong):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RegisterUnreadable) as caught:
            read(tmp_path / name, words)
        assert caught.value.file == name
        assert wrong in said(caught.value)
        assert caught.value.accepted

    def test_a_file_that_is_not_there_is_said(self, tmp_path, words):
        with pytest.raises(RegisterUnreadable, match="not_opened"):
            read(tmp_path / "absent.csv", words)

    def test_a_formula_of_a_workbook_is_read_as_the_value_it_showed(self, tmp_path, words):
        write_xlsx(tmp_path / "plain.xlsx", [HEADERS, [GOOD[header] for header in HEADERS]])
        with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(tmp_path / "r.xlsx", "w") as packed:
            for name in plain.namelist():
                shown = plain.read(name).replace(
                    b't="inlineStr"><is><t>Quetta</t></is>', b't="str"><f>A1</f><v>Quetta</v>'
                )
                packed.writestr(name, shown)
            assert b"<f>A1</f>" in packed.read("xl/worksheets/sheet1.xml")
        assert read(tmp_path / "r.xlsx", words).entries[0].circle == "Quetta"

    def test_a_packed_file_that_is_no_workbook_is_refused(self, tmp_path, words):
        with zipfile.ZipFile(tmp_path / "r.xlsx", "w") as packed:
            packed.writestr("content.xml", "<office/>")
        with pytest.raises(RegisterUnreadable, match="no_workbook"):
            read(tmp_path / "r.xlsx", words)

    def test_a_workbook_that_unpacks_to_too_much_is_not_opened(self, tmp_path, words, monkeypatch):
        monkeypatch.setattr("handlers.registers.workbook.UNPACKED_LIMIT_BYTES", 1_000)
        with pytest.raises(RegisterUnreadable, match="unpacks_to"):
            read(invent(8, size=20).write_xlsx(tmp_path / "r.xlsx"), words)
