"""Help, made from the commands themselves: what can be typed, by whom, with an example of each.

In: words. Out: the families, one family, or one command.
"""

from dataclasses import dataclass

from handlers.exposure import PublicFacts
from handlers.kit import access
from handlers.kit.notices import PublicNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands, Parameter, Spec
from handlers.language.errors import Clause, UnknownCommand
from handlers.language.suggestions import commands_like
from handlers.language.values import Words

commands = Commands()


@dataclass(frozen=True)
class CommandLine(PublicFacts):
    """One command of a list; `usable` for the asker's role."""

    words: str
    summary: str
    usable: bool


@dataclass(frozen=True)
class ParameterLine(PublicFacts):
    """One value of a command."""

    name: str
    required: bool
    kind: str
    help: str
    accepted: Clause
    example: str


@dataclass(frozen=True)
class HelpOverview(PublicNotice):
    """Short help: three examples and the families."""

    name: str
    roles: tuple[str, ...]
    examples: tuple[str, ...]
    families: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class HelpFamily(PublicNotice):
    """The commands of one family."""

    family: str
    commands: tuple[CommandLine, ...]


@dataclass(frozen=True)
class HelpCommand(PublicNotice):
    """One command: its values, who may, an example."""

    words: str
    summary: str
    details: str
    usage: str
    example: str
    needs: tuple[str, ...]
    values: tuple[ParameterLine, ...]


@commands.add("desk help", reads=True, example="desk help request file")
def help_(turn: Turn, words: Words = "") -> Reply:
    """What can be typed: the families, one family, or one command with all its values.

    words: a family, or a command.
    """
    asked = " ".join(words.casefold().removeprefix("/").split())
    if not asked:
        return Reply(_overview(turn))
    if asked in turn.commands:
        return Reply(_command(turn.commands[asked]))
    if asked in turn.commands.families:
        return Reply(HelpFamily(asked, tuple(_line(turn, spec) for spec in turn.commands.of(asked))))
    raise UnknownCommand(words, commands_like(asked.split(), turn.commands))


def _overview(turn: Turn) -> HelpOverview:
    families = tuple(
        (family, tuple(spec.words for spec in turn.commands.of(family))) for family in turn.commands.families
    )
    first = ("case open", "request check", "overdue")
    examples = tuple(turn.commands[words].example for words in first)
    return HelpOverview(turn.actor.person.name, access.roles(turn.actor), examples, families)


def _command(spec: Spec) -> HelpCommand:
    values = [_value(parameter) for parameter in spec.parameters]
    needs = tuple(role.value for role in sorted(spec.needs))
    return HelpCommand(spec.words, spec.summary, spec.details, spec.usage, spec.example, needs, tuple(values))


def _line(turn: Turn, spec: Spec) -> CommandLine:
    return CommandLine(spec.words, spec.summary, usable=not spec.needs or bool(turn.actor.roles & spec.needs))


def _value(parameter: Parameter) -> ParameterLine:
    kind = parameter.kind
    return ParameterLine(
        parameter.typed_name, parameter.required, kind.name, parameter.help, kind.accepted, kind.example
    )
