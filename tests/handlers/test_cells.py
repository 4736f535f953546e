"""Cells of a register: what a spreadsheet destroyed is never on record, and a paper counts only where it is there."""

from datetime import date

import pytest

from handlers.registers import cells, columns, gate
from handlers.registers.lines import Held
from handlers.registers.text import plain
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests.register_lines import GOOD, HEADERS, OPEN, numbered, read_rows, write_csv
from tests.whole_register import read, write_corrections

HELD = [
    *(Held("error", "#REF!"), Held("error", "#N/A"), Held("truth", "TRUE"), Held("truth", "False")),
    *(Held("no_value", ""), Held("lost", "100063512345678912"), Held("lost", "1E+22")),
]
TEXTS = [
    *("#REF!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", "#NULL!", "#SPILL!", "#GETTING_DATA", "#####"),
    *("#BEZUG!", "#NV", "#¡REF!", "#¿NOMBRE?", "#N/D", "#ССЫЛКА!", "#YOK", "Err:502"),
    *("1.00064E+14", "1,00005E+14", "3.10E+05", "9.23001e+11", "1E+22", "1.5E10", "-2.1E-05"),
    *("100063512345678000", "TRUE", "FALSE", "True", "False"),
]
DATES = [Held("date", "18-Mar-16", date(2016, 3, 18)), Held("date", "09:30:00"), "18-Mar-2016", "2016-03-18", "09:30"]
WITHOUT_DATES = [code for code in HEADERS if code not in gate.WITH_DATES]
NOTHING = ["N/A", "n.a.", "NA", "nil", "Nil.", "NIL", "none", "TBD", "tba", "not applicable", "NaN", "-", "--", " "]
OWN_WORDS = [code for code in HEADERS if code not in gate.OF_WORDS]


@pytest.fixture(scope="module")
def words():
    return from_reference(load())


