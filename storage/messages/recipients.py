"""Recipients: who an outbox row is for, where they are reached, what they may read, and who is told in their stead.

In: "person:7" or "channel:3", as rows name them. Out: people and rooms that are still there; the label of a record for
those who may see it. Read when a row is sent, so that whoever left an agency or a room meanwhile is told nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.messages.outbox import CONSOLE
from storage.models import Authority, Case, Channel, Membership, Person
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


def at_hand(work: UnitOfWork, recipients: Iterable[str]) -> None:
    """Fetch the people among several recipients together, with what is asked of each; they stay while the job lasts."""
    numbers = tuple(int(number) for kind, _, number in (one.partition(":") for one in recipients) if kind == "person")
    people = select(Person).where(Person.id.in_(numbers))
    people = people.options(
        selectinload(Person.accounts), selectinload(Person.memberships).joinedload(Membership.authority)
    )
    work.once(("at hand", numbers), lambda: work.session.scalars(people).all())


def find(work: UnitOfWork, recipient: str) -> Person | Channel | None:
    """The active person, or the room that was not left; None for others."""
    kind, _, number = recipient.partition(":")
    if kind == "channel":
        room = work.session.get(Channel, int(number))
        return room if room and room.left_at is None else None
    person = work.session.get(Person, int(number))
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
    case = _case_of(work, subject)
    return case is not None and case.agency_id == recipient.host_id


def name_of(work: UnitOfWork, recipient: str) -> str:
    """The name of a person, or the title of a room."""
    kind, _, number = recipient.partition(":")
    if kind == "channel":
        room = work.session.get_one(Channel, int(number))
        return room.title or room.external_id
    return work.session.get_one(Person, int(number)).name


def stand_ins(work: UnitOfWork, recipient: str, subject: str) -> list[Person]:
    """Who is told when a recipient could not be reached about a record.

    The managers of their authority or of the case; where none may see it, whoever leads the case; the recipient never.
    Empty where nobody is left who may see it.
    """
    kind, _, number = recipient.partition(":")
    if kind == "channel":
        held = {work.session.get_one(Channel, int(number)).authority_id}
    else:
        held = {row.authority_id for row in work.session.get_one(Person, int(number)).memberships}
    case = _case_of(work, subject)
    managers = [person for one in held | ({case.agency_id} if case else set()) for person in _managers(work, one)]
    leaders = [case.lead or case.opener] if case else []
    for people in (managers, leaders):
        able = [person for person in _others(people, recipient) if not case or may_see(work, person, subject)]
        if able:
            return able
    return []


def agencies(work: UnitOfWork) -> set[int]:
    """The authorities whose people use this desk."""
    return set(work.session.scalars(select(Authority.id).where(Authority.is_agency)))


def admins(work: UnitOfWork, *, besides: str = "") -> list[Person]:
    """Every administrator, except one recipient."""
    query = select(Person).join(Membership).where(Person.active, Membership.ended_at.is_(None))
    query = query.where(Membership.role == Role.ADMIN).distinct().order_by(Person.id)
    return _others(work.session.scalars(query), besides)


def _others(people: Iterable[Person], recipient: str) -> list[Person]:
    unique = {person.id: person for person in people if person.active and f"person:{person.id}" != recipient}
    return list(unique.values())


def _managers(work: UnitOfWork, authority_id: int) -> list[Person]:
    return records.people(work, agency_id=authority_id, role=Role.MANAGER)


def _case_of(work: UnitOfWork, subject: str) -> Case | None:
    ref = subject.partition("/")[0]
    return work.session.scalars(select(Case).where(Case.ref == ref)).first() if ref else None
