"""Published figures as they really look: read as bounds for one country, and what is not read is said."""

import codecs
from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook

from handlers.publications import bounds, periods, reading
from handlers.publications.bounds import ANY, Bounds, NoFigure, Portion
from handlers.publications.countries import EVERYWHERE, Countries
from handlers.publications.periods import PublishedPeriod
from handlers.publications.reading import Publication, read
from handlers.registers.errors import RegisterUnreadable
from storage.reference.catalog import load

WORDS = load().published_words
UNSAID = frozenset({"notavailable", "cannotbeprovided"})
HEAD = "Period,Country,Legal Process,User Data Requests,User Accounts Referenced,Percentage"


def of(content: str | bytes, name: str = "figures.csv", country: str = "PK", said: str = "") -> Publication:
    raw = content if isinstance(content, bytes) else content.encode()
    return read(name, raw, country, WORDS, periods.of_text(said))


def one(content: str | bytes, **how: str):
    """The figures of the only period."""
    [(period, figures)] = of(content, **how).found.items()
    return period.name, figures


def book(*sheets: tuple[str, list[list[object]]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(out := BytesIO())
    return out.getvalue()


# ---- one cell --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("35", 35, 35), ("1,975", 1975, 1975), ("1 975", 1975, 1975), ("1\u202f975", 1975, 1975), ("12.0", 12, 12),
        ("11,000 - 12,000", 11000, 12000), ("11000 - 12000", 11000, 12000), ("11000\u201312000", 11000, 12000),
        ("0 to 249", 0, 249), ("<10", 0, 9), ("≤ 10", 0, 10), ("fewer than 10", 0, 9), ("5.5", 0, 10), ("0,5", 0, 10),
        ("1*", 1, None), ("35[2]", 35, None), ("35²", 35, None), ("<10*", 0, None), ("100+", 100, None),
        (">100", 101, None), ("-", 0, 0), ("\u2014", 0, 0), ("", 0, None), ("Not Available", 0, None),
        ("Cannot be provided", 0, None),
    ],
)  # fmt: skip
def test_a_count_is_what_it_is_at_least_and_at_most(cell, low, high):
    assert bounds.count(cell, UNSAID) == Bounds(low, high)


@pytest.mark.parametrize("cell", ["many", "12%", "-5", "#REF!", "20 - 10", "1.2.3", "9" * 40, "=SUM(A1)", "3 or 4"])
def test_what_is_no_count_is_not_read_as_one(cell):
    with pytest.raises(NoFigure):
        bounds.count(cell, UNSAID)


@pytest.mark.parametrize(
    ("cell", "share"),
    [
        ("83.00%", Portion(83, 83)), ("0%", Portion(0, 0)), ("83", Portion(83, 83)), ("83,5 %", Portion(83.5, 83.5)),
        ("77%*", Portion(77, 77)), ("50 - 60%", Portion(50, 60)), ("<10%", Portion(0, 10)), ("", None), ("-", None),
        ("Not Available", None),
    ],
)  # fmt: skip
def test_a_share_is_in_percent(cell, share):
    assert bounds.share(cell, UNSAID) == share


@pytest.mark.parametrize("cell", ["101%", "half", "60 - 50%", "-3%"])
def test_what_is_no_share_is_not_read_as_one(cell):
    with pytest.raises(NoFigure):
        bounds.share(cell, UNSAID)


def test_shares_that_are_parts_of_one_are_known_by_their_column():
    figures = one(f"{HEAD}\n2017H1,Pakistan,All,8,9,0.25\n2017H1,India,All,8,9,1")[1]
    assert figures.share == Portion(25, 25)
    assert one(f"{HEAD}\n2017H1,Pakistan,All,8,9,1")[1].share == Portion(1, 1)


