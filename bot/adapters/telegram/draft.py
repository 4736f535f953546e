"""A form under way: a command line that is not complete yet, and where its person stands in it.

In: a `Form` as the desk has it now, and what was typed or pressed. Out: the draft after that. Pure: it asks nobody and
keeps nothing; `forms.py` does both.
What is missing is asked for one value at a time, in the order of the form; then comes the summary. Back goes to the
value asked for before. A draft is plain data, so that it outlives the process.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.adapters.contract import Form

HEARD = 100
PAGE_SIZE = 8  # choices under one message
SUMMARY, CHANGING = "", "?"  # in place of the name of a value


@dataclass(frozen=True)
class FormDraft:
    """Where one person stands.

    asking: the name of the value asked for, SUMMARY, or CHANGING. trail: the values asked for before. found: the part
    of a name that choices are searched by. offered: the values of the buttons that stand there. step: rises with every
    change, so that an old button is known. heard: the keys of the last updates that changed it; Telegram brings at most
    so many again. chat, message_id: where the form stands; 0 before it does. room, thread, room_name: where the command
    was typed. behind: what is typed now is written behind the choice that was picked.
    """

    words: str
    values: dict[str, str]
    asking: str = SUMMARY
    trail: tuple[str, ...] = ()
    page: int = 0
    found: str = ""
    offered: tuple[str, ...] = ()
    step: int = 0
    heard: tuple[str, ...] = ()
    chat: int = 0
    message_id: int = 0
    room: str = ""
    thread: str = ""
    room_name: str = ""
    behind: bool = False

    def moved(self, **changes: object) -> "FormDraft":
        """The draft one step on; what belongs to one step only is gone."""
        fresh: dict[str, object] = {"page": 0, "found": "", "offered": (), "behind": False, "step": self.step + 1}
        return replace(self, **(fresh | changes))  # type: ignore[arg-type]  # names of our own fields

    def hearing(self, key: str, **changes: object) -> "FormDraft":
        """The draft when one more update changes it."""
        return replace(self, heard=(*self.heard, key)[-HEARD:], **changes)  # type: ignore[arg-type]  # as above


def begun(form: Form, **where: object) -> FormDraft:
    """A new draft, with what was typed already, at the first value that is missing."""
    values = {one.name: one.value for one in form.fields if one.value}
    return FormDraft(form.words, values, asking=missing(form, values), **where)  # type: ignore[arg-type]  # as above


def missing(form: Form, values: dict[str, str]) -> str:
    """The first value that cannot be taken, or that is required and neither given nor guessed; SUMMARY without one."""
    open_ = (one for one in form.fields if one.fault or (one.required and not (values.get(one.name) or one.default)))
    return next((one.name for one in open_), SUMMARY)


def taken(draft: FormDraft, name: str, value: str) -> FormDraft:
    """A value is given."""
    return replace(draft, values={**draft.values, name: value})


def onward(draft: FormDraft, form: Form) -> FormDraft:
    """To the next value that is missing, or to the summary."""
    trail = (*draft.trail, draft.asking) if draft.asking not in (SUMMARY, CHANGING) else draft.trail
    return draft.moved(asking=missing(form, draft.values), trail=trail)


def backward(draft: FormDraft) -> FormDraft:
    """To the value that was asked for before; from the first one to the summary."""
    if draft.asking == CHANGING or not draft.trail:
        return draft.moved(asking=SUMMARY)
    return draft.moved(asking=draft.trail[-1], trail=draft.trail[:-1])


def toggled(draft: FormDraft, name: str, value: str) -> FormDraft:
    """One of several choices, put in or taken out."""
    chosen = picked(draft.values.get(name, ""))
    chosen = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
    return replace(draft.moved(page=draft.page, found=draft.found), values={**draft.values, name: ",".join(chosen)})


def picked(value: str) -> list[str]:
    """The several values of a field."""
    return [part.strip() for part in re.split(r"[,;\n]", value) if part.strip()]


def page_of(choices: Sequence[tuple[str, str]], page: int) -> Sequence[tuple[str, str]]:
    """The choices of one page."""
    return choices[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]


def pages(count: int) -> int:
    """How many pages so many choices need."""
    return max(1, -(-count // PAGE_SIZE))
