"""Pieces: how much is written at once where there is much to write, so that a desk which runs beside waits for little.

In: rows, and how long each piece of them took. Out: pieces of the next size, with a pause behind each in which whoever
waits gets in.
Why measured and not a number of rows: what a piece takes depends on the machine, and on what its rows hold.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

WRITING_SECONDS = 0.04  # of one piece: nobody else can write meanwhile
PAUSE = 0.1  # behind each, as a part of what it took
LEAST_PAUSE_SECONDS = 0.005  # more than who waits lets pass before looking again (`storage/database/engine.py`)
LEAST, FIRST, MOST = 20, 20, 500  # rows; with fewer, what a piece costs beside its rows outweighs them


class Pieces(Generic[T]):
    """Rows in pieces. After each: `took`."""

    def __init__(self, rows: Iterable[T]) -> None:
        self._left, self._size = iter(rows), FIRST

    def __iter__(self) -> Iterator[list[T]]:
        while piece := list(itertools.islice(self._left, self._size)):
            yield piece

    def took(self, rows: int, seconds: float) -> None:
        """A piece of so many rows was written in so many seconds. Lets others write, for a moment."""
        fitting = int(rows * WRITING_SECONDS / max(seconds, 1e-6))
        self._size = max(LEAST, min(fitting, 2 * self._size, MOST))
        time.sleep(max(seconds * PAUSE, LEAST_PAUSE_SECONDS))
