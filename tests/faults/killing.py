"""A desk between both platforms that is killed and started again; the platforms live here and outlive it.

In: a database, how Slack reaches the desk, and a story. Out: what is on record then, and what people read.
"""

import asyncio
import json
import os
import re
import signal
import socket
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientError
from sqlalchemy import func, select

from storage.database.store import Store
from storage.history import chain
from storage.models import AuditLine, InboxRow, Note, OutboxRow
from storage.times import SystemClock
from tests.fake_slack import APP_TOKEN, BOT_TOKEN, SECRET, FakeSlack
from tests.fake_telegram import TOKEN, FakeTelegram
from tests.patience import until

SECONDS = 600  # for what hangs
OFFICER, READER = "UOFFICER", "UREADER"
OFFICER_CHAT, READER_CHAT = 1001, 1002
REPEATED = "Repeated: nobody knows"
NOTE = re.compile(r"note-\w+")
POSTED = {"slack_signing_secret": SECRET}
SOCKET = {"slack_app_token": APP_TOKEN}


@dataclass(frozen=True)
class Kept:
    """What is on record: how many notes, lines of history of them, messages that came in; the outbox by state."""

    notes: int
    lines: int
    came: int
    states: dict[str, int]
    whole: bool


class Worker:
    """Forks a desk for each order."""

    def __init__(self, process):
        self._process = process

    async def begin(self, order):
        """The new desk's process id."""
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return (await self._line())["pid"]

    async def end(self):
        """How it ended."""
        return (await self._line())["exit"]

    async def _line(self):
        return json.loads(await asyncio.to_thread(self._process.stdout.readline))


class Killing:
    """Both platforms and a desk between them that is killed and started again."""

    def __init__(self, url, slack, telegram, worker, door):
        self.slack, self.telegram, self._worker, self._door = slack, telegram, worker, door
        self._port, self._pid = free_port(), 0
        slack.desk_url, slack.quiet = f"http://127.0.0.1:{self._port}/slack/events", nothing
        self._settings = door | {
            "database_url": url,
            "http_port": self._port,
            "slack_bot_token": BOT_TOKEN,
            "slack_api_url": f"{slack.url}/api",
            "telegram_bot_token": TOKEN,
            "telegram_api_url": telegram.url,
        }
        self.url = url

    # ---- the process ----

    async def start(self, kill_at="", send_seconds=1):
        """A new desk, which may die at a point by itself."""
        order = {"settings": self._settings, "kill_at": kill_at, "send_seconds": send_seconds}
        self._pid = await self._worker.begin(order)

    async def ready(self):
        """Return when Slack can reach the desk."""
        if "slack_app_token" in self._door:
            await self.slack.connected.wait()
        else:
            await asyncio.to_thread(until, self._listens)

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    async def kill(self):
        """At this very moment, if it runs."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            await self.dies()

    async def dies(self):
        """It was told where, or just now."""
        assert await self._ended() == -9

    async def finish(self):
        """Let it say all there is to say, and stop it."""
        await self.ready()
        await asyncio.to_thread(until, lambda: not self._unsaid(), seconds=SECONDS)
        os.kill(self._pid, signal.SIGTERM)
        assert await self._ended() == 0

    async def _ended(self):
        self._pid, code = 0, await self._worker.end()
        return code

    # ---- people ----

    async def note(self, text):
        """An event of Slack: a note on the case. Whether Slack got its "ok"."""
        await asyncio.sleep(0)  # whoever sees that the desk is gone comes first
        await self.ready()
        try:
            return (await self.slack.say(OFFICER, f"case note 1 {text}", key=text)).status == 200
        except ClientError:
            return False

    # ---- what is there then ----

    def _unsaid(self):
        return {state for state in self.kept().states if state in ("pending", "sending")} or self.telegram.waiting

    def kept(self):
        store = Store(self.url, clock=SystemClock(), reference=None)
        try:
            return store.read(_kept).result()
        finally:
            store.close()

    def on_slack(self):
        """{text: how often the reader has it}."""
        return _notes(post.text for post in self.slack.seen_by(READER))

    def on_telegram(self):
        """{text: how often the reader has it without and with the word that it is a repeat}."""
        said = self.telegram.texts(READER_CHAT)
        plain = _notes(text for text in said if REPEATED not in text)
        marked = _notes(text for text in said if REPEATED in text)
        return {text: (plain[text], marked[text]) for text in {*plain, *marked}}

    def answers(self):
        """{text: how often the officer reads an answer to it, wherever they typed it}."""
        there = [post.text for post in self.slack.seen_by(OFFICER)]
        return _notes([*there, *self.telegram.texts(OFFICER_CHAT)])


def endure(url, worker, story, door=SOCKET):
    """Have a story happen between both platforms."""

    @asynccontextmanager
    async def opened():
        async with FakeSlack() as slack, FakeTelegram() as telegram, asyncio.timeout(2 * SECONDS):
            killing = Killing(url, slack, telegram, worker, door)
            try:
                yield killing
            finally:
                await killing.kill()

    async def whole():
        async with opened() as killing:
            return await story(killing)

    return asyncio.run(whole())


def _kept(work):
    def count(column, *where):
        return work.session.scalar(select(func.count(column)).where(*where))

    ours = OutboxRow.platform.in_(("slack", "telegram"))  # who has no account is told at a terminal, which is not open
    found = work.session.execute(select(OutboxRow.state, func.count()).where(ours).group_by(OutboxRow.state)).all()
    lines = count(AuditLine.n, AuditLine.act == "case note")
    whole = chain.verify(work.session).bad_n is None
    return Kept(count(Note.id), lines, count(InboxRow.id), dict(found), whole)


def _notes(texts):
    """How many of these are about each note."""
    return Counter(found[0] for found in map(NOTE.search, texts) if found)


async def nothing():
    """Nobody waits for the desk to be quiet."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
