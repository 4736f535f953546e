"""Files on this machine, and a terminal that cannot show everything: a sentence, never a trace, and a script goes on.

Root may write everywhere, so what fails here fails for root too: a file where a folder should be, /proc, /dev/full.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import disk
from bot.cli import sample
from tests.bot.test_cli import Done, demo, house, sample_database  # noqa: F401 - fixtures
from tests.test_house import HOUSE, modules

BENGALI = "ক্ষ" * 31 + "ক"  # 94 letters, 282 bytes
URDU = "درخواست"


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("letter.pdf", "letter.pdf"),
        (BENGALI, "ক্ষ" * 26 + "ক্"),  # no letter without its marks
        (f"{BENGALI}.pdf", "ক্ষ" * 26 + ".pdf"),
        ("x" * 300 + ".corrections.csv", "x" * 236 + ".csv"),
        ("x" * 300, "x" * 240),
        ("a." + "x" * 300, "a." + "x" * 238),  # that is no ending
        ("." + "x" * 300, "." + "x" * 239),
        ("e\N{COMBINING ACUTE ACCENT}" * 100 + ".txt", "e\N{COMBINING ACUTE ACCENT}" * 78 + ".txt"),
        ("🔴" * 90 + ".png", "🔴" * 59 + ".png"),
    ],
)
def test_a_name_is_shortened_between_letters_and_keeps_its_ending(name, short):
    found = disk.fitting(name)
    assert found == short
    assert len(found.encode()) <= disk.LONGEST_BYTES


def test_a_long_name_is_saved_and_its_second_copy_as_well(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = [disk.save(f"{BENGALI}.pdf", b"%PDF") for _ in range(3)]
    assert [path.suffix for path in saved] == [".pdf"] * 3
    assert sorted(tmp_path.iterdir()) == sorted(map(Path.absolute, saved))


# ---- folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["/proc/no.csv", "file/in a file.csv", "no folder/a.csv", "/dev/full", "x" * 300, "\0"]
)
def test_what_cannot_be_written_is_a_sentence(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(disk.NotWritten) as failed:
        disk.replace(Path(name), b"content")
    assert str(failed.value).endswith(".")
    assert "cannot be written: " in str(failed.value)


def test_a_folder_that_takes_no_file_is_a_sentence(monkeypatch):
    monkeypatch.chdir("/proc")
    with pytest.raises(disk.NotWritten):
        disk.save("letter.pdf", b"%PDF")
    with pytest.raises(disk.NotWritten):
        disk.make_folder(Path("logs"))


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def full(path: Path, _: bytes) -> None:
        with path.open("wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(disk.NotWritten, match="No space left on device"):
        disk.save("letter.pdf", b"%PDF")
    assert list(tmp_path.iterdir()) == []


WRITES = {"write_text", "write_bytes", "mkdir", "makedirs", "rename", "mkstemp", "mkdtemp", "copyfile"}
ELSEWHERE = {
    "bot/cli/registers.py TemporaryDirectory",  # read again at once, and gone
    "bot/logs.py FileHandler",  # a line that cannot be logged is not said on the screen
}


def writes(tree: ast.AST):
    """Calls that write, or open for writing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            modes = [
                one.value
                for one in (*node.args, *(word.value for word in node.keywords))
                if isinstance(one, ast.Constant)
            ]
            if name in WRITES | {"TemporaryDirectory", "NamedTemporaryFile", "FileHandler"} or (
                name == "open" and any(isinstance(mode, str) and set(mode) & set("wax+") for mode in modes)
            ):
                yield name


def test_every_file_of_the_program_is_written_by_the_one_room():
    found = {f"{path} {name}" for path, tree in modules("bot") if path != "bot/disk.py" for name in writes(tree)}
    assert found == ELSEWHERE, "write it with bot/disk.py"
    assert HOUSE.is_dir()


# ---- a terminal that cannot show it ----------------------------------------------------------------------------------


def started(house, *arguments: str, script: str = "", **environment: str) -> Done:  # noqa: F811 - the fixture
    """The program in a process of its own, as a terminal of that encoding has it."""
    done = subprocess.run(  # noqa: S603 - the program itself
        [sys.executable, "-m", "bot", *arguments],
        input=script.encode(),
        capture_output=True,
        cwd=house.folder,
        env={"PYTHONPATH": str(house.source), "DATABASE_URL": f"sqlite:///{house.database}", **environment},
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("cp1252"), done.stderr.decode("cp1252"))


