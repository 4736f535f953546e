"""A database with as many requests as years leave behind, made quickly: what the benchmarks run in.

In: an empty database, how many requests it holds, how many clocks are due. Out: a store, and its clock. What is in it
stands in `past.py`, who works there in `staff.py`; it is the same each time.
"""

from storage.database.engine import migrate
from storage.database.store import Store
from storage.record import tallying
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests.bench.copies import Copies
from tests.bench.dating import NOW, Dating
from tests.bench.loading import loading
from tests.bench.past import Past
from tests.bench.published import publish
from tests.bench.staff import authorities, enrol, establish

BLOCK = 100_000  # requests that are drawn, at least, before they are copied


def fill(url: str, *, stored: int, due: int, block: int = BLOCK) -> tuple[Store, FrozenClock]:
    """`stored` requests, `due` of them with a clock whose reminder has come at the store's moment.

    A fiftieth of all are open, or as many as are due, where that is more.
    """
    migrate(url)
    clock, reference = FrozenClock(NOW), load()
    empty = Store(url, clock=clock, reference=reference)
    try:
        agencies = empty.write(establish).result()
        known, lines = empty.read(authorities).result()
        dating = empty.read(Dating).result()
    finally:
        empty.close()
    many = next(n for n in range(max(1, stored // block), 0, -1) if stored % n == due % n == 0)
    with loading(url) as into:
        staff = enrol(into, agencies, known)
        past = Past(into, staff, dating, stored=stored, due=due, copies=Copies(many, lines))
        past.write()
        past.searched.write(into)
    store = Store(url, clock=clock, reference=reference)
    tallying.rebuild(store, lambda *_: None)
    store.write(publish).result()
    return store, clock
