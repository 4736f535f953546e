"""Tells people of changes to their own accounts and roles, wherever they can be reached.

In: a person whose account or role has changed. Out: one row for each of their accounts; whoever is let in is welcomed
once.
Why on all of them, and not where they like to be told: whoever holds one account of somebody else must not be the only
one who hears of it.
"""

from dataclasses import dataclass
from datetime import date

from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Turn
from storage.database.unit_of_work import UnitOfWork
from storage.exposure import externals
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import absences, outbox
from storage.models import Account, Person, Recipient
from storage.record import records

CAUSE = 200  # characters the record holds


@dataclass(frozen=True)
class RoleChanged(PersonalNotice):
    """Somebody has a role in an agency from now on, or (`ended`) has it no more. `own`: it is read by that person."""

    name: str
    agency: str
    role: str
    meaning: str
    by: str
    ended: bool
    own: bool


@dataclass(frozen=True)
class AccountLinked(PersonalNotice):
    """An account belongs to a person from now on. `own`: it is read on that very account."""

    account: str
    name: str
    own: bool


@dataclass(frozen=True)
class Welcome(PersonalNotice):
    """To whoever is let in: who they are here, and three things to try. `by`: who let them in; empty for a terminal."""

    name: str
    agency: str
    role: str
    meaning: str
    by: str


def welcome(person: Person, by: str) -> Welcome:
    """What somebody reads on their first account, in the first role they have."""
    held = records.memberships(person)[0]
    role = Role(held.role)
    return Welcome(person.name, held.authority.code, role, role.meaning, by)


def account_name(row: Account) -> str:
    """An account as people type it: "telegram:4711"."""
    return f"{row.platform}:{row.external_id}"


def accounts(person: Person) -> tuple[str, ...]:
    """Those that were not revoked."""
    return tuple(account_name(row) for row in person.accounts if row.revoked_at is None)


def guests(person: Person, *, admitted: bool) -> tuple[str, ...]:
    """The accounts of guests among them."""
    external = [row for row in person.accounts if row.revoked_at is None and row.outside]
    return tuple(account_name(row) for row in external if (row.admitted_at is not None) is admitted)


def away_until(turn: Turn, person: Person) -> date | None:
    """Their last day away, while they are."""
    return person.away_until if absences.is_away(person, turn.now) else None


def deputy(turn: Turn, person: Person) -> str:
    """The name of who hears in their place, while they are away."""
    named = person.deputy_id if absences.is_away(person, turn.now) else None
    found = turn.work.session.get(Person, named) if named else None
    return found.name if found else ""


def tell(turn: Turn, person: Person, notice: PersonalNotice, *, here: Account | None = None) -> None:
    """On every account but the one that reads the answer to this line.

    here: that account, where it has only now become theirs.
    """
    place = turn.place
    reads = here is not None or person.id == turn.actor.person.id
    here = here or (externals.account_of(turn.work, place.platform, place.account) if reads else None)
    put(turn.work, turn.cause, person, notice, besides=here, otherwise="" if reads else outbox.CONSOLE)


def put(
    work: UnitOfWork,
    cause: str,
    person: Person,
    notice: PersonalNotice,
    *,
    besides: Account | None = None,
    otherwise: str = "",
) -> None:
    """On each platform they have an account on, besides one account. otherwise: the platform where they have none."""
    linked = (row.platform for row in person.accounts if row.revoked_at is None and row is not besides)
    for n, platform in enumerate(tuple(dict.fromkeys(linked)) or filter(None, (otherwise,))):
        outbox.queue(
            work,
            cause=f"{cause} {platform}"[-CAUSE:] if n else cause,  # one cause says one thing to one recipient once
            notice=notice,
            recipient=Recipient.person(person.id),
            label=Label.CLEAR,
            platform=platform,
        )
