"""Conversation: one update from a person, to the desk and back.

In: updates that are surely Telegram's, one of each chat at a time. Out: what is to be shown, returned only after the
desk has answered, so after the commit. What was accepted is on disk before anything is confirmed to Telegram.
A line begins or goes on with a form where something is missing; with `/`, or with the words of a command, it is one.
"""

import logging
from dataclasses import replace

from bot.adapters.contract import ATTACH, EDITS_DO_NOTHING, Answer, Inbound
from bot.adapters.house import House, HouseServices
from bot.adapters.telegram import step, texts
from bot.adapters.telegram.answers import PAGE, TOAST_CHARACTERS, TelegramAnswers, message, words_of
from bot.adapters.telegram.draft import FormDraft
from bot.adapters.telegram.forms import Show, StepForms
from bot.adapters.telegram.keyboard import TURNS, Keyboards
from bot.adapters.telegram.knowing import Names
from bot.adapters.telegram.menus import Menus
from bot.adapters.telegram.recent import Albums, Texts
from bot.adapters.telegram.rooms import Rooms
from bot.adapters.telegram.unfolding import BEGINNINGS, Unfolding
from bot.adapters.telegram.wire import (
    PLATFORM,
    CommandWords,
    Edited,
    Event,
    Migrated,
    Nameless,
    Placed,
    Pressed,
    Typed,
    Where,
)

log = logging.getLogger("rogatory.telegram")

CANCEL = ("/cancel", "cancel")


class NotKept(Exception):
    """The desk could not put a message on record: it must be brought again."""


