"""Unfolding: what a button does to its own message before anything is said to the desk.

In: a pressed button that opens a second keyboard, or that is asked once more. Out: the same message with the other
keyboard, or turned into the question, with a way back to what stood there. It changes nothing on record.
"""

from telegram import InlineKeyboardMarkup, MessageEntity
from telegram.error import TelegramError

from bot.adapters.house import Remembers
from bot.adapters.telegram import texts
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.keyboard import ASKS, KEPT_SECONDS, MAIN, MENU, Keyboards, button, fingerprint
from bot.adapters.telegram.sender import NO_PREVIEW
from bot.adapters.telegram.wire import Pressed

BACK = "!"  # how the data of the button begins that takes a question back
BEGINNINGS = (MENU, MAIN, ASKS, BACK)
_PREFIX = "telegram:asked:"


class Unfolding:
    """For the messages of one bot."""

    def __init__(self, client: Client, keyboards: Keyboards, memory: Remembers) -> None:
        self._client, self._keyboards, self._memory = client, keyboards, memory

    async def press(self, pressed: Pressed) -> str:
        """Do it. The toast to show, if any."""
        try:
            if pressed.data.startswith(ASKS):
                done = await self._ask(pressed)
            elif pressed.data.startswith(BACK):
                done = await self._take_back(pressed)
            else:
                done = await self._swap(pressed)
        except TelegramError:
            return texts.TOO_OLD
        return "" if done else texts.TOO_OLD

    async def _swap(self, pressed: Pressed) -> bool:
        """One keyboard for the other."""
        keyboard = await self._keyboards.other(pressed.data)
        if keyboard is None:
            return False
        where = pressed.where
        await self._client.edit_message_reply_markup(where.chat, where.message_id, reply_markup=keyboard)
        return True

    async def _ask(self, pressed: Pressed) -> bool:
        """The question in place of the message, which is kept; how it begins still stands above."""
        found = await self._keyboards.question(pressed.data)
        if found is None:
            return False
        asks, yes = found
        key = fingerprint(f"{pressed.where.chat}:{pressed.where.message_id}")
        await self._memory.remember({_PREFIX + key: pressed.message}, seconds=KEPT_SECONDS)
        rows = [
            [button(texts.YES.format(yes.label), await self._keyboards.data(yes.line, turns=True))],
            [button(texts.NO, BACK + key)],
        ]
        where = pressed.where
        await self._client.edit_message_text(
            f"{_about(pressed.message.get('text', ''))}{asks}",
            where.chat,
            where.message_id,
            reply_markup=InlineKeyboardMarkup(rows),
            link_preview_options=NO_PREVIEW,
        )
        return True

    async def _take_back(self, pressed: Pressed) -> bool:
        """The message as it stood."""
        kept = await self._memory.recall(_PREFIX + pressed.data.removeprefix(BACK))
        if kept is None:
            return False
        before, where = kept.value, pressed.where
        await self._client.edit_message_text(
            before["text"],
            where.chat,
            where.message_id,
            entities=[MessageEntity.de_json(one, None) for one in before["entities"]],
            reply_markup=InlineKeyboardMarkup.de_json(before["keyboard"], None),
            link_preview_options=NO_PREVIEW,
        )
        return True


def _about(text: str) -> str:
    """The label of a message and which record it is of: in a group, others read the question and may answer it."""
    first, *rest = text.split("\n\n")
    begins = [first] if " " in first else [first, *rest[:1]]
    return "".join(f"{part}\n\n" for part in begins if part)
