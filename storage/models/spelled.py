"""Texts that are searched or compared by what they say: their folding is stored beside them.

    name: Mapped[str] = mapped_column(String(100))
    name_folded: Mapped[str | None] = folding("name")

From then on the second follows the first (`storage/spelling.py`), whatever sets it, and to nothing as well: words that
are erased are erased twice. It is for the database alone: it is not loaded with its row, and to read it is an error.
Why stored: a function of ours that the database calls for each row is another one on each database, and slower.
Must change together: such a line, and a migration that adds the column and fills it. A statement that writes the first
column without a row at hand would leave the second behind: `tests/storage/test_spelling.py` lets none stand.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Text, event, false
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, Mapper, mapped_column

from storage.models.base import Base
from storage.spelling import fold

FOLDED = "folding of"


def folding(of: str) -> MappedColumn[str | None]:
    """The column of what another column folds to; it is called `<that one>_folded`."""
    return mapped_column(Text, deferred=True, deferred_raiseload=True, info={FOLDED: of})


def contains(column: InstrumentedAttribute[Any], part: str) -> ColumnElement[bool]:
    """True where a text holds a part, whatever the spelling; `%` and `_` in it are only characters.

    A part of which nothing is left is held nowhere.
    """
    folded = fold(part)
    return _stored(column).contains(folded, autoescape=True) if folded else false()


def same(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """True where a text is that one, whatever the spelling; one of which nothing is left is nowhere."""
    return same_as_any(column, (text,))


def same_as_any(column: InstrumentedAttribute[Any], texts: Iterable[str]) -> ColumnElement[bool]:
    """True where a text is one of those, in the same way."""
    return _stored(column).in_({fold(text) for text in texts} - {""})


def _stored(column: InstrumentedAttribute[Any]) -> InstrumentedAttribute[Any]:
    stored: InstrumentedAttribute[Any] = getattr(column.class_, f"{column.key}_folded")
    return stored


@event.listens_for(Base, "after_mapper_constructed", propagate=True)
def _keep_in_step(mapper: Mapper[Any], kind: type[Base]) -> None:
    for column in mapper.columns:
        if FOLDED in column.info:
            event.listen(getattr(kind, column.info[FOLDED]), "set", _follow(column.key))


def _follow(stored: str) -> Any:  # noqa: ANN401 - what SQLAlchemy calls
    def follow(row: Base, text: str | None, _before: object, _initiator: object) -> None:
        setattr(row, stored, None if text is None else fold(text))

    return follow
