"""Pages of a list: ten rows, two lines each, is what a phone shows at once.

In: the line that asks for a list, which page of it, how many rows there are in all. Out: what is skipped, and the lines
of the pages beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from handlers.language.values import Whole

T = TypeVar("T")

ROWS = 10
Page = Annotated[int, Whole(min=1, max=9999)]


@dataclass(frozen=True)
class Pages:
    """Where a page lies. `line`: what asks for the first one."""

    line: str
    page: int

    @property
    def skip(self) -> int:
        """How many rows come before it."""
        return ROWS * (self.page - 1)

    def of(self, rows: Sequence[T]) -> tuple[T, ...]:
        """The rows of the page, of all there are."""
        return tuple(rows[self.skip : self.skip + ROWS])

    def next_line(self, total: int) -> str:
        """What asks for the next page; empty on the last."""
        return f"{self.line} page:{self.page + 1}" if total > ROWS * self.page else ""

    @property
    def back_line(self) -> str:
        """What asks for the page before; empty on the first."""
        return f"{self.line} page:{self.page - 1}" if self.page > 1 else ""
