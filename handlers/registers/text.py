"""What may stand in a cell: read back plainly, compared forgivingly, written so that no spreadsheet runs it.

Every text that the desk writes to a spreadsheet, whatever the file, goes through `safe`, and through nothing else.
`plain` takes away what `safe` adds, so a file written here and read again says the same. `kept` adds the same quote
where a spreadsheet would change what stands there: 0012 to 12, 5/2016 to a date, twelve digits to 1.00064E+11.
Source: OWASP, "CSV Injection": a cell whose first character is = + - @ TAB CR LF (or a full-width form) is a formula.
"""

import re
import unicodedata

FORMULA_STARTS = frozenset("=+-@\t\r\n\0")
WORD = re.compile(r"\w+")
LETTERS = re.compile(r"[^\W\d_]+")
AMONG_FIGURES = re.compile(
    "e|[ap]m?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
    re.IGNORECASE,
)
"""The letters that may stand in what a spreadsheet takes for a number, a time or a date."""
NOT_IN_XML = "\ufffe\uffff"
MARKS = range(0x2400, 0x2427)
"""Characters that stand for control characters: Unicode's "Control Pictures"."""
OTHER_MARK = "\N{SYMBOL FOR SUBSTITUTE FORM TWO}"
UNSURE = re.compile(r"[?\u00bf\u00d7\u037e\u061f\ufe56\uff1f\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
"""Question marks of any script, crosses and little pictures."""
LEFT_OPEN = re.compile(r"[-\u2010-\u2015\u2212/|\\:#]\s*$|\.{2,}|\u2026|[(\[]\W*[)\]]")
"""A dash or the like with nothing behind it, dots in the place of words, brackets with nothing in them."""
NOTHING = re.compile(r"[\s.\-\u2010-\u2015\u2212_]*")
NOTHING_WORDS = frozenset(
    {"na", "nil", "none", "null", "nan", "nat", "tbd", "tba", "tbc", "notapplicable", "tobedecided", "tobeadvised"}
)
"""Words that say that a cell says nothing, as `key` leaves them; the last come from programs that write tables."""


SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())
"""All of ASCII that is neither a letter nor a figure."""


def plain(text: str) -> str:
    """The words of a cell: control characters and outer spaces dropped, the quote before a formula taken away."""
    if text.isascii() and text.isprintable() and "'" not in text:
        return text.strip()  # most are; a register has a dozen million
    words = "".join(sign for sign in _spaced(text) if not _is_control(sign) and ord(sign) not in MARKS).strip()
    quoted = words.startswith("'") and (_runs(words[1:]) or _is_changed(words[1:]))
    return words[1:].strip() if quoted else words


def safe(text: str) -> str:
    """The text as it may be written to a spreadsheet: never a formula, and a mark in place of each control character.

    Line breaks stay, and a TAB is a space.
    """
    if text[:1].isalnum() and text.isprintable():
        return text  # most are; an export has a quarter of a million
    words = "".join(_mark(sign) if _is_control(sign) else sign for sign in _spaced(text))
    return f"'{words}" if _runs(text) or _runs(words) else words


def kept(text: str) -> str:
    """The same, and no number, time or date to a spreadsheet: it stays as it is when the file is saved there."""
    words = safe(text)
    return f"'{words}" if _is_changed(words) else words


def key(text: str) -> str:
    """What is left to compare: "Face book ", "FACEBOOK" and "facebook" are one. Empty for "??" and other signs."""
    if text.isascii():
        return text.lower().encode().translate(None, SIGNS).decode()  # a row is compared fifty times
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def words(text: str) -> str:
    """The words in small letters, parted by single spaces: "Accounts / URLs" is "accounts urls"."""
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def is_blank(text: str) -> bool:
    """Nothing, or only the dashes and dots people draw to say "nothing"."""
    return NOTHING.fullmatch(text) is not None


def says_nothing(text: str) -> bool:
    """Blank, or a word for it: "N/A", "nil", "TBD". Not a word of outcomes, where "nil" may mean "no record"."""
    return is_blank(text) or key(text) in NOTHING_WORDS


def is_unsure(text: str) -> bool:
    """Whether signs take back, ask about or leave open what the words say: "Orkut?", "Orkut /", "Warrant (-)"."""
    return bool(UNSURE.search(text) or LEFT_OPEN.search(text))


def one_line(text: str) -> str:
    """The same words with single spaces: for names and numbers, where a line break means nothing."""
    return " ".join(text.split())


def _spaced(text: str) -> str:
    return text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")


def _is_control(sign: str) -> bool:
    return sign != "\n" and (unicodedata.category(sign) in {"Cc", "Cs"} or sign in NOT_IN_XML)


def _mark(sign: str) -> str:
    return chr(MARKS.start + ord(sign)) if sign < " " else OTHER_MARK


def _is_changed(text: str) -> bool:
    """Whether a spreadsheet could take the text for a number, a time or a date, and write that in its place."""
    if "'" in text[:1] or not any(sign.isdecimal() for sign in text):
        return False
    return all(AMONG_FIGURES.fullmatch(word) for word in LETTERS.findall(text))


def _runs(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula, now or after it has trimmed spaces and joiners."""
    visible = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    starts = visible[:1], visible.strip()[:1]
    return any(unicodedata.normalize("NFKC", start) in FORMULA_STARTS for start in starts if start)
