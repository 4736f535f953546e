"""Old rows of a register, as a reader is told of them: one number, and a way to all of them.

In: a turn. Out: `OldRows`, or None where nothing of a register is overdue. What counts is `storage/record/old_rows.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from handlers.exposure import RecordFacts
from handlers.kit.turn import Turn
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.sight import WORKERS, Viewer
from storage.messages import recipients
from storage.record import old_rows


@dataclass(frozen=True)
class OldRows(RecordFacts):
    """Answers of a register that are overdue, the oldest since when. `refused`: on how many nobody went on.

    `label`: of all of them.
    """

    label: str
    overdue: int
    oldest: date
    refused: int


def of_viewer(turn: Turn) -> OldRows | None:
    """As the one agency sees them that the turn is for."""
    return _sum(turn, [turn.viewer])


def of_reader(turn: Turn) -> OldRows | None:
    """As a person sees them in all their agencies."""
    found = recipients.viewers(turn.actor.person)
    return _sum(turn, [one for one in found if one.roles & WORKERS])


def _sum(turn: Turn, viewers: Iterable[Viewer]) -> OldRows | None:
    counts = [old_rows.count(turn.work, viewer, turn.place.ceiling) for viewer in viewers]
    overdue = sum(one.overdue for one in counts)
    days, labels = [one.oldest for one in counts if one.oldest], [one.label for one in counts if one.label]
    if not overdue:
        return None
    label = most_restrictive(labels) or Label.AMBER
    return OldRows(label, overdue, min(days), sum(one.refused for one in counts))
