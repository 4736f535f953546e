"""Absence: away, back. Who hears in somebody's place while they are away.

In: a turn, the last day, a colleague. Out: a reply; the deputy is told when they are named. Until that day is over
reminders, approvals and news of records go to the deputy as well; then they go back by themselves.
"""

from dataclasses import dataclass
from datetime import date

from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import FutureDay, StandInName
from storage.messages import absences
from storage.models import Person

commands = Commands()


@dataclass(frozen=True)
class AwayUntil(PersonalNotice):
    """To whoever is away: until when, and who hears in their place."""

    until: date
    deputy: str


@dataclass(frozen=True)
class DeputyNamed(PersonalNotice):
    """To the deputy: in whose place they hear, and until when."""

    of: str
    agency: str
    until: date


@dataclass(frozen=True)
class BackAgain(PersonalNotice):
    """To whoever is back before the day: from now on they alone hear what is theirs."""

    deputy: str


@commands.add("desk away", example='desk away until:2026-06-30 deputy:"Night Officer"')
def leave(turn: Turn, *, until: FutureDay, deputy: StandInName) -> Reply:
    """You are away: reminders, approvals and news of your records go to a colleague too, until that day is over.

    until: your last day away.
    deputy: a colleague who can act in your place; they see what their own rights let them see.
    """
    person = turn.actor.person
    colleague = access.colleague(turn, deputy)
    _may_stand_in(turn, colleague)
    person.away_until, person.deputy_id = until, colleague.id
    turn.work.audit("person away", person.actor, after={"until": until, "deputy": colleague.actor})
    turn.tell([colleague], DeputyNamed(person.name, turn.actor.agency.code, until))
    return Reply(AwayUntil(until, colleague.name))


@commands.add("desk back", example="desk back")
def come_back(turn: Turn) -> Reply:
    """You are back before the day: your deputy hears no more in your place."""
    person = turn.actor.person
    if not absences.is_away(person, turn.now):
        raise Conflict("not_away")
    deputy = turn.work.session.get(Person, person.deputy_id) if person.deputy_id else None
    turn.work.audit("person back", person.actor, before={"until": person.away_until})
    person.away_until = person.deputy_id = None
    return Reply(BackAgain(deputy.name if deputy else ""))


def _may_stand_in(turn: Turn, colleague: Person) -> None:
    """Somebody else, who works on cases where the actor does; else, one with the same role. Errors: Conflict."""
    if colleague.id == turn.actor.person.id:
        raise Conflict("deputy_yourself")
    if not turn.can_stand_in(colleague):
        raise Conflict("cannot_stand_in", name=colleague.name, agency=turn.actor.agency.code)
