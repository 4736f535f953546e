"""Sends to Telegram: one message, to a person or a room, and how that ended.

In: an address and a neutral message. Out: an outcome; nothing is tried twice here.
Telegram cannot be asked what stands in a chat, so an unknown outcome stays unknown: delivery says it once more, marked.
A person is written to in the chat between them and the bot, whose id is theirs; it exists once they have written first.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from telegram import InputFile, LinkPreviewOptions, ReplyParameters
from telegram import Message as Posted
from telegram.error import BadRequest

from bot.adapters.contract import Address, Download
from bot.adapters.outcome import Fetched, Outcome, Refused, Sent, TooBig
from bot.adapters.telegram import entities
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.entities import Written
from bot.adapters.telegram.keyboard import Keyboards, Rows
from bot.adapters.telegram.outcomes import FAILURES, outcome_of
from bot.adapters.telegram.pictures import is_picture
from bot.adapters.telegram.wire import PLATFORM
from bot.rendering.blocks import Message, Paragraph, Span, once_if_static

FILE_SECONDS = 60.0  # for one file, either way
TOO_BIG = "file is too big"
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
NO_TEXT = "·"  # a message of buttons alone; Telegram takes none without a text


class TelegramSender:
    """Posts and edits messages with one bot token."""

    name = PLATFORM
    can_look_up = False
    sources = ""

    def __init__(self, client: Client, keyboards: Keyboards) -> None:
        self._client, self._keyboards = client, keyboards

    def parts(self, message: Message) -> tuple[Message, ...]:
        """The message in as many as Telegram's limits ask for; most are one."""
        return entities.parts(message)

    async def send(self, address: Address, message: Message, *, mark: str = "") -> Outcome:  # noqa: ARG002 - nothing can be kept with a message
        """Post it, in the forum topic where the address has one, as a reply to the message it belongs to."""
        answers = int(address.under or 0)
        return await self.post(int(address.place), message, thread=address.thread, answers=answers)

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

    async def give_file(self, address: Address, file: Download) -> Outcome:
        """A file in a chat, or in a forum topic of it, under the words of what it shows."""
        caption = Message((Paragraph((Span(file.shows),)),) if file.shows else (), None)
        chat, picture = int(address.place), is_picture(file.content)
        return await self.give(chat, file, caption, picture=picture, thread=address.thread)

    async def give(
        self, chat: int, file: Download, caption: Message, *, picture: bool = False, thread: str = ""
    ) -> Outcome:
        """A file, as a document, of which Telegram makes nothing; or as a picture, to be looked at."""
        sent_as = InputFile(file.content, filename=file.name, attach=True)
        written = _written(entities.parts(caption, entities.CAPTION_UNITS)[0])
        caption_of: dict[str, Any] = {"caption": written.text, "caption_entities": written.entities}
        caption_of["message_thread_id"] = int(thread) if thread else None
        send: Callable[..., Awaitable[Posted]] = self._client.send_photo
        if not picture:
            send = partial(self._client.send_document, disable_content_type_detection=True)
        try:
            sent = await send(chat, sent_as, **caption_of, write_timeout=FILE_SECONDS, read_timeout=FILE_SECONDS)
        except FAILURES as error:
            return outcome_of(error)
        return Sent(str(sent.message_id), place=str(chat))

    async def fetch(self, source: str, *, most_bytes: int) -> Fetched | TooBig | Outcome:
        """A file that somebody sent. Telegram gives bots 20 MB at most, and says so when it is asked for more."""
        try:
            file = await self._client.get_file(source)
            if (file.file_size or 0) > most_bytes:
                return TooBig()
            content = bytes(await file.download_as_bytearray(read_timeout=FILE_SECONDS))
        except BadRequest as error:
            return TooBig() if TOO_BIG in error.message.casefold() else outcome_of(error)
        except FAILURES as error:
            return outcome_of(error)
        return TooBig() if len(content) > most_bytes else Fetched(content)

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


@once_if_static
def _written(message: Message) -> Written:
    written = entities.write(message.blocks)
    return written if written.text.strip() else Written(NO_TEXT, ())
