"""Pages of a list: ten rows, two lines each, is what a phone shows at once.

In: the line that asks for a list, and which page of it. Out: the lines of the pages beside it.
A list that grows for years is turned by its records (`place`, `beside`: `case list after:42`), so that a page costs the
same wherever it stands; a short one by numbers (`Pages`: `desk person page:2`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol, TypeVar

from handlers.language.values import Whole
from handlers.language.values.references import TypedRef
from storage.record.paged import FIRST, PageStart
from storage.record.paged import Page as Rows

T = TypeVar("T")

ROWS = 10
Page = Annotated[int, Whole(min=1, max=9999)]


class Numbered(Protocol):
    """A record."""

    id: Any
    ref: Any


def line_of(words: str, named: Mapping[str, object]) -> str:
    """A command with the values that were given, such as codes, that need no quotes."""
    return " ".join((words, *(f"{name}:{value}" for name, value in named.items() if value)))


def place(find: Callable[[TypedRef], Numbered], after: TypedRef | None, before: TypedRef | None) -> PageStart:
    """Where a page stands that was asked for by a record beside it; the first one where none was named.

    find: how the record is fetched. Errors: its own, where there is none that the asker sees.
    """
    if typed := after or before:
        return PageStart(find(typed).id, before=after is None)
    return FIRST


def beside(line: str, page: Rows[Any], refs: Sequence[str]) -> tuple[str, str]:
    """What asks for the next page, and for the one before; empty where there is none. refs: of the rows shown."""
    more = f"{line} after:{refs[-1]}" if refs and page.is_more else ""
    return more, f"{line} before:{refs[0]}" if refs and page.is_back else ""


@dataclass(frozen=True)
class Pages:
    """Where a page lies. `line`: what asks for the first one; `rows`: how many stand on one."""

    line: str
    page: int
    rows: int = ROWS

    def within(self, total: int) -> "Pages":
        """The last page, where one behind it was asked for: what there was on it may be gone since."""
        return replace(self, page=min(self.page, max(1, -(-total // self.rows))))

    @property
    def skip(self) -> int:
        """How many rows come before it."""
        return self.rows * (self.page - 1)

    def of(self, rows: Sequence[T]) -> tuple[T, ...]:
        """The rows of the page, of all there are."""
        return tuple(rows[self.skip : self.skip + self.rows])

    def next_line(self, total: int) -> str:
        """What asks for the next page; empty on the last."""
        return f"{self.line} page:{self.page + 1}" if total > self.rows * self.page else ""

    @property
    def back_line(self) -> str:
        """What asks for the page before; empty on the first."""
        return f"{self.line} page:{self.page - 1}" if self.page > 1 else ""
