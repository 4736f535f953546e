"""Columns and mapping files: what is sure of a register, what is asked about, and what a person decides instead."""

import csv
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.language.errors import UserError
from handlers.registers import suggestion
from handlers.registers.columns import questions
from handlers.registers.errors import RegisterUnreadable, RegisterUnsure
from handlers.registers.finding import find
from handlers.registers.guesses import turned_by
from handlers.registers.headers import letter, place
from handlers.registers.lines import Encoding, Merged, Rival, Sheet, SheetLine
from handlers.registers.mapping import MappingFile
from handlers.registers.merged import filled_down
from handlers.registers.suggestion import suggest
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests.messy_register import invent
from tests.whole_register import read, write_corrections

HEADERS = [
    *(
        "Diary No",
        "Date Sent",
        "Provider",
        "Nature of Complaint",
        "Accounts / URLs",
        "Date of Reply",
        "Outcome",
        "Remarks",
    )
]
GOOD = ["CCW/2018/0001", "04-Mar-2018", "Facebook", "Fake account", "page.01", "", "", ""]
TEXT = Encoding("utf-8", "bytes")
GUIDE = (Path(__file__).parents[2] / suggestion.GUIDE).read_text(encoding="utf-8")
SURE = {
    *("diary_no", "sent_on", "recipient", "category", "accounts", "replied_on", "outcome", "remarks"),
}


@pytest.fixture(scope="module")
def words():
    return from_reference(load())


def rows(count=4, **cells):
    """Good rows, each with these cells; a function makes one of the row's number."""
    made = []
    for number in range(1, count + 1):
        row = dict(zip(HEADERS, GOOD, strict=True)) | {"Diary No": f"CCW/2018/{number:04}"}
        row |= {name.replace("_", " "): cell(number) if callable(cell) else cell for name, cell in cells.items()}
        made.append(row)
    return made


def sheet(*lines, name="r.csv", merged=(), encoding=TEXT):
    """A sheet of these lines, from line 1; blank ones are left out, as every reader does."""
    numbered = (SheetLine(number, tuple(cells)) for number, cells in enumerate(lines, start=1))
    return Sheet(name, encoding, tuple(line for line in numbered if any(line.cells)), merged=merged)


def of(headers, made=None):
    """A sheet with these headers; a header that rows do not have is a column they say nothing in."""
    return sheet(headers, *([row.get(header, "") for header in headers] for row in made or rows()))


def found(words, *sheets, mapping=None):
    return find(sheets, words, mapping or MappingFile(), path=Path("my r.csv"))[1]


def asked(columns):
    """{code of the question: code of the column}."""
    return [(question.words["code"], question.code) for question in columns.asked]


def said(error: UserError) -> str:
    reader = Reader("UTC", "en", datetime(2026, 3, 4, tzinfo=UTC))
    return Renderer().message(error.template, error.facts(), reader).plain()


def refused(words, *sheets, mapping=None):
    with pytest.raises(RegisterUnreadable) as caught:
        found(words, *sheets, mapping=mapping)
    return said(caught.value)


def write(path, lines):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


class TestSure:
    def test_headers_known_word_by_word_over_fitting_values_are_not_asked_about(self, words):
        columns = found(words, of(HEADERS))
        assert columns.found.keys() == SURE
        assert {guess.confidence for guess in columns.found.values()} == {1.0}
        assert not columns.asked

    @pytest.mark.parametrize("seed", [1, 2])
    def test_a_messy_register_and_its_corrections_go_through_without_a_question(self, tmp_path, words, seed):
        register = read(invent(seed).write_csv(tmp_path / "r.csv"), words)
        write_corrections(register, tmp_path / "doubtful.csv")
        assert not register.questions
        assert not read(tmp_path / "doubtful.csv", words).questions

    @pytest.mark.parametrize("header", ["DIARY  NO.", "diary number", "Our Ref"])
    def test_capitals_and_signs_make_no_difference(self, words, header):
        made = [row | {header: row["Diary No"]} for row in rows()]
        assert found(words, of([header, *HEADERS[1:]], made)).found["diary_no"].confidence == 1

    def test_three_values_are_shown_each_once(self, words):
        guess = found(words, of(HEADERS, rows(9, Outcome=lambda n: ["Pending", "", "No reply"][n % 3]))).found[
            "outcome"
        ]
        assert (guess.letter, guess.samples) == ("G", ("", "No reply", "Pending")[1:])


