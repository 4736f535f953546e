"""Dates as registers hold them -> `date`, without ever guessing which number is the month.

Understood: date cells, spreadsheet serials (42447), 2016-03-05, 05/03/2016 with / - or dots, 5-Mar-16, 5 March 2016,
March 5, 2016, each with or without a time; "05-Mar-2016 or 03-May-2016" is a date that may be two, as the file of
corrections holds it. Two-digit years are 19yy from 90 on, else 20yy.

Why evidence decides: 05/03 is two dates. Where a date of the column can only be day-first (23/03), all are;
a column without such a date follows the other date columns; where nothing proves it, or the proofs contradict each
other, the date is doubtful.
Why date cells are not always believed: a spreadsheet that expects the month first makes a date cell of 06/08 (June 8)
and leaves 23/08 as text. What is left then is text with days above 12 only, and cells with none.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

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
CONTRADICTING = 1 / 50
"""Of all proofs, the share that may be slips. A typist who turns one date in 50 round also turns those that may be two;
one in 500 is a slip of the finger, and is doubtful itself."""
SOUND = 1 / 4
"""Of all dates that a program wrote, the share with a day above 12 that shows that none were left out as text. Of real
dates it is six in ten; a few typed later into a half-converted column do not make it sound."""
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
WORD = re.compile(r"[A-Za-z]{3,}")
EITHER = re.compile(
    r"(?P<one>\d{2}-[a-z]{3}-\d{4}) or (?P<unsettled>perhaps )?(?P<other>\d{2}-[a-z]{3}-\d{4})", re.IGNORECASE
)
Source = Literal["mapping", "this column", "the other date columns", "contradicting", "nothing"]
Swapped = Literal["no", "perhaps", "yes"]


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


@dataclass
class Evidence:
    """What the cells of one date column show, counted in one pass; `see` each of them once."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    written: Counter[date] = field(default_factory=Counter)
    serials: Counter[int] = field(default_factory=Counter)

    def see(self, cell: Cell) -> None:
        """Count one cell; what is no date counts for nothing, nor does a day that does not exist."""
        if isinstance(cell, Held) and cell.day:
            self.written[cell.day] += 1
            return
        words = plain(str(cell))
        if numbers := NUMBERS.fullmatch(words):
            first, second, year = int(numbers[1]), int(numbers[3]), _year(numbers[4])
            self.day_first += first > MONTHS and _exists(year, second, first)
            self.month_first += second > MONTHS and _exists(year, first, second)
            self.either += first <= MONTHS and second <= MONTHS and first != second
        elif SERIAL.fullmatch(words):
            self.serials[int(words[:5])] += 1
        elif match := YEAR_FIRST.fullmatch(words):
            year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
            if _exists(year, month, day):
                self.written[date(year, month, day)] += 1
        elif EITHER.fullmatch(words):
            self.either += 1

    @property
    def proofs(self) -> tuple[int, int]:
        """How many dates can only be day-first, and how many only month-first."""
        return self.day_first, self.month_first

    def by_programs(self, epoch: datetime) -> tuple[int, int]:
        """Of the date cells, serials and ISO dates: how many have a day above 12, how many could be two dates."""
        days = self.written + Counter({_serial(serial, epoch): times for serial, times in self.serials.items()})
        above = sum(times for day, times in days.items() if day.day > MONTHS)
        return above, sum(times for day, times in days.items() if _turned(day) != day)


