"""Forms <-> Slack's modals.

In: a `Form` of neutral fields, or what somebody filled in. Out: a view as `views.open` takes it; the values by name;
errors beside the fields. Nothing is kept here: the command, the place it was asked from and the values that are not
asked for any more travel in the view itself.
Each field is one block, whose id is the field's name; a range of dates and a text behind a choice are two. A field that
decides what else is asked says so at once (`dispatch_action`), and the view is made anew; a list that has changed gets
another `action_id`, or Slack would keep what was picked in the old one. A value that a widget of Slack cannot hold is
asked for as text, so that nothing typed is lost.
Source of the limits: docs.slack.dev, "Modals" and "Block elements" (title and button 24, 100 blocks, 100 options,
option text and description 75, option value 150, text input 3,000, `private_metadata` 3,000).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from typing import Any
from zlib import crc32

from bot.adapters.contract import Answer, Field, Form
from bot.adapters.slack.block_kit import Json, blocks, plain_text
from bot.adapters.slack.wire import Asked
from bot.rendering.blocks import Block, Buttons, LabelLine, Message, Paragraph, Span, plain, text_of

FORM = "form"  # callback_id
VALUE = "value"  # how the action_id of every field begins
LAST, KIND = ".last", ".kind"  # behind the name: the second day of a range, the choice that a text begins with
TEXT_CHARACTERS = 3_000
OPTIONS = 100
NEXT, CANCEL, YES, CONFIRMED, FIRST_DAY, LAST_DAY = "Next", "Cancel", "Yes", "Yes, it is so", "first day", "last day"
OTHER, OTHER_WORDS, IN_WORDS = "-", "Another, as written below", "In other words"
WARNS, UNCLEAR, NEEDED = "⚠️ ", "This cannot be taken.", "This is needed."
_TITLE, _BLOCKS, _METADATA, _LABEL, _HINT, _PLACEHOLDER, _ERROR = 24, 100, 3_000, 2_000, 2_000, 150, 300
_OPTION_TEXT, _OPTION_VALUE = 75, 150
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")


def view(form: Form, asked: Asked, notes: Sequence[Message] = (), *, about: str = "") -> Json | None:
    """The modal of a form; `notes` stand above. None where Slack has no room for what was typed.

    What was answered in an earlier step is not asked again but for the field a refusal is `about`; it is kept in the
    view, as far as that has room, and else stays where it can be seen. Buttons in notes are left out: whoever has the
    form open fills it in.
    """
    shown, kept = [one for one in form.fields if one.asked or one.name == about], dict[str, str]()
    for field in sorted((one for one in form.fields if one not in shown), key=lambda one: len(one.stands)):
        kept |= {field.name: field.stands} if field.stands else {}
        if len(_metadata(form, asked, kept)) > _METADATA:
            kept.pop(field.name)
            shown.append(field)
    inputs = [_blocks(field) for field in form.fields if field in shown]
    fields = [block for group in inputs for block in group or ()]
    metadata = _metadata(form, asked, kept)
    if len(metadata) > _METADATA or None in inputs or len(fields) >= _BLOCKS:
        return None
    label = (LabelLine(form.label),) if form.label else ()
    said = [block for note in notes for block in note.blocks if not isinstance(block, Buttons)]
    above: list[Block] = [*label, *said, *(Paragraph((Span(line),)) for line in form.says)]
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": plain_text(form.does, _TITLE),
        "submit": plain_text(form.does if form.final else NEXT, _TITLE),
        "close": plain_text(CANCEL, _TITLE),
        "private_metadata": metadata,
        "blocks": [*blocks(above, "view")[: _BLOCKS - len(fields)], *fields],
    }


def words(submitted: Mapping[str, Any]) -> str:
    """The command that a view is the form of."""
    return str(_kept(submitted)["words"])


def is_final(submitted: Mapping[str, Any]) -> bool:
    """Whether filling it in says everything; else another step follows."""
    return bool(_kept(submitted)["final"])


def kept(submitted: Mapping[str, Any]) -> dict[str, str]:
    """What was answered before, in an earlier step; all that may be trusted of a view where somebody searches."""
    return dict(_kept(submitted)["values"])


def values(submitted: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in, by name; several choices with commas between; nothing for what was left empty."""
    state = submitted["state"]["values"]
    entries = {name: _value(entry) for name, actions in state.items() for entry in list(actions.values())[:1]}
    found = kept(submitted) | {name: value for name, value in entries.items() if not name.endswith((LAST, KIND))}
    for name, value in entries.items():
        if name.endswith(LAST):
            first = found[name.removesuffix(LAST)]
            found[name.removesuffix(LAST)] = f"{first}..{value}" if first and value else first or value
        if name.endswith(KIND):
            chosen = "" if value == OTHER else value
            found[name.removesuffix(KIND)] = " ".join(filter(None, (chosen, found[name.removesuffix(KIND)])))
    return {name: value for name, value in found.items() if value}


