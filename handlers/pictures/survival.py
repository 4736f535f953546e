"""The picture of answering: what still waits after so many days, a curve with its band for each counterpart.

Under each curve stands how many still waited at that day (the number at risk): where they are few, a curve says little.
Few requests have no curve: they are named below.
Sources: Kaplan and Meier 1958; numbers at risk under the curve: Morris et al., BMJ Open 2019, "Proposals on
Kaplan-Meier plots in medical research".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from handlers.exposure import PartOfRecord
from handlers.kit.notices import RecordNotice
from handlers.pictures.frame import LEADING, SMALL, WIDTH, Frame, Head, Side, measured
from storage.rules.survival import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 5  # fewer requests than this have no curve
DRAWN = 5  # curves at most
STEPS = 60  # of a curve at most: more cannot be seen on a phone
WHOLE = 1000  # shares are kept of a thousand
HALF, NINETY = 0.5, 0.9
LEFT, RIGHT = 72.0, 24.0  # points beside the axes, for words, and for half of the last number
AXIS = ("100 %", "50 %", "0")
ALONE, ONE_OF_MANY = 220.0, 72.0  # points high
TICKS = 4  # at most, on the axis of days
NICE, YEAR = (7, 14, 30, 60, 90, 180, 365), 365
SEEN = 20  # the axis ends where fewer than one of so many still wait


@dataclass(frozen=True)
class WaitingStep(PartOfRecord):
    """After so many days: of a thousand, how many wait still, and the band."""

    days: int
    waiting: int
    low: int
    high: int


@dataclass(frozen=True)
class AnsweringCurve(PartOfRecord):
    """How a counterpart answers: of `count` requests `answered`; days within which half, and nine in ten, were.

    No days: not reached yet. `at_risk`: how many still waited at each day that is named on the axis.
    """

    counterpart: str
    count: int
    answered: int
    half: int | None
    ninety: int | None
    at_risk: tuple[int, ...]
    steps: tuple[WaitingStep, ...]


@dataclass(frozen=True)
class SurvivalDrawn(RecordNotice):
    """How counterparts answer, whoever is best first, as a picture and in words.

    `ticks`: the days named on the axis, from 0 to the end of it. `few`: whose requests are too few for a curve;
    `left_out`: how many more counterparts there are.
    """

    label: str
    name: str
    agency: str
    on: date
    ticks: tuple[int, ...]
    curves: tuple[AnsweringCurve, ...]
    few: tuple[str, ...]
    left_out: int

    @classmethod
    def of(cls, head: Head, curves: Sequence[tuple[str, Curve]]) -> "SurvivalDrawn":
        """Of counterparts, whoever is best first: the curves of those that were asked most."""
        few = tuple(code for code, curve in curves if curve.count < FEW)[:DRAWN]
        enough = sorted((one for one in curves if one[1].count >= FEW), key=lambda one: -one[1].count)[:DRAWN]
        end = max((_end(curve) for _, curve in enough), default=0)
        ticks = _ticks(end or max((_longest(curve) for _, curve in enough), default=0))
        drawn = tuple(_drawn(*one, ticks) for one in curves if one in enough)
        return cls(*head, ticks, drawn, few, len(curves) - len(drawn) - len(few))


def _drawn(counterpart: str, curve: Curve, ticks: Sequence[int]) -> AnsweringCurve:
    """What is drawn of a curve: of steps too near each other to be told apart, the last."""
    apart = max(ticks[-1] / STEPS, 1)
    kept = {int(step.days / apart): step for step in curve.steps if step.days <= ticks[-1]}
    steps = [
        WaitingStep(step.days, *(round(share * WHOLE) for share in (step.waiting, step.low, step.high)))
        for step in kept.values()
    ]
    if curve.steps and curve.steps[-1].days > ticks[-1]:
        last = steps[-1] if steps else WaitingStep(0, WHOLE, WHOLE, WHOLE)
        steps.append(replace(last, days=ticks[-1]))  # it goes on as it is
    return AnsweringCurve(
        counterpart,
        curve.count,
        curve.answered,
        curve.quantile(HALF),
        curve.quantile(NINETY),
        tuple(curve.at_risk(day) if day else curve.count for day in ticks),
        tuple(steps),
    )


def _end(curve: Curve) -> int:
    """The last day that is drawn of a curve: behind it nothing is answered any more, or hardly anything waits."""
    seen = [step for step in curve.steps if step.at_risk * SEEN >= curve.count]
    return max((step.days for step in seen if step.answered), default=0)


def _longest(curve: Curve) -> int:
    """How long the longest has waited: where nobody has answered anything, there is nothing else to draw."""
    return curve.steps[-1].days if curve.steps else 0


def _ticks(end: int) -> tuple[int, ...]:
    apart = next((days for days in NICE if days * TICKS >= end), -(-end // (TICKS * YEAR)) * YEAR)
    return tuple(n * apart for n in range(max(-(-end // apart), 1) + 1))


def draw(frame: Frame, shown: SurvivalDrawn) -> None:
    """One curve below the other, on the same axis of days."""
    height = ALONE if len(shown.curves) == 1 else ONE_OF_MANY
    inside = WIDTH - LEFT - RIGHT
    places = [LEFT + inside * day / shown.ticks[-1] for day in shown.ticks]
    for curve in shown.curves:
        frame.heading(frame.called(curve.counterpart))
        facts = {"count": curve.count, "answered": curve.answered, "half": curve.half, "ninety": curve.ninety}
        frame.text(frame.say("answering", **facts))
        frame.space(4)
        middles = (frame.top + SMALL / 2, frame.top + height / 2, frame.top + height - SMALL / 2)
        frame.beside(list(zip(AXIS, middles, strict=True)), LEFT - 6)
        _curve(frame, frame.panel(height, LEFT, RIGHT), curve, shown.ticks[-1], shown.ticks)
        frame.space(4)
        half_of_first = measured(f"{curve.count:,}", SMALL) / 2
        frame.beside([(frame.say("at_risk"), frame.top + SMALL * LEADING / 2)], LEFT - 6 - half_of_first)
        frame.labels([f"{count:,}" for count in curve.at_risk], places, inside / len(places))
        frame.space(8)
    if shown.curves:
        frame.beside([(frame.say("days"), frame.top + SMALL * LEADING / 2)], LEFT - 16)
        frame.labels([f"{day:,}" for day in shown.ticks], places, inside / len(places), frame.theme.ink)
    few = [frame.called(code) for code in shown.few]
    frame.foot(
        frame.say("survival_read") if shown.curves else "",
        frame.say("survival_few", names=", ".join(few), most=FEW - 1) if few else "",
        frame.say("counterparts_left_out", count=shown.left_out) if shown.left_out else "",
    )


def _curve(frame: Frame, axes: "Axes", curve: AnsweringCurve, end: int, ticks: Sequence[int]) -> None:
    theme, colour = frame.theme, frame.theme.one
    axes.set_xlim(0, end)
    axes.set_ylim(0, WHOLE * 1.02)
    axes.hlines([WHOLE / 2], 0, end, colors=theme.line, linewidth=1, linestyles=(0, (4, 3)))
    axes.vlines(ticks[1:], 0, WHOLE, colors=theme.line, linewidth=0.6)
    days = [0, *(step.days for step in curve.steps)]
    shares = {name: [WHOLE, *(getattr(step, name) for step in curve.steps)] for name in ("waiting", "low", "high")}
    axes.fill_between(days, shares["low"], shares["high"], step="post", facecolor=colour, alpha=0.25, linewidth=0)
    axes.step(days, shares["waiting"], where="post", color=colour, linewidth=2)
    if curve.half is not None and curve.half <= end:
        axes.plot([curve.half], [WHOLE / 2], marker="o", markersize=6, color=theme.ink, clip_on=False)
        side: Side = "left" if curve.half > end * 0.55 else "right"
        frame.at(axes, frame.say("half", days=curve.half), (curve.half, WHOLE / 2), side=side)
