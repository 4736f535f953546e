"""Sends one claimed outbox row: from the record to the platform, and how that ended.

In: a row that is ours. Out: an `Ended`; nothing is settled here, and nothing is raised for what a platform can do.
The text is composed and rendered now, against the record as it is. A row whose earlier sending ended nobody knows how
is looked for first; where the platform cannot be asked, it is said once more and says so.
Why a plain text: a broken template or a refused formatting must not silence a deadline. It goes out once, with the
reference, and the fault is in the log.
"""

import asyncio
import logging
import mimetypes
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from bot.adapters.contract import Address, ChatAdapter, Download, GivesFiles
from bot.adapters.outcome import FORMATTING, Outcome, Refused, Sent, Unknown
from bot.rendering import drawing
from bot.rendering.blocks import Block, Buttons, LabelLine, Mentions, Message, Paragraph, Span
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.kit.showing import Said
from handlers.outgoing import Composed, SentAgain, ShownFile
from storage.messages.sending import Claimed
from storage.times import TimeSource

log = logging.getLogger("rogatory.delivery")

Answered = TypeVar("Answered")

SKEW = timedelta(seconds=5)  # between our clock and the platform's, when a message is looked for
PLAINLY = "said plainly"


@dataclass(frozen=True)
class Ended:
    """How one attempt ended. `place`: where it went. `doubtful`: some of it may stand there although it is not Sent."""

    outcome: Outcome
    place: str
    doubtful: bool
    how: str = ""


