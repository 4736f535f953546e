"""Watches: who wants to hear what happens to a case. It gives no sight of it.

In: a case and a person who sees it. Out: whether that changed anything.
"""

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Person, Watch


def begin(work: UnitOfWork, case: Case, person: Person) -> bool:
    """From now on they are told. False where they are already."""
    insert = postgresql.insert if work.postgres else sqlite.insert
    put = insert(Watch).values(case_id=case.id, person_id=person.id, at=work.now).on_conflict_do_nothing()
    begun = work.session.execute(put.returning(Watch.id)).first() is not None
    work.session.expire(case, ["watches"])
    return begun


def end(work: UnitOfWork, case: Case, person: Person) -> bool:
    """They are told no more. False where they were not."""
    gone = delete(Watch).where(Watch.case_id == case.id, Watch.person_id == person.id)
    ended = work.session.execute(gone.returning(Watch.id)).first() is not None
    work.session.expire(case, ["watches"])
    return ended