# ---- periods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2017H1", "2017 H1"), ("H2 2016", "2016 H2"), ("1H2019", "2019 H1"), ("2013 (1st half)", "2013 H1"),
        ("second half of 2014", "2014 H2"), ("1er semestre 2017", "2017 H1"), ("2e semestre 2016", "2016 H2"),
        ("January - June 2017", "2017 H1"), ("Jul\u2013Dec 2012", "2012 H2"), ("janvier-juin 2017", "2017 H1"),
        ("juillet à décembre 2015", "2015 H2"), ("July 2012 - December 2012", "2012 H2"), ("Q3 2018", "2018 Q3"),
        ("2012", "2012"), ("31/12/09", "2009 H2"), ("12/31/2009", "2009 H2"), ("2009-12-31", "2009 H2"),
        ("30/06/2013", "2013 H1"), ("01/07/2013", "2013 H2"), ("2011-12-31 23:59:59", "2011 H2"),
        ("2011-12-31T23:59:59Z", "2011 H2"), ("2017-01-01 to 2017-06-30", "2017 H1"),
        ("01/01/2017 - 30/06/2017", "2017 H1"), ("July 2012 - June 2013", "2012-07-01 to 2013-06-30"),
    ],
)  # fmt: skip
def test_a_period_is_known_in_every_spelling(text, name):
    assert periods.of_text(text).name == name


@pytest.mark.parametrize("text", ["", "soon", "06/07/2013", "2013-03-15", "2012 and 2013", "H3 2017", "99/99/2013"])
def test_what_names_no_period_is_none(text):
    assert periods.of_text(text) is None


def test_three_forms_of_a_date_stand_in_one_column():
    rows = "31/12/09,Pakistan,All,1,1,\n12/31/2010,Pakistan,All,2,2,\n2011-12-31,Pakistan,All,3,3,"
    found = of(f"{HEAD}\n{rows}").found
    assert {period.name: figures.requests.exact for period, figures in found.items()} == {
        "2011 H2": 3, "2010 H2": 2, "2009 H2": 1,
    }  # fmt: skip


def test_a_period_has_a_start_and_an_end_of_its_own():
    head = "Start Date,End Date,Country,Requests\n"
    assert one(f"{head}2011-07-01 00:00:00,2011-12-31 23:59:59,Pakistan,4")[0] == "2011 H2"
    assert one(f"{head}2011-07-01 00:00:00,2012-01-01 00:00:00,Pakistan,4")[0] == "2011 H2"
    assert one("Year,Half,Country,Requests\n2013,1st half,Pakistan,4")[0] == "2013 H1"


def test_the_period_stands_in_a_column_else_over_it_else_in_a_name_unless_somebody_says_it():
    plain = "Country,Total Requests,Accounts\nPakistan,35,47"
    assert one(plain, name="Facebook-Government-Report-2013-H1.csv")[0] == "2013 H1"
    assert one(f"Requests from January to June 2014\n{plain}", name="2013-H1.csv")[0] == "2014 H1"
    assert one(plain, name="2013-H1.csv", said="2012H2")[0] == "2012 H2"
    assert one(book(("2015 H2", [["Country", "Requests"], ["Pakistan", 3]])), name="x.xlsx")[0] == "2015 H2"
    unsaid = of(plain, name="report-2013.csv")  # a year in a name is as well the year it was made
    assert (unsaid.rows, unsaid.no_period, unsaid.found) == (1, 1, {})


def test_the_period_that_somebody_says_chooses_among_those_of_a_column():
    found = of(f"{HEAD}\n2013H1,Pakistan,All,1,1,\n2013H2,Pakistan,All,2,2,", said="2013H2")
    assert [(period.name, figures.requests.exact) for period, figures in found.found.items()] == [("2013 H2", 2)]
    assert {period.name for period in found.periods} == {"2013 H1", "2013 H2"}
    assert of(f"{HEAD}\n2013H1,Pakistan,All,1,1,", said="2015H1").found == {}


