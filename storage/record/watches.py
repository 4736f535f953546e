"""Watches: who wants to hear what happens to a case. It gives no sight of it.

In: a case and a person who sees it. Out: whether that changed anything; or everybody whom a case concerns.
"""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.models import Case, Participant, Person, Watch

_FIRST = select(Person.id, literal(0).label("how"), Person.id.label("n"))
_NAMED = select(Participant.person_id, literal(1), Participant.id)
_WATCHING = select(Watch.person_id, literal(2), Watch.id)
_ROUND_A_CASE = union_all(
    _FIRST.where(Person.id.in_(bindparam("first", expanding=True))),
    _NAMED.where(Participant.case_id == bindparam("case"), Participant.person_id.is_not(None), bindparam("named")),
    _WATCHING.where(Watch.case_id == bindparam("case")),
).subquery()
_PEOPLE = (
    select(Person)
    .join(_ROUND_A_CASE, _ROUND_A_CASE.c.id == Person.id)
    .options(joinedload(Person.memberships))
    .order_by(_ROUND_A_CASE.c.how, _ROUND_A_CASE.c.n)
)
"""Asked in most turns: put together once."""


def around(work: UnitOfWork, case: Case, first: Collection[int]) -> list[Person]:
    """Everybody whom a case concerns, each once: these first, then who is named on it, then who watches it.

    Nobody outside the agency is concerned by what stays inside it, so who is named on AMBER+STRICT is left out.
    """
    asked = {"first": list(first), "case": case.id, "named": case.label != Label.AMBER_STRICT}
    found = {person.id: person for person in work.session.scalars(_PEOPLE, asked).unique()}
    return [found[one] for one in dict.fromkeys((*first, *found))]


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
