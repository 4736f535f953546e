"""One figure of a published table -> the least and the most that it may be.

In: a cell as it is shown. Out: `Bounds` of a count, `Portion` of a share; raises `NoFigure` for what is no figure.

    35   1,975   1 975               exactly that
    11,000 - 12,000   11000-12000    between the two
    <10   5.5   0.5                  fewer than ten; the latter two are middles of such a range (0 to 10)
    1*   35[2]                       at least that: what the mark means stands in a note that is not in the table
    -                                none
    blank, "Not Available"           not said: from nothing to any number
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from handlers.registers import text

FEW = 10  # what providers hide: fewer than so many
WHOLE = 100.0  # percent
NUMBER = r"\d{1,3}(?:[ ,.'\u2019]\d{3})+(?!\d)|\d+"
COUNT = re.compile(rf"({NUMBER})(?:[.,]0+)?")
MIDDLE = re.compile(r"(\d)[.,]5")
BETWEEN = re.compile(rf"(?:between )?({NUMBER})\s*(?:-|to|and|\u00e0|a)\s*({NUMBER})")
UNDER = re.compile(rf"(<=|\u2264|<|fewer\s+than|less\s+than|under|moins\s+de)\s*({NUMBER})")
OVER = re.compile(rf"(>=|\u2265|>|more\s+than|over|plus\s+de)\s*({NUMBER})|({NUMBER})\s*\+")
MARKED = re.compile(r"(.*\d\s*%?)\s*(?:\*+|\u2020|\u2021|\[\w{1,3}\])")
OR_EQUAL = ("<=", "\u2264", ">=", "\u2265")
NONE = re.compile("-+")
RAISED = re.compile("[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+")  # of a note; plain figures to NFKC
PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*%?")
PERCENT_RANGE = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*%?\s*(?:-|to|\u00e0|a)\s*(\d{1,3}(?:[.,]\d+)?)\s*%?")
PERCENT_UNDER = re.compile(r"(?:<=|\u2264|<)\s*(\d{1,3}(?:[.,]\d+)?)\s*%?")


class NoFigure(ValueError):
    """A cell that holds no figure that is known here."""


@dataclass(frozen=True)
class Bounds:
    """A count: at least `low`, and at most `high`; None: nobody says how many at most."""

    low: int
    high: int | None

    def __add__(self, other: "Bounds") -> "Bounds":
        """Both together."""
        high = None if self.high is None or other.high is None else self.high + other.high
        return Bounds(self.low + other.low, high)

    @property
    def exact(self) -> int | None:
        """The one number it can be, if there is only one."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True)
class Portion:
    """A share, in percent: at least and at most."""

    low: float
    high: float


NOTHING, UNSAID = Bounds(0, 0), Bounds(0, None)
ANY = Portion(0.0, WHOLE)


def count(cell: str, unsaid: Collection[str]) -> Bounds:
    """A number of requests or accounts. unsaid: keys of words for "no figure". Errors: NoFigure."""
    said = _plain(cell)
    if not said or text.key(said) in unsaid:
        return UNSAID
    if marked := MARKED.fullmatch(said):
        return Bounds(count(marked[1], unsaid).low, None)
    for pattern, read in WAYS.items():
        if found := pattern.fullmatch(said):
            return read(found)
    raise NoFigure(cell)


def share(cell: str, unsaid: Collection[str], *, of_one: bool = False) -> Portion | None:
    """A share in percent; None where none is said. of_one: it is written as a part of one. Errors: NoFigure."""
    said = _plain(cell)
    if marked := MARKED.fullmatch(said):
        said = marked[1].strip()
    if not said or NONE.fullmatch(said) or text.key(said) in unsaid:
        return None
    scale = WHOLE if of_one and "%" not in said else 1.0
    if found := PERCENT.fullmatch(said):
        portion = Portion(_decimal(found[1]) * scale, _decimal(found[1]) * scale)
    elif found := PERCENT_RANGE.fullmatch(said):
        portion = Portion(_decimal(found[1]) * scale, _decimal(found[2]) * scale)
    elif found := PERCENT_UNDER.fullmatch(said):
        portion = Portion(0.0, _decimal(found[1]) * scale)
    else:
        raise NoFigure(cell)
    if not portion.low <= portion.high <= WHOLE:
        raise NoFigure(cell)
    return portion


def are_of_one(cells: Collection[str]) -> bool:
    """Whether the shares of a column are parts of one: none is above it, one is a fraction, and no percent sign."""
    said = [_plain(cell) for cell in cells]
    numbers = [_decimal(one) for one in said if re.fullmatch(r"\d+(?:[.,]\d+)?", one)]
    fractions = [one for one in numbers if 0 < one < 1]
    return bool(fractions) and max(numbers) <= 1 and not any("%" in one for one in said)


def _plain(cell: str) -> str:
    """One line in small letters, dashes and spaces each of one kind, marks of notes as stars."""
    said = unicodedata.normalize("NFKC", RAISED.sub("*", text.plain(cell))).casefold()
    return re.sub(r"[\u2010-\u2015\u2212]", "-", " ".join(said.split()))


def _between(found: re.Match[str]) -> Bounds:
    low, high = _whole(found[1]), _whole(found[2])
    if low > high:
        raise NoFigure(found[0])
    return Bounds(low, high)


def _over(found: re.Match[str]) -> Bounds:
    is_beyond = found[1] is not None and found[1] not in OR_EQUAL
    return Bounds(_whole(found[2] or found[3]) + is_beyond, None)


def _whole(number: str) -> int:
    digits = re.sub(r"\D", "", number)
    if len(digits) > 12:  # noqa: PLR2004 - more people than there are
        raise NoFigure(number)
    return int(digits)


def _decimal(number: str) -> float:
    return float(number.replace(",", "."))


WAYS: Mapping[re.Pattern[str], Callable[[re.Match[str]], Bounds]] = {
    NONE: lambda _: NOTHING,
    COUNT: lambda found: Bounds(_whole(found[1]), _whole(found[1])),
    MIDDLE: lambda _: Bounds(0, FEW),
    BETWEEN: _between,
    UNDER: lambda found: Bounds(0, _whole(found[2]) - (found[1] not in OR_EQUAL)),
    OVER: _over,
}
"""How a count may be written, and what it comes to."""
