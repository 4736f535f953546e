"""People: person, add, role, remove. Who works here, in which role.

In: a turn and typed values. Out: a list, or what changed. An administrator keeps the people of their own agency, and
those of an authority without an administrator here that the agency hosts, because it let the first liaison in.
A name is no identity: `desk person add` always makes somebody new, and a namesake of another agency is nobody's
business. An account reaches somebody who is here already by a code alone (`handlers/linking.py`).
The first administrator comes in by `python -m bot enrol`, which calls `enrol_at` below.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from handlers.exposure import PersonalFacts
from handlers.kit import access, keeping, personal
from handlers.kit.keeping import KeptElsewhere
from handlers.kit.notices import PersonalNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.personal import AccountLinked, RoleChanged
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, NotFound, UserError, clause
from handlers.language.grammar import plain, quoted
from handlers.language.values import (
    AuthorityCode,
    Flag,
    KeptName,
    RoleWord,
    Text,
    Words,
)
from storage.database.unit_of_work import UnitOfWork
from storage.exposure import externals
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Authority, Membership, Person, Recipient
from storage.record import channels, hosting, keepers, links, records
from storage.reminders import nudges

commands = Commands()

NAME = Text(max=100)
NAME.name = "name"
Short = Annotated[str, Text(max=100)]


@dataclass(frozen=True)
class PersonLine(PersonalFacts):
    """One person of a list. `guests` are the accounts that show TLP:CLEAR only, `admitted` those that did before.

    `of`: the authority they act for, where the agency hosts it.
    """

    name: str
    of: str
    roles: tuple[str, ...]
    accounts: tuple[str, ...]
    guests: tuple[str, ...]
    admitted: tuple[str, ...]
    away_until: date | None
    deputy: str


@dataclass(frozen=True)
class PeopleList(PersonalNotice):
    """The people of an agency, and those of the authorities it hosts. `host`: the agency that hosts this one."""

    agency: str
    host: str
    people: tuple[PersonLine, ...]
    total: int
    next_line: str
    back_line: str


@dataclass(frozen=True)
class PersonEnrolled(PersonalNotice):
    """Somebody new may use the desk."""

    name: str
    agency: str
    role: str
    meaning: str
    accounts: tuple[str, ...]


@dataclass
class NobodyNamed(UserError):
    """A terminal that was opened without saying who types there. `people` are the names it could be."""

    people: tuple[str, ...]


@dataclass
class NameTaken(UserError):
    """Somebody of the agency has this name, in this spelling. `typed` is how commands name that person.

    `wanted`: the name that was to be somebody else's.
    """

    name: str
    wanted: str
    agency: str
    typed: str
    role: str


@dataclass
class NameOtherwise(UserError):
    """A name of the command line that is not to the letter that of one person; whose it may be is not guessed."""

    name: str
    agency: str
    people: tuple[str, ...]


@dataclass
class AccountTaken(UserError):
    """An account that is somebody's already; nobody says whose."""

    account: str


@dataclass
class NoDealings(UserError):
    """An authority that an agency has no request with, and so no reason to let its people in."""

    authority: str
    agency: str


@dataclass
class RoleStays(UserError):
    """A role that is not changed. `stays` is why: held, not_held, only_role, last_admin."""

    name: str
    role: str
    agency: str
    stays: str


@commands.add("desk person", reads=True, example="desk person officer")
def list_people(turn: Turn, words: Words = "", *, page: Page = 1) -> Reply:
    """The people of your agency, and their roles.

    words: part of a name.
    page: ten a page.
    """
    agency, keeper = turn.actor.agency, keepers.responsible_agency(turn.work, turn.actor.agency)
    found = list(keepers.people(turn.work, agency, words).values())
    pages, total = Pages(f"desk person {quoted(words)}" if words else "desk person", page), len(found)
    lines = tuple(_line(turn, person, of, "" if of is agency else of.code) for person, of in pages.of(found))
    host = keeper.code if keeper and keeper is not agency else ""
    return Reply(PeopleList(agency.code, host, lines, total, pages.next_line(total), pages.back_line))


