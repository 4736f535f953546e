"""Slack's blocks as Slack and its readers take them: what would be refused, and what is read.

In: blocks or a view, as an adapter sends them. Out: why Slack would refuse them; the words, in the order they are read,
as `bot.rendering.blocks.plain` writes them.
"""

from itertools import count
from typing import Any

Json = dict[str, Any]
RUNS = ("text", "user")  # of a rich text


# ---- what Slack refuses ----------------------------------------------------------------------------------------------


def refusal(blocks: list[Json], surface: str) -> str:
    """Why Slack would refuse these blocks; empty where it takes them."""
    most = 50 if surface == "message" else 100
    wrong = [f"{len(blocks)} blocks"] if len(blocks) > most else []
    if sum(block["type"] == "table" for block in blocks) > (surface == "message"):
        wrong.append("a table too many")
    for block in blocks:
        wrong += _wrong(block)
    return "; ".join(wrong)


def _wrong(block: Json) -> list[str]:
    checks = {
        "header": lambda block: _too_long(block["text"]["text"], 150),
        "context": lambda block: [wrong for one in block["elements"] for wrong in _too_long(one["text"], 3000)],
        "actions": _wrong_buttons,
        "table": _wrong_table,
        "rich_text": lambda block: [] if all(map(_has_text, block["elements"])) else ["an empty text"],
        "input": _wrong_input,
        "divider": lambda _: [],
        "section": lambda block: _too_long(block["text"]["text"], 3000) + _wrong_element(block["accessory"]),
    }
    check = checks.get(block["type"])
    return check(block) if check else [f"no block of ours: {block['type']}"]


def _wrong_buttons(block: Json) -> list[str]:
    buttons = block["elements"]
    found = [] if 0 < len(buttons) <= 25 else [f"{len(buttons)} buttons"]
    found += [] if len({one["action_id"] for one in buttons}) == len(buttons) else ["two buttons of one action_id"]
    return found + [wrong for one in buttons for wrong in _wrong_element(one)]


def _wrong_element(one: Json) -> list[str]:
    confirm = one.get("confirm", {})
    found = _too_long(confirm["text"]["text"], 300) + _too_long(confirm["title"]["text"], 100) if confirm else []
    if one["type"] == "button":
        return found + _too_long(one["text"]["text"], 75) + _too_long(one["value"], 2000)
    least, most = (2, 5) if one["type"] == "overflow" else (1, 100)
    found += [] if least <= len(one["options"]) <= most else [f"{len(one['options'])} options"]
    for option in one["options"]:
        found += _too_long(option["text"]["text"], 75) + _too_long(option["value"], 150)
    return found


def _wrong_table(block: Json) -> list[str]:
    rows = block["rows"]
    return [] if len(rows) <= 100 and all(0 < len(row) <= 20 for row in rows) else ["a table too large"]


def _wrong_input(block: Json) -> list[str]:
    element = block["element"]
    options = element.get("options", ())
    found = _too_long(block["label"]["text"], 2000) + _too_long(element.get("initial_value", "?"), 3000)
    found += [] if len(options) <= 100 else ["too many options"]
    for option in (*options, *element.get("initial_options", ())):
        found += _too_long(option["text"]["text"], 75) + _too_long(option["value"], 150)
        found += _too_long(option.get("description", {}).get("text", "?"), 75)
    found += _too_long(element.get("placeholder", {}).get("text", "?"), 150)
    kind, known = element["type"], [option["value"] for option in options]
    begins = [element["initial_option"]] if "initial_option" in element else list(element.get("initial_options", ()))
    if kind in ("static_select", "multi_static_select", "checkboxes"):
        found += [] if known else ["a list without options"]
        found += [] if len(set(known)) == len(known) else ["an option twice"]
        found += [] if all(one in options for one in begins) else ["begins with what is not offered"]
    return found


def _too_long(text: str, most: int) -> list[str]:
    return [] if 0 < len(text) <= most else [f"{len(text)} of {most} characters"]


def _has_text(element: Json) -> bool:
    inner = element.get("elements")
    if element["type"] == "user":
        return bool(element["user_id"])
    return bool(element["text"]) if inner is None else bool(inner) and all(map(_has_text, inner))


def check_view(view: Json) -> None:
    wrong = refusal(view["blocks"], "view")
    wrong += "a title of more than 24" if view["type"] == "modal" and len(view["title"]["text"]) > 24 else ""
    wrong += "too much metadata" if len(view.get("private_metadata", "")) > 3000 else ""
    assert not wrong, wrong


# ---- what people read ------------------------------------------------------------------------------------------------


def words(blocks: list[Json]) -> str:
    """The words of blocks in the order they are read, cells parted by " | ", buttons with the line they carry."""
    return "\n\n".join(_words(block) for block in blocks)


def pressable(blocks: list[Json]) -> list[Json]:
    """Every element that can be pressed: buttons, menus, what stands beside an entry."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    beside = [block["accessory"] for block in blocks if block["type"] == "section"]
    return [*(one for row in rows for one in row), *beside]


def presses(element: Json) -> list[tuple[str, Json]]:
    """By label, what pressing it sends in `actions`; Slack tells again what it showed: a question, a placeholder."""
    told = "confirm" if element["type"] == "button" else "placeholder"
    base = {key: element[key] for key in ("type", "action_id", told) if key in element}
    if element["type"] == "button":
        return [(element["text"]["text"], base | {"value": element["value"], "text": element["text"]})]
    return [(one["text"]["text"], base | {"selected_option": one}) for one in element["options"]]


def _lines(element: Json) -> str:
    """The lines that an element stands for."""
    carried = [(label, action.get("value") or action["selected_option"]["value"]) for label, action in presses(element)]
    return "\n".join(f"→ {line} ({label})" for label, line in carried)


def _words(block: Json) -> str:
    reads = {
        "header": lambda block: block["text"]["text"],
        "context": lambda block: " ".join(one["text"] for one in block["elements"]),
        "divider": lambda _: "---",
        "actions": lambda block: "\n".join(map(_lines, block["elements"])),
        "section": lambda block: f"• {block['text']['text']}",
        "table": lambda block: "\n".join(" | ".join(map(_words, row)) for row in block["rows"]),
        "rich_text": lambda block: "\n".join(map(_rich, block["elements"])),
        "input": lambda block: block["label"]["text"],
    }
    return str(reads[block["type"]](block))


def _rich(element: Json) -> str:
    runs = "".join(run.get("text") or f"@{run['user_id']}" for run in element["elements"] if run["type"] in RUNS)
    match element["type"]:
        case "rich_text_list":
            start = element.get("offset", 0) + 1
            marks = (f"{n}. " if element["style"] == "ordered" else "• " for n in count(start))
            lines = (mark + _rich(item) for mark, item in zip(marks, element["elements"], strict=False))
            return "\n".join("   " * element["indent"] + line for line in lines)
        case "rich_text_quote":
            return "\n".join(f"> {line}" if line else ">" for line in runs.split("\n"))
    return runs
