"""Dates as registers hold them -> `date`, without ever guessing which number is the month.

Understood: date cells, spreadsheet serials (42447), 2016-03-05, 05/03/2016 with / - or dots, 5-Mar-16, 5 March 2016,
March 5, 2016, each with or without a time; "05-Mar-2016 or 03-May-2016" is a date that may be two, as the file of
corrections holds it. Two-digit years are 19yy from 90 on, else 20yy.

What 05/03 means, the evidence of its column says (`evidence`); where nothing does, the date is doubtful.
A time with an offset is that place's own, and its day is taken. From noon on, a time in UTC is the next day further
east, so it may be two; in the morning its day is taken, as midnight UTC is how programs write a date.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from handlers.registers.lines import EPOCH_1900, Cell, Held
from handlers.registers.text import key, plain, says_nothing

FIRST_YEAR, LAST_YEAR = 1990, 2099
TWO_DIGITS = 100
MONTHS = 12
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
AWAITED = frozenset({"pending", "awaited", "replyawaited", "noreply", "noresponse", "notreceived", "notyet"})
"""What people write for a date that is still to come, as `key` leaves it."""
TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]m)?(?: ?(?:Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?))?)?"
NEXT_DAY_FURTHER_EAST = re.compile(r"[T ](?:1[2-9]|2\d):[\d:.,]+ ?(?:Z|UTC|GMT|[-+]00(?::?00)?)", re.IGNORECASE)
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
WORD = re.compile(r"[A-Za-z]{3,}")
EITHER = re.compile(
    r"(?P<one>\d{2}-[a-z]{3}-\d{4}) or (?P<unsettled>perhaps )?(?P<other>\d{2}-[a-z]{3}-\d{4})", re.IGNORECASE
)
Source = Literal["mapping", "this column", "the other date columns", "contradicting", "nothing"]
Swapped = Literal["no", "perhaps", "yes"]
THIS: Source = "this column"
OTHERS: Source = "the other date columns"


class NotADate(ValueError):
    """The text does not look like a date."""


class ImpossibleDate(ValueError):
    """It looks like a date, but there is no such day between 1990 and 2099."""


@dataclass
class TwoDates(ValueError):
    """It may be either, and nothing in the file says which. `settled`: whether a word on the order would say it."""

    day_first: date
    month_first: date
    settled: bool = True


class Shape(NamedTuple):
    """How a date in numbers is written, whatever it says: 5/03/18 is "/", 2, False, "10".

    sign: what parts the numbers. year: its digits. timed: whether a time follows. zeros: of the first and the second
    number, "0" where a zero stands before it, "1" where one could, "-" from 10 on.
    """

    sign: str
    year: int
    timed: bool
    zeros: str


@dataclass(frozen=True)
class DateOrder:
    """How the dates of one column are read, and what proves it.

    day_first: None when nothing proves it. proved_by, against: how many dates can only be read this way, or the other.
    matters: whether the column holds a date in numbers at all; else no word about the order is needed.
    swapped: whether a spreadsheet turned dates round when it made cells of them; "perhaps" leaves these in doubt.
    cells: how many dates that concerns. spelt: how many dates in words, or ISO, are perhaps such cells, written out
    again; these are never turned, only doubted. text_day_first: the order of the texts that spreadsheet could not read.
    mixed: whether sound dates stand among those, so that no word about the order settles them.
    shapes: {how dates in numbers are written that such cells were perhaps saved as: whether a word about the order
    settles them}. numbers: how many dates that concerns.
    """

    day_first: bool | None
    proved_by: int = 0
    against: int = 0
    source: Source = "nothing"
    epoch: datetime = EPOCH_1900
    matters: bool = True
    swapped: Swapped = "no"
    cells: int = 0
    spelt: int = 0
    text_day_first: bool = True
    mixed: bool = False
    shapes: Mapping[Shape, bool] = field(default_factory=dict)
    numbers: int = 0

    @property
    def doubted(self) -> int:
        """How many dates a spreadsheet has perhaps swapped."""
        return self.spelt + self.numbers + (self.cells if self.swapped == "perhaps" else 0)

    def read(self, cell: Cell) -> date | None:
        """The date; None for a blank. Raises `NotADate`, `ImpossibleDate` or `TwoDates`."""
        if isinstance(cell, Held) and cell.day:
            return self._by_program(cell.day, self.swapped)
        words = plain(str(cell))
        if says_nothing(words) or key(words) in AWAITED:
            return None
        if SERIAL.fullmatch(words):
            return self._by_program(serial_day(int(words[:5]), self.epoch), self.swapped)
        return self._text(words)

    def _text(self, words: str) -> date:
        if numbers := NUMBERS.fullmatch(words):
            first, second, year = int(numbers[1]), int(numbers[3]), year_of(numbers[4])
            return self._in_order(first, second, year, settled=self.shapes.get(shape(numbers)))
        if either := EITHER.fullmatch(words):
            return self._chosen(either)
        day = self._by_program(spelt(words), "perhaps" if self.spelt else "no")
        if NEXT_DAY_FURTHER_EAST.search(words):
            raise TwoDates(day, day + timedelta(days=1), settled=False)
        return day

    def _by_program(self, day: date, swapped: Swapped) -> date:
        """A date that a program may have written, as it stands or turned round."""
        shown, turned = _plausible(day.year, day.month, day.day), turned_round(day)
        if swapped == "no" or turned == shown:
            return shown
        if swapped == "yes":
            return turned
        settled = self.source != "mapping" and not self.mixed  # else a person's word was there, and did not settle it
        raise TwoDates(*((turned, shown) if self.text_day_first else (shown, turned)), settled=settled)

    def _in_order(self, first: int, second: int, year: int, *, settled: bool | None) -> date:
        """A date in numbers. `settled`: of a shape in doubt, whether a word would settle it; None of any other."""
        if settled is not None and max(first, second) <= MONTHS and first != second:
            raise TwoDates(_plausible(year, second, first), _plausible(year, first, second), settled=settled)
        if self.day_first is not None:
            day, month = (first, second) if self.day_first else (second, first)
            return _plausible(year, month, day)
        if first > MONTHS or first == second:
            return _plausible(year, second, first)
        if second > MONTHS:
            return _plausible(year, first, second)
        raise TwoDates(_plausible(year, second, first), _plausible(year, first, second))

    def _chosen(self, either: re.Match[str]) -> date:
        """Of two dates in the file of corrections: only a person's word chooses, as the proofs stayed behind."""
        day_first, month_first = (spelt(either[name]) for name in ("one", "other"))
        if self.source != "mapping" or either["unsettled"]:
            raise TwoDates(day_first, month_first, settled=not either["unsettled"])
        return day_first if self.day_first else month_first


