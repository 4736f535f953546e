"""Sends to Slack: one message, to a person or a room, and how that ended.

In: an address and a neutral message. Out: an outcome; nothing is tried twice here, and `slack_sdk` is told not to.
Every post carries our mark as message metadata, so that a message nobody knows the fate of is found again.
A person is written to in the room between them and the desk, which Slack opens and names; it is remembered.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.contract import Address
from bot.adapters.outcome import Outcome, Sent
from bot.adapters.slack import block_kit
from bot.adapters.slack.outcomes import FAILURES
from bot.adapters.slack.wire import PLATFORM
from bot.adapters.slack.workspaces import Workspaces
from bot.rendering.blocks import Message

EVENT_TYPE = "rogatory_notice"
MARK = "outbox_id"
PAGE, PAGES = 200, 10  # of history, when a message is looked for: those of one doubtful moment fit many times
QUIET: Mapping[str, Any] = {"parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}
"""Slack makes nothing of the text: no link, no mention, no preview."""


class SlackSender:
    """Posts, edits and finds messages, each in the name of the workspace it is for."""

    name = PLATFORM
    can_look_up = True

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._rooms: dict[str, str] = {}  # between a person and the desk, by account

    def parts(self, message: Message) -> tuple[Message, ...]:
        """The message in as many as Slack's limits ask for; most are one."""
        return block_kit.parts(message)

    async def send(self, address: Address, message: Message, *, mark: str = "") -> Outcome:
        """Post it, in the thread where the address has one, or of the message it belongs to."""
        marked = {"event_type": EVENT_TYPE, "event_payload": {MARK: mark}} if mark else None
        team, _, known_as = address.place.partition("/")
        channel = self._rooms.get(address.account, known_as) if not address.room else known_as
        try:
            client = await self._workspaces.client(team)
            sent = await client.chat_postMessage(
                channel=channel,
                thread_ts=_thread(address) or None,
                metadata=marked,
                **block_kit.written(message),
                **QUIET,
            )
        except FAILURES as error:
            return self._workspaces.outcome(error)
        if not address.room:
            self._rooms[address.account] = sent["channel"]
        return Sent(sent["ts"], place=f"{team}/{sent['channel']}")

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:
        """Replace the message that stands there; of a long one, what one message holds."""
        team, _, channel = place.partition("/")
        first, *_ = self.parts(message)
        try:
            client = await self._workspaces.client(team)
            await client.chat_update(
                channel=channel, ts=message_id, parse="none", link_names=False, **_for_update(first)
            )
        except FAILURES as error:
            return self._workspaces.outcome(error)
        return Sent(message_id, place=f"{team}/{channel}")

    async def find(self, address: Address, mark: str, since: datetime) -> Outcome | None:
        """The message with our mark, by the history of the room or of the thread; None where there is none."""
        team = address.place.partition("/")[0]
        try:
            client = await self._workspaces.client(team)
            channel = await self._channel(client, address)
            async for message in self._history(client, channel, _thread(address), since):
                payload = message.get("metadata", {}).get("event_payload", {})
                if payload.get(MARK) == mark:
                    return Sent(message["ts"], place=f"{team}/{channel}")
        except FAILURES as error:
            return self._workspaces.outcome(error)
        return None

    async def channel_of(self, address: Address) -> str | Outcome:
        """The room at an address; between a person and the desk it is opened."""
        try:
            return await self._channel(await self._workspaces.client(address.place.partition("/")[0]), address)
        except FAILURES as error:
            return self._workspaces.outcome(error)

    async def _channel(self, client: AsyncWebClient, address: Address) -> str:
        if address.room:
            return address.room.partition("/")[2]
        if address.account not in self._rooms:
            opened = await client.conversations_open(users=address.account.partition("/")[2])
            self._rooms[address.account] = opened["channel"]["id"]
        return self._rooms[address.account]

    async def _history(
        self, client: AsyncWebClient, channel: str, thread: str, since: datetime
    ) -> AsyncIterator[Mapping[str, Any]]:
        cursor: str | None = None
        for _ in range(PAGES):
            asked: dict[str, Any] = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "cursor": cursor}
            asked |= {"include_all_metadata": True, "limit": PAGE}
            page = (
                await client.conversations_replies(ts=thread, **asked)
                if thread
                else await client.conversations_history(**asked)
            )
            for message in page["messages"]:
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def _thread(address: Address) -> str:
    return address.under or address.thread


def _for_update(message: Message) -> dict[str, Any]:
    """An edit without blocks takes the old ones away; Slack wants that said."""
    return {"blocks": [], **block_kit.written(message)}
