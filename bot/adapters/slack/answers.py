"""Posts answers to whoever asked: where they asked, to them alone unless they wanted the room to read it.

In: an `Answer`, and how its asker can be reached (`Asked`). Out: messages in Slack. Ways, in order: the answer to the
payload itself (`response_url`), a message only they see in the room, a direct message; the first that Slack takes.
What a room may not see goes to the person directly, and the room's asker is told so; so does every file.
Each is paced and tried again by the house. A message whose fate nobody knows is looked for by its mark; what cannot be
looked for is said once more and says so. Of what could not be said to whoever asked, the house is told.
"""

import logging
from dataclasses import replace
from datetime import datetime
from itertools import count
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout

from bot.adapters.contract import Address, Answer, Download
from bot.adapters.house import House
from bot.adapters.outcome import Halt, Outcome, Refused, Sent, Unknown
from bot.adapters.slack import block_kit
from bot.adapters.slack.files import Files
from bot.adapters.slack.outcomes import FAILURES, of_status
from bot.adapters.slack.sender import SlackSender
from bot.adapters.slack.wire import PLATFORM, Asked
from bot.adapters.slack.workspaces import SECONDS, Workspaces
from bot.rendering.blocks import Button, Buttons, Heading, LabelLine, Message, Paragraph, Span, StaticMessage, text_of

log = logging.getLogger("rogatory.slack")

CAPTION_CHARACTERS = 300
IN_PRIVATE = "Not here: this room may not see the answer. You have it as a direct message."
NOT_GIVEN = "Slack did not take the file {}. Ask for it once more."
FILL_IN = "Fill in a form"
BOT_REFUSED = (
    "Slack does not take the bot token ({}). Copy the Bot User OAuth Token of your app (api.slack.com/apps, OAuth & "
    "Permissions) into the line SLACK_BOT_TOKEN=xoxb-..."
)
APP_REFUSED = (
    "Slack does not take the app token ({}). Make one with the scope connections:write (api.slack.com/apps, Basic "
    "Information, App-Level Tokens) and put it into the line SLACK_APP_TOKEN=xapp-..."
)
OTHERS_LISTEN = (
    "%d more connections take Slack's messages with the same SLACK_APP_TOKEN: each message goes to one of them. Unless "
    "they are this desk on the same database, stop them, or give each desk an app of its own."
)
ONE_MOMENT = "One moment: the desk is slow just now. The next step comes by itself; else press Next again."
WHOLE = "The message goes on record whole: {:,} characters."
NOT_KEPT = "The message is not remembered any more. Choose the shortcut on it once more."
AGAIN = "Once more, because nobody knows whether this arrived:"


