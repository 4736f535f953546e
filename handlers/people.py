"""People: me, person. Who works here, in which role, and what a recipient's form needs to know of an officer.

In: a turn and typed values. Out: a profile or a list. An administrator keeps the people of their own agency.
The first administrator comes in by `python -m bot enrol`, which calls `enrol` below.
"""

from dataclasses import dataclass
from typing import Annotated

from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, NotFound, UserError, clause
from handlers.language.values import AuthorityCode, Choices, LanguageCode, PersonName, Text, Words, ZoneName
from storage.database.unit_of_work import UnitOfWork
from storage.exposure import externals
from storage.exposure.roles import Role
from storage.models import Account, Authority, Membership, Person
from storage.record import records

commands = Commands()

PlatformWord = Annotated[str, Choices("slack", "telegram")]
RoleWord = Annotated[str, Choices(*(role.value for role in Role))]
Short = Annotated[str, Text(max=100)]


@dataclass(frozen=True)
class MembershipLine:
    """One role in one agency."""

    agency: str
    agency_name: str
    role: str
    meaning: str
    speaking: bool


@dataclass(frozen=True)
class PersonLine:
    """One person of a list. `guests` are the accounts that show TLP:CLEAR only, `admitted` those that did before."""

    name: str
    roles: tuple[str, ...]
    accounts: tuple[str, ...]
    guests: tuple[str, ...]
    admitted: tuple[str, ...]


@dataclass(frozen=True)
class Profile(PersonalNotice):
    """What the desk knows of the asker. `guests` are the accounts that show TLP:CLEAR only."""

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


@dataclass(frozen=True)
class PeopleList(PersonalNotice):
    """The people of an agency."""

    agency: str
    people: tuple[PersonLine, ...]


@dataclass(frozen=True)
class PersonEnrolled(PersonalNotice):
    """Somebody may use the desk, or has one role more."""

    name: str
    agency: str
    role: str
    meaning: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class PersonLeft(PersonalNotice):
    """Somebody has no rights in the agency any more; `leads` are the open cases that need another lead."""

    name: str
    agency: str
    leads: tuple[str, ...]


@dataclass
class NobodyNamed(UserError):
    """A terminal that was opened without saying who types there. `people` are the names it could be."""

    people: tuple[str, ...]


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
    return Reply(_profile(person))


@commands.add("desk person", reads=True, example="desk person officer")
def list_people(turn: Turn, words: Words = "") -> Reply:
    """The people of your agency, and their roles.

    words: part of a name.
    """
    agency = turn.actor.agency
    found = records.people(turn.work, agency_id=agency.id, name_part=words)
    return Reply(PeopleList(agency.code, tuple(_line(person, agency) for person in found)))


@commands.add(
    "desk person add", needs=Role.ADMIN, example='desk person add "Night Officer" role:officer account:telegram:4711'
)
def add(turn: Turn, name: Short, *, role: RoleWord, account: Short = "") -> Reply:
    """Let somebody of your agency use the desk, or give them one role more.

    name: as it stands in letters; nobody else here may have it.
    role: officer, liaison, manager, admin or auditor.
    account: slack:TEAM/USER or telegram:ID, if it is known.
    """
    person = enrol(turn.work, name, agency=turn.actor.agency, role=Role(role), accounts=[account] if account else [])
    return Reply(PersonEnrolled(person.name, turn.actor.agency.code, role, Role(role).meaning, _accounts(person)))


@commands.add("desk person remove", needs=Role.ADMIN, example='desk person remove "Night Officer"')
def remove(turn: Turn, name: PersonName) -> Reply:
    """Somebody has left your agency: no rights there from now on. What they did stays on record.

    name: who.
    """
    person, agency = access.colleague(turn, name), turn.actor.agency
    if person.id == turn.actor.person.id:
        raise Conflict("removing_yourself")
    for membership in records.memberships(person):
        if membership.authority_id == agency.id:
            membership.ended_at = turn.now
    turn.work.audit("person left", person.actor, after={"agency": agency.code})
    return Reply(PersonLeft(person.name, agency.code, tuple(records.led_by(turn.work, person.id, agency.id))))


def enrol(work: UnitOfWork, name: str, *, agency: Authority, role: Role, accounts: list[str]) -> Person:
    """Add a person, or a role and accounts to a person of that name. Accounts are "slack:TEAM/USER" or "telegram:ID".

    Errors: BadValue for an account that cannot be one; Conflict for one that belongs to somebody else.
    """
    records.make_agency(work, agency)
    person = records.person_by_name(work, name)
    if person is None:
        person = Person(name=" ".join(name.split()), language="en")
        work.session.add(person)
        work.session.flush()
    held = [row for row in person.memberships if row.authority_id == agency.id and row.role == role]
    if held:
        held[0].ended_at = None
    else:
        person.memberships.append(Membership(authority=agency, role=role))
    for typed in accounts:
        _link(work, person, typed)
    work.session.flush()
    work.audit(
        "person enrol",
        person.actor,
        after={"agency": agency.code, "role": role, "accounts": accounts},
        personal=person.name,
    )
    return person


def enrol_at(work: UnitOfWork, name: str, code: str, role: Role, accounts: list[str]) -> str:
    """The same from the command line, by the agency's code.

    Returns the name. Errors: NotFound for no such authority.
    """
    agency = records.authority(work, code)
    if agency is None:
        raise NotFound("authority", code, "desk authority")
    return enrol(work, name, agency=agency, role=role, accounts=accounts).name


def _link(work: UnitOfWork, person: Person, typed: str) -> None:
    platform, _, external = typed.partition(":")
    known = {"slack": "/" in external, "telegram": external.isdigit()}
    if not known.get(platform, False):
        raise BadValue(
            "account", typed, clause("no_account_of_a_platform"), clause("account_of_a_platform"), "telegram:4711"
        )
    row = externals.account_of(work, platform, external)
    if row is None:
        person.accounts.append(Account(platform=platform, external_id=external, linked_at=work.now))
    elif row.person_id == person.id:
        row.revoked_at = None
    else:
        raise Conflict("account_taken", account=typed)


def _own_platform(person: Person, platform: str) -> str:
    if platform not in person.platforms:
        raise Conflict("no_account_there", platform=platform)
    return platform


def _own_agency(person: Person, code: str) -> Authority:
    for membership in records.memberships(person):
        if membership.authority.code == code:
            return membership.authority
    raise NotFound("agency", code, "desk me")


def _profile(person: Person) -> Profile:
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
        accounts=_accounts(person),
        guests=_outside(person, admitted=False),
    )


def _line(person: Person, agency: Authority) -> PersonLine:
    roles = tuple(row.role for row in records.memberships(person) if row.authority_id == agency.id)
    guests, admitted = _outside(person, admitted=False), _outside(person, admitted=True)
    return PersonLine(person.name, roles, _accounts(person), guests, admitted)


def _accounts(person: Person) -> tuple[str, ...]:
    return tuple(_named(row) for row in person.accounts if row.revoked_at is None)


def _outside(person: Person, *, admitted: bool) -> tuple[str, ...]:
    """The accounts of guests among them."""
    guests = [row for row in person.accounts if row.revoked_at is None and row.outside]
    return tuple(_named(row) for row in guests if (row.admitted_at is not None) is admitted)


def _named(row: Account) -> str:
    return f"{row.platform}:{row.external_id}"
