"""Forms <-> Slack's modals.

In: a `Form` of neutral fields, or what somebody filled in. Out: a view as `views.open` takes it; the values by name;
errors beside the fields. Nothing is kept here: the command and the place it was asked from travel in the view itself.
Each field is one block, whose id is the field's name. A list that may be longer than what is offered is searched as
somebody types; a value that a widget of Slack cannot hold is asked for as text, so that nothing typed is lost.
Source of the limits: docs.slack.dev, "Modals" and "Block elements" (title 24, 100 blocks, 100 options, option text 75,
option value 150, text input 3,000, `private_metadata` 3,000).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from typing import Any

from bot.adapters.contract import Answer, Field, Form
from bot.adapters.slack.block_kit import Json, blocks, plain_text
from bot.adapters.slack.wire import Asked
from bot.rendering.blocks import Block, Buttons, Message, Paragraph, plain, text_of

FORM = "form"  # callback_id
VALUE = "value"  # action_id of every field
TEXT_CHARACTERS = 3_000
OPTIONS = 100
_TITLE, _BLOCKS, _METADATA, _LABEL, _HINT, _PLACEHOLDER, _ERROR = 24, 100, 3_000, 2_000, 2_000, 150, 300
_OPTION_TEXT, _OPTION_VALUE = 75, 150
_OFFERED = 25  # as many as the desk offers of a long list: there may be more


def view(form: Form, asked: Asked, notes: Sequence[Message] = ()) -> Json | None:
    """The modal of a form; `notes` stand above its own. None where Slack has no room for what was typed.

    Buttons in notes are left out: whoever has the form open fills it in.
    """
    kept = {"words": form.words, "final": form.final, "channel": asked.channel, "thread": asked.thread}
    files = {"files": [astuple(file) for file in asked.inbound.files]} if asked.inbound.files else {}
    metadata = json.dumps(kept | files, separators=(",", ":"))
    said = [block for note in (*notes, *form.notes) for block in note.blocks if not isinstance(block, Buttons)]
    fields = [_input(field) for field in form.fields]
    if len(metadata) > _METADATA or None in fields or len(fields) >= _BLOCKS:
        return None
    room = _BLOCKS - len(fields) - 1
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": plain_text(form.words.capitalize(), _TITLE),
        "submit": plain_text("Send" if form.final else "Next", _TITLE),
        "close": plain_text("Cancel", _TITLE),
        "private_metadata": metadata,
        "blocks": [_summary(form), *blocks(said, "view")[:room], *fields],
    }


def words(submitted: Mapping[str, Any]) -> str:
    """The command that a view is the form of."""
    return str(json.loads(submitted["private_metadata"])["words"])


def is_final(submitted: Mapping[str, Any]) -> bool:
    """Whether filling it in says everything; else another step follows."""
    return bool(json.loads(submitted["private_metadata"])["final"])


def values(submitted: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in, by name; several choices with commas between; nothing for what was left empty."""
    entries = {name: entry[VALUE] for name, entry in submitted["state"]["values"].items() if VALUE in entry}
    found = {name: _value(entry) for name, entry in entries.items()}
    return {name: value for name, value in found.items() if value}


def errors(answer: Answer, submitted: Mapping[str, Any]) -> dict[str, str]:
    """The refusal beside the field it is about; empty where it is about none of them."""
    inputs = {block["block_id"] for block in submitted["blocks"] if block["type"] == "input"}
    if not answer.refused or answer.field not in inputs:
        return {}
    return {answer.field: _cut(_words(answer.messages), _ERROR)}


def options(choices: Iterable[tuple[str, str]]) -> list[Json]:
    """What can be picked, as Slack shows it; a value too long for it is left to be typed."""
    fitting = {value: label for value, label in choices if 0 < len(value) <= _OPTION_VALUE}
    return [_option(value, label) for value, label in list(fitting.items())[:OPTIONS]]


# ---- one field -------------------------------------------------------------------------------------------------------


def _input(field: Field) -> Json | None:
    """The block of a field; None where what was typed is longer than Slack's longest field."""
    if len(field.value) > TEXT_CHARACTERS:
        return None
    hint = " ".join(filter(None, (field.help, f"Accepted: {field.accepted}." if field.accepted else "")))
    wire = {
        "type": "input",
        "block_id": field.name,
        "optional": not field.required,
        "label": plain_text(field.label, _LABEL),
        "element": _element(field),
    }
    return wire | ({"hint": plain_text(hint, _HINT)} if hint else {})


def _element(field: Field) -> Json:
    if field.widget == "date" and (not field.value or _is_day(field.value)):
        return {"type": "datepicker", "action_id": VALUE} | ({"initial_date": field.value} if field.value else {})
    offered = options(field.choices)
    if field.widget in ("choice", "choices", "flag") and offered and _can_be_picked(field):
        return _select(field, offered)
    return _text_input(field)


def _text_input(field: Field) -> Json:
    placeholder = f"for example {field.example}" if field.example else ""
    wire: Json = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": field.multiline or "\n" in field.value,
        "max_length": TEXT_CHARACTERS,
    }
    wire |= {"placeholder": plain_text(placeholder, _PLACEHOLDER)} if placeholder else {}
    return wire | ({"initial_value": field.value} if field.value else {})


def _select(field: Field, offered: list[Json]) -> Json:
    """A list to pick from; one that is longer than what is offered, or depends on other fields, is searched."""
    picked = _picked(field)
    known = {option["value"]: option for option in offered}
    initial = [known.get(value) or _option(value, value) for value in picked]
    searched = field.narrows or len(offered) >= _OFFERED
    kind = "external_select" if searched else "static_select"
    wire: Json = {"action_id": VALUE}
    if searched:
        wire |= {"min_query_length": 0}
    else:
        wire |= {"options": [*offered, *(option for option in initial if option["value"] not in known)]}
    if field.widget == "choices":
        return wire | {"type": f"multi_{kind}"} | ({"initial_options": initial} if initial else {})
    return wire | {"type": kind} | ({"initial_option": initial[0]} if initial else {})


def _picked(field: Field) -> list[str]:
    if field.widget != "choices":
        return [field.value] if field.value else []
    return [part.strip() for part in re.split(r"[,;\n]", field.value) if part.strip()]


def _can_be_picked(field: Field) -> bool:
    return all(len(value) <= _OPTION_VALUE for value in _picked(field))


def _option(value: str, label: str) -> Json:
    shown = label or value
    text = shown if value.casefold() in shown.casefold() else f"{value} · {shown}"
    return {"text": plain_text(text, _OPTION_TEXT), "value": value}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# ---- what comes back -------------------------------------------------------------------------------------------------


def _value(entry: Mapping[str, Any]) -> str:
    match entry["type"]:
        case "datepicker":
            value = entry.get("selected_date")
        case "static_select" | "external_select":
            value = (entry.get("selected_option") or {}).get("value")
        case "multi_static_select" | "multi_external_select":
            value = ",".join(option["value"] for option in entry.get("selected_options") or ())
        case _:
            value = entry.get("value")
    return str(value or "")


def _summary(form: Form) -> Json:
    return {"type": "context", "elements": [plain_text(form.title, _LABEL)]}


def _words(messages: Sequence[Message]) -> str:
    """The sentences of an answer, without its tables and buttons."""
    said = [block for message in messages for block in message.blocks]
    sentences = [text_of(block.spans) for block in said if isinstance(block, Paragraph)]
    return " ".join(sentences) or plain(_without_buttons(said)) or "This cannot be taken."


def _without_buttons(said: Iterable[Block]) -> list[Block]:
    return [block for block in said if not isinstance(block, Buttons)]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