def errors(answer: Answer, submitted: Mapping[str, Any]) -> dict[str, str]:
    """The refusal beside the field it is about; empty where it is about none of them."""
    if not answer.refused or answer.field not in _inputs(submitted):
        return {}
    return {answer.field: _cut(_words(answer.messages), _ERROR)}


def faults(form: Form, submitted: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the values of a step, beside their fields."""
    inputs = _inputs(submitted)
    wrong = {one.name: one.fault or NEEDED for one in form.fields if one.fault or (one.required and not one.stands)}
    return {name: _cut(why, _ERROR) for name, why in wrong.items() if name in inputs}


def options(choices: Iterable[tuple[str, str]]) -> list[Json]:
    """What can be picked, as Slack shows it; a value too long for it is left to be typed."""
    fitting = {value: label for value, label in choices if 0 < len(value) <= _OPTION_VALUE}
    return [_option(value, label) for value, label in list(fitting.items())[:OPTIONS]]


# ---- one field -------------------------------------------------------------------------------------------------------


def _blocks(field: Field) -> list[Json] | None:
    """The blocks of a field; None where what was typed is longer than Slack's longest field."""
    if len(field.stands) > TEXT_CHARACTERS:
        return None
    line = [_context(f"{WARNS}{field.fault or field.warning}")] if field.fault or field.warning else []
    offered = options(field.choices)
    if field.widget == "range" and (days := _RANGE.fullmatch(field.stands or "0000-00-00..0000-00-00")):
        first, last = (_day(day if field.stands else "") for day in days.groups())
        return [*line, _input(field, first, FIRST_DAY), _input(field, last, LAST_DAY, behind=LAST)]
    if field.widget == "begun" and offered:
        chosen, rest = _begun(field)
        select = _select(field, [*offered, _option(OTHER, OTHER_WORDS)], [chosen] if chosen else [])
        text = _text_input(field, rest) | {"multiline": False}
        label = plain_text(field.detail or IN_WORDS, _LABEL)
        behind = _input(field, text, hint=False) | {"optional": True, "label": label}
        return [*line, _input(field, select, behind=KIND), behind]
    return [*line, _input(field, _element(field, offered))]


def _input(field: Field, element: Json, part: str = "", *, behind: str = "", hint: bool = True) -> Json:
    wire = {
        "type": "input",
        "block_id": f"{field.name}{behind}",
        "optional": not field.required,
        "label": plain_text(f"{field.label}: {part}" if part else field.label, _LABEL),
        "element": element,
    }
    wire |= {"dispatch_action": True} if field.decides else {}
    return wire | ({"hint": plain_text(field.hint, _HINT)} if field.hint and hint and behind != LAST else {})


def _element(field: Field, offered: list[Json]) -> Json:
    if field.widget == "date" and (not field.stands or _is_day(field.stands)):
        return _day(field.stands)
    if field.widget in ("flag", "confirm"):
        return _box(field)
    if field.widget in ("choice", "choices") and offered and _can_be_picked(field):
        return _select(field, offered, _picked(field))
    return _text_input(field, field.stands)


def _day(day: str) -> Json:
    return {"type": "datepicker", "action_id": VALUE} | ({"initial_date": day} if day else {})


def _box(field: Field) -> Json:
    """A box to tick."""
    words = CONFIRMED if field.widget == "confirm" else YES
    ticked = {"text": plain_text(words, _OPTION_TEXT), "value": "yes"}
    wire: Json = {"type": "checkboxes", "action_id": VALUE, "options": [ticked]}
    return wire | ({"initial_options": [ticked]} if field.stands.casefold() == "yes" else {})


def _text_input(field: Field, text: str) -> Json:
    wire: Json = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": field.multiline or "\n" in text,
        "max_length": min(max(field.most or TEXT_CHARACTERS, len(text)), TEXT_CHARACTERS),
    }
    wire |= {"placeholder": plain_text(field.example, _PLACEHOLDER)} if field.example else {}
    return wire | ({"initial_value": text} if text else {})


