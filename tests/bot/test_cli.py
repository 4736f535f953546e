"""The command line as people use it: the program itself, on databases of its own, and what it says and returns."""

import io
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli import sample
from bot.cli.main import main
from bot.settings import Settings, names
from storage.database import engine
from storage.database.engine import migrate
from storage.record import case_lists
from storage.times import SystemClock

PEOPLE = [name for name, _, _ in sample.PEOPLE]


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


class House:
    """A folder to start the program in, with the settings of this test and no others."""

    def __init__(self, folder: Path, monkeypatch, capfd, source: Path) -> None:
        self.folder, self.source = folder, source
        self._monkeypatch, self._capfd = monkeypatch, capfd
        self._settings: dict[str, str] = {}
        for name in names():
            monkeypatch.delenv(name, raising=False)
        monkeypatch.chdir(folder)

    def use(self, file: str) -> Path:
        """Name a database."""
        self._settings["DATABASE_URL"] = f"sqlite:///{file}"
        self._monkeypatch.setenv("DATABASE_URL", self._settings["DATABASE_URL"])
        return self.folder / file

    @property
    def database(self) -> Path:
        """The file that is named."""
        return self.folder / self._settings["DATABASE_URL"].removeprefix("sqlite:///")

    def run(self, *arguments: str, script: str | bytes = "") -> Done:
        """One command in this process, with a script on its standard input."""
        typed = script if isinstance(script, bytes) else script.encode()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="latin-1"))
        self._capfd.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(str(end.code))
        return Done(code, *self._capfd.readouterr())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The program itself, in a process of its own that sees nothing else of this machine."""
        return subprocess.Popen(  # noqa: S603 - the program itself
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env={"PYTHONPATH": str(self.source), "LANG": "C.UTF-8", **self._settings},
        )

    def start_and_wait(self, *arguments: str, script: str = "") -> Done:
        """The same, until its end."""
        with self.start(*arguments) as started:
            out, err = started.communicate(script, timeout=60)
        return Done(started.returncode, out, err)


@pytest.fixture
def house(tmp_path, monkeypatch, capfd, request) -> House:
    """Nothing is configured and nothing is there."""
    return House(tmp_path, monkeypatch, capfd, request.config.rootpath)


@pytest.fixture(scope="module")
def sample_database(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("sample") / "demo.db"
    url = f"sqlite:///{file}"
    migrate(url)
    sample.fill(Settings(database_url=url))
    return file


@pytest.fixture
def demo(house, sample_database) -> House:
    """A demonstration database."""
    shutil.copy(sample_database, house.use("demo.db"))
    return house


@pytest.fixture
def real(house, sqlite_template) -> House:
    """A database that is no demonstration, without anybody enrolled."""
    shutil.copy(sqlite_template, house.use("real.db"))
    return house


def sql(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


# ---- run, demo -------------------------------------------------------------------------------------------------------


def test_with_nothing_configured_it_says_so_in_one_line_and_reads_a_script_on_sample_data(house):
    done = house.start_and_wait("-m", "bot", "run", script="case list\n")
    first, *rest = done.out.splitlines()
    assert first == (
        "No chat platform is configured: the desk opens in this terminal, on data/rogatory.db with sample data."
    )
    assert "CCW-" in "".join(rest)
    assert (done.code, done.err) == (0, "")
    assert (house.folder / "data" / "rogatory.db").is_file()


def test_the_second_start_finds_what_the_first_one_left(house):
    house.run("run", script='case open "A case of my own" category:hacking label:green\n')
    assert "A case of my own" in house.run("run", script="case list\n").out


def test_a_database_that_was_named_gets_no_sample_data(real):
    done = real.run("run")
    assert done.code == 2
    assert "sample data" not in done.out
    assert "Nobody is enrolled" in done.err
    assert "Nobody is enrolled" in real.run("console").err


def test_demo_makes_its_database_and_is_somebody_there(house):
    done = house.run("demo", script="desk me\n")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(sample.SPEAKER)


@pytest.mark.parametrize(
    "command",
    [["run"], ["enrol", "First Admin", "--agency", "PK-FIA-CCW", "--role", "admin", "--account", "telegram:4711"]],
    ids=["run", "enrol"],
)
def test_no_platform_speaks_and_no_account_comes_into_a_demonstration(demo, monkeypatch, command):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711:AA")
    done = demo.run(*command)
    assert (done.code, done.out) == (
        2,
        "" if command[0] == "enrol" else "slack is not configured: set SLACK_BOT_TOKEN\n",
    )
    assert "demonstration, with invented people" in done.err
    assert "write DATABASE_URL=sqlite:///data/desk.db" in done.err


def test_demo_leaves_a_real_record_alone(real):
    real.run("enrol", "First Admin", "--agency", "PK-FIA-CCW", "--role", "admin")
    done = real.run("demo", script="desk me\n")
    assert (done.code, done.out) == (1, "")
    assert "demonstration database" in done.err


@pytest.mark.parametrize("command", [["demo"], ["console", "--as", sample.SPEAKER]], ids=" ".join)
def test_a_moved_clock_moves_what_is_due_and_is_never_silent(demo, command):
    done = demo.run(*command, "--at", "2099-01-01T09:00Z", script="preservation status 1/P1\n")
    assert "LAPSED" in done.out
    assert done.err == "The clock of this demonstration stands at 2099-01-01T09:00:00+00:00.\n"
    assert done.code == 0


def test_the_clock_of_a_real_record_cannot_be_moved(real):
    real.run("enrol", "First Admin", "--agency", "PK-FIA-CCW", "--role", "admin")
    done = real.run("console", "--at", "2099-01-01T09:00Z", script="desk me\n")
    assert (done.code, done.out) == (1, "")
    assert done.err == "time can be moved on a demonstration database only: python -m bot demo\n"


@pytest.mark.parametrize(("typed", "hint"), [("tomorrow", "2026-03-02T09:00+05:00"), ("2026-03-02T09:00", "+00:00")])
def test_a_time_that_is_none_is_refused_before_anything_starts(house, typed, hint):
    done = house.run("demo", "--at", typed)
    assert done.code == 2
    assert hint in done.err
    assert not list(house.folder.iterdir())


# ---- console and scripts ---------------------------------------------------------------------------------------------


def test_a_script_prints_answers_that_can_be_searched(demo):
    script = "# a remark\n\ncase status 1\ncase list\nexit\ndesk person\n"
    done = demo.run("console", "--as", "night officer", script=script)
    assert (done.code, done.err) == (0, "")
    assert "Fake pages of the president" in done.out
    assert "Day Officer\n" not in done.out.splitlines()[-1]
    assert "\x1b" not in done.out
    assert not [line for line in done.out.splitlines() if line != line.rstrip()]


def test_nothing_after_exit_is_done(demo):
    done = demo.run("console", "--as", sample.SPEAKER, script='exit\ncase open "Never" category:hacking label:green\n')
    assert (done.code, done.out) == (0, "")
    assert "Never" not in demo.run("console", "--as", sample.SPEAKER, script="case list\n").out


def test_echo_shows_each_command_before_its_reply(demo):
    lines = demo.run("console", "--as", sample.SPEAKER, "--echo", script="case list\n").out.splitlines()
    assert lines[0] == "> case list"
    assert len(lines) > 1


def test_a_refused_command_is_no_failure_of_the_program(demo):
    done = demo.run("console", "--as", sample.SPEAKER, script="case status 999\n")
    assert done.code == 0
    assert "999" in done.out


def test_a_bug_is_an_incident_for_the_person_and_exit_1_for_the_script(demo, monkeypatch):
    def broken(*_args, **_more):
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(case_lists, "cases", broken)
    done = demo.run("console", "--as", sample.SPEAKER, script="case list\ndesk help\n")
    assert done.code == 1
    assert re.search(r"\b[0-9a-f]{8}\b", done.out)
    assert "deep inside" not in done.out
    assert "Traceback" not in done.out
    assert "case open" in done.out, "the next command is answered all the same"


def test_an_unknown_person_gets_one_line_with_the_names_it_could_be(demo):
    done = demo.run("console", "--as", "Stranger", script="case list\n")
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert all(name in line for name in PEOPLE)


def test_a_script_that_is_no_text_stops_before_it_is_misread(demo):
    done = demo.run("console", "--as", sample.SPEAKER, script=b'case note 1 "M\xfcller called"\n')
    assert (done.code, done.out) == (1, "")
    assert done.err == "The script is not UTF-8 text: what was answered is done, the rest is not.\n"


# ---- enrol, migrate, verify ------------------------------------------------------------------------------------------


def test_the_first_administrator_comes_in_by_enrol(house):
    house.use("new/desk.db")
    done = house.run("enrol", "First Admin", "--agency", "pk-fia-ccw", "--role", "admin", "--account", "telegram:4711")
    assert (done.code, done.out) == (0, "First Admin may use the desk for PK-FIA-CCW as admin.\n")
    me = house.run("console", script="desk me\n")
    assert me.code == 0
    assert me.out.startswith("First Admin")
    assert "telegram:4711" in me.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--agency", "NOWHERE", "--role", "admin"], 1, "NOWHERE"),
        (["--agency", "PK-FIA-CCW", "--role", "king"], 2, "king"),
        (["--agency", "PK-FIA-CCW", "--role", "admin", "--account", "fax:1"], 1, "slack:TEAM/USER or telegram:ID"),
    ],
)
def test_who_cannot_be_enrolled_is_told_why(real, arguments, code, said):
    done = real.run("enrol", "First Admin", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert "Nobody is enrolled" in real.run("console").err


def test_of_two_people_of_one_name_it_takes_the_agency_to_be_one(real):
    for agency in ("PK-FIA-CCW", "PK-FIA"):
        real.run("enrol", "First Admin", "--agency", agency, "--role", "admin")
    done = real.run("console", "--as", "First Admin", script="desk me\n")
    assert (done.code, done.out) == (2, "")
    assert "First Admin @ PK-FIA-CCW" in done.err
    assert "First Admin @ PK-FIA " in done.err
    assert "First Admin @ PK-FIA-CCW" in real.run("console", script="desk me\n").err
    done = real.run("console", "--as", "first admin @ pk-fia", script="desk me\n")
    assert done.code == 0
    assert "PK-FIA-CCW" not in done.out


def test_migrate_can_be_repeated(house):
    house.use("new/desk.db")
    for _ in range(2):
        done = house.run("migrate")
        assert (done.code, done.out) == (0, "The database is at this program's schema.\n")


def seal(house: House) -> str:
    done = house.run("verify")
    assert done.code == 0, done.err
    assert done.out.startswith("The chain is whole: ")
    return done.out.split("Seal: ")[1].strip()


def test_a_calendar_file_is_taken_by_an_administrator(real):
    assert real.run("enrol", "First Admin", "--agency", "PK-FIA-CCW", "--role", "admin").code == 0
    entry = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20300306\r\nSUMMARY:Day of mourning\r\nEND:VEVENT\r\n"
    feed = real.folder / "days.ics"
    feed.write_bytes(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{entry}END:VCALENDAR\r\n".encode())
    done = real.run("calendar", "PK", "days.ics")
    assert (done.code, done.out.startswith("PK: 1 day off from days.ics")) == (0, True)
    assert "Wed 6 Mar 2030: Day of mourning" in done.out
    feed.write_bytes(b"<html>log in</html>")
    refused = real.run("calendar", "PK", "days.ics")
    assert (refused.code, "is no calendar" in refused.err) == (1, True)


def test_a_published_file_stands_beside_our_register(demo):
    table = demo.folder / "2026-H1.csv"
    table.write_bytes(b"Country,Requests\r\nPakistan,35")
    done = demo.run("reconcile", "2026-H1.csv", "counterpart:PROV-META", "--as", "Night Officer")
    assert done.code == 0, done.err
    assert "does not cover 2026 H1" in done.out
    table.write_bytes(b"<html>log in</html>")
    refused = demo.run("reconcile", "2026-H1.csv", "counterpart:PROV-META", "--as", "Night Officer")
    assert (refused.code, "is a web page" in refused.err) == (1, True)


def test_open_clocks_are_computed_with_the_zones_as_they_are_now(demo):
    sql(demo.database, "UPDATE clock SET zone_data = '2020a' WHERE ended_at IS NULL")
    assert "Every open clock is computed with the zone rules" in demo.run("recompute").out
    with sqlite3.connect(demo.database) as connection:
        query = "SELECT count(*) FROM clock WHERE ended_at IS NULL AND zone_data = '2020a'"
        assert connection.execute(query).fetchone() == (0,)
    connection.close()


def test_verify_names_the_line_that_somebody_changed(demo):
    seal(demo)
    sql(demo.database, *triggers(demo.database), "UPDATE audit SET facts = '{}' WHERE n = 7")
    done = demo.run("verify")
    assert (done.code, done.err) == (1, "")
    assert done.out == "Line 7 is the first bad one: line changed.\n"


def test_verify_with_a_seal_finds_that_the_end_was_cut_off(demo):
    noted = seal(demo)
    last = int(noted.split(":")[0])
    sql(demo.database, *triggers(demo.database), "PRAGMA foreign_keys=OFF", f"DELETE FROM audit WHERE n = {last}")  # noqa: S608
    assert demo.run("verify").code == 0
    done = demo.run("verify", "--seal", noted)
    assert done.code == 1
    assert done.out == f"Line {last} is the first bad one: shorter than seal.\n"


def test_a_seal_that_is_none_is_refused(demo):
    done = demo.run("verify", "--seal", "yesterday")
    assert done.code == 2
    assert "write NUMBER:HASH" in done.err


def triggers(file: Path) -> list[str]:
    """How somebody with the file in their hands takes the guards off."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.close()
    assert rows
    return [f'DROP TRIGGER "{name}"' for (name,) in rows]


