"""Posts answers to whoever asked: where they asked, to them alone unless they wanted the room to read it.

In: an `Answer`, and how its asker can be reached (`Asked`). Out: messages in Slack. Ways, in order: the answer to the
payload itself (`response_url`), a message only they see in the room, a direct message; the first that Slack takes.
What a room may not see goes to the person directly, and the room's asker is told so; so does every file.
Nothing is tried again here but what Slack asked to wait for: an answer is no notice, and can be asked for again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.adapters.contract import Address, Answer, Download, HouseServices
from bot.adapters.outcome import Outcome, Sent, Unknown, Wait
from bot.adapters.slack import block_kit
from bot.adapters.slack.files import Files
from bot.adapters.slack.outcomes import FAILURES
from bot.adapters.slack.sender import SlackSender
from bot.adapters.slack.wire import PLATFORM, Asked
from bot.adapters.slack.workspaces import SECONDS, Workspaces
from bot.rendering.blocks import Button, Buttons, LabelLine, Message, Paragraph, Span

log = logging.getLogger("rogatory.slack")

PATIENCE = (0.0, 30.0)  # the least and the most that Slack's "wait" is waited for
TRIES = 3
IN_PRIVATE = "Not here: this room may not see the answer. You have it as a direct message."
NOT_GIVEN = "Slack did not take the file {}. Ask for it once more."
FILL_IN = "Fill in a form"


class SlackAnswers:
    """Posts answers. Permissions to answer elsewhere than at Slack's API and its hosts are not used."""

    def __init__(
        self, workspaces: Workspaces, sender: SlackSender, files: Files, services: HouseServices | None = None
    ) -> None:
        self._workspaces, self._sender, self._files, self._services = workspaces, sender, files, services
        self._origin = urlsplit(workspaces.api_url)

    def at_once(self, asked: Asked, answer: Answer) -> Message | None:
        """The whole answer, where it may stand in the answer to the payload itself; None where it goes another way.

        Of a long one nothing: its second part would overtake the first. Files come behind their message.
        """
        edited = answer.card is not None and answer.aloud  # what goes in the payload's answer has no id
        parts = [] if in_private(asked, answer) or answer.files or edited else _parts(answer)
        return parts[0] if len(parts) == 1 else None

    async def show(self, asked: Asked, answer: Answer) -> None:
        """Say it, part by part."""
        if in_private(asked, answer):
            arrived = [await self._direct(asked, part) for part in _parts(answer)]
            if arrived and all(arrived):
                await self._say(asked, text_message(IN_PRIVATE))
        else:
            parts = _parts(answer)
            if len(parts) == 1 and await self._as_card(asked, answer, parts[0]):
                parts = []
            for n, part in enumerate(parts):
                turns = n == 0 and not answer.refused
                await self._say(asked if turns else replace(asked, turns=False), part, aloud=answer.aloud)
        for file in answer.files:
            await self._give(asked, file)

    async def _as_card(self, asked: Asked, answer: Answer, part: Message) -> bool:
        """A card as a message that can be edited: aloud in a room, or between the person and the desk.

        What only one person sees in a room is Slack's to show once, and cannot be changed.
        """
        if answer.card is None or self._services is None or asked.turns or (asked.inbound.room and not answer.aloud):
            return False
        if not asked.inbound.room and asked.response_url:
            return False
        address = (
            Address(PLATFORM, room=asked.inbound.room, thread=asked.thread)
            if asked.inbound.room
            else Address(PLATFORM, account=asked.inbound.account, thread=asked.thread)
        )
        outcome = await self._sender.send(address, part)
        if not isinstance(outcome, Sent):
            return False
        place = outcome.place or address.place
        await self._services.stands(PLATFORM, answer.card, place, outcome.message_id)
        return True

    async def _say(self, asked: Asked, part: Message, *, aloud: bool = False) -> None:
        in_the_room = self._to_the_room if aloud else self._in_the_room
        if await self._by_permission(asked, part, aloud=aloud):
            return
        for way in (in_the_room, self._direct):
            if await way(asked, part):
                return
        log.error("an answer to %s could not be said", asked.inbound.account)

    async def _give(self, asked: Asked, file: Download) -> None:
        """A file, in the room between the person and the desk."""
        address = Address(PLATFORM, account=asked.inbound.account)

        async def give() -> Outcome:
            channel = await self._sender.channel_of(address)
            return channel if not isinstance(channel, str) else await self._files.give(asked.workspace, channel, file)

        if not await _patiently(give):
            await self._say(asked, text_message(NOT_GIVEN.format(file.name)))

    # ---- ways ----

    async def _by_permission(self, asked: Asked, part: Message, *, aloud: bool) -> bool:
        """Post to the `response_url`: good for five uses in half an hour. An answer that got lost counts as said."""
        if not self._is_slacks(asked.response_url):
            return False
        body = {"response_type": response_type(aloud=aloud), "replace_original": asked.turns, **block_kit.written(part)}
        try:
            async with self._session().post(
                asked.response_url, json=body, allow_redirects=False, timeout=ClientTimeout(SECONDS)
            ) as response:
                return response.status < HTTPStatus.BAD_REQUEST
        except (ClientError, TimeoutError):
            return True

    async def _in_the_room(self, asked: Asked, part: Message) -> bool:
        """A message that only they see; none in a room of their own."""
        if not asked.inbound.room:
            return False

        async def post() -> Outcome:
            try:
                client = await self._workspaces.client(asked.workspace)
                sent = await client.chat_postEphemeral(
                    channel=asked.channel,
                    user=asked.user,
                    thread_ts=asked.thread or None,
                    parse="none",
                    link_names=False,
                    **block_kit.written(part),
                )
            except FAILURES as error:
                return self._workspaces.outcome(error)
            return Sent(sent["message_ts"])

        return await _patiently(post)

    async def _to_the_room(self, asked: Asked, part: Message) -> bool:
        """A message that everybody there sees; none in a room of their own."""
        if not asked.inbound.room:
            return False
        address = Address(PLATFORM, room=asked.inbound.room, thread=asked.thread)
        return await _patiently(lambda: self._sender.send(address, part))

    async def _direct(self, asked: Asked, part: Message) -> bool:
        thread = "" if asked.inbound.room else asked.thread
        address = Address(PLATFORM, account=asked.inbound.account, thread=thread)
        return await _patiently(lambda: self._sender.send(address, part))

    # ---- where to ----

    def _session(self) -> ClientSession:
        if self._workspaces.session is None:
            raise RuntimeError("an answer before the desk listens")
        return self._workspaces.session

    def _is_slacks(self, url: str) -> bool:
        """Whether a permission leads to Slack: the host of the API, or its `hooks.`; a signed payload says no other."""
        host = self._origin.netloc
        parts = urlsplit(url)
        return parts.scheme == self._origin.scheme and parts.netloc in (host, f"hooks.{host}")


