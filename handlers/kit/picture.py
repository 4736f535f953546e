"""The picture of weeks: a bar for each week, one panel for each thing counted.

In: `Weeks`. Out: a PNG, upright, for a phone held in a hand. The label is its first line, in the colours that TLP 2.0
gives it. Every bar has its figure, so no colour has to be told from another; what is drawn here is said in words as
well (`weeks_drawn.md.j2`), for whoever cannot see it.
Why `Figure` and not pyplot: pyplot keeps every figure for ever. Why a lock: Matplotlib draws in one thread at a time.
Sources: FIRST, TLP 2.0, "TLP colour-coding"; colours of the bars: Okabe and Ito, "Color Universal Design".
"""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from handlers.exposure import PartOfRecord
from storage.exposure.labels import Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_INCHES, HEIGHT_INCHES, DOTS_PER_INCH = 5.4, 6.75, 200  # 1080 by 1350 dots
MARGIN_INCHES = 0.1
TITLES = {"opened": "Cases opened", "answered": "Requests answered", "overdue": "Overdue at the end of the week"}
COLOURS = {"opened": "#0072B2", "answered": "#009E73", "overdue": "#D55E00"}
LABEL_COLOURS = {
    Label.RED: "#FF2B2B",
    Label.AMBER_STRICT: "#FFC000",
    Label.AMBER: "#FFC000",
    Label.GREEN: "#33FF00",
    Label.CLEAR: "#FFFFFF",
}
ROOM_ABOVE = 1.25  # of the highest bar, for its figure

_ONE = threading.Lock()


@dataclass(frozen=True)
class WeekCount(PartOfRecord):
    """The figures of one week."""

    monday: date
    opened: int
    answered: int
    overdue: int


@dataclass(frozen=True)
class Weeks:
    """What is drawn: the weeks of an agency, the oldest first. `so_far`: the last is not over."""

    agency: str
    label: Label
    weeks: Sequence[WeekCount]
    so_far: bool


def draw(weeks: Weeks) -> bytes:
    """The PNG. Takes a tenth of a second, the first one in a process a second more."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, for pictures only
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415 - as above

    file = io.BytesIO()
    with _ONE:
        margins = ConstrainedLayoutEngine(h_pad=MARGIN_INCHES, w_pad=MARGIN_INCHES)
        figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), dpi=DOTS_PER_INCH, layout=margins)
        FigureCanvasAgg(figure)
        style = {"color": LABEL_COLOURS[weeks.label], "backgroundcolor": "black", "fontfamily": "monospace"}
        figure.suptitle(f" {weeks.label} ", fontsize=12, fontweight="bold", **style)
        for axes, name in zip(figure.subplots(len(TITLES), 1, sharex=True), TITLES, strict=True):
            _panel(axes, name, weeks)
        axes.set_xticks(range(len(weeks.weeks)), [f"{week.monday.day} {week.monday:%b}" for week in weeks.weeks])
        axes.set_xlabel(f"{weeks.agency}, weeks from Monday" + ("; the last so far" if weeks.so_far else ""))
        figure.savefig(file, format="png")
    return file.getvalue()


def _panel(axes: "Axes", name: str, weeks: Weeks) -> None:
    counts = [getattr(week, name) for week in weeks.weeks]
    bars = axes.bar(range(len(counts)), counts, color=COLOURS[name])
    if weeks.so_far:
        bars[-1].set(facecolor="white", edgecolor=COLOURS[name], hatch="//")
    axes.bar_label(bars, fontsize=11)
    axes.set_title(TITLES[name], loc="left", fontsize=13)
    axes.set_ylim(0, max([*counts, 1]) * ROOM_ABOVE)
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.spines[["top", "left", "right"]].set_visible(False)
