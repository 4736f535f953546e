"""No list, no figure and no search reads a table that grows as a whole: the plan of every statement, on both databases.

A new command that reads belongs into LINES. It is typed by each of `stored.LOOK`, who see the record from all sides.
"""

import asyncio

from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS
from storage.models import Case, Note
from tests import plans, stored

SECONDS = 60

LINES = (
    *("request list", "request list mine:yes", "request list status:all", "request list counterpart:PROV-META"),
    *("request list status:acknowledged direction:incoming", "request list direction:outgoing status:produced"),
    *("overdue mine", "overdue agency", "overdue very", "overdue register", "overdue counterpart:US-DOJ-OIA"),
    *("case list", "case list mine:yes", "case list closed:yes"),
    *("preservation list", "preservation list within:30", "desk home"),
    *("desk health", "desk authority", "desk history about:1042"),
    *("case status 1042", "case history 1042", "request status 1042/1"),
    *("summary week", "summary week ago:3"),
    *("summary routes to:PROV-META data:bsi category:impersonation", "summary reciprocity"),
    *("summary reciprocity counterpart:US-DOJ-OIA",),
    *("summary counterpart", "summary counterpart PROV-META"),
    *("summary calendar mine", "summary calendar agency", "summary obligations", "summary export week weeks:4"),
    "request check 1042 to:PROV-META as:PROD-META data:bsi accounts:someone",
)
NOT_THERE = ("case status 99999", "request status nothing/1", "preservation status 42/P9")


def test_nothing_that_grows_is_read_as_a_whole(store):
    stored.fill(store)
    _walk(store)


def test_nor_where_nobody_has_counted(sqlite_store):
    """Nothing asks SQLite to count its rows: its plans must stand without."""
    stored.fill(sqlite_store, requests=400, counted=False)
    _walk(sqlite_store)


def _walk(store):
    dispatch, wrong, done = Dispatch(store, COMMANDS, Renderer()), [], set()

    async def say(line: str, name: str) -> None:
        answer = await dispatch.receive(Inbound("console", f"{name} {line}", name, line))
        assert not answer.failed, (name, line, answer.messages)
        if not answer.refused:
            done.add(line)

    for line in (*LINES, *NOT_THERE):
        for name in stored.LOOK:
            with plans.of(store) as found:
                asyncio.run(say(line, name))
            if bad := plans.faults(found):
                wrong.append(f"{line!r} of {name}:\n{bad}")
    assert not wrong, "\n\n".join(wrong)
    assert done >= set(LINES), "nobody may do this, and so nothing was read"


def test_a_scan_is_found(store):
    stored.fill(store, requests=400)
    with plans.of(store) as found:
        store.read(lambda work: work.session.scalars(select(Note.text)).all()).result(SECONDS)
        store.read(lambda work: work.session.scalars(select(Case.ref).where(Case.id == 1)).all()).result(SECONDS)
    assert [bool(one.faults) for one in found] == [True, False]