def response_type(*, aloud: bool) -> str:
    """Who reads an answer that goes by Slack's permission."""
    return "in_channel" if aloud else "ephemeral"


def text_message(words: str) -> Message:
    """A message of one paragraph."""
    return Message((Paragraph((Span(words),)),), None)


def in_private(asked: Asked, answer: Answer) -> bool:
    """Whether the room may not see it: a refusal without a label tells nothing, and stays where it was asked."""
    return bool(asked.inbound.room) and answer.away


def _parts(answer: Answer) -> list[Message]:
    """The answer as one message, in pieces that Slack takes; with a button for the form of what is missing."""
    said = [block for message in answer.messages for block in message.blocks]
    label = next((message.label for message in answer.messages if message.label), None)
    body = [block for block in said if block != LabelLine(label or "")]
    fill_in = [Buttons((Button(FILL_IN, answer.question.line),))] if answer.question else []
    whole = (*([LabelLine(label)] if label else []), *body, *fill_in)
    return list(block_kit.parts(Message(whole, label))) if whole else []


async def _patiently(call: Callable[[], Awaitable[Outcome]]) -> bool:
    """Call until Slack no longer asks to wait; whether it arrived, or may have."""
    outcome: Outcome = Unknown("never called")
    for _ in range(TRIES):
        outcome = await call()
        if not isinstance(outcome, Wait):
            break
        least, most = PATIENCE
        await asyncio.sleep(min(max(outcome.seconds, least), most) if outcome.seconds == outcome.seconds else 1.0)
    if not isinstance(outcome, Sent):
        log.warning("an answer: %s", outcome)
    return isinstance(outcome, Sent | Unknown)
