"""A register beside the record: what is counted of it, and which of its rows are to be imported.

In: its lines, one after the other, each as the record showed it. Out: numbers, and as many lines as a screen shows.
"""

from dataclasses import dataclass, field
from pathlib import Path

from handlers.registers.reading import Doubt, Entry
from handlers.registers.report import Counts, Line
from handlers.registers.rows import Skipped

SHOWN = 40  # of each kind on the screen; the files have all


@dataclass
class CheckedRegister:
    """A register beside the record. `new`: of each entry, in order, whether it is to be imported.

    doubts, skipped: as many of the first as are shown. files: drafts of the report and of the corrections.
    """

    result: Path
    corrections: Path
    counts: Counts = field(default_factory=Counts)
    new: bytearray = field(default_factory=bytearray)
    doubts: list[Doubt] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, line: Line, *, new: bool) -> None:
        """One more line; `new`: nothing on record has its number."""
        self.counts.add(line)
        if isinstance(line, Entry):
            self.new.append(new)
        elif isinstance(line, Doubt):
            self.doubts += [line] if len(self.doubts) < SHOWN else []
        else:
            self.skipped += [line] if len(self.skipped) < SHOWN else []

    @property
    def to_import(self) -> int:
        """How many entries are new."""
        return sum(self.new)

    @property
    def known(self) -> int:
        """How many are on record already."""
        return len(self.new) - self.to_import
