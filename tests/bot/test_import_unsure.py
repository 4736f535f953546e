"""`python -m bot import` of a register that is not sure: what is shown, what is asked, what a person may answer."""

import csv
import json

import pytest
from sqlalchemy import func, select

from bot.cli.main import main
from storage.models import Request
from tests import factories

NAME = "Desk Manager"
HEADERS = ["Diary No", "Date Sent (d/m)", "Provider", "Nature of Complaint", "Account Type", "Remarks", "Officer"]
LONG = "a remark that goes on and on, as remarks of the night shift do"


@pytest.fixture
def here(tmp_path, sqlite_url, sqlite_store, monkeypatch):
    """A folder with a register in it, and a desk; an empty terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("COLUMNS", "80")
    sqlite_store.write(lambda work: factories.person(work, role="manager", name=NAME).id).result()
    with (tmp_path / "r.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [[f"CCW/{n}", f"{n:02}-Mar-2018", "FB", "Hacking", "page", f"{n} {LONG}", "Ali"] for n in range(1, 5)]
        csv.writer(file).writerows([HEADERS, *rows])
    return tmp_path


def requests(store):
    return store.read(lambda work: work.session.scalar(select(func.count()).select_from(Request))).result()


def test_nothing_is_imported_before_a_person_has_decided(here, sqlite_store, capsys):
    assert main(["import", "r.csv", "--as", NAME]) == 2

    shown = capsys.readouterr()
    assert "  sent on       B “Date Sent (d/m)”: a guess, 69% sure\n" in shown.out
    assert "                01-Mar-2018 · 02-Mar-2018 · 03-Mar-2018\n" in shown.out
    assert "                1 a remark that go… · 2 a remark that go… · 3 a remark that go…\n" in shown.out
    assert "  not used      E “Account Type”, G “Officer”\n" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "B “Date Sent (d/m)” may be the date sent: 69% of its header is known. With --yes" in shown.err
    assert "E “Account Type” may be no column of the accounts: it says “type”. With --yes it is left out." in shown.err
    assert not requests(sqlite_store)
    assert [file.name for file in here.iterdir() if file.suffix == ".csv"] == ["r.csv"]


@pytest.mark.usefixtures("here")
def test_with_yes_it_is_read_as_it_was_understood(sqlite_store, capsys):
    assert main(["import", "r.csv", "--as", NAME, "--yes"]) == 0
    assert requests(sqlite_store) == 4
    assert "Account Type" in capsys.readouterr().out


def test_a_suggested_mapping_decides_as_it_stands(here, sqlite_store, capsys):
    assert main(["import", "r.csv", "--suggest-mapping"]) == 0
    (here / "m.json").write_text(capsys.readouterr().out, encoding="utf-8")
    assert not requests(sqlite_store)

    assert main(["import", "r.csv", "--as", NAME, "--mapping", "m.json"]) == 0
    assert "  sent on       B “Date Sent (d/m)”: says the mapping file\n" in capsys.readouterr().out
    assert requests(sqlite_store) == 4


def test_a_suggestion_needs_no_database_and_no_person(here, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{here}/absent/desk.sqlite")
    assert main(["import", "r.csv", "--suggest-mapping"]) == 0
    assert json.loads(capsys.readouterr().out)["about"]["columns"]["G"] == "Officer | Ali"


def test_help_names_the_page_about_mapping_files(capsys):
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    assert "docs/registers.md" in capsys.readouterr().out


def written(here, headers, *rows):
    with (here / "w.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headers, *rows])


SURE = ["Diary No", "Date Sent", "Provider", "Nature of Complaint"]
ROW = ["CCW/{}", "13-Mar-2018", "FB", "Hacking"]


def test_columns_that_are_not_read_are_told_but_not_all_of_ten_thousand(here, capsys):
    written(here, [*SURE, *(f"Note {number}" for number in range(9_990))], ROW)
    assert main(["import", "w.csv", "--as", NAME, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "not used      E “Note 0”, F “Note 1”" in shown
    assert "and 9,978 more" in shown
    assert len(shown.splitlines()) < 40


def test_a_register_without_accounts_is_told_so(here, capsys):
    written(here, [*SURE, "Complainant Account"], [*ROW, "one"])
    main(["import", "w.csv", "--as", NAME, "--dry-run"])
    assert "  accounts      no column: no account comes on record\n" in capsys.readouterr().out


def test_lines_that_joined_a_row_are_told_with_the_last_of_them(here, capsys):
    rows = [[*(cell.format(number) for cell in ROW), f"page.{number}", ""] for number in range(1, 10)]
    more = [["", "", "", "", f"more.{number}", ""] for number in range(1, 9)]
    given = [line for pair in zip(rows, more, strict=False) for line in pair]
    footer = ["", "", "", "", "", "All withdrawn on 3 June"]
    written(here, [*SURE, "Accounts", "Remarks"], *given, more[0], rows[-1], footer)
    assert main(["import", "w.csv", "--as", NAME, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "10 lines joined to 9 rows right above, as nothing but accounts or a remark stood" in shown
    assert "  row 1         line 3\n" in shown
    assert "  row 9         line 20\n" in shown
    assert "and 3 rows between, the last is shown\n" in shown
