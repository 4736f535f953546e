"""One step of a form as a person sees it: the message and the rows of buttons under it. Pure.

In: a draft, its form, the choices of what is asked for, what is said above. Out: blocks, rows of buttons.
Data of a button: `f:STEP:ACT`, where ACT is one letter and at times a number; `forms.py` reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton

from bot.adapters.contract import Field, Form
from bot.adapters.telegram import texts
from bot.adapters.telegram.draft import (
    CHANGING,
    PAGE_SIZE,
    SUMMARY,
    FormDraft,
    field_of,
    page_of,
    pages,
    picked,
)
from bot.adapters.telegram.keyboard import Rows, button
from bot.rendering.blocks import Block, Bullets, Buttons, Heading, Item, LabelLine, Message, Paragraph, Span, Table

FORM = "f:"  # how the data of a form's button begins
PICK, PAGE, DONE, ONWARD, BACK, CANCEL, SEND, CHANGE, GO = "v", "p", "d", "k", "b", "x", "o", "c", "g"
SHOWN_CHARACTERS = 200
QUOTE = '"'  # in which examples stand as they are typed in a line

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
    asked = field_of(form, draft.asking)
    return _question(draft, form, asked, choices, said) if asked else _summary(draft, form, said)


def closed(form_words: str, words: str, line: str) -> Message:
    """What stands in place of a form that is over."""
    said = Paragraph((Span(form_words, bold=True), Span(f": {words}")))
    return Message((said, *((Paragraph((Span(line, code=True),)),) if line else ())), None)


# ---- a value ---------------------------------------------------------------------------------------------------------


def _question(draft: FormDraft, form: Form, asked: Field, choices: Choices, above: tuple[Block, ...]) -> ShownStep:
    value = draft.values.get(asked.name, "")
    heading = above or (Paragraph((Span(asked.label, bold=True), Span(_helped(asked)))),)
    blocks: list[Block] = [_title(form), *heading]
    if draft.found and not choices:
        blocks.append(Paragraph((Span(texts.FOUND_NOTHING.format(draft.found)),)))
    blocks.append(Paragraph((Span(_how(asked, brief=bool(above))),)))
    if value and not _several(asked):
        blocks.append(Paragraph((Span(f"{texts.NOW}: "), Span(_cut(value), bold=True))))
    part = page_of(choices, draft.page)
    chosen = picked(value) if _several(asked) else [value]
    rows = [[_button(draft, _choice(value, label, chosen), f"{PICK}{n}")] for n, (value, label) in enumerate(part)]
    rows += _turning(draft, pages(len(choices)))
    rows += [row for row in (_onward(draft, asked, value),) if row]
    rows.append(_leaving(draft))
    return ShownStep(_message(blocks), rows, tuple(value for value, _ in part))


def _helped(asked: Field) -> str:
    return f": {asked.help}" if asked.help and asked.help != asked.label else ""


def _how(asked: Field, *, brief: bool) -> str:
    """How to give it; what is accepted, unless that was said above."""
    how = texts.PICK_SEVERAL if _several(asked) else texts.PICK_OR_TYPE if asked.choices else texts.TYPE_IT
    accepted = f" Accepted: {asked.accepted}" if asked.accepted and not brief else ""
    example = f", such as “{asked.example.strip(QUOTE)}”" if asked.example and accepted else ""
    return f"{how}{accepted}{example}{'.' if accepted else ''}"


def _choice(value: str, label: str, chosen: Sequence[str]) -> str:
    shown = label or value
    text = shown if value.casefold() in shown.casefold() else f"{value} · {shown}"
    return f"✓ {text}" if value in chosen else text


def _several(asked: Field) -> bool:
    return asked.widget == "choices"


def _onward(draft: FormDraft, asked: Field, value: str) -> list[InlineKeyboardButton]:
    """The way on without a new value: what is there is kept, or what need not be there is left out."""
    if value:
        return [_button(draft, texts.DONE if _several(asked) else texts.KEEP, DONE)]
    return [] if asked.required else [_button(draft, texts.SKIP, ONWARD)]


# ---- all of it -------------------------------------------------------------------------------------------------------


def _summary(draft: FormDraft, form: Form, above: tuple[Block, ...]) -> ShownStep:
    label = next((note.label for note in form.notes if note.label), None)
    notes = [block for note in form.notes for block in note.blocks if not isinstance(block, LabelLine | Buttons)]
    given = [one for one in form.fields if draft.values.get(one.name)]
    values = Bullets(tuple(Item(_pair(one, draft.values[one.name])) for one in given))
    blocks: list[Block] = [_title(form), *above, *notes, Paragraph((Span(texts.READY),))]
    blocks += [values] if given else []
    rows = [
        [_button(draft, texts.SEND, SEND)],
        [_button(draft, texts.CHANGE, CHANGE)],
        _leaving(draft),
    ]
    return ShownStep(_message(blocks, label), rows)


def _changing(draft: FormDraft, form: Form, above: tuple[Block, ...]) -> ShownStep:
    start = draft.page * PAGE_SIZE
    fields = form.fields[start : start + PAGE_SIZE]
    rows = [
        [_button(draft, _entry(one, draft.values.get(one.name, "")), f"{GO}{start + n}")]
        for n, one in enumerate(fields)
    ]
    rows += _turning(draft, pages(len(form.fields)))
    rows.append(_leaving(draft))
    return ShownStep(_message([_title(form), *above, Paragraph((Span(texts.WHAT_TO_CHANGE),))]), rows)


def _entry(one: Field, value: str) -> str:
    return f"{one.label}: {_cut(value)}" if value else f"+ {one.label}"


def _pair(one: Field, value: str) -> tuple[Span, ...]:
    return Span(f"{one.label}: ", bold=True), Span(_cut(value))


# ---- pieces ----------------------------------------------------------------------------------------------------------


def _message(blocks: Sequence[Block], label: str | None = None) -> Message:
    return Message((*((LabelLine(label),) if label else ()), *blocks), label)


def _title(form: Form) -> Heading:
    return Heading(1, (Span(f"{form.words}: {form.title}"),))


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