class TestAsked:
    """Each kind of column that is not sure: what is asked, and what --yes would do."""

    @pytest.mark.parametrize(
        ("header", "code", "old"),
        [
            ("Date Sent (dd/mm)", "sent_on", "Date Sent"),
            ("Name of Provider", "recipient", "Provider"),
            ("Date of Reply / Closed", "replied_on", "Date of Reply"),
            ("Remarks of I/O", "remarks", "Remarks"),
        ],
    )
    def test_a_likely_header_is_read_once_a_person_says_so(self, words, header, code, old):
        made = [row | {header: row[old]} for row in rows()]
        columns = found(words, of([header if one == old else one for one in HEADERS], made))
        assert asked(columns) == [("guessed_column", code)]
        assert columns.found[code].header == header
        assert 0.5 <= columns.found[code].confidence < 1

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            *(("Date of Reply Due", "replied_on"), ("Expected Reply Date", "replied_on")),
            *(("Account Type", "accounts"), ("No. of Accounts", "accounts"), ("Accounts Count", "accounts")),
            *(("Outcome Date", "outcome"), ("Remarks By", "remarks")),
        ],
    )  # fmt: skip
    def test_a_word_that_turns_the_meaning_leaves_the_column_out(self, words, header, code):
        old = {"replied_on": "Date of Reply", "accounts": "Accounts / URLs", "outcome": "Outcome", "remarks": "Remarks"}
        columns = found(words, of([header if one == old[code] else one for one in HEADERS]))
        assert asked(columns) == [("turned_header", code)]
        assert code not in columns.found
        assert header in columns.unused.values()

    @pytest.mark.parametrize(
        ("name", "cell", "code"),
        [
            ("Date of Reply", lambda n: ["Ali", "Bano", "Carim", "Dara"][n % 4], "replied_on"),
            ("Date Sent", "see file", "sent_on"),
            ("Outcome", "04-Mar-2018", "outcome"),
            ("Provider", "Fake account", "recipient"),
            ("Nature of Complaint", "Facebook", "category"),
            ("Accounts / URLs", "Facebook", "accounts"),
            ("Accounts / URLs", "2018-03-04", "accounts"),
            ("Diary No", lambda n: f"{n:02}-Mar-2018", "diary_no"),
            ("Diary No", "Office 7", "diary_no"),
            ("Remarks", "04/03/2018", "remarks"),
        ],
    )
    def test_a_known_header_over_other_values_is_asked_about(self, words, name, cell, code):
        columns = found(words, of(HEADERS, rows(**{name: cell})))
        assert asked(columns) == [("other_values", code)]
        assert columns.found[code].confidence < 0.5

    def test_two_values_prove_nothing_and_most_is_enough(self, words):
        assert not found(words, of(HEADERS, rows(2, Provider="Orkut"))).asked
        known = of(HEADERS, rows(5, Provider=lambda n: "Orkut" if n > 3 else "FB / Insta"))
        assert not found(words, known).asked

    def test_of_two_headers_for_one_meaning_neither_is_read(self, words):
        for again in ("Date of Reply", "Date of Reply (2)", "Reply Date"):
            lines = [[*row.values(), "07-May-2018"] for row in rows(**{"Date of Reply": "06-May-2018"})]
            columns = found(words, sheet([*HEADERS, again], *lines))
            assert asked(columns) == [("two_columns", "replied_on")]
            assert "replied_on" not in columns.found

    def test_a_second_one_that_says_nothing_is_no_riddle(self, words):
        lines = [[*row.values(), ""] for row in rows(**{"Date of Reply": "06-May-2018"})]
        columns = found(words, sheet([*HEADERS, "Date of Reply"], *lines))
        assert (columns.asked, columns.found["replied_on"].letter) == ((), "F")

    def test_an_exact_header_beats_a_likely_one(self, words):
        lines = [[*row.values(), "07-May-2018"] for row in rows()]
        columns = found(words, sheet([*HEADERS, "Date of Reply Due"], *lines))
        assert (columns.asked, columns.found["replied_on"].letter) == ((), "F")

    def test_two_headers_for_a_needed_column_are_refused_by_letter(self, words):
        lines = [[*row.values(), "CCW/9"] for row in rows()]
        shown = refused(words, sheet([*HEADERS, "File No"], *lines))
        assert "A “Diary No”, I “File No” are headed as one thing, the diary number" in shown

    def test_a_line_above_with_words_of_its_own_may_be_header_too(self, words):
        made = [row.values() for row in rows()]
        columns = found(words, sheet(["", "Request", "", "", "", "Reply"], HEADERS, *made))
        assert [question.words["facts"] for question in columns.asked] == [{"first": 1, "last": 2}]
        assert not found(words, sheet(["Register of requests"], HEADERS, *made)).asked
        assert not found(words, sheet(["Register", "2018"], [], HEADERS, *made)).asked
        tall = tuple(Merged(1, 2, column, column) for column in range(len(HEADERS)))
        assert not found(words, sheet(HEADERS, [], *made, merged=tall)).asked

    def test_an_encoding_that_was_guessed_is_asked_about_with_a_line_of_it(self, words):
        columns = found(words, of(HEADERS))
        assert not questions(columns, TEXT)
        guessed = Encoding("windows-1256", "guess", 0.6, ("تم إرسال الطلب",), Rival("cp1006", "x"))
        shown = said(RegisterUnsure("r.csv", questions(columns, guessed), "r.csv"))
        shown = shown.replace("\u2068", "").replace("\u2069", "")
        assert "windows-1256 (60% sure): تم إرسال الطلب; or cp1006: x; if that reads wrong" in shown

    def test_every_question_says_what_yes_would_do(self, words):
        turned = ["Account Type" if one == "Accounts / URLs" else one for one in HEADERS]
        shown = said(RegisterUnsure("r.csv", questions(found(words, of(turned)), TEXT), "'my r.csv'"))
        assert "E “Account Type” may be no column of the accounts: it says “type”. With --yes it is left out." in shown
        assert "python -m bot import 'my r.csv' --suggest-mapping > mapping.json" in shown

    def test_words_of_the_known_headers_turn_nothing(self, words):
        assert not turned_by("Type of Request made", "request_type", words.columns)
        assert turned_by("Type of Account", "accounts", words.columns) == "type"


