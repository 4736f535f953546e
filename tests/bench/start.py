"""The start: how long a word of the command line takes, how much memory, and how long until the desk can be used.

In: a folder. Out: figures, in seconds and megabytes, of some rounds the best. The floor of a word is Python that does
nothing; that of a desk with both platforms is the import of all libraries that it stands on.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from socket import create_server
from urllib.request import urlopen

from storage.database.engine import migrate
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE
from tests.fake_slack import BOT_TOKEN, SECRET, FakeSlack
from tests.fake_telegram import TOKEN, FakeTelegram

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    "aiohttp.web, alembic.command, apscheduler.schedulers.asyncio, holidays, jinja2, markdown_it, phonenumbers,"
    " pydantic_settings, slack_bolt.async_app, sqlalchemy.orm, telegram.ext"
)
LOOK_SECONDS = 0.005
NAME = "Bench"
MEASURED = """
import resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs Python from a small process: a child's memory is counted from that of whoever starts it."""


def figures(folder: str, rounds: int) -> Iterator[Figure]:
    """Words, then the desk."""
    url = f"sqlite:///{folder}/start.db"
    migrate(url)
    settings = {"DATABASE_URL": url}
    _run(["-m", "bot", "enrol", NAME, "--agency", "PK-FIA-CCW", "--role", "officer"], folder, settings)
    nothing, _ = _best(["-c", ""], folder, settings, rounds)
    for word, most in (("--help", ""), ("commands", "<= 0.9"), (f"console --as {NAME}", "<= 0.9")):
        took, megabytes = _best(["-m", "bot", *word.split()], folder, settings, rounds)
        yield Figure(f"the word {word}", SQLITE, 0, took, "s", nothing, most)
        yield Figure(f"the word {word}, memory", SQLITE, 0, megabytes, "MB", None, "<= 100" if most else "")
    imports, _ = _best(["-c", f"import {LIBRARIES}"], folder, settings, rounds)
    ready = min(asyncio.run(_ready(folder, settings)) for _ in range(rounds))
    yield Figure("ready with both platforms", SQLITE, 0, ready, "s", imports, "<= 1.2x")


def _best(arguments: Sequence[str], folder: str, settings: Mapping[str, str], rounds: int) -> tuple[float, float]:
    """Seconds and megabytes."""
    found = [_run(arguments, folder, settings) for _ in range(rounds + 1)]  # once to warm up
    return min(took for took, _ in found), min(megabytes for _, megabytes in found)


def _run(arguments: Sequence[str], folder: str, settings: Mapping[str, str]) -> tuple[float, float]:
    child = _started(["-S", "-c", MEASURED, *arguments], folder, settings, stdout=subprocess.PIPE)
    said, _ = child.communicate()
    assert child.returncode == 0, arguments
    took, kilobytes = said.split()
    return float(took), int(kilobytes) / 1_024


async def _ready(folder: str, settings: Mapping[str, str]) -> float:
    """Until health can be asked, of a desk on both platforms."""
    with create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    async with FakeSlack() as slack, FakeTelegram() as telegram:
        named = {
            "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": f"{slack.url}/api",
            "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url, "HTTP_PORT": str(port),
        }  # fmt: skip
        began = time.perf_counter()
        desk = _started(["-m", "bot", "run"], folder, {**settings, **named})
        try:
            while not await asyncio.to_thread(_answers, port):
                assert desk.poll() is None, desk.returncode
                await asyncio.sleep(LOOK_SECONDS)
            return time.perf_counter() - began
        finally:
            desk.terminate()
            await asyncio.to_thread(desk.wait)


def _answers(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
        return bool(answer.status == 200)
    return False


def _started(
    arguments: Sequence[str], folder: str, settings: Mapping[str, str], *, stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Python in a folder of its own, with these settings and no others."""
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **settings},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
    )
