"""Table of the tally: how many sent requests have one thing in common, so that an answer reads sums and not requests.

Its rows are written by triggers alone (migration 0024), from the view `tallied`, which has one row for each request and
grain. What only named people may see is not in it: whoever may, counts it in the view (`storage/record/answering.py`).
Must change together: Tally, TALLIED, and the view in a migration.
"""

from sqlalchemy import Column, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class Tally(Base):
    """So many sent requests, or accounts, of one agency with one party, that are alike. None has a count of 0.

    grain: "whole", requests by instrument; "need", the same by what they are about; "codes", requests that were
    refused, by the reasons, sorted, with a comma between; "account", accounts by what came of them. What a grain does
    not tell apart is empty. data: the list as JSON.
    outcome: the status; of what was handed on after an answer, that answer. kind and day, of "whole" and "need":
    "answered" after so many calendar days; "left", withdrawn or handed on, after so many; "open", sent on that day,
    counted from 1970-01-01.
    """

    __tablename__ = "tally"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads a plain dict here

    agency_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    direction: Mapped[str] = mapped_column(String(10), primary_key=True)
    grain: Mapped[str] = mapped_column(String(10), primary_key=True)
    party_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(20), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(40), primary_key=True)
    category: Mapped[str] = mapped_column(String(40), primary_key=True)
    data: Mapped[str] = mapped_column(Text, primary_key=True)
    emergency: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    codes: Mapped[str] = mapped_column(Text, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(30), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


KEY = tuple(column.name for column in Tally.__table__.primary_key)

TALLIED = Table(
    "tallied",
    MetaData(),
    Column("request_id", Integer),
    Column("target_id", Integer),
    Column("case_id", Integer),
    *(Column(column.name, column.type) for column in Tally.__table__.columns),
)
"""The view: what each request and each account is counted as; "target_id" of accounts alone. "count" is always 1."""
