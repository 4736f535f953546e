"""Buttons -> inline keyboards, and back: what a pressed button says.

In: the buttons of a message. Out: rows of Telegram's buttons, each with at most 64 bytes of data; and the line behind
one that is pressed. A line that is too long is kept under its fingerprint, so the same line is kept once, and a button
works after a restart.
A row of buttons shows the first of them; the rest is a second keyboard in place, behind MORE. Entries of a list that
can be opened are numbered, and so are their buttons. What is asked once more, and the menu, are kept in the same way.
Why no secret in the data: a button is a command somebody else typed for you, with the rights of whoever presses it.
Source: core.telegram.org/bots/api, "InlineKeyboardButton" (`callback_data` 1-64 bytes; 100 buttons).
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.adapters.house import Remembers
from bot.adapters.telegram import texts
from bot.rendering.blocks import Block, Bullets, Button, Buttons

DATA_BYTES = 64
KEPT_SECONDS = 90 * 86_400.0
LABEL_CHARACTERS = 60
SHORT_LABEL = 16  # two of these stand side by side on a phone
IN_A_ROW = 5  # numbers of a list
WHOLE, KEPT = "=", "#"  # how data begins: with the line itself, or with the key of one that is kept
TURNS = "~"  # before either: the answer takes the place of the message
ASKS, MENU, MAIN = "?", "+", "-"  # before a key: what is asked once more; the second keyboard; back to the first
_PREFIX = "telegram:line:"

Rows = Sequence[Sequence[InlineKeyboardButton]]


def button(label: str, data: str) -> InlineKeyboardButton:
    """One button; a long label ends in an ellipsis."""
    shown = label if len(label) <= LABEL_CHARACTERS else label[: LABEL_CHARACTERS - 1].rstrip() + "…"
    return InlineKeyboardButton(shown, callback_data=data)


def link(label: str, url: str) -> InlineKeyboardButton:
    """A button that opens an address of Telegram's own."""
    return InlineKeyboardButton(label, url=url)


class Keyboards:
    """Makes keyboards, and reads what is pressed."""

    def __init__(self, memory: Remembers) -> None:
        self._memory = memory

    async def of(self, blocks: Iterable[Block], more: Rows = ()) -> InlineKeyboardMarkup | None:
        """The keyboard of a message, `more` rows below its own; None where it has no button."""
        shown = list(blocks)
        opening = [item.button for block in shown if isinstance(block, Bullets) for item in block.items if item.button]
        found = [one for block in shown if isinstance(block, Buttons) for one in block.buttons]
        main, menu = [one for one in found if not one.more], [one for one in found if one.more]
        kept = _long([*opening, *found])
        numbers = [button(str(n), data_of(one)) for n, one in enumerate(opening, 1)]
        rows = [*_in_rows(numbers, IN_A_ROW), *_rows([button(one.label, data_of(one)) for one in main])]
        if len(menu) == 1 or (menu and not rows):
            rows += _rows([button(one.label, data_of(one)) for one in menu])
        elif menu:
            key, both = _two_keyboards(rows, menu, more)
            kept |= {_PREFIX + key: both}
            rows.append([button(texts.MORE, MENU + key)])
        rows += more
        await self._keep(kept)
        return InlineKeyboardMarkup(rows) if rows else None

    async def data(self, line: str, *, turns: bool = False) -> str:
        """The data of a button for a line, kept where it must be."""
        one = Button(line, line, turns=turns)
        await self._keep(_long([one]))
        return data_of(one)

    async def line(self, data: str) -> str | None:
        """The line behind a pressed button; None where it is not kept any more."""
        data = data.removeprefix(TURNS)
        if data.startswith(WHOLE):
            return data.removeprefix(WHOLE)
        kept = await self._memory.recall(_PREFIX + data.removeprefix(KEPT)) if data.startswith(KEPT) else None
        return str(kept.value["line"]) if kept else None

    async def other(self, data: str) -> InlineKeyboardMarkup | None:
        """The second keyboard of a message, or the first again; None where it is not kept any more."""
        kept = await self._memory.recall(_PREFIX + data[1:])
        if kept is None:
            return None
        rows = kept.value["menu" if data.startswith(MENU) else "main"]
        return InlineKeyboardMarkup([[button(label, data) for label, data in row] for row in rows])

    async def question(self, data: str) -> tuple[str, Button] | None:
        """What is asked once more before a line is sent, and the button that sends it; None where it is not kept."""
        kept = await self._memory.recall(_PREFIX + data[1:])
        return (str(kept.value["asks"]), Button(str(kept.value["label"]), str(kept.value["line"]))) if kept else None

    async def _keep(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        if kept:
            await self._memory.remember(kept, seconds=KEPT_SECONDS)


def data_of(one: Button) -> str:
    """The line itself where it fits, else its key; with what happens to the message before it."""
    if one.asks:
        return ASKS + fingerprint(f"{one.asks}\n{one.line}")
    before = TURNS if one.turns else ""
    fits = len((before + one.line).encode()) < DATA_BYTES
    return before + (WHOLE + one.line if fits else KEPT + fingerprint(one.line))


def _long(buttons: Iterable[Button]) -> dict[str, Mapping[str, Any]]:
    """What must be kept of some buttons, by key."""
    return {
        _PREFIX + data_of(one).lstrip(TURNS)[1:]: {"line": one.line, "label": one.label, "asks": one.asks}
        for one in buttons
        if data_of(one).lstrip(TURNS)[0] in (KEPT, ASKS)
    }


def _two_keyboards(rows: Rows, menu: Sequence[Button], more: Rows) -> tuple[str, Mapping[str, Any]]:
    """Both keyboards of a message, and the key they are kept under."""
    listed = _rows([button(one.label, data_of(one)) for one in menu])
    key = fingerprint(repr([[(one.text, one.callback_data) for one in row] for row in (*rows, *listed, *more)]))
    main = [*_written(rows), [(texts.MORE, MENU + key)], *_written(more)]
    return key, {"main": main, "menu": [*_written(listed), [(texts.BACK, MAIN + key)]]}


def fingerprint(text: str) -> str:
    """24 characters that stand for a text."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:18]).decode()


def _rows(buttons: Sequence[InlineKeyboardButton]) -> list[Sequence[InlineKeyboardButton]]:
    """Short ones two by two, long ones alone, in order."""
    rows: list[Sequence[InlineKeyboardButton]] = []
    for short, group in groupby(buttons, key=lambda one: len(one.text) <= SHORT_LABEL):
        rows += _in_rows(list(group), 2 if short else 1)
    return rows


def _in_rows(buttons: Sequence[InlineKeyboardButton], width: int) -> list[Sequence[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]


def _written(rows: Rows) -> list[list[tuple[str, str]]]:
    """As the memory keeps them. Buttons that lead to an address are none of ours."""
    return [[(one.text, str(one.callback_data)) for one in row] for row in rows]
