"""Demonstrations: moving their time, so that reminders can be seen without waiting for them.

In: a turn on a demonstration database. Out: a later present, on record; what fell due meanwhile the next tick says.
On any other database it is refused: there, time is the machine's.
"""

from dataclasses import dataclass
from datetime import datetime

from handlers.kit.errors import Conflict
from handlers.kit.notices import PublicNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import Shift
from storage.record import demo

commands = Commands()


@dataclass(frozen=True)
class ClockMoved(PublicNotice):
    """The time of the demonstration went on."""

    before: datetime
    now: datetime


@commands.add("desk clock", hidden=True, example="desk clock +3d")
def clock(turn: Turn, by: Shift) -> Reply:
    """Move the time of a demonstration on. It never goes back.

    by: +3d, +2w or +12h.
    """
    if not demo.is_demo(turn.work):
        raise Conflict("no_demonstration")
    return Reply(ClockMoved(turn.now, demo.move(turn.work, by)))
