"""Commands: a function's signature is the specification of what people type.

In: functions under `@commands.add("request clarify", ...)`, one registry per family. Out: `Spec`s, which the parser,
help, forms, manifests and the reference page read. The whole registry is `Commands.merge(...)` in
`handlers/__init__.py`.
The first parameter of a function is the turn. What can stand in order before `*` is typed in order or by name; what
stands after it, by name. A default makes it optional. `as_` is typed `as:`. `**fields` takes the field codes of the
reference data.
"""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from handlers.language.errors import BadValue, TooLong
from handlers.language.values import Choice, FieldText, FreeWords, Given, Kind, Lookup, RefKind
from storage.exposure.roles import Role

Function = TypeVar("Function", bound=Callable[..., Any])

NOTHING = Given()
HELP_LINE = re.compile(r"(?P<name>\w+): (?P<help>.+)")


@dataclass(frozen=True)
class Parameter:
    """One value of a command. `position` counts from 0 among the values in order, None if only its name will do."""

    name: str
    kind: Kind
    help: str = ""
    position: int | None = None
    required: bool = True
    default: object = None

    @property
    def typed_name(self) -> str:
        """The name as people type it: `from_` is `from`."""
        return self.name.rstrip("_")

    @property
    def takes_rest(self) -> bool:
        """Whether it takes all the words that are left."""
        return isinstance(self.kind, FreeWords)

    @property
    def usage(self) -> str:
        """How it stands in a usage line: `REF`, `on:DATE`, `[note:TEXT]`."""
        word = (
            self.typed_name.upper() if self.position is not None else f"{self.typed_name}:{_capitals(self.kind.name)}"
        )
        return word if self.required else f"[{word}]"

    def read(self, text: str, desk: Lookup, others: Mapping[str, object]) -> object:
        """The value of a text, beside those that are read already. Errors: of its kind, under this parameter's name."""
        start = others.get(self.kind.after)
        try:
            return self.kind.parse(text, desk) if start is None else self.kind.parse_after(text, desk, start)
        except (BadValue, TooLong) as error:
            error.name = self.typed_name
            raise

    def suggested(self, desk: Lookup, given: Given = NOTHING) -> str:
        """What a form fills in by itself; what nobody has to say, only where it is what the desk would take anyway."""
        return self.kind.suggests(desk, given) if self.required or self.kind.is_usual else ""

    def choices(self, desk: Lookup, typed: str = "", given: Given = NOTHING) -> Sequence[Choice]:
        """What can be picked, given what is typed of it and of the other values.

        What goes with these comes first. The rest follows where something is typed, or where nothing goes with them:
        a list is help, never a refusal.
        """
        fitting = self.kind.fitting(desk, typed, given.without(self.typed_name))
        if fitting and not typed:
            return fitting
        return list(dict.fromkeys([*fitting, *self.kind.choices(desk, typed)]))


