"""The running process: what it says on its own, how it ends, who follows when it is killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select, update

from bot import process
from bot.adapters.contract import CannotStart
from bot.app import open_desk
from bot.outbound.delivery import PlatformDelivery
from bot.settings import Settings
from bot.ticking.scheduler import Scheduler
from bot.ticking.tick import Ticker
from storage.database.lease import open_lease
from storage.database.store import Store
from storage.exposure.roles import Role
from storage.models import Clock, LeaseRow, Ring
from storage.times import SystemClock
from tests.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.fake_telegram import TOKEN, FakeTelegram
from tests.fakes import ChatServer, FakeChat
from tests.office import Office
from tests.patience import until

SECONDS = 30
SOON = 0.05


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def answers(port):
    """Whether the process is up: its health can be asked."""
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
        return answer.status == HTTPStatus.OK
    return False


@pytest.fixture
def chat():
    with ChatServer() as server:
        yield server


@contextmanager
def running(url, chat):
    """The desk as a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "tests.running", url, str(port), str(chat.port)]
    desk = subprocess.Popen(command)  # noqa: S603 - ours
    try:
        until(lambda: answers(port) or desk.poll() is not None)
        yield desk
    finally:
        desk.kill()
        desk.wait()


@pytest.fixture
def office(store, clock):
    clock.move_to(SystemClock().now())  # the process goes by the machine's
    return Office(store, clock)


def many(office, count, *, recipient=None):
    """So many things to say, each to somebody else."""
    for n in range(count):
        office.say(recipient or office.person(f"Reader {n}", named=True), f"news {n}")


# ---- as a process of its own -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_stops_at_sigterm_within_ten_seconds_and_nothing_is_left_in_the_air(office, database_url, chat):
    many(office, 40)
    with running(database_url, chat) as desk:
        until(lambda: len(chat.posts) >= 5)
        desk.send_signal(signal.SIGTERM)
        assert desk.wait(10) == 0
    chat.settle()
    states = office.states()
    assert "sending" not in states
    assert states.count("sent") == len(chat.posts)
    assert len({post.mark for post in chat.posts}) == len(chat.posts)


@pytest.mark.slow
def test_what_was_not_said_before_is_said_after_a_new_start(office, database_url, chat):
    many(office, 20)
    for _ in range(2):
        with running(database_url, chat) as desk:
            until(lambda: len(chat.posts) >= 1)
            desk.send_signal(signal.SIGTERM)
            assert desk.wait(10) == 0
    with running(database_url, chat):
        until(lambda: office.states().count("sent") == 20)
    assert len(chat.posts) == 20