def _select(field: Field, offered: list[Json], picked: Sequence[str]) -> Json:
    """A list to pick from, or one that is searched."""
    known = {option["value"]: option for option in offered}
    initial = [known.get(value) or _option(value, value) for value in picked]
    kind = "external_select" if field.searched else "static_select"
    wire: Json = {"action_id": VALUE, "min_query_length": 0}
    if not field.searched:
        extra = [option for option in initial if option["value"] not in known]
        narrowed = crc32(" ".join(known).encode())
        wire = {"action_id": f"{VALUE}-{narrowed}", "options": [*offered, *extra][:OPTIONS]}
    if field.widget == "choices":
        return wire | {"type": f"multi_{kind}"} | ({"initial_options": initial} if initial else {})
    return wire | {"type": kind} | ({"initial_option": initial[0]} if initial else {})


def _begun(field: Field) -> tuple[str, str]:
    """The choice that a text begins with, and the rest of it."""
    text = field.stands
    begins = [value for value, _ in field.choices if f"{text} ".casefold().startswith(f"{value} ".casefold())]
    chosen = max(begins, key=len, default=OTHER if text else "")
    return chosen, text if chosen in ("", OTHER) else text[len(chosen) :].strip()


def _picked(field: Field) -> list[str]:
    if field.widget != "choices":
        return [field.stands] if field.stands else []
    return [part.strip() for part in re.split(r"[,;\n]", field.stands) if part.strip()]


def _can_be_picked(field: Field) -> bool:
    return all(len(value) <= _OPTION_VALUE for value in _picked(field))


def _option(value: str, label: str) -> Json:
    """A choice by its name; below it the code that papers know it by, such as PROV-META. A word of ours is none."""
    shown = label or value
    wire = {"text": plain_text(shown, _OPTION_TEXT), "value": value}
    says_more = value.isupper() and value.casefold() not in shown.casefold()
    return wire | ({"description": plain_text(value, _OPTION_TEXT)} if says_more else {})


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
        case "multi_static_select" | "multi_external_select" | "checkboxes":
            value = ",".join(option["value"] for option in entry.get("selected_options") or ())
        case _:
            value = entry.get("value")
    return str(value or "")


def _inputs(submitted: Mapping[str, Any]) -> set[str]:
    return {block["block_id"] for block in submitted["blocks"] if block["type"] == "input"}


def _kept(submitted: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(submitted["private_metadata"]))


def _metadata(form: Form, asked: Asked, values: Mapping[str, str]) -> str:
    place = {"words": form.words, "final": form.final, "channel": asked.channel, "thread": asked.thread}
    files = {"files": [astuple(file) for file in asked.inbound.files]} if asked.inbound.files else {}
    return json.dumps(place | files | {"values": dict(values)}, separators=(",", ":"), ensure_ascii=False)


def _context(words: str) -> Json:
    return {"type": "context", "elements": [plain_text(words, _LABEL)]}


def _words(messages: Sequence[Message]) -> str:
    """The sentences of an answer, without its tables and buttons."""
    said = [block for message in messages for block in message.blocks]
    sentences = [text_of(block.spans) for block in said if isinstance(block, Paragraph)]
    return " ".join(sentences) or plain(block for block in said if not isinstance(block, Buttons)) or UNCLEAR


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
