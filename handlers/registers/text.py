"""What may stand in a cell: read back plainly, compared forgivingly, written so that no spreadsheet runs it.

Source: OWASP, "CSV Injection": a cell whose first character is = + - @ TAB CR LF (or a full-width form) is a formula.
`plain` takes away what `safe` adds, so a file written here and read again says the same.
"""

import re
import unicodedata

FORMULA_STARTS = frozenset("=+-@\t\r\n\0")
WORD = re.compile(r"\w+")
NOTHING = re.compile(r"[\s.\-\u2010-\u2015\u2212_]*")


def plain(text: str) -> str:
    """The words of a cell: control characters and outer spaces dropped, the quote before a formula taken away."""
    words = _printable(text).strip()
    return words[1:].strip() if words.startswith("'") and _runs(words[1:]) else words


def safe(text: str) -> str:
    """The text as it may be written to a spreadsheet: never a formula, no control character except line breaks."""
    words = _printable(text)
    return f"'{words}" if _runs(text) or _runs(words) else words


def key(text: str) -> str:
    """What is left to compare: "Face book ", "FACEBOOK" and "facebook" are one. Empty for "??" and other signs."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def words(text: str) -> str:
    """The words in small letters, parted by single spaces: "Accounts / URLs" is "accounts urls"."""
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def is_blank(text: str) -> bool:
    """Nothing, or only the dashes and dots people draw to say "nothing"."""
    return NOTHING.fullmatch(text) is not None


def one_line(text: str) -> str:
    """The same words with single spaces: for names and numbers, where a line break means nothing."""
    return " ".join(text.split())


def _printable(text: str) -> str:
    spaced = text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in spaced if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cs"})


def _runs(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula, now or after it has trimmed spaces and joiners."""
    visible = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    starts = visible[:1], visible.strip()[:1]
    return any(unicodedata.normalize("NFKC", start) in FORMULA_STARTS for start in starts if start)
