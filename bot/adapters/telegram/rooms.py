"""Whether the bot is in a group and may write there, for what the desk wants to say in it later.

In: the chat of a message. Out: yes, no, or None where Telegram does not say so in time. Asked once for each group, and
again when Telegram says that something about it changed, or after a while: what a whole group may do comes unsaid.
Source: core.telegram.org/bots/api, "ChatMember", "ChatPermissions", "getChat".
"""

import asyncio
import time

from telegram.constants import ChatMemberStatus
from telegram.error import Forbidden, TelegramError

from bot.adapters.telegram.client import Client

KNOWN_SECONDS = 300.0
ASK_SECONDS = 2.0  # a message waits so long for what Telegram says

OF_THE_STAFF = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


class Rooms:
    """What one bot may do in its groups."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known = dict[int, tuple[float, bool]]()

    async def may_write(self, chat: int) -> bool | None:
        """Whether the bot is there and can be heard."""
        until, known = self._known.get(chat, (0.0, False))
        if time.monotonic() < until:
            return known
        try:
            async with asyncio.timeout(ASK_SECONDS):
                found = await self._asked(chat)
        except Forbidden:
            found = False  # thrown out
        except (TelegramError, TimeoutError, ValueError):
            return None
        self._known[chat] = (time.monotonic() + KNOWN_SECONDS, found)
        return found

    def forget(self, chat: int) -> None:
        """Something about it changed."""
        self._known.pop(chat, None)

    async def _asked(self, chat: int) -> bool:
        member = await self._client.asked("getChatMember", chat_id=chat, user_id=self._client.id)
        if member.get("status") in OF_THE_STAFF:
            return True
        if member.get("status") == ChatMemberStatus.RESTRICTED:
            return bool(member.get("is_member") and member.get("can_send_messages"))
        everybody = (await self._client.asked("getChat", chat_id=chat)).get("permissions", {})
        return member.get("status") == ChatMemberStatus.MEMBER and everybody.get("can_send_messages", True) is not False