class TestNamed:
    """What a mapping says of a column."""

    def test_a_header_a_letter_and_a_number_name_a_column(self, words):
        lines = [[*row.values(), "07-May-2018"] for row in rows()]
        for column in ("Posted", "posted ", "I", "i", 9):
            columns = found(
                words, sheet([*HEADERS, "Posted"], *lines), mapping=MappingFile(columns={"replied_on": column})
            )
            assert (columns.found["replied_on"].index, columns.found["replied_on"].chosen, columns.asked) == (
                8,
                True,
                (),
            )

    def test_a_header_comes_before_a_letter(self, words):
        lines = [[*row.values(), "07-May-2018"] for row in rows()]
        columns = found(words, sheet([*HEADERS, "B"], *lines), mapping=MappingFile(columns={"replied_on": "B"}))
        assert columns.found["replied_on"].letter == "I"

    @pytest.mark.parametrize("column", ["J", 10, "Date of Reply (2)"])
    def test_the_second_of_two_columns_is_named(self, words, column):
        lines = [[*row.values(), "", "07-May-2018"] for row in rows()]
        columns = found(
            words, sheet([*HEADERS, "", "Date of Reply"], *lines), mapping=MappingFile(columns={"replied_on": column})
        )
        assert (columns.found["replied_on"].letter, columns.asked) == ("J", ())

    def test_null_is_no_such_column(self, words):
        columns = found(words, of(HEADERS), mapping=MappingFile(columns={"remarks": None}))
        assert list(columns.unused.values()) == ["Remarks"]

    def test_letters_count_as_in_a_spreadsheet(self):
        assert [letter(index) for index in (0, 25, 26, 701, 16383)] == ["A", "Z", "AA", "ZZ", "XFD"]
        assert [place(name) for name in ("A", "z", "AA", "XFD", "Date", "", "4")] == [
            0,
            25,
            26,
            16383,
            None,
            None,
            None,
        ]

    @pytest.mark.parametrize(
        ("mapping", "wrong"),
        [
            ({"columns": {"sent_on": "Dispatched"}}, 'no column "Dispatched"'),
            ({"columns": {"sent_on": 40, "remarks": "ZZ"}}, 'no column "40", which the mapping file names for sent_on'),
            ({"columns": {"sent_on": 40, "remarks": "ZZ"}}, 'no column "ZZ", which the mapping file names for remarks'),
            ({"columns": {"sent_on": "Remarks", "accounts": "H"}}, 'one column "H"'),
            ({"columns": {"remarks": "Outcome", "outcome": None}, "defaults": {"category": "other"}},
             "D “Nature of Complaint” for category, for which the mapping file names a default"),
            ({"sheet": "2018"}, 'has no sheet "2018"'),
            ({"header": 90}, "has nothing in 90"),
        ],
    )  # fmt: skip
    def test_what_is_named_in_vain_is_refused_by_name(self, words, mapping, wrong):
        assert wrong in refused(words, of(HEADERS), mapping=MappingFile.model_validate_json(json.dumps(mapping)))

    def test_one_name_of_two_columns_is_refused_with_their_letters(self, words):
        lines = [[*row.values(), "x"] for row in rows()]
        twice = sheet([*HEADERS, "Remarks"], *lines)
        assert "H “Remarks”, I “Remarks”" in refused(words, twice, mapping=MappingFile(columns={"remarks": "Remarks"}))

    def test_letters_and_header_lines_mean_the_same_in_the_corrections(self, tmp_path, words):
        lines = [["", "Request", "", "", "", "Reply of the provider", "", "", ""], [*HEADERS, "Date of Reply"]]
        lines += [[*row.values(), "07-May-2018"] for row in rows(Provider="Orkut", Outcome="Provided")]
        mapping = MappingFile(
            header=(1, 2), columns={"sent_on": 2, "recipient": "C", "category": "D", "accounts": "E", "replied_on": "I"}
        )
        first = read(write(tmp_path / "r.csv", lines), words, mapping)
        write_corrections(first, tmp_path / "doubtful.csv")
        assert len(first.doubts) == 4
        fixed = (tmp_path / "doubtful.csv").read_text(encoding="utf-8-sig").replace("Orkut", "FB")
        (tmp_path / "doubtful.csv").write_text(fixed, encoding="utf-8")
        second = read(tmp_path / "doubtful.csv", words, mapping)
        assert not second.doubts
        assert {entry.replied_on for entry in second.entries} == {date(2018, 5, 7)}
        assert [one["code"] for one in second.questions] == [one["code"] for one in first.questions]


