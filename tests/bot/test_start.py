"""A word of the command line loads what it needs: each heavy library by the words that use it, and by no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = frozenset(
    {
        *("PIL", "aiohttp", "alembic", "apscheduler", "chardet", "httpx", "matplotlib", "numpy", "openpyxl"),
        *("prompt_toolkit", "psycopg", "pygments", "rich", "slack_bolt", "slack_sdk", "sqlalchemy", "telegram"),
    }
)
ALWAYS = frozenset({"sqlalchemy"})  # of what opens the house
TERMINAL = frozenset({"rich"})
MAY_LOAD = {
    "--help": frozenset(),
    "commands": ALWAYS,
    "verify": ALWAYS,
    "console": ALWAYS | TERMINAL,
    "import nothing.csv": ALWAYS | TERMINAL | {"chardet"},
    "manifest slack": ALWAYS | {"slack_bolt", "slack_sdk", "aiohttp"},
}
RUN = """
import sys
from bot.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.fixture
def environment(sqlite_url, tmp_path):
    """Of a process in a folder of its own, on a database that is there already."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}  # noqa: TID251 - as a shell does
    return kept | {"DATABASE_URL": sqlite_url, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}


def test_no_word_loads_a_library_that_it_does_not_use(environment, tmp_path):
    begun = {
        words: subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", RUN, *words.split()],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for words in MAY_LOAD
    }
    loaded = {words: process.communicate(timeout=120)[1].splitlines()[-1].split() for words, process in begun.items()}

    assert all("bot" in names for names in loaded.values()), loaded
    needless = {words: sorted(HEAVY & set(names) - MAY_LOAD[words]) for words, names in loaded.items()}
    assert not {words: names for words, names in needless.items() if names}
