"""Which lines of a sheet are rows, which belong to the row above, and which are none."""

import pytest

from handlers.language.errors import clause
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import Held
from handlers.registers.rows import RegisterRow, Skipped, rows
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests.register_lines import GOOD, HEADERS, columns, line, numbered, read_rows, write_csv
from tests.whole_register import read, write_corrections

FIRST, SECOND = numbered({}, {"accounts": "page.02"})
HEADER = dict(HEADERS)
BLANK: dict[str, str] = {}


@pytest.fixture(scope="module")
def words():
    return from_reference(load())


def told(*lines):
    """What becomes of each line: the lines of a row and its accounts, or the kind of a line that is none."""
    found = read_rows(*lines)
    return [(each.lines, each.cell("accounts")) if isinstance(each, RegisterRow) else each.kind for each in found]


class TestContinuation:
    def test_accounts_on_lines_of_their_own_belong_to_the_row_above(self):
        assert told(FIRST, {"accounts": "a"}, {"accounts": "b; c"}, SECOND, {"accounts": "d"}) == [
            ((2, 3, 4), "page.01\na\nb; c"),
            ((5, 6), "page.02\nd"),
        ]

    def test_a_remark_goes_on_too(self):
        (row,) = read_rows(FIRST, {"accounts": "a", "remarks": "and the group"}, {"remarks": "closed since"})
        assert row.cell("remarks") == "reminder sent\nand the group\nclosed since"

    def test_a_row_without_accounts_has_those_below_it(self):
        assert told(FIRST | {"accounts": ""}, {"accounts": "a"}) == [((2, 3), "a")]

    @pytest.mark.parametrize("words", ["Total of 4 pages: see annex", "Totally Spies", "total.recall"])
    def test_total_may_begin_an_account(self, words):
        assert told(FIRST, {"accounts": words}) == [((2, 3), f"page.01\n{words}")]

    @pytest.mark.parametrize("code", [code for code in HEADERS if code not in {"accounts", "remarks"}])
    def test_with_anything_else_in_it_a_line_is_a_row_of_its_own(self, code):
        assert told(FIRST, {"accounts": "a", code: GOOD[code] or "x"}) == [((2,), "page.01"), ((3,), "a")]

    def test_a_column_nobody_reads_does_not_part_it(self):
        found = [*rows([line(2, FIRST, "Officer A"), line(3, {"accounts": "a"}, "Officer B")], columns())]
        assert [row.lines for row in found] == [(2, 3)]

    @pytest.mark.parametrize("between", [BLANK, HEADER, {"remarks": "Total: 3"}, {"diary_no": "Grand total"}])
    def test_across_a_blank_line_a_header_or_a_total_nothing_is_joined(self, between):
        assert told(FIRST, between, {"accounts": "a"})[-1] == ((4,), "a")

    def test_before_any_row_it_is_a_row_in_doubt(self):
        assert told({"accounts": "a"}, FIRST) == [((2,), "a"), ((3,), "page.01")]

    def test_a_small_number_below_the_accounts_may_be_their_sum(self):
        assert told(FIRST, {"accounts": "12"}, SECOND) == [((2,), "page.01"), ((3,), "12"), ((4,), "page.02")]
        assert told(FIRST, {"accounts": "100063512345678"}) == [((2, 3), "page.01\n100063512345678")]

    @pytest.mark.parametrize("cell", [Held("lost", "1E+22"), Held("no_value", ""), Held("error", "#REF!"), "#N/A"])
    @pytest.mark.parametrize("code", ["accounts", "remarks"])
    def test_what_was_destroyed_on_a_line_of_its_own_spoils_its_row(self, code, cell):
        (row,) = read_rows(FIRST, {code: cell})
        assert (row.cell(code), [flaw.column for flaw in row.flaws]) == ("", [code])

    def test_a_number_that_is_merged_over_two_rows_is_missing_in_the_second(self, tmp_path, words):
        register = read(write_csv(tmp_path / "r.csv", [FIRST, SECOND | {"diary_no": ""}]), words)
        assert [doubt.flaw for doubt in register.doubts] == ["diary number missing"]

    def test_corrections_hold_the_whole_row_and_bring_it_back(self, tmp_path, words):
        path = write_csv(tmp_path / "r.csv", [FIRST | {"recipient": "Orkut"}, {"accounts": "a"}, SECOND])
        write_corrections(read(path, words), tmp_path / "doubtful.csv")
        text = (tmp_path / "doubtful.csv").read_text(encoding="utf-8-sig")
        (tmp_path / "doubtful.csv").write_text(text.replace(",Orkut,Fake", ",FB,Fake"), encoding="utf-8")
        (entry,) = read(tmp_path / "doubtful.csv", words).entries
        assert (entry.row, entry.accounts) == (1, ("page.01", "a"))

    def test_a_row_of_a_correction_file_is_a_row_whatever_it_lacks(self):
        marked = [line(2, {"accounts": "a"}, "7", "date sent missing"), line(3, {"accounts": "b"})]
        found = [*rows([*marked, line(4, {"accounts": "Total"}, "9", "")], columns(marks=True))]
        assert [(row.number, row.lines) for row in found if isinstance(row, RegisterRow)] == [(7, (2, 3)), (9, (4,))]


