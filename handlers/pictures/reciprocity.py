"""The picture of both directions: what we asked them, what they asked us, and how much of it was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from handlers.exposure import PartOfRecord
from handlers.kit.notices import RecordNotice
from handlers.pictures.frame import Frame, Head

DRAWN = 6  # counterparts at most
OPEN = "///"


@dataclass(frozen=True)
class DirectionCount(PartOfRecord):
    """One direction: how many were asked, how many of them answered; the days within which half were, if half were.

    `oldest`: days since the oldest that is open was sent; None where none is.
    """

    asked: int
    answered: int
    half: int | None
    oldest: int | None


@dataclass(frozen=True)
class BothWays(PartOfRecord):
    """What we ask a counterpart, and what it asks us."""

    counterpart: str
    ours: DirectionCount
    theirs: DirectionCount


@dataclass(frozen=True)
class ReciprocityDrawn(RecordNotice):
    """Who asks whom, and who answers, as a picture and in words.

    `rows`: as the answer in words has them; `left_out`: how many more counterparts there are.
    """

    label: str
    name: str
    agency: str
    on: date
    rows: tuple[BothWays, ...]
    left_out: int

    @classmethod
    def of(cls, head: Head, rows: Sequence[BothWays]) -> "ReciprocityDrawn":
        """Of all counterparts, whoever matters most first."""
        return cls(*head, tuple(rows[:DRAWN]), len(rows[DRAWN:]))


def draw(frame: Frame, shown: ReciprocityDrawn) -> None:
    """For each counterpart a bar of ours and one of theirs, on one scale; what is open is hatched."""
    most = max((way.asked for row in shown.rows for way in (row.ours, row.theirs)), default=0)
    for row in shown.rows:
        frame.heading(frame.called(row.counterpart))
        for word, way, colour in (
            ("we_asked", row.ours, frame.theme.one),
            ("they_asked", row.theirs, frame.theme.three),
        ):
            facts = {"asked": way.asked, "answered": way.answered, "half": way.half, "oldest": way.oldest}
            frame.text(frame.say(word, **facts))
            frame.bar([(way.answered, colour, ""), (way.asked - way.answered, colour, OPEN)], most)
        frame.space(4)
    frame.foot(
        frame.say("reciprocity_read") if shown.rows else "",
        frame.say("counterparts_left_out", count=shown.left_out) if shown.left_out else "",
    )
