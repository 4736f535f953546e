"""How much room a form takes on a phone, by rule of thumb: 390 pixels wide, 42 characters a line.

In: a view of Slack, or a step on Telegram. Out: pixels. The heights are those of a page that draws the blocks in a
browser; they are no word of the platforms.
"""

from typing import Any

from bot.adapters.telegram.step import ShownStep

COLUMNS = 42
FRAME, GAP, LINE, SMALL = 112, 16, 20, 17  # title and buttons; between fields; a line of text, of a hint
FIELD, SEVERAL, BUTTON = 40, 86, 44


def lines(text: str) -> int:
    """Lines on a phone."""
    return sum(max(1, -(-len(line) // COLUMNS)) for line in text.split("\n"))


def slack_pixels(view: dict[str, Any]) -> int:
    """The height of a whole view."""
    return FRAME + sum(_pixels(block) for block in view["blocks"])


def _pixels(block: dict[str, Any]) -> int:
    if block["type"] == "input":
        element = block["element"]
        hint = block.get("hint", {}).get("text", "")
        held = SEVERAL if element.get("multiline") else FIELD
        return GAP + LINE * lines(block["label"]["text"]) + held + (SMALL * lines(hint) if hint else 0)
    if block["type"] == "context":
        return GAP // 2 + SMALL * sum(lines(one["text"]) for one in block["elements"])
    text = "".join(run.get("text", "") for one in block["elements"] for run in one["elements"])
    return GAP // 2 + LINE * lines(text)


def telegram_pixels(shown: ShownStep) -> int:
    """The height of a step with its buttons."""
    return GAP + LINE * lines(shown.message.plain()) + BUTTON * len(shown.rows)
