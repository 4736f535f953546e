"""Blocks -> Telegram's text and entities. What people typed is only ever text in them.

In: neutral blocks. Out: one text, and which parts of it are bold, fixed-width, quoted. Nothing is parsed by Telegram:
no `parse_mode`, ever. It still makes links and mentions of what looks like one, so that is written fixed-width, where
it does not: `fake.page.one` stays as it is, notifies nobody, and is copied with one tap.
Offsets and lengths count UTF-16 units. Buttons are no text: `keyboard.py`.
A table that fits a phone is aligned in fixed width; a wider one becomes a list, one entry for each row.
Source: core.telegram.org/bots/api, "MessageEntity", "Formatting options" (4,096 characters of a text after entities;
1,024 of a caption; entities beyond the first 100 are left out; nothing stands inside code, and no quote in a quote).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from telegram import MessageEntity, User

from bot.rendering.blocks import (
    Block,
    Bullets,
    Buttons,
    Code,
    Divider,
    Heading,
    LabelLine,
    Mentions,
    Message,
    Paragraph,
    Quote,
    Span,
    Spans,
    Table,
    mark_of,
    once_if_static,
    text_of,
)
from bot.rendering.splitting import split

TEXT_UNITS = 4_096
CAPTION_UNITS = 1_024
ENTITIES = 100
BUTTONS = 100
TABLE_COLUMNS = 34  # characters side by side on a narrow phone
LINE = "────────"

_WORD = re.compile(r"\S+")
_LIVE = re.compile(r"@\w|://|\w\.[^\W\d_]{2,}|\d(?:\.\d{1,3}){3}")  # somewhere in a word; the last, 198.51.100.7
_ENDS = "\"'\u2019\u201d\u00bb)]}>,.;:!?\u2026"


@dataclass(frozen=True)
class Written:
    """A text as Telegram takes it."""

    text: str
    entities: tuple[MessageEntity, ...]


def units(text: str) -> int:
    """The length of a text as Telegram counts: characters beyond the first plane are two."""
    return len(text) + sum(character > "\uffff" for character in text)


def write(blocks: Iterable[Block]) -> Written:
    """The text of blocks with a blank line between them, and its entities."""
    pen = _Pen()
    for block in _shown(blocks):
        pen.gap()
        _BLOCKS[type(block)](pen, block)
    return Written("".join(pen.pieces), tuple(pen.entities))


@once_if_static
def parts(message: Message, limit_units: int = TEXT_UNITS) -> tuple[Message, ...]:
    """The message in as many as Telegram takes each at once; most are one. None of them is without a text."""
    pieces: list[tuple[Block, ...]] = []
    written = lru_cache(maxsize=1)(write)  # of a part that is tried: its length is asked, and then whether it is taken

    def text(blocks: Sequence[Block]) -> str:
        return written(tuple(blocks)).text

    def is_taken(blocks: Sequence[Block]) -> bool:
        return _is_taken(blocks, written(tuple(blocks)))

    for part in split(message.blocks, limit_units, units, text, is_taken=is_taken):
        if pieces and not write(part[1:] if isinstance(part[0], LabelLine) else part).text:
            pieces[-1] += tuple(block for block in part if isinstance(block, Buttons))  # buttons need a text
        else:
            pieces.append(part)
    return (message,) if pieces == [message.blocks] else tuple(Message(piece, message.label) for piece in pieces)


def _is_taken(blocks: Sequence[Block], written: Written) -> bool:
    """Whether none of its entities and buttons is beyond what Telegram takes: it leaves the others out unsaid."""
    buttons = sum(len(block.buttons) for block in blocks if isinstance(block, Buttons))
    return buttons <= BUTTONS and len(written.entities) <= ENTITIES


def _shown(blocks: Iterable[Block]) -> Iterator[Block]:
    return (block for block in blocks if not isinstance(block, Buttons))


# ---- the pen ---------------------------------------------------------------------------------------------------------


@dataclass
class _Pen:
    """Text under way, and how far it is in UTF-16 units."""

    pieces: list[str] = field(default_factory=list)
    entities: list[MessageEntity] = field(default_factory=list)
    at: int = 0

    def put(self, text: str, *styles: str) -> None:
        """Write, in these styles."""
        with self.styled(*styles):
            self.pieces.append(text)
            self.at += units(text)

    def gap(self) -> None:
        """A blank line, unless nothing stands before it."""
        if self.at:
            self.put("\n\n")

    @contextmanager
    def styled(self, *styles: str) -> Iterator[None]:
        """Whatever is written meanwhile has these styles."""
        start, first = self.at, len(self.entities)
        yield
        if self.at > start:  # the outer before the inner, as Telegram orders them
            self.entities[first:first] = [MessageEntity(style, start, self.at - start) for style in styles]

    def spans(self, spans: Spans, *, bold: bool = False) -> None:
        """Runs of text; what looks like a link or a mention, and what is code, in fixed width and no other style."""
        for span in spans:
            styles = [
                style
                for style, wanted in (
                    (MessageEntity.BOLD, span.bold or bold),
                    (MessageEntity.ITALIC, span.italic),
                    (MessageEntity.STRIKETHROUGH, span.strike),
                )
                if wanted
            ]
            for text, fixed in [(span.text, True)] if span.code else _around_live(span.text):
                self.put(text, *([MessageEntity.CODE] if fixed else styles))


def _around_live(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces: (piece, whether Telegram would make something of it)."""
    at = 0
    for found in _WORD.finditer(text):
        end = found.start() + len(found[0].rstrip(_ENDS))
        if end > found.start() and _LIVE.search(found[0]):
            if found.start() > at:
                yield text[at : found.start()], False
            yield text[found.start() : end], True
            at = end
    if at < len(text):
        yield text[at:], False