class TestHeader:
    UPPER = ("Diary No", "Request", "", "", "", "Reply", "", "Remarks")
    LOWER = ("", "Date", "Provider", "Nature of Complaint", "Accounts", "Date", "Outcome", "")
    AREAS = (Merged(1, 1, 1, 4), Merged(1, 1, 5, 6), Merged(1, 2, 0, 0), Merged(1, 2, 7, 7))

    @pytest.mark.parametrize("areas", [AREAS, ()])
    def test_two_lines_are_one_header(self, words, areas):
        columns = found(
            words,
            sheet(self.UPPER, self.LOWER, *(row.values() for row in rows()), merged=areas),
            mapping=MappingFile(header=(1, 2)),
        )
        assert list(columns.headers.values()) == [
            *("Diary No", "Request Date", "Request Provider", "Request Nature of Complaint", "Request Accounts"),
            *("Reply Date", "Reply Outcome", "Remarks"),
        ]
        assert (columns.found["sent_on"].letter, columns.found["replied_on"].letter) == ("B", "F")
        assert columns.found.keys() == SURE
        assert {code for _, code in asked(columns)} == {"recipient", "category", "accounts", "outcome"}
        assert columns.header_line == 2

    def test_unsaid_two_lines_are_refused_with_the_way_to_say_it(self, words):
        two = sheet(self.UPPER, self.LOWER, *(row.values() for row in rows()), merged=self.AREAS)
        shown = refused(words, two)
        assert "no column for" in shown
        assert '{"header": [1, 2]}' in shown

    def test_every_header_and_every_sheet_is_named_where_none_is_known(self, words):
        cover = sheet(["Provider", "Category", "Status"], ["Facebook", "Hacking", "Pending"], name="Summary")
        unknown = sheet(["No.", "Posted", "Firm", "Note"], ["1", "2", "3", "4"], name="Register 2018")
        shown = refused(words, unknown)
        assert "line 1 says No., Posted, Firm, Note" in shown
        assert "python -m bot import 'my r.csv' --suggest-mapping > mapping.json" in shown
        assert '{"header": 1}' in shown
        assert "Summary, Register 2018" in refused(words, cover, unknown)

    def test_a_cover_is_passed_over_for_the_sheet_that_has_all(self, words):
        cover = sheet(["Provider", "Category", "Status", "Remarks"], ["Facebook", "Hacking", "Pending"], name="Summary")
        assert found(words, cover, of(HEADERS)).sheet == "r.csv"

    def test_a_missing_column_is_named_with_the_mapping_that_would_help(self, words):
        shown = refused(words, of(["Diary No", "Firm", *HEADERS[3:]]))
        assert "the date sent or the recipient" in shown
        assert "Firm" in shown
        assert '{"columns": {"sent_on": "the header that holds it", "recipient": ' in shown
        assert '{"defaults": {"recipient": "its code"}}' in shown

    def test_a_stray_cell_far_out_is_one_column_more_and_no_sixteen_thousand(self, words):
        stray = sheet(HEADERS, *(row.values() for row in rows()), [*GOOD, *[""] * 16375, "stray"])
        columns = found(words, stray)
        assert list(columns.unused.values()) == ["Column 16384"]
        assert len(columns.raw(next(iter(stray.lines)))) == 9

    def test_two_columns_of_one_name_are_both_kept_in_the_raw_row(self, words):
        twice = sheet([*HEADERS, "Remarks", ""], [*GOOD, "second", "third"])
        raw = found(words, twice).raw(list(twice.lines)[1])
        assert (raw["Remarks"], raw["Remarks (2)"], raw["Column 10"]) == ("", "second", "third")

    def test_sheets_that_were_not_read_are_named(self, tmp_path, words):
        book = openpyxl.Workbook()
        book.active.append(["Cover page"])
        for name in ("2016", "2017"):
            book.create_sheet(name).append([*HEADERS, "Circle"])
            book[name].append([*GOOD, name])
        book.save(tmp_path / "r.xlsx")
        register = read(tmp_path / "r.xlsx", words)
        assert (register.columns.sheet, register.sheets_unread) == ("2016", ("Sheet", "2017"))
        assert read(tmp_path / "r.xlsx", words, MappingFile(sheet="2017")).entries[0].circle == "2017"


