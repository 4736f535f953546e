"""One step of a form as a person sees it: the message and the rows of buttons under it. Pure.

In: a draft, its form, the choices of what is asked for, what is said above. Out: blocks, rows of buttons.
Data of a button: `f:STEP:ACT`, where ACT is one letter and at times a number; `forms.py` reads it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton

from bot.adapters.contract import Field, Form
from bot.adapters.telegram import texts
from bot.adapters.telegram.draft import (
    CHANGING,
    PAGE_SIZE,
    SUMMARY,
    FormDraft,
    page_of,
    pages,
    picked,
)
from bot.adapters.telegram.keyboard import Rows, button
from bot.rendering.blocks import Block, Bullets, Buttons, Heading, Item, LabelLine, Message, Paragraph, Span, Table

FORM = "f:"  # how the data of a form's button begins
PICK, PAGE, DONE, ONWARD, BACK, CANCEL, SEND, CHANGE, GO, YES = "v", "p", "d", "k", "b", "x", "o", "c", "g", "y"
SHOWN_CHARACTERS = 200

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ShownStep:
    """A step, ready to be posted. `offered`: the values of its choices, in the order of their buttons."""

    message: Message
    rows: Rows
    offered: tuple[str, ...] = ()


def show(draft: FormDraft, form: Form, choices: Choices, above: Sequence[Block] = ()) -> ShownStep:
    """The step a draft stands at; `above`: what has to be read first, without the choices, which are buttons here."""
    said = tuple(block for block in above if not isinstance(block, Buttons | LabelLine | Table))
    if draft.asking == SUMMARY:
        return _summary(draft, form, said)
    if draft.asking == CHANGING:
        return _changing(draft, form, said)
    asked = form.field(draft.asking)
    return _question(draft, form, asked, choices, said) if asked else _summary(draft, form, said)


def closed(form_words: str, words: str, line: str) -> Message:
    """What stands in place of a form that is over."""
    said = Paragraph((Span(form_words, bold=True), Span(f": {words}")))
    return Message((said, *((Paragraph((Span(line, code=True),)),) if line else ())), None)


# ---- a value ---------------------------------------------------------------------------------------------------------


def _question(draft: FormDraft, form: Form, asked: Field, choices: Choices, above: tuple[Block, ...]) -> ShownStep:
    value = draft.values.get(asked.name, asked.stands)
    label = asked.detail if draft.behind else asked.label
    blocks: list[Block] = [_title(form), *above, *_warnings(asked), Paragraph((Span(label, bold=True),))]
    if draft.found and not choices:
        blocks.append(_said(texts.FOUND_NOTHING.format(draft.found)))
    blocks.append(_said(_how(asked, behind=draft.behind)))
    if value and not _several(asked):
        blocks.append(Paragraph((Span(f"{texts.NOW}: "), Span(_cut(_worded(asked, value)), bold=True))))
    part = () if draft.behind else page_of(choices, draft.page)
    chosen = picked(value) if _several(asked) else [value]
    rows = [[_button(draft, _choice(value, label, chosen), f"{PICK}{n}")] for n, (value, label) in enumerate(part)]
    rows += [] if draft.behind else _turning(draft, pages(len(choices)))
    rows += [row for row in (_onward(draft, asked, value),) if row]
    rows.append(_leaving(draft))
    return ShownStep(_message(blocks, form.label), rows, tuple(value for value, _ in part))


def warnings(fields: Iterable[Field]) -> tuple[Block, ...]:
    """What was found about values that are given, a line each."""
    return tuple(_said(f"{texts.WARNS}{one.label}: {one.warning}") for one in fields if one.warning)


def _warnings(asked: Field) -> list[Block]:
    words = asked.fault or asked.warning
    return [_said(f"{texts.WARNS}{words}")] if words else []


def _how(asked: Field, *, behind: bool) -> str:
    """How to give it, what its label does not say, and an example."""
    picks = {"choices": texts.PICK_SEVERAL, "confirm": texts.TICK, "begun": texts.PICK_OR_WRITE}
    written = behind or not asked.choices
    how = texts.TICK if asked.widget == "confirm" else texts.TYPE_IT
    how = how if written else picks.get(asked.widget, texts.PICK_OR_TYPE)
    example = f"{texts.SUCH_AS} {asked.example}" if asked.example and written and asked.widget != "confirm" else ""
    return " ".join(filter(None, ("" if behind else asked.hint, how, example)))


def _choice(value: str, label: str, chosen: Sequence[str]) -> str:
    shown = label or value
    return f"✓ {shown}" if value in chosen else shown


def _several(asked: Field) -> bool:
    return asked.widget == "choices"


def _onward(draft: FormDraft, asked: Field, value: str) -> list[InlineKeyboardButton]:
    """The way on without a new value: what is there is kept, or what need not be there is left out."""
    if asked.widget == "confirm":
        return [_button(draft, texts.CONFIRM, YES)]
    if value and not asked.fault:
        return [_button(draft, texts.DONE if _several(asked) or draft.behind else texts.KEEP, DONE)]
    return [] if asked.required else [_button(draft, texts.SKIP, ONWARD)]


# ---- all of it -------------------------------------------------------------------------------------------------------


def _summary(draft: FormDraft, form: Form, above: tuple[Block, ...]) -> ShownStep:
    """What will happen, what is worth knowing, and what was said; the last button says what it does."""
    given = [one for one in form.fields if draft.values.get(one.name) or one.default]
    values = Bullets(tuple(Item(_pair(one, draft.values.get(one.name) or one.default)) for one in given))
    blocks: list[Block] = [_title(form), *above, *map(_said, form.says), *warnings(form.fields)]
    blocks += [values] if given else []
    rows = [
        [_button(draft, f"✓ {form.does}", SEND)],
        [_button(draft, texts.CHANGE, CHANGE)],
        _leaving(draft),
    ]
    return ShownStep(_message(blocks, form.label), rows)


def _changing(draft: FormDraft, form: Form, above: tuple[Block, ...]) -> ShownStep:
    start = draft.page * PAGE_SIZE
    fields = form.fields[start : start + PAGE_SIZE]
    rows = [
        [_button(draft, _entry(one, draft.values.get(one.name) or one.default), f"{GO}{start + n}")]
        for n, one in enumerate(fields)
    ]
    rows += _turning(draft, pages(len(form.fields)))
    rows.append(_leaving(draft))
    return ShownStep(_message([_title(form), *above, Paragraph((Span(texts.WHAT_TO_CHANGE),))]), rows)


def _entry(one: Field, value: str) -> str:
    return f"{one.label}: {_cut(_worded(one, value))}" if value else f"+ {one.label}"


def _pair(one: Field, value: str) -> tuple[Span, ...]:
    return Span(f"{one.label}: ", bold=True), Span(_cut(_worded(one, value)))


def _worded(one: Field, value: str) -> str:
    """A value as its choices are called: each of several, and what a text begins with."""
    names = dict(one.choices)
    if _several(one):
        return ", ".join(names.get(part) or part for part in picked(value))
    begun = [known for known in names if one.widget == "begun" and value.startswith(f"{known} ")]
    begins = value if value in names else max(begun, key=len, default="")
    return f"{names.get(begins) or begins}{value[len(begins) :]}"


# ---- pieces ----------------------------------------------------------------------------------------------------------


def _message(blocks: Sequence[Block], label: str | None = None) -> Message:
    return Message((*((LabelLine(label),) if label else ()), *blocks), label)


def _title(form: Form) -> Heading:
    return Heading(1, (Span(form.does),))


def _said(words: str) -> Paragraph:
    return Paragraph((Span(words),))


def _turning(draft: FormDraft, count: int) -> list[list[InlineKeyboardButton]]:
    if count == 1:
        return []
    earlier = [_button(draft, texts.EARLIER, f"{PAGE}{draft.page - 1}")] if draft.page else []
    later = [_button(draft, texts.LATER, f"{PAGE}{draft.page + 1}")] if draft.page + 1 < count else []
    here = [_button(draft, f"{draft.page + 1}/{count}", f"{PAGE}{draft.page}")]
    return [[*earlier, *here, *later]]


def _leaving(draft: FormDraft) -> list[InlineKeyboardButton]:
    back = [_button(draft, texts.BACK, BACK)] if draft.trail or draft.asking == CHANGING else []
    return [*back, _button(draft, texts.CANCEL, CANCEL)]


def _button(draft: FormDraft, label: str, act: str) -> InlineKeyboardButton:
    return button(label, f"{FORM}{draft.step}:{act}")


def _cut(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else flat[: SHOWN_CHARACTERS - 1] + "…"
