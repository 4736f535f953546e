"""The index is kept in step with the record: what has changed is put in anew, a few cases at a time.

In: the jobs of a tick, or of `python -m bot reindex`. Out: an index that holds what the record holds; no word of a text
that was erased. Triggers put the number of a row that changed into `search_due`, in the transaction that changed it:
nothing that writes can forget it, and no statement goes to and fro for it. Until it is done, a search compares the case
itself (`finding.py`).
Why not in the transaction: measured in one run on SQLite, a case is opened in 3.1 ms of CPU without any of it and in
3.1 ms with the triggers, whose cost is lost in the noise; in 6.5 ms with the index in its transaction.
"""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Select, delete, func, insert, select, text

from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Preservation, Request, SearchDue, SearchText
from storage.search import documents, index
from storage.search.documents import Document

PIECE = 50  # cases in one transaction: whoever types waits for one at most
AHEAD = 200  # rows of `search_due` that are looked through for them: several may be of one case
MOST = 40  # transactions in one tick
PAUSE_SECONDS = 0.005  # behind a piece: whoever waits to write gets in
LOCK = 7_305_005  # advisory lock: of two who fill the index at once, one would put in what the other knows is past


def catch_up(jobs: Jobs) -> int:
    """Put in what waits, the newest first, as much as a tick has time for. How many cases. Blocks."""
    return _repeat(jobs, MOST, lambda _: None)


def rebuild(jobs: Jobs, tell: Callable[[int, int], None]) -> int:
    """Make the index anew, in pieces; it may be broken off, and ticks then do the rest. How many cases. Blocks.

    tell: how many are done, of how many.
    """
    total = jobs.write(_begin_anew).result()
    return _repeat(jobs, None, lambda done: tell(min(done, total), total))


def waiting(work: UnitOfWork) -> int:
    """How many rows wait."""
    return work.session.scalar(select(func.count()).select_from(SearchDue)) or 0


def due(most: int) -> Select[int, int]:
    """The newest of what waits: its place, and the case it is of."""
    of = func.coalesce(SearchDue.case_id, Request.case_id, Preservation.case_id)
    query = select(SearchDue.n, of).outerjoin(Request, Request.id == SearchDue.request_id)
    query = query.outerjoin(Preservation, Preservation.id == SearchDue.preservation_id)
    return query.order_by(SearchDue.n.desc()).limit(most)


def _repeat(jobs: Jobs, most: int | None, tell: Callable[[int], None]) -> int:
    done = 0
    while most is None or most > 0:
        more, cases = jobs.write(_piece).result()
        done += cases
        tell(done)
        if not more:
            break
        most = None if most is None else most - 1
        time.sleep(PAUSE_SECONDS)
    return done


def _begin_anew(work: UnitOfWork) -> int:
    _lock(work)
    index.clear(work)
    work.session.execute(delete(SearchText))
    work.session.execute(delete(SearchDue))
    work.session.execute(insert(SearchDue).from_select(["case_id"], select(Case.id).order_by(Case.id)))
    return waiting(work)


def _piece(work: UnitOfWork) -> tuple[bool, int]:
    """Whether more waits, and how many cases were done."""
    _lock(work)
    rows = work.session.execute(due(AHEAD)).all()
    if not rows:
        return False, 0
    case_ids = list(dict.fromkeys(case_id for _, case_id in rows if case_id is not None))[:PIECE]
    taken = [n for n, case_id in rows if case_id is None or case_id in case_ids]
    _renew(work, sorted(case_ids))
    work.session.execute(delete(SearchDue).where(SearchDue.n.in_(taken)))
    return len(rows) == AHEAD or len(taken) < len(rows), len(case_ids)


def _renew(work: UnitOfWork, case_ids: Sequence[int]) -> None:
    """Those cases in the index as they stand on record now; those that are gone, out of it."""
    kept = select(*(getattr(SearchText, name) for name in Document.__dataclass_fields__))
    before = {row.case_id: Document(*row) for row in work.session.execute(kept.where(SearchText.case_id.in_(case_ids)))}
    now = {one.case_id: one for one in documents.of(work, case_ids)}
    old = [one for case_id, one in before.items() if now.get(case_id) != one]
    new = [one for case_id, one in now.items() if before.get(case_id) != one]
    if old:
        index.drop(work, old)
        work.session.execute(delete(SearchText).where(SearchText.case_id.in_([one.case_id for one in old])))
    if new:
        index.put(work, new)
        work.session.execute(insert(SearchText), [vars(one) for one in new])


def _lock(work: UnitOfWork) -> None:
    if work.postgres:
        work.session.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": LOCK})
