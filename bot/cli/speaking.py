"""Who types at the command line: the one who is named, or the only one there is."""

from collections import Counter
from collections.abc import Callable

from bot.app import Desk
from handlers import people
from handlers.kit import access
from storage.database.unit_of_work import UnitOfWork
from storage.models import Person
from storage.record import records
from storage.spelling import fold


def speaker(desk: Desk, name: str | None) -> str:
    """Who types here: the one who is named, or the only one there is. Errors: NobodyNamed, Ambiguous."""

    def job(work: UnitOfWork) -> str:
        if name and records.at_terminal(work, name):
            return records.terminal_name(access.actor(work, access.CONSOLE, name).person)
        here = records.people(work)
        if name or len(here) != 1:
            raise people.NobodyNamed(tuple(map(_shown(here), here)))
        return records.terminal_name(here[0])

    return desk.store.read(job).result()


def _shown(here: list[Person]) -> Callable[[Person], str]:
    """What is typed for a person: the name, and the agency where several have that name."""
    names = Counter(fold(person.name) for person in here)
    return lambda person: person.name if names[fold(person.name)] == 1 else records.terminal_name(person)
