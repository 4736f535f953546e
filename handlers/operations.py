"""Operations: dead, retry, let-go, health. Messages that could not be delivered, and how the desk is.

In: a turn. Out: dead letters without their text, put back on demand, each on record; the figures of health in words. An
administrator sees the letters to people and rooms of their own agency, and to rooms of authorities that have no people
here; the record's reference only where they may see the record.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from handlers.exposure import PublicFacts, RecordFacts
from handlers.kit.notices import PersonalNotice, PublicNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import NotFound
from handlers.language.values import Text
from storage.exposure.roles import Role
from storage.messages import dead_letters, heartbeat, recipients
from storage.messages.dead_letters import DeadLetter
from storage.record import records
from storage.spelling import fold

commands = Commands()

EVERY = "all"


@dataclass(frozen=True)
class DeadLine(RecordFacts):
    """One letter. `ref` is empty for a record the reader may not see."""

    number: int
    what: str
    to: str
    ref: str
    label: str
    why: str
    since: datetime


@dataclass(frozen=True)
class DeadList(PersonalNotice):
    """What could not be said, oldest first."""

    letters: tuple[DeadLine, ...]
    total: int
    next_line: str = ""
    back_line: str = ""


@dataclass(frozen=True)
class Retried(PublicNotice):
    """These are tried again now."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class PlatformLine(PublicFacts):
    """One platform: how many wait, since when the oldest should have been said, how many were given up.

    `halted_at`: it shuts us out since then; `down_at`: it cannot be reached.
    """

    platform: str
    waiting: int
    oldest_at: datetime | None
    dead: int
    halted_at: datetime | None
    down_at: datetime | None


@dataclass(frozen=True)
class LetGo(PublicNotice):
    """These are given up for good."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class UncheckedFile(PublicFacts):
    """A file of the reference data that nobody has held against its sources for more than a year."""

    name: str
    checked_on: date


@dataclass(frozen=True)
class Health(PublicNotice):
    """How the desk is. `troubles` are codes; none means that it is well. `unchecked`: the oldest file first."""

    troubles: tuple[str, ...]
    roads: tuple[PlatformLine, ...]
    unrung_at: datetime | None
    stuck_clocks: int
    ticked_at: datetime | None
    unchecked: tuple[UncheckedFile, ...]


@commands.add("desk dead", needs=Role.ADMIN, reads=True, example="desk dead")
def dead(turn: Turn, *, page: Page = 1) -> Reply:
    """What could not be said: to whom, why, since when. The text itself is not shown.

    page: ten a page.
    """
    letters, pages = _letters(turn), Pages("desk dead", page)
    lines = tuple(_line(turn, letter) for letter in pages.of(letters))
    return Reply(DeadList(lines, len(letters), pages.next_line(len(letters)), pages.back_line))


@commands.add("desk retry", needs=Role.ADMIN, example="desk retry all")
def retry(turn: Turn, which: Annotated[str, Text(max=20)]) -> Reply:
    """Try again what could not be said.

    which: its number, as `desk dead` shows it, or all.
    """
    numbers = _chosen(turn, which)
    dead_letters.revive(turn.work, numbers)
    return Reply(Retried(numbers))


@commands.add("desk let-go", needs=Role.ADMIN, example="desk let-go all")
def let_go(turn: Turn, which: Annotated[str, Text(max=20)]) -> Reply:
    """Give up for good what could not be said: nobody is to hear it any more.

    which: its number, as `desk dead` shows it, or all.
    """
    numbers = _chosen(turn, which)
    dead_letters.let_go(turn.work, numbers)
    return Reply(LetGo(numbers))


@commands.add("desk health", needs=(Role.ADMIN, Role.AUDITOR), reads=True, example="desk health")
def health(turn: Turn) -> Reply:
    """How the desk is: what waits to be said or to ring, what was given up, whose law nobody checked for a year."""
    found = heartbeat.read(turn.work)
    lines = tuple(
        PlatformLine(one.platform, one.waiting, one.oldest_at, one.dead, one.halted_at, one.down_at)
        for one in found.platforms
    )
    unchecked = tuple(UncheckedFile(*old) for old in turn.reference.meta.old_files(turn.today))
    troubles = heartbeat.troubles(found)
    return Reply(Health(troubles, lines, found.unrung_at, found.stuck_clocks, found.ticked_at, unchecked))


def _chosen(turn: Turn, which: str) -> tuple[int, ...]:
    """The numbers of the letters that are meant. Errors: NotFound."""
    numbers = tuple(one.id for one in _letters(turn) if fold(which) == EVERY or which == str(one.id))
    if not numbers:
        raise NotFound("message", which, "desk dead")
    return numbers


def _letters(turn: Turn) -> list[DeadLetter]:
    """Those of the administrator's own agency, and of authorities without people here."""
    agency = turn.actor.agency.id
    foreign = recipients.agencies(turn.work) - {agency}
    return [
        letter
        for letter in dead_letters.find(turn.work)
        if agency in letter.authority_ids or not letter.authority_ids & foreign
    ]


def _line(turn: Turn, letter: DeadLetter) -> DeadLine:
    seen = records.seen(turn.work, turn.viewer, [letter.subject]).get(letter.subject)
    ref, label = (letter.subject, seen.label) if seen else ("", "")
    return DeadLine(letter.id, letter.notice, letter.name, ref, label, letter.why, letter.since)
