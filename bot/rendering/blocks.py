"""The blocks of a message, the same for every platform.

In: what `markdown.py` read from a template. Out: adapters turn blocks into Slack rich text and tables, Telegram text
and entities, or terminal styling; `plain` is the text for whoever can show nothing else. `splitting.py` divides a long
message.

Text in a block is text: nobody may parse it again, whatever it looks like. It is cleaned (`markdown.clean`). A line
feed in it is a line break, and stands only in paragraphs, list items and code. Only cells and items may be empty, and
a table may have no rows.
Why no links: a message shows references and commands; an address that somebody typed is never made clickable.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Concatenate, Literal, ParamSpec, TypeVar

Align = Literal["left", "center", "right"]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    strike: bool = False


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class LabelLine:
    """The TLP label: the first line of a message, and of each part of a split one."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """One line; level 1 is the title of the message."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Button:
    """A button that stands for a command. `line` is the whole command without a slash; `label` is never empty.

    `more`: it stands in the menu behind the others. `asks`: what is asked once more before the line is sent.
    `turns`: its answer takes the place of the message it stands under, where the same people may read it.
    """

    label: str
    line: str
    more: bool = False
    asks: str = ""
    turns: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list. indent: 0 for the outer list; number: None for a bullet; button: what opens the entry."""

    spans: Spans
    indent: int = 0
    number: int | None = None
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; nested lists stand flat, one after the other, with their indent."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has as many cells as the header; `align` has one entry for each column."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    align: tuple[Align, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of somebody else."""

    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text in a fixed width, lines as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons side by side."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who must act, called so that their phone rings: (name, the account on the platform it is shown on)."""

    people: tuple[tuple[str, str], ...]


Block = LabelLine | Heading | Paragraph | Bullets | Table | Quote | Code | Divider | Buttons | Mentions


def text_of(spans: Iterable[Span]) -> str:
    """The words without their styles."""
    return "".join(span.text for span in spans)


def mark_of(item: Item) -> str:
    """What stands before an item: its indent, then "• " or "3. "."""
    return "   " * item.indent + ("• " if item.number is None else f"{item.number}. ")


def plain(blocks: Iterable[Block]) -> str:
    """The message as text alone: a blank line between blocks, cells parted by " | ", buttons as the command to type."""
    return "\n\n".join(_plain(block) for block in blocks)


def _plain(block: Block) -> str:
    match block:
        case Heading() | Paragraph():
            text = text_of(block.spans)
        case Bullets():
            text = "\n".join(mark_of(item) + text_of(item.spans) for item in block.items)
        case Table():
            text = "\n".join(" | ".join(map(text_of, row)) for row in (block.header, *block.rows))
        case Quote():
            text = "\n".join(f"> {line}" if line else ">" for line in plain(block.blocks).split("\n"))
        case Buttons():
            text = "\n".join(f"→ {button.line} ({button.label})" for button in block.buttons)
        case Divider():
            text = "---"
        case Mentions():
            text = ", ".join(name for name, _ in block.people)
        case LabelLine() | Code():
            text = block.text
    return text


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready for any platform. Its first block is the label, where it has one."""

    blocks: tuple[Block, ...]
    label: str | None

    def plain(self) -> str:
        """The text for a platform that refuses everything else."""
        return plain(self.blocks)


class StaticMessage(Message):
    """A message of no record, without a label, that always reads the same: one object for all who read it."""

    __slots__ = ()
    __eq__, __hash__ = object.__eq__, object.__hash__


def once_if_static(make: Callable[Concatenate[Message, P], T]) -> Callable[Concatenate[Message, P], T]:
    """Have what is made of a static message made once. Of others nothing is kept: they hold what is on record."""
    kept = lru_cache(maxsize=1_000)(make)

    @wraps(make)
    def write(message: Message, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if isinstance(message, StaticMessage):
            return kept(message, *args, **kwargs)  # type: ignore[arg-type]  # sizes and words
        return make(message, *args, **kwargs)

    return write
