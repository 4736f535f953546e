"""A line as it was typed, read once: which command it asks for, and the two values that every command takes.

In: a text. Out: a `Line`, also where it is no command: then `wrong` says why, when somebody needs the command.

    again:yes    doing the same twice is meant
    aloud:yes    the room reads the answer, too
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handlers.language.command import Commands, Spec
from handlers.language.errors import BadValue, UserError
from handlers.language.grammar import Token, read
from handlers.language.parsing import Parsed, assign, find, read_values, render_line
from handlers.language.values import Lookup
from handlers.language.values.basic import YesNo

AGAIN, ALOUD = "again", "aloud"


@dataclass(frozen=True)
class Line:
    """One line. `tokens` are what it holds besides `again` and `aloud`; `rest` those behind the command's words.

    `removed`: invisible characters taken out. `wrong`: why it is no command.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    command: Spec | None = None
    rest: tuple[Token, ...] = ()
    removed: int = 0
    again: bool = False
    aloud: bool = False
    wrong: UserError | None = None

    @property
    def spec(self) -> Spec:
        """The command. Errors: what is wrong with the line."""
        if self.command is None:
            raise self.wrong or ValueError(self.text)
        return self.command

    @property
    def is_for_strangers(self) -> bool:
        """Whether it is one of the few that an account which belongs to nobody may type, with its value."""
        return self.command is not None and self.command.unlinked and bool(self.rest)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What was typed that must not be kept: the pieces of a code."""
        return tuple(token.text for token in self.rest) if self.command and self.command.secret else ()

    @property
    def shown(self) -> str:
        """The line as it may be said again, and kept: as it was typed, or its command alone."""
        return self.command.words if self.command and self.secrets else self.text

    def typed(self, desk: Lookup) -> dict[str, str]:
        """Which text goes to which value. Errors: as `parse`, but for those of the kinds of values."""
        return assign(self.spec, self.rest, desk)

    def with_each(self, text: str, instead: Sequence[str], desk: Lookup) -> tuple[str, ...]:
        """The line with each of several texts in place of one; empty where not exactly one value is that text."""
        try:
            typed = self.typed(desk)
        except UserError:
            return ()
        meant = [name for name, value in typed.items() if value.strip() == text.strip()]
        return tuple(render_line(self.spec, typed | {meant[0]: one}) for one in instead) if len(meant) == 1 else ()

    @property
    def same(self) -> str:
        """What two lines have in common that ask for the same."""
        return " ".join(token.text for token in self.tokens) or self.text


def read_line(text: str, commands: Commands) -> Line:
    """Read it. Errors: none; they are kept in the line."""
    tokens: list[Token] = []
    removed, again, aloud = 0, False, False
    try:
        whole, removed = read(text)
        tokens, again, aloud = _without(whole, AGAIN), _says(whole, AGAIN), _says(whole, ALOUD)
        spec, rest = find(_without(tokens, ALOUD), commands)
    except UserError as error:
        return Line(text, tuple(tokens), removed=removed, again=again, aloud=aloud, wrong=error)
    return Line(text, tuple(tokens), spec, tuple(rest), removed, again, aloud)


def parse(line: Line, desk: Lookup) -> Parsed:
    """The command of a line with its values.

    Errors: TooLong, OpenQuote, UnknownCommand, UnknownName, TooMany, MissingValue, and those of the kinds of values.
    """
    return read_values(line.spec, line.typed(desk), desk, removed=line.removed)


def _without(tokens: Iterable[Token], key: str) -> list[Token]:
    return [token for token in tokens if token.key != key]


def _says(tokens: Sequence[Token], key: str) -> bool:
    """Whether the value of that name is yes; alone (`--again`) it is. Errors: BadValue."""
    found = [token for token in tokens if token.key == key]
    if not found or found[-1].value is None:
        return bool(found)
    try:
        return YesNo().truth(found[-1].value)
    except BadValue as error:
        error.name = key
        raise
