"""A register beside the record: what is counted of it, and which of its rows are to be imported.

In: its lines, one after the other, each as the record showed it. Out: numbers, and as many lines as a screen shows.
"""

from dataclasses import dataclass, field
from pathlib import Path

from handlers.registers.reading import Doubt, Entry
from handlers.registers.report import Counts, Line
from handlers.registers.rows import Skipped

SHOWN = 40  # of each kind on the screen; the files have all
JOINED_SHOWN = 5  # rows of several lines, and the last one: what stands below the table may have joined it


@dataclass
class CheckedRegister:
    """A register beside the record. `new`: of each entry, in order, whether it is to be imported.

    doubts, skipped: as many of the first as are shown. joined: so are rows of several lines, {number: further lines}.
    files: drafts of the report and of the corrections.
    """

    result: Path
    corrections: Path
    counts: Counts = field(default_factory=Counts)
    new: bytearray = field(default_factory=bytearray)
    doubts: list[Doubt] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    joined: dict[int, tuple[int, ...]] = field(default_factory=dict)
    joined_lines: int = 0
    joined_rows: int = 0

    def add(self, line: Line, *, new: bool) -> None:
        """One more line; `new`: nothing on record has its number."""
        self.counts.add(line)
        if not isinstance(line, Skipped) and line.joined:
            self._add_joined(line.row, line.joined)
        if isinstance(line, Entry):
            self.new.append(new)
        elif isinstance(line, Doubt):
            self.doubts += [line] if len(self.doubts) < SHOWN else []
        else:
            self.skipped += [line] if len(self.skipped) < SHOWN else []

    def _add_joined(self, row: int, lines: tuple[int, ...]) -> None:
        self.joined_rows += 1
        self.joined_lines += len(lines)
        if len(self.joined) > JOINED_SHOWN:
            self.joined.popitem()
        self.joined[row] = lines

    @property
    def to_import(self) -> int:
        """How many entries are new."""
        return sum(self.new)

    @property
    def known(self) -> int:
        """How many are on record already."""
        return len(self.new) - self.to_import
