"""The words of a line become a command with its arguments, or an error that says how to type it.

In: the tokens of a line, the registry, the desk. Out: `Parsed`, whose arguments go to the function as keywords. Forms
come in by `read_values`, with the same checks. Never guesses: a misspelt word or name gets suggestions.

A line without words asks for help; so does a family without more, and `--help` behind any words. `desk` may stand
before every command.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.language.command import Commands, Parameter, Spec
from handlers.language.errors import Clause, MissingValue, TooMany, UnknownCommand, UnknownName, clause
from handlers.language.grammar import Token, folded, quoted, visible
from handlers.language.suggestions import WORDS_OF_A_COMMAND, commands_like, names_like
from handlers.language.values import Given, Kind, Lookup

HELP = "desk help"
OFFERED_CHOICES = 25
HELP_WORDS = ("help", "?")
START, HOME = "start", "desk home"  # what Telegram says first, and what it opens
ASKS_FOR_HELP = ("help", "h")  # behind dashes


@dataclass(frozen=True)
class Parsed:
    """A command ready to run: `command.function(turn, **arguments)`.

    `typed` is the text of each value by the name people type; `notes` say what was removed or read in another way.
    """

    command: Spec
    arguments: Mapping[str, object]
    typed: Mapping[str, str]
    notes: tuple[Clause, ...] = ()

    @property
    def line(self) -> str:
        """The same command as one tidy line."""
        return render_line(self.command, self.typed)


def find(tokens: Sequence[Token], commands: Commands) -> tuple[Spec, Sequence[Token]]:
    """The command with the most words that a line begins with, and what follows them.

    Errors: UnknownCommand.
    """
    tokens = _after_mention(tokens)
    words = [_command_word(token, first=not at) for at, token in enumerate(tokens[: WORDS_OF_A_COMMAND + 1])]
    if not words or words == ["desk"]:
        return commands[HELP], ()
    asks_for_help = [at for at, token in enumerate(tokens) if token.dashed and token.key in ASKS_FOR_HELP]
    if asks_for_help:
        return commands[HELP], [Token(word) for word in words[: asks_for_help[0]] if word]
    if words[0] == START and HOME in commands:
        return commands[HOME], ()
    if words[0] in (*HELP_WORDS, START):
        return commands[HELP], tokens[1:]
    for first in (0, 1) if words[0] == "desk" else (0,):
        for count in range(len(words), first, -1):
            name = " ".join(words[first:count])
            if name in commands:
                return commands[name], tokens[count:]
    asked = words[1:] if words[0] == "desk" else words
    if asked[0] in commands.families and asked[1:] in ([], ["help"]):
        return commands[HELP], [Token(asked[0])]
    tried = [word for word in asked[:WORDS_OF_A_COMMAND] if word]
    raise UnknownCommand(words=" ".join(tried) or tokens[0].text, suggestions=commands_like(tried, commands))


def assign(spec: Spec, tokens: Sequence[Token], desk: Lookup) -> dict[str, str]:
    """Which text goes to which value: {name as typed: text}.

    Errors: UnknownName, TooMany, MissingValue (a name without its value).
    """
    free, runs = deque[Token](), list[tuple[Parameter, Token, deque[Token]]]()
    for token in tokens:
        parameter = _named(spec, token, desk)
        if parameter:
            runs.append((parameter, token, deque()))
        else:
            (runs[-1][2] if runs else free).append(token)
    typed: dict[str, str] = {}
    unanswered: list[Parameter] = []
    for parameter, token, following in runs:
        value = _value(parameter.kind, token, following)
        if parameter.typed_name in typed:
            raise _too_many(spec, token)
        if value is None:
            unanswered.append(parameter)
        else:
            typed[parameter.typed_name] = value
        free.extend(following)
    for parameter in spec.in_order:
        if free and parameter.typed_name not in typed:
            typed[parameter.typed_name] = _in_order(parameter, free)
    if free:
        raise _too_many(spec, free[0])
    if unanswered:
        raise _missing(spec, unanswered[0], typed, desk)
    return typed


def read_values(spec: Spec, typed: Mapping[str, str], desk: Lookup, *, removed: int = 0) -> Parsed:
    """The arguments of texts given by name; forms use it too.

    removed: invisible characters taken out before, in characters; those still in the texts are taken out here.
    Errors: those of the kinds of values, UnknownName, then MissingValue for the first that is missing.
    """
    arguments: dict[str, object] = {}
    texts: dict[str, str] = {}
    notes: list[Clause | None] = []
    for name, raw in _first_things_first(spec, typed, desk):
        parameter = spec.named(folded(name), desk)
        if parameter is None:
            raise _unknown_name(spec, name, desk)
        text, invisible = visible(raw)
        removed += invisible
        texts[parameter.typed_name] = text
        arguments[parameter.name] = parameter.read(text, desk, arguments)
        notes.append(parameter.kind.note(text, desk))
    if removed:
        notes.insert(0, clause("invisible_removed", count=removed))
    for parameter in spec.parameters:
        if parameter.required and parameter.name not in arguments:
            raise _missing(spec, parameter, texts, desk)
    return Parsed(spec, arguments, texts, tuple(filter(None, notes)))


def render_line(spec: Spec, typed: Mapping[str, str]) -> str:
    """The line of these texts; `parse` gives the same texts back. Complete it by appending ` name:"value"`."""
    given = [parameter for parameter in spec.in_order if parameter.typed_name in typed]
    unnamed = [one.typed_name for one, whole in zip(given, spec.in_order, strict=False) if one == whole]
    in_order = [quoted(typed[name]) for name in unnamed]
    by_name = [f"{name}:{quoted(text)}" for name, text in typed.items() if name not in unnamed]
    return " ".join([spec.words, *in_order, *by_name])


def _first_things_first(spec: Spec, typed: Mapping[str, str], desk: Lookup) -> list[tuple[str, str]]:
    """The texts as typed; one that comes after another is read behind it."""

    def comes_after(item: tuple[str, str]) -> bool:
        parameter = spec.named(folded(item[0]), desk)
        return parameter is not None and bool(parameter.kind.after)

    return sorted(typed.items(), key=comes_after)


def _after_mention(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without the mention of the desk itself that a line may begin with."""
    if tokens and not tokens[0].quoted and tokens[0].text.startswith(("@", "<@")):
        return tokens[1:]
    return tokens


