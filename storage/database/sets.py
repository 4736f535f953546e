"""New rows without a session: thousands of them by a statement for each table, or one that stands in every turn.

In: new rows, linked with each other and with rows of the record as they always are. Out: each with its `id` at once;
in the end, rows of the record. Columns, their defaults, links and what is done before an insert are those of the
models: this is another way to write a row, and not another way to make one.
Why: of each row a session keeps what it was and what it hangs on, in case somebody changes it: four fifths of the time.
Not for rows that are changed after they were written, nor for links between many and many.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Insert, Select, Table, func, insert, inspect, select
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session

from storage.database.bulk import execute_many
from storage.models.base import Base
from storage.models.spelled import FOLDED
from storage.spelling import fold

Row = TypeVar("Row", bound=Base)

AT_ONCE = 100  # numbers taken from a sequence of PostgreSQL; those left over are given to nobody


def put(connection: Connection, row: Base) -> None:
    """Write one new row now, with its number; what it is linked with is on record already. No session knows of it.

    Errors: those of the database.
    """
    shape = _shape(type(row))
    values = shape.values(connection, row)
    del values["id"]
    row.__dict__["id"] = connection.execute(shape.insert, values).inserted_primary_key[0]  # type: ignore[index]  # of one


def new(kind: type[Row], values: Mapping[str, Any]) -> Row:
    """A new row, with all that a new one has and nothing behind it; for `put` and for `NewRows`.

    Why: of each value that is set SQLAlchemy keeps what was there before, for a session, which this row never sees.
    """
    shape = _shape(kind)
    row: Row = shape.mapper.class_manager.new_instance()
    said = row.__dict__
    said.update(shape.blank)
    for name, make in shape.anew:
        said[name] = make()
    said.update(values)
    for folded, of in shape.foldings:
        said[folded] = None if said[of] is None else fold(said[of])
    return row


class NewRows:
    """What one transaction adds in this way."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[str, list[Any]] = {}
        self._numbers: dict[str, Iterator[int]] = {}
        self._last: Mapping[Any, int | None] = {}

    def add(self, row: Any) -> None:  # noqa: ANN401 - of any model that has an `id`
        """Keep a row for the end, and give it its number."""
        name = row.__tablename__
        if name not in self._numbers:
            self._numbers[name] = self._sequence(name) if self._is_postgres else self._free(name)
        row.__dict__["id"] = next(self._numbers[name])
        self._rows.setdefault(name, []).append(row)

    def write(self) -> None:
        """Put all on record. Errors: those of the database."""
        connection = self._session.connection()
        for table in Base.metadata.sorted_tables:
            if rows := self._rows.pop(table.name, None):
                shape = _shape(type(rows[0]))  # type: ignore[arg-type]  # a class is hashable
                execute_many(connection, shape.insert, [shape.values(connection, row) for row in rows])

    @property
    def _is_postgres(self) -> bool:
        return self._session.get_bind().dialect.name == "postgresql"

    def _free(self, name: str) -> Iterator[int]:
        """The numbers that SQLite would give, for nobody else writes meanwhile."""
        if not self._last:
            self._last = self._session.execute(_last_numbers()).mappings().one()
        return count((self._last[name] or 0) + 1)

    def _sequence(self, name: str) -> Iterator[int]:
        following = func.nextval(func.pg_get_serial_sequence(f'"{name}"', "id"))
        taken = select(following).select_from(func.generate_series(1, AT_ONCE).alias())
        while True:
            yield from self._session.scalars(taken).all()


@dataclass(frozen=True)
class _Shape:
    """How a row of a model becomes values: its links, and each column with what it is where nothing was said."""

    mapper: Mapper[Any]
    insert: Insert
    links: tuple[tuple[str, str, str], ...]  # attribute, attribute of its column, attribute of the other side
    columns: tuple[tuple[str, str, Callable[[], Any]], ...]  # attribute, column, default
    blank: Mapping[str, Any]  # every attribute of a new row that is nothing, a number or a text then, and what it is
    anew: tuple[tuple[str, Callable[[], Any]], ...]  # the others: each row has one of its own
    foldings: tuple[tuple[str, str], ...]  # attribute, the attribute that it follows

    def values(self, connection: Connection, row: Base) -> dict[str, Any]:
        """Of every column, those of its links among them, after what is done before an insert."""
        said = row.__dict__
        for name, number, of in self.links:
            if (other := said.get(name)) is not None:
                said[number] = other.__dict__[of]
        if self.mapper.dispatch.before_insert:
            self.mapper.dispatch.before_insert(self.mapper, connection, inspect(row))
        return {column: said[name] if name in said else default() for name, column, default in self.columns}


@cache
def _shape(kind: type[Base]) -> _Shape:
    mapper, table = inspect(kind), cast("Table", kind.__table__)
    links = [_link(mapper, one) for one in mapper.relationships if one.direction is RelationshipDirection.MANYTOONE]
    columns = [(one.key, one.columns[0].key, _default(mapper, one.columns[0])) for one in mapper.column_attrs]
    blank: dict[str, Any] = {one.key: [] if one.uselist else None for one in mapper.relationships}
    blank |= {name: default() for name, _, default in columns}
    anew = [(name, type(value)) for name, value in blank.items() if isinstance(value, list | dict)]
    infos = {name: table.columns[column].info for name, column, _ in columns}
    foldings = [(name, info[FOLDED]) for name, info in infos.items() if FOLDED in info]
    return _Shape(
        mapper, insert(table), tuple(filter(None, links)), tuple(columns), blank, tuple(anew), tuple(foldings)
    )


def _link(mapper: Mapper[Any], link: RelationshipProperty[Any]) -> tuple[str, str, str] | None:
    if link.viewonly:
        return None
    ((own, other),) = link.local_remote_pairs or ()
    return link.key, mapper.get_property_by_column(own).key, link.mapper.get_property_by_column(other).key


def _default(mapper: Mapper[Any], column: Any) -> Callable[[], Any]:  # noqa: ANN401 - of many sorts to SQLAlchemy
    default = column.default
    if column is mapper.version_id_col:
        return lambda: 1
    if default is not None and default.is_callable:
        return lambda: default.arg(None)
    return lambda: None if default is None else default.arg


@cache
def _last_numbers() -> Select[Any]:
    tables: list[Table] = [table for table in Base.metadata.sorted_tables if "id" in table.c]
    return select(*(select(func.max(table.c.id)).scalar_subquery().label(table.name) for table in tables))
