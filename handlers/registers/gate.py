"""The gate that every cell of every used column passes before its own reader sees it: what was destroyed stays out.

In: a cell and the code of its column. Out: the cell, "" where its words say nothing ("N/A", "TBD"), or a `Flaw` where a
spreadsheet has put something else in the place of what stood there. A column that this module does not name takes text
and numbers, and no dates.

Why each line of a cell counts for itself: lines were joined to it. Why "#REF!" within a sentence does not: somebody
wrote it there. Among accounts each part counts, as each is an account.
"""

import re
from functools import lru_cache

from handlers.language.values import parted
from handlers.registers import cells, columns, dates, links, text, unnamed
from handlers.registers.cells import Flaw
from handlers.registers.lines import Cell, Held

NOT_READ = frozenset({"serial"})
OF_WORDS = frozenset({columns.RECIPIENT, columns.CATEGORY, columns.REQUEST_TYPE, columns.OUTCOME})
"""Columns whose words the desk or a mapping file knows: there "N/A" may mean something."""
OF_FREE_WORDS = frozenset({columns.CIRCLE, columns.LEGAL_BASIS, columns.REMARKS})
"""Columns where a text may begin with "=": in others it is a formula that nobody worked out."""
WITH_DATES = frozenset({columns.SENT_ON, columns.REPLIED_ON, columns.LEGAL_BASIS, columns.REMARKS})

QUESTIONS = r"(?:\?{5,}|\?{2,}(?: \?{2,})+)"
CARRIED = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"  # noqa: RUF001
GARBLED = re.compile(f"\ufffd|(?<![\\w?]){QUESTIONS}|(?:[ÂÃÄÅÐÑØÙÚÛ][{CARRIED}]){{2,}}|Ã[¡-©¬-¶¸¹¼-¿]|â€[{CARRIED}]")  # noqa: RUF001
"""Letters that a program could not read or write, and UTF-8 read as cp1252: "Ã©" for "é"; no language has these."""
SIGN = re.compile(r"[\d#=]|true|false", re.IGNORECASE)
"""What every spoilt cell has somewhere; words that have none of it are let through at once."""
ERROR = re.compile(r"#[¡¿]?[^\W\d_][\w/ ]*[!?]|#N/[AD]|#NV|#Н/Д|#YOK|#GETTING_DATA|#{3,}")  # noqa: RUF001 - Russian
OFFICE_ERROR = re.compile(r"Err:\d{3}")
AS_TEXT = re.compile(r'="([^"]*)"')
"""How a .csv keeps a spreadsheet from changing 0042; it means the text within."""
NO_ACCOUNT = "no_account"
NO_VALUE, LOST = "#NO VALUE!", re.compile(r"#LOST! .*")
TRUTH = re.compile(r"TRUE|FALSE|True|False")
SHORTENED = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)?E[-+]\d+|\d+[.,]\d+E\d+)", re.IGNORECASE)
PADDED = re.compile(r"\d{15,}00")
"""A number of 17 digits or more that ends as if only 15 had been kept: of true ones, one in a hundred does."""
SEPARATED = re.compile(r"[-+]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?|[-+]?\d{4,}[.,]0+")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?", re.IGNORECASE)
MONTH_SHOWN = re.compile(r"\d{1,4}[- ](?P<before>[a-z]{3,9})|(?P<after>[a-z]{3,9})[- ]\d{2,4}", re.IGNORECASE)
"""A date as a spreadsheet shows it by itself: 5/3 as 05-Mar, 5/2016 as May-16."""
PARTS = re.compile(r"[;|\n]")
SMALL_PARTS = re.compile(r"[;|,\s]+")


def passed(cell: Cell, column: str, flaws: list[Flaw]) -> Cell:
    """The cell as its reader may see it; "" and a flaw where it was destroyed, "" alone where it says nothing."""
    if not cell:
        return ""
    sound, spoilt = _text(cell, column) if isinstance(cell, str) else (cell, _spoilt(cell, column))
    if spoilt:
        flaws.append(_flaw(text.plain(str(cell)), column, spoilt))
        return ""
    return sound


