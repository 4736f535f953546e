"""Tallying: the tally counted anew from the record, for the day on which something is off with it.

In: jobs of `python -m bot reindex`. Out: a tally that says what the view `tallied` says. Triggers keep it otherwise
(`storage/models/tallies.py`).
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import delete, func, insert, select, text

from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.models import TALLIED, Request, Tally
from storage.models.tallies import KEY


def rebuild(jobs: Jobs, tell: Callable[[int, int], None]) -> int:
    """Count it anew, an agency at a time; it may be broken off and run again. How many requests. Blocks.

    tell: how many agencies are done, of how many.
    """
    agencies = jobs.write(_agencies).result()
    counted = 0
    for done, agency in enumerate(agencies, 1):
        counted += jobs.write(partial(_count, agency=agency)).result()
        tell(done, len(agencies))
    return counted


def _agencies(work: UnitOfWork) -> list[int]:
    """Those that have requests, or a tally."""
    found = select(Request.agency_id).union(select(Tally.agency_id))
    return sorted(work.session.scalars(found))


def _count(work: UnitOfWork, agency: int) -> int:
    """How many of an agency's requests are in its tally."""
    if work.postgres:  # whoever has begun to change the record has ended: what they change is counted by their triggers
        work.session.execute(text("LOCK TABLE tally IN EXCLUSIVE MODE"))
    key = [TALLIED.c[name] for name in KEY]
    anew = select(*key, func.count()).where(TALLIED.c.agency_id == agency, TALLIED.c.label != Label.RED)
    work.session.execute(delete(Tally).where(Tally.agency_id == agency))
    work.session.execute(insert(Tally).from_select([*KEY, "count"], anew.group_by(*key)))
    whole = select(func.sum(Tally.count)).where(Tally.agency_id == agency, Tally.grain == "whole")
    return work.session.scalar(whole) or 0
