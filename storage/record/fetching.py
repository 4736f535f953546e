"""Fetching a record with what every view of it asks for; or locked, where it is about to change.

In: a question for rows of one kind. Out: the rows.
"""

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.sql.base import ExecutableOption

from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Clock, Request

T = TypeVar("T")
MANY = 20  # how many candidates an ambiguous short form may bring
_OF_ITS_CASE = contains_eager(Request.case)
_WITH: dict[type[Any], tuple[ExecutableOption, ...]] = {
    Case: (joinedload(Case.agency), joinedload(Case.lead), joinedload(Case.opener)),
    Request: (
        *(_OF_ITS_CASE.joinedload(row) for row in (Case.agency, Case.lead, Case.opener)),
        *(joinedload(row) for row in (Request.sender, Request.recipient, Request.filer, Request.mover)),
        joinedload(Request.taken).joinedload(Clock.person),
    ),
}
"""What every view of a record asks for."""


def fetch(work: UnitOfWork, query: Select[T], *, change: bool) -> list[T]:
    """The rows, with what every view asks for; locked ones alone.

    Why: who waited for a lock gets the row as it is then, but beside it what it was linked to before.
    """
    entity = query.column_descriptions[0]["entity"]
    if change and work.postgres:
        query = query.with_for_update(of=entity)
        query = query.execution_options(populate_existing=True)  # as it is now that nobody else can change it
    else:
        query = query.options(*_WITH.get(entity, ()))
    return list(work.session.scalars(query.limit(MANY + 1)))
