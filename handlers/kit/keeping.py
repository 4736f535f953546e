"""What an administrator may change: the people, dates and calendar of their own agency and of authorities it hosts.

In: a turn of an administrator. Out: a person or nothing, where it is theirs to change; an error that says whose it is.
Which agency administers what is `storage/record/keepers.py`.
"""

from dataclasses import dataclass

from handlers.kit.turn import Turn
from handlers.language.errors import NotFound, UserError
from storage.exposure.roles import Role
from storage.models import Authority, Person
from storage.record import keepers, records


@dataclass
class KeptElsewhere(UserError):
    """Somebody else's to change: an authority, a calendar, a person's accounts. `keepers` are codes; empty: nobody."""

    what: str
    keepers: tuple[str, ...]


@dataclass
class LiaisonsOnly(UserError):
    """A host lets liaisons of an authority in, and gives no other role there."""

    authority: str
    role: str


def person(turn: Turn, name: str) -> tuple[Person, Authority]:
    """Somebody of the actor's agency, or of an authority it hosts; and which. Errors: NotFound."""
    found = keepers.people(turn.work, turn.actor.agency).get(name)
    if found is None:
        raise NotFound("person", name, "desk person")
    return found


def must_administer(turn: Turn, authority: Authority) -> None:
    """The own agency, one it hosts, or one that nobody administers and that it added itself. Errors: KeptElsewhere."""
    agency, keeper = turn.actor.agency, keepers.responsible_agency(turn.work, authority)
    if keeper is None and keepers.added_it(turn.work, agency, authority):
        return
    if keeper is None or keeper.id != agency.id:
        raise KeptElsewhere(authority.code, (keeper.code,) if keeper else ())


def must_administer_calendar(turn: Turn, country: str) -> None:
    """A country's: of the agency's own country, or of one where nobody has an administrator. Errors: KeptElsewhere."""
    there = keepers.of_country(turn.work, country)
    if there and turn.actor.agency.country != country:
        raise KeptElsewhere(country, tuple(row.code for row in there))


def must_administer_accounts(turn: Turn, person: Person) -> None:
    """Accounts belong to the agency their person came in by, whatever role they have elsewhere. Errors: KeptElsewhere.

    Why: an account opens all that its person may see, in every agency.
    """
    home = records.home(person)
    if home and not administers(turn, home):
        keeper = keepers.responsible_agency(turn.work, home) or home
        raise KeptElsewhere(f"{person.name}{records.AT}{home.code}", (keeper.code,))


def administers(turn: Turn, authority: Authority) -> bool:
    """Whether the actor, as an administrator, may change an authority's people."""
    keeper = keepers.responsible_agency(turn.work, authority)
    return Role.ADMIN in turn.actor.roles and keeper is not None and keeper.id == turn.actor.agency.id


def must_be_liaison(turn: Turn, authority: Authority, role: str) -> None:
    """Errors: LiaisonsOnly for another role at an authority that is only hosted."""
    if authority.id != turn.actor.agency.id and role != Role.LIAISON:
        raise LiaisonsOnly(authority.code, role)
