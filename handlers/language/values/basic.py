"""Values that need no record to be understood: texts, numbers, yes and no, fixed words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from handlers.language.errors import TooLong, clause
from handlers.language.grammar import plain
from handlers.language.values import fitting
from handlers.language.values.kind import NO, YES, Choice, Given, Kind, Lookup, containing
from storage.spelling import fold

LONG_TEXT_CHARACTERS = 200  # from here on a form offers several lines
WHOLE_DIGITS = 15  # more are out of every range, and of the database's


@dataclass(eq=False)
class Text(Kind):
    """Any text, trimmed; `max` is in characters."""

    max: int = 500

    def __post_init__(self) -> None:
        self.characters = self.max
        self.accepted = clause("text_of", most=self.max)
        self.example = '"as in our letter"'
        self.multiline = self.max > LONG_TEXT_CHARACTERS

    def parse(self, text: str, desk: Lookup) -> str:
        """The text. Errors: as for `said`."""
        del desk
        return self.said(text)

    def said(self, text: str) -> str:
        """The same, for whoever has no desk at hand.

        Errors: BadValue for an empty one, and for joiners, marks and strokes without a letter; TooLong.
        """
        trimmed = text.strip()
        if not fold(trimmed):
            raise self.bad(text, clause("is_empty"))
        if len(trimmed) > self.max:
            raise TooLong(name=self.name, size=len(trimmed), limit=self.max)
        return trimmed


class BasisText(Text):
    """The legal paper a request stands on, its kind first: `domestic court order 58/2026`."""

    widget = "begun"
    follows = ("to", "as")

    def fitting(self, desk: Lookup, typed: str, given: Given) -> Sequence[Choice]:
        """The kinds of paper that go with the recipient, the instrument and the data; the number is typed after it."""
        return containing(typed, [Choice(row.spoken, row.label) for row in fitting.papers(desk, given)])


class FreeWords(Text):
    """All the words that are left, without quotes."""


@dataclass(eq=False)
class Whole(Kind):
    """A whole number from `min` to `max`, both included; digits of any script."""

    min: int = 0
    max: int | None = None
    name: str = "number"

    def __post_init__(self) -> None:
        self.accepted = clause("whole_number", min=self.min, max=self.max)
        self.example = str(self.min if self.max is None else min(self.max, max(self.min, 14)))

    def parse(self, text: str, desk: Lookup) -> int:
        """The number. Errors: BadValue."""
        del desk
        digits = plain(text).strip()
        if not re.fullmatch(r"[+-]?[0-9]+", digits):
            raise self.bad(text, clause("no_whole_number"))
        if len(digits) > WHOLE_DIGITS:
            raise self.bad(text, clause("too_large"))
        number = int(digits)
        if number < self.min:
            raise self.bad(text, clause("is_under", min=self.min))
        if self.max is not None and number > self.max:
            raise self.bad(text, clause("is_over", max=self.max))
        return number


class YesNo(Kind):
    """Yes or no; `--name` alone is yes."""

    name = "yes/no"
    accepted = clause("yes_or_no")
    example = "yes"
    widget = "flag"

    def parse(self, text: str, desk: Lookup) -> bool:
        """True for yes. Errors: BadValue."""
        del desk
        return self.truth(text)

    def truth(self, text: str) -> bool:
        """The same, for whoever has no desk at hand. Errors: BadValue."""
        word = fold(text)
        if word not in YES + NO:
            raise self.bad(text, clause("neither_yes_nor_no"))
        return word in YES

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """Both."""
        del desk
        return containing(typed, [Choice("yes", "yes"), Choice("no", "no")])

    def continues(self, text: str, following: str) -> bool:
        """`--urgent no`: after a bare name, only a yes or a no is its value."""
        return not text and fold(following) in YES + NO


class Choices(Kind):
    """One of a few fixed words, given in the order they are shown."""

    name = "word"
    widget = "choice"

    def __init__(self, *words: str) -> None:
        self.words = tuple(str(word) for word in words)
        self.accepted = clause("one_of", words=self.words)
        self.example = self.words[0]

    def parse(self, text: str, desk: Lookup) -> str:
        """The word as it stands in the list. Errors: BadValue, whose example is the nearest word."""
        del desk
        word = _hyphened(text)
        spelled = {_hyphened(one): one for one in self.words}
        if word not in spelled:
            error = self.bad(text, clause("no_such_word"))
            error.example = next((spelled[near] for near in get_close_matches(word, spelled, n=1)), self.example)
            raise error
        return spelled[word]

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The words."""
        del desk
        return containing(typed, [Choice(word, word) for word in self.words])


def _hyphened(word: str) -> str:
    return re.sub("[_ ]", "-", fold(word))


Basis = Annotated[str, BasisText(max=1000)]
Words = Annotated[str, FreeWords()]
Flag = Annotated[bool, YesNo()]
CalendarDays = Annotated[int, Whole(min=1, max=366, name="days")]
