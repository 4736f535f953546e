"""Nothing that people typed stands in a log: not on a full disk, not where the database refuses a row, not in a bug."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import logs
from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import Words
from storage.errors import StorageError
from storage.models import InboxRow
from tests.office import SECONDS, Office

CANARY = "canary-of-a-red-case"
HERE = Path(__file__).parents[2]
FULL = "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100', DETAIL = 'row " + CANARY + "'; END $$"
broken = Commands()


@broken.add("break row", example="break row")
def break_row(turn: Turn, words: Words = "") -> Reply:
    """Put the same row twice, which both databases refuse.

    words: what stands in it.
    """
    for _ in range(2):
        row = {"key": words, "account": words, "room": "", "text": words, "digest": "", "at": turn.now}
        turn.work.session.add(InboxRow(**row, state="done"))
    turn.work.session.flush()
    raise AssertionError(words)


@broken.add("break disk", example="break disk")
def break_disk(turn: Turn, words: Words = "") -> Reply:
    """What PostgreSQL says on a full disk.

    words: what is written.
    """
    turn.work.session.execute(text(FULL))
    raise AssertionError(words)


@broken.add("break bug", example="break bug")
def break_bug(_: Turn, words: Words = "") -> Reply:
    """A bug that quotes what it was given, behind another.

    words: what it quotes.
    """
    try:
        return {}[words]
    except KeyError as error:
        raise ValueError(f"{words} is none") from error


@pytest.fixture
def written(monkeypatch):
    """Everything that is logged from here on, as a process writes it."""
    root, names = logging.getLogger(), [logging.getLogger(name) for name in logs.TALKATIVE]
    before = root.handlers[:], root.level, [one.level for one in names], logging.raiseExceptions
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.to_stderr(logging.DEBUG)
    yield stream
    root.handlers[:], root.level, logging.raiseExceptions = before[0], before[1], before[3]
    for one, level in zip(names, before[2], strict=True):
        one.setLevel(level)


def says(store, line):
    """What a desk that has the broken commands, too, answers an officer."""
    Office(store, store.clock)
    dispatch = Dispatch(store, broken, Renderer())
    return asyncio.run(dispatch.receive(Inbound("console", "k", "Officer", line)))


def traces(written):
    return [line["trace"] for line in map(json.loads, written.getvalue().splitlines()) if "trace" in line]


def test_a_row_the_database_refuses_is_named_by_its_constraint_and_not_quoted(store, written):
    answer = says(store, f"break row {CANARY}")
    assert answer.failed
    assert CANARY not in written.getvalue()
    [trace] = traces(written)
    driver = next(line for line in trace if line.startswith(("IntegrityError: SQLITE", "UniqueViolation")))
    assert driver in ("IntegrityError: SQLITE_CONSTRAINT_UNIQUE", "UniqueViolation: 23505: uq_inbox_key")
    assert any("test_silence.py:" in line and line.endswith(" break_row") for line in trace)


def test_a_bug_is_named_by_its_type_and_place(store, written):
    assert says(store, f"break bug {CANARY}").failed
    [trace] = traces(written)
    assert CANARY not in written.getvalue()
    assert [line for line in trace if ":" not in line] == ["ValueError", "KeyError"]
    assert trace[trace.index("ValueError") - 1].endswith(" break_bug")


def test_a_full_disk_on_sqlite(sqlite_store, clock, written):
    office = Office(sqlite_store, clock)

    def no_more_pages(work):
        pages = work.session.scalar(text("PRAGMA page_count"))
        work.session.execute(text(f"PRAGMA max_page_count={pages + 3}"))

    office.do(no_more_pages)
    refused, n = False, 0
    while not refused:
        refused = office.hears(Inbound("console", f"k{n}", "Officer", f"case note 1 {CANARY * 200}")).refused
        n += 1
    assert CANARY not in written.getvalue()
    assert any("StoreUnavailable: database or disk is full" in trace for trace in traces(written))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_full_disk_on_postgresql(store, written):
    assert says(store, f"break disk {CANARY}").refused
    assert CANARY not in written.getvalue()
    assert any("StoreUnavailable: no space left" in trace for trace in traces(written))


def test_no_error_of_the_store_itself_holds_what_was_written(store):
    """Whoever prints one (a command line, a page) prints no words of people; the driver's own are behind it."""

    def twice(work):
        row = {"key": CANARY, "account": CANARY, "room": "", "text": CANARY, "digest": "", "at": work.now}
        work.session.add_all([InboxRow(**row, state="done"), InboxRow(**row, state="done")])

    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        store.write(twice).result(SECONDS)
    if isinstance(caught.value, StorageError):
        assert CANARY not in str(caught.value)
    assert f"'{CANARY}'" not in str(caught.value)  # as a parameter; PostgreSQL's own detail has no quotes


@pytest.mark.parametrize("where", ["raise ValueError", "import threading as t; 1/0 if 0 else None; raise KeyError"])
def test_what_ends_the_process_is_named_on_the_screen_and_not_quoted(where):
    """Python's own trace quotes the message, and asyncio the whole future."""
    code = f"from bot.logs import for_process; for_process(); {where}({CANARY!r})"
    ended = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 1
    assert "Error" in ended.stderr
    assert CANARY not in ended.stderr


def test_a_task_nobody_waited_for_and_a_thread_are_named_and_not_quoted():
    code = f"""
import asyncio, gc, threading
from bot.logs import for_process
for_process()
async def fail(): raise ValueError({CANARY!r})
async def main():
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
asyncio.run(main())
def die(): raise KeyError({CANARY!r})
thread = threading.Thread(target=die); thread.start(); thread.join()
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 0
    assert "ValueError" in ended.stderr
    assert "KeyError" in ended.stderr
    assert CANARY not in ended.stderr


def test_what_a_library_wrote_into_its_own_sentence_is_not_repeated(written):
    library = logging.getLogger("slack_sdk.socket_mode.aiohttp")
    library.error(f"Failed to handle a message: {CANARY}")
    library.error("Job %s was missed", CANARY)
    said = [json.loads(line)["message"] for line in written.getvalue().splitlines()]
    assert said == ["Failed to handle a message", "Job %s was missed"]


def test_an_error_among_what_is_filled_in_is_named(written):
    logging.getLogger("rogatory.test").warning("behind it: %s", ValueError(CANARY))
    assert json.loads(written.getvalue())["message"] == "behind it: ValueError"


def test_what_anybody_outside_can_cause_is_one_line_a_second_and_counted(written):
    wire = logging.getLogger(logs.HOSTILE)

    def cause(at, times):
        for _ in range(times):
            record = wire.makeRecord(wire.name, logging.WARNING, "x.py", 1, "a bad request", (), None)
            record.created = at
            wire.handle(record)

    for at, times in ((100.0, 1_000), (100.99, 10), (101.0, 2), (50.0, 1)):
        cause(at, times)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line.get("unsaid", 0) for line in lines] == [0, 1_009, 1]


def test_what_we_say_ourselves_is_all_said(written):
    for n in range(5):
        logging.getLogger("rogatory.delivery").error("row %s is given up", n)
    assert len(written.getvalue().splitlines()) == 5