class TestDefaults:
    HEADERS = ("Diary No", "Date Sent", "Accounts / URLs", "Date of Reply")

    def test_what_holds_for_every_row_needs_no_column(self, tmp_path, words):
        lines = [["CCW/1", "04-Mar-2018", "page.01", ""], ["CCW/2", "04-Mar-2018", "page.02", "01-Jun-2018"]]
        mapping = MappingFile(
            defaults={"recipient": "PROV-META", "category": "fake_accounts", "outcome": "open", "legal_basis": "Letter",
                      "request_type": "preservation", "circle": "Quetta"})  # fmt: skip
        register = read(write(tmp_path / "r.csv", [self.HEADERS, *lines]), words, mapping)
        (entry,) = register.entries
        assert (entry.recipient, entry.category, entry.outcome) == ("PROV-META", "fake_accounts", "open")
        assert (entry.request_type, entry.basis_paper, entry.circle) == ("preservation", "letter", "Quetta")
        assert [doubt.flaw for doubt in register.doubts] == ["reply dated but no outcome"]

    def test_a_default_takes_no_part_in_guessing(self, words):
        columns = found(
            words,
            of([*HEADERS[:2], "Provider Contact", *HEADERS[3:]]),
            mapping=MappingFile(defaults={"recipient": "PROV-META"}),
        )
        assert (columns.asked, "recipient" in columns.found) == ((), False)

    def test_null_sets_a_column_aside_for_a_default(self, words):
        mapping = MappingFile(columns={"recipient": None}, defaults={"recipient": "PROV-X"})
        made = of(HEADERS)
        columns = found(words, made, mapping=mapping)
        assert columns.value(list(made.lines)[1], "recipient") == "PROV-X"
        assert columns.cell(list(made.lines)[1], "recipient") == ""

    def test_defaults_and_columns_the_desk_lacks_are_refused_all_at_once(self, words):
        mapping = MappingFile(
            defaults={"recipient": "PROV-FACE", "diary_no": "1"}, fill_down=("provider",), columns={"sent": "Date Sent"}
        )
        with pytest.raises(RegisterUnreadable) as caught:
            mapping.words(words, file="m.json")
        shown = said(caught.value)
        assert all(f'"{code}"' in shown for code in ("PROV-FACE", "diary_no", "provider", "sent"))


