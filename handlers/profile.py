"""Profile: me. What the desk knows of whoever asks, and what a recipient's form needs to know of an officer.

In: a turn and typed values. Out: the profile, changed as the line says.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from handlers.exposure import PersonalFacts
from handlers.kit import personal
from handlers.kit.errors import Conflict
from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import NotFound
from handlers.language.values import AuthorityCode, Choices, LanguageCode, Text, ZoneName
from storage.exposure.roles import Role
from storage.messages import absences
from storage.models import Authority, Person
from storage.record import records

commands = Commands()

PlatformWord = Annotated[str, Choices("slack", "telegram")]


@dataclass(frozen=True)
class MembershipLine(PersonalFacts):
    """One role in one agency."""

    agency: str
    agency_name: str
    role: str
    meaning: str
    speaking: bool


@dataclass(frozen=True)
class Profile(PersonalNotice):
    """What the desk knows of the asker. `guests` are the accounts that show TLP:CLEAR only.

    `deputy`: who hears in their place while they are away; `stands_in_for`: in whose place they hear now.
    """

    name: str
    email: str
    phone: str
    officer_id: str
    language: str
    zone: str
    reach: str
    memberships: tuple[MembershipLine, ...]
    accounts: tuple[str, ...]
    guests: tuple[str, ...]
    away_until: date | None
    deputy: str
    stands_in_for: tuple[str, ...]


@commands.add("desk me", example="desk me email:officer.one@agency.example phone:+92-51-0000000")
def me(
    turn: Turn,
    *,
    email: Annotated[str, Text(max=200)] = "",
    phone: Annotated[str, Text(max=50)] = "",
    officer_id: Annotated[str, Text(max=50)] = "",
    language: LanguageCode | None = None,
    zone: ZoneName | None = None,
    agency: AuthorityCode | None = None,
    reach: PlatformWord | None = None,
) -> Reply:
    """Who you are here; change what recipients' forms need.

    email: your address on an official domain.
    phone: with country code.
    officer_id: badge or ID number.
    language: the language you read the desk in.
    zone: your time zone, if it is not your agency's.
    agency: the agency you speak for, if you belong to several.
    reach: where you want to be told, if you have several accounts: slack or telegram.
    """
    person = turn.actor.person
    changes = {"email": email, "phone": phone, "officer_id": officer_id, "language": language, "zone": zone}
    changed = [name for name, value in changes.items() if value]
    for name in changed:
        setattr(person, name, changes[name])
    if reach:
        person.reach = _own_platform(person, reach)
        changed.append("reach")
    if agency:
        person.acts_for = _own_agency(person, agency).id
        changed.append("agency")
    if changed:
        turn.work.audit("person profile", person.actor, after={"changed": changed})
    return Reply(_profile(turn, person))


def _own_platform(person: Person, platform: str) -> str:
    if platform not in person.platforms:
        raise Conflict("no_account_there", platform=platform)
    return platform


def _own_agency(person: Person, code: str) -> Authority:
    for membership in records.memberships(person):
        if membership.authority.code == code:
            return membership.authority
    raise NotFound("agency", code, "desk me")


def _profile(turn: Turn, person: Person) -> Profile:
    spoken = records.speaking(person)
    lines = tuple(
        MembershipLine(
            row.authority.code, row.authority.name, row.role, Role(row.role).meaning, speaking=row.authority is spoken
        )
        for row in records.memberships(person)
    )
    return Profile(
        name=person.name,
        email=person.email or "",
        phone=person.phone or "",
        officer_id=person.officer_id or "",
        language=person.language,
        zone=person.zone or "",
        reach=person.reach or "",
        memberships=lines,
        accounts=personal.accounts(person),
        guests=personal.guests(person, admitted=False),
        away_until=personal.away_until(turn, person),
        deputy=personal.deputy(turn, person),
        stands_in_for=tuple(one.name for one in absences.stands_in_for(turn.work, person)),
    )