class TestDestroyed:
    """All columns, and all that a spreadsheet puts in the place of what stood there."""

    @pytest.mark.parametrize("cell", [*HELD, *TEXTS], ids=str)
    @pytest.mark.parametrize("column", HEADERS)
    def test_it_passes_into_no_column(self, column, cell):
        (row,) = read_rows({**GOOD, column: cell})
        assert row.cell(column) == ""
        assert [(flaw.column, flaw.value) for flaw in row.flaws] == [(column, plain(str(cell)))]

    @pytest.mark.parametrize("cell", DATES, ids=str)
    @pytest.mark.parametrize("column", WITHOUT_DATES)
    def test_a_date_or_a_time_passes_only_where_dates_may_stand(self, column, cell):
        (row,) = read_rows({**GOOD, column: cell})
        assert row.cell(column) == ""
        assert [flaw.column for flaw in row.flaws] == [column]

    def test_a_column_nobody_thought_of_is_guarded_like_any_other(self):
        flaws = []
        assert gate.passed("#REF!", "fax", flaws) == gate.passed(DATES[0], "fax", flaws) == ""
        assert [flaw.wrong for flaw in flaws] == ["fax is an error of the spreadsheet", "fax became a date"]

    @pytest.mark.parametrize("bring_back", ["as it is", "as corrections"])
    def test_it_comes_on_record_from_no_file(self, tmp_path, words, bring_back):
        """Every kind as text in every column; and written to a file of corrections, what no text could say, too."""
        cells = [*TEXTS, *(str(held) for held in HELD)]
        rows = numbered(*({column: cell} for column in HEADERS for cell in cells))
        register = read(write_csv(tmp_path / "r.csv", rows), words)
        if bring_back == "as corrections":
            write_corrections(register, tmp_path / "doubtful.csv")
            register = read(tmp_path / "doubtful.csv", words)
        assert (len(register.entries), len(register.doubts)) == (0, len(rows))

    def test_one_flaw_says_it_and_nothing_follows_from_it(self, tmp_path, words):
        rows = numbered(*({column: "#REF!"} for column in HEADERS))
        flaws = [doubt.flaw for doubt in read(write_csv(tmp_path / "r.csv", rows), words).doubts]
        assert [flaw.partition(" is ")[2] for flaw in flaws] == ["an error of the spreadsheet"] * len(HEADERS)

    def test_in_a_column_that_is_not_read_it_does_not_matter(self, tmp_path, words):
        path = write_csv(tmp_path / "r.csv", [])
        headers = f"Sr No,{path.read_text(encoding='utf-8').strip()},Officer\n"
        path.write_text(f"{headers}#REF!,{','.join(map(str, GOOD.values()))},#N/A\n", encoding="utf-8")
        assert len(read(path, words).entries) == 1

    @pytest.mark.parametrize(
        "cell",
        ["page.02; 1.00064E+14", "1,00005E+14,page.02", "#N/A | page.02", "page.02\n18-Mar-2016", "3,001,234,567"],
    )
    def test_among_accounts_each_part_counts(self, cell):
        (row,) = read_rows({**GOOD, "accounts": cell})
        assert [flaw.column for flaw in row.flaws] == ["accounts"]

    @pytest.mark.parametrize(
        "cell",
        [
            *("e4music; 100063512345678", "100063512345678912", "https://x.invalid/1.5E+10?a=#N/A", "+92 300 1234567"),
            *("#justice", "true.story", "may.2016", "page-2016", Held("number", "03001234567"), "12:30 club"),
        ],
        ids=str,
    )
    def test_accounts_that_only_look_a_little_like_it_pass(self, cell):
        (row,) = read_rows({**GOOD, "accounts": cell})
        assert (row.cell("accounts"), row.flaws) == (cell, ())

    @pytest.mark.parametrize("words", ["the sheet says #REF! in row 5", "about 1.5E+10 views", "True copy kept"])
    def test_within_a_sentence_it_is_somebodys_word(self, words):
        (row,) = read_rows({**GOOD, "remarks": words})
        assert (row.cell("remarks"), row.flaws) == (words, ())

    @pytest.mark.parametrize(
        "shown", ["5/2016", "05-2016", "12/05/2016", "0042", "12.10", "FIA/0007", "CCW/2018/1E5", "2E4"]
    )
    def test_a_diary_number_is_what_the_cell_shows(self, shown):
        kind = "date" if shown[1] == "/" or shown[2] in "-/" else "number"
        (row,) = read_rows({**GOOD, "diary_no": Held(kind, shown, date(2016, 5, 1) if kind == "date" else None)})
        assert (str(row.cell("diary_no")), row.flaws) == (shown, ())

    @pytest.mark.parametrize("column", [code for code in HEADERS if code not in gate.OF_FREE_WORDS])
    @pytest.mark.parametrize("written", ["=A1", '="page"&".99"', "'=A1", '=HYPERLINK("https://x.invalid")'])
    def test_a_formula_in_a_csv_is_no_text(self, column, written):
        (row,) = read_rows({**GOOD, column: written})
        assert (row.cell(column), [flaw.column for flaw in row.flaws]) == ("", [column])

    def test_a_text_that_a_csv_keeps_from_being_changed_is_what_it_means(self):
        (row,) = read_rows({**GOOD, "diary_no": '="0042"', "accounts": '\'="03001234567"', "remarks": '="#REF!"'})
        assert (row.cell("diary_no"), row.cell("accounts"), row.cell("remarks")) == ("0042", "03001234567", "")

    @pytest.mark.parametrize("shown", ["May-16", "05-Mar", "5-Mar-2016", "2016-05-01", "2016-05-01 00:00:00"])
    def test_a_diary_number_that_shows_a_month_nobody_typed_is_in_doubt(self, shown):
        (row,) = read_rows({**GOOD, "diary_no": Held("date", shown, date(2016, 5, 1))})
        assert [flaw.wrong for flaw in row.flaws] == ["diary number became a date"]