class TestMergedCells:
    AREAS = (Merged(2, 3, 1, 1), Merged(2, 5, 2, 2))

    def made(self):
        lines = [[*GOOD[:1], "", "", *GOOD[3:]] for _ in range(5)]
        lines[0][1:3], lines[4][2], lines[2][1], lines[3][1] = ["04-Mar-2018", "Facebook"], "Twitter", "x", "y"
        return sheet(HEADERS, *lines, merged=self.AREAS)

    def test_merged_cells_stand_in_each_of_their_lines_when_asked_for(self, words):
        filled, columns = find([self.made()], words, MappingFile(fill_down=True), path=Path("r.csv"))
        below = list(filled.lines)[1:]
        assert [columns.cell(line, "recipient") for line in below] == [*["Facebook"] * 4, "Twitter"]
        assert [columns.cell(line, "sent_on") for line in below] == ["04-Mar-2018", "04-Mar-2018", "x", "y", ""]
        assert list(filled.lines)[1:] == below  # may be gone through again
        assert len(filled.lines) == 6

    def test_only_in_the_columns_that_are_named(self, words):
        filled, columns = find([self.made()], words, MappingFile(fill_down=("sent_on",)), path=Path("r.csv"))
        assert [columns.cell(line, "recipient") for line in filled.lines][1:4] == ["Facebook", "", ""]
        assert [columns.cell(line, "sent_on") for line in filled.lines][1:4] == ["04-Mar-2018", "04-Mar-2018", "x"]

    def test_unasked_nothing_is_filled(self, words):
        made = self.made()
        assert find([made], words, MappingFile(), path=Path("r.csv"))[0] is made

    def test_a_short_line_is_filled_past_its_end(self):
        short = Sheet("s", TEXT, (SheetLine(1, ("a", "b")), SheetLine(2, ("c",))), merged=(Merged(1, 2, 1, 1),))
        assert list(filled_down(short, None).lines)[1].cells == ("c", "b")


