"""What is gone through several times and never held in memory: lines and texts in temporary files without a name.

What comes in: lines, once, from whoever reads a file. What goes out: the same lines, in order, as often as wanted.
Only what was written here is read back, and the files are gone with the process. Raises `RegisterUnreadable` where the
disk has no room for them.
"""

import marshal
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import accumulate, islice
from typing import IO, Any

from handlers.language.errors import clause
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import Cell, Held, SheetLine

LINES_PER_BATCH = 500
TEXTS_PER_BATCH, TEXTS_NEAR = 10_000, 10_000


class Spool:
    """The lines of one sheet on disk. `tell` hears how many lines more there are."""

    def __init__(self, lines: Iterable[SheetLine], file: str, tell: Callable[[int], None] | None = None) -> None:
        self._count = 0
        self._batches: list[tuple[int, int]] = []
        """(where it begins, bytes) of each batch."""
        self._file = _temporary(file)
        weakref.finalize(self, self._file.close)
        source = iter(lines)
        while batch := [_packed(line) for line in islice(source, LINES_PER_BATCH)]:
            self._keep(marshal.dumps(batch), file)
            self._count += len(batch)
            if tell:
                tell(len(batch))

    def __iter__(self) -> Iterator[SheetLine]:
        for start, size_bytes in self._batches:
            self._file.seek(start)
            for number, cells in marshal.loads(self._file.read(size_bytes)):  # noqa: S302 - our own bytes
                yield SheetLine(number, tuple(map(_unpacked, cells)))

    def __len__(self) -> int:
        return self._count

    def _keep(self, batch: bytes, file: str) -> None:
        start = sum(self._batches[-1]) if self._batches else 0
        with _room_for(file):
            self._file.seek(start)
            self._file.write(batch)
            self._file.flush()
        self._batches.append((start, len(batch)))


class SharedTexts:
    """The shared texts of a workbook on disk, by number: a register of a million rows has millions of them."""

    def __init__(self, texts: Iterable[str], file: str) -> None:
        self._ends = array("Q", [0])
        self._near: dict[int, str] = {}
        self._file = _temporary(file, buffering=0)
        weakref.finalize(self, self._file.close)
        source = iter(texts)
        while batch := [text.encode("utf-8", "surrogatepass") for text in islice(source, TEXTS_PER_BATCH)]:
            with _room_for(file):
                self._file.write(b"".join(batch))
            self._ends.extend(accumulate(map(len, batch), initial=self._ends.pop()))

    def text(self, number: int) -> str:
        """Raises IndexError where there is no such text."""
        if (text := self._near.get(number)) is not None:
            return text
        if number < 0:
            raise IndexError(number)
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        text = self._file.read(end - start).decode("utf-8", "surrogatepass")
        if len(self._near) >= TEXTS_NEAR:
            self._near.clear()
        self._near[number] = text
        return text


def _temporary(file: str, *, buffering: int = -1) -> IO[bytes]:
    with _room_for(file):
        return tempfile.TemporaryFile(buffering=buffering)


@contextmanager
def _room_for(file: str) -> Iterator[None]:
    """Says it where the disk takes no copy of what is read from `file`."""
    try:
        yield
    except OSError as error:
        wrong = clause("no_room", why=error.strerror)
        raise RegisterUnreadable(file, (wrong,), (clause("room_on_disk"),)) from error


def _packed(line: SheetLine) -> tuple[int, list[object]]:
    return line.number, [cell if isinstance(cell, str) else _fields(cell) for cell in line.cells]


def _fields(held: Held) -> tuple[str, str, int]:
    return held.kind, held.shown, held.day.toordinal() if held.day else 0


def _unpacked(cell: Any) -> Cell:  # noqa: ANN401 - what marshal gives back
    if isinstance(cell, str):
        return cell
    kind, shown, day = cell
    return Held(kind, shown, date.fromordinal(day) if day else None)