def misread(words: str) -> str:
    """UTF-8, as a program of old Windows reads it."""
    return "".join(
        chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([byte]).decode("cp1252")
        for byte in words.encode()
    )


class TestLetters:
    """What a program could not read is lost, whatever column it stands in."""

    @pytest.mark.parametrize(
        "cell",
        [
            "jos\ufffd",
            "\ufffd",
            *map(misread, ("José", "García", "مزید", "Привет", "o\u2019brien")),
            "???? ?????",
            "?????",
        ],
    )
    @pytest.mark.parametrize("column", HEADERS)
    def test_it_passes_into_no_column(self, column, cell):
        (row,) = read_rows({**GOOD, column: cell})
        assert row.cell(column) == ""
        assert [(flaw.column, flaw.wrong.partition(" has ")[2]) for flaw in row.flaws] == [
            (column, "letters that were lost")
        ]

    @pytest.mark.parametrize(
        "cell",
        [
            "José",
            "IRMÃO",
            "«CAFÉ»",
            "CAFÉ\u2019S",
            "Ñandú",
            "Ærø",
            "مزید",
            "Привет",
            "2 \u00d7 3 °C",
            "why???",
            "a ?? b",
        ],
    )
    def test_letters_of_any_language_pass(self, cell):
        (row,) = read_rows({**GOOD, "remarks": cell, "accounts": cell})
        assert (row.cell("remarks"), row.cell("accounts"), row.flaws) == (cell, cell, ())


class TestNoAccount:
    @pytest.mark.parametrize(
        "cell", ["unknown", "Not known", "UNKNOWN.", "not available", "(unk)", "نامعلوم", "معلوم نہیں"]
    )
    def test_where_nobody_knew_any_there_is_none(self, cell):
        (row,) = read_rows({**GOOD, "accounts": cell})
        assert (row.cell("accounts"), row.flaws) == ("", ())
        assert cells.accounts(f"page.01; {cell}, page.02") == ("page.01", "page.02")

    @pytest.mark.parametrize(
        "cell",
        [
            *("???", "?", "0", "00", "see attached list", "as per annex", "As per Annexure-A", "Annex II", "attached"),
            *("(list attached)", "list enclosed", "Please see overleaf", "-do-", "same as above", "details in file"),
        ],
    )
    @pytest.mark.parametrize("written", ["{}", "page.01; {}", "page.01, {}", "{}\npage.01"])
    def test_where_they_stand_elsewhere_the_row_is_in_doubt(self, cell, written):
        (row,) = read_rows({**GOOD, "accounts": written.format(cell)})
        assert (row.cell("accounts"), [flaw.wrong for flaw in row.flaws]) == ("", ["account not understood"])

    @pytest.mark.parametrize(
        "cell",
        [
            "see.attached",
            "annex.cafe",
            "@list",
            "the_unknown",
            "unknown.soldier",
            "10",
            "https://x.invalid/a,0",
            "list of love",
        ],
    )
    def test_a_name_that_only_holds_such_a_word_is_a_name(self, cell):
        (row,) = read_rows({**GOOD, "accounts": cell})
        assert (cells.accounts(row.cell("accounts")), row.flaws) == ((cell,), ())

    @pytest.mark.parametrize("cell", ["unknown", "see attached list", "0"])
    def test_among_other_words_they_are_words(self, cell):
        (row,) = read_rows({**GOOD, "remarks": cell})
        assert (row.cell("remarks"), row.flaws) == (cell, ())


