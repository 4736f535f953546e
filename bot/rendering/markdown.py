"""Markdown with stand-ins -> blocks.

In: the Markdown a template made, in which every value is one stand-in character, and the values. Out: blocks.
What people typed never passes through Markdown: the stand-in is one letter to the parser, and the value takes its place
in the finished span, once. So a title holding `**`, `|`, `<!channel>` or a line break cannot change the shape of a
message.

Templates may use headings, paragraphs, lists, tables, quotes, fences, `---`, **bold**, *italic*, ~~strike~~ and `code`.
There are no links, images or HTML: those signs are text. Four leading spaces mean nothing, so loops may be indented.
A numbered list is written "1. {{ title }}" for every item and numbered here: a number that is a value is text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.rendering.blocks import (
    Align,
    Block,
    Bullets,
    Button,
    Buttons,
    Code,
    Divider,
    Heading,
    Item,
    Paragraph,
    Quote,
    Span,
    Spans,
    Table,
)

Value = str | Button
Run = tuple[str, frozenset[str]]  # text, and the names of its styles in Span

_FIRST_STAND_IN = 0xF0000  # the private-use planes: 131,072 characters that no template contains
STAND_INS = re.compile("[\U000f0000-\U0010ffff]")
_ANY_VALUE = chr(_FIRST_STAND_IN)
_AROUND_VALUES = re.compile(f"({_ANY_VALUE})")

_PARSER = (
    MarkdownIt("zero")
    .enable(["table", "fence", "blockquote", "hr", "list", "heading"])
    .enable(["newline", "escape", "backticks", "strikethrough", "emphasis", "balance_pairs", "fragments_join"])
    .disable("inline")  # `_styled` does that, for the few texts that need it: a table of values has none
)
_SHORT = 1_000  # characters; what is longer, such as a list, seldom comes to the same text twice
_SIGNS = re.compile(r"[*_~`\\\n]")

_STYLES = {"strong_open": "bold", "em_open": "italic", "s_open": "strike"}
_STYLE_ENDS = {"strong_close", "em_close", "s_close"}
_NO_STYLE: frozenset[str] = frozenset()
_CODE = frozenset({"code"})
_LIST_OPENS = {"bullet_list_open", "ordered_list_open"}
_LIST_CLOSES = {"bullet_list_close", "ordered_list_close"}

_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"  # direction overrides, isolates and marks
    "\u200b\u2060-\u2065\u206a-\u206f\ufeff\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"  # tags
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"  # joiners, but where they shape Urdu or emoji
)
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    r"""What a person typed, fit for showing: nothing that hides, reorders or breaks.

    Every kind of line end becomes "\n" and a tab a space; controls, direction overrides and zero-width characters go;
    half a surrogate pair becomes U+FFFD. Nothing else changes. Source: Unicode Technical Report 36, 3.
    """
    if text.isprintable() and text.isascii():
        return text
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    return _LONE_SURROGATES.sub("\ufffd", _UNSEEN.sub("", text))


def one_line(text: str) -> str:
    """For cells, headings, inline code and buttons, which have one line."""
    return text.replace("\n", " ")


def stand_in(index: int) -> str:
    """The character that stands for the value of this index.

    Errors: ValueError past 131,071 values in one message.
    """
    return chr(_FIRST_STAND_IN + index)


def value_of(character: str, values: Sequence[Value]) -> Value:
    """The value a stand-in stands for."""
    return values[ord(character) - _FIRST_STAND_IN]


def words_of(text: str, values: Sequence[Value]) -> str:
    """Text with every value in its place; a button among words is the command to type."""

    def words(found: re.Match[str]) -> str:
        value = value_of(found[0], values)
        return value if isinstance(value, str) else value.line

    return STAND_INS.sub(words, text)


def blocks(markdown: str, values: Sequence[Value]) -> tuple[Block, ...]:
    """Read a whole message; `values` are already clean."""
    tokens = _again(markdown) if len(markdown) <= _SHORT else _PARSER.parse(markdown)
    return _said(_blocks(iter(tokens), values))


@lru_cache(maxsize=256)
def _again(markdown: str) -> list[Token]:
    """A short notice comes to the same text whenever it is said, because its values stand aside."""
    return _PARSER.parse(markdown)


def _said(read: Iterable[Block]) -> tuple[Block, ...]:
    """Without blocks that say nothing, such as the paragraph of one empty value."""
    return tuple(block for block in read if not _says_nothing(block))


def _says_nothing(block: Block) -> bool:
    match block:
        case Heading(spans=()) | Paragraph(spans=()) | Quote(blocks=()) | Code(text=""):
            return True
    return False


def _blocks(tokens: Iterator[Token], values: Sequence[Value], until: str = "") -> Iterator[Block]:
    for token in tokens:
        kind = token.type
        if kind == until:
            return
        if kind == "heading_open":
            yield Heading(int(token.tag.removeprefix("h")), _line(next(tokens), values))
        elif kind == "inline":
            yield _paragraph(token, values)
        elif kind == "table_open":
            yield _table(tokens, values)
        elif kind in _LIST_OPENS:
            yield Bullets(tuple(_items(tokens, values, _start(token), indent=0)))
        elif kind == "blockquote_open":
            yield Quote(_said(_blocks(tokens, values, "blockquote_close")))
        elif kind == "fence":
            yield Code(words_of(token.content.removesuffix("\n"), values))
        elif kind == "hr":
            yield Divider()


def _paragraph(token: Token, values: Sequence[Value]) -> Paragraph | Buttons:
    """A paragraph of nothing but buttons is a row of buttons."""
    held = [value_of(sign, values) for sign in STAND_INS.findall(token.content)]
    buttons = tuple(value for value in held if isinstance(value, Button))
    if buttons and len(buttons) == len(held) and not STAND_INS.sub("", token.content).strip():
        return Buttons(buttons)
    return Paragraph(_spans(_runs(token, values)))


def _table(tokens: Iterator[Token], values: Sequence[Value]) -> Table:
    rows: list[list[Spans]] = []
    align: list[Align] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_line(token, values))
        elif token.type == "th_open":
            align.append(_align(token))
    header, *body = (tuple(row) for row in rows)
    return Table(header, tuple(body), tuple(align))


def _align(token: Token) -> Align:
    style = str(token.attrGet("style") or "")
    return "right" if "right" in style else "center" if "center" in style else "left"


def _start(token: Token) -> int | None:
    """The number of the first item; None for bullets. Markdown leaves a start of 1 out."""
    return int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None


def _items(tokens: Iterator[Token], values: Sequence[Value], start: int | None, indent: int) -> Iterator[Item]:
    """The items of one list, each followed by those of the lists inside it. Paragraphs of an item become its lines."""
    number = start
    runs: list[Run] = []
    button: Button | None = None
    shown = False  # the words before an inner list are out; what follows it goes on without a number
    for token in tokens:
        if token.type in _LIST_CLOSES:
            return
        if token.type in {"inline", "fence"}:
            opener = _opener(token, values)
            button = opener or button
            runs += [("\n", _NO_STYLE)] if runs else []
            runs += _runs(token.copy(content=token.content.rstrip()[:-1].rstrip()) if opener else token, values)
        elif token.type in _LIST_OPENS:
            yield Item(_spans(runs), indent, number, button)
            runs, shown, button = [], True, None
            yield from _items(tokens, values, _start(token), indent + 1)
        elif token.type == "list_item_close":
            if runs or not shown:
                yield Item(_spans(runs), indent, None if shown else number, button)
            number = None if number is None else number + 1
            runs, shown, button = [], False, None


def _opener(token: Token, values: Sequence[Value]) -> Button | None:
    """The button that the words of an entry end with: it opens the entry, and is none of its words."""
    last = token.content.rstrip()[-1:]
    value = value_of(last, values) if token.type == "inline" and STAND_INS.match(last) else None
    return value if isinstance(value, Button) else None


def _spans(runs: Iterable[Run]) -> Spans:
    """Neighbours of one style as one span; nothing for no text."""
    return tuple(
        Span(text, **dict.fromkeys(styles, True))
        for styles, group in groupby(runs, key=itemgetter(1))
        if (text := "".join(text for text, _ in group))
    )


def _line(token: Token, values: Sequence[Value]) -> Spans:
    """For cells and headings, which have one line. Most are one value: no need to look for styles in those."""
    value = value_of(token.content, values) if STAND_INS.fullmatch(token.content) else None
    if isinstance(value, str):
        return (Span(one_line(value)),) if value else ()
    return _spans((one_line(text), styles) for text, styles in _runs(token, values))


def _runs(token: Token, values: Sequence[Value]) -> Iterator[Run]:
    """Its text with every value in its place; a button among words is the command to type."""
    if token.type == "fence":
        yield words_of(token.content.removesuffix("\n"), values), _CODE
        return
    held = iter(STAND_INS.findall(token.content))
    for text, styles in _styled(STAND_INS.sub(_ANY_VALUE, token.content)):
        for part in _AROUND_VALUES.split(text):
            value = value_of(next(held), values) if part == _ANY_VALUE else part
            if isinstance(value, Button):
                yield value.line, styles | _CODE
            else:
                yield one_line(value) if "code" in styles else value, styles


@lru_cache(maxsize=4096)
def _styled(text: str) -> tuple[Run, ...]:
    """Text in which all values are alike, parsed once for all rows and messages that differ in nothing but values."""
    if not _SIGNS.search(text):
        return ((text, _NO_STYLE),)
    runs: list[Run] = []
    opened: list[str] = []
    for child in _PARSER.inline.parse(text, _PARSER, {}, []):
        kind, styles = child.type, frozenset(opened)
        if kind == "text":
            runs.append((child.content, styles))
        elif kind == "code_inline":
            runs.append((child.content, styles | _CODE))
        elif kind == "softbreak":
            runs.append((" ", styles))
        elif kind == "hardbreak":
            runs.append(("\n", styles))
        elif kind in _STYLES:
            opened.append(_STYLES[kind])
        elif kind in _STYLE_ENDS:
            opened.pop()
    return tuple(runs)
