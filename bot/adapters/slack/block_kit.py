"""Blocks -> Slack's blocks. What people typed is only ever plain text in them.

In: the neutral blocks of a message. Out: dictionaries as the Web API takes them, and the text for notifications.
Rich text, tables, headers and buttons are *structured*: Slack does not look for mentions or links in them, so
`<!channel>` in a title is just a title. The text beside them is parsed by Slack, and is escaped.
A form and the App Home take no table: it becomes lines. What does not fit a button (a long line) is shown to be typed.
An entry of a list that can be opened is a section with a button beside it. Of a row of buttons the first stand side by
side; the rest is a menu, and what ends something a list of its own, because Slack asks once more for all of a list.
Source of the limits: docs.slack.dev, "Block Kit reference" (50 blocks in a message, 100 in a view; 25 buttons in a
row; one table of 100 rows and 20 columns; button text 75, value 2,000). That a message holds some 13,200 characters in
all is what people report; we stay below.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

from bot.adapters.slack.wire import TURN
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
    plain,
    text_of,
)
from bot.rendering.splitting import split

Json = dict[str, Any]
Surface = Literal["message", "view"]

BLOCKS_IN_A_MESSAGE = 50
CHARACTERS_IN_A_MESSAGE = 9_000
FALLBACK_CHARACTERS = 3_500  # `chat.update` refuses 4,000, and escaping makes it longer
_HEADER, _SECTION, _BUTTON_LABEL, _BUTTON_LINE, _BUTTONS = 150, 3_000, 75, 2_000, 25
_MENU, _OPTIONS, _OPTION_LINE, _CONFIRM_TITLE, _CONFIRM = 5, 100, 150, 100, 300
END, MORE, YES, NO = "Finish…", "More…", "Yes", "Cancel"
_ROWS, _COLUMNS, _CELLS = 100, 20, 8_000
_LEVELS = 8  # of nested lists


@once_if_static
def parts(message: Message) -> tuple[Message, ...]:
    """The message in as many as Slack takes each at once; most are one."""
    found = split(message.blocks, CHARACTERS_IN_A_MESSAGE, is_taken=_is_taken)
    return (message,) if found == (message.blocks,) else tuple(Message(part, message.label) for part in found)


def _is_taken(said: Sequence[Block]) -> bool:
    return len(blocks(said)) <= BLOCKS_IN_A_MESSAGE


@once_if_static
def answer_of(message: Message, response_type: str) -> str:
    """The message as the answer to a payload, in JSON."""
    return json.dumps({"response_type": response_type, **written(message)})


def written(message: Message) -> Json:
    """The arguments of a post: `text` always, `blocks` where the message has any form."""
    if _has_no_form(message):
        return {"text": escaped(message.plain())}
    return {"text": fallback(message), "blocks": blocks(message.blocks)}


def fallback(message: Message) -> str:
    """What a notification and a screen reader say: the words alone, escaped, cut where only they would be too long."""
    text = escaped(message.plain())
    return text if len(text) <= FALLBACK_CHARACTERS else text[: FALLBACK_CHARACTERS - 1].rpartition(" ")[0] + "…"


def escaped(text: str) -> str:
    """Text in which Slack finds neither mention nor link markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks(said: Iterable[Block], surface: Surface = "message") -> list[Json]:
    """Slack's blocks, in order. `view`: for a form or the App Home."""
    tables = 0
    wire: list[Json] = []
    for block in said:
        tables += isinstance(block, Table)
        as_table = surface == "message" and tables == 1
        wire += _table(block) if isinstance(block, Table) and as_table else _block(block)
    return wire


def plain_text(text: str, limit: int) -> Json:
    """A plain-text object; longer ones end in an ellipsis. No colon in it becomes a picture."""
    return {"type": "plain_text", "text": text if len(text) <= limit else text[: limit - 1] + "…", "emoji": False}


