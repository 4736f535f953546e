"""Dates as registers hold them -> `date`, without ever guessing which number is the month.

Understood: date cells, spreadsheet serials (42447), 2016-03-05, 05/03/2016 with / - or dots, 5-Mar-16, 5 March 2016,
March 5, 2016, each with or without a time. Two-digit years are 19yy from 90 on, else 20yy.

Why evidence decides: 05/03 is two dates. Where a date of the column can only be day-first (23/03), all are;
a column without such a date follows the other date columns; where nothing proves it, the date is doubtful.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers.registers.lines import EPOCH_1900, Cell, Held
from handlers.registers.text import is_blank, key, plain

FIRST_YEAR, LAST_YEAR = 1990, 2099
TWO_DIGITS = 100
MONTHS = 12
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
NOTHING_WORDS = frozenset({"na", "nil", "none"})
TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?)?"
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){TIME}", re.IGNORECASE)
NUMBERS = re.compile(rf"(\d{{1,2}}) ?([-/.]) ?(\d{{1,2}}) ?\2 ?(\d{{4}}|\d{{2}}){TIME}", re.IGNORECASE)
DAY_NAME = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-/., ]+(?P<month>[a-z]{{3,9}})[-/., ]+(?P<year>\d{{4}}|\d{{2}}){TIME}",
    re.IGNORECASE,
)
NAME_DAY = re.compile(
    rf"(?P<month>[a-z]{{3,9}})[-/. ]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-/., ]+(?P<year>\d{{4}}|\d{{2}}){TIME}",
    re.IGNORECASE,
)


class NotADate(ValueError):
    """The text does not look like a date."""


class ImpossibleDate(ValueError):
    """It looks like a date, but there is no such day between 1990 and 2099."""


@dataclass
class TwoDates(ValueError):
    """It may be either, and nothing in the file says which."""

    day_first: date
    month_first: date


@dataclass(frozen=True)
class DateOrder:
    """How the dates of one column are read, and what proves it.

    day_first: None when nothing proves it. proved_by, against: how many dates can only be read this way, or the other.
    source: "mapping", "this column", "the other date columns" or "nothing".
    """

    day_first: bool | None
    proved_by: int = 0
    against: int = 0
    source: str = "nothing"
    epoch: datetime = EPOCH_1900

    def read(self, cell: Cell) -> date | None:
        """The date; None for a blank. Raises `NotADate`, `ImpossibleDate` or `TwoDates`."""
        if isinstance(cell, Held) and cell.day:
            return _plausible(cell.day.year, cell.day.month, cell.day.day)
        words = plain(str(cell))
        if is_blank(words) or key(words) in NOTHING_WORDS:
            return None
        if SERIAL.fullmatch(words):
            day = self.epoch.date() + timedelta(days=int(words[:5]))
            return _plausible(day.year, day.month, day.day)
        if numbers := NUMBERS.fullmatch(words):
            return self._in_order(int(numbers[1]), int(numbers[3]), _year(numbers[4]))
        for form in (YEAR_FIRST, DAY_NAME, NAME_DAY):
            if match := form.fullmatch(words):
                return _plausible(_year(match["year"]), _month(match["month"]), int(match["day"]))
        raise NotADate

    def _in_order(self, first: int, second: int, year: int) -> date:
        if self.day_first is not None:
            day, month = (first, second) if self.day_first else (second, first)
            return _plausible(year, month, day)
        if first > MONTHS or first == second:
            return _plausible(year, second, first)
        if second > MONTHS:
            return _plausible(year, first, second)
        raise TwoDates(_plausible(year, second, first), _plausible(year, first, second))


def learn(
    columns: Sequence[Iterable[Cell]], *, day_first: bool | None = None, epoch: datetime = EPOCH_1900
) -> list[DateOrder]:
    """One order per date column, from all its cells. `day_first`: what the mapping file says, which settles it."""
    if day_first is not None:
        return [DateOrder(day_first, source="mapping", epoch=epoch) for _ in columns]
    votes = [_votes(cells) for cells in columns]
    everywhere = sum(day for day, _ in votes), sum(month for _, month in votes)
    return [_order(own, everywhere, epoch) for own in votes]


def written(day: date) -> str:
    """A date as "05-Mar-2018": the form that a spreadsheet of any country leaves unmistakable when it saves again."""
    return f"{day.day:02}-{MONTH_NAMES[day.month - 1][:3].title()}-{day.year}"


def _votes(cells: Iterable[Cell]) -> tuple[int, int]:
    """How many dates can only be day-first, and how many only month-first."""
    pairs = [
        (int(m[1]), int(m[3])) for cell in cells if isinstance(cell, str) and (m := NUMBERS.fullmatch(plain(cell)))
    ]
    day = sum(first > MONTHS >= second for first, second in pairs)
    month = sum(second > MONTHS >= first for first, second in pairs)
    return day, month


def _order(own: tuple[int, int], everywhere: tuple[int, int], epoch: datetime) -> DateOrder:
    for (day, month), source in ((own, "this column"), (everywhere, "the other date columns")):
        if day != month:
            return DateOrder(day > month, max(day, month), min(day, month), source, epoch)
    return DateOrder(None, epoch=epoch)


def _year(digits: str) -> int:
    year = int(digits)
    if year >= TWO_DIGITS:
        return year
    return 1900 + year if year >= FIRST_YEAR % TWO_DIGITS else 2000 + year


def _month(word: str) -> int:
    if word.isdecimal():
        return int(word)
    for number, name in enumerate(MONTH_NAMES, start=1):
        if name.startswith(word.casefold()):
            return number
    raise NotADate


def _plausible(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ImpossibleDate
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ImpossibleDate from error
