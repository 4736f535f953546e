"""What is said of a register: the result as counts, and the file of its doubtful rows.

What goes out: a dict ready for JSON, and a .csv with the register's own headers and four columns more, to be corrected
in any spreadsheet and read again: `reading.read` knows those columns and keeps the row numbers and diary numbers.

Why understood dates are written as 05-Mar-2018: a few rows alone no longer prove whether 05/03 is March or May.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from handlers.registers import columns
from handlers.registers.dates import written
from handlers.registers.reading import Doubt, Register
from handlers.registers.text import safe


def result(register: Register) -> dict[str, object]:
    """The counts of a register, with the keys of its truth file.

    rows: entries and doubts. requests and all that follows: entries only. by_half_year: by date sent, "2016 H1".
    doubtful: {row, diary_no, flaw}, in the order of the register; several flaws of one row stand in one text.
    """
    entries = register.entries
    return {
        "rows": len(entries) + len(register.doubts),
        "requests": len(entries),
        "by_recipient": _counts(entry.recipient for entry in entries),
        "by_half_year": _counts(f"{entry.sent_on.year} H{(entry.sent_on.month + 5) // 6}" for entry in entries),
        "by_category": _counts(entry.category for entry in entries),
        "by_outcome": _counts(entry.outcome for entry in entries),
        "by_type": _counts(entry.request_type for entry in entries),
        "refusal_reasons": _counts(reason for entry in entries for reason in entry.refusal_reasons),
        "doubtful": [
            {"row": doubt.row, "diary_no": doubt.own_reference, "flaw": doubt.flaw} for doubt in register.doubts
        ],
    }


def write_corrections(register: Register, path: Path) -> int:
    """Write the doubtful rows to `path`, safe to open in any spreadsheet; returns how many. Replaces the file."""
    headers = [*columns.CORRECTION_COLUMNS, *_headers(register)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe(header) for header in headers])
        for doubt in register.doubts:
            writer.writerow([safe(cell) for cell in (*_marks(doubt), *_cells(doubt, register))])
    return len(register.doubts)


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _headers(register: Register) -> list[str]:
    own = set(register.columns.marks.values())
    return [header for index, header in enumerate(register.columns.headers) if index not in own]


def _marks(doubt: Doubt) -> tuple[str, ...]:
    """The four columns more, in the order of `CORRECTION_COLUMNS`."""
    wrong, values, accepted = zip(*((flaw.wrong, flaw.value, flaw.accepted) for flaw in doubt.flaws), strict=True)
    return str(doubt.row), columns.BETWEEN.join(wrong), columns.BETWEEN.join(values), columns.BETWEEN.join(accepted)


def _cells(doubt: Doubt, register: Register) -> list[str]:
    found = register.columns.found
    dated = {found[code].header: written(day) for code, day in doubt.dates.items()}
    return [dated.get(header, doubt.raw.get(header, "")) for header in _headers(register)]
