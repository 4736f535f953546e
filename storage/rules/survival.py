"""Survival: how long answers take, by Kaplan and Meier: what still waits is counted for as long as it has waited.

In: spells, each so many days of one or more requests from their sending. Out: the curve of what still waits after so
many days, with a 95 % band, and after how many days a share has been answered.
What counts as an answer, for all who read a curve: produced, not held or refused, on the day it was complete. What is
open has waited until today, and what was withdrawn or handed on until that day: these are spells that did not end.
Source: Kaplan and Meier 1958; the band is Greenwood's, on the scale of log(-log), as R's survfit has it.
Why not the mean of the answers: it leaves out whoever never answers, and so flatters them.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt

TWO_SIDED_95 = 1.959963984540054
TOLERANCE = 1e-9  # a product of fractions in binary is a half only nearly


@dataclass(frozen=True)
class Spell:
    """So many requests that waited so many calendar days: to their answer, or to where we lost sight of them.

    ended: whether it was the answer.
    """

    days: int
    ended: bool
    count: int = 1


@dataclass(frozen=True)
class Step:
    """What stands after a number of days on which something ended, or was lost sight of.

    at_risk: how many still waited when the day began; answered: on this day. waiting: the share still waiting after
    it, 0..1; low, high: its 95 % band.
    """

    days: int
    at_risk: int
    answered: int
    waiting: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """What still waits, by days from sending. count: requests in it; answered: of which so many were."""

    steps: tuple[Step, ...]
    count: int
    answered: int

    def quantile(self, share: float) -> int | None:
        """Days within which this share has been answered; None: not reached yet."""
        return next((step.days for step in self.steps if 1 - step.waiting >= share - TOLERANCE), None)

    def quantile_band(self, share: float) -> tuple[int | None, int | None]:
        """The 95 % band of `quantile`: where the band of the curve comes to it; None: not reached yet."""
        left = 1 - share + TOLERANCE
        low = next((step.days for step in self.steps if step.low <= left), None)
        return low, next((step.days for step in self.steps if step.high <= left), None)

    @property
    def median(self) -> int | None:
        """Days within which half has been answered; None: not reached yet."""
        return self.quantile(0.5)

    def share_within(self, days: int) -> float:
        """The share answered within so many days, 0..1; of longer than anything has waited, what is known."""
        step = self.after(days)
        return 1 - step.waiting if step else 0.0

    def after(self, days: int) -> Step | None:
        """The step that stands after so many days; None: nothing has happened by then."""
        place = bisect_right(self.steps, days, key=lambda step: step.days)
        return self.steps[place - 1] if place else None

    def at_risk(self, days: int) -> int:
        """How many were known to wait still when so many days had passed."""
        place = bisect_right(self.steps, days, key=lambda step: step.days)
        return self.steps[place].at_risk if place < len(self.steps) else 0


def curve(spells: Iterable[Spell]) -> Curve:
    """The curve of these; without steps where there are none."""
    ended, lost = Counter[int](), Counter[int]()
    for spell in spells:
        (ended if spell.ended else lost)[spell.days] += spell.count
    count = at_risk = ended.total() + lost.total()
    waiting, spread, low, high = 1.0, 0.0, 1.0, 1.0
    steps = []
    for days in sorted(ended.keys() | lost.keys()):
        answered = ended[days]
        waiting *= 1 - answered / at_risk
        if answered == at_risk:
            waiting, low = 0.0, 0.0  # without a band by the formula: the upper bound stays as it was
        elif answered:
            spread += answered / (at_risk * (at_risk - answered))
            low, high = _band(waiting, spread)
        steps.append(Step(days, at_risk, answered, waiting, low, high))
        at_risk -= answered + lost[days]
    return Curve(tuple(steps), count, ended.total())


def _band(waiting: float, spread: float) -> tuple[float, float]:
    """Around the share that waits; spread: the sum of Greenwood."""
    width = TWO_SIDED_95 * sqrt(spread) / abs(log(waiting))
    centre = log(-log(waiting))
    return exp(-exp(centre + width)), exp(-exp(centre - width))
