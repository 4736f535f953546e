"""Draws what was sent as two pages, each 390 pixels wide, and prints how many lines of a phone each message has.

In: a folder. Out: `slack.html` and `telegram.html` in it, to be looked at in a browser, and the pictures that the desk
draws itself, on light and dark chats, in `pictures.html`. Nothing is asserted here.
"""

import asyncio
import html
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.rendering.render import Renderer
from tests.bot.slack.reading import words
from tests.pictures.samples import SAMPLES, png
from tests.pictures.scenes import Sent, on_the_small_slack, on_the_small_telegram

COLUMNS = 42
STYLE = """
body { margin: 0; width: 390px; font: 15px/1.4 sans-serif; background: #f4f4f4; }
h2 { font-size: 12px; color: #777; margin: 16px 12px 4px; }
.message { background: #fff; margin: 4px 8px; padding: 8px 12px; border-radius: 10px; overflow-wrap: anywhere; }
.message p { margin: 4px 0; white-space: pre-wrap; }
.context { color: #777; font-size: 12px; }
.header { font-size: 18px; font-weight: bold; }
.row { display: flex; gap: 8px; align-items: flex-start; justify-content: space-between; margin: 4px 0; }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px 0; }
.button { border: 1px solid #aaa; border-radius: 6px; padding: 4px 10px; font-weight: bold; font-size: 13px; }
.button { white-space: nowrap; }
.keyboard { display: flex; gap: 4px; margin: 4px 8px; }
.keyboard .button { flex: 1; text-align: center; background: #dfe9f3; border: 0; }
.field { border: 1px solid #ccc; border-radius: 6px; padding: 8px; color: #888; }
table { border-collapse: collapse; font-size: 12px; } td { border: 1px solid #ccc; padding: 2px 4px; }
code, pre { background: #eee; white-space: pre-wrap; }
blockquote { border-left: 3px solid #aaa; margin: 4px 0; padding-left: 8px; }
"""


def phone_lines(text: str) -> int:
    """How many lines a text has on a phone; gaps between paragraphs are none."""
    return sum(len(textwrap.wrap(part, COLUMNS)) for part in text.splitlines())


def spoken(sent: Sent) -> str:
    """What is read of a message, without its buttons."""
    return words([block for block in sent.blocks if block["type"] != "actions"]) if sent.blocks else sent.text


def page(messages: list[Sent]) -> str:
    """A page of messages, each under its name and its length."""
    shown = "".join(_message(sent) for sent in messages)
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{shown}'


def _message(sent: Sent) -> str:
    lines = phone_lines(spoken(sent))
    title = f"<h2>{html.escape(sent.scene)}: {lines} lines of {sent.budget}</h2>"
    body = "".join(map(_block, sent.blocks)) if sent.blocks else f"<p>{_styled(sent)}</p>"
    rows = (f'<div class="keyboard">{"".join(map(_button, row))}</div>' for row in sent.keyboard)
    return f'{title}<div class="message">{body}</div>{"".join(rows)}'


def _button(label: str) -> str:
    return f'<span class="button">{html.escape(label)}</span>'


# ---- Slack -----------------------------------------------------------------------------------------------------------


def _block(block: dict[str, Any]) -> str:
    return DRAWN[block["type"]](block)


def _context(block: dict[str, Any]) -> str:
    return f'<p class="context">{html.escape(" ".join(one["text"] for one in block["elements"]))}</p>'


def _section(block: dict[str, Any]) -> str:
    beside = _element(block["accessory"]) if "accessory" in block else ""
    return f'<div class="row"><p>{html.escape(block["text"]["text"])}</p>{beside}</div>'


def _table(block: dict[str, Any]) -> str:
    rows = ("".join(f"<td>{_block(cell)}</td>" for cell in row) for row in block["rows"])
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _input(block: dict[str, Any]) -> str:
    element = block["element"]
    stands = element.get("initial_value") or element.get("initial_date") or ""
    picked = element.get("initial_option") or {}
    shown = stands or picked.get("text", {}).get("text") or element.get("placeholder", {}).get("text", "")
    options = "".join(f"<br>☐ {html.escape(one['text']['text'])}" for one in element.get("options", ())[:5])
    label = f"<b>{html.escape(block['label']['text'])}</b>{'' if block.get('optional') else ' *'}"
    hint = f'<p class="context">{html.escape(block["hint"]["text"])}</p>' if "hint" in block else ""
    return f'<p>{label}</p><div class="field">{html.escape(shown)}&nbsp;{options}</div>{hint}'


