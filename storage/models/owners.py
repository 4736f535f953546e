"""Whose a record is, and who is on its other side: copied from its case, so that lists and figures find it by an index.

`agency_id` is the agency that owns the case; `party_id` the authority on the other side: who is asked, or who asks.
Set when a row is made, whatever makes it, and never after: a case keeps its agency, a request its two sides.
Why copied: who sees a record follows from them (`storage/exposure/sight.py`), and a list that joins for them reads
everything that is stored.
Must change together: these columns, and a statement that makes such rows without the models.
"""

from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapper, object_session

from storage.models.base import Base
from storage.models.matters import Case, Preservation, Request
from storage.models.timing import Clock

Row = TypeVar("Row", bound=Base)


@event.listens_for(Request, "before_insert")
def _of_request(_mapper: Mapper[Any], _connection: Connection, row: Request) -> None:
    row.agency_id = _there(row, row.case, Case, row.case_id).agency_id
    row.party_id = row.recipient_id if row.direction == "outgoing" else row.sender_id


@event.listens_for(Preservation, "before_insert")
def _of_preservation(_mapper: Mapper[Any], _connection: Connection, row: Preservation) -> None:
    row.agency_id = _there(row, row.case, Case, row.case_id).agency_id


@event.listens_for(Clock, "before_insert")
def _of_clock(_mapper: Mapper[Any], _connection: Connection, row: Clock) -> None:
    if row.preservation or row.preservation_id:
        kept = _there(row, row.preservation, Preservation, row.preservation_id)
        row.agency_id, row.party_id = kept.agency_id, kept.recipient_id
    else:
        asked = _there(row, row.request, Request, row.request_id)
        row.agency_id, row.party_id = asked.agency_id, asked.party_id


def _there(row: Base, related: Row | None, kind: type[Row], number: int | None) -> Row:
    """What a row belongs to: at hand where it was given as an object, else by its number."""
    if related is not None:
        return related
    session = object_session(row)
    assert session is not None, row  # noqa: S101 - it is being written
    return session.get_one(kind, number)
