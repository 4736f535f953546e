"""Forms: a command's signature as fields to fill in, for platforms that ask (a modal, a step-by-step conversation).

In: a line typed so far, and who typed it. Out: a `Form` of neutral fields, prefilled with what was typed; and the line
that the filled form is, which goes through the same door as if it had been typed. An adapter is given these functions;
it knows no command.
A command that takes an instrument's fields (`request file`) asks in two steps: the recipient and the instrument decide
what else they demand. What the pre-flight says is shown with the second step, before anything is filed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.adapters.contract import Field, Form, Inbound
from bot.rendering.blocks import Message
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.kit import access, opening, showing
from handlers.kit.notices import Notice
from handlers.kit.opening import Opening
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands, Parameter, Spec
from handlers.language.errors import UserError
from handlers.language.grammar import visible
from handlers.language.line import Line, parse, read_line
from handlers.language.parsing import render_line
from handlers.language.values import Given
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label

OFFERED = 100  # choices of one field at once; more are found by typing
PREFLIGHT = {"request file": "request check"}
"""The command that says what another would be refused for, with the same values."""


@dataclass(frozen=True)
class FormBuilder:
    """Asks for what a line lacks. Reads only. `ceilings`: by platform, what may be shown there at most."""

    store: Store
    commands: Commands
    renderer: Renderer
    ceilings: Mapping[str, Label] = field(default_factory=dict)

    async def open(self, inbound: Inbound) -> Form | None:
        """The form of the command a line begins with; None for a line that is no command, or for nobody we know."""
        return await asyncio.wrap_future(self.store.read(lambda work: self._form(work, inbound)))

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        """What can be picked for one field, given the line of what is filled in, and what is typed of this one."""
        return await asyncio.wrap_future(self.store.read(lambda work: self._choices(work, inbound, name, typed)))

    async def wrong(self, inbound: Inbound, name: str, typed: str) -> Message | None:
        """What is said of a value that cannot be read, given in the same way; None where it can."""
        return await asyncio.wrap_future(self.store.read(lambda work: self._wrong(work, inbound, name, typed)))

    def line(self, words: str, values: Mapping[str, str]) -> str:
        """The command line that a filled form is. Empty values are left out."""
        return render_line(self.commands[words], {name: value for name, value in values.items() if value.strip()})

    # ---- in the store's thread ----

    def _form(self, work: UnitOfWork, inbound: Inbound) -> Form | None:
        try:
            turn, line = self._turn(work, inbound)
            spec = line.spec
            access.may_use(turn, spec)
            typed = _typed(line, turn)
        except UserError:
            return None
        fields = [_field(self.renderer, turn, parameter, Given(spec.words, typed)) for parameter in spec.parameters]
        demanded = _demanded(self.renderer, turn, spec, typed)
        notes = self._preflight(turn, spec, typed) if demanded is not None else ()
        final = spec.fields is None or demanded is not None
        notes = (*self._narrowed(turn), *notes)
        return Form(spec.words, spec.summary, (*fields, *(demanded or ())), notes, final=final)

    def _choices(self, work: UnitOfWork, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        try:
            turn, line = self._turn(work, inbound)
            spec = line.spec
            access.may_use(turn, spec)
        except UserError:
            return ()
        parameter, given = spec.named(name, turn), Given(spec.words, _typed(line, turn))
        found = parameter.choices(turn, typed, given) if parameter else ()
        return tuple((choice.value, choice.label) for choice in found[:OFFERED])

    def _wrong(self, work: UnitOfWork, inbound: Inbound, name: str, typed: str) -> Message | None:
        try:
            turn, line = self._turn(work, inbound)
            if parameter := line.spec.named(name, turn):
                parameter.read(visible(typed)[0], turn)
        except UserError as error:
            reader = Reader("UTC", "en", work.now)
            return self.renderer.message(error.template, error.facts(), reader)
        return None

    def _turn(self, work: UnitOfWork, inbound: Inbound) -> tuple[Turn, Line]:
        turn = Opening(self.commands, self.ceilings).of_message(work, inbound)
        return turn, read_line(inbound.text, self.commands)

    def _narrowed(self, turn: Turn) -> tuple[Message, ...]:
        """Why there is less to pick from than alone with the desk, in a room where less is shown."""
        if turn.place.here == turn.place.alone or not turn.leaves_out:
            return ()
        return self._said(turn, opening.left_out(turn))

    def _preflight(self, turn: Turn, spec: Spec, typed: Mapping[str, str]) -> tuple[Message, ...]:
        """What would be said of these values, where there is a command that only checks them."""
        checking = self.commands[PREFLIGHT[spec.words]] if spec.words in PREFLIGHT else None
        if checking is None:
            return ()
        known = {name: value for name, value in typed.items() if checking.named(name, turn)}
        try:
            parsed = parse(read_line(render_line(checking, known), self.commands), turn)
            reply: Reply = checking.function(turn, **parsed.arguments)
        except UserError:
            return ()
        return self._said(turn, *reply.notices)

    def _said(self, turn: Turn, *notices: Notice) -> tuple[Message, ...]:
        """Notices, as far as they may be shown where the form is; nothing of what is above."""
        shown = showing.to_asker(turn, notices, room=False)
        label = shown.exposure.label
        if label and not label.within(turn.place.ceiling):
            return ()
        reader = Reader(turn.zone, turn.actor.person.language, turn.now)
        return tuple(self.renderer.message(one.notice, one.fields, reader, label) for one in shown.said)


def _typed(line: Line, turn: Turn) -> dict[str, str]:
    try:
        return line.typed(turn)
    except UserError:
        return {}


def _field(renderer: Renderer, turn: Turn, parameter: Parameter, given: Given) -> Field:
    kind = parameter.kind
    reader = Reader(turn.zone, turn.actor.person.language, turn.now)
    is_picked = kind.widget in ("choice", "choices", "flag") or kind.narrows
    choices = parameter.choices(turn, given=given) if is_picked else ()
    return Field(
        name=parameter.typed_name,
        label=parameter.typed_name.replace("_", " ").capitalize(),
        help=parameter.help,
        widget=kind.widget,
        required=parameter.required,
        multiline=kind.multiline,
        value=given.values.get(parameter.typed_name, ""),
        accepted=renderer.message("_base/clause", kind.accepted, reader).plain(),
        example=kind.example,
        choices=tuple((choice.value, choice.label) for choice in choices[:OFFERED]),
        narrows=kind.narrows,
    )


def _demanded(renderer: Renderer, turn: Turn, spec: Spec, typed: Mapping[str, str]) -> tuple[Field, ...] | None:
    """The fields that the chosen instrument demands and nothing fills by itself; None while none is chosen."""
    instrument = turn.reference.instrument(typed.get("as", "")) if spec.fields else None
    if instrument is None:
        return None
    codes = [code for code in instrument.required_fields if turn.reference.fields[code].filled_by is None]
    person = {"officer.email": "email", "officer.phone": "phone", "officer.officer_id": "officer_id"}
    for code in instrument.required_fields:
        attribute = person.get(turn.reference.fields[code].filled_by or "")
        if attribute and not getattr(turn.actor.person, attribute):
            codes.append(code)
    asked = (spec.named(code, turn) for code in codes)
    given = Given(spec.words, typed)
    fields = (_field(renderer, turn, parameter, given) for parameter in asked if parameter)
    return tuple(replace(field, label=field.help or field.label, required=True) for field in fields)
