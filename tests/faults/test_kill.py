"""kill -9: what was answered is kept, is on record once, and is said: rows 1 to 7 of the table of faults.

A worker process holds the real desk; the platforms are on a wire, keep what arrives, and outlive it. One can be asked
what it has (Slack does), the other cannot (Telegram).
"""

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage.database.store import Store
from storage.history import chain
from storage.models import AuditLine, InboxRow, Note, OutboxRow
from storage.times import SystemClock
from tests.fakes import ChatServer
from tests.office import SECONDS, Office

HERE = Path(__file__).parents[2]
REPEATED = "Repeated: nobody knows"


class Killing:
    """A desk with a reader on each platform, a worker to be killed, and what is then on record and on the platforms."""

    def __init__(self, url, slack, telegram, worker, open_store):
        self.url, self.slack, self.telegram, self._worker, self._open = url, slack, telegram, worker, open_store

    def order(self, texts=(), **how):
        """Have the worker say messages; those that were answered."""
        self.begin(texts, **how)
        return self.end()

    def begin(self, texts=(), **how):
        """Give the order and go on."""
        order = {"url": self.url, "slack": self.slack.port, "telegram": self.telegram.port}
        order |= {"messages": [[text, f"case note 1 {text}"] for text in texts]}
        self._write(json.dumps(order | {"kill_at": "", "kill_after": None, "stop": False} | how))

    def kill(self):
        """Now, where the order waits for the word."""
        self._write("kill")

    def end(self):
        """Wait for the end; the messages that were answered. What was sent has then been handled."""
        ended = json.loads(self._worker.stdout.readline())
        for server in (self.slack, self.telegram):
            server.speak()
            server.settle()
        self.exit = ended["exit"]
        return ended["answered"]

    def _write(self, line):
        self._worker.stdin.write(line + "\n")
        self._worker.stdin.flush()

    def on_record(self):
        """How many notes, audit lines of them and messages that came in; all rows of the outbox by state."""
        store = self._open()
        try:

            def read(work):
                ask = work.session.scalar
                states = work.session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all()
                lines = select(func.count()).select_from(AuditLine).where(AuditLine.act == "case note")
                whole = chain.verify(work.session).bad_n is None
                counts = [ask(select(func.count(Note.id))), ask(lines), ask(select(func.count(InboxRow.id)))]
                return counts, dict(tuple(row) for row in states), whole

            return store.read(read).result(SECONDS)
        finally:
            store.close()

    def said(self, server):
        """{text: how often it stands there without and with the word that it is a repeat}."""
        plain = Counter(text_of(post) for post in server.posts if REPEATED not in post.text)
        marked = Counter(text_of(post) for post in server.posts if REPEATED in post.text)
        return {text: (plain[text], marked[text]) for text in {*plain, *marked}}


def text_of(post):
    return re.search(r"> (\w+)", post.text)[1]


@pytest.fixture(scope="module")
def worker():
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # noqa: TID251 - of the tests
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.worker"],
        cwd=HERE,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def killing(sqlite_store, sqlite_url, clock, reference, worker):
    office = Office(sqlite_store, clock)
    office.person("On Slack", named=True)
    office.person("On Telegram", "telegram", named=True)
    sqlite_store.close()
    with ChatServer() as slack, ChatServer() as telegram:
        yield Killing(
            sqlite_url, slack, telegram, worker, lambda: Store(sqlite_url, clock=SystemClock(), reference=reference)
        )


@pytest.mark.slow
class TestKillPoints:
    @pytest.mark.parametrize(
        ("kill_at", "kept"),
        [("unacknowledged", 1), ("taken", 0), ("inside", 0), ("committed", 1)],
        ids=["row_1_before_the_ack", "row_2_before_handling", "row_3_inside_the_transaction", "row_4_before_sending"],
    )
    def test_all_or_nothing_and_the_message_that_comes_again_changes_it_once(self, killing, kill_at, kept):
        killing.order(["one"], kill_at=kill_at)
        assert killing.exit == -9
        counts, _, whole = killing.on_record()
        assert (counts, whole) == ([kept] * 3, True)
        assert killing.order(["one"]) == ["one"]
        counts, states, whole = killing.on_record()
        assert (counts, states, whole) == ([1, 1, 1], {"sent": 2}, True)
        assert killing.said(killing.slack) == {"one": (1, 0)}

    def test_row_5_during_the_send_who_can_be_asked_has_it_once_who_cannot_once_more_and_marked(self, killing):
        for server in (killing.slack, killing.telegram):
            server.troubles.append("silence")
        killing.begin(["one"], kill_after="word")
        for server in (killing.slack, killing.telegram):
            assert server.arrived.wait(SECONDS)
        killing.kill()
        killing.end()
        assert (len(killing.slack.posts), len(killing.telegram.posts)) == (1, 1)
        assert killing.on_record()[1] == {"sending": 2}
        killing.order()
        assert killing.on_record()[1] == {"sent": 2}
        assert killing.said(killing.slack) == {"one": (1, 0)}
        assert killing.said(killing.telegram) == {"one": (1, 1)}

    def test_row_5_before_it_left_it_is_said(self, killing):
        killing.order(["one"], kill_at="sending")
        assert killing.said(killing.slack) == {}
        killing.order()
        assert killing.said(killing.slack) == {"one": (1, 0)}
        assert sum(killing.said(killing.telegram)["one"]) == 1, "said once; as a repeat, where it was on its way"

    def test_row_7_sigterm_under_load_finishes_what_is_in_the_air_and_nothing_more(self, killing):
        texts = [f"n{n}" for n in range(20)]
        answered = killing.order(texts, stop=True)
        assert (killing.exit, len(answered)) == (0, 20)
        assert "sending" not in killing.on_record()[1]
        killing.order()
        assert killing.said(killing.slack) == dict.fromkeys(texts, (1, 0))
        assert killing.said(killing.telegram) == dict.fromkeys(texts, (1, 0))


class TestRow6AnyMoment:
    def rounds(self, killing, count, seed):
        """Kill it again and again while it works; messages without an answer come again, as platforms do."""
        chance, texts, unanswered = random.Random(seed), [], []
        for n in range(count):
            new = [f"r{n}m{m}" for m in range(chance.randint(0, 3))]
            texts += new
            asked = unanswered + new
            answered = set(killing.order(asked, kill_after=chance.uniform(0.02, 0.3)))
            unanswered = [text for text in asked if text not in answered]
        killing.order(unanswered)
        self.check(killing, texts, f"seed {seed}")

    def check(self, killing, texts, where):
        counts, states, whole = killing.on_record()
        assert whole, where
        assert counts == [len(texts)] * 3, f"on record once, {where}"
        assert killing.said(killing.slack) == dict.fromkeys(texts, (1, 0)), f"nothing lost, nothing doubled, {where}"
        assert [text_of(post) for post in killing.slack.posts] == texts, f"in order, {where}"
        said = killing.said(killing.telegram)
        assert all(plain <= 1 and marked <= 1 for plain, marked in said.values()), f"one marked repeat at most, {where}"
        missing = set(texts) - set(said)
        assert len(missing) <= states.get("dead", 0), f"what is missing is listed, {where}"

    @pytest.mark.slow
    def test_five_hundred_rounds(self, killing):
        self.rounds(killing, 500, seed=random.randrange(10**6))