class TestSkipped:
    @pytest.mark.parametrize(
        "cells",
        [
            *({"remarks": "Total: 3"}, {"diary_no": "Total", "circle": "240"}, {"diary_no": "Grand Total 12"}),
            *(
                {"accounts": "Total: 12"},
                {"circle": "Total requests sent", "accounts": "12"},
                {"category": "Sub-total"},
            ),
        ],
    )
    def test_a_total_is_no_row(self, cells):
        assert told(FIRST, cells) == [((2,), "page.01"), "total"]

    @pytest.mark.parametrize(
        "cells",
        [
            {"circle": "Total", "accounts": "another.page"},
            {"circle": "Total", "accounts": "100063512345678"},
            {"remarks": "Total: 3", "sent_on": "42447"},
            {"remarks": "Total: 3", "recipient": "Facebook"},
            {"diary_no": "Total", "remarks": "sent by hand"},
        ],
    )
    def test_a_line_that_says_more_than_a_total_is_never_passed_over(self, cells):
        assert [lines for lines, _ in told(FIRST, cells)] == [(2,), (3,)]

    def test_the_header_again_is_no_row(self):
        assert told(FIRST, HEADER, SECOND) == [((2,), "page.01"), "header", ((4,), "page.02")]

    def test_a_heading_between_is_a_note(self):
        assert [*read_rows(FIRST, {"circle": "2017"})][1] == Skipped(3, "note", "2017")

    def test_what_says_nothing_in_a_column_that_is_read_is_a_note(self):
        found = [*rows([line(2, FIRST), line(3, {}, "Prepared by: desk", "Checked by: manager")], columns())]
        assert found[1] == Skipped(3, "note", "Prepared by: desk Checked by: manager")

    def test_what_follows_the_total_is_the_end(self):
        signed = {"circle": "Prepared by", "remarks": "Checked by"}
        assert told(FIRST, {"remarks": "Total: 1"}, {"remarks": "of which none is open"}, signed) == [
            *(((2,), "page.01"), "total", "end", "end")
        ]

    def test_a_row_below_a_total_is_a_row_and_may_go_on(self):
        assert told(FIRST, {"remarks": "Total: 1"}, SECOND, {"accounts": "a"}) == [
            *(((2,), "page.01"), "total", ((4, 5), "page.02\na"))
        ]

    def test_rows_are_counted_without_the_lines_that_are_none(self):
        found = read_rows(FIRST, {"accounts": "a"}, HEADER, {"circle": "2017"}, SECOND)
        assert [row.number for row in found if isinstance(row, RegisterRow)] == [1, 2]


def test_rows_are_read_as_a_stream():
    """A register of a million rows is never held: after n lines, all rows but the last are out."""
    given = iter([line(2, FIRST), line(3, SECOND), line(4, FIRST)])
    found = rows(given, columns())
    assert next(found).lines == (2,)
    assert [each.number for each in given] == [4]


class TestSecondHeader:
    """A header below in another order stops the import: all below it would be read in the wrong columns."""

    @staticmethod
    def below(second, words, tmp_path):
        path = write_csv(tmp_path / "r.csv", [FIRST, second, SECOND])
        return [entry.own_reference for entry in read(path, words).entries]

    @pytest.mark.parametrize(
        "second",
        [
            HEADER | {"accounts": HEADERS["legal_basis"], "legal_basis": HEADERS["accounts"]},
            HEADER | {"accounts": HEADERS["remarks"], "remarks": HEADERS["accounts"]},
            HEADER | {"accounts": "Station"},
            HEADER | {"sent_on": "Date of Reply", "replied_on": "Sent Date"},
            {"diary_no": "Diary No", "sent_on": "Date Sent", "circle": "Provider", "recipient": "Remarks"},
            {"sent_on": "Diary No", "circle": "Date Sent", "recipient": "Provider", "category": "Station"},
        ],
    )
    def test_another_order_or_another_column_stops_it(self, second, words, tmp_path):
        with pytest.raises(RegisterUnreadable) as caught:
            self.below(second, words, tmp_path)
        assert [*caught.value.wrong] == [clause("other_header", line=3)]

    @pytest.mark.parametrize(
        "second",
        [
            HEADER,
            HEADER | {"accounts": ""},
            HEADER | {"sent_on": "Sent Date"},
            {"diary_no": "Diary", "sent_on": "Date", "recipient": "Provider", "replied_on": "Date", "accounts": "URLs"},
            {"remarks": "Remarks", "accounts": "Outcome"},
            FIRST | {"diary_no": "CCW/2018/0009", "circle": "Circle", "accounts": "Remarks", "remarks": "Outcome"},
            FIRST | {"diary_no": "letter", "sent_on": "no date"},
        ],
    )
    def test_the_same_order_or_a_row_does_not(self, second, words, tmp_path):
        assert "CCW/2018/0002" in self.below(second, words, tmp_path)
