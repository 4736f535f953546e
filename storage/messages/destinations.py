"""Destinations: the room or account a row goes to, whether it is external, and the ceiling there.

In: rows that are about to be sent, or the reader of one. Out: places to ask their platform about; a ceiling.
"""

from collections.abc import Sequence

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import ceilings
from storage.exposure.ceilings import Ceiling
from storage.exposure.labels import Label
from storage.messages import recipients
from storage.messages.recipients import Destination
from storage.messages.sending import Claimed
from storage.models import Account, Channel, Person


def to_ask_about(work: UnitOfWork, rows: Sequence[Claimed]) -> list[tuple[Destination, bool | None]]:
    """What a platform that reports external readers is asked before these are sent, and what it said last of each.

    Every room, because others may share it at any moment; and people it has said nothing of. All other people are
    looked at when they write.
    """
    recipients.preload(work, (row.recipient for row in rows))
    found: list[tuple[Destination, bool | None]] = []
    for row in rows:
        recipient = recipients.find(work, row.recipient)
        place = recipients.place(recipient, row.platform) if recipient else None
        if recipient and place:
            said = _known_external(recipient, place)
            found += [(place, said)] if place.room or said is None else []
    return found


def ceiling(
    work: UnitOfWork, recipient: Person | Channel, place: Destination, most: Label, *, reports_external: bool
) -> Ceiling:
    """The most restrictive label that is shown to a reader there.

    most: the platform's own ceiling. reports_external: whoever it has said nothing of counts as external.
    """
    said = _known_external(recipient, place)
    external = said if reports_external else bool(said)
    workspace = ceilings.workspace_of(place.room or place.account)
    if isinstance(recipient, Channel):
        return ceilings.for_room(work, recipient, place.platform, shared=external, workspace=workspace, most=most)
    account = _account(recipient, place)
    return ceilings.for_person(work, account, place.platform, guest=external, workspace=workspace, most=most)


def _known_external(recipient: Person | Channel, place: Destination) -> bool | None:
    row = recipient if isinstance(recipient, Channel) else _account(recipient, place)
    return row.outside if row else False


def _account(person: Person, place: Destination) -> Account | None:
    """The account of a person there; None at a terminal, which knows them by name."""
    there = (row for row in person.accounts if (row.platform, row.external_id) == (place.platform, place.account))
    return next(there, None)
