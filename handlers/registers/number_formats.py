"""A number of a workbook and its format -> what the cell shows.

What comes in: the number as the file holds it, its format ("0000", "m/yyyy"), day 0 of the workbook. What goes out: a
`Held`: 42 is "0042", 42491 is "5/2016", each as people saw it when they wrote the number down somewhere else.

Shown exactly: General, digits with text among them, decimals, percent, days and times in English. What is not
(fractions, powers of ten, conditions, thousands marks, hours beyond a day, nothing at all) is never shown wrongly:
such a number is "lost". So is one of more digits than a spreadsheet keeps. A date stays a date: where its look depends
on who looks (built-in format 14, "m/d/yyyy" of each country), or on a language, `shown` is its ISO form.

Why our own: the libraries that do this for Python are unkept, or younger than a year, and guess where they do not know.
Source: ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from handlers.registers.lines import EPOCH_1900, Held

DIGITS_KEPT, DECIMALS_MOST, THOUSANDS = 15, 10, 3
GENERAL_LENGTH = 11
"""Characters that General shows of a number with decimals."""
LEAP_DAY_1900 = 60
"""The serial of 29 February 1900, which never was."""
LAST_SERIAL = 2_958_465
SECONDS_PER_DAY = 86_400
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)"
    | \\(?P<escaped>.)
    | _(?P<space>.)
    | \*(?P<fill>.)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General)
    | (?P<half>AM/PM|A/P)
    | (?P<power>E[+-])
    | (?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+|b+|g+)
    | (?P<digit>[0\#?])
    | (?P<rest>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
ENGLISH = re.compile(r"\$-[0-9A-F]{0,3}09", re.IGNORECASE)
ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
COLOURS = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE)
PLAIN_SIGNS = frozenset(" -+/():!^&'~{}<>=$\N{EURO SIGN}\N{POUND SIGN}\u00a0")

BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    45: "mm:ss",
    46: "[h]:mm:ss",
    48: "##0.0E+0",
    49: "@",
    14: "[$-F800]dddd",
    22: "[$-F800]dddd",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "[$-F800]dddd"),
}
"""Formats that a workbook names by number alone. 14, 22 and the East Asian ones look different in each country."""
UNKNOWN = "[?]0"
"""A format that is nowhere."""


@dataclass(frozen=True)
class Section:
    """One part of a format, cut into (kind, words) tokens."""

    tokens: tuple[tuple[str, str], ...]

    @property
    def is_date(self) -> bool:
        """Whether it shows a day or a time of day."""
        kinds = {kind for kind, _ in self.tokens}
        elapsed = any(kind == "bracket" and ELAPSED.fullmatch(words) for kind, words in self.tokens)
        return not elapsed and "digit" not in kinds and bool(kinds & {"date", "half"})


@dataclass(frozen=True, eq=False)
class NumberFormat:
    """A number format: one section, or one for positive numbers, negative ones, zero, and text. Each code has one."""

    sections: tuple[Section, ...]

    @property
    def is_date(self) -> bool:
        """Whether a positive number is shown as a day or a time."""
        return self.sections[0].is_date


GENERAL = NumberFormat((Section((("general", "General"),)),))


@lru_cache(maxsize=1000)
def number_format(code: str) -> NumberFormat:
    """The format of a code. What cannot be shown is found when it is to be shown."""
    sections: list[list[tuple[str, str]]] = [[]]
    for found in TOKEN.finditer(code or "General"):
        kind = found.lastgroup or "rest"
        if kind == "rest" and found[0] == ";":
            sections.append([])
        else:
            sections[-1].append((kind, found[kind]))
    return NumberFormat(tuple(Section(tuple(section)) for section in sections))


@lru_cache(maxsize=20_000)
def held(words: str, form: NumberFormat, epoch: datetime = EPOCH_1900) -> Held:
    """What a cell holds, from a number as the file writes it. Raises ValueError for what is no number."""
    if not NUMBER.fullmatch(words):
        raise ValueError(words)
    value = Decimal(format(float(words), f".{DIGITS_KEPT}g"))
    if not value.is_finite():
        return Held("error", words)
    if form.is_date and value >= 0:
        return _day_or_time(value, form.sections[0], epoch)
    shown = None if abs(value) >= 10**DIGITS_KEPT else _number(value, form)
    return Held("lost", _general(value) or str(value)) if shown is None else Held("number", shown)


def held_day(moment: datetime, form: NumberFormat) -> Held:
    """What a cell holds whose file writes the date out."""
    shown = _moment(moment, form.sections[0]) if form.is_date else None
    return Held("date", shown or _iso(moment), moment.date())


# ---- numbers ---------------------------------------------------------------------------------------------------------


def _number(value: Decimal, form: NumberFormat) -> str | None:
    """As the format shows it; None where that is beyond us."""
    sections = form.sections
    if len(sections) > 1 and value < 0:
        return _section(-value, sections[1])
    if len(sections) > 2 and not value:  # noqa: PLR2004 - the third is for zero
        return _section(value, sections[2])
    shown = _section(abs(value), sections[0])
    if value >= 0 or shown is None:
        return shown
    return f"-{shown}" if re.search("[1-9]", shown) else None


def _section(value: Decimal, section: Section) -> str | None:
    tokens = _plain(section)
    if not tokens or section.is_date:
        return None
    kinds = [kind for kind, _ in tokens]
    if "general" in kinds or ("rest", "@") in tokens:
        general = _general(value)
        if general is None or "digit" in kinds:
            return None
        return "".join(general if kind == "general" or words == "@" else words for kind, words in tokens).strip()
    return _digits(value, tokens)


def _plain(section: Section) -> list[tuple[str, str]] | None:
    """Tokens of kinds "text", "digit", "general", "rest" and single signs; None where another stands among them."""
    tokens: list[tuple[str, str]] = []
    for kind, words in section.tokens:
        if kind in ("quoted", "escaped"):
            tokens.append(("text", words))
        elif kind == "space":
            tokens.append(("text", " "))
        elif kind == "fill" or (kind == "bracket" and (COLOURS.fullmatch(words) or ENGLISH.fullmatch(words))):
            continue
        elif kind in ("digit", "general") or words == "@":
            tokens.append((kind, words))
        elif words in (".", "%", ",", "/"):
            tokens.append((words, words))
        elif kind == "rest" and words in PLAIN_SIGNS:
            tokens.append(("text", words))
        else:
            return None
    return tokens


def _digits(value: Decimal, tokens: list[tuple[str, str]]) -> str | None:
    """The digits laid into their signs, from the right; what has no place goes before the first."""
    kinds = [kind for kind, _ in tokens]
    point = kinds.index(".") if "." in kinds else len(tokens)
    after_point = kinds[point:].count("digit")
    if (
        "digit" not in kinds
        or kinds.count(".") > 1
        or kinds.count("%") > 1
        or "/" in kinds
        or after_point > DECIMALS_MOST
    ):
        return None
    value = value.scaleb(2 * kinds.count("%"))
    rounded = value.quantize(Decimal(1).scaleb(-after_point), ROUND_HALF_UP)
    whole, _, decimals = f"{rounded:f}".partition(".")
    whole = whole.lstrip("0")
    if "," in kinds and (len(whole) > THOUSANDS or not _between_digits(kinds[:point], kinds[point:])):
        return None
    before = _laid(whole, tokens[:point])
    after = _decimals(decimals, tokens[point:])
    shown = (before + after).strip()
    return shown or None


def _between_digits(before: list[str], after: list[str]) -> bool:
    """Whether commas part thousands. One at the end divides by a thousand, one in front is a mere sign."""
    inner = "".join(kind[0] for kind in before if kind in ("digit", ","))
    return "," not in after and inner == inner.strip(",")


def _laid(digits: str, tokens: list[tuple[str, str]]) -> str:
    left, signs = list(digits), []
    first = next((index for index, (kind, _) in enumerate(tokens) if kind == "digit"), None)
    for index in range(len(tokens) - 1, -1, -1):
        kind, words = tokens[index]
        if kind == "digit":
            signs.append(left.pop() if left else {"0": "0", "?": " "}.get(words, ""))
            if index == first:
                signs.extend(reversed(left))
        elif kind != ",":
            signs.append(words)
    return "".join(reversed(signs))


def _decimals(digits: str, tokens: list[tuple[str, str]]) -> str:
    signs, left = [], list(digits)
    needed = len(digits.rstrip("0"))
    for kind, words in tokens:
        if kind != "digit":
            signs.append(words)
            continue
        digit = left.pop(0)
        signs.append(digit if needed > 0 or words == "0" else {"?": " "}.get(words, ""))
        needed -= 1
    return "".join(signs)


def _general(value: Decimal) -> str | None:
    """Whole numbers with all their digits, others while they are short; None for what General would round."""
    if value == value.to_integral_value():
        return f"{value:f}".split(".", maxsplit=1)[0] if abs(value) < 10**DIGITS_KEPT else None
    words = f"{value:f}"
    return words if len(words) <= GENERAL_LENGTH else None


# ---- days and times --------------------------------------------------------------------------------------------------


def _day_or_time(serial: Decimal, section: Section, epoch: datetime) -> Held:
    days, seconds = int(serial), min(round((serial % 1) * SECONDS_PER_DAY), SECONDS_PER_DAY - 1)
    before_leap_day = epoch == EPOCH_1900 and days < LEAP_DAY_1900
    if days > LAST_SERIAL or (epoch == EPOCH_1900 and days == LEAP_DAY_1900):
        return Held("lost", str(serial))
    moment = epoch + timedelta(days=days + before_leap_day, seconds=seconds)
    if days == 0:
        return Held("date", _moment(moment, section, time_only=True) or f"{moment:%H:%M:%S}")
    return Held("date", _moment(moment, section) or _iso(moment), moment.date())


def _moment(moment: datetime, section: Section, *, time_only: bool = False) -> str | None:
    """A day as the format shows it; None where its look is not known."""
    signs = []
    half = any(kind == "half" for kind, _ in section.tokens)
    for index, (kind, words) in enumerate(section.tokens):
        code = words.casefold()
        if kind == "date" and not (time_only and code[0] in "yd"):
            shown = _month_or_minute(moment, section, index) if code[0] == "m" else _named(moment, code, half=half)
        elif kind == "half":
            shown = ("AM" if moment.hour < 12 else "PM")[: 2 if "m" in code else 1]  # noqa: PLR2004 - noon
        elif kind in ("quoted", "escaped") or (kind == "rest" and words in PLAIN_SIGNS | set(",.")):
            shown = words
        elif kind == "space":
            shown = " "
        elif kind == "fill" or words == "@" or (kind == "bracket" and ENGLISH.fullmatch(words)):
            shown = ""
        else:
            return None
        if shown is None:
            return None
        signs.append(shown)
    return "".join(signs).strip() or None


def _month_or_minute(moment: datetime, section: Section, index: int) -> str | None:
    """An m after hours or before seconds is minutes."""
    words = section.tokens[index][1]
    before = [code[0].casefold() for kind, code in section.tokens[:index] if kind == "date"]
    after = [code[0].casefold() for kind, code in section.tokens[index + 1 :] if kind == "date"]
    if len(words) <= 2 and (before[-1:] == ["h"] or after[:1] == ["s"]):  # noqa: PLR2004
        return f"{moment.minute:0{len(words)}}"
    name = MONTHS[moment.month - 1]
    return {1: str(moment.month), 2: f"{moment.month:02}", 3: name[:3], 4: name, 5: name[:1]}.get(len(words))


def _named(moment: datetime, code: str, *, half: bool) -> str | None:
    hour = (moment.hour % 12 or 12) if half else moment.hour
    week_day = WEEK_DAYS[moment.weekday()]
    return {
        "d": str(moment.day),
        "dd": f"{moment.day:02}",
        "ddd": week_day[:3],
        "dddd": week_day,
        "y": str(moment.year)[2:],
        "yy": str(moment.year)[2:],
        "yyy": str(moment.year),
        "yyyy": str(moment.year),
        "h": str(hour),
        "hh": f"{hour:02}",
        "s": str(moment.second),
        "ss": f"{moment.second:02}",
    }.get(code)


def _iso(moment: datetime) -> str:
    return moment.date().isoformat()
