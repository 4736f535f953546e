"""The index on PostgreSQL: a row of pieces for each case, as a tsvector under a GIN index.

A GIN index finds all there is before it gives the first, in no order. So its pieces begin with the number of the window
of WINDOW cases that theirs is in, and windows are asked newest first until there are enough: what is in every case is
read for the newest alone, and what is in few takes a handful of statements, each over more windows than the one before.
Pieces never go through the grammar of `to_tsquery`: they stand in quotes, and what is special there is doubled.
Why `enable_seqscan` is off from then on in the transaction: the planner takes unpacking a tsvector for free, and reads
all of them rather than the index when it expects many.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, cast, column, delete, func, insert, or_, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.types import Text

from storage.database.unit_of_work import UnitOfWork
from storage.search import pieces
from storage.search.documents import Document
from storage.search.pieces import Piece, Wanted

WINDOW = 13  # bits of a case's number: 8,192 cases
GROWTH = 8  # times as many windows in the next statement, at most
_TABLE = table("search_words", column("case_id"), column("pieces"))
_PUT = insert(_TABLE).values(
    case_id=bindparam("of"), pieces=func.array_to_tsvector(func.string_to_array(bindparam("cut", type_=Text), " "))
)


def put(work: UnitOfWork, documents: Iterable[Document]) -> None:
    """Put those cases in, of which nothing is there."""
    rows = [{"of": one.case_id, "cut": written(one.case_id, pieces.of_document(one))} for one in documents]
    if rows:
        work.session.connection().execute(_PUT, rows)


def drop(work: UnitOfWork, documents: Iterable[Document]) -> None:
    """Take those cases out."""
    work.session.execute(delete(_TABLE).where(_TABLE.c.case_id.in_([one.case_id for one in documents])))


def clear(work: UnitOfWork) -> None:
    """Take all out."""
    work.session.execute(text("TRUNCATE search_words"))


def newest(work: UnitOfWork, wanted: Wanted, *, before: int, most: int) -> Sequence[int]:
    """The numbers of the cases under `before` that have what is wanted, newest first, `most` at most."""
    work.session.execute(text("SET LOCAL enable_seqscan = off"))
    last = work.session.scalar(select(func.max(_TABLE.c.case_id)).where(_TABLE.c.case_id < before))
    found: list[int] = []
    top, count = -1 if last is None else last >> WINDOW, 1
    while top >= 0 and len(found) < most:
        windows = range(top, max(top - count, -1), -1)
        found += _within(work, wanted, windows, before)
        top -= count
        count = _next(count, len(found), most)
    return found[:most]


def _next(count: int, found: int, most: int) -> int:
    """How many windows are likely to hold the rest: some more, unless there are many in each."""
    return max(1, min(count * GROWTH, most * count // max(found, 1)))


def _within(work: UnitOfWork, wanted: Wanted, windows: Iterable[int], before: int) -> Sequence[int]:
    conditions = [_TABLE.c.pieces.bool_op("@@")(cast(_expression(wanted, one), TSQUERY)) for one in windows]
    query = select(_TABLE.c.case_id).where(or_(*conditions), _TABLE.c.case_id + 0 < before)  # not by the primary key
    return sorted(work.session.scalars(query), reverse=True)


def written(case_id: int, found: Iterable[str]) -> str:
    """Pieces of a case with a space between: none is in any. Why not as a list: each would be quoted by itself."""
    window = f"{case_id >> WINDOW}:"
    return " ".join([window + piece for piece in found])


def _expression(wanted: Wanted, window: int) -> str:
    return _joined(
        "&",
        (_joined("|", (_joined("&", (_quoted(one, window) for one in way)) for way in ways)) for ways in wanted),
    )


def _joined(sign: str, parts: Iterable[str]) -> str:
    return f"({sign.join(parts)})"


def _quoted(piece: Piece, window: int) -> str:
    whole = f"{window}:{piece.text}".replace("\\", "\\\\").replace("'", "''")
    return f"'{whole}'{':*' if piece.begins else ''}"
