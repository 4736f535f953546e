"""The days that a published figure covers, from a cell, a name of a file or a line that was typed.

In: text. Out: `PublishedPeriod`, or None where it names none, or more than one.

    2017H1   2013 (1st half)   H2 2016   1er semestre 2017   January - June 2017   janvier-juin 2017   2017 Q1   2012
    2009-12-31   12/31/2009   31/12/09   2011-12-31 23:59:59      the half-year that ends, or begins, on that day
    2017-01-01 to 2017-06-30                                      from one day to the other

Why a single day must be the first or last of a half-year: that is how half-years are written; any other day would say
nothing of where the period begins. It also tells a day from a month: no half-year ends on the 31st month.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from storage.spelling import fold

MONTHS_A_YEAR, HALF, QUARTER = 12, 6, 3
NAMES = {MONTHS_A_YEAR: "{year}", HALF: "{year} H{number}", QUARTER: "{year} Q{number}"}
LONGEST = timedelta(days=366)
CENTURY, SPLIT = 2000, 70  # of years of two figures
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
OTHER = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)?\d\d)(?!\d)")
HALVES = (
    re.compile(r"\b(?:[hs] ?1|1 ?[hs]|(?:1 ?st|first|1 ?er|1 ?re|premiere?) (?:half|semestre|semester))\b"),
    re.compile(r"\b(?:[hs] ?2|2 ?[hs]|(?:2 ?nd|second|2 ?e|2 ?eme|deuxieme|seconde?) (?:half|semestre|semester))\b"),
)
QUARTERS = re.compile(r"\b(?:q ?([1-4])|([1-4]) ?q)\b")
MONTHS = (
    ("jan", "january", "janv", "janvier"), ("feb", "february", "fev", "fevr", "fevrier"), ("mar", "march", "mars"),
    ("apr", "april", "avr", "avril"), ("may", "mai"), ("jun", "june", "juin"), ("jul", "july", "juil", "juillet"),
    ("aug", "august", "aout"), ("sep", "sept", "september", "septembre"), ("oct", "october", "octobre"),
    ("nov", "november", "novembre"), ("dec", "december", "decembre"),
)  # fmt: skip
MONTH = {name: number for number, names in enumerate(MONTHS, 1) for name in names}
WORDS = re.compile(r"[a-z]+|\d+")
ENDS = ((6, 30), (12, 31))
BEGINS = ((1, 1), (7, 1))


@dataclass(frozen=True, order=True)
class PublishedPeriod:
    """From the first day to the last, both included."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """As people write it: 2017 H1, 2017 Q1, 2017; both days where it is none of these."""
        begins = self.first.month - 1
        months = (self.last.year - self.first.year) * MONTHS_A_YEAR + self.last.month - begins
        is_whole = self.first.day == 1 and (self.last + timedelta(days=1)).day == 1
        if is_whole and months in NAMES and begins % months == 0:
            return NAMES[months].format(year=self.first.year, number=begins // months + 1)
        return f"{self.first.isoformat()} to {self.last.isoformat()}"


def of_text(text: str, *, a_year_alone: bool = True) -> PublishedPeriod | None:
    """The one period that a text names. a_year_alone: a year without anything else is the whole of it."""
    if YEAR.search(text) is None and OTHER.search(text) is None:
        return None
    folded = re.sub(r"[\u2010-\u2015\u2212]", "-", fold(unicodedata.normalize("NFKC", text)))
    dates = list(_dates(folded))
    if found := half_of(dates[0]) if len(dates) == 1 else _from_to(dates):
        return found
    spaced = " ".join(WORDS.findall(OTHER.sub(" ", ISO.sub(" ", folded))))
    years = sorted({int(year) for year in YEAR.findall(spaced)})
    if len(years) == 1:
        halves = [n for n, half in enumerate(HALVES) if half.search(spaced)]
        quarters = {int(one[0] or one[1]) for one in QUARTERS.findall(spaced)}
        if len(halves) + len(quarters) == 1:
            length, number = (HALF, halves[0]) if halves else (QUARTER, quarters.pop() - 1)
            return _months(years[0], number * length + 1, length)
    if years and (named := _between_months(spaced)):
        return named
    if a_year_alone and len(years) == 1 and not re.search(r"\d", YEAR.sub("", spaced)):
        return _months(years[0], 1, MONTHS_A_YEAR)
    return None


def half_of(days: set[date]) -> PublishedPeriod | None:
    """The half-year that begins or ends on one of these days, which is all that they may be together."""
    found = {
        _months(day.year, (day.month - 1) // HALF * HALF + 1, HALF)
        for day in days
        if (day.month, day.day) in (*BEGINS, *ENDS)
    }
    return found.pop() if len(found) == 1 else None


def from_to(start: str, end: str) -> PublishedPeriod | None:
    """From the day in one cell to the day in another; an end at the first moment of a day means the day before."""
    starts, ends = list(_dates(fold(start))), list(_dates(fold(end)))
    return _from_to([starts[0], ends[0]]) if len(starts) == len(ends) == 1 else None


def _from_to(dates: list[set[date]]) -> PublishedPeriod | None:
    if len(dates) != 2:  # noqa: PLR2004 - from and to
        return None
    start, end = (_likeliest(days, begins=begins) for days, begins in zip(dates, (True, False), strict=True))
    if start is None or end is None:
        return None
    if start.day == end.day == 1:
        end -= timedelta(days=1)
    return PublishedPeriod(start, end) if timedelta() <= end - start < LONGEST else None


def _likeliest(days: set[date], *, begins: bool) -> date | None:
    """The one day that it is, where a period begins or ends: months begin on a first, and end before one."""
    near = {day for day in days if (day if begins else day + timedelta(days=1)).day == 1}
    chosen = near or days
    return chosen.pop() if len(chosen) == 1 else None


def _dates(text: str) -> Iterator[set[date]]:
    """Each date of a text, as the days that it may be."""
    others = OTHER.finditer(ISO.sub(lambda one: "x" * len(one[0]), text))
    for found in sorted([*ISO.finditer(text), *others], key=lambda one: one.start()):
        a, b, c = (int(part) for part in found.groups())
        if found.re is ISO:
            days = {_day(a, b, c)}
        else:
            year = c if c >= 1000 else c + (CENTURY if c < SPLIT else CENTURY - 100)  # noqa: PLR2004 - four figures
            days = {_day(year, b, a), _day(year, a, b)}
        yield {day for day in days if day}


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _between_months(words: str) -> PublishedPeriod | None:
    """From one month to another of the same year, or of the next where each has its year; one alone is that month."""
    months: list[list[int]] = []  # [month, its year or 0]
    for word in words.split():
        if word in MONTH:
            months.append([MONTH[word], 0])
        elif YEAR.fullmatch(word) and months:
            for one in months:
                one[1] = one[1] or int(word)
    if not months:
        return None
    years = [int(year) for year in YEAR.findall(words)]
    (first, first_year), (last, last_year) = months[0], months[-1]
    first_year, last_year = first_year or years[0], last_year or years[0]
    if len(months) > 2 or (first_year, first) > (last_year, last):  # noqa: PLR2004 - from and to
        return None
    period = PublishedPeriod(date(first_year, first, 1), date(last_year, last, monthrange(last_year, last)[1]))
    return period if period.last - period.first < LONGEST else None


def _months(year: int, first: int, count: int) -> PublishedPeriod:
    last = first + count - 1
    return PublishedPeriod(date(year, first, 1), date(year, last, monthrange(year, last)[1]))
