"""Linking: one person, several accounts. desk link, desk unlink, desk person link.

In: from an account the desk knows, or from an administrator: a wish for a code. From one it does not know: that code.
Out: the account belongs to the person; they are told where they are told everything, and every step is on record.
A code works once, for ten minutes; the record keeps its digest only. `desk link CODE` is all that an account which
belongs to nobody may type, and after five wrong codes in an hour it may not even type that.
Why a wrong code is an answer and no error: an error takes everything back, and the try has to be counted.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import NotFound
from handlers.language.grammar import plain
from handlers.language.values import PersonName, Text
from storage.exposure import externals
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Account, Person
from storage.record import links, records

commands = Commands()

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without what is easily mistaken for another
CHARACTERS, GROUP = 12, 4  # 59 bits: not to be guessed in ten minutes, nor found from its digest
LASTS = timedelta(minutes=10)
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
class LinkRefused(PersonalNotice):
    """A code that is wrong, used or too old: nobody says which. `again_at`: no code is looked at before."""

    left: int
    again_at: datetime | None


@dataclass(frozen=True)
class AccountLinked(PersonalNotice):
    """An account belongs to a person from now on. `own`: it is read on that very account."""

    account: str
    name: str
    own: bool


@dataclass(frozen=True)
class AccountUnlinked(PersonalNotice):
    """An account has no rights any more. `left` are the person's others."""

    account: str
    name: str
    left: tuple[str, ...]


@commands.add("desk link", unlinked=True, example="desk link")
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
def link_person(turn: Turn, name: PersonName) -> Reply:
    """A code for somebody of your agency to come in with, from an account the desk does not know yet.

    name: who; give them the code yourself, and nobody else.
    """
    return _begin(turn, access.colleague(turn, name))


@commands.add("desk unlink", example="desk unlink telegram:4711")
def unlink(turn: Turn, account: AccountText) -> Reply:
    """Take all rights from an account: a lost phone, a platform you left. What it did stays on record.

    account: your own, or as an administrator one of a colleague's, as desk me and desk person show it.
    """
    platform, _, external = account.strip().partition(":")
    row = externals.account_of(turn.work, platform, external)
    if row is None or row.revoked_at or not _may_revoke(turn, row):
        raise NotFound("account", account, "desk me")
    row.revoked_at = turn.now
    externals.forget_admission(row)
    person = row.person
    turn.work.audit("account unlink", person.actor, after={"account": account}, personal=person.name)
    left = tuple(_named(one) for one in person.accounts if one.revoked_at is None)
    notice = AccountUnlinked(account, person.name, left)
    turn.tell([person], notice, label=Label.CLEAR)
    return Reply(notice, private=True)


def _begin(turn: Turn, person: Person) -> Reply:
    code = "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))
    expires_at = turn.now + LASTS
    links.begin(turn.work, _digest(code), person=person, by=turn.actor.person, expires_at=expires_at)
    turn.work.audit("account link begin", person.actor, after={"expires_at": expires_at}, personal=person.name)
    own = person.id == turn.actor.person.id
    return Reply(LinkBegun(_grouped(code), person.name, own=own, expires_at=expires_at), private=True)


def _confirm(turn: Turn, code: str) -> Reply:
    """The code, typed on the new account."""
    place = turn.place
    tries = links.tries(turn.work, place.platform, place.account, since=turn.now - WITHIN)
    if len(tries) >= TRIES:
        return Reply(LinkRefused(0, tries[-TRIES] + WITHIN), private=True)
    found = links.redeem(turn.work, _digest(code))
    person = found.person if found else None
    if person is None or not person.active or not records.memberships(person):
        links.count_try(turn.work, place.platform, place.account)
        account = f"{place.platform}:{place.account}"
        turn.work.audit("account link refused", "", after={"platform": place.platform}, personal=account)
        return Reply(LinkRefused(TRIES - len(tries) - 1, None), private=True)
    row = links.take(turn.work, person, place.platform, place.account)
    row.outside = place.guest
    turn.work.actor = person.actor
    turn.work.audit("account link", person.actor, after={"account": _named(row)}, personal=person.name)
    if any(one.revoked_at is None for one in person.accounts if one is not row):
        turn.tell([person], AccountLinked(_named(row), person.name, own=False), label=Label.CLEAR)
    return Reply(AccountLinked(_named(row), person.name, own=True), private=True)


def _may_revoke(turn: Turn, row: Account) -> bool:
    """One's own account; as an administrator, that of a person of the same agency."""
    here = {held.authority_id for held in records.memberships(row.person)}
    is_admin = Role.ADMIN in turn.actor.roles and turn.actor.agency.id in here
    return row.person_id == turn.actor.person.id or is_admin


def _named(row: Account) -> str:
    return f"{row.platform}:{row.external_id}"


def _digest(code: str) -> str:
    """As people type it: in any case, with or without the dashes."""
    letters = "".join(character for character in plain(code).upper() if character.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