@pytest.mark.slow  # it waits as long as the program does
def test_row_24_a_second_run_on_the_same_file_is_refused_at_once_and_names_the_first(sqlite_url):
    command = [sys.executable, "-m", "bot", "run"]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": sqlite_url}  # noqa: TID251 - of the tests
    beside = partial(subprocess.run, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert beside([*command[:3], "enrol", "Somebody", "--agency", "PK-FIA-CCW", "--role", "officer"]).returncode == 0
    first = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    lock = Path(f"{sqlite_url.removeprefix('sqlite:///')}.run.lock")
    try:
        until(lambda: lock.exists() and lock.read_text() != "")
        second = beside(command, stdin=subprocess.DEVNULL)
        assert second.returncode == 1
        assert f"process {first.pid} on {socket.gethostname()}" in second.stderr
        assert beside([*command[:3], "verify"]).returncode == 0
    finally:
        first.communicate()


class TestTwoOnPostgreSQL:
    @pytest.fixture
    def shared(self, postgresql_url, clock, reference):
        """An office whose only clock is long overdue, and will not ring before `ring_everything`."""
        now = SystemClock().now()
        clock.move_to(now - timedelta(days=90))
        store = Store(postgresql_url, clock=clock, reference=reference)
        office = Office(store, clock)
        clock.move_to(now)
        office.do(lambda work: work.session.execute(update(Clock).values(ring_at=None)))
        yield office
        store.close()

    @pytest.mark.slow  # a lease must run out
    def test_row_24_when_the_leader_is_killed_the_other_ticks_within_five_seconds(self, shared, postgresql_url, chat):
        with running(postgresql_url, chat) as first:
            until(lambda: leader(shared) == first.pid)
            with running(postgresql_url, chat) as second:
                first.kill()
                ring_everything(shared)
                until(lambda: leader(shared) == second.pid, seconds=5)
                until(lambda: rings(shared) > 0 and not is_due(shared))
        assert rings(shared) == rungs(shared)

    @pytest.mark.slow  # a lease of ten seconds must run out
    def test_row_25_a_frozen_leader_is_followed_and_does_no_harm_when_it_goes_on(self, shared, postgresql_url, chat):
        with running(postgresql_url, chat) as first:
            until(lambda: leader(shared) == first.pid)
            with running(postgresql_url, chat) as second:
                first.send_signal(signal.SIGSTOP)
                ring_everything(shared)
                until(lambda: leader(shared) == second.pid)
                until(lambda: rings(shared) > 0 and not is_due(shared))
                first.send_signal(signal.SIGCONT)
                before = rings(shared)
                second.send_signal(signal.SIGTERM)
                second.wait(10)
                until(lambda: leader(shared) == first.pid)
        assert rings(shared) == rungs(shared) == before


# ---- in this process -------------------------------------------------------------------------------------------------


class Platform(FakeChat):
    """A platform whose conversation ends as a test wants it; for ever where it says nothing."""

    ends: object = None

    async def listen(self):
        if isinstance(self.ends, Exception):
            raise self.ends
        if self.ends is None:
            await asyncio.Event().wait()
        return self.ends


class TestHowItEnds:
    def serve(self, url, *platforms, **how):
        settings = Settings(database_url=url, _env_file=None)
        with open_desk(settings) as desk, closing(open_lease(url)) as lease:
            roads = [PlatformDelivery(desk.store, platform, desk.renderer) for platform in platforms]
            return asyncio.run(asyncio.wait_for(process.serve(desk, platforms, roads, lease=lease, **how), SECONDS))

    @pytest.mark.parametrize("code", [0, 1])
    def test_with_the_code_of_a_conversation_that_is_over(self, sqlite_url, code):
        platform = Platform()
        platform.ends = code
        assert self.serve(sqlite_url, platform) == code

    def test_with_an_error_where_a_platform_breaks(self, sqlite_url, caplog):
        platform = Platform()
        platform.ends = ValueError("the socket is gone")
        assert self.serve(sqlite_url, platform) == process.WENT_WRONG
        assert "slack broke, so the process ends" in caplog.messages

    def test_with_a_sentence_where_its_only_platform_refuses_us(self, sqlite_url):
        platform = Platform()
        platform.ends = CannotStart("SLACK_BOT_TOKEN is wrong: write SLACK_BOT_TOKEN=xoxb-...")
        with pytest.raises(CannotStart, match="write SLACK_BOT_TOKEN="):
            self.serve(sqlite_url, platform)

    def test_one_that_refuses_us_beside_another_is_tried_again_and_an_administrator_hears_it_there(
        self, sqlite_store, sqlite_url, clock, monkeypatch
    ):
        clock.move_to(SystemClock().now())
        office = Office(sqlite_store, clock)
        office.person("Admin", "telegram", role=Role.ADMIN)
        monkeypatch.setattr(process, "REFUSED_SECONDS", SOON)
        slack, telegram, tried, thrice = Platform("slack"), Platform("telegram"), [], asyncio.Event()

        async def refused():
            tried.append(1)
            if len(tried) == 3:
                thrice.set()
            raise CannotStart("SLACK_BOT_TOKEN is wrong")

        async def until_tried_again():
            await asyncio.gather(thrice.wait(), telegram.until(1))
            return 0

        slack.listen, telegram.listen = refused, until_tried_again
        assert self.serve(sqlite_url, slack, telegram) == 0
        [text] = telegram.texts("ADMIN")
        assert "SLACK_BOT_TOKEN is wrong" in text

    def test_with_both_sentences_where_both_refuse_us(self, sqlite_url):
        platforms = Platform("slack"), Platform("telegram")
        for one in platforms:
            one.ends = CannotStart(f"{one.name} refuses")
        with pytest.raises(CannotStart, match="slack refuses\ntelegram refuses"):
            self.serve(sqlite_url, *platforms)

    def test_with_an_error_where_the_tick_hangs(self, sqlite_url, monkeypatch, caplog):
        go_on = threading.Event()
        monkeypatch.setattr("bot.ticking.scheduler.Scheduler", partial(Scheduler, seconds=SOON))
        monkeypatch.setattr(Ticker, "tick", lambda *_: go_on.wait(SECONDS))
        assert self.serve(sqlite_url, Platform(), ending=go_on.set) == process.WENT_WRONG
        assert "tick broke, so the process ends" in caplog.messages

    def test_with_an_error_where_delivery_breaks(self, sqlite_url, monkeypatch):
        async def broken(_):
            raise ValueError("delivery is broken")

        monkeypatch.setattr(PlatformDelivery, "run", broken)
        assert self.serve(sqlite_url, Platform()) == process.WENT_WRONG

    def test_a_step_of_the_tick_that_fails_ends_nothing(self, sqlite_url, monkeypatch):
        platform, ticked = Platform(), threading.Event()

        def broken(*_):
            ticked.set()
            raise ValueError("this tick is broken")

        async def leave():
            await asyncio.to_thread(ticked.wait, SECONDS)
            return 0

        monkeypatch.setattr(Ticker, "tick", broken)
        platform.listen = leave
        assert self.serve(sqlite_url, platform) == 0


# ---- what is asked of the record -------------------------------------------------------------------------------------


def leader(office):
    """The pid in the lease."""
    row = office.do(lambda work: work.session.scalars(select(LeaseRow)).first())
    return int(row.holder.partition("@")[0]) if row else 0


def ring_everything(office):
    office.do(lambda work: work.session.execute(update(Clock).values(ring_at=work.now - timedelta(hours=1))))


def is_due(office):
    due = select(Clock.id).where(Clock.ring_at <= SystemClock().now())
    return office.do(lambda work: work.session.scalars(due).first()) is not None


def rings(office):
    return office.do(lambda work: work.session.scalar(select(func.count(Ring.id))))


def rungs(office):
    """How many different ones rang."""
    different = select(Ring.clock_id, Ring.epoch, Ring.rung).distinct().subquery()
    return office.do(lambda work: work.session.scalar(select(func.count()).select_from(different)))


# ---- the program itself ----------------------------------------------------------------------------------------------


async def lines_of_run(url: str, wanted: set[str], **environment: str) -> tuple[set[str], int]:
    """What `python -m bot run` prints until it has printed all that is wanted, and how it ends at SIGTERM."""
    named = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "HTTP_PORT": str(free_port()), **environment}  # noqa: TID251 - of the tests
    desk = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=named, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    printed = set[str]()
    try:
        async with asyncio.timeout(SECONDS):
            while not wanted <= printed and (line := await desk.stdout.readline()):
                printed.add(line.decode().strip())
            desk.send_signal(signal.SIGTERM)
            return printed, await asyncio.wait_for(desk.wait(), 10)
    finally:
        if desk.returncode is None:
            desk.kill()