class RowSender:
    """Sends rows on one platform. send_seconds: how long an answer is waited for."""

    def __init__(self, adapter: ChatAdapter, renderer: Renderer, clock: TimeSource, *, send_seconds: float) -> None:
        self._adapter, self._renderer, self._clock = adapter, renderer, clock
        self._send_seconds = send_seconds
        self._parts_said: dict[int, int] = {}  # of long messages that were interrupted, by row

    def seconds_to_certainty(self, row: Claimed) -> float:
        """How long until an earlier sending of a row has surely arrived or not, and can be looked for; 0 if it can."""
        if row.doubtful_since is None or not self._adapter.can_look_up:
            return 0.0
        certain_at = row.doubtful_since + timedelta(seconds=self._send_seconds)
        return max(0.0, (certain_at - self._clock.now()).total_seconds())

    def must_repeat(self, row: Claimed) -> bool:
        """Whether it may be there already, and the platform cannot be asked."""
        interrupted = row.id in self._parts_said
        return row.doubtful_since is not None and not self._adapter.can_look_up and not interrupted

    async def say(self, row: Claimed, composed: Composed) -> Ended:
        """Look for it where it may be there already, then send what is missing; or edit what stands there."""
        place = composed.place
        address = Address(place.platform, place.account, place.room, place.thread, place.under)
        message, how = self._message(row, composed)
        if composed.edits:
            outcome = await self._ask(self._adapter.edit(address.place, composed.edits, message))
            return Ended(outcome, address.place, doubtful=False, how=how)
        first: Sent | None = None
        for n, part in enumerate(self._adapter.parts(message)):
            if n < self._parts_said.get(row.id, 0):
                continue
            ended = await self._part(row, address, part, f"{row.id}.{n + 1}" if n else str(row.id))
            how = ended.how or how
            if not isinstance(ended.outcome, Sent):
                return replace(ended, doubtful=ended.doubtful or n > 0)
            first, self._parts_said[row.id] = first or ended.outcome, n + 1
        self.forget(row)
        await self._give_files(row, composed, address)
        return Ended(first or Sent(""), first.place if first and first.place else address.place, False, how)

    def forget(self, row: Claimed) -> None:
        """It is settled."""
        self._parts_said.pop(row.id, None)

    async def _give_files(self, row: Claimed, composed: Composed, address: Address) -> None:
        """Behind the message, which stands whatever becomes of them: a picture is not worth saying it twice."""
        if not composed.files or not isinstance(self._adapter, GivesFiles):
            return
        reader = Reader(composed.zone, composed.language, self._clock.now())
        for file in composed.files:
            content = await asyncio.to_thread(self._content, file, reader)
            if not content:
                continue
            shown = self._renderer.message(file.shows.notice, file.shows.fields, reader).plain() if file.shows else ""
            media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            download = Download(file.name, media_type, content, shows=shown)
            outcome = await self._ask(self._adapter.give_file(address, download))
            if not isinstance(outcome, Sent):
                log.warning("row %s: its file was not taken: %s", row.id, outcome)

    def _content(self, file: ShownFile, reader: Reader) -> bytes | None:
        """What is in it; a picture is drawn now. None, where that may not be shown there, or broke."""
        if file.picture is None:
            return file.content
        try:
            return drawing.draw(self._renderer, file.picture, reader, file.ceiling)
        except Exception:  # the message stands, whatever becomes of its picture
            log.exception("picture %s", file.picture.template)
            return None

    async def _part(self, row: Claimed, address: Address, part: Message, mark: str) -> Ended:
        if row.doubtful_since and self._adapter.can_look_up:
            found = await self._look_for(address, mark, row)
            if found is not None:
                return Ended(found, address.place, doubtful=True)
        outcome, how = await self._ask(self._adapter.send(address, part, mark=mark)), ""
        if isinstance(outcome, Refused) and outcome.reason == FORMATTING:
            log.error("row %s: %s refused the formatting of %s", row.id, self._adapter.name, row.notice)
            outcome, how = await self._ask(self._adapter.send(address, _plainly(part), mark=mark)), PLAINLY
        return Ended(outcome, address.place, isinstance(outcome, Unknown), how)

    async def _look_for(self, address: Address, mark: str, row: Claimed) -> Outcome | None:
        since = (row.doubtful_since or self._clock.now()) - SKEW
        return await self._ask(self._adapter.find(address, mark, since))

    async def _ask(self, call: Awaitable[Answered]) -> Answered | Unknown:
        """What the platform answered; no answer in time, and whatever breaks in an adapter, is unknown."""
        try:
            async with asyncio.timeout(self._send_seconds):
                return await call
        except TimeoutError:
            return Unknown(f"no answer in {self._send_seconds:g} s")
        except Exception as error:
            log.exception("adapter %s", self._adapter.name)
            return Unknown(f"{type(error).__name__} in the adapter")

    def _message(self, row: Claimed, composed: Composed) -> tuple[Message, str]:
        """The notices as one message, and whether that went as usual."""
        reader = Reader(composed.zone, composed.language, self._clock.now(), composed.roles)
        label = composed.label.value if composed.label else None
        again = (Said(SentAgain().template, {}),) if row.marked else ()
        try:
            said = [self._renderer.message(one.notice, one.fields, reader) for one in (*again, *composed.said)]
        except Exception:  # a broken template must not keep a deadline from its reader
            log.exception("template %s, row %s", row.notice, row.id)
            return self._renderer.bare(row.notice, {"ref": row.subject}, label), PLAINLY
        first: tuple[Block, ...] = (LabelLine(label),) if label else ()
        blocks = (block for one in said for block in one.blocks)
        if composed.place.under:  # the card above it has the buttons that fit now
            blocks = (block for block in blocks if not isinstance(block, Buttons))
        return _calling(Message((*first, *blocks), label), composed.calls), ""


def _calling(message: Message, people: Sequence[tuple[str, str]]) -> Message:
    """With a mention of who must act behind the news, so that it is in the first part of a long message."""
    news = 2 if message.label else 1
    called = (Mentions(tuple(people)),) if people else ()
    return replace(message, blocks=(*message.blocks[:news], *called, *message.blocks[news:]))


def _plainly(message: Message) -> Message:
    """The same words without any form."""
    return Message((Paragraph((Span(message.plain()),)),), message.label)
