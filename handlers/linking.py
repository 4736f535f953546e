"""Linking: one person, several accounts, several agencies. desk link, unlink, join; desk person link, invite.

In: from an account the desk knows, or from an administrator: a wish for a code. From one it does not know: that code.
Out: the account belongs to the person; they are told on their other accounts, and every step is on record.
A code for an account works once, for ten minutes; the record keeps its digest only. `desk link CODE` is all that an
account which belongs to nobody may type, and after five wrong codes in an hour it may not even type that.
An administrator is given the code of somebody without an account alone, and it is void once they have one: whoever has
the code of somebody else can be them. Of an account that is unlinked, every open code of its person ends.
A code for a role in an agency (`desk person invite`) works once, for a day, and only for a person whom the desk knows:
a second agency needs both that agency's administrator and the person. The two kinds are never taken for each other.
Why a wrong code is an answer and no error: an error takes everything back, and the try has to be counted.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from handlers.kit import keeping, personal
from handlers.kit.errors import Conflict
from handlers.kit.notices import PersonalNotice
from handlers.kit.personal import AccountLinked, RoleChanged, Welcome
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import NotFound, UserError
from handlers.language.grammar import plain
from handlers.language.values import KeptName, RoleWord, Text
from storage.exposure import externals
from storage.exposure.roles import Role
from storage.models import Authority, LinkCode, Person
from storage.record import keepers, links, records

commands = Commands()

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without what is easily mistaken for another
CHARACTERS, GROUP = 12, 4  # 59 bits: not to be guessed in ten minutes, nor found from its digest
LASTS = timedelta(minutes=10)
INVITATION_LASTS = timedelta(days=1)
TRIES, WITHIN = 5, timedelta(hours=1)

Code = Annotated[str, Text(max=40)]
AccountText = Annotated[str, Text(max=120)]


@dataclass(frozen=True)
class LinkBegun(PersonalNotice):
    """The code, said once. `name` is whose account it links; `own`: the asker's."""

    secret: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    name: str
    own: bool
    expires_at: datetime


@dataclass(frozen=True)
class LinkAsked(PersonalNotice):
    """An administrator asks somebody to add an account. `own`: it is read by that person, to whom alone a code goes."""

    name: str
    by: str
    own: bool


@dataclass(frozen=True)
class Invited(PersonalNotice):
    """A code that brings a role in an agency to somebody whom the desk knows already. Said once."""

    secret: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    agency: str
    role: str
    meaning: str
    expires_at: datetime


@dataclass(frozen=True)
class LinkRefused(PersonalNotice):
    """A code that is wrong, used or too old: nobody says which. `again_at`: no code is looked at before.

    `invitation`: it was typed to join an agency, not to link an account.
    """

    left: int
    again_at: datetime | None
    invitation: bool


@dataclass(frozen=True)
class AccountUnlinked(PersonalNotice):
    """An account has no rights any more. `left` are the person's others."""

    account: str
    name: str
    left: tuple[str, ...]


@dataclass
class MemberAlready(UserError):
    """Whoever types an invitation has a role in that agency."""

    name: str
    agency: str


@dataclass
class NamesakeThere(UserError):
    """The agency that invites somebody has another person of that name."""

    name: str
    agency: str
    role: str


@dataclass(frozen=True)
class Redeemed:
    """A code that worked, and the agency its role or its person belongs to."""

    code: LinkCode
    agency: Authority


@commands.add("desk link", unlinked=True, secret=True, example="desk link")
def link(turn: Turn, code: Code = "") -> Reply:
    """Use the desk from one more account: ask for a code here, type it there.

    code: on the new account, the code that the old one was given.
    """
    if turn.actor.person.id == 0:
        return _confirm(turn, code)
    if code:
        raise Conflict("linked_already", name=turn.actor.person.name)
    return _begin(turn, turn.actor.person)


@commands.add("desk person link", needs=Role.ADMIN, example='desk person link "Night Officer"')
def link_person(turn: Turn, name: KeptName) -> Reply:
    """An account for somebody you keep: whoever has one is asked to add another, whoever has none comes in by a code.

    The code for a first account is shown to you: give it to them yourself, and to nobody else.

    name: who, of your agency or of an authority it hosts.
    """
    person, _ = keeping.person(turn, name)
    keeping.must_administer_accounts(turn, person)
    by = turn.actor.person
    if person is by or not personal.accounts(person):
        return _begin(turn, person)
    turn.work.audit("account link asked", person.actor, after={"by": by.actor}, personal=person.name)
    asked = LinkAsked(person.name, by.name, own=True)
    personal.tell(turn, person, asked)
    return Reply(replace(asked, own=False))


@commands.add("desk person invite", needs=Role.ADMIN, example="desk person invite role:officer")
def invite(turn: Turn, *, role: RoleWord) -> Reply:
    """A code with which somebody of another agency joins yours as well. They keep their role there.

    role: officer, liaison, manager, admin or auditor.
    """
    agency, code, expires_at = turn.actor.agency, _new_code(), turn.now + INVITATION_LASTS
    links.invite(turn.work, _digest(code), agency=agency, role=role, by=turn.actor.person, expires_at=expires_at)
    turn.work.audit("person invite", agency.code, after={"role": role, "expires_at": expires_at})
    return Reply(Invited(_grouped(code), agency.code, role, Role(role).meaning, expires_at))


