"""A database with as many requests as years leave behind, made quickly: what the benchmarks run in.

In: an empty database, how many requests it holds, how many clocks are due. Out: a store, and its clock. What is in it
stands in `past.py`, who works there in `staff.py`; it is the same each time.
"""

from functools import partial

from sqlalchemy import func, insert, select

from storage.database.engine import migrate
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Case
from storage.models.search import SearchText
from storage.reference.catalog import load
from storage.search import documents, index
from storage.times import FrozenClock
from tests.bench.dating import NOW, Dating
from tests.bench.loading import loading
from tests.bench.past import Past
from tests.bench.staff import authorities, enrol, establish

AT_ONCE = 5_000  # cases in one transaction


def fill(url: str, *, stored: int, due: int) -> tuple[Store, FrozenClock]:
    """`stored` requests, `due` of them with a clock whose reminder has come at the store's moment.

    A fiftieth of all are open, or as many as are due, where that is more.
    """
    migrate(url)
    clock, reference = FrozenClock(NOW), load()
    empty = Store(url, clock=clock, reference=reference)
    try:
        agencies = empty.write(establish).result()
        known, line = empty.read(authorities).result()
        dating = empty.read(Dating).result()
    finally:
        empty.close()
    with loading(url) as into:
        staff = enrol(into, agencies, known)
        Past(into, staff, dating, stored=stored, due=due, line=line).write()
        into.index_in_memory()
    store = Store(url, clock=clock, reference=reference)
    with loading(url, "search_words"):
        _index(store)
    return store, clock


def _index(store: Store) -> None:
    """Put every case into the index of the search, as `reindex` does, but in larger pieces."""
    last = store.read(lambda work: work.session.scalar(select(func.max(Case.id))) or 0).result()
    for first in range(1, last + 1, AT_ONCE):
        store.write(partial(_put, case_ids=range(first, min(first + AT_ONCE, last + 1)))).result()


def _put(work: UnitOfWork, case_ids: range) -> None:
    found = documents.of(work, case_ids)
    index.put(work, found)
    work.session.execute(insert(SearchText), [vars(one) for one in found])
