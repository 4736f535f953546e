"""The frame of a picture: its size, its colours, the label and the finding above, and text that is never cut.

In: what a picture draws from top to bottom. Out: a PNG that is as high as what stands in it.
Everything is measured in points: the picture is 389 of them wide, and a phone shows one as one of its pixels. So a
text of 11 is one that can be read there.
Why measured and wrapped here: Matplotlib lets a long text run over the edge. Why `Figure` and not pyplot: pyplot keeps
every figure for ever.
Sources: FIRST, TLP 2.0, "TLP colour-coding"; colours: Okabe and Ito, "Color Universal Design".
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from storage.exposure.labels import Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ft2font import FT2Font

WIDTH, MARGIN = 388.8, 12.0  # points
DOTS_PER_INCH, POINTS_PER_INCH = 200, 72
TITLE, HEADING, TEXT, SMALL = 15.0, 12.5, 11.0, 10.5  # points; nothing is smaller than the last
LEADING = 1.3  # of the size of the text: from line to line
SLACK = 0.97  # of the width: what is drawn may be a little wider than what was measured
LABEL_COLOURS = {
    Label.RED: "#FF2B2B",
    Label.AMBER_STRICT: "#FFC000",
    Label.AMBER: "#FFC000",
    Label.GREEN: "#33FF00",
    Label.CLEAR: "#FFFFFF",
}
NO_GLYPH = "?"
OTHER_END = {"left": "right", "center": "center", "right": "left"}  # a text to the left ends there
HYPHENED = re.compile(r"[^-]*-|[^-]+")


@dataclass(frozen=True)
class Theme:
    """The colours of a picture. one, two, three: of what is drawn; none has to be told from another by colour alone."""

    ground: str
    ink: str
    quiet: str
    line: str
    one: str
    two: str
    three: str


LIGHT = Theme("#FFFFFF", "#1A1A1A", "#595959", "#C8C8C8", one="#0072B2", two="#007A59", three="#C24F00")
DARK = Theme("#1A1D21", "#F2F2F2", "#B8B8B8", "#4D5156", one="#56B4E9", two="#2FC79A", three="#E69F00")


Side = Literal["left", "right", "center"]


class Say(Protocol):
    """Says a word of `templates/messages/_base/pictures.md.j2` in the language of the reader."""

    def __call__(self, word: str, **facts: object) -> str:
        """On one line."""
        ...


class Head(NamedTuple):
    """The first fields of every picture: its label, the name of its file, whose it is, and as of which day."""

    label: str
    name: str
    agency: str
    on: date


class Frame:
    """A picture while it is drawn: each call puts something below what stands there."""

    def __init__(self, label: Label, say: Say, *, dark: bool = False) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, for pictures only
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
        from matplotlib.transforms import Affine2D  # noqa: PLC0415 - as above

        self.label, self.say, self.theme = label, say, DARK if dark else LIGHT
        self.top = MARGIN  # where the next thing begins, from the upper edge
        self.figure = Figure(figsize=(WIDTH / POINTS_PER_INCH, 1), dpi=DOTS_PER_INCH, facecolor=self.theme.ground)
        FigureCanvasAgg(self.figure)
        self._points = Affine2D()  # from points, counted from the upper left corner, to dots: known when it is saved
        self._panels: list[tuple[Axes, tuple[float, float, float, float]]] = []

    def png(self) -> bytes:
        """The picture, as high as what stands in it."""
        self.close()
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor=self.theme.ground)
        return file.getvalue()

    def close(self) -> None:
        """Nothing is added any more: everything gets its place."""
        height = self.top + MARGIN
        self.figure.set_size_inches(WIDTH / POINTS_PER_INCH, height / POINTS_PER_INCH)
        dots = DOTS_PER_INCH / POINTS_PER_INCH
        self._points.clear().scale(dots, -dots).translate(0, height * dots)
        for axes, (left, top, width, high) in self._panels:
            axes.set_position((left / WIDTH, 1 - (top + high) / height, width / WIDTH, high / height))

    # ---- what stands in it, from top to bottom ----

    def head(self, title: str, whose: str) -> None:
        """Whose it is, as of when, the label, and the finding."""
        style = {"color": LABEL_COLOURS[self.label], "family": "monospace", "weight": "bold"}
        box = {"facecolor": "black", "edgecolor": "black", "boxstyle": "square,pad=0.25"}
        self._put(WIDTH - MARGIN - 3, self.top + 3, str(self.label), HEADING, ha="right", bbox=box, **style)
        room = WIDTH - 2 * MARGIN - measured(str(self.label), HEADING, family="mono") - 24
        self.text(whose, SMALL, self.theme.quiet, width=room, least=HEADING * LEADING + 10)
        self.text(title, TITLE, weight="bold")
        self.space(6)

    def heading(self, text: str) -> None:
        """What the next panel is about."""
        self.text(text, HEADING, weight="bold")

    def text(
        self,
        text: str,
        size: float = TEXT,
        colour: str = "",
        *,
        weight: str = "normal",
        width: float = WIDTH - 2 * MARGIN,
        least: float = 0.0,
    ) -> None:
        """Some words, on as many lines as they take. least: the height they take at least."""
        lines = wrapped(text, width, size, weight=weight)
        for n, line in enumerate(lines):
            self._put(MARGIN, self.top + n * size * LEADING, line, size, color=colour or self.theme.ink, weight=weight)
        self.space(max(len(lines) * size * LEADING, least))

    def foot(self, *texts: str) -> None:
        """How it is to be read, and what is left out."""
        self.space(6)
        for text in filter(None, texts):
            self.text(text, SMALL, self.theme.quiet)

    def labels(self, texts: Sequence[str], places: Sequence[float], room: float, colour: str = "") -> None:
        """A row of small texts, each centred at its place, on as many lines as fit the room of one."""
        rows = [wrapped(text, room, SMALL) for text in texts]
        for lines, place in zip(rows, places, strict=True):
            for n, line in enumerate(lines):
                at = self.top + n * SMALL * LEADING
                self._put(place, at, line, SMALL, ha="center", color=colour or self.theme.quiet)
        self.space(max(map(len, rows), default=0) * SMALL * LEADING)

    def bar(self, parts: Sequence[tuple[int, str, str]], most: int, height: float = 12.0) -> None:
        """A bar lying down: (how many, colour, hatch) one behind the other. most: what the full width stands for."""
        from matplotlib.patches import Rectangle  # noqa: PLC0415 - for pictures only

        left = MARGIN
        for count, colour, hatch in (part for part in parts if part[0]):
            width = (WIDTH - 2 * MARGIN) * count / max(most, 1)
            style = filled(self.theme, colour, hatch)
            self.figure.add_artist(Rectangle((left, self.top), width, height, transform=self._points, **style))
            left += width
        self.space(height + 8)

    def panel(self, height: float, left: float = MARGIN, right: float = MARGIN) -> "Axes":
        """Axes over the width, without a frame, ticks or words. left, right: what stays free beside them."""
        axes = self.figure.add_axes((0, 0, 1, 1), facecolor=self.theme.ground)
        self._panels.append((axes, (left, self.top, WIDTH - left - right, height)))
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[["top", "left", "right"]].set_visible(False)
        axes.spines["bottom"].set_color(self.theme.quiet)
        self.space(height)
        return axes

    def at(
        self,
        axes: "Axes",
        text: str,
        place: tuple[float, float],
        size: float = TEXT,
        *,
        side: Side = "center",
    ) -> None:
        """A text over a place in a panel, or over it to one side."""
        away = {"left": -7, "center": 0, "right": 7}[side]
        axes.annotate(
            drawable(text),
            place,
            (away, 2),
            textcoords="offset points",
            horizontalalignment=OTHER_END[side],
            verticalalignment="bottom",
            fontsize=size,
            color=self.theme.ink,
            parse_math=False,
        )

    def beside(self, texts: Sequence[tuple[str, float]], right: float) -> None:
        """Small texts that end at `right`: (text, how far from the upper edge its middle is)."""
        for text, middle in texts:
            self._put(right, middle, text, SMALL, ha="right", va="center", color=self.theme.quiet)

    def space(self, points: float) -> None:
        """Leave some room."""
        self.top += points

    def called(self, code: str) -> str:
        """A counterpart by its name; by its code where the name has letters that cannot be drawn."""
        name = self.say("counterpart", code=code)
        return name if not missing(name) else code

    def _put(self, x: float, y: float, text: str, size: float, **style: Any) -> None:  # noqa: ANN401 - Matplotlib's
        placed: dict[str, Any] = {"va": "top", "parse_math": False, **style}
        self.figure.text(x, y, drawable(text), fontsize=size, transform=self._points, **placed)


def filled(theme: Theme, colour: str, hatch: str) -> dict[str, Any]:
    """How an area is filled: its colour; or, with a hatch, that in the colour on the ground."""
    return {"facecolor": theme.ground if hatch else colour, "edgecolor": colour, "hatch": hatch, "linewidth": 1.0}


# ---- text that fits --------------------------------------------------------------------------------------------------


@lru_cache
def _font(family: str, weight: str) -> "FT2Font":
    """One of the fonts that Matplotlib brings."""
    from matplotlib import font_manager  # noqa: PLC0415 - for pictures only

    name = "DejaVu Sans Mono" if family == "mono" else "DejaVu Sans"
    path = font_manager.findfont(font_manager.FontProperties(family=name, weight=weight), fallback_to_default=False)
    return font_manager.get_font(path)


@lru_cache
def _glyphs() -> frozenset[int]:
    return frozenset(_font("sans", "normal").get_charmap()) & frozenset(_font("sans", "bold").get_charmap())


def missing(text: str) -> bool:
    """Whether a letter of it cannot be drawn."""
    return any(ord(letter) not in _glyphs() for letter in text)


def drawable(text: str) -> str:
    """The text with a question mark for each letter that no font has; so there is never an empty box."""
    return "".join(letter if ord(letter) in _glyphs() else NO_GLYPH for letter in text)


@lru_cache(maxsize=2_000)
def measured(text: str, size: float, *, weight: str = "normal", family: str = "sans") -> float:
    """How wide a text is, in points."""
    font = _font(family, weight)
    font.set_size(size, POINTS_PER_INCH)
    font.set_text(drawable(text))
    return float(font.get_width_height()[0]) / 64  # it counts in 64ths


def wrapped(text: str, width: float, size: float, *, weight: str = "normal") -> list[str]:
    """The lines of a text that are no wider than this; a word that is too long by itself is parted."""
    lines: list[str] = []
    for word in text.split():
        if lines and _fits(f"{lines[-1]} {word}", width, size, weight):
            lines[-1] += f" {word}"
        else:
            lines += _parted(word, width, size, weight)
    return lines


def _fits(text: str, width: float, size: float, weight: str) -> bool:
    return measured(text, size, weight=weight) <= width * SLACK


def _parted(word: str, width: float, size: float, weight: str) -> list[str]:
    """The word, in pieces that fit: behind a hyphen where there is one, else where the line ends."""
    if _fits(word, width, size, weight):
        return [word]
    pieces = [""]
    for part in HYPHENED.findall(word):
        fitting = [part] if _fits(part, width, size, weight) else list(part)
        for piece in fitting:
            if pieces[-1] and not _fits(pieces[-1] + piece, width, size, weight):
                pieces.append("")
            pieces[-1] += piece
    return pieces
