"""How a database would run each statement of a block, and what of it would grow with the record.

In: a store, a block that reads or writes. Out: its statements, each with its plan and what is wrong with it:

    with plans.of(store) as found: ...
    assert not plans.faults(found)

What is wrong: a table that grows (`tests/stored.py`, GROWING) is read as a whole, through an index or without one, but
for the first or last rows of an index.
A few pages are soonest read as a whole, so PostgreSQL is asked to do so only where no index leads to the rows; what it
chooses over a million of them is seen in `tests/bench`. SQLite plans by what ANALYZE counted: `stored.fill` first.
"""

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from storage.database.store import Store
from tests.stored import GROWING

READS = ("SELECT", "WITH", "UPDATE", "DELETE")
NAMED = re.compile(r"\b(\w+)\b\"? AS (\w+)\b")
SCAN = re.compile(r"^SCAN (\w+)")
OF_FEW = {"ix_clock_stuck"}
"""Indexes of what failed and was set aside: to read one as a whole is to read those few."""


@dataclass
class Explained:
    """One statement, the lines of its plan, and what is wrong with it."""

    sql: str
    plan: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n  ".join([*self.faults, *self.plan, " ".join(self.sql.split())])


@contextmanager
def of(store: Store) -> Iterator[list[Explained]]:
    """The statements that the store runs in the block, each once, explained as the block ends."""
    said: dict[str, Any] = {}

    def listen(_connection, _cursor, statement, parameters, _context, many) -> None:
        if statement.lstrip().upper().startswith(READS):
            said.setdefault(statement, parameters[0] if many else parameters)

    engines = (store.write_engine, store._read_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    found: list[Explained] = []
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", listen)
    explain = _postgres if store.write_engine.dialect.name == "postgresql" else sqlite
    with store.write_engine.connect() as connection:
        found += [explain(connection, statement, parameters) for statement, parameters in said.items()]


def faults(found: list[Explained]) -> str:
    """Those with something wrong, to be read; empty where nothing is."""
    return "\n\n".join(str(one) for one in found if one.faults)


def sqlite(connection, statement: str, parameters: Any, growing: Collection[str] = tuple(GROWING)) -> Explained:
    """As SQLite would run it."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    names = {alias: table for table, alias in NAMED.findall(statement)}
    one = Explained(statement, [row[3] for row in rows])
    first = len(one.plan) == 1 and " WHERE " not in statement.replace("\n", " ") and "LIMIT" in statement
    nobody = "WHERE 0 = 1" in " ".join(statement.split())  # sees anything, so nothing is read
    for line in [] if first or nobody else one.plan:
        scanned = SCAN.match(line)
        if scanned and names.get(scanned[1], re.sub(r"_\d+$", "", scanned[1])) in growing:
            one.faults.append(line)
    return one


def _postgres(connection, statement: str, parameters: Any) -> Explained:
    for way in ("seqscan", "hashjoin", "mergejoin", "material"):
        connection.exec_driver_sql(f"SET enable_{way} = off")
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
    one = Explained(statement)
    _walk((json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"], one, 0)
    return one


def _walk(node: dict[str, Any], one: Explained, depth: int, above: str = "") -> None:
    table, kind = node.get("Relation Name"), node["Node Type"]
    conditions = [node[name] for name in ("Index Cond", "Recheck Cond", "Filter") if name in node]
    line = " ".join([kind, table or "", node.get("Index Name", ""), *conditions])
    one.plan.append("  " * depth + line)
    first = above == "Limit" and "Filter" not in node
    whole = kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and not first
    if table in GROWING and (kind.endswith("Seq Scan") or (whole and node["Index Name"] not in OF_FEW)):
        one.faults.append(line)
    for child in node.get("Plans", ()):
        _walk(child, one, depth + 1, kind)