SCRIPT = f'case note 1 "{URDU} 🔴 é"\ncase status 1 details:yes\ncase status 2\n'


LOCALES = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}
COMMANDS = (
    ("commands",),
    ("manifest", "slack"),
    ("import", "--help"),
    ("tick", "--dry-run", "--at", "2026-04-01T09:00+05:00"),
)


@pytest.mark.slow  # a process for each
@pytest.mark.parametrize("environment", LOCALES.values(), ids=LOCALES)
def test_what_a_terminal_cannot_show_is_printed_as_escapes_and_the_script_goes_on(demo, environment):  # noqa: F811
    done = started(demo, "console", "--as", sample.SPEAKER, "--echo", script=SCRIPT, **environment)
    assert (done.code, "Traceback" in done.err) == (0, False)
    assert r"\u062f\u0631\u062e\u0648\u0627\u0633\u062a" in done.out
    assert "> case status 2" in done.out


@pytest.mark.slow  # a process for each
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_command_can_be_read_in_ascii(demo, arguments):  # noqa: F811
    done = started(demo, *arguments, PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()


def test_whoever_reads_the_first_line_of_a_script_gets_no_trace(demo):  # noqa: F811
    with demo.start("-m", "bot", "console", "--as", sample.SPEAKER) as process:
        process.stdout.close()
        process.stdin.write("case list\n" * 20 + "# no line\nexit\ncase list\n")
        process.stdin.close()
        said = process.stderr.read()
    assert said == "Nobody reads the answers any more: 19 lines of the script not done.\n"
    assert process.returncode == 1


CLOSED = {
    "input": (["console", "--as", sample.SPEAKER], "<&-", "Standard input is closed, so nothing can be typed."),
    "output": (["commands"], ">&-", "Standard output is closed, so nothing can be answered."),
    "name": (["console", "--as", "Jos\udce9"], "", r"“Jos\udce9” cannot be read as text here."),
    "enrolled": (["enrol", "محمد", "--agency", "PK-FIA", "--role", "admin"], "", "cannot be read as text here."),
}


@pytest.mark.parametrize(("arguments", "stream", "says"), CLOSED.values(), ids=CLOSED)
def test_a_closed_stream_and_an_argument_that_is_no_text_are_a_sentence(demo, arguments, stream, says):  # noqa: F811
    done = subprocess.run(  # noqa: S603 - the program itself
        ["/bin/sh", "-c", f'exec "$@" {stream}', "sh", sys.executable, "-m", "bot", *arguments],
        stdin=subprocess.PIPE, capture_output=True, cwd=demo.folder, timeout=60, check=False,
        env={"PYTHONPATH": str(demo.source), "DATABASE_URL": f"sqlite:///{demo.database}", **LOCALES["C"]},
    )  # fmt: skip
    said = done.stderr.decode("utf-8", "backslashreplace").replace(r"\u201c", "“").replace(r"\u201d", "”")
    assert (done.returncode, len(said.splitlines())) == (2, 1), said
    assert says in said


def test_a_disk_that_is_full_is_a_sentence(demo):  # noqa: F811
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "commands"],
            stdout=full, stderr=subprocess.PIPE, cwd=demo.folder, env={"PYTHONPATH": str(demo.source)}, timeout=60,
            check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.decode()) == (1, "The system: No space left on device.\n")


def test_an_export_into_a_folder_that_takes_no_file_is_a_sentence(demo, monkeypatch):  # noqa: F811
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{demo.database}")
    monkeypatch.chdir("/proc")
    done = demo.run("export", "--as", "Desk Manager", "format:csv", "status:all")
    assert done.code == 1
    assert "Not saved: " in done.out
    assert "cannot be written: " in done.out


def test_a_script_goes_on_after_a_file_that_could_not_be_saved(demo, monkeypatch):  # noqa: F811
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{demo.database}")
    monkeypatch.chdir("/proc")
    script = f"summary export format:csv status:all\nrequest attach 1/1 < {'x' * 300}\ncase status 1\n"
    done = demo.run("console", "--as", "Desk Manager", "--echo", script=script)
    assert done.code == 1
    assert done.err == ""
    assert done.out.index("Not saved: ") < done.out.index("> request attach") < done.out.index("> case status 1")


def test_a_database_in_a_folder_that_takes_none_is_a_sentence(house, monkeypatch):  # noqa: F811
    (house.folder / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///file/desk.db")
    done = house.run("migrate")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert os.linesep not in done.out