def written(day: date | TwoDates) -> str:
    """A date as "05-Mar-2018": the form that a spreadsheet of any country leaves unmistakable when it saves again.

    Of two dates both, so that it stays in doubt until somebody takes one away.
    """
    if isinstance(day, TwoDates):
        return f"{written(day.day_first)} or {'' if day.settled else 'perhaps '}{written(day.month_first)}"
    return f"{day.day:02}-{MONTH_NAMES[day.month - 1][:3].title()}-{day.year}"


def is_date(words: str) -> bool:
    """Whether words look like a date in any form but a serial, be it possible or not."""
    if NUMBERS.fullmatch(words) or YEAR_FIRST.fullmatch(words):
        return True
    return bool((DAY_NAME.fullmatch(words) or NAME_DAY.fullmatch(words)) and names_month(words))


def names_month(words: str) -> bool:
    """Whether some word of it is the name of a month, or its first three letters or more."""
    return any(name.startswith(word.casefold()) for word in WORD.findall(words) for name in MONTH_NAMES)


def turned_round(day: date) -> date:
    """The date with day and month changed over; the same where there is none such."""
    return date(day.year, day.day, day.month) if day.day <= MONTHS else day


def serial_day(number: int, epoch: datetime) -> date:
    """The day of a spreadsheet's serial. `epoch`: its day 0."""
    return epoch.date() + timedelta(days=number)


def spelt(words: str) -> date:
    """A date with its month's name, or ISO. Raises `NotADate` or `ImpossibleDate`."""
    if match := YEAR_FIRST.fullmatch(words):
        return _plausible(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := DAY_NAME.fullmatch(words) or NAME_DAY.fullmatch(words):
        return _plausible(year_of(match["year"]), _month(match["month"]), int(match["day"]))
    raise NotADate


def shape(numbers: re.Match[str]) -> Shape:
    """How a match of `NUMBERS` is written."""
    zeros = "".join("0" if number[0] == "0" else "1" if len(number) == 1 else "-" for number in numbers.group(1, 3))
    return Shape(numbers[2], len(numbers[4]), numbers.end(4) < numbers.end(), zeros)


def year_of(digits: str) -> int:
    """The year that two digits or four mean."""
    year = int(digits)
    if year >= TWO_DIGITS:
        return year
    return 1900 + year if year >= FIRST_YEAR % TWO_DIGITS else 2000 + year


def _month(word: str) -> int:
    for number, name in enumerate(MONTH_NAMES, start=1):
        if name.startswith(word.casefold()):
            return number
    raise NotADate


def exists(year: int, month: int, day: int) -> bool:
    """Whether there is such a day between 1990 and 2099."""
    try:
        _plausible(year, month, day)
    except ImpossibleDate:
        return False
    return True


def _plausible(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ImpossibleDate
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ImpossibleDate from error
