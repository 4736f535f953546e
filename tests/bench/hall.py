"""A database with as many requests as years leave behind, made quickly: what the benchmarks run in.

In: an empty database, how many requests it holds, how many clocks are due. Out: a store, and its clock. What is in it
stands in `past.py`, who works there in `staff.py`; it is the same each time.
"""

from storage.database.engine import migrate
from storage.database.store import Store
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests.bench.dating import NOW, Dating
from tests.bench.loading import loading
from tests.bench.past import Past
from tests.bench.staff import authorities, enrol, establish


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
    return Store(url, clock=clock, reference=reference), clock