def _flaw(words: str, column: str, spoilt: str) -> Flaw:
    if spoilt == NO_ACCOUNT:
        return cells.no_account(words)
    instead = [cells.linked(links.targets(words))] if spoilt == "link" else []
    return cells.destroyed(words, column, spoilt, *instead)


@lru_cache(maxsize=4096)  # most words of a register come again and again
def _text(cell: str, column: str) -> tuple[str, str | None]:
    """The words as their reader may see them, and what happened to them."""
    if kept := AS_TEXT.fullmatch(text.plain(cell)):
        cell = kept[1]
    spoilt = _spoilt(cell, column)
    says_nothing = unnamed.is_unknown if column == columns.ACCOUNTS else text.says_nothing
    nothing = column not in OF_WORDS and says_nothing(text.plain(cell))
    return "" if spoilt or nothing else cell, spoilt


def _spoilt(cell: Cell, column: str) -> str | None:
    """What happened to a cell, a key of `cells.DESTROYED` or `NO_ACCOUNT`; None for a sound one."""
    if isinstance(cell, Held) and cell.kind in {"error", "truth", "no_value", "lost"}:
        return cell.kind
    if isinstance(cell, Held) and cell.kind == "date" and column in WITH_DATES:
        return None
    whole = str(cell)
    if ("?" in whole or not whole.isascii()) and GARBLED.search(whole):
        return "letters"
    return _changed(whole, column) or (_named_elsewhere(whole) if column == columns.ACCOUNTS else None)


def _named_elsewhere(words: str) -> str | None:
    return NO_ACCOUNT if any(map(unnamed.is_no_account, parted(text.plain(words)))) else None


def _changed(whole: str, column: str) -> str | None:
    """What a spreadsheet made of the words."""
    if not SIGN.search(whole):
        return None
    words = text.plain(whole)
    if words.startswith("=") and column not in OF_FREE_WORDS:
        return "no_value"
    if column == columns.ACCOUNTS:
        return _spoilt_account(words)
    found = (_by_text(line.strip()) or _by_column(line.strip(), column) for line in words.splitlines())
    return next(filter(None, found), None)


def _spoilt_account(words: str) -> str | None:
    if links.MARK in words:
        return "link"
    for part in PARTS.split(words):
        small = (_by_text(each) for each in SMALL_PARTS.split(part))
        if spoilt := _by_text(part.strip()) or next(filter(None, small), None) or _no_account(part.strip()):
            return spoilt
    return None


def _by_text(words: str) -> str | None:
    """What a whole text tells by itself, in any column."""
    if words == NO_VALUE:
        return "no_value"
    if LOST.fullmatch(words) or SHORTENED.fullmatch(words) or PADDED.fullmatch(words):
        return "lost"
    if OFFICE_ERROR.fullmatch(words) or (ERROR.fullmatch(words) and words == words.upper()):
        return "error"
    return "truth" if TRUTH.fullmatch(words) else None


def _no_account(words: str) -> str | None:
    if dates.is_date(words) or TIME.fullmatch(words) or _shows_month(words):
        return "date"
    return "number" if SEPARATED.fullmatch(words) else None


def _by_column(words: str, column: str) -> str | None:
    if column in WITH_DATES:
        return None
    if column == columns.DIARY_NO:
        changed = _shows_month(words) or ISO.fullmatch(words) or TIME.fullmatch(words)
        return "date" if changed or (dates.is_date(words) and dates.names_month(words)) else None
    return "date" if dates.is_date(words) or TIME.fullmatch(words) else None


def _shows_month(words: str) -> bool:
    match = MONTH_SHOWN.fullmatch(words)
    return match is not None and dates.names_month(match["before"] or match["after"])
