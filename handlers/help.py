"""Help, made from the commands themselves: what can be typed, by whom, with an example of each.

In: words. Out: the most used commands, one family, or one command; never one that the asker's role may not use, but for
the page of one that is named. A family is short first, and all of it page by page. Each page is made once for everybody
of the same roles.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from handlers.exposure import PublicFacts
from handlers.kit import usable
from handlers.kit.notices import PublicNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands, Parameter, Spec
from handlers.language.errors import UnknownCommand
from handlers.language.suggestions import commands_like
from handlers.language.values import Whole, Words
from storage.exposure.roles import Role
from storage.spelling import fold

commands = Commands()

FIRST, PAGE = 7, 10  # commands of a short page, and of one of all pages


@dataclass(frozen=True)
class CommandLine(PublicFacts):
    """One command of a list. `short`: its words without the family; `does`: what it is for, in a few words."""

    words: str
    short: str
    does: str


@dataclass(frozen=True)
class ParameterLine(PublicFacts):
    """One value of a command."""

    name: str
    required: bool
    help: str


@dataclass(frozen=True)
class HelpOverview(PublicNotice):
    """Short help: what people in these roles use most, and the families."""

    roles: tuple[str, ...]
    commands: tuple[CommandLine, ...]
    families: tuple[str, ...]

    is_static = True


@dataclass(frozen=True)
class HelpFamily(PublicNotice):
    """Commands of one family: the most used and the names of the others, or one page of all. `page`: 0 for the first.

    `total` commands are for the asker.
    """

    family: str
    commands: tuple[CommandLine, ...]
    others: tuple[str, ...]
    total: int
    page: int
    pages: int

    is_static = True


@dataclass(frozen=True)
class HelpCommand(PublicNotice):
    """One command: its values, who may, an example. `usable`: by the asker."""

    words: str
    short: str
    summary: str
    details: str
    usage: str
    example: str
    needs: tuple[str, ...]
    values: tuple[ParameterLine, ...]
    usable: bool

    is_static = True


@commands.add("desk help", reads=True, example="desk help request file")
def help_(turn: Turn, words: Words = "", *, page: Annotated[int, Whole(min=0, max=99)] = 0) -> Reply:
    """What can be typed: what is used most, one family, or one command with all its values.

    words: a family, or a command.
    page: of all the commands of a family.
    """
    asked, roles = fold(words).removeprefix("/").strip(), turn.actor.roles
    if not asked:
        return Reply(_overview(turn.commands, roles))
    if asked in turn.commands and (asked not in turn.commands.families or len(turn.commands.of(asked)) == 1):
        return Reply(_command(turn.commands[asked], roles))
    if asked in turn.commands.families:
        return Reply(_family(turn.commands, roles, asked, page))
    raise UnknownCommand(words, commands_like(asked.split(), turn.commands))


@lru_cache(maxsize=1_000)
def _overview(commands: Commands, roles: frozenset[Role]) -> HelpOverview:
    found = usable.first_used(commands, roles)
    first = [spec for spec in found if spec.words != "desk help"][:FIRST]
    families = tuple(family for family in commands.families if any(spec.family == family for spec in found))
    return HelpOverview(tuple(sorted(roles)), tuple(map(_line, first)), families)


@lru_cache(maxsize=1_000)
def _family(commands: Commands, roles: frozenset[Role], family: str, page: int) -> HelpFamily:
    found = usable.first_used(commands.of(family), roles)
    pages = -(-len(found) // PAGE)
    if page and pages > 1:
        number = min(page, pages)
        shown, others = found[PAGE * (number - 1) : PAGE * number], found[:0]
    else:
        number, cut = 0, FIRST if len(found) > PAGE else PAGE
        shown, others = found[:cut], found[cut:]
    names = tuple(map(_short, others))
    return HelpFamily(family, tuple(map(_line, shown)), names, len(found), number, pages)


@lru_cache(maxsize=1_000)
def _command(spec: Spec, roles: frozenset[Role]) -> HelpCommand:
    return HelpCommand(
        words=spec.words,
        short=_short(spec),
        summary=spec.summary,
        details=spec.details,
        usage=spec.usage,
        example=spec.example,
        needs=tuple(role.value for role in sorted(spec.needs)),
        values=tuple(_value(parameter) for parameter in spec.parameters),
        usable=not spec.needs or bool(roles & spec.needs),
    )


def _line(spec: Spec) -> CommandLine:
    """Its first clause: the sentence goes on to what the page of the command says."""
    does = spec.summary
    for end in (". ", "? ", ": ", "; ", ", "):
        does = does.partition(end)[0]
    return CommandLine(spec.words, _short(spec), does.removesuffix("."))


def _short(spec: Spec) -> str:
    return spec.words.removeprefix(f"{spec.family} ")


def _value(parameter: Parameter) -> ParameterLine:
    return ParameterLine(parameter.typed_name, parameter.required, parameter.help)
