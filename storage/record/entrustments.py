"""Entrustments: cases of somebody that nobody else can act on, asked for by one person and agreed to by another.

In: who led them, and in which agency. Out: people of that agency by name, whether they still work there or have left;
what of theirs somebody sees. What waits for the second person is in `proposals.py`.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, exists, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Membership, Participant, Person
from storage.models.spelled import same

TIME_TO_ACT = timedelta(days=1)  # for whoever the cases are of, if they are still there


def people_of(work: UnitOfWork, agency_id: int, name: str) -> list[Person]:
    """Who works in an agency or did, by their whole name in any spelling; those who are there first."""
    query = select(Person).join(Membership).where(Membership.authority_id == agency_id)
    query = query.where(same(Person.name, name))
    found = work.session.scalars(query.order_by(Membership.ended_at.is_not(None), Person.id.desc()))
    return list(dict.fromkeys(found))


def take_off(work: UnitOfWork, agency_id: int, person: Person) -> None:
    """Somebody is named on no case of an agency any more."""
    own = exists(select(Case.id).where(Case.id == Participant.case_id, Case.agency_id == agency_id))
    work.session.execute(delete(Participant).where(Participant.person_id == person.id, own))


def seen(work: UnitOfWork, viewer: Viewer, cases: Collection[Case]) -> set[int]:
    """Which of some cases a viewer may see, where they look, by id."""
    query = select(Case.id).where(Case.id.in_([case.id for case in cases]), sight.cases(viewer))
    return set(work.session.scalars(query))
