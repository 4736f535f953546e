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
from collections.abc import Iterable, Mapping, Sequence
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
ENOUGH = 50
"""Proofs of one column that need no other: fewer may agree by chance, where the other columns show two hands."""
SOUND = 1 / 4
"""Of all dates that a program wrote, the share with a day above 12 that shows that none were left out as text. Of real
dates it is six in ten; a few typed later into a half-converted column do not make it sound."""
ABOVE_12, UP_TO_12 = 0.6, 0.4
BY_CHANCE = 1 / 1000
"""Dates with a month's name, or ISO, are mostly a person's. That they all have days up to 12 and all others days above
12 must be this improbable before they are doubted: then a program wrote its swapped cells out again."""
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


@dataclass
class Evidence:
    """What the cells of one date column show, counted in one pass; `see` each of them once."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    held: Counter[date] = field(default_factory=Counter)
    serials: Counter[int] = field(default_factory=Counter)
    spelt: Counter[date] = field(default_factory=Counter)

    def see(self, cell: Cell) -> None:
        """Count one cell; what is no date counts for nothing, nor does a day that does not exist."""
        if isinstance(cell, Held) and cell.day:
            self.held[cell.day] += 1
            return
        words = plain(str(cell))
        if numbers := NUMBERS.fullmatch(words):
            first, second, year = int(numbers[1]), int(numbers[3]), _year(numbers[4])
            self.day_first += first > MONTHS and _exists(year, second, first)
            self.month_first += second > MONTHS and _exists(year, first, second)
            self.either += first <= MONTHS and second <= MONTHS and first != second
        elif SERIAL.fullmatch(words):
            self.serials[int(words[:5])] += 1
        elif EITHER.fullmatch(words):
            self.either += 1
        elif day := _unmistakable(words):
            self.spelt[day] += 1

    @property
    def proofs(self) -> tuple[int, int]:
        """How many dates can only be day-first, and how many only month-first."""
        return self.day_first, self.month_first

    def cells(self, epoch: datetime) -> Counter[date]:
        """The dates of cells and of serials."""
        return self.held + Counter({_serial(serial, epoch): times for serial, times in self.serials.items()})


@dataclass(frozen=True)
class DateOrder:
    """How the dates of one column are read, and what proves it.

    day_first: None when nothing proves it. proved_by, against: how many dates can only be read this way, or the other.
    matters: whether the column holds a date in numbers at all; else no word about the order is needed.
    swapped: whether a spreadsheet turned dates round when it made cells of them; "perhaps" leaves these in doubt.
    cells: how many dates that concerns. spelt: how many dates in words, or ISO, are perhaps such cells, written out
    again; these are never turned, only doubted. text_day_first: the order of the texts that spreadsheet could not read.
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

    def read(self, cell: Cell) -> date | None:
        """The date; None for a blank. Raises `NotADate`, `ImpossibleDate` or `TwoDates`."""
        if isinstance(cell, Held) and cell.day:
            return self._by_program(cell.day, self.swapped)
        words = plain(str(cell))
        if says_nothing(words) or key(words) in AWAITED:
            return None
        if SERIAL.fullmatch(words):
            return self._by_program(_serial(int(words[:5]), self.epoch), self.swapped)
        return self._text(words)

    def _text(self, words: str) -> date:
        if numbers := NUMBERS.fullmatch(words):
            return self._in_order(int(numbers[1]), int(numbers[3]), _year(numbers[4]))
        if either := EITHER.fullmatch(words):
            return self._chosen(either)
        return self._by_program(_spelt(words), "perhaps" if self.spelt else "no")

    def _by_program(self, day: date, swapped: Swapped) -> date:
        """A date that a program may have written, as it stands or turned round."""
        shown, turned = _plausible(day.year, day.month, day.day), _turned(day)
        if swapped == "no" or turned == shown:
            return shown
        if swapped == "yes":
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
        day_first, month_first = (_spelt(either[name]) for name in ("one", "other"))
        if self.source != "mapping" or either["unsettled"]:
            raise TwoDates(day_first, month_first, settled=not either["unsettled"])
        return day_first if self.day_first else month_first