def _has_no_form(message: Message) -> bool:
    """One paragraph without styles is sent as text: the last resort where Slack refuses blocks."""
    match message.blocks:
        case (Paragraph(spans=(Span(bold=False, italic=False, code=False, strike=False),)),):
            return True
    return False


# ---- one block -------------------------------------------------------------------------------------------------------


def _block(block: Block) -> list[Json]:
    match block:
        case LabelLine(text=text):
            return [{"type": "context", "elements": [plain_text(text, 75)]}]
        case Divider():
            return [{"type": "divider"}]
        case Buttons():
            return list(_buttons(block.buttons))
        case Bullets(items=items) if any(item.button for item in items):
            return [wire for item in items for wire in _entry(item)]
        case Heading(level=1, spans=spans) if len(text_of(spans)) <= _HEADER:
            return [{"type": "header", "text": plain_text(text_of(spans), _HEADER)}]
    return [_rich(_elements(block))]


def _rich(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": elements}


def _elements(block: Block) -> list[Json]:
    match block:
        case Heading(spans=spans):
            return [_section([{**run, "style": {**run.get("style", {}), "bold": True}} for run in _runs(spans)])]
        case Paragraph(spans=spans):
            return [_section(_runs(spans))]
        case Bullets(items=items):
            return list(_lists(items))
        case Quote(blocks=quoted):
            return [{"type": "rich_text_quote", "elements": _runs(_flat(quoted))}]
        case Mentions(people=people):
            return [_section(list(_called(people)))]
    return [{"type": "rich_text_preformatted", "elements": _runs((Span(plain((block,))),))}]


def _section(runs: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": runs}


def _runs(spans: Iterable[Span]) -> list[Json]:
    """Runs of text; Slack refuses an empty one."""
    return [_run(span) for span in spans if span.text] or [{"type": "text", "text": " "}]


def _run(span: Span) -> Json:
    style = {name: True for name in ("bold", "italic", "strike", "code") if getattr(span, name)}
    return {"type": "text", "text": span.text} | ({"style": style} if style else {})


def _lists(items: Sequence[Item]) -> Iterator[Json]:
    """Lists of one depth each; a numbered one goes on counting where it was interrupted by a deeper one."""
    for (indent, ordered), group in groupby(items, key=lambda item: (item.indent, item.number is not None)):
        entries = list(group)
        wire = {
            "type": "rich_text_list",
            "style": "ordered" if ordered else "bullet",
            "indent": min(indent, _LEVELS),
            "elements": [_section(_runs(item.spans)) for item in entries],
        }
        first = entries[0].number
        yield wire | ({"offset": first - 1} if first is not None and first > 1 else {})


def _flat(quoted: Sequence[Block]) -> Spans:
    """Blocks in a quote as one run of lines: Slack's quote holds no other form."""
    lines: list[Span] = []
    for block in quoted:
        lines += [Span("\n\n")] if lines else []
        match block:
            case Paragraph(spans=spans) | Heading(spans=spans):
                lines += spans
            case Bullets(items=items):
                for position, item in enumerate(items):
                    lines += [Span(("\n" if position else "") + mark_of(item)), *item.spans]
            case _:
                lines.append(Span(plain((block,))))
    return tuple(lines)


# ---- tables and buttons ----------------------------------------------------------------------------------------------


def _table(table: Table) -> list[Json]:
    """A table block; lines, where it is larger than Slack's."""
    rows = (table.header, *table.rows)
    characters = sum(len(text_of(cell)) for row in rows for cell in row)
    if len(rows) > _ROWS or len(table.header) > _COLUMNS or characters > _CELLS:
        return _block(table)
    header = [_cell(tuple(Span(span.text, bold=True) for span in cell)) for cell in table.header]
    wire = [header, *([_cell(cell) for cell in row] for row in table.rows)]
    return [{"type": "table", "rows": wire, "column_settings": [_column(align) for align in table.align]}]


def _cell(spans: Spans) -> Json:
    return _rich([_section(_runs(spans))])


def _column(align: Align) -> Json:
    return {"align": align, "is_wrapped": True}


def _entry(item: Item) -> list[Json]:
    """An entry of a list, with what opens it beside it."""
    if item.button is None or len(item.button.line) > _BUTTON_LINE:
        return [_rich(list(_lists([item])))]
    shown = plain_text(text_of(item.spans) or item.button.label, _SECTION)
    return [{"type": "section", "text": shown, "accessory": _button(item.button, 0)}]


def _called(people: Sequence[tuple[str, str]]) -> Iterator[Json]:
    """Mentions that ring; somebody without an account there by name."""
    for position, (name, account) in enumerate(people):
        if position:
            yield {"type": "text", "text": ", "}
        user = account.rpartition("/")[2]
        yield {"type": "user", "user_id": user} if user else {"type": "text", "text": name}


def _buttons(buttons: Sequence[Button]) -> Iterator[Json]:
    """Rows of buttons, then the lines that are too long for one. A button for nothing would spoil the whole message."""
    fits = [button for button in buttons if 0 < len(button.line) <= _BUTTON_LINE]
    menu = [button for button in fits if button.more and len(button.line) <= _OPTION_LINE]
    wire = [_button(button, number) for number, button in enumerate(one for one in fits if one not in menu)]
    wire += _menus(menu)
    for start in range(0, len(wire), _BUTTONS):
        yield {"type": "actions", "elements": wire[start : start + _BUTTONS]}
    long = tuple(button for button in buttons if len(button.line) > _BUTTON_LINE)
    if long:
        yield from _block(Code(plain((Buttons(long),))))


def _menus(menu: Sequence[Button]) -> Iterator[Json]:
    """What stands behind the others: what ends something, then the rest; one alone is a button."""
    ends, rest = [one for one in menu if one.asks], [one for one in menu if not one.asks]
    if len(ends) == 1:
        yield _button(ends[0], -1)
    elif ends:
        select = {"type": "static_select", "action_id": "end", "placeholder": plain_text(END, _BUTTON_LABEL)}
        yield select | {"options": [_choice(one) for one in ends], "confirm": _confirm(END, _asks(ends))}
    if len(rest) == 1:
        yield _button(rest[0], -2)
    elif len(rest) > _MENU:
        select = {"type": "static_select", "action_id": "more", "placeholder": plain_text(MORE, _BUTTON_LABEL)}
        yield select | {"options": [_choice(one) for one in rest[:_OPTIONS]]}
    elif rest:
        yield {"type": "overflow", "action_id": "more", "options": [_choice(one) for one in rest]}


def _asks(ends: Sequence[Button]) -> str:
    """What is asked of each, by its name; what all of them say last is said once. No choice is known yet."""
    last = re.split(r"(?<=[.?!]) ", ends[0].asks)[-1]
    if not all(one.asks.endswith(f" {last}") for one in ends):
        last = ""
    asked = [f"{one.label}: {one.asks.removesuffix(last).strip()}" for one in ends]
    return "\n".join([*asked, last]) if last else "\n".join(asked)


def _choice(button: Button) -> Json:
    return {"text": plain_text(button.label, _BUTTON_LABEL), "value": button.line}


def _confirm(title: str, asks: str) -> Json:
    return {
        "title": plain_text(title, _CONFIRM_TITLE),
        "text": plain_text(asks, _CONFIRM),
        "confirm": plain_text(YES, 30),
        "deny": plain_text(NO, 30),
    }


def _button(button: Button, number: int) -> Json:
    wire = {
        "type": "button",
        "action_id": f"{TURN if button.turns else 'line'}:{number}",
        "text": plain_text(button.label, _BUTTON_LABEL),
        "value": button.line,
    }
    return wire | ({"confirm": _confirm(button.label, button.asks)} if button.asks else {})