@dataclass(frozen=True)
class DateOrder:
    """How the dates of one column are read, and what proves it.

    day_first: None when nothing proves it. proved_by, against: how many dates can only be read this way, or the other.
    matters: whether the column holds a date in numbers at all; else no word about the order is needed.
    swapped: whether a spreadsheet turned dates round when it made cells of them; "perhaps" leaves these in doubt.
    cells: how many dates that concerns. text_day_first: the order of the texts that spreadsheet could not read.
    """

    day_first: bool | None
    proved_by: int = 0
    against: int = 0
    source: Source = "nothing"
    epoch: datetime = EPOCH_1900
    matters: bool = True
    swapped: Swapped = "no"
    cells: int = 0
    text_day_first: bool = True

    def read(self, cell: Cell) -> date | None:
        """The date; None for a blank. Raises `NotADate`, `ImpossibleDate` or `TwoDates`."""
        if isinstance(cell, Held) and cell.day:
            return self._by_program(cell.day)
        words = plain(str(cell))
        if says_nothing(words) or key(words) in AWAITED:
            return None
        if numbers := NUMBERS.fullmatch(words):
            return self._in_order(int(numbers[1]), int(numbers[3]), _year(numbers[4]))
        return self._by_program(_serial(int(words[:5]), self.epoch)) if SERIAL.fullmatch(words) else self._text(words)

    def _text(self, words: str) -> date:
        if match := YEAR_FIRST.fullmatch(words):
            return self._by_program(_plausible(int(match["year"]), int(match["month"]), int(match["day"])))
        if either := EITHER.fullmatch(words):
            return self._chosen(either)
        return _named(DAY_NAME.fullmatch(words) or NAME_DAY.fullmatch(words))

    def _by_program(self, day: date) -> date:
        """A date that a program wrote, as it stands or turned round."""
        shown, turned = _plausible(day.year, day.month, day.day), _turned(day)
        if self.swapped == "no" or turned == shown:
            return shown
        if self.swapped == "yes":
            return turned
        settled = self.source != "mapping"  # else a person's word was there, and did not settle it
        raise TwoDates(*((turned, shown) if self.text_day_first else (shown, turned)), settled=settled)

    def _in_order(self, first: int, second: int, year: int) -> date:
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
        day_first, month_first = (_named(DAY_NAME.fullmatch(either[name])) for name in ("one", "other"))
        if self.source != "mapping" or either["unsettled"]:
            raise TwoDates(day_first, month_first, settled=not either["unsettled"])
        return day_first if self.day_first else month_first


def orders(
    columns: Mapping[str, Evidence], *, day_first: bool | None = None, epoch: datetime = EPOCH_1900
) -> dict[str, DateOrder]:
    """One order for each date column. `day_first`: what the mapping file says, which settles it.

    epoch: day 0 of the serials.
    """
    everywhere = _sum(evidence.proofs for evidence in columns.values())
    half = _sum(each.proofs for each in columns.values() if _half_converted(each, each.proofs, epoch))
    found: dict[str, DateOrder] = {}
    for code, evidence in columns.items():
        order = DateOrder(day_first, source="mapping") if day_first is not None else _order(evidence, everywhere)
        left = evidence.proofs if any(evidence.proofs) else half
        if _half_converted(evidence, left, epoch):
            order = _suspecting(order, left, evidence.by_programs(epoch)[1])
        found[code] = replace(order, epoch=epoch, matters=any((*evidence.proofs, evidence.either)))
    return found


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


def _sum(proofs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    both = tuple(proofs)
    return sum(day for day, _ in both), sum(month for _, month in both)


def _order(evidence: Evidence, everywhere: tuple[int, int]) -> DateOrder:
    own: tuple[tuple[int, int], Source] = evidence.proofs, "this column"
    others: tuple[tuple[int, int], Source] = everywhere, "the other date columns"
    (day, month), source = own if any(own[0]) else others
    if not day and not month:
        return DateOrder(None)
    most, least = max(day, month), min(day, month)
    if least > CONTRADICTING * (day + month):
        return DateOrder(None, most, least, "contradicting")
    return DateOrder(day > month, most, least, source)


def _half_converted(evidence: Evidence, left: tuple[int, int], epoch: datetime) -> bool:
    """Whether a spreadsheet may have turned some dates round: what it left as text could not be read its way."""
    above, riddles = evidence.by_programs(epoch)
    return any(left) and riddles > 0 and above < SOUND * (above + riddles)


def _suspecting(order: DateOrder, left: tuple[int, int], cells: int) -> DateOrder:
    """The order for a half-converted column: a person's word that agrees with the texts left turns the cells round."""
    text_day_first, least = left[0] > left[1], min(left)
    certain = order.source == "mapping" and least <= CONTRADICTING * sum(left)
    swapped: Swapped = "perhaps"
    if certain:
        swapped = "yes" if order.day_first == text_day_first else "no"
    return replace(order, swapped=swapped, cells=cells, text_day_first=text_day_first)


def _turned(day: date) -> date:
    """The date with day and month changed over; the same where there is none such."""
    return date(day.year, day.day, day.month) if day.day <= MONTHS else day


def _serial(number: int, epoch: datetime) -> date:
    return epoch.date() + timedelta(days=number)


def _named(match: re.Match[str] | None) -> date:
    if not match:
        raise NotADate
    return _plausible(_year(match["year"]), _month(match["month"]), int(match["day"]))


def _year(digits: str) -> int:
    year = int(digits)
    if year >= TWO_DIGITS:
        return year
    return 1900 + year if year >= FIRST_YEAR % TWO_DIGITS else 2000 + year


def _month(word: str) -> int:
    for number, name in enumerate(MONTH_NAMES, start=1):
        if name.startswith(word.casefold()):
            return number
    raise NotADate


def _exists(year: int, month: int, day: int) -> bool:
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
