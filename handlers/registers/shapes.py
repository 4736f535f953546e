"""The shapes of dates in numbers in one column, and what each kind of shape proves.

Why a shape is not always believed: a spreadsheet that expects the month first makes a date cell of 06/08 and leaves
23/08 as text. Saved as text, such cells are written in another shape (08-06-2018) than what was left (23/08/2018), and
what is left proves nothing for them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from handlers.registers.dates import Shape

CONTRADICTING = 1 / 50
"""Of all proofs, the share that may be slips. A typist who turns one date in 50 round also turns those that may be two;
one in 500 is a slip of the finger, and is doubtful itself."""
ABOVE_12 = 0.6
"""The share of real dates with a day above 12."""
BY_CHANCE = 1 / 1000
"""Dates with a month's name, or ISO, are mostly a person's. That they all have days up to 12 and all others days above
12 must be this improbable before they are doubted: then a program wrote its swapped cells out again. So must it be that
texts alone have days above 12 only, before dates are doubted that have such days, too."""


@dataclass
class WrittenAlike:
    """Dates in numbers that are written alike, counted: by what they prove, and those that may be two."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0

    @property
    def proofs(self) -> int:
        """How many have a day above 12."""
        return self.day_first + self.month_first

    @property
    def left(self) -> bool:
        """Whether they may be what a spreadsheet could not read: days above 12, and hardly another."""
        return self.proofs > 0 and self.either <= CONTRADICTING * self.proofs

    @property
    def surely_left(self) -> bool:
        """Whether that can be no chance."""
        return self.left and ABOVE_12**self.proofs < BY_CHANCE


@dataclass
class OneHand(WrittenAlike):
    """Dates of shapes that one hand writes, counted together. shapes: those of its dates that may be two."""

    shapes: set[Shape] = field(default_factory=set)

    def add(self, shape: Shape, texts: WrittenAlike) -> None:
        """Count what is written in one more shape."""
        self.add_proofs(texts)
        self.add_either(shape, texts)

    def add_proofs(self, texts: WrittenAlike) -> None:
        """Count only those with a day above 12."""
        self.day_first += texts.day_first
        self.month_first += texts.month_first

    def add_either(self, shape: Shape, texts: WrittenAlike) -> None:
        """Count only those that may be two."""
        self.either += texts.either
        self.shapes.add(shape)


def kinds(seen: Iterable[tuple[Shape, WrittenAlike]]) -> list[OneHand]:
    """The shapes of a column, those together that differ in nothing a person keeps to."""
    alike: defaultdict[tuple[str, int, bool], list[tuple[Shape, WrittenAlike]]] = defaultdict(list)
    for shape, texts in seen:
        alike[shape.sign, shape.year, shape.timed].append((shape, texts))
    return [kind for each in alike.values() for kind in _by_zeros(each)]


def doubted(seen: Iterable[tuple[Shape, WrittenAlike]], *, settled: bool) -> dict[Shape, bool]:
    """{shape whose dates that may be two are doubtful: whether a word about the order settles it}.

    settled: whether a person gave that word. A few texts that were left speak for no other shape, but a person may;
    where it is no chance that they were left, nothing tells swapped dates from sound ones, whatever a person says.
    """
    every = kinds(seen)
    surely, proofs_are_left = (
        [kind for kind in every if kind.surely_left],
        all(kind.left for kind in every if kind.proofs),
    )
    proved = any(kind.proofs for kind in every)
    found: dict[Shape, bool] = {}
    for kind in every:
        if any(other is not kind for other in surely):
            found |= dict.fromkeys(kind.shapes, False)
        elif proved and proofs_are_left and not kind.proofs and not settled:
            found |= dict.fromkeys(kind.shapes, True)
    return found


def _by_zeros(alike: list[tuple[Shape, WrittenAlike]]) -> list[OneHand]:
    """One kind where each number always or never has its zero; else those with zeros, and those without.

    What shows neither (23/11) goes with the most of its own sort: it is as likely left, or swapped, as they are.
    """
    if all(len({shape.zeros[at] for shape, _ in alike} - {"-"}) <= 1 for at in (0, 1)):
        one = OneHand()
        for shape, texts in alike:
            one.add(shape, texts)
        return [one]
    padded, bare = both = [OneHand(), OneHand()]
    for shape, texts in alike:
        if shape.zeros != "--":
            (bare if "1" in shape.zeros else padded).add(shape, texts)
    for shape, texts in alike:
        if shape.zeros == "--":
            max(both, key=attrgetter("proofs")).add_proofs(texts)
            max(both, key=attrgetter("either")).add_either(shape, texts)
    return both