@commands.add(
    "desk person add", needs=Role.ADMIN, example='desk person add "Night Officer" role:officer account:telegram:4711'
)
def add(
    turn: Turn,
    name: Short,
    *,
    role: RoleWord,
    as_: Short = "",
    for_: AuthorityCode | None = None,
    account: Short = "",
) -> Reply:
    """Let somebody new use the desk: for your agency, or as the liaison of an authority it has a request with.

    name: as it stands in letters.
    role: officer, liaison, manager, admin or auditor.
    as: the name that tells them from a namesake of your agency, "Muhammad Khan (Lahore)".
    for: the authority of a liaison. It must have no administrator here; your agency hosts it from then on.
    account: slack:TEAM/USER or telegram:ID, if it is known and nobody's yet.
    """
    agency, named = _agency_for(turn, for_, role), " ".join((as_ or name).split())
    if known := records.people(turn.work, agency_id=agency.id, name=named):
        qualified = "" if agency is turn.actor.agency else f"{records.AT}{agency.code}"
        raise NameTaken(known[0].name, named, agency.code, f"{known[0].name}{qualified}", role)
    by = turn.actor.person
    person = _let_in(turn.work, named, agency, Role(role), [account] if account else [], by=by.id)
    if person.accounts:
        personal.tell(turn, person, personal.welcome(person, by.name))
    return Reply(PersonEnrolled(person.name, agency.code, role, Role(role).meaning, personal.accounts(person)))


@commands.add("desk person role", needs=Role.ADMIN, example='desk person role "Night Officer" role:manager')
def change_role(turn: Turn, name: KeptName, *, role: RoleWord, end: Flag = False) -> Reply:
    """Give somebody you keep one more role, or take one from them; they are told.

    name: who, of your agency or of an authority it hosts.
    role: officer, liaison, manager, admin or auditor.
    end: yes, to take the role away; whoever loses the last one leaves by desk person remove.
    """
    person, agency = keeping.person(turn, name)
    before = _roles(person, agency)
    if end:
        _take_role(turn, person, agency, role)
    else:
        keeping.must_be_liaison(turn, agency, role)
        if role in before:
            raise RoleStays(person.name, role, agency.code, "held")
        records.give_role(turn.work, person, agency, role, by=turn.actor.person.id)
    facts = {"agency": agency.code, "roles": before}, {"agency": agency.code, "roles": _roles(person, agency)}
    turn.work.audit("person role", person.actor, before=facts[0], after=facts[1], personal=person.name)
    by = turn.actor.person
    notice = RoleChanged(person.name, agency.code, role, Role(role).meaning, by.name, ended=end, own=True)
    personal.tell(turn, person, notice)
    return Reply(replace(notice, own=person is by))


def enrol_at(work: UnitOfWork, name: str, code: str, role: Role, accounts: list[str]) -> str:
    """From the command line: somebody new, or a role and accounts more for the agency's person of that name.

    Returns the name. They are told on the accounts they had. Errors: NotFound for no such authority; BadValue and
    TooLong for an account or a name that cannot be one; NameOtherwise for somebody's name in another spelling;
    AccountTaken.
    """
    name = " ".join(NAME.said(name).split())
    agency = records.authority(work, code)
    if agency is None:
        raise NotFound("authority", code, "desk authority")
    known = records.people(work, agency_id=agency.id, name=name)
    if not known:
        return _let_in(work, name, agency, role, accounts, by=None).name
    exactly = records.to_the_letter(known, name)
    if len(exactly) != 1:
        raise NameOtherwise(name, agency.code, tuple(one.name for one in known))
    person, cause = exactly[0], f"enrol:{exactly[0].id}:{work.now.isoformat()}"
    if role not in _roles(person, agency):
        given = RoleChanged(person.name, agency.code, role, role.meaning, "", ended=False, own=True)
        personal.put(work, cause, person, given)
    for typed in accounts:
        personal.put(work, f"{cause} {typed}", person, AccountLinked(typed, person.name, own=False))
    _give(work, person, agency, role, accounts, by=None)
    return person.name


def welcome_at(work: UnitOfWork, name: str, code: str) -> None:
    """Welcome somebody who was enrolled, once, on their first account; nothing before they have one."""
    agency = records.authority(work, code)
    for person in records.to_the_letter(records.people(work, agency_id=agency.id, name=name), name) if agency else ():
        if personal.accounts(person):
            personal.put(work, f"welcome:{person.id}", person, personal.welcome(person, ""))


