"""Pages of long lists: found by the record they begin behind, not by a number; all of them are counted to a limit.

In: where a page begins; how the list goes on from there. Out: what stands on it, and whether there is more either way.
Why not by number: to find the hundredth page, a database reads the ninety-nine before it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import SQLColumnExpression

T = TypeVar("T")
K = TypeVar("K")

COUNTED = 1000
"""So many are counted; of a list with more, the total is one more than this."""
FEW = 100
"""So many are read at once: to read them costs no more than to count them."""


Ask = Callable[[K | None, bool, int], Sequence[K]]
"""(key, before, n): the first n that come after a key, from the beginning where it is None; or the last n before it,
the nearest first."""


@dataclass(frozen=True)
class PageStart:
    """Where a page stands: behind the record of this number, or before it; without one it is the first page."""

    number: int | None = None
    before: bool = False


FIRST = PageStart()


@dataclass(frozen=True)
class Page(Generic[T]):
    """What stands on a page; how many there are in all, COUNTED + 1 at most; whether others come before and after."""

    rows: Sequence[T]
    total: int
    is_back: bool = False
    is_more: bool = False


@dataclass(frozen=True)
class Turned(Generic[K]):
    """The keys of a page. total: of the whole list, COUNTED + 1 at most."""

    total: int
    keys: list[K] = field(default_factory=list)
    is_back: bool = False
    is_more: bool = False


def in_order(*columns: SQLColumnExpression[Any], before: bool) -> list[SQLColumnExpression[Any]]:
    """The order of a list; backwards for what stands before a key."""
    return [one.desc() for one in columns] if before else list(columns)


def turn(ask: Ask[K], key: K | None, *, before: bool, limit: int, count: Callable[[], int] | None = None) -> Turned[K]:
    """The keys of a page of `limit`.

    A page before which there is less than one page is the first. All are counted by reading as far, which gives the
    first page at once; or by `count`, COUNTED + 1 at most, where to read so many takes longer and there are not few.
    """
    most = max(limit, COUNTED if count is None else FEW)
    first = list(ask(None, False, most + 1))
    total = min(len(first), COUNTED + 1) if count is None or len(first) <= most else count()
    if key is not None and before:
        found = list(ask(key, True, limit + 1))
        if len(found) >= limit:
            return Turned(total, found[:limit][::-1], is_back=len(found) > limit, is_more=True)
        key = None
    found = first if key is None else list(ask(key, False, limit + 1))
    return Turned(total, found[:limit], is_back=key is not None, is_more=len(found) > limit)


def count(ways: Iterable[Iterable[int]]) -> int:
    """How many a list has, COUNTED + 1 at most.

    ways: the numbers of what each way to it leads to, COUNTED + 1 at most. They are gone one after the other, the
    largest first, no further than it takes.
    """
    found: set[int] = set()
    for numbers in ways:
        found.update(numbers)
        if len(found) > COUNTED:
            return COUNTED + 1
    return len(found)
