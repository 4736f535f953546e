"""A figure, and the table of them.

What a figure is measured against is its floor, in the same run: the same work without the desk; of what is read in the
large record, the same line in the small one. The ratio says how many times the floor it costs, so less is better,
whatever the unit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEADS = ("figure", "database", "stored", "value", "floor", "ratio", "goal", "")
GOAL = re.compile(r"(?P<sign><=|>=) (?P<bound>[\d.]+)(?P<times>x?)")


@dataclass(frozen=True)
class Figure:
    """One measured thing. `stored`: requests on record; 0: none to begin with. `goal`: "<= 15", ">= 700", "<= 4x".

    `goal` is of the value, in its unit, or with an x of the ratio.
    """

    name: str
    database: str
    stored: int
    value: float
    unit: str
    floor: float | None = None
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the floor it costs; None without one."""
        if not self.floor or not self.value:
            return None
        return self.floor / self.value if self.unit.endswith("/s") else self.value / self.floor

    @property
    def missed(self) -> bool:
        """Whether there is a goal, and it is not reached."""
        found = GOAL.fullmatch(self.goal)
        if not found:
            return False
        reached, bound = self.ratio if found["times"] else self.value, float(found["bound"])
        return reached is not None and (reached > bound if found["sign"] == "<=" else reached < bound)


def table(figures: Iterable[Figure]) -> str:
    """All of them as one table of Markdown, in columns that line up."""
    rows = [HEADS, *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(_padded, row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]) + "\n"


def _row(one: Figure) -> tuple[str, ...]:
    ratio = "" if one.ratio is None else f"{one.ratio:.1f}x"
    floor = "" if one.floor is None else f"{_said(one.floor)} {one.unit}"
    stored = f"{one.stored:,}" if one.stored else ""
    missed = "missed" if one.missed else ""
    return (one.name, one.database, stored, f"{_said(one.value)} {one.unit}", floor, ratio, one.goal, missed)


def _said(value: float) -> str:
    return (
        f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    )


def _padded(cell: str, width: int) -> str:
    return cell.ljust(width)
