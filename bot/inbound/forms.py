"""Forms: a command's signature as fields to fill in, for platforms that ask (a modal, a step-by-step conversation).

In: a line typed so far, and who typed it. Out: a `Form` of neutral fields, filled with what was typed and with what can
be guessed, each value looked at; and the line that the filled form is, which goes through the same door as if it had
been typed. An adapter is given these functions; it knows no command.
What others depend on comes first. A command with a `preview` (`request file`) asks in two steps: the recipient and the
instrument decide what else is demanded. What the preview warns of is said at the value that it is about.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.adapters.contract import Field, Form, Inbound
from bot.inbound.wording import Wording
from bot.rendering.render import Renderer
from handlers.filing import findings
from handlers.kit import access, showing
from handlers.kit.opening import Opening
from handlers.kit.turn import Turn
from handlers.language.command import Commands, Parameter, Spec
from handlers.language.errors import UserError
from handlers.language.grammar import visible
from handlers.language.line import Line, read_line
from handlers.language.parsing import render_line
from handlers.language.values import Choice, Given, Kind, RefKind
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label

OFFERED = 100  # choices of one field at once; more are found by typing
SEARCHED = 25  # from so many choices on a list is searched
DESPITE = "despite"
AT_ONCE = 10  # fields of a recipient in one step: two screens of a phone


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

    def line(self, words: str, values: Mapping[str, str]) -> str:
        """The command line that a filled form is. Empty values are left out."""
        return render_line(self.commands[words], {name: value for name, value in values.items() if value.strip()})

    # ---- in the store's thread ----

    def _form(self, work: UnitOfWork, inbound: Inbound) -> Form | None:
        try:
            turn, line = self._turn(work, inbound)
            access.may_use(turn, line.spec)
        except UserError:
            return None
        return _Filling(turn, line, Wording(self.renderer, turn)).form()

    def _choices(self, work: UnitOfWork, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        try:
            turn, line = self._turn(work, inbound)
            access.may_use(turn, line.spec)
        except UserError:
            return ()
        filling, parameter = _Filling(turn, line, Wording(self.renderer, turn)), line.spec.named(name, turn)
        if parameter is None:
            return ()
        found = parameter.choices(turn, typed, filling.given)
        return tuple((one.value, filling.label(parameter.kind, one)) for one in found[:OFFERED])

    def _turn(self, work: UnitOfWork, inbound: Inbound) -> tuple[Turn, Line]:
        turn = Opening(self.commands, self.ceilings).of_message(work, inbound)
        return turn, read_line(inbound.text, self.commands)


class _Filling:
    """One form while it is made: what was typed, what is guessed, what is wrong, what is warned of."""

    def __init__(self, turn: Turn, line: Line, wording: Wording) -> None:
        self._turn, self._spec, self._wording = turn, line.spec, wording
        self._parameters, self._missing = list(_in_order_of_asking(line.spec)), tuple[str, ...]()
        self._typed = _typed(line, turn)
        self._defaults, self._faults, self._warnings = dict[str, str](), dict[str, str](), dict[str, list[str]]()
        self._read, self._says = dict[str, object](), list[str]()
        self._label: Label | None = None
        self._ref = ""
        self._previewed = self._spec.preview is None
        for parameter in self._parameters:
            self._guess(parameter)

    @property
    def given(self) -> Given:
        """What stands in the form so far."""
        return Given(self._spec.words, self._defaults | self._typed)

    def label(self, kind: Kind, choice: Choice) -> str:
        """How it reads: a record by its reference, too, for several have the same title."""
        if kind.widget == "range":
            return self._wording.period(choice.label)
        return f"{choice.value} · {choice.label}" if isinstance(kind, RefKind) else choice.label

    def form(self) -> Form:
        """The form as it stands."""
        for name, text in self.given.values.items():
            self._look_at(name, text)
        self._preview()
        shown = list(self._shown())
        despite = [shown.pop(at) for at, one in enumerate(shown) if one.typed_name == DESPITE]
        demanded = [one for code in self._missing if (one := self._spec.named(code, self._turn))]
        for parameter in demanded:
            self._guess(parameter)
        final = self._previewed and len([*shown, *despite]) == len(self._parameters) and len(demanded) <= AT_ONCE
        last = despite if self._warnings and final else ()
        asked = (*shown, *self._typed_fields(), *demanded[:AT_ONCE], *last)
        fields = [self._field(one, demanded=one in demanded) for one in asked]
        says = (*self._says, *([self._wording.left_out] if self._is_narrowed else ()))
        if final:
            says = (self._wording.happens(self._spec, self.given.values, self._ref), *says)
        label = self._label.value if self._label else None
        return Form(self._spec.words, self._wording.does(self._spec), tuple(fields), says, final, label)

    # ---- the values ----

    def _guess(self, parameter: Parameter) -> None:
        name = parameter.typed_name
        if name not in self._typed and (text := parameter.suggested(self._turn, self.given)):
            self._defaults[name] = text

    def _look_at(self, name: str, text: str) -> None:
        """Read a value as the command would."""
        parameter = self._spec.named(name, self._turn)
        if parameter is None:
            return
        try:
            self._read[parameter.name] = parameter.read(visible(text)[0], self._turn, self._read)
        except UserError as error:
            self._faults[name] = self._wording.error(error)

    def _preview(self) -> None:
        """What would be said of the values read so far: what is missing besides, and what is warned of."""
        if self._spec.preview is None:
            return
        try:
            notice = self._spec.preview(self._turn, self._read)
        except UserError as error:
            self._faults.setdefault(self._about(error), self._wording.error(error))
            return
        if notice is None or any(one.required and one.name not in self._read for one in self._parameters):
            return
        self._previewed, self._ref = True, notice.ref
        self._missing = tuple(code for code, _ in notice.missing if code not in self._typed)
        shown = showing.to_asker(self._turn, [notice], room=False)
        label = shown.exposure.label
        if not shown.said or (label and not label.within(self._turn.place.ceiling)):
            return
        self._label, facts = label, shown.said[0].fields
        own = [one.typed_name for one in self._parameters]
        for finding in facts["warnings"]:
            about = findings.CONCERNS[finding["code"]]
            about = about if about in own else own[0]  # of what another way takes from the first request
            self._warnings.setdefault(about, []).append(self._wording.finding(finding))
        self._says += [self._wording.finding(finding) for finding in facts["remarks"]]

    def _about(self, error: UserError) -> str:
        """The value that an error is about: by its name, or the record that is not there."""
        kind = getattr(error, "kind", "")
        of_kind = (one for one in self._parameters if isinstance(one.kind, RefKind) and one.kind.record == kind)
        first = next(of_kind, next(iter(self._parameters)))
        return str(getattr(error, "name", "")) or first.typed_name

    @property
    def _is_narrowed(self) -> bool:
        """Whether there is less to pick from than alone with the desk, in a room where less is shown."""
        place = self._turn.place
        return place.here != place.alone and self._turn.leaves_out

    # ---- the fields ----

    def _shown(self) -> Iterable[Parameter]:
        """The values that can be asked for now: none behind one that depends on what nobody has said yet."""
        values, needed = self.given.values, {one.typed_name for one in self._parameters if one.required}
        for parameter in self._parameters:
            if any(name in needed and name not in values for name in _leaders(parameter, self._spec)):
                return
            yield parameter

    def _typed_fields(self) -> list[Parameter]:
        """Fields of the recipient that were typed already."""
        own = {one.typed_name for one in self._parameters}
        found = (self._spec.named(name, self._turn) for name in self._typed if name not in own)
        return [one for one in found if one]

    def _field(self, parameter: Parameter, *, demanded: bool) -> Field:
        name, kind = parameter.typed_name, parameter.kind
        value, default = self._typed.get(name, ""), self._defaults.get(name, "")
        warning, fault = " ".join(self._warnings.get(name, ())), self._faults.get(name, "")
        despite = name == DESPITE and bool(self._warnings)
        required = parameter.required or despite
        choices = parameter.choices(self._turn, given=self.given)
        two_steps = self._spec.preview is not None and self._previewed
        words = self._wording.of(self._spec, parameter)
        return Field(
            name=name,
            label=words.label,
            widget=kind.widget,
            required=required,
            multiline=kind.multiline,
            value=value,
            default=default,
            hint=words.hint,
            example=words.example,
            choices=tuple((choice.value, self.label(kind, choice)) for choice in choices[:OFFERED]),
            searched=self._is_searched(parameter, len(choices)),
            decides=any(name in _leaders(other, self._spec) for other in self._parameters),
            asked=not two_steps or despite or demanded or bool(warning or fault) or (required and not value),
            most=kind.characters,
            warning=warning,
            fault=fault,
            detail=words.detail,
        )

    def _is_searched(self, parameter: Parameter, count: int) -> bool:
        """Whether there may be more than is offered; what is narrowed by other values is offered whole."""
        if _leaders(parameter, self._spec):
            return False
        return isinstance(parameter.kind, RefKind) or count >= SEARCHED


def _in_order_of_asking(spec: Spec) -> Iterable[Parameter]:
    """What others depend on, and depends on nothing itself, comes first: the recipient before the case."""
    asked = [one for one in spec.parameters if one.kind.asked]
    decisive = {name for one in asked for name in _leaders(one, spec)}
    first = [one for one in asked if one.typed_name in decisive and not _leaders(one, spec)]
    first.sort(key=lambda one: (isinstance(one.kind, RefKind), not one.required))
    return [*first, *(one for one in asked if one not in first)]


def _leaders(parameter: Parameter, spec: Spec) -> set[str]:
    """The other values of the command that decide what is offered for this one."""
    own = {one.typed_name for one in spec.parameters} - {parameter.typed_name}
    return own & set(parameter.kind.follows)


def _typed(line: Line, turn: Turn) -> dict[str, str]:
    try:
        return line.typed(turn)
    except UserError:
        return {}