class TestNothing:
    @pytest.mark.parametrize("cell", NOTHING)
    @pytest.mark.parametrize("column", OWN_WORDS)
    def test_words_that_say_nothing_are_nothing(self, column, cell):
        (row,) = read_rows({**GOOD, column: cell})
        assert (row.cell(column), row.flaws) == ("", ())

    @pytest.mark.parametrize("cell", NOTHING)
    def test_on_record_too(self, tmp_path, words, cell):
        blank = dict.fromkeys(("circle", "legal_basis", "accounts", "replied_on", "remarks"), cell)
        register = read(write_csv(tmp_path / "r.csv", numbered(blank | {"outcome": ""}, {"diary_no": cell})), words)
        (entry,) = register.entries
        assert (entry.circle, entry.basis, entry.accounts, entry.replied_on, entry.remarks) == ("", "", (), None, "")
        assert [doubt.flaw for doubt in register.doubts] == ["diary number missing"]

    def test_an_outcome_that_may_mean_no_record_is_asked_about(self, tmp_path, words):
        register = read(write_csv(tmp_path / "r.csv", numbered(OPEN | {"outcome": "nil"})), words)
        assert [doubt.flaw for doubt in register.doubts] == ["outcome not understood"]


UNSURE = [
    *("{}?", "{} ?", "?{}", "{} (?)", "{}\u061f", "{}\uff1f", "\u00bf{}?", "{} \u2717", "{} \u274c", "\u00d7 {}"),
    *("{}/", "{} /", "/ {}", "{} and", "{} and ", "{} AND", "and {}", "{} &", "{} +", "{},", "; {}", "{} -", "{} |"),
    *("{} / -", "{}...", "{} \u2026", "{} ( )", "{}:"),
]


class TestUnsure:
    """Signs that ask, take back or leave open are words: what they stand beside is never taken as said."""

    @pytest.mark.parametrize("sign", UNSURE)
    @pytest.mark.parametrize("column", ["recipient", "category", "request_type", "outcome"])
    def test_it_is_in_doubt(self, tmp_path, words, column, sign):
        rows = numbered({}, {column: sign.format((GOOD)[column])})
        register = read(write_csv(tmp_path / "r.csv", rows), words)
        assert len(register.entries) == 1
        assert [[flaw.column for flaw in doubt.flaws] for doubt in register.doubts] == [[column]]

    @pytest.mark.parametrize("name", ["Facebook.", "(Facebook)", '"Facebook"', "Facebook / FB", "Facebook,\nFacebook"])
    def test_other_signs_say_nothing(self, tmp_path, words, name):
        (entry,) = read(write_csv(tmp_path / "r.csv", numbered({"recipient": name})), words).entries
        assert entry.recipient == "PROV-META"