def orders(
    columns: Mapping[str, Evidence],
    *,
    day_first: bool | None = None,
    epoch: datetime = EPOCH_1900,
    corrections: bool = False,
) -> dict[str, DateOrder]:
    """One order for each date column. `day_first`: what the mapping file says, which settles it.

    epoch: day 0 of the serials. corrections: a file of corrections, where all dates that stand there were understood.
    """
    everywhere = _sum(evidence.proofs for evidence in columns.values())
    half = [evidence for evidence in columns.values() if not corrections and _half_converted(evidence, epoch)]
    found: dict[str, DateOrder] = {}
    for code, evidence in columns.items():
        order = DateOrder(day_first, source="mapping") if day_first is not None else _order(evidence, everywhere)
        order = replace(order, epoch=epoch, matters=any((*evidence.proofs, evidence.either)))
        found[code] = _suspecting(order, evidence, half) if half else order
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
    if 0 < sum(evidence.proofs) < ENOUGH and _contradict(*everywhere):
        return DateOrder(None, max(everywhere), min(everywhere), "contradicting")
    (day, month), source = evidence.proofs, THIS
    if not day and not month:
        (day, month), source = everywhere, OTHERS
    if not day and not month:
        return DateOrder(None)
    most, least = max(day, month), min(day, month)
    if _contradict(day, month):
        return DateOrder(None, most, least, "contradicting")
    return DateOrder(day > month, most, least, source)


def _contradict(day: int, month: int) -> bool:
    return min(day, month) > CONTRADICTING * (day + month)


def _half_converted(evidence: Evidence, epoch: datetime) -> bool:
    """Whether the texts of a column may be what a spreadsheet could not make cells of, and its cells the others."""
    return any(evidence.proofs) and (_all_low(evidence.cells(epoch)) or _written_out_again([evidence]))


def _all_low(days: Counter[date]) -> bool:
    """Whether hardly a date has a day above 12, and some could be two dates."""
    above, riddles = _counted(days)
    return riddles > 0 and above < SOUND * (above + riddles)


def _written_out_again(columns: Iterable[Evidence]) -> bool:
    """Whether it can be no chance that dates in words have days up to 12, and those in numbers only days above 12."""
    left = riddles = 0
    for evidence in columns:
        proofs = sum(evidence.proofs)
        if _all_low(evidence.spelt) and evidence.either <= CONTRADICTING * proofs:
            left, riddles = left + proofs, riddles + _counted(evidence.spelt)[1]
    return riddles > 0 and ABOVE_12**left * UP_TO_12**riddles < BY_CHANCE


def _counted(days: Counter[date]) -> tuple[int, int]:
    """How many have a day above 12, and how many could be two dates."""
    above = sum(times for day, times in days.items() if day.day > MONTHS)
    return above, sum(times for day, times in days.items() if _turned(day) != day)


def _suspecting(order: DateOrder, evidence: Evidence, half: Sequence[Evidence]) -> DateOrder:
    """The order beside half-converted columns: a person's word that fits the texts left turns the cells round."""
    left = evidence.proofs if any(evidence.proofs) else _sum(each.proofs for each in half)
    text_day_first, certain = left[0] > left[1], min(left) <= CONTRADICTING * sum(left)
    order, days = replace(order, text_day_first=text_day_first), evidence.cells(order.epoch)
    if _all_low(evidence.spelt) and _written_out_again([*half, evidence]):
        order = replace(order, spelt=_counted(evidence.spelt)[1])
    if not _all_low(days):
        return order
    swapped: Swapped = "perhaps"
    if certain and order.source == "mapping":
        swapped = "yes" if order.day_first == text_day_first else "no"
    return replace(order, swapped=swapped, cells=_counted(days)[1])


def _turned(day: date) -> date:
    """The date with day and month changed over; the same where there is none such."""
    return date(day.year, day.day, day.month) if day.day <= MONTHS else day


def _serial(number: int, epoch: datetime) -> date:
    return epoch.date() + timedelta(days=number)


def _spelt(words: str) -> date:
    """A date with its month's name, or ISO. Raises `NotADate` or `ImpossibleDate`."""
    if match := YEAR_FIRST.fullmatch(words):
        return _plausible(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := DAY_NAME.fullmatch(words) or NAME_DAY.fullmatch(words):
        return _plausible(_year(match["year"]), _month(match["month"]), int(match["day"]))
    raise NotADate


def _unmistakable(words: str) -> date | None:
    try:
        return _spelt(words)
    except (NotADate, ImpossibleDate):
        return None


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
