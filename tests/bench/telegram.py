"""Telegram: commands a second, on disk and answered, by a Bot API that costs nothing and by one that takes 50 ms.

In: how many updates, how often. Out: figures, each against a floor of the same run: python-telegram-bot by itself,
whose handler keeps nothing; and one chat, whose lines are answered one after the other, where each call takes 50 ms.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, CommandHandler
from telegram.request import BaseRequest

from bot.adapters.telegram import Telegram
from bot.settings import Settings
from tests.bench.crowd import crowd
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE

TOKEN = "1:bench"  # noqa: S105 - of nobody
PEOPLE = 100
WORKERS = 16  # of the floor
BATCH = 100  # updates in one answer, as Telegram gives them
LATENCY_SECONDS = 0.05
ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
POSTED = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "x"}


class Api(BaseRequest):
    """A Bot API inside this process. `answered`: messages it was given; `done`: once there are `until` of them."""

    read_timeout = 5.0

    def __init__(self, updates: Iterable[dict[str, Any]] = (), *, until: int = 0, seconds: float = 0.0) -> None:
        self._updates, self._until, self._seconds = iter(updates), until, seconds
        self.answered, self.done = 0, asyncio.Event()

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(self, url: str, method: str, request_data: Any = None, **_: object) -> tuple[int, bytes]:
        """Answer a call after so many seconds; a question for updates waits for ever when there are no more."""
        del method, request_data
        called = url.rpartition("/")[2]
        if self._seconds and called != "getMe":
            await asyncio.sleep(self._seconds)
        found: Any = True
        match called:
            case "getMe":
                found = ME
            case "getUpdates":
                found = list(islice(self._updates, BATCH)) or await asyncio.Event().wait()
            case "sendMessage":
                found = POSTED
                self.answered += 1
                if self.answered == self._until:
                    self.done.set()
        return 200, json.dumps({"ok": True, "result": found}).encode()


def figures(count: int, rounds: int) -> Iterator[Figure]:
    """Updates a second, the best of some rounds."""
    cases: tuple[Callable[[], float], ...] = (
        lambda: asyncio.run(_floor(count)),
        lambda: _ours(count),
        lambda: _ours(60, people=1, seconds=LATENCY_SECONDS),
        lambda: _ours(count, seconds=LATENCY_SECONDS),
    )
    found = [[measure() for measure in cases] for _ in range(rounds)]
    floor, ours, one, many = (max(rates) for rates in zip(*found, strict=True))
    yield Figure("case open on Telegram", SQLITE, 0, ours, "/s", floor, ">= 600")
    yield Figure("the same at 50 ms, one chat", SQLITE, 0, one, "/s")
    yield Figure("the same at 50 ms, many chats", SQLITE, 0, many, "/s")
    yield Figure("many chats over one, at 50 ms", SQLITE, 0, many / one, "times", None, ">= 25")


def _ours(count: int, *, people: int = PEOPLE, seconds: float = 0.0) -> float:
    """Polled, kept, answered: as in the process itself."""
    accounts = tuple(str(1_000 + n) for n in range(people))
    with (
        tempfile.TemporaryDirectory(prefix="desk-bench-") as folder,
        crowd(f"sqlite:///{folder}/desk.db", "telegram", accounts) as desk,
    ):

        async def listen() -> float:
            api = Api(_updates(count, people), until=count, seconds=seconds)
            telegram = Telegram(Settings(_env_file=None, telegram_bot_token=TOKEN), desk.house)  # type: ignore[call-arg, arg-type]
            telegram._client._request = (api, api)  # the library takes another only while it is built
            began = time.perf_counter()
            listening = asyncio.create_task(telegram.listen())
            await asyncio.wait((listening, asyncio.ensure_future(api.done.wait())), return_when="FIRST_COMPLETED")
            took = time.perf_counter() - began
            listening.cancel()
            await telegram.close()
            return count / took

        rate = asyncio.run(listen())
        assert desk.cases() == count, desk.cases()
        return rate


async def _floor(count: int) -> float:
    api = Api()
    builder = ApplicationBuilder().token(TOKEN).request(api).get_updates_request(api)
    application = builder.updater(None).job_queue(None).concurrent_updates(WORKERS).build()

    async def answer(update: Update, _: object) -> None:
        assert update.message
        await update.message.reply_text(f"Case {update.update_id} is open.")

    application.add_handler(CommandHandler("case", answer))
    await application.initialize()
    updates = [Update.de_json(one, application.bot) for one in _updates(count, PEOPLE)]
    waiting = iter(updates)

    async def work() -> None:
        for update in waiting:
            await application.process_update(update)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(WORKERS)))
    took = time.perf_counter() - began
    assert api.answered == count, api.answered
    return count / took


def _updates(count: int, people: int) -> Iterator[dict[str, Any]]:
    """Officers who open cases in their private chats, in turn."""
    for n in range(1, count + 1):
        number = 1_000 + n % people
        who = {"id": number, "first_name": "Officer"}
        text = f'/case open "Fake page number {n}" category:fraud label:green'
        yield {
            "update_id": n,
            "message": {
                "message_id": n, "date": int(time.time()), "chat": {"id": number, "type": "private", **who},
                "from": {**who, "is_bot": False}, "text": text,
                "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
            },
        }  # fmt: skip