# ---- commands, help --------------------------------------------------------------------------------------------------


def test_commands_says_who_may_and_where_it_is_handled(house):
    done = house.run("commands", "preservation", "renewed")
    words, summary, usage, who = map(str.strip, done.out.splitlines())
    assert words == "preservation renewed"
    assert summary
    assert usage.startswith("preservation renewed REF")
    file, line = re.fullmatch(r"who: manager, officer; handled in (.+):(\d+)", who).groups()
    at = (house.source / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert "preservation renewed" in at
    assert not list(house.folder.iterdir()), "it needs no database"


def test_commands_lists_every_family(house):
    listed = house.run("commands").out
    assert all(f"\n{words}\n" in f"\n{listed}" for words in ("case open", "request file", "overdue", "desk help"))


def test_whoever_reads_only_the_beginning_gets_no_trace(house):
    with house.start("-m", "bot", "commands") as started:
        started.stdout.close()
        assert started.stderr.read() == ""
    assert started.returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["import", "--help"]], ids=" ".join)
def test_help_and_version_answer_without_loading_the_house(house, arguments):
    probe = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr))\n"
        "from bot.cli.main import main\n"
        f"main({arguments!r})\n"
    )
    done = house.start_and_wait("-c", probe)
    assert "rogatory" in done.out
    assert done.code == 0
    assert not {"sqlalchemy", "jinja2", "pydantic", "rich", "handlers"} & set(done.err.split())


