"""Buttons -> inline keyboards, and back: what a pressed button says.

In: the buttons of a message. Out: rows of Telegram's buttons, each with at most 64 bytes of data; and the line behind
one that is pressed. A line that is too long is kept under its fingerprint, so the same line is kept once, and a button
works after a restart.
Why no secret in the data: a button is a command somebody else typed for you, with the rights of whoever presses it.
Source: core.telegram.org/bots/api, "InlineKeyboardButton" (`callback_data` 1-64 bytes; 100 buttons).
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.adapters.contract import Remembers
from bot.rendering.blocks import Block, Buttons

DATA_BYTES = 64
KEPT_SECONDS = 90 * 86_400.0
LABEL_CHARACTERS = 60
SHORT_LABEL = 16  # two of these stand side by side on a phone
WHOLE, KEPT = "=", "#"  # how data begins: with the line itself, or with the key of one that is kept
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
        found = [one for block in blocks if isinstance(block, Buttons) for one in block.buttons]
        await self._keep(one.line for one in found)
        rows = [*_rows([button(one.label, data_of(one.line)) for one in found]), *more]
        return InlineKeyboardMarkup(rows) if rows else None

    async def data(self, line: str) -> str:
        """The data of a button for a line, kept where it must be."""
        await self._keep([line])
        return data_of(line)

    async def line(self, data: str) -> str | None:
        """The line behind a pressed button; None where it is not kept any more."""
        if data.startswith(WHOLE):
            return data.removeprefix(WHOLE)
        kept = await self._memory.recall(_PREFIX + data.removeprefix(KEPT)) if data.startswith(KEPT) else None
        return str(kept.value["line"]) if kept else None

    async def _keep(self, lines: Iterable[str]) -> None:
        long: Mapping[str, Mapping[str, Any]] = {
            _PREFIX + data.removeprefix(KEPT): {"line": line} for line in lines if (data := data_of(line))[0] == KEPT
        }
        if long:
            await self._memory.remember(long, seconds=KEPT_SECONDS)


def data_of(line: str) -> str:
    """The line itself where it fits, else its key."""
    return WHOLE + line if len(line.encode()) < DATA_BYTES else KEPT + fingerprint(line)


def fingerprint(text: str) -> str:
    """24 characters that stand for a text."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:18]).decode()


def _rows(buttons: Sequence[InlineKeyboardButton]) -> Iterable[Sequence[InlineKeyboardButton]]:
    """Short ones two by two, long ones alone, in order."""
    for short, group in groupby(buttons, key=lambda one: len(one.text) <= SHORT_LABEL):
        found, width = list(group), 2 if short else 1
        yield from (found[start : start + width] for start in range(0, len(found), width))
