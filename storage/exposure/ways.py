"""Ways: by which somebody comes to see rows, each as the newest ids of one index.

In: conditions that an index begins with, or who looks. Out: selects of ids, to be put together and looked through.
A way says what is near at hand and nothing of what may be seen: that is asked of each row (`sight.py`).
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from storage.models import Participant

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
