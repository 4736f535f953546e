"""What can be wrong with how a line is typed, as facts.

A `UserError` rolls the change back, leaves an audit line, and is said by `templates/messages/<name>.md.j2`, where name
is the class in snake case. Fields are the facts of that template; sentences stand only there. Each class is one thing
the reader can do about it. Anything that is not a `UserError` is a bug and becomes an incident. What can be wrong with
a record stands in `handlers/kit/errors.py`.
"""

import re
from dataclasses import dataclass, fields
from typing import TypedDict

from handlers.exposure import PersonalFacts


def snake(name: str) -> str:
    """`BadValue` -> `bad_value`: the template of a notice or an error."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass
class UserError(Exception, PersonalFacts):
    """Base of all that is answered with what was wrong, the value, what is accepted, and an example.

    It is for the asker alone. Its label is the most restrictive of the records that were reached when it was raised.
    """

    @property
    def template(self) -> str:
        """The name of the template that says it."""
        return snake(type(self).__name__)

    def facts(self) -> dict[str, object]:
        """The fields, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class Clause(TypedDict):
    """Part of a sentence, as a code and its facts: "is an impossible date", "a whole number from 1 to 30"."""

    code: str
    facts: dict[str, object]


def clause(code: str, /, **facts: object) -> Clause:
    """What `templates/messages/_base/clauses.md.j2` says by this code. Codes stand written out in the source."""
    return {"code": code, "facts": facts}


@dataclass
class BadValue(UserError):
    """A value that cannot be read: what is `wrong` with it, what is `accepted`, an example that can be typed.

    `nearest` are (code, name) of what is spelled much like it.
    """

    name: str
    value: str
    wrong: Clause
    accepted: Clause
    example: str
    nearest: tuple[tuple[str, str], ...] = ()


@dataclass
class MissingValue(UserError):
    """A required value was not typed.

    `line` is what was typed so far, ready to be completed; `choices` are (value, label).
    """

    name: str
    asks: str
    accepted: Clause
    example: str
    line: str
    choices: tuple[tuple[str, str], ...] = ()
    more: int = 0


@dataclass
class UnknownCommand(UserError):
    """Words that are no command. `suggestions` are whole commands; never acted upon."""

    words: str
    suggestions: tuple[str, ...]


@dataclass
class UnknownName(UserError):
    """`key:value` whose key this command does not have."""

    command: str
    name: str
    suggestions: tuple[str, ...]
    accepted: tuple[str, ...]


@dataclass
class TooMany(UserError):
    """More values in order than the command takes, or the same name twice."""

    command: str
    value: str
    usage: str
    example: str


@dataclass
class OpenQuote(UserError):
    """A quote that is never closed. `position` counts characters from 1; `quoted` is the text from there on, cut."""

    position: int
    quoted: str
    line: str


@dataclass
class TooLong(UserError):
    """A line or a value over its limit, in characters."""

    name: str
    size: int
    limit: int


@dataclass
class NotFound(UserError):
    """Absent and forbidden read the same.

    `kind` is a word of the glossary, `list_with` the command that lists what can be seen. `audited`: the case, for its
    auditor, who reads what was done on it and not what was written.
    """

    kind: str
    ref: str
    list_with: str
    audited: str = ""


@dataclass
class Ambiguous(UserError):
    """A short form that fits several. `candidates` are (value, label)."""

    kind: str
    value: str
    candidates: tuple[tuple[str, str], ...]
