"""The way out to Telegram: one message, to a person or a room, and how that ended.

In: an address and a neutral message. Out: an outcome; nothing is tried twice here.
Telegram cannot be asked what stands in a chat, so an unknown outcome stays unknown: delivery says it once more, marked.
A person is written to in the chat between them and the bot, whose id is theirs; it exists once they have written first.
"""

from datetime import datetime

from telegram import LinkPreviewOptions, ReplyParameters
from telegram import Message as Posted

from bot.adapters.base import Address, Outcome, Refused, Sent
from bot.adapters.telegram import entities
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.entities import Written
from bot.adapters.telegram.keyboard import Keyboards, Rows
from bot.adapters.telegram.outcomes import FAILURES, outcome_of
from bot.adapters.telegram.wire import PLATFORM
from bot.render import Message

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
NO_TEXT = "·"  # a message of buttons alone; Telegram takes none without a text


class Sender:
    """Posts and edits messages with one bot token."""

    name = PLATFORM
    can_look_up = False

    def __init__(self, client: Client, keyboards: Keyboards) -> None:
        self._client, self._keyboards = client, keyboards

    def parts(self, message: Message) -> tuple[Message, ...]:
        """The message in as many as Telegram's limits ask for; most are one."""
        return entities.parts(message)

    async def send(self, address: Address, message: Message, *, mark: str = "") -> Outcome:  # noqa: ARG002 - nothing can be kept with a message
        """Post it, in the forum topic where the address has one."""
        return await self.post(int(address.place), message, thread=address.thread)

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:
        """Replace the message that stands there; of a long one, what one message holds."""
        return await self.change(int(place), int(message_id), message)

    async def find(self, address: Address, mark: str, since: datetime) -> Outcome | None:  # noqa: ARG002 - the contract's
        """Telegram cannot be asked."""
        return Refused("telegram cannot be asked", fallback=False)

    async def post(
        self, chat: int, message: Message, *, thread: str = "", answers: int = 0, more: Rows = ()
    ) -> Outcome:
        """A new message. answers: the message it belongs to, where that still stands. more: rows below its buttons."""
        written = _written(message)
        try:
            sent: Posted = await self._client.send_message(
                chat,
                written.text,
                entities=written.entities,
                message_thread_id=int(thread) if thread else None,
                reply_parameters=ReplyParameters(answers, allow_sending_without_reply=True) if answers else None,
                reply_markup=await self._keyboards.of(message.blocks, more),
                link_preview_options=NO_PREVIEW,
            )
        except FAILURES as error:
            return outcome_of(error)
        return Sent(str(sent.message_id), place=str(chat))

    async def change(self, chat: int, message_id: int, message: Message, *, more: Rows = ()) -> Outcome:
        """Another text and keyboard for a message of ours."""
        first, *_ = self.parts(message)
        written = _written(first)
        try:
            await self._client.edit_message_text(
                written.text,
                chat,
                message_id,
                entities=written.entities,
                reply_markup=await self._keyboards.of(first.blocks, more),
                link_preview_options=NO_PREVIEW,
            )
        except FAILURES as error:
            return outcome_of(error, str(message_id))
        return Sent(str(message_id), place=str(chat))


def _written(message: Message) -> Written:
    written = entities.write(message.blocks)
    return written if written.text.strip() else Written(NO_TEXT, ())
