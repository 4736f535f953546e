"""What could come next in a line that is still being typed, for the console. Forms ask the kinds of values themselves.

In: the line up to the cursor. Out: completions, values before names. A line that is already wrong gets none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from handlers.language.command import Commands, Parameter, Spec
from handlers.language.errors import UserError
from handlers.language.grammar import KEY, folded, quoted, read
from handlers.language.parsing import assign, find
from handlers.language.suggestions import names
from handlers.language.values import Given, Lookup

MOST = 25


@dataclass(frozen=True)
class Completion:
    """`text` replaces that many characters before the cursor; `label` explains it."""

    text: str
    label: str
    replaces: int


def complete(line: str, commands: Commands, desk: Lookup) -> list[Completion]:
    """Up to 25 completions of a line."""
    by_command = _commands(line, commands)
    if by_command:
        return by_command[:MOST]
    partial = re.split(r"\s", line)[-1]
    try:
        tokens, _removed = read(line[: len(line) - len(partial)])
        spec, rest = find(tokens, commands)
        typed = assign(spec, rest, desk)
    except UserError:
        return []
    return [*_in_command(spec, typed, partial, desk)][:MOST]


def _commands(line: str, commands: Commands) -> list[Completion]:
    typed = line.lstrip().removeprefix("/").casefold()
    tried = [typed, typed.removeprefix("desk ")]
    offered = [spec for spec in commands if not spec.hidden]
    return [
        Completion(f"{spec.words} ", spec.summary, len(begun))
        for begun in dict.fromkeys(tried)
        for spec in offered
        if spec.words.startswith(begun)
    ]


def _in_command(spec: Spec, typed: Mapping[str, str], partial: str, desk: Lookup) -> Iterator[Completion]:
    key, given = KEY.match(partial), Given(spec.words, typed)
    if key and key["sign"]:
        parameter = spec.named(folded(key["key"]), desk)
        yield from _values(parameter, partial[key.end() :], desk, given) if parameter else ()
        return
    following = next((parameter for parameter in spec.in_order if parameter.typed_name not in typed), None)
    if following:
        yield from _values(following, partial, desk, given)
    for name in names(spec, desk):
        parameter = spec.named(name, desk)
        if parameter and parameter.position is None and name not in typed and name.startswith(folded(partial)):
            yield Completion(f"{name}:", parameter.help, len(partial))


def _values(parameter: Parameter, partial: str, desk: Lookup, given: Given) -> Iterator[Completion]:
    for choice in parameter.choices(desk, partial, given):
        yield Completion(quoted(choice.value), choice.label, len(partial))