@dataclass(frozen=True)
class Spec:
    """One command. `needs` empty: anybody linked. `reads`: changes nothing. `hidden`: works, but is not offered.

    `unlinked`: an account that belongs to nobody may use it; its turn has a stranger as its actor. `secret`: its values
    are; nothing that is typed behind its words is kept. `preview`: what would be said of the values given so far.
    """

    words: str
    function: Callable[..., Any]
    needs: frozenset[Role]
    example: str
    reads: bool = False
    hidden: bool = False
    unlinked: bool = False
    secret: bool = False
    preview: Callable[..., Any] | None = None

    @property
    def family(self) -> str:
        """Its first word."""
        return self.words.partition(" ")[0]

    @property
    def source(self) -> str:
        """Where it stands: `handlers/requests.py:120`."""
        return f"{self.function.__module__.replace('.', '/')}.py:{self.function.__code__.co_firstlineno}"

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return self._lines[0]

    @property
    def details(self) -> str:
        """The rest of its docstring, without the lines on parameters."""
        return self._docstring[0]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its values in the order of the signature, without `**fields`; resolved late, when every name is known."""
        return tuple(self._parameter(name) for name in self._signature if name != self._fields_name)

    @cached_property
    def fields(self) -> Parameter | None:
        """What a field code given by name is read with; None if the command takes none."""
        return self._parameter(self._fields_name) if self._fields_name else None

    @property
    def in_order(self) -> tuple[Parameter, ...]:
        """The values that may be typed without their names."""
        return tuple(parameter for parameter in self.parameters if parameter.position is not None)

    @property
    def lists(self) -> bool:
        """Whether it reads many records, and not one that is named."""
        return (
            self.reads
            and self.family != "desk"
            and not any(one.required and isinstance(one.kind, RefKind) for one in self.parameters)
        )

    @property
    def usage(self) -> str:
        """`request clarify REF asks:TEXT [on:DATE]`."""
        fields = ["[FIELD:TEXT ...]"] if self.fields else []
        return " ".join([self.words, *(parameter.usage for parameter in self.parameters), *fields])

    @cached_property
    def understood(self) -> dict[str, Parameter]:
        """{name: value}: its own names, and the other names of a kind of value that it takes only one of."""
        own = {parameter.typed_name: parameter for parameter in self.parameters}
        others = [(name, parameter) for parameter in self.parameters for name in parameter.kind.also]
        meant = Counter(name for name, _ in others)
        return {name: parameter for name, parameter in others if meant[name] == 1} | own

    def named(self, key: str, desk: Lookup) -> Parameter | None:
        """The parameter of a folded key: one of its own, by any of its names, or a field code."""
        own = self.understood.get(key)
        if own or not self.fields or key not in desk.reference.fields:
            return own
        row, kind = desk.reference.fields[key], self.fields.kind
        return Parameter(name=key, kind=kind.of(row) if isinstance(kind, FieldText) else kind, help=row.label)

    @cached_property
    def _signature(self) -> dict[str, inspect.Parameter]:
        _turn, *values = inspect.signature(self.function).parameters.values()
        return {value.name: value for value in values}

    @cached_property
    def _fields_name(self) -> str:
        return next((name for name, value in self._signature.items() if value.kind is value.VAR_KEYWORD), "")

    @cached_property
    def _hints(self) -> dict[str, Any]:
        """Annotations of the values only: that of the turn may exist for the type checker alone."""
        written = SimpleNamespace(__annotations__={name: value.annotation for name, value in self._signature.items()})
        return get_type_hints(written, globalns=self.function.__globals__, include_extras=True)

    @property
    def _lines(self) -> list[str]:
        return (inspect.getdoc(self.function) or "").splitlines() or [""]

    @cached_property
    def _docstring(self) -> tuple[str, dict[str, str]]:
        """The details, and the help of each parameter: `name: sentence` with the indented lines that carry on."""
        names = {name.rstrip("_"): name for name in self._signature} | {name: name for name in self._signature}
        details: list[str] = []
        helps: dict[str, str] = {}
        current = ""
        for line in self._lines[1:]:
            line_of_help = HELP_LINE.fullmatch(line)
            if line_of_help and line_of_help["name"] in names:
                current = names[line_of_help["name"]]
                helps[current] = line_of_help["help"]
            elif current and line.startswith("  "):
                helps[current] += f" {line.strip()}"
            else:
                current = ""
                details.append(line)
        return "\n".join(details).strip(), helps

    def _parameter(self, name: str) -> Parameter:
        value = self._signature[name]
        in_order = [other.name for other in self._signature.values() if other.kind is other.POSITIONAL_OR_KEYWORD]
        return Parameter(
            name=name,
            kind=_kind(self._hints[name], f"{self.words}: {name}"),
            help=self._docstring[1].get(name, ""),
            position=in_order.index(name) if name in in_order else None,
            required=value.default is value.empty,
            default=None if value.default is value.empty else value.default,
        )


class Commands:
    """A registry: words -> Spec, in the order they were added."""

    def __init__(self) -> None:
        self._specs: dict[str, Spec] = {}

    def add(
        self,
        words: str,
        *,
        example: str,
        needs: Role | Collection[Role] | None = None,
        reads: bool = False,
        hidden: bool = False,
        unlinked: bool = False,
        secret: bool = False,
        preview: Callable[..., Any] | None = None,
    ) -> Callable[[Function], Function]:
        """Make a function the command of these words.

        needs: one role, several of which one is enough, or None: anybody linked.
        preview: given the turn and the arguments that can be read, the notice of what stands against them, or None.
        Raises ValueError where the words are taken.
        """
        roles = frozenset([needs]) if isinstance(needs, Role) else frozenset(needs or ())

        def added(function: Function) -> Function:
            self._put(Spec(words, function, roles, example, reads, hidden, unlinked, secret, preview))
            return function

        return added

    @classmethod
    def merge(cls, *others: "Commands") -> "Commands":
        """All commands of several registries. Reads every signature, so that a wrong one stops the start, not a turn.

        Raises ValueError for words that two functions claim, TypeError for a parameter without a kind.
        """
        whole = cls()
        for spec in (spec for other in others for spec in other):
            whole._put(spec)
            _check(spec)
        return whole

    def __iter__(self) -> Iterator[Spec]:
        return iter(self._specs.values())

    def __len__(self) -> int:
        return len(self._specs)

    def __contains__(self, words: object) -> bool:
        return words in self._specs

    def __getitem__(self, words: str) -> Spec:
        return self._specs[words]

    @property
    def families(self) -> tuple[str, ...]:
        """The first words, each once, in order."""
        return tuple(dict.fromkeys(spec.family for spec in self))

    def of(self, family: str) -> tuple[Spec, ...]:
        """The commands of a family that are offered."""
        return tuple(spec for spec in self if spec.family == family and not spec.hidden)

    def _put(self, spec: Spec) -> None:
        if spec.words in self._specs:
            raise ValueError(
                f"two commands are called {spec.words!r}: {self._specs[spec.words].source} and {spec.source}"
            )
        self._specs[spec.words] = spec


def _check(spec: Spec) -> None:
    if not spec.summary:
        raise TypeError(f"{spec.source} needs a docstring: its first line is the help")
    for parameter in spec.in_order[:-1]:
        if parameter.takes_rest:
            raise TypeError(f"{spec.source}: only the last value can take all words, not {parameter.name}")
    _ = spec.fields


def _kind(hint: Any, where: str) -> Kind:  # noqa: ANN401  # annotations have no common type
    """The kind in an annotation, also inside `X | None`."""
    if get_origin(hint) is Annotated:
        found = next((extra for extra in hint.__metadata__ if isinstance(extra, Kind)), None)
        if found:
            return found
    for inner in get_args(hint):
        if get_origin(inner) is Annotated:
            return _kind(inner, where)
    raise TypeError(f"{where} has no kind of value: annotate it with one of handlers.language.values")


def _capitals(name: str) -> str:
    return re.sub(r"\W+", "-", name).upper()
