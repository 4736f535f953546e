"""Draws: a notice that is a picture becomes a PNG, where the place may show it. A new picture is one row of PICTURES.

Why a lock: Matplotlib draws in one thread at a time.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

from handlers import exposure
from handlers.kit.notices import Notice
from handlers.kit.turn import GeneratedFile, Turn
from handlers.language.values import Choices
from handlers.pictures import ageing, periods, reciprocity, survival
from handlers.pictures.frame import Frame, Head, Say
from storage.exposure.labels import Label
from storage.record.scopes import Scope
from storage.times import local_day

Picture = periods.PeriodsDrawn | survival.SurvivalDrawn | ageing.AgeingDrawn | reciprocity.ReciprocityDrawn
NO, LIGHT, DARK = "no", "yes", "dark"
AsPicture = Annotated[str, Choices(NO, LIGHT, DARK)]
"""What is typed for a picture: none, one on a light ground, one on a dark ground."""

PICTURES: Mapping[type[Notice], Callable[[Frame, Any], None]] = {
    periods.PeriodsDrawn: periods.draw,
    survival.SurvivalDrawn: survival.draw,
    ageing.AgeingDrawn: ageing.draw,
    reciprocity.ReciprocityDrawn: reciprocity.draw,
}

_ONE = threading.Lock()


def head(turn: Turn, scope: Scope, said: Notice, what: str, of: date | None = None) -> Head:
    """What a picture begins with: it is as confidential as what is said with it.

    what: it shows, for the name of the file; of: which day, if not today.
    """
    label = exposure.of(said).label or Label.RED
    today = local_day(turn.now, scope.agency.zone)
    name = f"rogatory-{scope.agency.code}-{what}-{(of or today).isoformat()}.png"
    return Head(label, name, scope.agency.code, today)


def files(picture: str, *shown: Picture) -> list[GeneratedFile]:
    """Pictures as an answer gives them. picture: as it was typed; none for NO."""
    if picture == NO:
        return []
    return [GeneratedFile(one.name, shows=one, dark=picture == DARK) for one in shown]


def draw(shown: Any, ceiling: Label, title: str, say: Say, *, dark: bool = False) -> bytes | None:  # noqa: ANN401 - one of several
    """The PNG of one of PICTURES; None where it is above the ceiling of the place, and nothing is drawn.

    title: the finding, in the words of the reader; say: all other words. dark: on a dark ground.
    Takes a tenth of a second, the first one in a process a second more; so it is no work for a thread of the store.
    """
    if not Label(shown.label).within(ceiling):
        return None
    with _ONE:
        return frame(shown, title, say, dark=dark).png()


def frame(shown: Any, title: str, say: Say, *, dark: bool = False) -> Frame:  # noqa: ANN401 - as above
    """All that stands in the picture, before it is drawn."""
    drawn = Frame(Label(shown.label), say, dark=dark)
    drawn.head(title, say("head", agency=shown.agency, on=shown.on))
    PICTURES[type(shown)](drawn, shown)
    return drawn
