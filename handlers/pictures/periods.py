"""The picture of periods: a bar for each week, month or year, one panel for each count, every bar with its figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from handlers.exposure import PartOfRecord
from handlers.kit.notices import RecordNotice
from handlers.pictures.frame import MARGIN, TEXT, WIDTH, Frame, filled, measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL = 96.0  # points high
ROOM_ABOVE = 1.3  # of the highest bar, for its figure
SMALLEST = 7.5  # of a figure over its bar: eight times a million, side by side
GAP = 3.0  # points between two figures


@dataclass(frozen=True)
class PeriodCount(PartOfRecord):
    """The figures of one period. `first`: its first day."""

    first: date
    opened: int
    answered: int
    overdue: int


@dataclass(frozen=True)
class PeriodsDrawn(RecordNotice):
    """The last periods of an agency, the oldest first, as a picture and in words.

    `kind`: week, month or year. `so_far`: the last is not over. `old`: overdue rows of registers that nobody took up,
    now; they are in no count.
    """

    label: str
    name: str
    agency: str
    on: date
    kind: str
    periods: tuple[PeriodCount, ...]
    so_far: bool
    old: int


def draw(frame: Frame, shown: PeriodsDrawn) -> None:
    """Three panels, one below the other, and the periods under the last."""
    theme, count = frame.theme, len(shown.periods)
    panels = (
        ("periods_opened", [one.opened for one in shown.periods], theme.one),
        ("periods_answered", [one.answered for one in shown.periods], theme.two),
        ("periods_overdue", [one.overdue for one in shown.periods], theme.three),
    )
    for word, counts, colour in panels:
        frame.heading(frame.say(word, kind=shown.kind))
        _bars(frame, frame.panel(PANEL), counts, colour, so_far=shown.so_far)
        frame.space(6)
    slot = (WIDTH - 2 * MARGIN) / max(count, 1)
    days = [frame.say("period", kind=shown.kind, first=one.first) for one in shown.periods]
    frame.labels(days, [MARGIN + (n + 0.5) * slot for n in range(count)], slot)
    frame.foot(
        frame.say("periods_read", kind=shown.kind, so_far=shown.so_far),
        frame.say("old_rows", count=shown.old) if shown.old else "",
    )


def _bars(frame: Frame, axes: "Axes", counts: Sequence[int], colour: str, *, so_far: bool) -> None:
    axes.set_xlim(-0.5, len(counts) - 0.5)
    axes.set_ylim(0, max([*counts, 1]) * ROOM_ABOVE)
    for n, count in enumerate(counts):
        hatch = "///" if so_far and n == len(counts) - 1 else ""
        axes.bar(n, count, width=0.7, **filled(frame.theme, colour, hatch))
    slot = (WIDTH - 2 * MARGIN) / max(len(counts), 1) - GAP
    widest = max((measured(f"{count:,}", TEXT) for count in counts), default=0)
    size = max(min(TEXT, TEXT * slot / max(widest, 1)), SMALLEST)
    for n, count in enumerate(counts):
        frame.at(axes, f"{count:,}", (n, count), size)
