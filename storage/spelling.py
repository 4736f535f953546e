"""One spelling for searching: what a person types finds what is on record, in any script, the same on both databases.

In: text as typed or kept. Out: the text folded (a string), or the same folding as SQL over a column.
Why not plain `lower()`: SQLite's knows 26 letters, and PostgreSQL's leaves the dotted capital I of Turkish and the last
sigma of Greek unlike what is typed. Phones also differ in which code points they use for one Urdu letter.
Must change together: SAME (both directions use it) and what `engine.migrate` demands of a PostgreSQL database.
"""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, String, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

SAME = {
    "İ": "i",  # Turkish capital with a dot
    "ı": "i",  # Turkish small without one  # noqa: RUF001 - not a mistake
    "ς": "σ",  # Greek sigma at the end of a word  # noqa: RUF001 - not a mistake
    "ي": "ی",  # Arabic yeh, typed for the Urdu one
    "ك": "ک",  # Arabic kaf, typed for the Urdu one
    "\u0307": "",  # the dot that lowering İ leaves behind
}
_TABLE = str.maketrans(SAME)


def fold(text: str) -> str:
    """Small letters, compatibility forms composed, and one letter for those that SAME puts together."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).lower().translate(_TABLE)


def contains(column: SQLColumnExpression[Any], part: str) -> ColumnElement[bool]:
    """True where a column holds a part, whatever the spelling; `%` and `_` in it are only characters."""
    return Folded(column).contains(fold(part), autoescape=True)


def same(column: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    """True where a column is that text, whatever the spelling."""
    return Folded(column) == fold(text)


class Folded(FunctionElement[str]):
    """`fold` as SQL. On SQLite it is the function above, which every connection brings along."""

    name = "rogatory_fold"
    type = String()
    inherit_cache = True


@compiles(Folded, "sqlite")
def _sqlite(element: Folded, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the compiler's own
    return f"rogatory_fold({compiler.process(element.clauses, **options)})"


@compiles(Folded, "postgresql")
def _postgres(element: Folded, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the compiler's own
    (column,) = element.clauses
    ones = "".join(sorted(SAME, key=lambda letter: not SAME[letter]))  # letters without a counterpart come last
    lowered = func.lower(func.normalize(column))
    return compiler.process(func.translate(lowered, ones, "".join(SAME[letter] for letter in ones)), **options)
