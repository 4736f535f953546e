"""What many tests begin with is put on record once in a process; the others get a copy, in a tenth of the time."""

import atexit
import copy
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.engine import make_url

from storage.database.engine import is_sqlite
from storage.database.store import Store

T = TypeVar("T")
_left: dict[tuple[object, ...], tuple[sqlite3.Connection, datetime, Any]] = {}


def furnish(store: Store, build: Callable[..., T], *facts: object) -> T:
    """Let `build(store, *facts)` put things on record; or put there what it left when a test did so before.

    build: at the top of a module, for it is known by its name; it leaves nothing but what it wrote, the time of the
    store's clock, and plain facts, which are returned. It always begins with the same record.
    PostgreSQL cannot copy under an open store, so that there it is built each time.
    """
    if not is_sqlite(store.url):
        return build(store, *facts)
    assert "<" not in build.__qualname__, "what it closes over would not be seen"
    begun = (build.__module__, build.__qualname__, facts, store.clock.now())
    with closing(sqlite3.connect(str(make_url(store.url).database))) as now:
        now.execute("PRAGMA synchronous=OFF")
        if begun in _left:
            kept, moment, given = _left[begun]
            kept.backup(now)
            store.clock.move_to(moment)
        else:
            given = build(store, *facts)
            kept = sqlite3.connect(":memory:")
            atexit.register(kept.close)
            now.backup(kept)
            _left[begun] = kept, store.clock.now(), given
    return copy.deepcopy(given)
