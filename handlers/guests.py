"""Guests: who and what is outside. desk person admit, desk person restrict; and what platforms tell of it.

In: from an administrator, a guest of a workspace, or somebody of another one; from a platform, that a room is shared
with another organisation, or an account a guest's, or no more. Out: the record; whoever can do something about it
hears. Outside, TLP:CLEAR is all that is shown, until an administrator says otherwise; a room is let in by
`desk channel here`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from handlers.kit import access, admission
from handlers.kit.errors import Conflict
from handlers.kit.notices import Notice, PersonalNotice, PublicNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import NotFound
from handlers.language.values import PersonName, Text
from storage.database.unit_of_work import UnitOfWork
from storage.exposure import externals
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Account, Channel
from storage.record import records

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
    """A guest's account shows TLP:CLEAR and nothing closer."""

    name: str
    account: str
    by: str


@dataclass(frozen=True)
class RoomShared(PublicNotice):
    """To the administrators who keep a room: another organisation reads there since a moment, and it shows less."""

    platform: str
    room: str
    thread: str
    authority: str


@commands.add(
    "desk person admit", needs=Role.ADMIN, example='desk person admit "Night Officer" account:slack:T0AGENCY/U0GUEST'
)
def admit(turn: Turn, name: PersonName, *, account: AccountText) -> Reply:
    """Show a guest, or somebody of another workspace, what they may see; before, it is TLP:CLEAR and nothing closer.

    name: who, of your agency.
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
def restrict(turn: Turn, name: PersonName, *, account: AccountText) -> Reply:
    """Take back what desk person admit gave: the account shows TLP:CLEAR and nothing closer.

    name: who, of your agency.
    account: theirs, as desk person shows it.
    """
    row = _account(turn, name, account)
    if row.admitted_at is None:
        raise Conflict("not_admitted", account=account)
    externals.forget_admission(row)
    return _said(turn, row, "restrict", GuestRestricted(row.person.name, account, turn.actor.person.name))


def told(
    work: UnitOfWork,
    platform: str,
    *,
    account: str = "",
    guest: bool | None = None,
    room: str = "",
    shared: bool | None = None,
    since: datetime | None = None,
) -> None:
    """Put on record what a platform says of an account and of a room; None where it has not said.

    since: one more organisation came into the room then, so who admitted it before did not mean that one.
    """
    row = externals.account_of(work, platform, account) if account else None
    if row is not None:
        externals.told(work, row, outside=guest)
    for one in externals.rooms(work, platform, room) if room else ():
        if externals.told(work, one, outside=shared, since=since):
            _tell_keepers(work, one)


def _tell_keepers(work: UnitOfWork, room: Channel) -> None:
    notice = RoomShared(room.platform, room.external_id, room.thread, room.authority.code)
    for person in records.people(work, agency_id=room.host_id or room.authority_id, role=Role.ADMIN):
        outbox.put(
            work,
            cause=f"shared:{room.id}:{work.now.isoformat()}",
            notice=notice,
            recipient=f"person:{person.id}",
            label=Label.CLEAR,
        )


def _account(turn: Turn, name: str, typed: str) -> Account:
    """A colleague's account. Errors: NotFound; Conflict where the administrator is a guest themselves."""
    admission.must_be_member(turn)
    person = access.colleague(turn, name)
    for row in person.accounts:
        if row.revoked_at is None and f"{row.platform}:{row.external_id}" == typed.strip():
            return row
    raise NotFound("account", typed, "desk person")


def _said(turn: Turn, row: Account, word: str, notice: Notice) -> Reply:
    account = f"{row.platform}:{row.external_id}"
    turn.work.audit(f"account {word}", row.person.actor, after={"account": account}, personal=row.person.name)
    turn.tell([row.person], notice, label=Label.CLEAR)
    return Reply(notice, private=True)