# ---- countries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("Pakistan", "PK"), ("PK", "PK"), ("pak", "PK"), ("PAKISTAN ", "PK"), ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("République tchèque", "CZ"), ("Côte d'Ivoire", "CI"), ("Côte d\u2019Ivoire", "CI"), ("Cote d'Ivoire", "CI"),
        ("C\u00c3\u00b4te d'Ivoire", "CI"), ("C√¥te d'Ivoire", "CI"), ("C?te d'Ivoire", "CI"),
        ("C\ufffdte d\ufffdIvoire", "CI"),
        ("C\x99te d'Ivoire", "CI"), ("C&ocirc;te d'Ivoire", "CI"), ("Etats-Unis", "US"), ("U.S.A.", "US"), ("UK", "GB"),
        ("The Netherlands", "NL"), ("Korea, Republic of", "KR"), ("Corée du Sud", "KR"), ("Hong Kong SAR China", "HK"),
        ("Trinidad and Tobago", "TT"), ("Turkey", "TR"), ("T?rkiye", "TR"), ("Worldwide", EVERYWHERE),
        ("Total", EVERYWHERE),
        ("Atlantis", None), ("?", None), ("", None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_name_in_two_languages_and_with_damaged_letters(cell, code):
    assert Countries(WORDS).code(cell) == code


def test_every_country_is_known_by_every_name_of_its_own():
    known = Countries(WORDS)
    assert [
        name for code, names in WORDS.countries.items() for name in (code, *names) if known.code(name) != code
    ] == []


def test_every_country_with_an_accent_is_known_without_its_letters():
    known = Countries(WORDS)
    accented = {name: code for code, names in WORDS.countries.items() for name in names if not name.isascii()}
    damaged = {name: name.encode("ascii", "replace").decode() for name in accented}
    assert {name: known.code(damaged[name]) for name in accented} == accented


# ---- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Requests for User Data", "Total Requests", "Total Data Requests",
    "User Data Requests", "ACCOUNT INFORMATION REQUESTS", "memberDataRequests", "Demandes de données"])  # fmt: skip
def test_requests_are_known_by_every_header(header):
    assert one(f"Country,{header}\nPakistan,35", said="2013H1")[1].requests == Bounds(35, 35)


@pytest.mark.parametrize("header", ["User Accounts Referenced", "Users / Accounts requested",
    "Users/Accounts Specified", "ACCOUNTS SPECIFIED", "accountsImpacted", "Comptes concernés"])  # fmt: skip
def test_accounts_are_known_by_every_header(header):
    assert one(f"Country,{header}\nPakistan,47", said="2013H1")[1].accounts == Bounds(47, 47)


@pytest.mark.parametrize("header", ["Percentage of requests where some data produced",
    "Percentage of data requests fully or partially complied with", "PERCENTAGE WHERE SOME INFORMATION PRODUCED",
    "percentProvided", "Compliance Rate", "Taux de conformité"])  # fmt: skip
def test_shares_are_known_by_every_header(header):
    assert one(f"Country,{header}\nPakistan,77.00%", said="2013H1")[1].share == Portion(77, 77)


def test_the_whole_of_two_columns_is_read_and_what_is_not_read_is_named():
    found = of("Country,Requests,Total Requests,Court,Notes\nPakistan,3,35,x,y", said="2013H1")
    assert next(iter(found.found.values())).requests == Bounds(35, 35)
    assert found.columns == ("Requests", "Court", "Notes")


def test_a_share_is_worked_out_from_what_brought_data_or_did_not():
    provided = one("Country,Requests,Requests complied with\nPakistan,8,2", said="2013H1")[1]
    microsoft = one("Country,Total Requests,no_data_found,Rejected\nPakistan,10,2,3", said="2013H1")[1]
    assert (provided.share, microsoft.share) == (Portion(25, 25), Portion(50, 50))
    unknown = one("Country,Total Requests,no_data_found,Rejected\nPakistan,10,<10,3", said="2013H1")[1]
    assert unknown.share is None


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_rows_of_one_country_are_summed_and_preservation_stands_apart():
    rows = "2014H2,Pakistan,Emergency,2,3,50%\n2014H2,Pakistan,Other Legal,10,11,20%\n2014H2,Pakistan,Preservation,4,7,"
    figures = one(f"{HEAD}\n{rows}")[1]
    assert (figures.requests, figures.accounts) == (Bounds(12, 12), Bounds(14, 14))
    assert (figures.emergency, figures.preservation) == (Bounds(2, 2), Bounds(4, 4))
    assert figures.share == Portion(25, 25)
    assert not figures.repeated


