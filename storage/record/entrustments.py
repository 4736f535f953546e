"""Entrustments: cases of somebody that nobody else can act on, asked for by one person and agreed to by another.

In: who led them, and in which agency. Out: the row that waits for a second person; people of that agency by name,
whether they still work there or have left.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Entrustment, Membership, Participant, Person
from storage.spelling import same

OPEN_FOR = timedelta(days=7)  # what nobody agreed to by then must be asked again
TIME_TO_ACT = timedelta(days=1)  # for whoever the cases are of, if they are still there


def ask(work: UnitOfWork, agency_id: int, person: Person, heir: Person, asker: Person) -> None:
    """Put on record what somebody asks; it takes the place of what was asked before."""
    row = Entrustment(authority_id=agency_id, person_id=person.id, heir=heir, asker=asker, asked_at=work.now)
    work.session.add(row)
    work.session.flush()


def waiting(work: UnitOfWork, agency_id: int, person: Person) -> Entrustment | None:
    """What was asked last of somebody's cases, and waits for a second person."""
    query = select(Entrustment).where(Entrustment.authority_id == agency_id, Entrustment.person_id == person.id)
    last = work.session.scalars(query.order_by(Entrustment.id.desc()).limit(1)).first()
    return last if last and last.agreed_at is None and work.now < last.asked_at + OPEN_FOR else None


def person_of(work: UnitOfWork, agency_id: int, name: str) -> Person | None:
    """Somebody who works in an agency, else who did, by their whole name."""
    query = select(Person).join(Membership).where(Membership.authority_id == agency_id)
    query = query.where(same(Person.name, " ".join(name.split())))
    return work.session.scalars(query.order_by(Membership.ended_at.is_not(None), Person.id.desc())).first()


def take_off(work: UnitOfWork, agency_id: int, person: Person) -> None:
    """Somebody is named on no case of an agency any more."""
    own = select(Case.id).where(Case.agency_id == agency_id)
    theirs = delete(Participant).where(Participant.person_id == person.id, Participant.case_id.in_(own))
    work.session.execute(theirs)


def seen(work: UnitOfWork, viewer: Viewer, cases: Collection[Case]) -> set[int]:
    """Which of some cases a viewer may see, where they look, by id."""
    query = select(Case.id).where(Case.id.in_([case.id for case in cases]), sight.cases(viewer))
    return set(work.session.scalars(query))