class TestRun:
    """A line for each platform that is ready, and for each that is not configured."""

    @pytest.mark.slow
    def test_telegram_alone(self, sqlite_url):
        wanted = {"slack is not configured: set SLACK_BOT_TOKEN", "telegram is ready: @DeskBot, polling"}

        async def story():
            async with FakeTelegram() as telegram:
                named = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url}
                return await lines_of_run(sqlite_url, wanted, **named)

        assert asyncio.run(story()) == (wanted, 0)

    def test_both_by_socket_and_polling(self, sqlite_url):
        wanted = {"slack is ready: Socket Mode", "telegram is ready: @DeskBot, polling"}

        async def story():
            async with FakeTelegram() as telegram, FakeSlack() as slack:
                named = {
                    "TELEGRAM_BOT_TOKEN": TOKEN,
                    "TELEGRAM_API_URL": telegram.url,
                    "SLACK_BOT_TOKEN": BOT_TOKEN,
                    "SLACK_APP_TOKEN": APP_TOKEN,
                    "SLACK_API_URL": f"{slack.url}/api",
                }
                return await lines_of_run(sqlite_url, wanted, **named)

        assert asyncio.run(story()) == (wanted, 0)

    @pytest.mark.slow
    def test_one_platform_that_is_down_keeps_the_other_from_nothing(self, sqlite_url):
        wanted = {"telegram is ready: @DeskBot, polling"}

        async def story():
            async with FakeTelegram() as telegram:
                named = {
                    "TELEGRAM_BOT_TOKEN": TOKEN,
                    "TELEGRAM_API_URL": telegram.url,
                    "SLACK_BOT_TOKEN": BOT_TOKEN,
                    "SLACK_APP_TOKEN": APP_TOKEN,
                    "SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api",
                }
                return await lines_of_run(sqlite_url, wanted, **named)

        assert asyncio.run(story()) == (wanted, 0)