def test_bounds_are_summed_and_what_is_not_said_leaves_the_sum_open():
    rows = '2014H2,Pakistan,Emergency,<10,5.5,<10%\n2014H2,Pakistan,Other Legal,"11,000 - 12,000",Not Available,83'
    figures = one(f"{HEAD}\n{rows}")[1]
    assert (figures.requests, figures.accounts) == (Bounds(11000, 12009), Bounds(0, None))
    assert figures.share == Portion(0, 83)


def test_six_rows_of_the_united_states_are_one_number():
    kinds = ["Search Warrant", "Subpoena", "Other Court Orders", "Wiretap Orders", "Pen Register Orders", "Emergency"]
    rows = "\n".join(f"2016H1,United States,{kind},{n},{n},80%" for n, kind in enumerate(kinds, 1))
    figures = one(f"{HEAD}\n{rows}", country="US")[1]
    assert (figures.requests, figures.emergency, figures.share) == (Bounds(21, 21), Bounds(6, 6), Portion(80, 80))


def test_a_row_for_all_stands_for_its_parts():
    rows = "2014H2,Pakistan,All,12,14,\n2014H2,Pakistan,Emergency,2,3,\n2014H2,Pakistan,Content Removal,90,90,"
    found = of(f"{HEAD}\n{rows}")
    assert next(iter(found.found.values())).requests == Bounds(12, 12)
    assert (found.other, found.rows) == (1, 3)


def test_rows_of_one_kind_are_parts_or_editions():
    figures = one(f"{HEAD}\n2012H1,Hong Kong,All,191,191,\n2012H1,Hong Kong,All,192,192,", country="HK")[1]
    assert (figures.requests, figures.repeated) == (Bounds(191, 383), True)


def test_a_kind_that_nobody_knows_may_be_one_of_these_or_not():
    found = of(f"{HEAD}\n2012H1,Pakistan,Emergency,2,2,\n2012H1,Pakistan,Telepathy,5,5,")
    assert next(iter(found.found.values())).requests == Bounds(2, 7)
    assert [(cell.line, cell.what, cell.value) for cell in found.unread] == [(3, "kind", "Telepathy")]


def test_what_cannot_be_read_is_told_by_its_line_and_makes_no_number():
    rows = "2012H1,Pakistan,All,many,4,lots\nnever,Pakistan,All,1,1,\n2012H1,Atlantis,All,9,9,\n2012H1,India,All,no,9,"
    found = of(f"{HEAD}\n{rows}")
    assert sorted((cell.line, cell.what, cell.value) for cell in found.unread) == [
        (2, "requests", "many"), (2, "share", "lots"), (3, "period", "never"), (4, "country", "Atlantis"),
    ]  # fmt: skip
    figures = next(iter(found.found.values()))
    assert (figures.requests, figures.accounts, figures.share) == (Bounds(0, None), Bounds(4, 4), None)


def test_a_header_in_the_middle_of_a_file_and_notes_at_its_end_are_no_rows():
    found = of(f"A report\n\n{HEAD}\n2012H1,Pakistan,All,1,1,\n{HEAD}\n2012H2,Pakistan,All,2,2,\n,\nSource: us")
    assert (found.rows, found.unread) == (2, [])


def test_without_a_country_nothing_is_read():
    found = of("Period,Requests\n2013H1,35")
    assert (found.has_country, found.found) == (False, {})
    other = of(f"{HEAD}\n2012H1,India,All,1,1,\n2012H1,Total,All,1,1,")
    assert (other.has_country, other.rows, other.countries) == (True, 0, {"IN"})


# ---- bytes -----------------------------------------------------------------------------------------------------------

