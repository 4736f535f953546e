"""Step-by-step forms: what a command lacks is asked for in the private chat, one value after the other.

In: an answer that asks a question, then what the person types and presses. Out: messages with keyboards; at last the
command line, which goes through the same door as if it had been typed, after a summary with its pre-flight.
A person has one form at a time. It is kept after every step, before anybody is answered, so a restart loses nothing and
an update that comes again changes nothing. After half an hour without an answer it is put away, with what was typed.
Each method decides and keeps first, and returns what is then to be shown.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from bot.adapters.contract import Answer, Field, Form, Inbound
from bot.adapters.house import House, HouseServices
from bot.adapters.outcome import Moved, Refused, Sent
from bot.adapters.telegram import step, texts
from bot.adapters.telegram.answers import TelegramAnswers, joined, pages_of
from bot.adapters.telegram.draft import (
    CHANGING,
    SUMMARY,
    FormDraft,
    backward,
    begun,
    onward,
    taken,
    toggled,
)
from bot.adapters.telegram.keyboard import Keyboards, button
from bot.adapters.telegram.sender import TelegramSender
from bot.adapters.telegram.step import Choices, ShownStep
from bot.adapters.telegram.wire import Pressed, Typed
from bot.rendering.blocks import Block
from bot.rendering.choosing import is_meant

log = logging.getLogger("rogatory.telegram")

KEPT_SECONDS = texts.MINUTES * 60.0
_PREFIX = "telegram:form:"

Show = Callable[[], Awaitable[None]]


class StepForms:
    """The forms of everybody who has one."""

    def __init__(
        self,
        house: House,
        services: HouseServices,
        sender: TelegramSender,
        answers: TelegramAnswers,
        keyboards: Keyboards,
    ) -> None:
        self._house, self._memory = house, services.memory
        self._sender, self._answers, self._keyboards = sender, answers, keyboards

    # ---- how a form begins and ends ----

    async def begin(self, event: Typed | Pressed, answer: Answer) -> Show | None:
        """Ask for what an answer says is missing; None where there is no form of it."""
        line = answer.question.line if answer.question else ""
        draft = await self.of(event.inbound.account)
        if draft and event.key in draft.heard:  # this very update, once more
            return self.again(event, draft)
        form = await self._form(event.inbound, line)
        if form is None:
            return None
        draft = begun(
            form,
            heard=(event.key,),
            chat=int(event.inbound.account),
            room=event.inbound.room,
            thread=event.inbound.thread,
            room_name=event.inbound.room_name,
        )
        return await self._step(event, draft, form, above=step.warnings(form.fields) if draft.asking else ())

    def again(self, event: Typed | Pressed, draft: FormDraft) -> Show:
        """Show the step where a draft stands, as a new message. Nothing is decided: all of it is showing."""

        async def show() -> None:
            form = await self._form_of(event.inbound, draft)
            if form is None:
                then = await self._over(draft, event.inbound.account, texts.NO_FORM)
            else:
                then = await self._step(event, replace(draft, message_id=0, step=draft.step + 1), form)
            await then()

        return show

    async def of(self, account: str) -> FormDraft | None:
        """The form somebody has open; None without one, or where its time is up."""
        kept = await self._memory.recall(_PREFIX + account)
        return _draft(kept.value) if kept and not kept.late else None

    async def forget(self, account: str) -> None:
        """End it without a word: what it was for is done."""
        await self._memory.forget(_PREFIX + account)

    async def done(self, draft: FormDraft, account: str) -> Show:
        """End it, because a line did what it was for: where it stands, it says so and has no buttons any more."""
        over = await self._over(draft, account, texts.DONE_BY_LINE)
        return over if draft.message_id else _nothing

    async def cancel(self, account: str) -> Show | None:
        """End it and send nothing; None where there was none."""
        draft = await self.of(account)
        return await self._over(draft, account, texts.CANCELLED) if draft else None

    async def put_away_late(self) -> None:
        """End every form whose time is up, with what was typed, to go on with."""
        for kept in await self._memory.late(_PREFIX):
            draft, account = _draft(kept.value), kept.key.removeprefix(_PREFIX)
            line = self._house.forms.line(draft.words, draft.values)
            data = await self._keyboards.data(line)
            show = await self._over(draft, account, texts.PUT_AWAY, more=data)
            await show()

    # ---- what a person does with it ----

    async def typed(self, said: Typed, draft: FormDraft) -> Show:
        """A value, or part of a name that choices are searched by."""
        if said.key in draft.heard:
            return self.again(said, draft)
        form = await self._form_of(said.inbound, draft)
        asked = form.field(draft.asking) if form else None
        if form is None or asked is None:
            return self.again(said, draft.hearing(said.key))
        text = said.inbound.text.strip()
        fresh = draft.hearing(said.key, message_id=0)
        if asked.choices and asked.widget == "choice" and (found := await self._found(said.inbound, fresh, text)):
            exact = [value for value, label in found if is_meant(value, label, text)]
            if len(found) > 1 and not exact:
                return await self._step(said, fresh.moved(found=text), form)
            text = exact[0] if exact else found[0][0]
        return await self._give(said, fresh, form, asked, text)

    async def pressed(self, pressed: Pressed, draft: FormDraft | None) -> tuple[Show | None, str]:
        """A button under a form. What is to be shown, and the toast."""
        number, _, act = pressed.data.removeprefix(step.FORM).partition(":")
        stale = draft is None or int(number) != draft.step or pressed.where.message_id != draft.message_id
        if draft and pressed.key in draft.heard:
            return self.again(pressed, draft), ""
        if draft is None or stale:
            return None, texts.MOVED_ON
        fresh = draft.hearing(pressed.key)
        form = await self._form_of(pressed.inbound, fresh)
        if form is None or act == step.CANCEL:
            return await self._over(fresh, pressed.inbound.account, texts.CANCELLED), ""
        if act == step.SEND:
            return await self._send(pressed, fresh, form), ""
        return await self._act(pressed, fresh, form, act), ""

    async def _act(self, pressed: Pressed, draft: FormDraft, form: Form, act: str) -> Show:
        """Everything but the last step."""
        letter, number = act[:1], int(act[1:] or 0)
        asked = form.field(draft.asking)
        if letter == step.YES and asked:
            return await self._give(pressed, draft, form, asked, "yes")
        if letter == step.PICK and asked:
            value = draft.offered[number]
            if asked.widget == "choices":
                return await self._step(pressed, toggled(draft, asked.name, value), form)
            return await self._give(pressed, draft, form, asked, value)
        moved = {
            step.PAGE: draft.moved(page=number, found=draft.found),
            step.DONE: onward(_kept(draft, asked), form),
            step.ONWARD: onward(draft, form),
            step.BACK: backward(draft),
            step.CHANGE: draft.moved(asking=CHANGING),
        }
        if letter == step.GO:
            return await self._step(pressed, draft.moved(asking=form.fields[number].name), form)
        return await self._step(pressed, moved.get(letter, draft), form)

    # ---- one step ----

    async def _give(self, event: Typed | Pressed, draft: FormDraft, form: Form, asked: Field, value: str) -> Show:
        """Take a value, if it can be read, and go on; what is warned of it is read before the next one."""
        if draft.behind:
            value = f"{draft.values[asked.name]} {value}"
        given = taken(draft, asked.name, value)
        then = await self._form_of(event.inbound, given) or form
        now = then.field(asked.name)
        if now and now.fault:
            return await self._step(event, draft.moved(), replace(form, fields=_with(form, now)))
        picks = isinstance(event, Pressed) and asked.detail and not draft.behind
        if picks:
            return await self._step(event, given.moved(behind=True), then)
        above = step.warnings([now]) if now and now.warning != asked.warning else ()
        return await self._step(event, onward(given, then), then, above=above)

    async def _step(self, event: Typed | Pressed, draft: FormDraft, form: Form, above: Sequence[Block] = ()) -> Show:
        """Keep where the draft stands, then show it: in place, or as a new message where something was typed."""
        account = event.inbound.account
        choices = await self._choices(event.inbound, draft, form)
        shown = step.show(draft, form, choices, above)
        draft = replace(draft, offered=shown.offered)
        await self._keep(account, draft)

        async def show() -> None:
            await self._put(event, draft, shown)

        return show

    async def _put(self, event: Typed | Pressed, draft: FormDraft, shown: ShownStep) -> None:
        if draft.message_id:
            outcome = await self._sender.change(draft.chat, draft.message_id, shown.message, more=shown.rows)
            if isinstance(outcome, Sent):
                return
        outcome = await self._answers.to_person(draft.chat, shown.message, shown.rows)
        if isinstance(outcome, Sent):
            await self._keep(event.inbound.account, replace(draft, message_id=int(outcome.message_id)))
        if not event.where.direct and not isinstance(outcome, Moved):
            words = texts.CANNOT_WRITE if isinstance(outcome, Refused) else texts.COME_OVER
            await self._answers.invite(event.where, words)

    async def _send(self, pressed: Pressed, draft: FormDraft, form: Form) -> Show:
        """The command line goes to the desk. A refusal leads back to the value it is about."""
        line = self._house.forms.line(draft.words, form.values(draft.values))
        inbound = replace(pressed.inbound, text=line, room=draft.room, thread=draft.thread, room_name=draft.room_name)
        answer = await self._house.receive(inbound)
        if answer.refused:
            then = await self._form_of(pressed.inbound, draft) or form
            about = then.field(answer.question.name if answer.question else answer.field)
            above = step.warnings(then.fields) if answer.question and about else joined(answer).blocks
            return await self._step(pressed, draft.moved(asking=about.name if about else SUMMARY), then, above=above)
        await self.forget(pressed.inbound.account)

        async def show() -> None:
            first, *others = pages_of(answer)
            outcome = await self._sender.change(draft.chat, draft.message_id, first)
            for page in others if isinstance(outcome, Sent) else (first, *others):
                outcome = await self._answers.to_person(draft.chat, page)
                if not isinstance(outcome, Sent):
                    await self._house.unsaid(inbound)
                    return

        return show

    async def _over(self, draft: FormDraft, account: str, words: str, more: str = "") -> Show:
        """End it. more: the data of a button that goes on with it."""
        await self.forget(account)
        line = self._house.forms.line(draft.words, draft.values)
        said = step.closed(draft.words, words, line)
        rows = [[button(texts.GO_ON, more)]] if more else []

        async def show() -> None:
            if draft.message_id:
                await self._sender.change(draft.chat, draft.message_id, said, more=rows)
            else:
                await self._sender.post(draft.chat, said, more=rows)

        return show

    # ---- what the desk knows ----

    async def _form(self, inbound: Inbound, line: str) -> Form | None:
        return await self._house.forms.open(replace(inbound, text=line))

    async def _form_of(self, inbound: Inbound, draft: FormDraft) -> Form | None:
        return await self._form(inbound, self._house.forms.line(draft.words, draft.values))

    async def _choices(self, inbound: Inbound, draft: FormDraft, form: Form) -> Choices:
        asked = form.field(draft.asking)
        if asked is None:
            return ()
        return await self._found(inbound, draft, draft.found) if draft.found else asked.choices

    async def _found(self, inbound: Inbound, draft: FormDraft, typed: str) -> Choices:
        line = self._house.forms.line(draft.words, draft.values)
        return await self._house.forms.choices(replace(inbound, text=line), draft.asking, typed)

    async def _keep(self, account: str, draft: FormDraft) -> None:
        await self._memory.remember({_PREFIX + account: asdict(draft)}, seconds=KEPT_SECONDS)


async def _nothing() -> None:
    """It was not shown yet."""


def _with(form: Form, field: Field) -> tuple[Field, ...]:
    """The fields of a form, one of them in place of that of its name."""
    return tuple(field if one.name == field.name else one for one in form.fields)


def _kept(draft: FormDraft, asked: Field | None) -> FormDraft:
    """What was guessed is what is meant."""
    return taken(draft, asked.name, asked.stands) if asked and asked.name not in draft.values else draft


def _draft(kept: Mapping[str, Any]) -> FormDraft:
    names = {one.name for one in fields(FormDraft)}  # the release before may have kept others
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in kept.items()}
    return FormDraft(**{name: value for name, value in values.items() if name in names})
