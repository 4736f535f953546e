"""`python -m bot import`: what it prints, what it leaves in the folder, what is on record afterwards."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.app import open_desk
from bot.cli import registers
from bot.cli.main import main
from bot.cli.pieces import FIRST
from bot.disk import NotWritten
from bot.settings import Settings
from handlers.kit.errors import NotAllowed
from handlers.registers.errors import RegisterUnreadable
from storage.database.lease import open_lease
from storage.errors import StoreUnavailable
from storage.history import chain
from storage.models import AuditLine, Case
from storage.search import upkeep
from tests import factories
from tests.messy_register import invent
from tests.spreadsheet import saved

ROOT = Path(registers.__file__).resolve().parents[2]
NAME = "Desk Manager"
MESSY = invent(3, size=150)
GOOD, DOUBTFUL = MESSY.truth["requests"], len(MESSY.truth["doubtful"])
SKIPPED = {"skipped": {"total": 1}, "skipped_lines": [{"line": 152, "kind": "total", "words": "Total: 150"}]}
REPAIRED = {
    "Date Sent": "05-Mar-2018",
    "Date of Reply": "",
    "Outcome": "Pending",
    "Provider": "Facebook",
    "Nature of Complaint": "Harassment",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder one stands in, with a register in another."""
    (tmp_path / "kept").mkdir()
    MESSY.write_csv(tmp_path / "kept" / "old.csv")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("COLUMNS", "80")
    return here


@pytest.fixture
def register(folder):
    return folder.parent / "kept" / "old.csv"


def opened(url):
    return open_desk(Settings(database_url=url, _env_file=None))


@pytest.fixture
def desk(sqlite_url):
    with opened(sqlite_url) as desk:
        desk.store.write(lambda work: factories.person(work, role="manager", name=NAME).id).result()
        yield desk


def held(desk):
    """How many cases and audit lines there are."""
    return desk.store.read(
        lambda work: tuple(work.session.scalar(select(func.count()).select_from(row)) for row in (Case, AuditLine))
    ).result()


