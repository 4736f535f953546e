"""Which days a text may mean. Pure: text and today in, dates out.

dateutil reads the text in every order of day, month and year; where the orders disagree all readings are returned, and
the person is asked. What begins with a four-digit year is read as it stands.
Why not take the likelier order: half of our readers write 02/03 for 2 March and half for 3 February, and a deadline
hangs on it.
"""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from itertools import product
from typing import Literal

from dateutil import parser

from handlers.language.errors import Clause, clause
from handlers.language.grammar import plain

Lean = Literal["past", "future", "either"]
"""Where a day is looked for of which the year, or the week, was not said."""

YEARS = range(1900, 2200)
NEARBY = timedelta(days=31)  # so near, a day is meant and not the same one a year away
NEAR_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}
SHIFT = re.compile(r"([+-]) ?([0-9]{1,4}) ?(d|days?|w|weeks?)")
YEAR_FIRST = re.compile(r"([0-9]{4})([-/. ]?)([0-9]{1,2})\2([0-9]{1,2})")
DATE_CHARACTERS = re.compile(r"[a-z0-9 /.-]+")
NUMBER = r"[0-9]{1,2}(?:st|nd|rd|th)?"
MONTH = "|".join(name.lower() for names in parser.parserinfo.MONTHS for name in names)
PHRASE = re.compile(rf"(?:{NUMBER} (?:{MONTH})|(?:{MONTH})\.? {NUMBER})\.?(?: [0-9]{{4}})?")
WORD = re.compile(rf"[0-9]{{1,8}}|(?:{MONTH})|st|nd|rd|th|of")
# Two days that differ in every part: a part that differs in the readings was not typed. Months of 31 days, leap years.
DEFAULTS = (datetime(2000, 1, 1), datetime(2004, 3, 2))  # noqa: DTZ001  # dates only, in no zone


class Unreadable(ValueError):
    """No date at all; `why` is what is wrong with the text."""

    def __init__(self, why: Clause) -> None:
        super().__init__(why)
        self.why = why


def readings(text: str, today: date, lean: Lean, *, since: date | None = None) -> list[date]:
    """The days a text may mean, earliest first; several if it is ambiguous.

    A day without its year, or of a week, is the last one for "past", today included; the next one for "future"; for
    "either" the one nearby, else both. since: the first that is not before this day, whatever the lean.
    Errors: Unreadable.
    """
    phrase = _tidy(text).rstrip(".")
    if phrase in NEAR_DAYS:
        return [today + timedelta(days=NEAR_DAYS[phrase])]
    if shift := SHIFT.fullmatch(phrase):
        days = int(shift[2]) * (7 if shift[3].startswith("w") else 1)
        return [_kept(today + timedelta(days=days if shift[1] == "+" else -days))]
    if since:
        today, lean = since - timedelta(days=1), "future"
    weekday = parser.parserinfo().weekday(phrase)
    if weekday is not None:
        return _weekdays(weekday, today, lean)
    if found := YEAR_FIRST.fullmatch(phrase):
        return [_kept(_existing(int(found[1]), int(found[3]), int(found[4])))]
    return sorted({day for parts in _orders(phrase, today) for day in _dated(parts, today, lean)})


def names_year(text: str, today: date) -> bool:
    """Whether a text that is a day says its year."""
    phrase = _tidy(text).rstrip(".")
    try:
        return bool(YEAR_FIRST.fullmatch(phrase)) or all(year for year, _, _ in _orders(phrase, today))
    except Unreadable:  # a word for a day
        return False


def goes_on(text: str, following: str) -> bool:
    """Whether a word continues a date written in words: `2` `March`, `2 March` `2026`, `Mar 2,` `2026`."""
    return bool(PHRASE.fullmatch(_tidy(f"{text} {following}")))


def shown(day: date) -> str:
    """A date nobody can misread: 2 March 2026."""
    return f"{day.day} {day:%B %Y}"


def _tidy(text: str) -> str:
    return " ".join(plain(text).casefold().replace(",", " ").split())


def _weekdays(weekday: int, today: date, lean: Lean) -> list[date]:
    """The last day of that name, which may be today, and the next."""
    ago = (today.weekday() - weekday) % 7
    last, coming = today - timedelta(days=ago), today + timedelta(days=7 - ago)
    return {"past": [last], "future": [coming], "either": [last, coming]}[lean]


def _orders(phrase: str, today: date) -> set[tuple[int | None, int, int]]:
    """(year if typed, month, day) in every order in which dateutil can read a text."""
    words = re.findall(r"[a-z]+|[0-9]+", phrase)
    if not DATE_CHARACTERS.fullmatch(phrase) or not words or not all(map(WORD.fullmatch, words)):
        raise Unreadable(clause("no_date"))
    found = set()
    for day_first, year_first in product((True, False), repeat=2):
        order = _Order(today, day_first=day_first, year_first=year_first)
        try:
            one, other = (parser.parser(order).parse(phrase, default=default) for default in DEFAULTS)
        except (ValueError, OverflowError):
            continue
        found.add((_same(one.year, other.year), _same(one.month, other.month), _same(one.day, other.day)))
    if not found:
        raise Unreadable(clause("impossible_date" if len(words) > 1 else "no_date"))
    whole = {(year, month, day) for year, month, day in found if month and day}
    if not whole:
        raise Unreadable(clause("no_day_and_month"))
    return whole


def _dated(parts: tuple[int | None, int, int], today: date, lean: Lean) -> list[date]:
    """The day of these parts, its year found if none was typed."""
    year, month, day = parts
    if year is not None:
        return [_kept(_existing(year, month, day))]
    near = today.year - 1, today.year, today.year + 1
    days = [_existing(year, month, day) for year in near if day <= monthrange(year, month)[1]]
    if not days:
        raise Unreadable(clause("impossible_date"))
    last = max((found for found in days if found <= today), default=days[0])
    coming = min((found for found in days if found > today), default=days[-1])
    nearby = [found for found in {last, coming} if abs(found - today) <= NEARBY]
    return {"past": [last], "future": [coming], "either": nearby or [last, coming]}[lean]


def _same(one: int, other: int) -> int | None:
    """What both readings agree on; None for what was not typed."""
    return one if one == other else None


def _existing(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable(clause("impossible_date")) from None


def _kept(day: date) -> date:
    if day.year not in YEARS:
        raise Unreadable(clause("outside_years", first=YEARS.start, last=YEARS.stop - 1))
    return day


class _Order(parser.parserinfo):
    """An order of reading. Two-digit years are those within fifty of the turn's year, not of the machine's."""

    def __init__(self, today: date, *, day_first: bool, year_first: bool) -> None:
        super().__init__(dayfirst=day_first, yearfirst=year_first)
        self._today = today

    def convertyear(self, year: int, century_specified: bool = False) -> int:  # noqa: FBT001, FBT002  # dateutil's signature
        """The year with its century."""
        if century_specified or year >= 100:  # noqa: PLR2004  # a century
            return year
        latest = self._today.year + 50
        return latest - (latest - year) % 100