class TestMappingFile:
    def test_words_of_the_file_are_understood_from_then_on(self, tmp_path, words):
        path = tmp_path / "mapping.json"
        path.write_text(json.dumps({
            "about": ["anything", 1],
            "recipients": {"The blue one": "PROV-META"},
            "categories": {"Mischief": "other"},
            "outcomes": {"Regretted": "refused:overbroad"},
            "request_types": {"Ask": "data"},
        }))  # fmt: skip
        row = ["CCW/1", "04-Mar-2018", "the BLUE one", "mischief", "a", "05-Mar-2018", "regretted", "", "ask"]
        (entry,) = read(
            write(tmp_path / "r.csv", [[*HEADERS, "Request Type"], row]), words, MappingFile.load(path)
        ).entries
        assert (entry.recipient, entry.category, entry.request_type) == ("PROV-META", "other", "data")
        assert (entry.outcome, entry.refusal_reasons) == ("refused", ("overbroad",))

    @pytest.mark.parametrize(
        ("content", "wrong"),
        [
            (
                '{"colums": {}, "day_frist": true}',
                'unknown key "colums", did you mean "columns"?; has an unknown key "day_f',
            ),
            ('{"day_first": "yes"}', '"day_first"'),
            ('{"columns": ', "Invalid JSON"),
            ('{"columns": {"sent_on": true}}', '"columns.sent_on" names no column'),
            ('{"columns": {"sent_on": 0}, "fill_down": 3}', '"fill_down" is neither true nor false'),
            ('{"header": [2, 1]}', '"header" is no line number'),
            ('{"header": 0}', '"header" is no line number'),
        ],
    )
    def test_a_bad_mapping_file_is_refused_by_name(self, tmp_path, content, wrong):
        path = tmp_path / "mapping.json"
        path.write_text(content)
        with pytest.raises(RegisterUnreadable) as caught:
            MappingFile.load(path)
        assert wrong in said(caught.value)
        assert "columns, defaults" in said(caught.value)

    def test_codes_the_desk_does_not_know_are_refused_all_at_once(self, words):
        mapping = MappingFile(
            columns={"sent": "Date Sent"}, recipients={"fb": "PROV-FACE"}, outcomes={"no": "refused:no"}
        )
        with pytest.raises(RegisterUnreadable) as caught:
            mapping.words(words, file="m.json")
        assert all(f'"{code}"' in said(caught.value) for code in ("sent", "PROV-FACE", "refused:no"))
        assert "PROV-META" in said(caught.value)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_what_a_shell_redirects_to_a_file_is_read(self, tmp_path, encoding):
        (tmp_path / "m.json").write_text('{"sheet": "رجسٹر", "header": 2}', encoding=encoding)
        assert MappingFile.load(tmp_path / "m.json") == MappingFile(sheet="رجسٹر", header=(2,))


class TestSuggested:
    def loaded(self, tmp_path, started):
        (tmp_path / "m.json").write_text(json.dumps(started))
        return MappingFile.load(tmp_path / "m.json")

    def test_unknown_headers_are_shown_with_values_and_filled_in_by_a_person(self, tmp_path, words):
        lines = [["No.", "Posted", "Firm", "Matter"], *([f"n{n}", "04-Mar-2018", "FB", "Hacking"] for n in range(4))]
        path = write(tmp_path / "r.csv", lines)
        started = suggest(path, words, MappingFile())
        assert started["header"] == [1]
        assert started["about"]["columns"]["A"] == "No. | n0 | n1 | n2"
        assert set(started["columns"].values()) == {None}
        assert started["columns"].keys() == words.columns.codes() - {"serial"}
        started["columns"] |= {"diary_no": "No.", "sent_on": "Posted", "recipient": "C", "category": 4}
        assert len(read(path, words, self.loaded(tmp_path, started)).entries) == 4

    def test_what_was_guessed_is_in_it_and_what_was_turned_is_not(self, tmp_path, words):
        headers = [
            "Diary No",
            "Date Sent (dd/mm)",
            "Provider",
            "Nature of Complaint",
            "Account Type",
            "Remarks",
            "Remarks",
        ]
        lines = [[f"n{n}", "04-Mar-2018", "FB", "Hacking", "page", "a", "b"] for n in range(4)]
        started = suggest(write(tmp_path / "r.csv", [headers, *lines]), words, MappingFile(encoding="utf-8"))
        assert started["columns"]["sent_on"] == "Date Sent (dd/mm)"
        assert started["about"]["guessed"].keys() == {"sent_on"}
        assert (started["columns"]["accounts"], started["columns"]["remarks"]) == (None, None)
        assert started["encoding"] == "utf-8"
        register = read(tmp_path / "r.csv", words, self.loaded(tmp_path, started))
        assert (len(register.entries), register.questions) == (4, ())

    def test_the_sheet_is_named_where_there_are_several(self, tmp_path, words):
        book = openpyxl.Workbook()
        book.active.append(["Cover"])
        book.create_sheet("2018").append(HEADERS)
        book["2018"].append(GOOD)
        book.save(tmp_path / "r.xlsx")
        started = suggest(tmp_path / "r.xlsx", words, MappingFile())
        assert (started["sheet"], started["about"]["sheets"]) == ("2018", ["Sheet", "2018"])
        assert len(read(tmp_path / "r.xlsx", words, self.loaded(tmp_path, started)).entries) == 1