def _command_word(token: Token, *, first: bool) -> str:
    """The token as a word of a command: `/Case@OurBot` is `case`; empty where it can be none."""
    if token.quoted or token.value is not None:
        return ""
    word = token.text
    if first:
        word = word.removeprefix("/").partition("@")[0]
    return folded(word).replace("_", "-")


def _named(spec: Spec, token: Token, desk: Lookup) -> Parameter | None:
    """The parameter a token names; None for a value in order. Errors: UnknownName."""
    if not token.key:
        return None
    parameter = spec.named(token.key, desk)
    if parameter is None and (token.dashed or names_like(token.key, spec, desk)):
        raise _unknown_name(spec, token.key, desk)
    return parameter


def _value(kind: Kind, token: Token, ahead: deque[Token]) -> str | None:
    """The text that goes with a name: stuck to it or in the next tokens; None if there is none."""
    if token.value is not None:
        return token.value if token.quoted else _continued(kind, token.value, ahead)
    if kind.widget == "flag":
        return ahead.popleft().text if ahead and kind.continues("", ahead[0].text) else "yes"
    if not ahead:
        return None
    following = ahead.popleft()
    return following.text if following.quoted else _continued(kind, following.text, ahead)


def _in_order(parameter: Parameter, free: deque[Token]) -> str:
    """The next value that has no name, and what continues it."""
    if parameter.takes_rest:
        text = " ".join(token.text for token in free)
        free.clear()
        return text
    token = free.popleft()
    return token.text if token.quoted else _continued(parameter.kind, token.text, free)


def _continued(kind: Kind, text: str, ahead: deque[Token]) -> str:
    while ahead and not ahead[0].quoted and kind.continues(text, ahead[0].text):
        text = f"{text} {ahead.popleft().text}"
    return text


def _missing(spec: Spec, parameter: Parameter, typed: Mapping[str, str], desk: Lookup) -> MissingValue:
    choices = parameter.choices(desk, given=Given(spec.words, typed))
    return MissingValue(
        name=parameter.typed_name,
        asks=parameter.help,
        accepted=parameter.kind.accepted,
        example=parameter.kind.example,
        line=render_line(spec, typed),
        choices=tuple((choice.value, choice.label) for choice in choices[:OFFERED_CHOICES]),
        more=max(0, len(choices) - OFFERED_CHOICES),
    )


def _unknown_name(spec: Spec, name: str, desk: Lookup) -> UnknownName:
    own = tuple(parameter.typed_name for parameter in spec.parameters)
    return UnknownName(command=spec.words, name=name, suggestions=names_like(name, spec, desk), accepted=own)


def _too_many(spec: Spec, token: Token) -> TooMany:
    return TooMany(command=spec.words, value=token.text, usage=spec.usage, example=spec.example)
