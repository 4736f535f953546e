"""What is drawn once is on record many times: each drawn row becomes so many, one behind the other.

In: rows with MARK where the texts of two copies differ. Out: expressions of SQL, of which each makes a column of a copy
from that of its row, and the same for a text in memory. A case, its requests, holds and clocks are copied together,
so that links lead from a copy to its own; dates and people are those of the row, so years, agencies and desks keep
their shares. Copies stand beside each other, for newer rows have to have higher numbers.
"""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, Table

from storage.models import AuditLine, Case
from tests.bench.words import EVERY, RARE

MARK = "§"  # in no word that is drawn
DIGEST = "0" * 48
LONG = 10**16


@dataclass(frozen=True)
class Copies:
    """How many of each. `lines`: of the audit trail, before the first."""

    count: int
    lines: int

    @property
    def width(self) -> int:
        """Digits that MARK stands for."""
        return len(str(self.count - 1)) if self.count > 1 else 0

    def written(self, text: str, copy: int) -> str:
        """A text of a copy, from 0."""
        return text.replace(MARK, f"{copy:0{self.width}d}" if self.width else "")

    def number(self, number: int, copy: int) -> int:
        """The number of a copy's row, where that of the drawn one is `number`."""
        return (number - 1) * self.count + copy + 1

    def place(self, place: int, copy: int) -> int:
        """The place in its year of a case whose reference ends in a number and MARK."""
        return place * 10**self.width + copy

    def statement(self, table: Table, names: tuple[str, ...], literals: dict[str, str]) -> str:
        """Fills a table from `drawn_` and its name. literals: of columns that are alike in all rows."""
        columns = ", ".join(f'"{name}"' for name in (*names, *literals))
        chosen = ", ".join([self._expression(table.columns[name]) for name in names] + list(literals.values()))
        numbered = ", ".join(f"({copy}, '{self.written(MARK, copy)}')" for copy in range(self.count))
        return (
            f'INSERT INTO "{table.name}" ({columns})'  # noqa: S608 - our own names
            f" WITH copy(k, mark) AS (VALUES {numbered})"
            f' SELECT {chosen} FROM "drawn_{table.name}" AS t CROSS JOIN copy'
        )

    def _expression(self, column: Column[object]) -> str:
        own = f't."{column.name}"'
        if column.table is AuditLine.__table__ and column.name in ("n", "previous", "hash"):
            n = f"({self.lines} + (t.n - 1) * {self.count} + copy.k + 1)"
            digits = f"CAST({LONG} + {n} AS TEXT)" if column.name == "hash" else f"CAST({LONG - 1} + {n} AS TEXT)"
            return n if column.name == "n" else f"'{DIGEST}' || substr({digits}, 2)"
        if column.table is Case.__table__ and column.name == "number":
            return f"{own} * {10**self.width} + copy.k"
        if column.table is Case.__table__ and column.name in ("title", "title_folded"):
            return f"{own} || CASE {self._number('id')} % {EVERY} WHEN 1 THEN ' {RARE}' ELSE '' END"
        if isinstance(column.type, Integer) and (column.primary_key or _copied(column)):
            return self._number(column.name)
        return f"replace({own}, '{MARK}', copy.mark)" if column.name in MARKED else own

    def _number(self, column: str) -> str:
        return f"((t.{column} - 1) * {self.count} + copy.k + 1)"


MARKED = frozenset(
    (
        "ref",
        "ref_folded",
        "own_reference",
        "own_reference_folded",
        "their_reference",
        "their_reference_folded",
        "typed",
        "typed_folded",
        "key",
        "name",
    )
)
"""Columns whose texts hold MARK."""
COPIED = frozenset(("case", "request", "preservation"))


def is_rare(case_id: int) -> bool:
    """Whether the rare word ends the title of that case."""
    return case_id % EVERY == 1


def _copied(column: Column[object]) -> bool:
    return any(key.column.table.name in COPIED for key in column.foreign_keys)
