"""Conversation: one update from a person, to the desk and back.

In: updates that are surely Telegram's, one of each chat at a time. Out: what is to be shown, returned only after the
desk has answered, so after the commit. What was accepted is on disk before anything is confirmed to Telegram.
A line begins or goes on with a form where something is missing; with `/` it is always a command.
"""

import logging
from collections import OrderedDict
from dataclasses import replace

from bot.adapters.contract import ATTACH, EDITS_DO_NOTHING, Answer, House, HouseServices
from bot.adapters.telegram import step, texts
from bot.adapters.telegram.answers import PAGE, TOAST_CHARACTERS, TelegramAnswers, message, words_of
from bot.adapters.telegram.draft import FormDraft
from bot.adapters.telegram.forms import Show, StepForms
from bot.adapters.telegram.keyboard import Keyboards
from bot.adapters.telegram.menus import Menus
from bot.adapters.telegram.rooms import Rooms
from bot.adapters.telegram.wire import PLATFORM, Edited, Event, Migrated, Nameless, Placed, Pressed, Typed, Where

log = logging.getLogger("rogatory.telegram")

CANCEL = ("/cancel", "cancel")
ALBUMS = 100  # whose words are remembered


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
        rooms: Rooms,
    ) -> None:
        self._house, self._services = house, services
        self._answers, self._forms, self._keyboards, self._menus = answers, forms, keyboards, menus
        self._rooms, self._albums = rooms, Albums()

    async def handle(self, event: Event) -> Show:
        """Do what an event asks. Returns what is then to be shown. Errors: NotKept."""
        match event:
            case Typed():
                return await self._said(event)
            case Pressed():
                return await self._pressed(event)
            case Edited():
                return self._line(event, EDITS_DO_NOTHING)
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
        is_line = text.startswith("/") or (draft is not None and text.casefold().startswith(f"{draft.words} "))
        if draft and not is_line:
            return await self._forms.typed(said, draft)
        return await self._command(said, draft)

    async def _file(self, said: Typed) -> Show:
        """A file, with its words or those of its album; the rest of an album without words is taken in silence."""
        words, first = self._albums.of(said)
        show = await self._command(replace(said, inbound=replace(said.inbound, text=words)))
        return show if first or words != ATTACH else _nothing

    async def _pressed(self, pressed: Pressed) -> Show:
        if pressed.data.startswith(step.FORM):
            show, toast = await self._forms.pressed(pressed, await self._forms.of(pressed.inbound.account))
            return self._with_toast(pressed, show or _nothing, toast)
        if pressed.data.startswith(PAGE):
            return self._turning(pressed)
        line = await self._keyboards.line(pressed.data)
        if line is None:
            return self._with_toast(pressed, _nothing, texts.TOO_OLD)
        return await self._command(replace(pressed, inbound=replace(pressed.inbound, text=line)))

    async def _command(self, event: Typed | Pressed, draft: FormDraft | None = None) -> Show:
        """A command line, typed or pressed; one that was done ends the form of the same command."""
        member = True if event.where.direct else await self._rooms.may_write(event.where.chat)
        event = replace(event, inbound=replace(event.inbound, member=member))
        answer = await self._house.receive(event.inbound)
        if not answer.kept:
            raise NotKept
        if draft and not answer.refused and event.inbound.text.lstrip("/ ").casefold().startswith(draft.words):
            await self._forms.forget(event.inbound.account)
        form = await self._forms.begin(event, answer) if answer.question else None
        show = form or (lambda: self._answers.show(event, answer))

        async def all_of_it() -> None:
            if isinstance(event, Pressed):
                await self._answer_button(event, answer, show, asks=form is not None)
            else:
                await show()
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


class Albums:
    """The words of the last albums: Telegram sends them with one of the files only, as a rule the first."""

    def __init__(self) -> None:
        self._words = OrderedDict[str, str]()

    def of(self, said: Typed) -> tuple[str, bool]:
        """The line that a file comes with, and whether it is the first of its album, or in none."""
        typed, before = said.inbound.text, self._words.get(said.album)
        if said.album:
            self._words[said.album] = typed if before in (None, ATTACH) else before
            if len(self._words) > ALBUMS:
                self._words.popitem(last=False)
        return (before if before and typed == ATTACH else typed), before is None


async def _nothing() -> None:
    """There is nothing to show."""


def _is_whole(answer: Answer, words: str) -> bool:
    """Whether a toast says all of it."""
    fits = len(words) <= TOAST_CHARACTERS
    return fits and all(" ".join(one.plain().split()) in words for one in answer.messages)