# ---- databases that cannot be used -----------------------------------------------------------------------------------


def test_an_empty_database_is_told_from_a_broken_one(house):
    house.use("empty.db")
    done = house.run("verify")
    assert (done.code, done.out) == (1, "")
    assert done.err == "the database is empty: run `python -m bot migrate`\n"


def test_a_newer_database_is_left_alone(real):
    sql(real.database, "UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
    for command in ("migrate", "verify", "console"):
        done = real.run(command)
        assert (done.code, done.out) == (1, "")
        assert "9999_from_tomorrow" in done.err
        assert "newer" in done.err


def test_somebody_elses_database_is_left_alone(house):
    house.use("other.db")
    sql(house.database, "CREATE TABLE invoices (id INTEGER)")
    done = house.run("migrate")
    assert done.code == 1
    assert "invoices" in done.err


def test_a_folder_that_is_not_there_is_one_sentence(house):
    house.use("no/such/folder.db")
    done = house.run("verify")
    assert done.code == 1
    assert done.err.startswith("The database cannot be used now: unable to open database file.")


def test_a_locked_database_is_one_sentence(demo, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(demo.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        done = demo.run("console", "--as", sample.SPEAKER, script="case list\n")
    finally:
        other.close()
    assert (done.code, done.out) == (1, "")
    assert done.err == "The database cannot be used now: database is locked. Nothing was changed; try again.\n"


# ---- export ---------------------------------------------------------------------------------------------------------


def test_an_export_is_a_file_here_for_its_owner_alone(demo):
    done = demo.run("export", "--as", "Desk Manager", "format:csv", "status:all")
    assert done.code == 0
    (file,) = demo.folder.glob("rogatory-*.csv")
    assert f"Saved as {file.name}" in done.out
    assert file.stat().st_mode & 0o777 == 0o600
    assert "CCW-2026-0001/1" in file.read_text(encoding="utf-8-sig")
    assert demo.run("verify").code == 0


@pytest.mark.parametrize(
    ("value", "said"), [("status:lost", "not among the words"), ("from:2099-01-01", "no request")], ids=["word", "none"]
)
def test_an_export_that_is_refused_is_exit_1_and_no_file(demo, value, said):
    done = demo.run("export", "--as", "Desk Manager", value)
    assert done.code == 1
    assert said in done.out
    assert not list(demo.folder.glob("rogatory-*"))


# ---- tick ------------------------------------------------------------------------------------------------------------


def in_a_month() -> str:
    return (SystemClock().now() + timedelta(days=30)).isoformat()


def test_a_rehearsed_tick_prints_who_would_hear_what_and_why(demo):
    done = demo.run("tick", "--at", in_a_month(), "--dry-run")
    assert done.code == 0
    assert "to Desk Manager (console)" in done.out
    assert "why: answer clock" in done.out
    assert "CCW-" in done.out


def test_on_a_real_database_a_tick_at_another_time_is_rehearsed_and_never_done(real):
    refused = real.run("tick", "--at", in_a_month())
    assert (refused.code, refused.out) == (1, "")
    assert "demonstration" in refused.err
    assert real.run("tick", "--at", in_a_month(), "--dry-run").out.startswith("Nothing would be said until 20")


def test_on_a_demonstration_database_it_is_done(demo):
    then = in_a_month()
    done = demo.run("tick", "--at", then)
    assert (done.code, done.out) == (0, f"Ticked at {then}.\n")
    with sqlite3.connect(demo.database) as connection:
        assert connection.execute("SELECT count(*) FROM ring").fetchone() > (0,)
    connection.close()