def corrected(file):
    """The rows of a corrections file, repaired as an officer would."""
    with file.open(encoding="utf-8-sig", newline="") as opened_file:
        rows = list(csv.DictReader(opened_file))
    for row in rows:
        row.update(REPAIRED)
        if "twice" in row["What is wrong"]:
            row["Diary No"] += "-A"
    with file.open("w", encoding="utf-8-sig", newline="") as opened_file:
        writer = csv.DictWriter(opened_file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return rows


# ---- the whole, as a person runs it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", pytest.param("xlsx", marks=pytest.mark.slow)])
def test_a_register_is_imported_from_the_command_line(sqlite_url, register, form, monkeypatch, capfd):
    """In processes of its own where it is slow."""
    if form == "xlsx":
        register = MESSY.write_xlsx(register.with_suffix(".xlsx"))
    monkeypatch.setenv("DATABASE_URL", sqlite_url)

    def bot(*words):
        command = [sys.executable, "-m", "bot", *words]
        if form == "xlsx":
            environment = os.environ | {"PYTHONPATH": str(ROOT)}  # noqa: TID251 - a child's
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
        capfd.readouterr()
        return subprocess.CompletedProcess(command, main(words), *capfd.readouterr())

    assert bot("enrol", NAME, "--agency", "PK-FIA-CCW", "--role", "officer").returncode == 0
    done = bot("import", str(register), "--as", NAME, "--report", "result.json")

    assert done.returncode == 0
    assert all(re.match(r"(reading|checking|importing): ", line) for line in done.stderr.splitlines()), done.stderr
    told = json.loads(Path("result.json").read_text(encoding="utf-8"))
    assert {key: told[key] for key in MESSY.truth} == MESSY.truth
    assert f"Imported {GOOD} rows; 0 already on record; {DOUBTFUL} doubtful rows left out." in done.stdout
    assert "python -m bot import old.corrections.csv --as 'Desk Manager'" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    with opened(sqlite_url) as desk:
        assert held(desk)[0] == GOOD
        assert desk.store.read(lambda work: chain.verify(work.session)).result().bad_n is None
    assert bot("verify").returncode == 0


def test_what_was_understood_is_printed_before_what_was_done(desk, register, capsys):
    registers.run(desk, register, NAME)

    said = capsys.readouterr().out
    assert "  sent on       C “Date Sent”: sure\n" in said
    assert "  sent on       the day comes first, as " in said
    assert "  line 152      total: Total: 150" in said
    for doubt in MESSY.truth["doubtful"]:
        assert f"  row {doubt['row']:<10}{doubt['diary_no']}: {doubt['flaw']}\n" in said
    assert said.index("Date Sent") < said.index("Doubtful rows") < said.index("Imported")


def test_what_a_stranger_wrote_is_printed_as_it_stands(desk, register, capsys):
    words = register.read_text(encoding="utf-8-sig").replace("Sr No,", "[red]Sr No :smile:,", 1)
    register.write_text(f"{words}\x1b[31m2019\n", encoding="utf-8")

    registers.run(desk, register, NAME, dry_run=True, yes=True)

    said = capsys.readouterr().out
    assert "[red]Sr No :smile:" in said
    assert "note: [31m2019" in said


# ---- again, and again ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runs", [False, True])
def test_the_search_finds_what_came_and_where_a_desk_runs_that_is_left_to_it(desk, sqlite_url, register, runs):
    with closing(open_lease(sqlite_url)) as lease:
        assert not runs or lease.acquire()
        registers.run(desk, register, NAME)
    assert (desk.store.read(upkeep.waiting).result() > 0) is runs


def test_a_second_import_adds_nothing_and_says_so(desk, register, folder, capsys):
    registers.run(desk, register, NAME)
    before = held(desk)

    assert registers.run(desk, register, NAME, report=Path("again.json")) == 0

    assert held(desk) == before
    assert f"Imported 0 rows; {GOOD} already on record; {DOUBTFUL} doubtful rows left out." in capsys.readouterr().out
    assert sorted(file.name for file in folder.iterdir()) == ["again.json", "old.corrections.csv"]


def test_the_corrected_rows_and_only_these_come_in_afterwards(desk, register, folder, capsys):
    registers.run(desk, register, NAME)
    before = set(_numbers(desk))
    rows = corrected(folder / "old.corrections.csv")

    assert registers.run(desk, Path("old.corrections.csv"), NAME) == 0

    assert set(_numbers(desk)) - before == {row["Diary No"] for row in rows}
    assert len(_numbers(desk)) == 150
    assert "Imported 12 rows; 0 already on record; 0 doubtful rows left out." in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_corrections_saved_by_a_spreadsheet_double_nothing(desk, capsys):
    """Day and month are settled in the corrections, and then for the whole register: nothing comes in again."""
    rows = [*("0012,05/03/2018,03001234567", "0013,06/03/2018,00923001234567", "5/2016,07/03/2018,100064123456789012")]
    header = "Diary No,Date Sent,Accounts / URLs,Provider,Nature of Complaint"
    Path("zeros.csv").write_text("\n".join([header, *(f"{row},Facebook,Fake account" for row in rows)]))
    registers.run(desk, Path("zeros.csv"), NAME)
    file = saved(Path("zeros.corrections.csv"))
    mended = re.sub(r";(\d\d-Mar-2018) or [^;]*;", r";\1;", file.read_text(encoding="cp1252"))
    file.write_text(mended, encoding="cp1252")

    registers.run(desk, file, NAME)
    Path("first.json").write_text('{"day_first": true}')
    registers.run(desk, Path("zeros.csv"), NAME, mapping=Path("first.json"))

    assert sorted(_numbers(desk)) == ["0012", "0013", "5/2016"]
    assert "Imported 0 rows; 3 already on record; 0 doubtful rows" in capsys.readouterr().out


def _numbers(desk):
    return desk.store.read(lambda work: work.session.scalars(select(Case.own_reference)).all()).result()


def test_a_changed_row_under_its_old_number_is_reported_and_kept_out(desk, register, folder, capsys):
    registers.run(desk, register, NAME)
    before, good = held(desk), _first_good()
    words = register.read_text(encoding="utf-8-sig")
    row = next(line for line in words.splitlines() if f",{good}," in line)
    other = row.replace(",Quetta,", ",Karachi,") if ",Quetta," in row else row.replace(",Lahore,", ",Karachi,")
    register.write_text(words.replace(row, other), encoding="utf-8")

    registers.run(desk, register, NAME, report=Path("again.json"))

    assert held(desk) == before
    told = json.loads((folder / "again.json").read_text())
    assert {"row": 1, "diary_no": good, "flaw": "diary number used twice"} in told["doubtful"]
    assert f"{GOOD - 1} already on record; {DOUBTFUL + 1} doubtful rows" in capsys.readouterr().out
    with (folder / "old.corrections-2.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == DOUBTFUL + 2


def _first_good():
    doubtful = {doubt["row"] for doubt in MESSY.truth["doubtful"]}
    assert 1 not in doubtful
    return MESSY.rows[0]["Diary No"]


def test_corrections_somebody_is_working_on_are_not_overwritten(desk, register, folder):
    mine = folder / "old.corrections.csv"
    mine.write_text("half repaired", encoding="utf-8")

    registers.run(desk, register, NAME)

    assert mine.read_text(encoding="utf-8") == "half repaired"
    assert "diary number used twice" in (folder / "old.corrections-2.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "names",
    [("old.csv", NAME, ""), ("o'd $(x) 2.csv", 'D\'Souza "Mo"', "my map.json"), ("-y.csv", "-As", "-m.json")],
)
def test_the_command_that_is_printed_can_be_run_as_it_stands(names, desk, register, capsys, monkeypatch):
    name, person, mapping = names
    monkeypatch.setenv("DATABASE_URL", desk.store.url)
    if person != NAME:
        desk.store.write(lambda work: factories.person(work, role="manager", name=person).id).result()
    if mapping:
        Path(mapping).write_text('{"day_first": true}', encoding="utf-8")
    registers.run(desk, register.rename(register.with_name(name)), person, mapping=Path(mapping) if mapping else None)
    words = shlex.split(capsys.readouterr().out.splitlines()[-1])

    assert (words[:4], "--mapping" in words) == (["python", "-m", "bot", "import"], bool(mapping))
    assert main(words[3:]) == 0
    assert f"Imported 0 rows; 0 already on record; {DOUBTFUL} doubtful rows" in capsys.readouterr().out


def test_what_was_said_yes_to_is_said_again_with_the_corrections(desk, register, capsys):
    headers, rest = register.read_text(encoding="utf-8-sig").split("\n", 1)
    register.write_text(headers.replace("Date of Reply", "Date of Reply Due") + "\n" + rest, encoding="utf-8")

    registers.run(desk, register, NAME, yes=True)

    assert capsys.readouterr().out.rstrip().endswith(" --yes")


# ---- nothing is changed ----------------------------------------------------------------------------------------------


def test_a_dry_run_reports_the_same_and_changes_nothing(desk, register, folder, capsys):
    before = held(desk)

    assert registers.run(desk, register, NAME, dry_run=True, report=Path("result.json")) == 0

    assert held(desk) == before
    assert [file.name for file in folder.iterdir()] == ["result.json"]
    assert json.loads((folder / "result.json").read_text(encoding="utf-8")) == MESSY.truth | SKIPPED
    assert f"Nothing was changed. Would import {GOOD} rows;" in capsys.readouterr().out


def test_strict_imports_nothing_while_a_row_is_doubtful(desk, register, folder, capsys):
    before = held(desk)

    assert registers.run(desk, register, NAME, strict=True) == 1

    assert held(desk) == before
    assert "Nothing was imported: with --strict, no row may be doubtful;" in capsys.readouterr().out
    corrected(folder / "old.corrections.csv")
    assert registers.run(desk, Path("old.corrections.csv"), NAME, strict=True) == 0
    assert held(desk)[0] == DOUBTFUL


def test_a_liaison_imports_nothing(desk, register, folder):
    desk.store.write(lambda work: factories.person(work, role="liaison", name="OIA Liaison").id).result()
    before = held(desk)

    with pytest.raises(NotAllowed):
        registers.run(desk, register, "OIA Liaison", report=Path("result.json"))

    assert (held(desk), list(folder.iterdir())) == (before, [])


def test_a_file_that_is_no_register_imports_nothing(desk, register):
    register.write_text("just words\n", encoding="utf-8")

    with pytest.raises(RegisterUnreadable):
        registers.run(desk, register, NAME)

    assert held(desk)[0] == 0


def test_a_report_that_cannot_be_written_stops_the_import(desk, register):
    with pytest.raises(NotWritten, match=r"result\.json cannot be written: No such file or directory"):
        registers.run(desk, register, NAME, report=Path("no such folder") / "result.json")

    assert held(desk)[0] == 0


# ---- interrupted -----------------------------------------------------------------------------------------------------


def test_an_interrupted_import_keeps_what_it_committed_and_goes_on_from_there(desk, register, monkeypatch, capsys):
    whole, calls = registers.intake.take, Counter()

    def unplugged(*values):
        calls["take"] += 1
        if calls["take"] == 2:
            raise StoreUnavailable("the disk is full")
        return whole(*values)

    monkeypatch.setattr(registers.intake, "take", unplugged)
    with pytest.raises(StoreUnavailable):
        registers.run(desk, register, NAME)

    assert held(desk)[0] == FIRST
    assert f"Stopped after {FIRST} of {GOOD} rows; the same command goes on from there." in capsys.readouterr().out
    registers.run(desk, register, NAME)
    assert f"Imported {GOOD - FIRST} rows; {FIRST} already on record;" in capsys.readouterr().out
    refs = desk.store.read(lambda work: work.session.scalars(select(Case.ref)).all()).result()
    assert (len(refs), len(set(refs))) == (GOOD, GOOD)
    signed = desk.store.read(
        lambda work: [json.loads(line.facts)["after"]["imported"] for line in work.session.scalars(_signatures())]
    ).result()
    assert signed == [FIRST, GOOD - FIRST]


def _signatures():
    return select(AuditLine).where(AuditLine.act == "register import").order_by(AuditLine.n)