@commands.add("desk join", secret=True, example="desk join ABCD-EFGH-JKMN")
def join(turn: Turn, code: Code) -> Reply:
    """Work for one more agency, with the code its administrator gave you.

    code: as they gave it to you.
    """
    found = _redeemed(turn, code, invitation=True)
    if isinstance(found, LinkRefused):
        return Reply(found)
    person, agency, role = turn.actor.person, found.agency, Role(found.code.role or "")
    if any(row.authority_id == agency.id for row in records.memberships(person)):
        raise MemberAlready(person.name, agency.code)
    if records.people(turn.work, agency_id=agency.id, name=person.name):
        raise NamesakeThere(person.name, agency.code, role)
    person.acts_for = person.acts_for or turn.actor.agency.id
    records.give_role(turn.work, person, agency, role, by=found.code.begun_by)
    turn.work.audit("person join", person.actor, after={"agency": agency.code, "role": role}, personal=person.name)
    given = RoleChanged(person.name, agency.code, role, role.meaning, found.code.beginner.name, ended=False, own=True)
    personal.tell(turn, person, given)
    personal.tell(turn, found.code.beginner, replace(given, own=False))
    return Reply(Welcome(person.name, agency.code, role, role.meaning, found.code.beginner.name))


@commands.add("desk unlink", example="desk unlink telegram:4711")
def unlink(turn: Turn, account: AccountText) -> Reply:
    """Take all rights from an account: a lost phone, a platform you left. What it did stays on record.

    account: your own, or as an administrator one of somebody you keep, as desk me and desk person show it.
    """
    platform, _, external = account.strip().partition(":")
    row = externals.account_of(turn.work, platform, external)
    if row is None or row.revoked_at or not _may_revoke(turn, row.person):
        raise NotFound("account", account, "desk me")
    row.revoked_at = turn.now
    externals.forget_admission(row)
    person = row.person
    links.end(turn.work, person)
    turn.work.audit("account unlink", person.actor, after={"account": account}, personal=person.name)
    notice = AccountUnlinked(account, person.name, personal.accounts(person))
    personal.tell(turn, person, notice)
    return Reply(notice)


def _begin(turn: Turn, person: Person) -> Reply:
    code, expires_at = _new_code(), turn.now + LASTS
    links.begin(turn.work, _digest(code), person=person, by=turn.actor.person, expires_at=expires_at)
    turn.work.audit("account link begin", person.actor, after={"expires_at": expires_at}, personal=person.name)
    own = person.id == turn.actor.person.id
    return Reply(LinkBegun(_grouped(code), person.name, own=own, expires_at=expires_at))


def _confirm(turn: Turn, code: str) -> Reply:
    """The code, typed on the new account."""
    place = turn.place
    found = _redeemed(turn, code, invitation=False)
    if isinstance(found, LinkRefused):
        return Reply(found)
    person = found.code.person
    first = not personal.accounts(person)
    row = links.take(turn.work, person, place.platform, place.account, by=found.code.begun_by)
    row.outside = place.guest
    turn.work.act_as(person.actor, records.via(row))
    turn.work.audit("account link", person.actor, after={"account": personal.account_name(row)}, personal=person.name)
    personal.tell(turn, person, AccountLinked(personal.account_name(row), person.name, own=False), here=row)
    linked = AccountLinked(personal.account_name(row), person.name, own=True)
    return Reply(personal.welcome(person, found.code.beginner.name) if first else linked)


def _redeemed(turn: Turn, typed: str, *, invitation: bool) -> Redeemed | LinkRefused:
    """A code that works, used up by this; or what is said to a wrong one, which is counted."""
    place = turn.place
    tries = links.tries(turn.work, place.platform, place.account, since=turn.now - WITHIN)
    if len(tries) >= TRIES:
        return LinkRefused(0, tries[-TRIES] + WITHIN, invitation)
    code = links.redeem(turn.work, _digest(typed), invitation=invitation)
    agency = links.agency_of(turn.work, code) if code else None
    if code and agency and _is_good(turn, code, agency):
        return Redeemed(code, agency)
    links.count_try(turn.work, place.platform, place.account)
    account = f"{place.platform}:{place.account}"
    turn.work.audit("account link refused", "", after={"platform": place.platform}, personal=account)
    return LinkRefused(TRIES - len(tries) - 1, None, invitation)


def _is_good(turn: Turn, code: LinkCode, agency: Authority) -> bool:
    """Whether the person is still here, and whoever began the code could still begin it."""
    if not (code.person.active and code.beginner.active):
        return False
    if code.authority_id is None and code.person is code.beginner:
        return True
    came_in = code.authority_id is None and bool(personal.accounts(code.person))
    return not came_in and keepers.administers(turn.work, code.beginner, agency)


def _may_revoke(turn: Turn, person: Person) -> bool:
    """One's own account; as an administrator, that of a person who came in by an agency one keeps."""
    home = records.home(person)
    return person.id == turn.actor.person.id or (home is not None and keeping.administers(turn, home))


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))


def _digest(code: str) -> str:
    """As people type it: in any case, with or without the dashes."""
    letters = "".join(character for character in plain(code).upper() if character.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
