"""A spreadsheet that opens a .csv and saves it as an office's does: numbers and dates are no longer what was written.

As of the usual programs: leading zeros go, twelve digits and more become 1.00064E+11, 5/2016 becomes May-16; words,
and whatever has a quote before it, stay. The separator and the encoding are those of the machine.
"""

import csv
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

LONGEST_SHOWN = 11  # digits
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e\d+)?", re.IGNORECASE)
DATES = {"%m/%Y": "%b-%y", "%d-%m": "%d-%b", "%b-%y": "%b-%y", "%b %d": "%d-%b", "%d-%b-%Y": "%d-%b-%y"}
"""{what a cell says: how it is written afterwards}."""


def saved(file: Path, *, encoding: str = "cp1252") -> Path:
    """The file, after somebody opened it, changed nothing and saved it."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.reader(opened))
    with file.open("w", encoding=encoding, newline="") as closed:
        csv.writer(closed, delimiter=";").writerows([shown(cell) for cell in row] for row in rows)
    return file


def shown(cell: str) -> str:
    """What a cell says after that."""
    if NUMBER.fullmatch(cell):
        value = float(cell)
        return f"{value:.5E}" if value >= 10**LONGEST_SHOWN or "e" in cell.lower() else f"{value:g}"
    for form, after in DATES.items():
        year, given = ("", "") if "%Y" in form or "%y" in form else (" 2016", " %Y")
        with suppress(ValueError):
            return datetime.strptime(cell + year, form + given).strftime(after)  # noqa: DTZ007 - a day of no place
    return cell
