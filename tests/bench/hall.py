"""A database with as many requests as years leave behind, made quickly: what the benchmarks run in.

In: an empty database, how many requests it holds, how many clocks are due. Out: a store. Most requests are answered and
their clocks ended; `due` of them are open. One request and its clock are made as people make them, then copied by SQL.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, Table, select, text

from storage.database.engine import migrate
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Case, Clock, Person, Request
from storage.record.records import sync_authorities
from storage.reference.catalog import load
from storage.rules.lifecycle import Status
from storage.times import FrozenClock
from tests import factories

SENT = datetime(2026, 3, 2, 6, tzinfo=UTC)
OFFICERS = 200
PER_CASE = 5  # requests


def fill(url: str, *, stored: int, due: int) -> tuple[Store, FrozenClock]:
    """`stored` requests, `due` of them with a clock whose reminder has come at the store's moment."""
    migrate(url)
    clock = FrozenClock(SENT)
    store = Store(url, clock=clock, reference=load())
    seed = store.write(_seed).result()
    with store.write_engine.begin() as connection:
        _copies(connection, seed, stored=stored, due=due)
        connection.execute(text("ANALYZE"))
    rings = select(Clock.ring_at).where(Clock.ring_at.is_not(None)).limit(1)
    clock.move_to(store.read(lambda work: work.session.scalars(rings).one()).result())
    return store, clock


def _seed(work: UnitOfWork) -> dict[str, int]:
    """One of each, and the officers."""
    sync_authorities(work, work.reference)
    work.session.flush()
    agency = factories.agency(work)
    officers = [factories.person(work, of=agency) for _ in range(OFFICERS)]
    case = factories.case(work, of=agency, opener=officers[0], lead=officers[0])
    request = factories.request(work, of=case, status=Status.SENT)
    running = work.session.scalars(select(Clock).where(Clock.request_id == request.id)).one()
    return {"officer": officers[0].id, "case": case.id, "request": request.id, "clock": running.id}


def _copies(connection: Connection, seed: dict[str, int], *, stored: int, due: int) -> None:
    """Cases in a row of officers, a request in a case, a clock for a request; the open ones spread over all of them."""
    cases = stored // PER_CASE
    is_open = f"n.i * {due} / {stored} > (n.i - 1) * {due} / {stored}"
    officer = f"{seed['officer']} + n.i % {OFFICERS}"
    changed = {"ref": "'B-' || n.i", "number": "n.i + 100", "own_reference": "NULL", "lead_id": officer}
    _copy(connection, "case", seed["case"], cases, changed)
    changed = {"ref": "'B-' || n.i || '/1'", "number": "n.i + 100", "case_id": f"{seed['case'] + 1} + n.i % {cases}"}
    _copy(connection, "request", seed["request"], stored, changed)
    changed = {
        "request_id": f"{seed['request']} + n.i",
        "ended_at": f"CASE WHEN {is_open} THEN NULL ELSE t.starts_at END",
        "ring_at": f"CASE WHEN {is_open} THEN t.ring_at END",
    }
    _copy(connection, "clock", seed["clock"], stored, changed)
    first = {"id": seed["clock"]}
    connection.execute(text("UPDATE clock SET ended_at = starts_at, ring_at = NULL WHERE id = :id"), first)


def _copy(connection: Connection, name: str, template_id: int, count: int, values: dict[str, str]) -> None:
    """Copies of one row; `values`: SQL for the columns that differ, with `n.i` from 1 and `t`, the row."""
    table = _TABLES[name]
    columns = [column.name for column in table.columns if column.name != "id"]
    chosen = ", ".join(values.get(column, f"t.{column}") for column in columns)
    statement = (
        f'INSERT INTO "{name}" ({", ".join(columns)})'  # noqa: S608 - our own names
        f" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        f' SELECT {chosen} FROM n, "{name}" t WHERE t.id = :id ORDER BY n.i'
    )
    connection.execute(text(statement), {"id": template_id})


_TABLES: dict[str, Table] = {model.__tablename__: model.__table__ for model in (Case, Clock, Person, Request)}  # type: ignore[misc]