def _let_in(
    work: UnitOfWork, name: str, agency: Authority, role: Role, accounts: list[str], *, by: int | None
) -> Person:
    """Somebody new, whatever they are called. Accounts are "slack:TEAM/USER" or "telegram:ID".

    Errors: BadValue for a name that would read as that of somebody of an agency, at a terminal or in a list.
    """
    if records.AT.strip() in plain(name).split():
        wrong, accepted = clause("holds_an_at", at=records.AT.strip()), clause("name_in_letters")
        raise BadValue("name", name, wrong, accepted, "Night Officer (Lahore)")
    records.make_agency(work, agency)
    person = Person(name=name, language="en")
    work.session.add(person)
    work.session.flush()
    _give(work, person, agency, role, accounts, by=by)
    return person


def _give(
    work: UnitOfWork, person: Person, agency: Authority, role: Role, accounts: list[str], *, by: int | None
) -> None:
    _tell_of_the_end(
        work, f"hosted:{agency.id}:{work.now.isoformat()}", records.give_role(work, person, agency, role, by=by), ""
    )
    for typed in accounts:
        _link(work, person, typed, by=by)
    facts = {"agency": agency.code, "role": role, "accounts": accounts}
    work.audit("person enrol", person.actor, after=facts, personal=person.name)


def _tell_of_the_end(work: UnitOfWork, cause: str, ended: Iterable[Membership], by: str) -> None:
    """Whom another agency let in for an authority it hosted hears that it is over; what they waited for passes on."""
    for row in ended:
        role, person = Role(row.role), row.person
        gone = RoleChanged(person.name, row.authority.code, role, role.meaning, by, ended=True, own=True)
        personal.put(work, cause, person, gone, otherwise=outbox.CONSOLE)
        nudges.hand_over(work, Recipient.person(person.id))


def _link(work: UnitOfWork, person: Person, typed: str, *, by: int | None) -> None:
    platform, _, external = typed.partition(":")
    known = {"slack": "/" in external, "telegram": external.isdigit()}
    if not known.get(platform, False):
        raise BadValue(
            "account", typed, clause("no_account_of_a_platform"), clause("account_of_a_platform"), "telegram:4711"
        )
    row = externals.account_of(work, platform, external)
    if row is None or row.person is not person or row.revoked_at:
        if not links.is_free(row):
            raise AccountTaken(typed)
        links.take(work, person, platform, external, by=by)


def _agency_for(turn: Turn, code: str | None, role: str) -> Authority:
    """The own agency, or the authority of a liaison, which is hosted from now on where nobody keeps it.

    Errors: NotFound, LiaisonsOnly, KeptElsewhere, NoDealings.
    """
    own = turn.actor.agency
    authority = access.authority(turn, code) if code else own
    if authority is own:
        return own
    keeping.must_be_liaison(turn, authority, role)
    keeper = keepers.responsible_agency(turn.work, authority)
    if keeper is None and not channels.deals_with(turn.work, own, authority):
        raise NoDealings(authority.code, own.code)
    if keeper is None:
        _tell_of_the_end(turn.work, turn.cause, hosting.hand_over(turn.work, authority, own), turn.actor.person.name)
    elif keeper is not own:
        raise KeptElsewhere(authority.code, (keeper.code,))
    return authority


def _take_role(turn: Turn, person: Person, agency: Authority, role: str) -> None:
    """Errors: RoleStays."""
    held = [row for row in records.memberships(person) if row.authority_id == agency.id]
    ending = [row for row in held if row.role == role]
    administrators = records.people(turn.work, agency_id=agency.id, role=Role.ADMIN)
    for stays, found in (
        ("not_held", not ending),
        ("only_role", held == ending),
        ("last_admin", role == Role.ADMIN and administrators == [person]),
    ):
        if found:
            raise RoleStays(person.name, role, agency.code, stays)
    ending[0].ended_at = turn.now
    turn.work.session.flush()
    turn.work.ask_again()
    nudges.hand_over(turn.work, Recipient.person(person.id))


def _line(turn: Turn, person: Person, agency: Authority, of: str) -> PersonLine:
    return PersonLine(
        name=person.name,
        of=of,
        roles=_roles(person, agency),
        accounts=personal.accounts(person),
        guests=personal.guests(person, admitted=False),
        admitted=personal.guests(person, admitted=True),
        away_until=personal.away_until(turn, person),
        deputy=personal.deputy(turn, person),
    )


def _roles(person: Person, agency: Authority) -> tuple[str, ...]:
    return tuple(row.role for row in records.memberships(person) if row.authority_id == agency.id)
