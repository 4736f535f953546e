"""Posts answers to whoever asked: where they asked; in a group only what the group may see.

In: an `Answer` and the event it is for. Out: one message in Telegram; a long one is paged in place, and each page is
read from the record as it is when it is turned. What a group may not see goes to the private chat, and where that does
not exist yet, the group gets a line that opens it.
An answer is paced and tried again by the house; one whose fate nobody knows is said once more and says so. Of what
could not be said to whoever asked, the house is told.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime

from telegram import InlineKeyboardButton
from telegram.error import TelegramError

from bot.adapters.contract import Address, Answer, Download, Inbound, Upload
from bot.adapters.house import House, Remembers
from bot.adapters.outcome import FORMATTING, Moved, Outcome, Refused, Sent
from bot.adapters.telegram import entities, texts
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.keyboard import Rows, button, fingerprint, link
from bot.adapters.telegram.pictures import is_picture
from bot.adapters.telegram.sender import TelegramSender
from bot.adapters.telegram.wire import FORM, PLATFORM, Me, Pressed, Typed, Where
from bot.rendering.blocks import Block, Buttons, LabelLine, Message, Paragraph, Span, StaticMessage, plain

log = logging.getLogger("rogatory.telegram")

PAGE = "p:"  # how the data of a pager's button begins
PAGES_SECONDS = 7 * 86_400.0
TOAST_CHARACTERS = 200
_PREFIX = "telegram:pages:"

Try = Callable[[Message], Awaitable[Outcome]]


class TelegramAnswers:
    """Posts answers for one bot."""

    def __init__(self, client: Client, sender: TelegramSender, memory: Remembers, me: Me, house: House) -> None:
        self._client, self._sender, self._memory, self._me, self._house = client, sender, memory, me, house

    async def show(self, event: Typed | Pressed, answer: Answer, *, turns: bool = False) -> None:
        """Say it where it was asked, or to the person alone; files to the person alone.

        turns: in place of the message whose button asked for it, where the answer may stand there.
        """
        if not answer.messages:
            return
        pages = pages_of(answer)
        more = await self._pager(event.inbound, 0, len(pages), reads=answer.reads)
        if answer.private and not event.where.direct:
            outcome = await self.in_private(event, pages[0], more)
        elif turns and (turned := await self._turned(event.where, pages[0], more)):
            outcome = turned
        else:
            outcome = await self.say(event.where, pages[0], more)
        if not isinstance(outcome, Sent):
            await self._house.unsaid(event.inbound)
            return
        if answer.card and len(pages) == 1 and outcome.message_id and self._house.services:
            place = outcome.place or str(event.where.chat)
            await self._house.services.stands(PLATFORM, answer.card, place, outcome.message_id)
        for file in answer.files:
            await self._give(int(event.inbound.account), file, first_words(answer))

    async def _turned(self, where: Where, page: Message, more: Rows) -> Outcome | None:
        """In place of what stands there; None where it is too old to be changed, or gone."""
        outcome = await self._sender.change(where.chat, where.message_id, page, more=more)
        return None if isinstance(outcome, Refused) else outcome

    async def say(self, where: Where, message: Message, more: Rows = ()) -> Outcome:
        """A message under the one it belongs to."""

        async def post(said: Message) -> Outcome:
            answers = 0 if where.direct else where.message_id
            return await self._sender.post(where.chat, said, thread=where.thread, answers=answers, more=more)

        outcome = await self.patiently(_at(where), post, message)
        if isinstance(outcome, Moved):
            return await self.say(replace(where, chat=int(outcome.room)), message, more)
        return outcome

    async def in_private(self, event: Typed | Pressed, message: Message, more: Rows = ()) -> Outcome:
        """To the person alone; where they have not let us write yet, the group gets a line that lets them."""
        person = int(event.inbound.account)
        outcome = await self.to_person(person, message, more)
        if isinstance(outcome, Refused):
            await self.invite(event.where, texts.CANNOT_WRITE)
        return outcome

    async def to_person(self, person: int, message: Message, more: Rows = ()) -> Outcome:
        """A message in the chat between somebody and the bot."""
        return await self.patiently(_alone(person), lambda said: self._sender.post(person, said, more=more), message)

    async def _give(self, person: int, file: Download, caption: Message) -> None:
        """A file to a person alone, in the chat that the message before it has just reached.

        What is a picture comes as one; a paper of a case, and what Telegram does not take as a picture, as a document.
        """
        outcome: Outcome | None = None
        if is_picture(file.content):
            outcome = await self._give_as(person, file, caption, picture=True)
        if file.paper or not isinstance(outcome, Sent):
            said = message(texts.THE_VERY_FILE.format(file.name)) if isinstance(outcome, Sent) else caption
            outcome = await self._give_as(person, file, _labelled(caption, said), picture=False)
        if not isinstance(outcome, Sent):
            log.warning("a file: %s", outcome)
            await self.to_person(person, message(texts.NO_FILE.format(file.name)))

    async def _give_as(self, person: int, file: Download, caption: Message, *, picture: bool) -> Outcome:
        async def once(*, again: datetime | None) -> Outcome:
            del again  # twice is better than never
            return await self._sender.give(person, file, caption, picture=picture)

        return await self._house.patience.say(_alone(person), once)

    async def invite(self, where: Where, words: str) -> Outcome:
        """A line in the group, with a button that opens the private chat and goes on there."""
        url = f"https://t.me/{self._me.username}?start={FORM}"
        return await self.say(where, message(words), [[link(texts.OPEN_CHAT, url)]])

    async def turn(self, pressed: Pressed, replay: Callable[[Inbound], Awaitable[Answer]]) -> str:
        """Another page of a long answer. The toast to show, if any."""
        _, number, key = pressed.data.split(":", 2)
        kept = await self._memory.recall(_PREFIX + key)
        if kept is None:
            return texts.TOO_OLD
        values = dict(kept.value)
        reads = values.pop("reads", False)
        asked = Inbound(**{**values, "files": tuple(Upload(**one) for one in values.get("files", ()))})
        if asked.account != pressed.inbound.account:
            if not reads:
                return texts.NOT_YOURS
            asked = replace(pressed.inbound, text=asked.text)
        answer = await replay(asked)
        pages = pages_of(answer)
        n = min(int(number), len(pages) - 1)
        more = await self._pager(asked, n, len(pages), reads=answer.reads)
        if answer.private and not pressed.where.direct:
            await self.in_private(pressed, pages[n], more)
            return texts.IN_PRIVATE
        await self._sender.change(pressed.where.chat, pressed.where.message_id, pages[n], more=more)
        return ""

    async def toast(self, pressed: Pressed, words: str = "", *, alert: bool = False) -> None:
        """The short answer that every button gets; Telegram takes it for some seconds only."""
        cut = words if len(words) <= TOAST_CHARACTERS else words[: TOAST_CHARACTERS - 1].rstrip() + "…"
        try:
            await self._client.answer_callback_query(pressed.query_id, cut or None, show_alert=alert)
        except TelegramError as error:
            log.info("a button was not answered: %s", error.message)

    async def patiently(self, place: Address, attempt: Try, said: Message) -> Outcome:
        """Try until it is known to have arrived or never will."""

        async def once(*, again: datetime | None) -> Outcome:
            whole = _with_line(texts.AGAIN, said) if again else said
            outcome = await attempt(whole)
            if isinstance(outcome, Refused) and outcome.reason == FORMATTING and len(whole.blocks) > 1:
                log.error("Telegram refused the formatting of an answer")
                outcome = await attempt(message(whole.plain()[: entities.TEXT_UNITS // 2]))
            return outcome

        outcome = await self._house.patience.say(place, once)
        if not isinstance(outcome, Sent | Moved):
            log.warning("an answer: %s", outcome)
        return outcome

    async def _pager(self, asked: Inbound, n: int, count: int, *, reads: bool) -> Rows:
        """The row that turns pages; what was asked is kept, so that each page is read anew.

        reads: a colleague may turn them, too, and reads what they may see.
        """
        if count == 1:
            return ()
        key = fingerprint(f"{asked.key}\n{asked.text}")
        await self._memory.remember({_PREFIX + key: asdict(asked) | {"reads": reads}}, seconds=PAGES_SECONDS)
        row: list[InlineKeyboardButton] = []
        if n:
            row.append(button(texts.EARLIER, f"{PAGE}{n - 1}:{key}"))
        row.append(button(f"{n + 1}/{count}", f"{PAGE}{n}:{key}"))
        if n + 1 < count:
            row.append(button(texts.LATER, f"{PAGE}{n + 1}:{key}"))
        return [row]


def _at(where: Where) -> Address:
    return _alone(where.chat) if where.direct else Address(PLATFORM, room=str(where.chat), thread=where.thread)


def _alone(person: int) -> Address:
    return Address(PLATFORM, account=str(person))


def message(words: str, *blocks: Block) -> Message:
    """A message of one paragraph, and what stands below it."""
    return Message((Paragraph((Span(words),)), *blocks), None)


def joined(answer: Answer) -> Message:
    """All that an answer says as one message, its label once."""
    match answer.messages:
        case (StaticMessage() as only,):
            return only
    label = next((one.label for one in answer.messages if one.label), None)
    blocks = tuple(block for one in answer.messages for block in one.blocks if not isinstance(block, LabelLine))
    return Message((*((LabelLine(label),) if label else ()), *blocks), label)


def first_words(answer: Answer) -> Message:
    """The label and the first block of an answer, to stand under its files."""
    whole = joined(answer)
    block = next((one for one in whole.blocks if not isinstance(one, LabelLine | Buttons)), None)
    return _labelled(whole, Message((block,) if block else (), None))


def _labelled(whole: Message, said: Message) -> Message:
    """What is said, under the label of a message."""
    label = tuple(block for block in whole.blocks[:1] if isinstance(block, LabelLine))
    rest = tuple(block for block in said.blocks if not isinstance(block, LabelLine))
    return Message((*label, *rest), whole.label)


def pages_of(answer: Answer) -> tuple[Message, ...]:
    """An answer in pieces that Telegram takes."""
    return entities.parts(joined(answer))


def words_of(answer: Answer) -> str:
    """The sentences of an answer, for a toast."""
    return " ".join(plain(block for one in answer.messages for block in one.blocks if _is_read(block)).split())


def _is_read(block: Block) -> bool:
    return isinstance(block, Paragraph)


def _with_line(words: str, said: Message) -> Message:
    label = tuple(block for block in said.blocks[:1] if isinstance(block, LabelLine))
    return replace(said, blocks=(*label, Paragraph((Span(words),)), *said.blocks[len(label) :]))
