"""How sure it is that a column holds what its header says.

Sure is a header that the desk knows word by word, over values most of which are what it names. All else is a guess,
to be asked about: a header of which known words are at least half, one with a word that turns its meaning ("due",
"type", "number of"), and a known one over other values ("Date of Reply" over names).
Why values alone prove nothing: a date may be any date.
"""

from collections.abc import Sequence

from handlers.registers import text
from handlers.registers.columns import (
    ACCOUNTS,
    CATEGORY,
    DIARY_NO,
    OUTCOME,
    RECIPIENT,
    REPLIED_ON,
    REQUEST_TYPE,
    SENT_ON,
    SERIAL_NO,
)
from handlers.registers.dates import SERIAL, DateOrder, ImpossibleDate, NotADate, TwoDates
from handlers.registers.headers import Header
from handlers.registers.lines import Cell
from handlers.registers.vocabulary import Vocabulary, Words

GUESSED_FROM = 0.5  # the share of a header's letters that known words must make up
FITTING_FROM = 0.5  # the share of values that must be what a known header says
VALUES_FROM = 3  # fewer show nothing
DATES = (SENT_ON, REPLIED_ON)
TURNING = frozenset(
    [
        *("alternate", "awaited", "before", "by", "contact", "count", "deadline", "due", "email", "expected"),
        *("flag", "kind", "last", "link", "linked", "new", "next", "no", "nos", "number", "numbers", "officer"),
        *("old", "other", "pending", "phone", "planned", "previous", "proposed", "qty", "quantity", "reminder"),
        *("reminders", "requested", "required", "status", "target", "time", "times", "to", "total", "type"),
        *("types", "until", "without"),
    ]
)
"""Words that turn the meaning of a known header, unless known headers for the same thing hold them too."""
DATE_WORDS = frozenset({"date", "dated", "dates", "day", "month", "year"})
"""Words that turn every header but that of a date."""


def likely(header: Header, index: int, known: Words) -> tuple[str, float] | None:
    """(code, share of the header that known words make up); 1.0 for a known one, None where it is under half.

    A known header that stands under another one ("Request" over "Provider") is a guess too.
    """
    words = header.words(index)
    if exact := known.code(words):
        return exact, 1.0
    given = text.words(words)
    best: tuple[float, str] | None = None
    for phrase, code in known.worded:
        if code == SERIAL_NO or f" {phrase} " not in f" {given} ":
            continue
        share = round(len(phrase) / len(given), 2)
        share = max(share, GUESSED_FROM) if header.joined and given.endswith(f" {phrase}") else share
        if share >= GUESSED_FROM and (best is None or share > best[0]):
            best = share, code
    return (best[1], best[0]) if best else None


def turned_by(header: str, code: str, known: Words) -> str:
    """The word of a header that makes it something else than the known header in it; "" where there is none."""
    own = {word for phrase, other in known.worded if other == code for word in phrase.split()}
    turning = (TURNING if code in DATES else TURNING | DATE_WORDS) - own
    return next((word for word in text.words(header).split() if word in turning), "")


def fitting(code: str, cells: Sequence[Cell], words: Vocabulary) -> float:
    """The share of cells that hold what this column should; 1.0 where there are too few to tell."""
    values = [cell for cell in cells if not text.is_blank(text.plain(str(cell)))]
    if len(values) < VALUES_FROM:
        return 1.0
    share = sum(_fits(code, cell, words) for cell in values) / len(values)
    if code == DIARY_NO:
        share = min(share, len({text.key(str(cell)) for cell in values}) / len(values))
    return round(share, 2)


def _fits(code: str, cell: Cell, words: Vocabulary) -> bool:
    value = text.plain(str(cell))
    if code in DATES:
        return _is_date(cell, nothing=True)
    if code == RECIPIENT:
        return any(words.recipients.parts(value).values())
    known = {CATEGORY: words.categories, REQUEST_TYPE: words.request_types, OUTCOME: words.outcomes}
    if code in known:
        return known[code].code(value) is not None
    if code == ACCOUNTS and any(one.code(value) for one in (words.recipients, *known.values())):
        return False
    return bool(SERIAL.fullmatch(value)) or not _is_date(value)


def _is_date(cell: Cell, *, nothing: bool = False) -> bool:
    """Whether it looks like a date. `nothing`: what to say of words such as "nil"."""
    try:
        return DateOrder(None).read(cell) is not None or nothing
    except (ImpossibleDate, TwoDates):
        return True
    except NotADate:
        return False