class TestPaper:
    @pytest.mark.parametrize(
        ("basis", "paper"),
        [
            ("Letter", "letter"),
            ("LETTER dated 3 May", "letter"),
            ("court  order", "domestic_court_order"),
            ("Court order No. 58/2018", "domestic_court_order"),
            ("Court order No. FIA/CC-58/2018 dated 03.05.2018", "domestic_court_order"),
            ("Court order No. 12 of 2018", "domestic_court_order"),
            ("Court order dated 3 May 2018", "domestic_court_order"),
            ("Court order dt. May 3, 2018", "domestic_court_order"),
            ("Court order 2018-05-03 (copy attached)", "domestic_court_order"),
            ("Court order attached", "domestic_court_order"),
            ("Court order of Lahore High Court", "domestic_court_order"),
            ("COURT ORDER OF LAHORE HIGH COURT", "domestic_court_order"),
            ("Court order from the court of Sessions Judge, Islamabad", "domestic_court_order"),
            ("Court order issued by Judicial Magistrate Section 30 Lahore", "domestic_court_order"),
            ("Court order by Malakand Sessions Judge", "domestic_court_order"),
            ("Court order obtained on 3 May 2018", "domestic_court_order"),
            ("court order u/s 94", "domestic_court_order"),
            ("Order of the court", "domestic_court_order"),
            ("Certified copy of court order", "domestic_court_order"),
            ("Search warrant 12/2018", "warrant"),
            ("Warrant under section 94 CrPC", "warrant"),
            ("Notice u/s 160 CrPC", "written_notice"),
            ("MLAT request of 2 May 2018", "mla_request"),
            ("MLA request dated 2 May 2018", "mla_request"),
            ("MLA request; MLAT", "mla_request"),
            ("Court order from Lahore High Court + order of court", "domestic_court_order"),
            ("(Court order)", "domestic_court_order"),
            ("- Court order - No. 058/2018", "domestic_court_order"),
            ("Court order \N{NUMERO SIGN} 58", "domestic_court_order"),
            ("Court order from Swat Sessions Judge", "domestic_court_order"),
        ],
    )
    def test_words_that_say_that_a_paper_is_there(self, words, basis, paper):
        assert words.legal_bases.there(basis) == paper

    @pytest.mark.parametrize(
        "basis",
        [
            *("Court order not obtained", "Warrant pending", "MLA to be sent", "Letter awaited", "Warrant applied for"),
            *("Court order required", "Notice not served", "No court order", "Without warrant", "Court order refused"),
            *("Warrant (pending)", "Court order - not yet", "Court order?", "Court order؟", "awaiting warrant"),
            *(
                "Court order No",
                "Warrant: no",
                "Court order attached? no",
                "Court order attached: no",
                "Letter of thanks",
            ),
            *("Letters of thanks", "Court order by 3 May", "Warrant requested", "Court order to follow"),
            *("Court order No. 58/2018 not received", "Court order of 3 May 2018 set aside", "Warrant in process"),
            *("Letter rogatory", "Letter of request", "Letter / court order required", "Court order dated nil"),
            *(
                "Court order لازمی",
                "Court order chahiye",
                "Court order nahi mila",
                "COURT ORDER PENDING",
                "Court order expired",
            ),
            *("Warrant by application to court", "Court order yet to be issued", "Court order being issued"),
            *(
                "Warrant \u2717",
                "Court order \u274c",
                "MLA \u00d7",
                "\u2717 Court order",
                "Warrant \U0001f6ab",
                "Letter *",
            ),
            *(
                "Court order (-)",
                "Court order ( )",
                "Court order -",
                "Court order \u2014",
                "Court order:",
                "Warrant []",
            ),
            *("Court order No. ...", "Court order \u2026", "Court order /", "Court order No. _____", "Court order #"),
            *(
                "Court order 0",
                "Court order No. 0",
                "Court order No 00/0000",
                "Court order no 0/2018",
                "Warrant No. \u0660",
            ),
            *("Court Order Of Rejected Judge", "Court order from Denied High Court", "letter by Court Declined Judge"),
            *("Court Order Of Pending Court", "Court order by Absent Judge", "COURT ORDER OF REJECTED JUDGE"),
            *("Letter + MLA", "Letter No. 12 and court order", "Warrant; letter"),
            *("Court order of refusal by court", "Court order in 2 weeks", "Not a court order", "court order n/a", ""),
        ],
    )
    def test_everything_else_names_none(self, words, basis):
        assert words.legal_bases.there(basis) is None

    def test_the_words_stay_where_the_paper_is_left_out(self, tmp_path, words):
        rows = numbered({"legal_basis": "Warrant pending"})
        (entry,) = read(write_csv(tmp_path / "r.csv", rows), words).entries
        assert (entry.basis, entry.basis_paper) == ("Warrant pending", None)

    @pytest.mark.parametrize("repeated", ["of 1 May", "of court", "court", "u 1 s", "No. 5", "and letter", "5"])
    def test_a_long_cell_takes_no_time(self, words, repeated):
        """What makes a pattern try for hours is a sentence that almost fits; this test would not end."""
        for times in (3, 7, 9, 13, 25, 10_000):
            assert words.legal_bases.there("Court order " + f"{repeated} " * times + "pending") is None


def test_every_column_the_desk_reads_is_walked():
    assert {*HEADERS, *gate.NOT_READ} == set(load().register_words["columns"].values())
    assert set(columns.NEEDED) < set(HEADERS)
