"""Rows with one call: an agency, a person, a case, a request, a preservation. Each takes what a test is about.

In: a unit of work. Out: rows, flushed. Names are invented; what a test does not name has a plain value.
"""

import itertools
from collections.abc import Sequence
from datetime import date, datetime

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Membership, Participant, Person, Preservation, Request
from storage.record import numbers, records, targets
from storage.record.targets import AskedAbout
from storage.rules import holds, lifecycle
from storage.rules.lifecycle import Status
from storage.times import local_day

PATHS = {
    Status.DRAFT: (),
    Status.SENT: ("sent",),
    Status.ACKNOWLEDGED: ("sent", "acknowledge"),
    Status.CLARIFICATION: ("sent", "clarify"),
    Status.PART_PRODUCED: ("sent", "part"),
    Status.PRODUCED: ("sent", "produced"),
    Status.NOT_HELD: ("sent", "not-held"),
    Status.REFUSED: ("sent", "refused"),
    Status.WITHDRAWN: ("withdraw",),
    Status.TRANSFERRED: ("sent", "transfer"),
}
"""By which moves a new request comes to a status."""

_names = (f"Person {n}" for n in itertools.count(1))


def agency(work: UnitOfWork, code: str = "PK-FIA-CCW") -> Authority:
    """An authority of the reference files whose people use the desk."""
    row = records.authority(work, code)
    assert row, code
    records.make_agency(work, row)
    work.session.flush()
    return row


def person(
    work: UnitOfWork, *, of: Authority | None = None, role: Role | str = Role.OFFICER, name: str | None = None
) -> Person:
    """Somebody with one role in one agency."""
    row = Person(name=name or next(_names))
    row.memberships.append(Membership(authority=of or agency(work), role=str(role)))
    work.session.add(row)
    work.session.flush()
    return row


def one_more_agency(work: UnitOfWork, name: str, code: str, role: Role | str) -> None:
    """Somebody who is here has a role in one more agency."""
    [row] = records.people(work, name=name)
    records.give_role(work, row, agency(work, code), str(role), by=None)


def viewer(row: Person, *, history: bool = False) -> Viewer:
    """A person as they look at records: for their first agency, in all their roles there."""
    home = row.memberships[0].authority
    roles = frozenset(Role(held.role) for held in row.memberships if held.authority_id == home.id)
    return Viewer(row.id, home.id, roles, history=history)


def case(
    work: UnitOfWork,
    *,
    of: Authority | None = None,
    opener: Person | None = None,
    lead: Person | None = None,
    title: str = "Fake pages of a ministry",
    label: Label = Label.AMBER,
    own_reference: str | None = None,
    shared_with: Sequence[Person | Authority] = (),
) -> Case:
    """An open case."""
    owner = of or agency(work)
    opener = opener or person(work, of=owner)
    year = local_day(work.now, owner.zone).year
    ref, number = numbers.case_reference(work, owner, year)
    row = Case(
        ref=ref,
        agency=owner,
        year=year,
        number=number,
        title=title,
        category="impersonation",
        label=label,
        own_reference=own_reference,
        lead=lead,
        opener=opener,
        opened_at=work.now,
    )
    work.session.add(row)
    for other in shared_with:
        named = {"person": other} if isinstance(other, Person) else {"authority": other}
        row.participants.append(Participant(added_by=opener.id, added_at=work.now, **named))
    work.session.flush()
    return row


def request(
    work: UnitOfWork,
    *,
    of: Case | None = None,
    to: str = "PROV-META",
    sender: Authority | None = None,
    instrument: str = "PROD-META",
    direction: str = "outgoing",
    status: Status = Status.DRAFT,
    on: date | None = None,
    at: datetime | None = None,
    emergency: bool = False,
    accounts: Sequence[str] = ("fake.page.one",),
    filer: Person | None = None,
    **columns: object,
) -> Request:
    """A request, moved to a status by the words of PATHS, all of them dated `on` (today, if not said)."""
    owner = of or case(work)
    recipient = records.authority(work, to)
    assert recipient, to
    number = numbers.next_request_number(work, owner)
    row = Request(
        ref=f"{owner.ref}/{number}",
        case=owner,
        number=number,
        direction=direction,
        sender=sender or owner.agency,
        recipient=recipient,
        instrument=instrument,
        data=["bsi"],
        emergency=emergency,
        filed_at=work.now,
        filer=filer or owner.opener,
        targets=targets.rows(work, AskedAbout(accounts, owner.agency, recipient)),
        **columns,
    )
    lifecycle.set_status(row, status if status is Status.APPROVAL else Status.DRAFT, by=row.filer, at=work.now)
    work.session.add(row)
    work.session.flush()
    if not PATHS.get(status):
        lifecycle.follow(work, row)
    for word in PATHS.get(status, ()):
        lifecycle.move(work, row, word, by=row.filer, on=on or local_day(work.now, owner.agency.zone), at=at)
    work.session.flush()
    return row


def preservation(
    work: UnitOfWork,
    *,
    of: Case | None = None,
    to: str = "PROV-META",
    instrument: str = "PRES-META",
    on: date | None = None,
    days: int = 90,
    accounts: Sequence[str] = ("fake.page.one",),
    for_requests: Sequence[Request] = (),
    asked_by: str = "",
    emergency: bool = False,
) -> Preservation:
    """A hold that was asked for, with its clocks; asked_by: of us."""
    owner = of or case(work)
    recipient = records.authority(work, to)
    assert recipient, to
    number = numbers.next_preservation_number(work, owner)
    asked = on or local_day(work.now, owner.agency.zone)
    row = Preservation(
        ref=f"{owner.ref}/P{number}",
        case=owner,
        number=number,
        recipient=recipient,
        instrument=instrument,
        targets=targets.rows(work, AskedAbout(accounts, owner.agency, recipient)),
        data=["bsi"],
        asked_on=asked,
        renewals=[],
        asker=records.authority(work, asked_by) if asked_by else None,
        emergency=emergency,
        requests=list(for_requests),
    )
    work.session.add(row)
    work.session.flush()
    holds.begin(work, row, days=days)
    holds.follow(work, row)
    return row