# ---- one block -------------------------------------------------------------------------------------------------------


def _label(pen: _Pen, block: LabelLine) -> None:
    pen.put(block.text, MessageEntity.BOLD)


def _heading(pen: _Pen, block: Heading) -> None:
    pen.spans(block.spans, bold=True)


def _paragraph(pen: _Pen, block: Paragraph) -> None:
    pen.spans(block.spans)


def _bullets(pen: _Pen, block: Bullets) -> None:
    """An entry that can be opened has a number, which is on its button, too (`keyboard.py`)."""
    number = 0
    for position, item in enumerate(block.items):
        number += item.button is not None
        pen.put(("\n" if position else "") + (f"{number}. " if item.button else mark_of(item)))
        pen.spans(item.spans)


def _quote(pen: _Pen, block: Quote) -> None:
    with pen.styled(MessageEntity.BLOCKQUOTE):
        for position, inner in enumerate(_shown(block.blocks)):
            if position:
                pen.put("\n")
            if isinstance(inner, Quote):
                pen.put(write(inner.blocks).text)  # no quote stands in a quote
            else:
                _BLOCKS[type(inner)](pen, inner)


def _code(pen: _Pen, block: Code) -> None:
    pen.put(block.text, MessageEntity.PRE)


def _mentions(pen: _Pen, block: Mentions) -> None:
    """By the account, so that their phone rings whether they have a name on Telegram or not."""
    for position, (name, account) in enumerate(block.people):
        pen.put(", " if position else "")
        start = pen.at
        pen.put(name)
        if account:
            user = User(int(account), name, is_bot=False)
            pen.entities.append(MessageEntity(MessageEntity.TEXT_MENTION, start, pen.at - start, user=user))


def _rule(pen: _Pen, _: Divider) -> None:
    pen.put(LINE)


def _table(pen: _Pen, block: Table) -> None:
    rows = [[text_of(cell) for cell in row] for row in (block.header, *block.rows)]
    widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
    if block.rows and sum(widths) + 2 * (len(widths) - 1) > TABLE_COLUMNS:
        _as_list(pen, block)
        return
    pads = [_PADS[align] for align in block.align]
    lines = (
        "  ".join(pad(text, width) for pad, text, width in zip(pads, row, widths, strict=True)).rstrip() for row in rows
    )
    pen.put("\n".join(lines), MessageEntity.PRE)


def _as_list(pen: _Pen, table: Table) -> None:
    for position, row in enumerate(table.rows):
        pen.put("\n" * (position > 0) + "▪ ")
        first, *others = row
        pen.spans(first or (Span("-"),), bold=True)
        for name, cell in zip(table.header[1:], others, strict=True):
            if text_of(cell).strip():
                pen.put(f"\n   {text_of(name)}: " if text_of(name) else "\n   ")
                pen.spans(cell)


def _columns(text: str) -> int:
    """How wide a text is in fixed width: two for East Asian letters, none for marks that stand on others."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _left(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _columns(text)) + text


def _center(text: str, width: int) -> str:
    return _left(_right(text, _columns(text) + (width - _columns(text)) // 2), width)


_PADS: dict[str, Callable[[str, int], str]] = {"left": _left, "right": _right, "center": _center}
_BLOCKS: dict[type[Block], Callable[..., None]] = {
    LabelLine: _label,
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    Quote: _quote,
    Code: _code,
    Divider: _rule,
    Mentions: _mentions,
    Table: _table,
}
