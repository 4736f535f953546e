"""One statement for many rows, by the driver itself.

In: a statement with a name for each value, and rows. Out: how many rows it touched; no results.
Why: of a row that goes into the outbox, SQLAlchemy's own way through a list of parameters takes longer than the
database does. The statement is compiled by SQLAlchemy, and values are put into its columns' form, as ever.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler

_Convert = tuple[str, Callable[[Any], Any] | None]


def execute_many(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run it for every row. Errors: the database's, as SQLAlchemy names them."""
    if not rows:
        return 0
    sql, values, positional = _prepared(connection.dialect, statement)
    converted = zip(*(_column(rows, name, form) for name, form in values), strict=True)
    names = [name for name, _ in values]
    given = list(converted) if positional else [dict(zip(names, one, strict=True)) for one in converted]
    return connection.exec_driver_sql(sql, given).rowcount


def _column(rows: Sequence[Mapping[str, Any]], name: str, form: Callable[[Any], Any] | None) -> list[Any]:
    """One value of every row, in the driver's form; what many rows share is put into it once."""
    found = [row[name] for row in rows]
    if form is None:
        return found
    forms = {number: form(value) for number, value in {id(value): value for value in found}.items()}
    return [forms[id(value)] for value in found]


@lru_cache(maxsize=64)
def _prepared(dialect: Dialect, statement: Executable) -> tuple[str, list[_Convert], bool]:
    """The text for a database, and its values in order, each with what turns it into the driver's."""
    compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is SQL
    names = compiled.positiontup or list(compiled.binds)
    forms = {name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
    return str(compiled), [(name, forms[name]) for name in names], compiled.positional
