"""The desk of one person: what waits for them, and what they may do. What Slack's App Home and `/start` show.

In: a turn. Out: one notice, for the asker alone; nothing changes. What waits is `storage/record/desk.py`.
Whoever was told something in private finds it here again, for as long as it is so.
"""

from dataclasses import dataclass

from handlers.exposure import PersonalFacts
from handlers.kit import old_rows, second_person, usable, waiting
from handlers.kit.notices import PersonalNotice
from handlers.kit.old_rows import OldRows
from handlers.kit.turn import Reply, Turn
from handlers.kit.waiting import DigestLine
from handlers.language.command import Commands
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import absences
from storage.models import Clock
from storage.record import desk

commands = Commands()

ROWS = 10
LOOKED_AT = 50  # clocks, of which those that wait for another are left out
BUTTONS = 6  # two in front, the others in the menu behind them, and help
BUTTONS_OF = (
    *("request file", "case open", "desk person add", "desk history", "desk verify", "desk health"),
    *("summary week", "overdue", "request list", "case list"),
)


@dataclass(frozen=True)
class DeskCount(PersonalFacts):
    """How many wait, of one sort (`storage/record/desk.py`)."""

    sort: str
    count: int


@dataclass(frozen=True)
class DeskHome(PersonalNotice):
    """What waits for a person: the lines that matter most, how many of each sort, and commands they may use.

    `old`: what a register brought, as one number.
    """

    agency: str
    lines: tuple[DigestLine, ...]
    counts: tuple[DeskCount, ...]
    total: int
    old: OldRows | None
    stands_in_for: tuple[str, ...]
    commands: tuple[str, ...]


@commands.add("desk home", reads=True, example="desk home")
def home(turn: Turn) -> Reply:
    """Your desk: what waits for you, most urgent first, and what you may do."""
    person = turn.actor.person
    stood_in_for = absences.stands_in_for(turn.work, person)
    mine = [person.id, *(one.id for one in stood_in_for)]
    is_manager = Role.MANAGER in turn.actor.roles
    found = desk.waiting(turn.work, turn.viewer, mine=mine, whole=is_manager, limit=LOOKED_AT)
    theirs = [(clock, sort) for clock, sort in found.clocks if sort != "approve" or _is_asked(turn, clock)]
    left_out = len(found.clocks) - len(theirs)
    counts = found.counts | {"approve": found.counts.get("approve", 0) - left_out}
    old = old_rows.of_viewer(turn) if turn.actor.roles & WORKERS else None
    rows = ROWS - 1 if old else ROWS
    return Reply(
        DeskHome(
            agency=turn.actor.agency.code,
            lines=tuple(waiting.line(turn, clock) for clock, _ in theirs[:rows]),
            counts=tuple(DeskCount(sort, counts[sort]) for sort in desk.SORTS if counts.get(sort)),
            total=sum(counts.values()),
            old=old,
            stands_in_for=tuple(one.name for one in stood_in_for),
            commands=_commands(turn),
        )
    )


def _is_asked(turn: Turn, clock: Clock) -> bool:
    """Whether the actor is one of those who are asked to approve it."""
    return clock.request is not None and turn.actor.person in second_person.to_be_asked(turn, clock.request)


def _commands(turn: Turn) -> tuple[str, ...]:
    """What their role is for comes first, then what everybody may; help is the last."""
    found = usable.first_used((turn.commands[words] for words in BUTTONS_OF), turn.actor.roles)
    by_role = sorted(found, key=lambda spec: (not spec.needs, BUTTONS_OF.index(spec.words)))
    return (*(spec.words for spec in by_role[:BUTTONS]), "desk help")
