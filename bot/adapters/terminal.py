"""Blocks -> a terminal, or a pipe.

In: blocks, and a rich console, which knows the width and whether somebody watches. Out: what is printed.
In a terminal: styles that read on dark and on light ground, lines folded at the width. In a pipe: no styles, paragraphs
on one line for `grep`, tables aligned, no blanks at line ends. A table whose columns would be too narrow to read is
shown as a short list for each row. What is too long is folded, never cut.
"""

from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text

from bot.rendering.blocks import (
    Block,
    Bullets,
    Buttons,
    Code,
    Divider,
    Heading,
    Item,
    LabelLine,
    Mentions,
    Paragraph,
    Quote,
    Span,
    Spans,
    Table,
    mark_of,
    plain,
)

_NARROWEST_COLUMN_CHARACTERS = 10
_QUOTE_INDENT_CHARACTERS = 4

_LABEL = Style(bold=True, reverse=True)
_TITLE = Style(bold=True, underline=True)
_STRONG = Style(bold=True)
_FIXED = Style(color="cyan")
_ASIDE = Style(dim=True)


def show(console: Console, blocks: Iterable[Block]) -> None:
    """Print a message, with a blank line between its blocks."""
    for position, block in enumerate(blocks):
        if position:
            console.print()
        if console.is_terminal:
            console.print(_block(block, console.width))
        else:
            text = _aligned(console, block) if isinstance(block, Table) else plain((block,))
            console.print(Text("\n".join(line.rstrip() for line in text.split("\n"))), soft_wrap=True)


def _aligned(console: Console, table: Table) -> str:
    """A table as text in columns."""
    with console.capture() as capture:
        console.print(_table(table, console.width))
    return capture.get().removesuffix("\n")


def _block(block: Block, width: int) -> RenderableType:
    shown: RenderableType
    match block:
        case LabelLine():
            shown = Text(f" {block.text} ", _LABEL)
        case Heading():
            shown = _text(block.spans, _TITLE if block.level == 1 else _STRONG)
        case Paragraph():
            shown = _text(block.spans)
        case Bullets():
            shown = Group(*map(_item, block.items))
        case Table():
            shown = _table(block, width)
        case Quote():
            inner = (_block(inner, width - _QUOTE_INDENT_CHARACTERS) for inner in block.blocks)
            shown = Padding(Group(*inner), (0, 0, 0, _QUOTE_INDENT_CHARACTERS))
        case Code():
            shown = Text(block.text, _FIXED)
        case Divider():
            shown = Rule(style=_ASIDE)
        case Mentions() | Buttons():
            shown = Text(plain((block,)), _ASIDE)
    return shown


def _text(spans: Spans, style: Style | None = None) -> Text:
    text = Text(style=style or Style.null())
    for span in spans:
        text.append(span.text, _style(span))
    return text


def _style(span: Span) -> Style:
    style = Style(bold=span.bold or None, italic=span.italic or None, strike=span.strike or None)
    return style + _FIXED if span.code else style


def _item(item: Item) -> Grid:
    """The mark on the left; what is folded stays clear of it."""
    grid = Grid.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark_of(item)), _text(item.spans))
    return grid


def _table(table: Table, width: int) -> RenderableType:
    if len(table.header) * _NARROWEST_COLUMN_CHARACTERS > width:
        return _records(table)
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=_STRONG)
    for name, side in zip(table.header, table.align, strict=True):
        grid.add_column(_text(name), justify=side, overflow="fold")
    for row in table.rows:
        grid.add_row(*map(_text, row))
    return grid


def _records(table: Table) -> Group:
    """Each row as lines of "header: cell", a blank line between rows."""
    records = [
        Text("\n").join(
            Text.assemble(_text(name, _STRONG), ": ", _text(cell)) for name, cell in zip(table.header, row, strict=True)
        )
        for row in table.rows
    ]
    return Group(Text("\n\n").join(records))
