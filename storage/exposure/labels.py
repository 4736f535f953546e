"""TLP 2.0 labels and what each one allows.

Source: FIRST, Traffic Light Protocol 2.0: four labels and AMBER+STRICT, in capitals, never translated; WHITE became
CLEAR.
Why an order: a channel has a ceiling, and "may this be said here" is one comparison.
"""

from collections.abc import Iterable
from enum import StrEnum


class Label(StrEnum):
    """From the most open to the most restrictive; `rank` compares."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"

    @property
    def rank(self) -> int:
        """0 (CLEAR) to 4 (RED)."""
        return _RANKS[self]

    def within(self, ceiling: "Label") -> bool:
        """True where something under this label may be said in a room with that ceiling."""
        return self.rank <= ceiling.rank


_RANKS = {label: rank for rank, label in enumerate(Label)}


def most_restrictive(labels: Iterable[Label]) -> Label | None:
    """The most restrictive of some labels; None for none."""
    return max(labels, key=lambda label: label.rank, default=None)
