"""Nothing big stops the small: what a command takes while something large is under way in the same record.

In: a hall on SQLite that may be written into. Out: figures: p99 of `case open`, typed by four people at once, beside a
summary, a sweep, an export and the import of a register; the floor is the same alone. The export and the import are
processes of their own, as people run them; so is their rate, with the start of Python in it.
"""

import asyncio
import csv
import itertools
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from bot.adapters.contract import Inbound
from storage.reminders.sweep import sweep
from tests.bench.figure import Figure
from tests.bench.halls import Desk, Hall
from tests.bench.staff import FIRST_OFFICER, PLATFORM, Looks
from tests.register_lines import GOOD, HEADERS

ROOT = Path(__file__).parents[2]
AT_ONCE, LEAST = 4, 200  # people; commands of each measure, at least
SUMMARIES = 20
TAKER = f"Person {FIRST_OFFICER + 1}"  # the officer of the largest agency
_numbers = itertools.count(1)

Company = Callable[[], Awaitable[object]]


def figures(hall: Hall, folder: str, rows: int) -> Iterator[Figure]:
    """Each with what a command takes alone. rows: of the register."""
    register = _register(Path(folder, "register.csv"), rows)
    with hall.open() as desk:

        async def summaries() -> None:
            for _ in range(SUMMARIES):
                answer = await desk.dispatch.receive(_typed(Looks.MANAGER, "summary week"))
                assert not answer.failed, answer

        def measure(company: Company) -> tuple[float, float]:
            return desk.runner.run(_measure(desk, company))

        def bot(*words: str) -> Company:
            return lambda: _bot(hall.url, folder, *words)

        alone, _ = measure(_nothing)
        for name, goal, company in (
            ("summaries", "<= 2x", summaries),
            ("a sweep", "<= 2x", lambda: asyncio.to_thread(sweep, desk.store)),
            ("an export", "<= 2x", bot("export", "--as", TAKER, "format:csv")),
            ("an import", "<= 250", bot("import", str(register), "--as", TAKER, "--yes")),
        ):
            p99, took = measure(company)
            yield Figure(f"case open beside {name}, p99", hall.database, hall.stored, p99, "ms", alone, goal)
        yield Figure(
            f"import of {rows:,} rows, beside commands", hall.database, hall.stored, rows / took, "/s", None, ">= 1000"
        )


async def _measure(desk: Desk, company: Company) -> tuple[float, float]:
    """p99 of the commands meanwhile, in milliseconds; how long the company stayed, in seconds."""
    times: list[float] = []
    began = time.perf_counter()
    staying = asyncio.ensure_future(company())

    async def types(who: str) -> None:
        while not staying.done() or len(times) < LEAST:
            before = time.perf_counter()
            line = f'case open "Beside number {next(_numbers)}" category:fraud label:green'
            answer = await desk.dispatch.receive(_typed(who, line))
            times.append((time.perf_counter() - before) * 1e3)
            assert not answer.refused, answer

    async def stays() -> float:
        await staying
        return time.perf_counter() - began

    first = FIRST_OFFICER + 2
    people = (types(f"BENCH/U{number}") for number in range(first, first + AT_ONCE))
    stayed = asyncio.ensure_future(stays())
    await asyncio.gather(stayed, *people)
    return sorted(times)[len(times) * 99 // 100], stayed.result()


async def _nothing() -> None:
    """Nobody else."""


async def _bot(url: str, folder: str, *words: str) -> None:
    settings = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "DATABASE_URL": url}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder, env=settings,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await child.communicate()
    assert child.returncode == 0, said.decode()[-2_000:]


def _typed(who: str, line: str) -> Inbound:
    return Inbound(PLATFORM, f"{who} {time.time_ns()}", str(who), line)


def _register(file: Path, rows: int) -> Path:
    """An old register of good rows."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(HEADERS.values())
        for n in range(1, rows + 1):
            row = {**GOOD, "diary_no": f"BENCH/2018/{n:05d}", "accounts": f"page.{n}"}
            writer.writerow([row.get(name, "") for name in HEADERS])
    return file