class SlackAnswers:
    """Posts answers. Permissions to answer elsewhere than at Slack's API and its hosts are not used."""

    def __init__(self, workspaces: Workspaces, sender: SlackSender, files: Files, house: House) -> None:
        self._workspaces, self._sender, self._files, self._house = workspaces, sender, files, house
        self._numbers = count(1)
        self._origin = urlsplit(workspaces.api_url)

    def at_once(self, asked: Asked, answer: Answer) -> Message | None:
        """The whole answer, where it may stand in the answer to the payload itself; None where it goes another way.

        Of a long one nothing: its second part would overtake the first. Files come behind their message.
        """
        edited = answer.card is not None and answer.aloud  # what goes in the payload's answer has no id
        parts = [] if in_private(asked, answer) or answer.files or edited else _parts(answer)
        return parts[0] if len(parts) == 1 else None

    async def show(self, asked: Asked, answer: Answer) -> None:
        """Say it, part by part; what could not be said keeps the rest from being said."""
        away, parts = in_private(asked, answer), _parts(answer)
        if len(parts) == 1 and not away and await self._as_card(asked, answer, parts[0]):
            parts = []
        for n, part in enumerate(parts):
            turns = asked.turns and n == 0 and not answer.refused
            here = replace(asked, turns=turns)
            said = await self._direct(here, part) if away else await self._say(here, part, aloud=answer.aloud)
            if not isinstance(said, Sent):
                log.error("an answer to %s could not be said: %s", asked.inbound.account, said)
                await self._house.unsaid(asked.inbound)
                return
        if away and answer.messages:
            await self._say(asked, text_message(IN_PRIVATE))
        for file in answer.files:
            await self._give(asked, file, _caption(answer))

    async def _as_card(self, asked: Asked, answer: Answer, part: Message) -> bool:
        """A card as a message that can be edited: aloud in a room, or between the person and the desk.

        What only one person sees in a room is Slack's to show once, and cannot be changed.
        """
        services, inbound = self._house.services, asked.inbound
        once = bool(asked.response_url) if not inbound.room else not answer.aloud
        if answer.card is None or services is None or asked.turns or once:
            return False
        way = self._to_the_room if inbound.room else self._direct
        said = await way(asked, part)
        if isinstance(said, Sent):
            await services.stands(PLATFORM, answer.card, said.place or _where(asked).place, said.message_id)
        return isinstance(said, Sent)

    async def _say(self, asked: Asked, part: Message, *, aloud: bool = False) -> Outcome:
        """By the first way that Slack does not refuse."""
        outcome: Outcome = Refused("no way there")
        in_the_room = self._to_the_room if aloud else self._in_the_room
        if self._is_slacks(asked.response_url):
            outcome = await self._by_permission(asked, part, aloud=aloud)
        for way in (in_the_room, self._direct):
            if isinstance(outcome, Refused | Halt) and (way == self._direct or asked.inbound.room):
                outcome = await way(asked, part)
        return outcome

    async def _give(self, asked: Asked, file: Download, caption: str) -> None:
        """A file, in the room between the person and the desk."""
        address = Address(PLATFORM, account=asked.inbound.account)

        async def give(*, again: datetime | None) -> Outcome:  # noqa: ARG001 - twice is better than never
            channel = await self._sender.channel_of(address)
            if not isinstance(channel, str):
                return channel
            return await self._files.give(asked.workspace, channel, file, caption)

        if not isinstance(await self._house.patience.say(address, give), Sent | Unknown):
            await self._say(asked, text_message(NOT_GIVEN.format(file.name)))

    # ---- ways ----

    async def _by_permission(self, asked: Asked, part: Message, *, aloud: bool) -> Outcome:
        """Post to the `response_url`: good for five uses in half an hour."""

        async def post(*, again: datetime | None) -> Outcome:
            written = block_kit.written(_once_more(part) if again else part)
            body = {"response_type": response_type(aloud=aloud), "replace_original": asked.turns, **written}
            try:
                async with self._session().post(
                    asked.response_url, json=body, allow_redirects=False, timeout=ClientTimeout(SECONDS)
                ) as response:
                    return of_status(response.status, response.headers.get("Retry-After", ""))
            except FAILURES as error:
                return self._workspaces.outcome(error)

        return await self._house.patience.say(_where(asked), post)

    async def _in_the_room(self, asked: Asked, part: Message) -> Outcome:
        """A message that only they see."""

        async def post(*, again: datetime | None) -> Outcome:
            try:
                client = await self._workspaces.client(asked.workspace)
                sent = await client.chat_postEphemeral(
                    channel=asked.channel,
                    user=asked.user,
                    thread_ts=asked.thread or None,
                    parse="none",
                    link_names=False,
                    **block_kit.written(_once_more(part) if again else part),
                )
            except FAILURES as error:
                return self._workspaces.outcome(error)
            return Sent(sent["message_ts"])

        return await self._house.patience.say(_where(asked), post)

    async def _to_the_room(self, asked: Asked, part: Message) -> Outcome:
        """A message that everybody there sees."""
        return await self._post(asked, Address(PLATFORM, room=asked.inbound.room, thread=asked.thread), part)

    async def _direct(self, asked: Asked, part: Message) -> Outcome:
        thread = "" if asked.inbound.room else asked.thread
        return await self._post(asked, Address(PLATFORM, account=asked.inbound.account, thread=thread), part)

    async def _post(self, asked: Asked, address: Address, part: Message) -> Outcome:
        """A message that can be looked for by a mark of its own."""
        mark = f"{asked.inbound.key}.{next(self._numbers)}"

        async def post(*, again: datetime | None) -> Outcome:
            if again and (found := await self._sender.find(address, mark, again)) is not None:
                return found
            return await self._sender.send(address, part, mark=mark)

        return await self._house.patience.say(address, post, can_look_up=True)

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
    match answer.messages:
        case (StaticMessage() as only,) if answer.question is None:
            return list(block_kit.parts(only))
    said = [block for message in answer.messages for block in message.blocks]
    label = next((message.label for message in answer.messages if message.label), None)
    body = [block for block in said if block != LabelLine(label or "")]
    fill_in = [Buttons((Button(FILL_IN, answer.question.line),))] if answer.question else []
    whole = (*([LabelLine(label)] if label else []), *body, *fill_in)
    return list(block_kit.parts(Message(whole, label))) if whole else []


def _once_more(part: Message) -> Message:
    """The same behind a line that says so."""
    label = tuple(block for block in part.blocks[:1] if isinstance(block, LabelLine))
    return Message((*label, Paragraph((Span(AGAIN),)), *part.blocks[len(label) :]), part.label)


def _where(asked: Asked) -> Address:
    """Where it was asked."""
    inbound = asked.inbound
    return Address(PLATFORM, room=inbound.room) if inbound.room else Address(PLATFORM, account=inbound.account)


def _caption(answer: Answer) -> str:
    """What a file says of itself, also where it is passed on: its label, and the first words of its answer."""
    label = next((message.label for message in answer.messages if message.label), None)
    said = (block for message in answer.messages for block in message.blocks)
    words = next((text_of(block.spans) for block in said if isinstance(block, Heading | Paragraph)), "")
    return "\n".join(filter(None, (label, words[:CAPTION_CHARACTERS])))
