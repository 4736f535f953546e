"""kill -9 on the real platforms: rows 1 to 6 of the table of faults, with the whole desk between Slack and Telegram.

Both platforms live in the test and outlive the desk: Slack brings an event again until it gets its "ok", Telegram what
was not confirmed. Two readers are told of each note, one on each platform. Printed are how many notices were lost,
doubled and marked as repeats.
"""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers import people
from storage.exposure.roles import Role
from storage.models import Person
from tests import factories
from tests.fake_slack import TEAM, Trouble
from tests.fake_telegram import Refusal
from tests.faults.killing import OFFICER, OFFICER_CHAT, POSTED, READER, READER_CHAT, SOCKET, Worker, endure
from tests.office import share

pytestmark = pytest.mark.slow  # test_kill.py kills the same desk without its platforms every time
HERE = Path(__file__).parents[2]
AT_WORK = 0.7  # of the moments are after the start


@pytest.fixture(scope="module")
def worker():
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # noqa: TID251 - of the tests
    command = [sys.executable, "-m", "tests.faults.whole"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=HERE, env=environment, **pipes) as process:  # noqa: S603 - ours
        yield Worker(process)
        process.stdin.close()


@pytest.fixture
def url(sqlite_store, sqlite_url):
    """A case with a lead who types on both platforms, and a reader on each."""
    accounts = {
        "Officer": [f"slack:{TEAM}/{OFFICER}", f"telegram:{OFFICER_CHAT}"],
        "On Slack": [f"slack:{TEAM}/{READER}"],
        "On Telegram": [f"telegram:{READER_CHAT}"],
    }

    def job(work):
        for name, linked in accounts.items():
            people.enrol_at(work, name, "PK-FIA-CCW", Role.OFFICER, linked)
        named = {row.name: row for row in work.session.scalars(select(Person))}
        case = factories.case(work, opener=named["Officer"])
        for name in ("On Slack", "On Telegram"):
            share(work, case.ref, named[name])

    sqlite_store.write(job).result()
    sqlite_store.close()
    return sqlite_url


@pytest.mark.parametrize(
    ("kill_at", "kept", "door"),
    [
        pytest.param("before_the_ack", 1, POSTED, id="row_1_http"),
        pytest.param("before_the_ack", 1, SOCKET, id="row_1_socket"),
        pytest.param("before_it_is_handled", 0, SOCKET, id="row_2_socket"),
        pytest.param("inside_the_transaction", 0, POSTED, id="row_3_http"),
        pytest.param("before_it_is_taken_to_be_sent", 1, SOCKET, id="row_4_socket"),
        pytest.param("before_it_left", 1, POSTED, id="row_5_before_it_left_http"),
    ],
)
def test_all_or_nothing_and_what_slack_brings_again_changes_it_once(url, worker, kill_at, kept, door):
    async def story(killing):
        await killing.start(kill_at)
        acknowledged = await killing.note("note-one")
        await killing.dies()
        first = killing.kept()
        assert ([first.notes, first.lines, first.came], first.whole) == ([kept] * 3, True)
        assert killing.on_slack() == killing.on_telegram() == {}
        await killing.start()
        assert acknowledged or await killing.note("note-one")
        await killing.finish()
        last = killing.kept()
        assert (last.notes, last.lines, last.came, last.states, last.whole) == (1, 1, 1, {"sent": 2}, True)
        assert killing.on_slack() == {"note-one": 1}
        assert sum(killing.on_telegram()["note-one"]) == 1
        return acknowledged, killing.answers()

    acknowledged, answers = endure(url, worker, story, door)
    assert acknowledged or answers == {"note-one": 1}, "what was brought again is answered, and once"


@pytest.mark.parametrize("door", [POSTED, SOCKET], ids=["http", "socket"])
def test_row_5_during_the_send_slack_is_asked_and_telegram_gets_one_marked_repeat(url, worker, door):
    async def story(killing):
        killing.slack.fail("chat.postMessage", *[Trouble(done=True, silent=True)] * 2)
        killing.telegram.fail("sendMessage", Refusal("", done=True, silent=True))
        await killing.start(send_seconds=60)
        await killing.note("note-one")
        await killing.slack.until(lambda: killing.slack.seen_by(READER))
        await killing.telegram.until(lambda: killing.telegram.texts(READER_CHAT))
        assert killing.kept().states == {"sending": 2}
        await killing.kill()
        await killing.start()
        await killing.finish()
        assert killing.kept().states == {"sent": 2}
        return killing.on_slack(), killing.on_telegram()

    assert endure(url, worker, story, door) == ({"note-one": 1}, {"note-one": (1, 1)})


class TestRow6AnyMoment:
    def rounds(self, url, worker, count, seed, door):
        chance = random.Random(seed)

        async def story(killing):
            texts, events = [], asyncio.Queue()
            bringing = asyncio.create_task(bring(killing, events))
            for n in range(count):
                for m in range(chance.randint(1, 3)):
                    texts.append(f"note-{n}x{m}")
                    if chance.random() < 0.5:
                        events.put_nowait(texts[-1])
                    else:
                        killing.telegram.say(OFFICER_CHAT, f"/case note 1 {texts[-1]}")
                await killing.start()
                if chance.random() < AT_WORK:
                    await killing.ready()
                await asyncio.wait({bringing}, timeout=chance.uniform(0, 0.6))
                await killing.kill()
            await killing.start()
            await events.join()
            await killing.finish()
            bringing.cancel()
            return check(killing, texts, f"{count} rounds, seed {seed}")

        print(f"\n{endure(url, worker, story, door)}")  # noqa: T201 - for whoever measures

    @pytest.mark.parametrize("door", [POSTED, SOCKET], ids=["http", "socket"])
    def test_ten_rounds(self, url, worker, door):
        self.rounds(url, worker, 10, 7, door)

    @pytest.mark.parametrize("door", [POSTED, SOCKET], ids=["http", "socket"])
    def test_two_hundred_and_fifty_rounds(self, url, worker, door):
        self.rounds(url, worker, 250, random.randrange(10**6), door)


async def bring(killing, events):
    """Events of Slack, one after the other, each again and again until it has its "ok"."""
    while True:
        text = await events.get()
        while not await killing.note(text):
            continue
        events.task_done()


def check(killing, texts, where):
    """What must be true after all rounds, and how it went in words."""
    kept, everything = killing.kept(), dict.fromkeys(texts, 1)
    assert kept.whole, where
    assert (kept.notes, kept.lines, kept.came) == (len(texts),) * 3, f"on record once, {where}"
    assert killing.on_slack() == everything, f"nothing lost, nothing doubled, {where}"
    said = killing.on_telegram()
    assert all(plain <= 1 and marked <= 1 for plain, marked in said.values()), f"one marked repeat at most, {where}"
    missing = set(texts) - set(said)
    assert len(missing) <= kept.states.get("dead", 0), f"what is missing is listed, {where}"
    marked = sum(marked for _, marked in said.values())
    answers = killing.answers()
    unread, twice = set(texts) - set(answers), sum(many > 1 for many in answers.values())
    return (
        f"{where}: {len(texts)} notes; Slack 0 lost, 0 doubled; Telegram {len(missing)} given up, {marked} marked; "
        f"answers: {len(unread)} not shown, {twice} shown twice"
    )
