"""Guests: who of them is shown more than TLP:CLEAR. desk person admit, desk person restrict.

In: from an administrator, a guest of a workspace, or somebody of another one. Out: the record. What platforms tell of
guests comes by `handlers/kit/external.py`; a room that is shared is let in by `desk channel here`.
"""

from dataclasses import dataclass
from typing import Annotated

from handlers.kit import external, keeping
from handlers.kit.errors import Conflict
from handlers.kit.notices import Notice, PersonalNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import NotFound
from handlers.language.values import KeptName, Text
from storage.exposure import externals
from storage.exposure.roles import Role
from storage.models import Account

commands = Commands()

AccountText = Annotated[str, Text(max=120)]


@dataclass(frozen=True)
class GuestAdmitted(PersonalNotice):
    """A guest's account shows what the person may see; `by` is who said so."""

    name: str
    account: str
    by: str


@dataclass(frozen=True)
class GuestRestricted(PersonalNotice):
    """A guest's account shows TLP:CLEAR and nothing more restrictive."""

    name: str
    account: str
    by: str


@commands.add(
    "desk person admit", needs=Role.ADMIN, example='desk person admit "Night Officer" account:slack:T0AGENCY/U0GUEST'
)
def admit(turn: Turn, name: KeptName, *, account: AccountText) -> Reply:
    """Show a guest, or somebody of another workspace, what they may see; before, it is TLP:CLEAR alone.

    name: who, of your agency or of an authority it hosts.
    account: theirs, as desk person shows it.
    """
    row = _account(turn, name, account)
    if row.outside is False:
        raise Conflict("no_guest", account=account, name=row.person.name)
    externals.admit(turn.work, row, turn.actor.person)
    return _said(turn, row, "admit", GuestAdmitted(row.person.name, account, turn.actor.person.name))


@commands.add(
    "desk person restrict",
    needs=Role.ADMIN,
    example='desk person restrict "Night Officer" account:slack:T0AGENCY/U0GUEST',
)
def restrict(turn: Turn, name: KeptName, *, account: AccountText) -> Reply:
    """Take back what desk person admit gave: the account shows TLP:CLEAR alone.

    name: who, of your agency or of an authority it hosts.
    account: theirs, as desk person shows it.
    """
    row = _account(turn, name, account)
    if row.admitted_at is None:
        raise Conflict("not_admitted", account=account)
    externals.forget_admission(row)
    return _said(turn, row, "restrict", GuestRestricted(row.person.name, account, turn.actor.person.name))


def _account(turn: Turn, name: str, typed: str) -> Account:
    """The account of somebody the administrator keeps.

    Errors: NotFound, KeptElsewhere; Conflict where the administrator is a guest themselves.
    """
    external.must_be_member(turn)
    person, _ = keeping.person(turn, name)
    keeping.must_administer_accounts(turn, person)
    for row in person.accounts:
        if row.revoked_at is None and f"{row.platform}:{row.external_id}" == typed.strip():
            return row
    raise NotFound("account", typed, "desk person")


def _said(turn: Turn, row: Account, word: str, notice: Notice) -> Reply:
    account = f"{row.platform}:{row.external_id}"
    turn.work.audit(f"account {word}", row.person.actor, after={"account": account}, personal=row.person.name)
    turn.tell([row.person], notice)
    return Reply(notice)
