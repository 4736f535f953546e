"""A desk on the small Slack: for one test, or as the stage of a whole conversation.

In: a house (the real one, or one that hears and answers as a test wants). Out: both ends, connected by HTTP or by a
socket, and closed again.
"""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from socket import create_server
from typing import Any

from bot.adapters.contract import Answer, Form, Inbound
from bot.adapters.house import House
from bot.adapters.slack import Slack
from bot.health.port import guarded, listening
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.rendering.blocks import Block, Message, Paragraph, Span
from bot.settings import Settings
from handlers import COMMANDS
from tests.conversation import Heard, folded, with_file
from tests.fake_slack import APP_TOKEN, BOT_TOKEN, SECRET, TEAM, FakeSlack, Trouble
from tests.fakes import HandClock
from tests.slack_app import CLIENT_ID, CLIENT_SECRET

SECONDS = 20


@asynccontextmanager
async def on_slack(
    house: House,
    *,
    socket: bool = False,
    several: bool = False,
    troubles: Sequence[Trouble] = (),
    seconds: float = SECONDS * 10,
) -> AsyncIterator[tuple[FakeSlack, Slack]]:
    """Slack and the adapter, connected. several: by installation, so that nobody has let the desk in yet.

    troubles: of opening a socket. seconds: until what hangs ends.
    """
    async with FakeSlack() as slack, asyncio.timeout(seconds):
        listening_at = create_server(("127.0.0.1", 0))
        desk_url = f"http://127.0.0.1:{listening_at.getsockname()[1]}"
        slack.fail("apps.connections.open", *troubles)
        named = {"slack_app_token": APP_TOKEN} if socket else {"slack_signing_secret": SECRET}
        if several:
            slack.app.remove(TEAM)
            named |= {"slack_client_id": CLIENT_ID, "slack_client_secret": CLIENT_SECRET, "slack_public_url": desk_url}
        else:
            named |= {"slack_bot_token": BOT_TOKEN}
        desk = Slack(
            Settings(_env_file=None, slack_api_url=f"{slack.url}/api", **named),
            replace(house, patience=HandClock().patience()),
        )
        slack.quiet = desk._listeners.settle
        desk._external.patience_seconds = SECONDS  # a machine under load makes nobody a guest
        payloads = desk._listeners.payloads
        payloads.seconds = payloads.trigger_seconds = SECONDS  # nor does it say "one moment"
        slack.desk_url = f"{desk_url}/slack/events"
        async with listening(guarded(desk.routes), sock=listening_at, shutdown_seconds=0.1):
            taking = asyncio.create_task(desk.listen())
            try:
                await (slack.connected.wait() if socket else asyncio.sleep(0))
                yield slack, desk
            finally:
                taking.cancel()
                await asyncio.wait({taking})
                await desk.close()


# ---- a house that says what a test wants -----------------------------------------------------------------------------


def said(*blocks: Block | str, label: str | None = None, **facts: object) -> Answer:
    """An answer of these blocks; a text is a paragraph."""
    made = tuple(Paragraph((Span(block),)) if isinstance(block, str) else block for block in blocks)
    return Answer((Message(made, label),), **facts)


@dataclass
class Hearing:
    """Hears lines; answers the next of `answers`, then "heard". `form` is what `forms.open` gives."""

    answers: list[Answer] = field(default_factory=list)
    form: Form | None = None
    offered: tuple[tuple[str, str], ...] = ()
    heard: list[Inbound] = field(default_factory=list)
    searched: list[tuple[str, str, str]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None

    async def receive(self, inbound: Inbound) -> Answer:
        self.heard.append(inbound)
        self.came.set()
        if self.hold:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else said("heard")

    async def open(self, inbound: Inbound) -> Form | None:
        del inbound
        return self.form

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        self.searched.append((name, inbound.text, typed))
        return self.offered

    def line(self, words: str, values: dict[str, str]) -> str:
        return " ".join([words, *(f'{name}:"{value}"' for name, value in values.items())])

    @property
    def house(self) -> House:
        return House(self.receive, self)


# ---- a stage ---------------------------------------------------------------------------------------------------------


class SlackStage:
    """Where the conversations of `tests/conversation.py` are held: as slash commands, or as direct messages.

    The platform has an event loop of its own, in a thread: the conversation's ends with each file. A person's question
    becomes a form, where Slack can open one: then its words are the desk's own, and the form must ask for the value.
    The name of the platform is the one word that differs.
    """

    def __init__(self, dispatch: Dispatch, *, socket: bool, slash: bool) -> None:
        self._dispatch, self._slash = dispatch, slash
        self._answer, self._said, self._files = Answer(()), dict[str, int](), dict[str, Any]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        house = House(self._receive, FormBuilder(dispatch._store, COMMANDS, dispatch._renderer))
        self._open: AbstractAsyncContextManager[tuple[FakeSlack, Slack]] = on_slack(house, socket=socket)
        self.slack, self.desk = self._run(self._open.__aenter__())

    def close(self) -> None:
        self._run(self._open.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def accounts(self, person: str) -> list[str]:
        return [f"slack:{TEAM}/{user_of(person)}"]

    async def say(self, person: str, text: str, key: str) -> Heard:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._say(person, text, key), self._loop))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _receive(self, inbound: Inbound) -> Answer:
        self._answer = await self._dispatch.receive(inbound)
        return self._answer

    async def _say(self, person: str, text: str, key: str) -> Heard:
        user, before = user_of(person), len(self.slack.posts)
        line, file = with_file(text)
        if file:  # a slash command takes none
            sent = self._files.setdefault(key, self.slack.files.sent(file[0], b"", size=file[1]))
            ack = await self.slack.say(user, line, key=key, files=[sent])
        else:
            how = self.slack.command if self._slash and text.startswith("/") else self.slack.say
            ack = await how(user, text, key=key)
        assert ack.status == 200, ack
        await self.slack.quiet()
        answer = self._answer
        state = "failed" if answer.failed else "refused" if answer.refused else "done"
        posts = self.slack.posts[before:]
        if form := self.slack.forms.pop(user, None):
            assert answer.question, "a form nobody needs"
            fields = {block.get("block_id") for block in form["blocks"]}
            assert answer.question.name in fields, f"{answer.question.name} is not among {fields}"
            return Heard(folded("\n".join(one.plain() for one in answer.messages)), state, answer.question)
        if not posts:  # an event that came again: what was answered stands there
            posts = self.slack.seen_by(user)[-self._said[key] :]
        self._said[key] = len(posts)
        heard = folded("\n".join(post.words for post in posts))
        return Heard(heard.replace("this slack account", "this console account"), state, answer.question)


def user_of(person: str) -> str:
    """The id of somebody by name."""
    return "U" + re.sub(r"\W", "", person).upper()