class Conversation:
    """What the desk hears and says on one bot. `forms` and `keyboards` are those of the same bot."""

    def __init__(
        self,
        house: House,
        services: HouseServices,
        *,
        answers: TelegramAnswers,
        forms: StepForms,
        keyboards: Keyboards,
        menus: Menus,
        unfolding: Unfolding,
        rooms: Rooms,
        names: Names,
    ) -> None:
        self._house, self._services, self._unfolding = house, services, unfolding
        self._answers, self._forms, self._keyboards, self._menus = answers, forms, keyboards, menus
        self._vocabulary = CommandWords(services.commands)
        self._rooms, self._names, self._albums, self._texts = rooms, names, Albums(), Texts()

    async def handle(self, event: Event) -> Show:
        """Do what an event asks. Returns what is then to be shown. Errors: NotKept."""
        if isinstance(event, Typed | Pressed):
            await self._names.note(event)
        match event:
            case Typed():
                self._texts.note(event)
                return await self._said(event)
            case Pressed():
                return await self._pressed(event)
            case Edited():
                return self._line(event, EDITS_DO_NOTHING) if self._texts.changed(event) else _nothing
            case Migrated(old=old, new=new):
                await self._services.room_moved(PLATFORM, old, new)
                return _nothing
            case Nameless(where=where):
                return lambda: self._invite(where, texts.NAMELESS)
            case Placed(chat=chat):
                self._rooms.forget(chat)
                return _nothing

    # ---- kinds of events ----

    async def _said(self, said: Typed) -> Show:
        if said.inbound.files:
            return await self._file(said)
        account, text = said.inbound.account, said.inbound.text.strip()
        draft = await self._forms.of(account) if said.where.direct else None
        if said.resumes:
            return self._forms.again(said, draft) if draft else self._line(said, texts.NO_FORM)
        if text.partition("@")[0].casefold() in CANCEL:
            return await self._forms.cancel(account) or self._line(said, texts.NOTHING_TO_CANCEL)
        if draft and not text.startswith("/") and not self._vocabulary.begin(text):
            return await self._forms.typed(said, draft)
        return await self._command(said, draft)

    async def _file(self, said: Typed) -> Show:
        """A file, alone or of an album, whose words may come with any of its files; it is asked about once."""
        joined = self._albums.joined(said)
        if joined is None:
            return _nothing
        draft = await self._forms.of(said.inbound.account) if said.where.direct else None
        shows = [await self._command(joined, draft)]
        shows += [await self._command(waited) for waited in self._albums.waited(said)]

        async def show() -> None:
            for one in shows:
                await one()

        return show

    async def _pressed(self, pressed: Pressed) -> Show:
        if pressed.data.startswith(step.FORM):
            show, toast = await self._forms.pressed(pressed, await self._forms.of(pressed.inbound.account))
            return self._with_toast(pressed, show or _nothing, toast)
        if pressed.data.startswith(PAGE):
            return self._turning(pressed)
        if pressed.data.startswith(BEGINNINGS):
            return self._unfolding_of(pressed)
        line = await self._keyboards.line(pressed.data)
        if line is None:
            return self._with_toast(pressed, _nothing, texts.TOO_OLD)
        return await self._command(replace(pressed, inbound=replace(pressed.inbound, text=line)))

    async def _command(self, event: Typed | Pressed, draft: FormDraft | None = None) -> Show:
        """A command line, typed or pressed; one that was done ends the form of the same command."""
        answer = await self._house.receive(event.inbound)
        if not answer.kept:
            raise NotKept
        if answer.question and event.inbound.joins and event.inbound.text == ATTACH:
            return _nothing
        done = draft is not None and not answer.refused and _is_what_it_asks(event.inbound, draft)
        ended = await self._forms.done(draft, event.inbound.account) if draft and done else _nothing
        form = await self._forms.begin(event, answer) if answer.question else None
        turns = isinstance(event, Pressed) and event.data.startswith(TURNS) and not answer.refused
        show = form or (lambda: self._answers.show(event, answer, turns=turns))

        async def all_of_it() -> None:
            if isinstance(event, Pressed):
                await self._answer_button(event, answer, show, asks=form is not None)
            else:
                await show()
            await ended()
            await self._menus.refresh(event.inbound)

        return all_of_it

    # ---- buttons ----

    async def _answer_button(self, pressed: Pressed, answer: Answer, show: Show, *, asks: bool) -> None:
        """A refusal that fits a toast is no message: who did it already, and when, is read where the button is."""
        if answer.refused and not asks:
            words = words_of(answer)
            await self._answers.toast(pressed, words, alert=True)
            if _is_whole(answer, words):
                return
        else:
            away = answer.private and not pressed.where.direct
            await self._answers.toast(pressed, texts.IN_PRIVATE if away else "")
        await show()

    def _turning(self, pressed: Pressed) -> Show:
        async def show() -> None:
            await self._answers.toast(pressed, await self._answers.turn(pressed, self._house.receive))

        return show

    def _unfolding_of(self, pressed: Pressed) -> Show:
        async def show() -> None:
            await self._answers.toast(pressed, await self._unfolding.press(pressed))

        return show

    def _with_toast(self, pressed: Pressed, show: Show, toast: str) -> Show:
        async def both() -> None:
            await self._answers.toast(pressed, toast, alert=bool(toast))
            await show()

        return both

    async def _invite(self, where: Where, words: str) -> None:
        await self._answers.invite(where, words)

    def _line(self, event: Typed | Edited, words: str) -> Show:
        async def show() -> None:
            await self._answers.say(event.where, message(words))

        return show


async def _nothing() -> None:
    """There is nothing to show."""


def _is_what_it_asks(inbound: Inbound, draft: FormDraft) -> bool:
    """Whether a line does what a form is for: the same command, or one that took the file the form asks about."""
    took_the_file = bool(inbound.joins) and draft.words == ATTACH
    return took_the_file or inbound.text.lstrip("/ ").casefold().startswith(draft.words)


def _is_whole(answer: Answer, words: str) -> bool:
    """Whether a toast says all of it."""
    fits = len(words) <= TOAST_CHARACTERS
    return fits and all(" ".join(one.plain().split()) in words for one in answer.messages)
