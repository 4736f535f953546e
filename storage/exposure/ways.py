"""Ways: by which somebody comes to see rows, each as the newest ids of one index.

In: conditions that an index begins with, or who looks. Out: selects of ids, to be put together and looked through.
A way says what is near at hand and nothing of what may be seen: that is asked of each row (`sight.py`).
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, Select, and_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.models import Case, Participant

NEAR = 100  # rows of one way


def newest(
    column: InstrumentedAttribute[Any],
    *which: ColumnElement[bool],
    by: InstrumentedAttribute[Any] | None = None,
    most: int = NEAR,
) -> Select[int]:
    """The highest ids of some rows, or those of the latest moments."""
    rows = select(column.label("id")).where(*which).order_by((column if by is None else by).desc()).limit(most)
    return select(rows.correlate(None).subquery().c.id)


def shared(person: int | BindParameter[int], agency: int | BindParameter[int]) -> Iterator[Select[int]]:
    """The newest cases that are shared with a person, and those with their authority."""
    yield newest(Participant.case_id, Participant.person_id == person)
    yield newest(Participant.case_id, Participant.authority_id == agency)


def led_by(person: int | BindParameter[int]) -> tuple[ColumnElement[bool], ...]:
    """The cases that a person leads, by the two indexes that find them: theirs, or opened by them and nobody's."""
    return Case.lead_id == person, and_(Case.lead_id.is_(None), Case.opened_by == person)


class among(FunctionElement[bool]):  # noqa: N801 - reads as a function
    """True where a column is one of the ids of a select: `among(Case.id, ids.scalar_subquery())`.

    Why not `IN`: PostgreSQL plans a statement of many joins in their order, and looks there last what was asked first.
    """

    type = Boolean()
    name = "among"
    inherit_cache = True
    _is_implicitly_boolean = True  # a condition as it is: with "= 1" behind it SQLite goes by no index


@compiles(among)
def _in(element: among, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    column, ids = element.clauses
    return f"{compiler.process(column, **how)} IN {compiler.process(ids, **how)}"


@compiles(among, "postgresql")
def _any(element: among, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    column, ids = element.clauses
    return f"{compiler.process(column, **how)} = ANY (ARRAY{compiler.process(ids, **how)})"