class TestGuide:
    """`docs/registers.md`: each example is a table and the mapping for it, and comes out as the page says."""

    EXAMPLES = re.findall(r"```csv\n(.*?)```.*?```json\n(.*?)```", GUIDE, re.DOTALL)

    def read(self, tmp_path, words, number):
        table, mapping = self.EXAMPLES[number]
        (tmp_path / "r.csv").write_text(table, encoding="utf-8")
        (tmp_path / "m.json").write_text(mapping, encoding="utf-8")
        register = read(tmp_path / "r.csv", words, MappingFile.load(tmp_path / "m.json"))
        assert not register.questions
        return register

    def test_there_are_three(self):
        assert len(self.EXAMPLES) == 3

    def test_one_file_for_each_provider(self, tmp_path, words):
        register = self.read(tmp_path, words, 0)
        assert {(entry.recipient, entry.category, entry.outcome) for entry in register.entries} == {
            ("PROV-META", "fake_accounts", "open")
        }
        assert [doubt.flaw for doubt in register.doubts] == ["reply dated but no outcome"]

    def test_an_office_with_words_of_its_own(self, tmp_path, words):
        first, second = self.read(tmp_path, words, 1).entries
        assert (first.sent_on, first.replied_on) == (date(2018, 4, 3), date(2018, 5, 5))
        assert (first.recipient, first.category) == ("PROV-META", "financial_fraud")
        assert (first.outcome, first.refusal_reasons, second.outcome) == ("refused", ("incomplete",), "open")

    def test_a_header_of_two_lines_and_two_columns_of_one_name(self, tmp_path, words):
        first, second = self.read(tmp_path, words, 2).entries
        assert (first.sent_on, first.replied_on, first.outcome) == (date(2018, 3, 4), date(2018, 4, 13), "produced")
        assert (first.remarks, first.accounts, second.remarks) == ("in two parts", ("page.01",), "")

    def test_every_key_and_every_column_is_explained(self, words):
        assert [key for key in MappingFile.model_fields if f"`{key}`" not in GUIDE] == []
        assert [code for code in words.columns.codes() - {"serial"} if f"`{code}`" not in GUIDE] == []


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("Facebook / Instagram", "PROV-META"),
        ("Instagram & Facebook", "PROV-META"),
        ("Facebook AND Insta", "PROV-META"),
        ("FB\nInstagram", "PROV-META"),
        ("YouTube / Gmail", "PROV-GOOGLE"),
        ("Facebook & Twitter", None),
        ("Facebook, Instagram and WhatsApp", None),
        ("Facebook / Orkut", None),
    ],
)
def test_names_of_one_body_are_one_recipient(tmp_path, words, cell, code):
    row = dict(zip(HEADERS, GOOD, strict=True)) | {"Provider": cell}
    register = read(write(tmp_path / "r.csv", [HEADERS, list(row.values())]), words)
    assert [entry.recipient for entry in register.entries] == ([code] if code else [])
    assert [doubt.flaw for doubt in register.doubts] == ([] if code else ["recipient unknown or ambiguous"])