PLAIN = "Country,Total Requests,Accounts\r\nCôte d'Ivoire,35,47"


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + PLAIN.encode(), PLAIN.encode(), PLAIN.replace("\r\n", "\n").encode(),
        PLAIN.replace("\r\n", "\r").encode(), PLAIN.encode("utf-16"), PLAIN.encode("cp1252"), PLAIN.encode("mac_roman"),
        PLAIN.encode("cp850"), PLAIN.encode("utf-8").decode("cp1252").encode(), PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", ";").encode(), PLAIN.encode() + "\r\nMéxico,1,2".encode("mac_roman"),
    ],
    ids=["mark", "crlf", "lf", "cr", "utf-16", "windows", "mac", "dos", "mojibake", "tabs", "semicolons", "mixed"],
)  # fmt: skip
def test_the_figures_are_the_same_in_all_bytes(content):
    period, figures = one(content, country="CI", said="2013H1")
    assert (period, figures.requests, figures.accounts) == ("2013 H1", Bounds(35, 35), Bounds(47, 47))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "is_empty"), (b"\xef\xbb\xbf", "is_empty"), (b"one,two\n1,2\n", "no_published_header"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "is_picture"), (b"%PDF-1.7", "is_pdf"), (b"<html><table>", "web_page"),
        (b"PK\x03\x04 broken", "no_workbook"), (b'Country,Requests\n"Pakistan,3', "quotation_mark"),
        (b"Country,Requests\n" + b"India,1\n" * 3_000, "too_many_lines"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_one_sentence_about_this_file(content, code, monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 2_000)
    with pytest.raises(RegisterUnreadable) as refused:
        of(content, name="picture.csv")
    assert (refused.value.file, [one["code"] for one in refused.value.wrong]) == ("picture.csv", [code])


# ---- workbooks -------------------------------------------------------------------------------------------------------


def test_a_workbook_of_ten_sheets_is_read_where_there_are_figures():
    head = ["Country", "Legal Process", "User Data Requests", "Percentage of requests where some data produced"]
    halves = [
        (f"20{year}H{half}", [head, ["Pakistan", "All", year, 0.5]]) for year in (13, 14, 15, 16) for half in (1, 2)
    ]
    found = of(book(("Notes", [["About these figures"]]), *halves, ("Removal", [["x", "y"]])), name="all.xlsx")
    assert {period.name: one.requests.exact for period, one in found.found.items()} == {
        f"20{year} H{half}": year for year in (16, 15, 14, 13) for half in (2, 1)
    }
    assert found.sheets == ("Notes", "Removal")
    assert {one.share for one in found.found.values()} == {Portion(50, 50)}


def test_dates_of_a_spreadsheet_are_dates_and_formulas_without_a_value_are_not_read():
    rows = [["Period Ending", "Country", "Requests", "Accounts"], [date(2013, 6, 30), "Pakistan", "=1+1", 47]]
    found = of(book(("Data", rows)), name="data.xlsx")
    assert [(period.name, figures.accounts.exact) for period, figures in found.found.items()] == [("2013 H1", 47)]
    assert [(cell.sheet, cell.line, cell.what) for cell in found.unread] == [("Data", 2, "requests")]


def test_the_same_period_on_two_sheets_is_parts_or_editions():
    rows = [["Country", "Period", "Requests"], ["Pakistan", "2013H1", 3]]
    figures = one(book(("a", rows), ("b", rows)), name="x.xlsx")[1]
    assert (figures.requests, figures.repeated) == (Bounds(3, 6), True)


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read():
    rows = "\n".join(f"2013H1,{'Pakistan' if n == 500 else 'India'},All,{n},{n},50%" for n in range(100_000))
    assert one(f"{HEAD}\n{rows}")[1].requests == Bounds(500, 500)


def test_a_share_that_nobody_said_may_be_any():
    rows = "2014H2,Pakistan,Emergency,5,3,50%\n2014H2,Pakistan,Other Legal,5,11,"
    assert one(f"{HEAD}\n{rows}")[1].share == Portion(25, 75)
    assert Portion(0.0, 100.0) == ANY


def test_periods_are_in_order_of_time():
    assert PublishedPeriod(date(2013, 1, 1), date(2013, 6, 30)) < PublishedPeriod(date(2013, 7, 1), date(2013, 12, 31))
