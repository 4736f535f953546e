"""The picture of what waits: by how long ago it was sent, and by counterpart; what waits over a year is hatched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from handlers.exposure import PartOfRecord
from handlers.kit.notices import RecordNotice
from handlers.pictures.frame import MARGIN, WIDTH, Frame, Head, filled
from storage.record.waiting import AGES

PANEL = 110.0  # points high
ROOM_ABOVE = 1.3  # of the highest bar, for its figure
DRAWN = 8  # counterparts at most
OVER = "///"


@dataclass(frozen=True)
class WaitsWith(PartOfRecord):
    """How many requests wait with one counterpart, and how many of them were sent over a year ago."""

    counterpart: str
    count: int
    over: int


@dataclass(frozen=True)
class AgeingDrawn(RecordNotice):
    """What an agency waits for, as a picture and in words.

    `ages`: how many, by the age buckets of `waiting.AGES`.
    `rows`: those most wait with, the most first; `others`: with how many more counterparts how many wait.
    `old`: overdue rows of registers that nobody took up; they are in no count.
    """

    label: str
    name: str
    agency: str
    on: date
    ages: tuple[int, ...]
    rows: tuple[WaitsWith, ...]
    others: int
    others_count: int
    old: int

    @classmethod
    def of(cls, head: Head, ages: Sequence[int], rows: Sequence[WaitsWith], old: int = 0) -> "AgeingDrawn":
        """Of all counterparts, in any order."""
        ordered = sorted(rows, key=lambda row: (-row.count, row.counterpart))
        rest = ordered[DRAWN:]
        shown = tuple(ordered[:DRAWN])
        return cls(*head, tuple(ages), shown, len(rest), sum(row.count for row in rest), old)


def draw(frame: Frame, shown: AgeingDrawn) -> None:
    """Bars by age, then a bar for each counterpart."""
    old = frame.say("old_rows", count=shown.old) if shown.old else ""
    if not sum(shown.ages):
        frame.foot(old)
        return
    theme = frame.theme
    frame.heading(frame.say("ageing_by_age"))
    axes, last = frame.panel(PANEL), len(shown.ages) - 1
    axes.set_xlim(-0.5, last + 0.5)
    axes.set_ylim(0, max([*shown.ages, 1]) * ROOM_ABOVE)
    for n, count in enumerate(shown.ages):
        axes.bar(
            n, count, width=0.7, **filled(theme, theme.three if n == last else theme.one, OVER if n == last else "")
        )
        frame.at(axes, f"{count:,}", (n, count))
    frame.space(4)
    slot = (WIDTH - 2 * MARGIN) / len(shown.ages)
    bounds = zip((None, *AGES), (*AGES, None), strict=True)
    ages = [frame.say("age", since=since, until=until) for since, until in bounds]
    frame.labels(ages, [MARGIN + (n + 0.5) * slot for n in range(len(ages))], slot)
    frame.space(10)
    frame.heading(frame.say("ageing_by_counterpart"))
    most = max((row.count for row in shown.rows), default=0)
    for row in shown.rows:
        name = frame.called(row.counterpart)
        frame.text(frame.say("waits_with", name=name, count=row.count, over=row.over))
        frame.bar([(row.count - row.over, theme.one, ""), (row.over, theme.three, OVER)], most)
    frame.foot(
        frame.say("ageing_read") if shown.ages[-1] else "",
        frame.say("others_wait", others=shown.others, count=shown.others_count) if shown.others else "",
        old,
    )
