"""What every kind of value has, and what it may ask of the desk.

In: the text of one value, without its quotes. Out: the value, or an error that carries what is accepted.
A kind is a small object in the annotation of a parameter: `Annotated[str, Text(max=200)]`. Help, forms and completion
ask it the same questions as the parser, so they can never disagree.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from handlers.language.errors import BadValue, Clause, clause
from storage.reference.catalog import Body, Reference
from storage.spelling import fold

Widget = Literal["text", "date", "range", "choice", "choices", "begun", "flag", "confirm"]
"""How a form asks for it. `begun`: a text that begins with a choice; `confirm`: a box that must be ticked."""


@dataclass(frozen=True)
class Hit:
    """Something that can be named: the code to type for it, its names, and what to know before choosing it."""

    code: str
    name: str
    note: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One thing to pick: what is typed for it, and how it reads."""

    value: str
    label: str


@dataclass(frozen=True)
class Given:
    """What a line says already: the words of its command, and the text of each value by the name people type."""

    words: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def without(self, name: str) -> "Given":
        """All but one value."""
        return Given(self.words, {other: text for other, text in self.values.items() if other != name})


PersonAct = Literal["name", "lead", "stand_in"]
"""What somebody is named for: to see a case, to lead one, to act in one's place."""


class Lookup(Protocol):
    """What reading a value needs to know of the moment and of the person. Implemented by the turn."""

    @property
    def now(self) -> datetime:
        """The moment of the turn, aware, UTC."""

    @property
    def zone(self) -> str:
        """The zone (IANA name) in which days and times are read where none is typed."""

    @property
    def today(self) -> date:
        """The day it is now in that zone."""

    @property
    def reference(self) -> Reference:
        """Instruments, data types, reasons, categories, fields."""

    @property
    def own_name(self) -> str:
        """The person's own name."""

    @property
    def languages(self) -> Mapping[str, str]:
        """The languages the desk can answer in: code -> name."""

    def authorities(self, text: str) -> Sequence[Hit]:
        """Authorities with this code, alias or part of a name, the likeliest first; all for an empty text."""

    def people(self, text: str, act: PersonAct = "name") -> Sequence[Hit]:
        """People this person may name, in the same way; of them only those whom an act takes.

        The code of a hit is the word that names one person only.
        """

    def kept(self, text: str) -> Sequence[Hit]:
        """People this person may keep as an administrator, in the same way."""

    @property
    def own_agency(self) -> Body:
        """The authority that the person speaks for."""

    def recipient(self, text: str) -> Body | None:
        """The authority that a text means; None where it means none, or several."""

    def records(self, kind: str, text: str, given: Given | None = None) -> Sequence[Choice]:
        """References this person may mean, the most useful first; with `given`, only those that go with it.

        kind: "case", "request", "preservation", "attachment".
        """

    def open_accounts(self, request: str) -> Sequence[Choice]:
        """The accounts of a request that nothing has come of yet, by number; none where the text means no request."""


class Kind(ABC):
    """A kind of value. `name` is the word in help, `accepted` is said before `example`, which can be typed."""

    name: str = "text"
    accepted: Clause = clause("any_text")
    example: str = "text"
    widget: Widget = "text"
    multiline: bool = False
    also: tuple[str, ...] = ()
    """What people call such a value besides the name of its parameter; understood where a command takes only one."""
    follows: tuple[str, ...] = ()
    """The values, by name, that decide what is offered for this one."""
    after: str = ""
    """The value of the command, by its name there, that is read before this one, for `parse_after`."""
    is_usual: bool = False
    """Whether `suggests` is what the desk takes where a value that nobody has to say is not said."""
    characters: int | None = None
    """The most that a text may have."""
    asked: bool = True
    """Whether a form asks for it."""

    @abstractmethod
    def parse(self, text: str, desk: Lookup) -> object:
        """The value a text means. Errors: BadValue, TooLong, Ambiguous."""

    def parse_after(self, text: str, desk: Lookup, start: object) -> object:
        """The same, where the value that comes before is known. Errors: as above."""
        del start
        return self.parse(text, desk)

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """What can be picked, given what is typed so far, the most useful first; empty where any text will do."""
        del desk, typed
        return ()

    def fitting(self, desk: Lookup, typed: str, given: Given) -> Sequence[Choice]:
        """The choices that go with the other answers, in the same way; empty where these say nothing about it."""
        del desk, typed, given
        return ()

    def suggests(self, desk: Lookup, given: Given) -> str:
        """What a form fills in where nothing was typed; empty where nothing can be guessed."""
        del desk, given
        return ""

    def note(self, text: str, desk: Lookup) -> Clause | None:
        """How an accepted text was read, where its writer may have meant something else."""
        del text, desk
        return None

    def continues(self, text: str, following: str) -> bool:
        """Whether the next word belongs to this value though nobody put quotes around them: `on:2 March`."""
        del text, following
        return False

    def bad(self, text: str, wrong: Clause) -> BadValue:
        """The error for a text; the parameter that asked puts its own name in."""
        return BadValue(name=self.name, value=text, wrong=wrong, accepted=self.accepted, example=self.example)


YES = ("yes", "y", "true", "on", "1")
NO = ("no", "n", "false", "off", "0")


def is_yes(text: str) -> bool:
    """Whether a word says yes."""
    return fold(text) in YES


def containing(typed: str, choices: Sequence[Choice]) -> list[Choice]:
    """The choices that hold what is typed so far, those that begin with it first."""
    wanted = fold(typed)
    found = [choice for choice in choices if wanted in fold(f"{choice.value} {choice.label}")]
    return sorted(found, key=lambda choice: not fold(choice.value).startswith(wanted))
