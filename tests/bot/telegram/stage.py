"""A desk on the small Telegram: for one test, or as the stage of a whole conversation.

In: a house (the real one, or one that hears and answers as a test wants). Out: both ends, connected by polling or by a
webhook, and closed again. Nothing waits for a clock: `pause` only notes how long would have been waited.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from socket import create_server
from typing import Any

from bot.adapters.contract import Answer, Form, Inbound
from bot.adapters.house import House, Menu, MenuEntry
from bot.adapters.telegram import WATCH_SECONDS, Telegram, texts
from bot.adapters.telegram.keyboard import ASKS, MENU
from bot.health.port import guarded, listening
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.blocks import Block, Message, Paragraph, Span, Table, plain, text_of
from bot.settings import Settings
from handlers import COMMANDS
from tests.conversation import Heard, folded, with_file
from tests.fake_telegram import SECRET, TOKEN, FakeTelegram, Post
from tests.fakes import HandClock

SECONDS = 3


class Rig:
    """The adapter on the small Telegram. `paused`: how long it would have waited, in order."""

    def __init__(self, telegram: FakeTelegram, house: House, *, webhook: bool) -> None:
        self.telegram, self.paused = telegram, list[float]()
        self.webhook_url, self._webhook, self._gate = "", webhook, asyncio.Event()
        self.watch = asyncio.Event()  # lets it look once whether Telegram still posts to us
        named = {"telegram_webhook_url": "http://localhost/telegram", "telegram_webhook_secret": SECRET}
        self.settings = Settings(
            _env_file=None, telegram_bot_token=TOKEN, telegram_api_url=telegram.url, **(named if webhook else {})
        )
        self.clock = HandClock()
        self.desk = Telegram(self.settings, replace(house, patience=self.clock.patience()), self._pause)

    async def _pause(self, seconds: float) -> None:
        """The forms' tidying waits for ever, the webhook's watch until it is let; everything else goes on at once."""
        self.paused.append(seconds)
        if self._webhook and seconds == WATCH_SECONDS:
            await self.watch.wait()
            self.watch.clear()
        if seconds == 30.0 and len(self.paused) == 1:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    async def heard(self) -> None:
        """Return when everything that waits was taken and answered."""
        if self._webhook:
            await self.telegram.post_updates(self.webhook_url)
        else:
            await self.telegram.quiet.wait()
        assert self.desk.listener
        await self.desk.listener.settle()


@asynccontextmanager
async def on_telegram(house: House, *, webhook: bool = False, seconds: float = SECONDS * 5) -> AsyncIterator[Rig]:
    """Telegram and the adapter, connected. seconds: until what hangs ends."""
    async with FakeTelegram() as telegram, asyncio.timeout(seconds):
        rig = Rig(telegram, house, webhook=webhook)
        listening_at = create_server(("127.0.0.1", 0))
        rig.webhook_url = f"http://127.0.0.1:{listening_at.getsockname()[1]}/telegram"
        async with listening(guarded(rig.desk.routes), sock=listening_at, shutdown_seconds=0.1):
            taking = asyncio.create_task(rig.desk.listen())
            try:
                await telegram.quiet.wait()
                yield rig
            finally:
                taking.cancel()
                with suppress(asyncio.CancelledError):
                    await taking
                await rig.desk.close()


# ---- a house that says what a test wants -----------------------------------------------------------------------------


def said(*blocks: Block | str, label: str | None = None, **facts: object) -> Answer:
    """An answer of these blocks; a text is a paragraph."""
    made = tuple(Paragraph((Span(block),)) if isinstance(block, str) else block for block in blocks)
    return Answer((Message(made, label),), **facts)


@dataclass
class Kept:
    key: str
    value: Mapping[str, Any]
    late: bool


@dataclass
class Hearing:
    """Hears lines; answers the next of `answers`, then "heard". Remembers in this process; `old`: what is late."""

    answers: list[Answer] = field(default_factory=list)
    form: Form | None = None
    offered: tuple[tuple[str, str], ...] = ()
    heard: list[Inbound] = field(default_factory=list)
    memos: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    old: set[str] = field(default_factory=set)
    moved: list[tuple[str, str]] = field(default_factory=list)
    menus: dict[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = "en"
    commands: tuple[str, ...] = tuple(spec.words for spec in COMMANDS)
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    troubles: list[tuple[str, str]] = field(default_factory=list)

    async def hears(self, lines: int) -> None:
        """Return when so many lines were heard."""
        while len(self.heard) < lines:
            self.came.clear()
            await self.came.wait()

    async def receive(self, inbound: Inbound) -> Answer:
        self.heard.append(inbound)
        self.came.set()
        if inbound.text in self.hold:
            await self.hold[inbound.text].wait()
        return self.answers.pop(0) if self.answers else said("heard")

    async def open(self, inbound: Inbound) -> Form | None:
        del inbound
        return self.form

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        del inbound, name
        return tuple(one for one in self.offered if typed.casefold() in " ".join(one).casefold())

    def line(self, words: str, values: Mapping[str, str]) -> str:
        return " ".join([words, *(f'{name}:"{value}"' for name, value in values.items())])

    @property
    def memory(self) -> "Hearing":
        return self

    async def remember(self, values: Mapping[str, Mapping[str, Any]], *, seconds: float) -> None:
        del seconds
        self.memos |= values

    async def recall(self, key: str) -> Kept | None:
        return Kept(key, self.memos[key], key in self.old) if key in self.memos else None

    async def late(self, prefix: str) -> list[Kept]:
        return [Kept(key, self.memos[key], late=True) for key in sorted(self.old) if key.startswith(prefix)]

    async def forget(self, key: str) -> None:
        self.memos.pop(key, None)
        self.old.discard(key)

    async def menu(self, platform: str, account: str) -> Menu:
        del platform
        entries = tuple(MenuEntry(words, words) for words in self.menus.get(account, ("desk",)))
        return Menu(self.language if account else "en", entries)

    async def room_moved(self, platform: str, old: str, new: str) -> None:
        del platform
        self.moved.append((old, new))

    async def trouble(self, platform: str, what: str, detail: str = "") -> None:
        del platform
        self.troubles.append((what, detail))

    @property
    def house(self) -> House:
        return House(self.receive, self, self, trouble=self.trouble)


# ---- a stage ---------------------------------------------------------------------------------------------------------


class TelegramStage:
    """Where the conversations of `tests/conversation.py` are held: in private chats, polled or posted.

    The platform has an event loop of its own, in a thread: the conversation's ends with each file. A question begins a
    form: then its words are the desk's own; a whole line typed then goes to the desk as it is.
    A long answer is read to its last page. The name of the platform is the one word that differs.
    """

    def __init__(self, dispatch: Dispatch, *, webhook: bool) -> None:
        self._dispatch, self._answer = dispatch, Answer(())
        self._posts = dict[str, list[Post]]()
        self._updates, self._people = dict[str, Any](), dict[str, int]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        store = dispatch._store
        house = House(self._receive, FormBuilder(store, COMMANDS, dispatch._renderer), Services(store, COMMANDS))
        self._open: AbstractAsyncContextManager[Rig] = on_telegram(house, webhook=webhook)
        self.rig = self._run(self._open.__aenter__())

    def close(self) -> None:
        self._run(self._open.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def accounts(self, person: str) -> list[str]:
        return [f"telegram:{self._number(person)}"]

    async def say(self, person: str, text: str, key: str) -> Heard:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._say(person, text, key), self._loop))

    def _number(self, person: str) -> int:
        return self._people.setdefault(person, 1001 + len(self._people))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _receive(self, inbound: Inbound) -> Answer:
        self._answer = await self._dispatch.receive(inbound)
        return self._answer

    async def _say(self, person: str, text: str, key: str) -> Heard:
        telegram, user = self.rig.telegram, self._number(person)
        before = len(telegram.posts)
        if key in self._updates:
            telegram.bring_again(self._updates[key])
        else:
            line, file = with_file(text)
            in_a_form = any(texts.CANCEL in post.labels for post in telegram.posts if post.chat == user)
            typed = f"/{line}" if in_a_form and line[0] not in "/@" else line
            if file:
                self._updates[key] = telegram.send_file(user, file[0], b"", caption=typed, size=file[1])
            else:
                self._updates[key] = telegram.say(user, typed)
        await self.rig.heard()
        answer = self._answer
        state = "failed" if answer.failed else "refused" if answer.refused else "done"
        posts = [one for one in telegram.posts[before:] if one.chat == user] or self._posts[key]
        self._posts[key] = posts
        read = "\n".join([await self._read(user, post) for post in posts])
        heard = folded(f"{read} {_tables(answer, read)}").replace("this telegram account", "this console account")
        if answer.question:  # its words are the desk's own, as the form asks in its way
            assert texts.CANCEL in posts[-1].labels, "a question without a form"
            heard = folded("\n".join(one.plain() for one in answer.messages))
        return Heard(heard, state, answer.question)

    async def _read(self, user: int, post: Post) -> str:
        """A message to its last page, its buttons with the lines they carry."""
        words = await self._page(post)
        while texts.LATER in post.labels and any(data.startswith("p:") for data in _data(post)):
            self.rig.telegram.press(user, texts.LATER, post=post)
            await self.rig.heard()
            words += (await self._page(post)).removeprefix(words.partition("\n")[0]).lstrip("• \n")
        return words

    async def _page(self, post: Post) -> str:
        keyboards = self.rig.desk._keyboards
        shown = [(one.get("callback_data", ""), one["text"]) for row in post.keyboard for one in row]
        for data, _ in list(shown):
            if data.startswith(MENU) and (second := await keyboards.other(data)):
                shown += [(one.callback_data, one.text) for row in second.inline_keyboard for one in row]
        lines = []
        for data, label in shown:
            asked = await keyboards.question(data) if data.startswith(ASKS) else None
            lines.append((asked[1].line if asked else await keyboards.line(data), label))
        return "\n".join([post.text, *(f"→ {line} ({label})" for line, label in lines if line)])


def _data(post: Post) -> list[str]:
    return [str(one.get("callback_data", "")) for row in post.keyboard for one in row]


def _tables(answer: Answer, read: str) -> str:
    """The tables of an answer as they read elsewhere, where each of their cells stands in what was read."""
    flat = folded(read)
    tables = [block for message in answer.messages for block in message.blocks if isinstance(block, Table)]
    whole = [one for one in tables if all(folded(text_of(cell)) in flat for row in one.rows for cell in row)]
    return plain(whole)