DRAWN: dict[str, Callable[[dict[str, Any]], str]] = {
    "header": lambda block: f'<p class="header">{html.escape(block["text"]["text"])}</p>',
    "context": _context,
    "section": _section,
    "actions": lambda block: f'<div class="buttons">{"".join(map(_element, block["elements"]))}</div>',
    "table": _table,
    "rich_text": lambda block: "".join(map(_rich, block["elements"])),
    "input": _input,
    "image": lambda block: f"<p>[picture: {html.escape(block['alt_text'])}]</p>",
    "divider": lambda _: "<hr>",
}


def _element(element: dict[str, Any]) -> str:
    if element["type"] == "button":
        return _button(element["text"]["text"])
    return _button("⋯" if element["type"] == "overflow" else f"{element['placeholder']['text']} ▾")


def _rich(element: dict[str, Any]) -> str:
    inner = "".join(_rich(one) if "elements" in one else _run(one) for one in element["elements"])
    match element["type"]:
        case "rich_text_list":
            return f"<ul>{''.join(f'<li>{_rich(one)}</li>' for one in element['elements'])}</ul>"
        case "rich_text_quote":
            return f"<blockquote>{inner}</blockquote>"
        case "rich_text_preformatted":
            return f"<pre>{inner}</pre>"
    return f"<p>{inner}</p>"


def _run(run: dict[str, Any]) -> str:
    text = html.escape(run.get("text", f"@{run.get('user_id', '')}"))
    tags = {"bold": "b", "italic": "i", "code": "code", "strike": "s"}
    for name in run.get("style", {}):
        text = f"<{tags[name]}>{text}</{tags[name]}>"
    return text


# ---- Telegram --------------------------------------------------------------------------------------------------------

TAGS = {"bold": "b", "italic": "i", "code": "code", "pre": "pre", "strikethrough": "s", "blockquote": "blockquote"}


def _styled(sent: Sent) -> str:
    """The text with its entities; places count UTF-16 units."""
    encoded = sent.text.encode("utf-16-le")
    begins: dict[int, list[str]] = {}
    ends: dict[int, list[str]] = {}
    for one in sent.entities:
        tag = TAGS.get(one["type"], "u")
        begins.setdefault(one["offset"], []).append(f"<{tag}>")
        ends.setdefault(one["offset"] + one["length"], []).insert(0, f"</{tag}>")
    places = sorted({0, len(encoded) // 2, *begins, *ends})
    pieces = []
    for here, there in zip(places, [*places[1:], places[-1]], strict=True):
        pieces += [*ends.get(here, []), *begins.get(here, [])]
        pieces.append(html.escape(encoded[here * 2 : there * 2].decode("utf-16-le")))
    return "".join(pieces)


# ---- pictures of figures ---------------------------------------------------------------------------------------------


def _chat(folder: Path, *, dark: bool) -> str:
    """All of them on a page that is as dark or as light as they are."""
    renderer, shown = Renderer(), []
    for name in SAMPLES:
        file = f"{name}_dark.png" if dark else f"{name}.png"
        (folder / file).write_bytes(png(renderer, name, dark=dark))
        shown.append(f'<h2>{name}</h2><img src="{file}" width="390">')
    return f'<div style="background: {"#1a1d21" if dark else "#fff"}; width: 390px">{"".join(shown)}</div>'


def main(folder: Path) -> None:
    """Play, draw, and print the lines."""
    chats = "".join(_chat(folder, dark=dark) for dark in (False, True))
    page_of_pictures = f'<!doctype html><meta charset="utf-8"><div style="display: flex; gap: 16px">{chats}</div>'
    (folder / "pictures.html").write_text(page_of_pictures, encoding="utf-8")
    for name, play in (("slack", on_the_small_slack), ("telegram", on_the_small_telegram)):
        messages = asyncio.run(play())
        (folder / f"{name}.html").write_text(page(messages), encoding="utf-8")
        for sent in messages:
            print(f"{name:9} {sent.scene:18} {phone_lines(spoken(sent)):3} of {sent.budget}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
