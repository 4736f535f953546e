"""One spelling: what a person types is what is on record, in any script, case and keyboard. Pure.

In: a text as typed or kept. Out: the text folded: what is compared and searched, on both databases, in storage beside
the text (`models/spelled.py`) and in memory alike. Folding a folded text changes nothing; a part of a text that is cut
between two letters is found, folded, in the folded whole.

What is one:
- compatibility forms (NFKC), small and capital letters (`ß` is `ss`), digits of any script, dashes and apostrophes;
- letters with and without the accents of Latin, Greek and Cyrillic, the vowel marks of Arabic, the points of Hebrew;
- letters of Arabic script that keyboards of Arabic, Persian and Urdu put in different places (ONE_LETTER).
What is gone: joiners and other format characters, the tatweel, spaces outside and all but one inside.
What stays: vowel signs of Indic and Thai script and the sound marks of Japanese, which are marks to Unicode and letters
to their readers; `ø`, `ł`, `đ`, which are letters to both.
Why й stays й, and ё is е: every Cyrillic keyboard has й, and nobody types и for it; ё is printed as е more often than
not, and ї, ў, ќ stand on keyboards of one country only.
Why ھ stays apart from ہ: they are two words of Urdu. Why ة is ہ: فاطمة and فاطمه and فاطمہ are one name.
Must change together: this, and a migration that folds anew what is on record (0010 shows how).
Source: Unicode 15, chapter 3.13 (caseless matching); Apache Lucene, ArabicNormalizer and PersianNormalizer.
"""
# ruff: noqa: RUF001, RUF002 - the letters of other scripts are the subject

import unicodedata
from collections.abc import Callable, Iterable

ONE_LETTER = {
    "ا": "ٱٲٳ",
    "ی": "يى",  # and not ے, which ends other words of Urdu
    "ک": "ك",  # and not ڪ, which Sindhi has beside it
    "ہ": "هەةۃ",
    "i": "ı",  # Turkish, without its dot; with it, the dot is an accent
    "'": "‘’ʼʻ",  # phones put these into O'Brien
    "/": "⁄∕",  # into the numbers of files
    "-": "−",  # beside every dash
}
"""{what is kept: what is written for it}."""
ACCENTS = (
    range(0x0300, 0x0370), range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00), range(0x20D0, 0x2100), range(0xFE20, 0xFE30),
    range(0x0483, 0x0488),  # of old Cyrillic
    range(0x0591, 0x05BE), range(0x05BF, 0x05C0), range(0x05C1, 0x05C3), range(0x05C4, 0x05C6), range(0x05C7, 0x05C8),
    range(0x0610, 0x061B), range(0x064B, 0x0660), range(0x0670, 0x0671), range(0x06D6, 0x06EE), range(0x08CA, 0x0900),
    range(0x0640, 0x0641), range(0x0674, 0x0675),  # the tatweel; a hamza beside its letter
    range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0),  # which picture of a letter is meant
)  # fmt: skip
"""Marks that make no other letter: of all scripts, Hebrew, Arabic."""
SHORT_I = "и\u0306"
UNBORNE = (range(0xFC5E, 0xFC64), range(0xFCF2, 0xFCF5), range(0xFE70, 0xFE80))
"""Forms of Arabic marks that no letter bears, as documents bring them; to NFKC, the first is a space."""


class _Table(dict[int, str]):
    """What becomes of each character, found once."""

    def __init__(self, becomes: Callable[[str], str]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, code: int) -> str:
        self[code] = found = self._becomes(chr(code))
        return found


def fold(text: str) -> str:
    """What is left of a text to compare and to search."""
    if text.isascii():
        return " ".join(text.lower().split())
    whole = unicodedata.normalize("NFKC", text.translate(_SEEN)).casefold()
    parted = unicodedata.normalize("NFKD", whole).replace(SHORT_I, "й").translate(_LETTERS)
    return " ".join(unicodedata.normalize("NFC", parted).split())


def as_written(text: str, *, capitals: bool = True) -> str:
    """A text to the letter, whatever the spaces and the bytes of its letters: what two must share to name one person.

    capitals: whether they count. Why no folding: Dũng and Dung are two people, and only they know it.
    """
    written = " ".join(unicodedata.normalize("NFC", text).split())
    return written if capitals else written.lower()


def _seen(character: str) -> str:
    return "" if unicodedata.category(character) == "Cf" or _is_among(character, UNBORNE) else character


def _letter(character: str) -> str:
    if character in _ONE:
        return _ONE[character]
    if _is_among(character, ACCENTS):
        return ""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return "-" if unicodedata.category(character) == "Pd" else character


def _is_among(character: str, ranges: Iterable[range]) -> bool:
    return any(ord(character) in one for one in ranges)


_ONE = {character: one for one, others in ONE_LETTER.items() for character in others}
_SEEN, _LETTERS = _Table(_seen), _Table(_letter)
