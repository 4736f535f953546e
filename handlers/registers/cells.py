"""One cell -> one value in the desk's words, or a flaw that says what would be accepted.

Each function takes the cell and the row's list of flaws: a value it cannot take is added there, and None comes back.
The texts of flaws are a contract: whoever compares two reports, or sorts a correction file, compares these words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from handlers.language.grammar import visible
from handlers.language.values import parted
from handlers.registers import columns, text, unnamed
from handlers.registers.dates import DateOrder, ImpossibleDate, NotADate, TwoDates, written
from handlers.registers.lines import Cell
from handlers.registers.vocabulary import Words, is_whole
from storage.spelling import fold

DATE_EXAMPLE = "a date such as 25-Mar-2018"
DATE_NAMES = {columns.SENT_ON: "date sent", columns.REPLIED_ON: "date of reply"}
NAMES = DATE_NAMES | {
    columns.DIARY_NO: "diary number",
    columns.CATEGORY: "nature of complaint",
    columns.ACCOUNTS: "account",
    columns.REMARKS: "remark",
}
"""{code of a column: how flaws call it}, where that is not the code itself."""
DESTROYED = {
    "error": "is an error of the spreadsheet",
    "truth": "became True or False",
    "no_value": "is a formula without a value",
    "lost": "was shortened by the spreadsheet",
    "date": "became a date",
    "number": "became a number with separators",
    "link": "is a link that leads to something else",
    "letters": "has letters that were lost",
}
"""{what a spreadsheet did to a cell: how that is said after the column's name}."""
UNCHANGED = "what stood there before a spreadsheet changed it, as text"
OPEN, DEFAULT_TYPE = "open", "data"


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one cell: the column's code, the value as it stands, a clause, and what would be accepted."""

    column: str
    value: str
    wrong: str
    accepted: str


@dataclass(frozen=True)
class Outcome:
    """How a request ended: produced, part_produced, not_held, refused (with reasons) or open."""

    code: str
    refusal_reasons: tuple[str, ...] = ()


def destroyed(value: str, column: str, what: str, accepted: str = UNCHANGED) -> Flaw:
    """The flaw of a cell in which a spreadsheet put something else. `what`: a key of `DESTROYED`."""
    name = NAMES.get(column, column.replace("_", " "))
    return Flaw(column, value, f"{name} {DESTROYED[what]}", accepted)


def linked(targets: Sequence[str]) -> str:
    """What is accepted in the place of a text that leads elsewhere."""
    return f"the account itself, perhaps {' and '.join(targets)}" if targets else "the account itself, as text"


def no_account(value: str) -> Flaw:
    """The flaw of a cell in which other words stand than accounts."""
    accepted = "accounts or addresses; blank, where none is known"
    return Flaw(columns.ACCOUNTS, value, f"{NAMES[columns.ACCOUNTS]} not understood", accepted)


def own_reference(cell: Cell, flaws: list[Flaw]) -> str:
    """The diary number; "" and a flaw when there is none: without it nothing keeps a second import from doubling."""
    number = text.one_line(text.plain(str(cell)))
    if text.key(number) and fold(number):
        return number
    flaws.append(Flaw(columns.DIARY_NO, number, f"{NAMES[columns.DIARY_NO]} missing", "a number no other row has"))
    return ""


def day(cell: Cell, column: str, order: DateOrder, flaws: list[Flaw]) -> date | TwoDates | None:
    """The date; None for a blank. One that could be two comes back as both, with its flaw."""
    name = DATE_NAMES[column]
    value = text.plain(str(cell))
    try:
        return order.read(cell)
    except NotADate:
        flaws.append(Flaw(column, value, f"{name} not understood", DATE_EXAMPLE))
    except ImpossibleDate:
        flaws.append(Flaw(column, value, f"impossible {name}", f"a day that exists, as in {DATE_EXAMPLE}"))
    except TwoDates as either:
        choice = written(either) + ('; or "day_first" in the mapping file' if either.settled else "")
        flaws.append(Flaw(column, value, f"{name} could be two dates", choice))
        return either
    return None


def recipient(cell: Cell, words: Words, flaws: list[Flaw]) -> str | None:
    """The one recipient a cell names, perhaps by two of its names; two, or one the desk does not know, is a flaw."""
    value = text.plain(str(cell))
    if code := words.sure(value):
        return code
    parts = words.parts(value)
    named = set(parts.values())
    if len(named) == 1 and is_whole(value) and (code := named.pop()):
        return code
    known = [part for part, code in parts.items() if code]
    if len(known) > 1:
        accepted = f"one recipient in each row: {' or '.join(known)}"
    else:
        accepted = _nearest(value, words, "one recipient the desk knows, such as")
    flaws.append(Flaw(columns.RECIPIENT, value, "recipient unknown or ambiguous", accepted))
    return None


def agreement(sent_on: date, replied_on: date | None, outcome: Outcome, flaws: list[Flaw]) -> None:
    """What only two cells together show: an answer before the question, or half an answer."""
    if replied_on and replied_on < sent_on:
        accepted = f"a date from {written(sent_on)} on, or an earlier date sent"
        flaws.append(Flaw(columns.REPLIED_ON, written(replied_on), "reply before sending", accepted))
    if replied_on and outcome.code == OPEN:
        flaws.append(
            Flaw(columns.OUTCOME, "", "reply dated but no outcome", "how it was answered, or no date of reply")
        )
    if not replied_on and outcome.code != OPEN:
        flaws.append(Flaw(columns.REPLIED_ON, "", "date of reply missing", DATE_EXAMPLE))


def category(cell: Cell, words: Words, flaws: list[Flaw]) -> str | None:
    """The category of the complaint."""
    return _known(cell, words, columns.CATEGORY, NAMES[columns.CATEGORY], flaws)


def request_type(cell: Cell, words: Words, flaws: list[Flaw]) -> str | None:
    """data, preservation or emergency."""
    return _known(cell, words, columns.REQUEST_TYPE, "request type", flaws)


def outcome(cell: Cell, words: Words, flaws: list[Flaw]) -> Outcome | None:
    """How it ended; a blank is open."""
    if text.is_blank(text.plain(str(cell))):
        return Outcome(OPEN)
    found = _known(cell, words, columns.OUTCOME, "outcome", flaws)
    if found is None:
        return None
    code, _, reasons = found.partition(":")
    return Outcome(code, tuple(reason.strip() for reason in reasons.split(",")) if reasons else ())


def accounts(cell: Cell) -> tuple[str, ...]:
    """The accounts or addresses of a cell, in order, each once; parted as what people type is."""
    lines = visible(str(cell))[0]
    return tuple(part for part in parted(text.plain(lines)) if not unnamed.is_unknown(part))


def words_of(cell: Cell) -> str:
    """Free words as they stand; "" for a blank or a dash."""
    words = text.plain(str(cell))
    return "" if text.says_nothing(words) else words


def _known(cell: Cell, words: Words, column: str, name: str, flaws: list[Flaw]) -> str | None:
    value = text.plain(str(cell))
    if code := words.sure(value):
        return code
    wrong = f"{name} missing" if text.says_nothing(value) and column != columns.OUTCOME else f"{name} not understood"
    flaws.append(Flaw(column, value, wrong, _nearest(value, words, "a word the desk knows, such as")))
    return None


def _nearest(value: str, words: Words, lead: str) -> str:
    near = words.near(value)
    return f"did you mean {' or '.join(near)}?" if near else f"{lead} {', '.join(words.examples())}"
