"""Recipients: who an outbox row is for, where they are reached, and what they may read.

In: a recipient. Out: the person or room, where they are still there, and as whom they read. Read when a row is sent, so
that whoever left an agency or a room meanwhile is told nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.messages.outbox import CONSOLE
from storage.models import Authority, Case, Channel, Membership, Person, Recipient
from storage.record import records


@dataclass(frozen=True)
class Destination:
    """Where a recipient is reached on a platform: a person by their account there, a room by its id and thread.

    `under`: the message there that what is said belongs to.
    """

    platform: str
    account: str = ""
    room: str = ""
    thread: str = ""
    under: str = ""


def preload(work: UnitOfWork, recipients: Iterable[Recipient]) -> None:
    """Fetch the people among several recipients together, with what is asked of each; they stay while the job lasts."""
    numbers = tuple(one.number for one in recipients if not one.is_channel)
    people = select(Person).where(Person.id.in_(numbers))
    people = people.options(
        selectinload(Person.accounts), selectinload(Person.memberships).joinedload(Membership.authority)
    )
    work.once(("at hand", numbers), lambda: work.session.scalars(people).all())


def find(work: UnitOfWork, recipient: Recipient) -> Person | Channel | None:
    """The active person, or the room that was not left; None for others."""
    if recipient.is_channel:
        room = work.session.get(Channel, recipient.number)
        return room if room and room.left_at is None else None
    person = work.session.get(Person, recipient.number)
    return person if person and person.active else None


def place(recipient: Person | Channel, platform: str) -> Destination | None:
    """Where on that platform; None where they cannot be reached there any more. A terminal knows people by name."""
    if isinstance(recipient, Channel):
        here = recipient.platform == platform
        return Destination(platform, room=recipient.external_id, thread=recipient.thread) if here else None
    there = (one.external_id for one in recipient.accounts if one.platform == platform and one.revoked_at is None)
    account = next(there, records.terminal_name(recipient) if platform == CONSOLE else None)
    return Destination(platform, account=account) if account else None


def viewers(recipient: Person | Channel) -> list[Viewer]:
    """As whom they read: a person once for each of their authorities, a room as one of its authority, by no name."""
    if isinstance(recipient, Channel):
        role = Role.OFFICER if recipient.authority.is_agency else Role.LIAISON
        return [Viewer(0, recipient.authority_id, frozenset({role}))]
    roles: dict[Authority, set[Role]] = {}
    for held in records.memberships(recipient):
        roles.setdefault(held.authority, set()).add(Role(held.role))
    return [Viewer(recipient.id, of.id, frozenset(held), host_id=of.host_id) for of, held in roles.items()]


def may_see(work: UnitOfWork, person: Person, subject: str) -> bool:
    """Whether a person sees a record in any of their roles."""
    return any(records.seen(work, viewer, [subject]) for viewer in viewers(person))


def speaks_of(work: UnitOfWork, recipient: Person | Channel, subject: str) -> bool:
    """False for a room that an agency let another authority into, and a record that is not of that agency's cases."""
    if isinstance(recipient, Person) or recipient.host_id is None or not subject:
        return True
    case = case_of(work, subject)
    return case is not None and case.agency_id == recipient.host_id


def name_of(work: UnitOfWork, recipient: Recipient) -> str:
    """The name of a person, or the title of a room; also of one who left."""
    if recipient.is_channel:
        room = work.session.get_one(Channel, recipient.number)
        return room.called
    return work.session.get_one(Person, recipient.number).name


def authorities(work: UnitOfWork, recipient: Recipient) -> frozenset[int]:
    """The authorities that a person has or had a role in, or the one of a room, by id."""
    if recipient.is_channel:
        return frozenset({work.session.get_one(Channel, recipient.number).authority_id})
    return frozenset(held.authority_id for held in work.session.get_one(Person, recipient.number).memberships)


def keepers(work: UnitOfWork, recipient: Recipient) -> frozenset[int]:
    """The authorities whose administrators keep a person or a room, by id: the one that let a room in."""
    room = work.session.get_one(Channel, recipient.number) if recipient.is_channel else None
    return frozenset({room.host_id}) if room and room.host_id else authorities(work, recipient)


def agencies(work: UnitOfWork) -> set[int]:
    """The authorities whose people use this desk."""
    return set(work.session.scalars(select(Authority.id).where(Authority.is_agency)))


def admins(work: UnitOfWork, *, besides: Recipient | None = None) -> list[Person]:
    """Every administrator, except one recipient."""
    query = select(Person).join(Membership).where(Person.active, Membership.ended_at.is_(None))
    query = query.where(Membership.role == Role.ADMIN).distinct().order_by(Person.id)
    return [person for person in work.session.scalars(query) if Recipient.person(person.id) != besides]


def case_of(work: UnitOfWork, subject: str) -> Case | None:
    """The case that a subject is of, or is."""
    ref = subject.partition("/")[0]
    return work.session.scalars(select(Case).where(Case.ref == ref)).first() if ref else None
