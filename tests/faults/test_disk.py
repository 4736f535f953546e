"""The store under us: locked by another, the disk full, the power cut: rows 20, 21 and 23 of the table of faults."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.adapters.contract import Inbound
from tests.fakes import FakeChat
from tests.office import SECONDS, Office

HERE = Path(__file__).parents[2]
COMMITS = 25
WRITE = """
import sys
from storage.models import Trait
from storage.reference.catalog import load
from storage.database.store import Store
from storage.times import SystemClock

store = Store(sys.argv[1], clock=SystemClock(), reference=load())
for n in range(int(sys.argv[2])):
    store.write(lambda work, n=n: work.session.add(Trait(name=f"n{n}", value="x"))).result()
store.close()
"""


@pytest.fixture
def office(sqlite_store, clock):
    return Office(sqlite_store, clock)


@pytest.fixture
def elsewhere(sqlite_url, monkeypatch):
    """Another process's connection to the same file, waited for a twentieth of a second, not five."""
    monkeypatch.setattr("storage.database.engine.BUSY_SECONDS", 0.05)
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    yield connection
    connection.close()


def note(office, words, key="k"):
    return office.hears(Inbound("console", key, "Officer", f"case note 1 {words}"))


def notes(office):
    return office.store.read(lambda work: work.session.scalar(text("SELECT count(*) FROM note"))).result(SECONDS)


class TestRow20LockedByAnother:
    def test_a_command_is_refused_and_nothing_is_half_done_then_all_works(self, office, elsewhere):
        elsewhere.execute("BEGIN IMMEDIATE")
        answer = note(office, "one")
        assert (answer.refused, notes(office)) == (True, 0)
        elsewhere.execute("ROLLBACK")
        assert not note(office, "one").refused
        assert notes(office) == 1

    def test_what_arrived_and_could_not_be_settled_is_not_said_twice(self, office, elsewhere, caplog):
        office.person("Reader", named=True)
        row = office.say(office.people["Reader"])
        slack = FakeChat("slack")
        gate = slack.hold("READER")

        async def lock_meanwhile():
            draining = asyncio.create_task(office.road(slack).drain())
            await slack.until(1)
            elsewhere.execute("BEGIN IMMEDIATE")
            gate.set()
            await draining

        asyncio.run(lock_meanwhile())
        assert office.row(row).state == "sending"
        assert "could not be settled" in caplog.text
        elsewhere.execute("ROLLBACK")
        office.clock.move(seconds=61)
        office.restart(slack)
        office.deliver(slack)
        assert (office.row(row).state, len(slack.posts)) == ("sent", 1)


class TestRow21DiskFull:
    def test_nothing_is_answered_as_done_reads_work_and_it_recovers_without_a_restart(self, office):
        reader = office.person("Reader", named=True)
        office.do(self.no_more_pages)
        refused = 0
        while not note(office, "x" * 3000, f"k{refused}").refused:
            refused += 1
        kept = notes(office)
        assert kept == refused
        assert not office.hears(Inbound("console", "read", "Officer", "case status 1")).refused
        slack = FakeChat("slack")
        office.deliver(slack)
        office.do(lambda work: work.session.execute(text("PRAGMA max_page_count=1000000")))
        assert not note(office, "again", "after").refused
        assert notes(office) == kept + 1
        assert (
            office.store.read(lambda work: work.session.scalar(text("PRAGMA integrity_check"))).result(SECONDS) == "ok"
        )
        office.clock.move(seconds=61)
        office.restart(slack)
        office.deliver(slack)
        assert {row.state for row in office.rows("case_noted") if row.recipient == reader} == {"sent"}
        assert len(slack.posts) == len({post.mark for post in slack.posts}), "nothing doubled"

    @staticmethod
    def no_more_pages(work):
        pages = work.session.scalar(text("PRAGMA page_count"))
        work.session.execute(text(f"PRAGMA max_page_count={pages + 3}"))


class TestRow23PowerCut:
    @pytest.mark.usefixtures("synced")
    def test_every_connection_of_the_writer_and_the_readers_syncs_fully(self, office):
        def asked(work):
            return work.session.scalar(text("PRAGMA synchronous"))

        assert [office.do(asked), *(office.store.read(asked).result(SECONDS) for _ in range(4))] == [2] * 5

    @pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine; the pragma is checked")
    def test_each_commit_reaches_the_disk_before_it_is_answered(self, sqlite_url, tmp_path):
        trace = tmp_path / "trace"
        command = ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
        command += [sys.executable, "-c", WRITE, sqlite_url, str(COMMITS)]
        subprocess.run(command, check=True, cwd=HERE, env=os.environ | {"PYTHONPATH": str(HERE)})  # noqa: S603, TID251 - ours
        synced = re.findall(r"\b(?:fsync|fdatasync)\(", trace.read_text())
        assert len(synced) >= COMMITS
