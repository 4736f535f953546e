"""Which legal paper a cell says is there: "Court order No. 58/2016" does, "Court order awaited" does not.

In: the words of a legal basis. Out: the code of the paper, or None.

Why only known words may stand around the paper's name: there is no end of ways to say that it is missing, in any
language, and few to say that it is there. Each word has a part (`papers` of the register words), each part a letter,
and the letters must be a whole sentence of `THERE`. A name that no list has is not understood: "of the Lahore High
Court" is, as a place, "of Sessions Judge Iqbal" and "of the Denied High Court" are not. Signs count as words do: only
those that part words say nothing, and number 0 is no number. Two papers in one cell are none: which one it was that
was sent, nobody can say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from handlers.registers.dates import MONTH_NAMES
from handlers.registers.text import is_unsure, words

LETTERS = {
    "article": "",
    "before": "b",
    "there": "t",
    "numbered": "n",
    "dated": "d",
    "on": "w",
    "of": "o",
    "from": "f",
    "issuer": "i",
    "place": "p",
    "law": "l",
    "and": "a",
}
"""{part of a word: its letter}. Others: K a paper, D a number, M a month, x anything else,
s a sign that parts."""
DATE = "(?:DM?|MD)"
THERE = re.compile(
    f"(?:bo?){{0,4}}K(?:n{{1,3}}D|{DATE}|[do]{{1,2}}{DATE}|b|t(?:w{DATE})?|[of][pDoi]{{0,6}}i|[ip]|l{{1,4}}D(?:o?l){{0,3}}|[as][Kbt]|s)*"
)
QUIET = r"""\u2010-\u2015\u2212.,:()\[\]/#"'\u2018-\u201d\-"""
PARTING = frozenset(";+&")
WORD = re.compile(rf"(?:[A-Z]{{1,4}}[-/])*\d\w*(?:[-/](?:\d+|[A-Z]{{1,4}}\b))*|\w+|[^\s\u200b-\u200f\ufeff{QUIET}]")
"""A reference such as FIA/CC-58/2018 is one word."""
NUMBER = re.compile(r"\d+")
MOST_WORDS = 30


@dataclass(frozen=True)
class Papers:
    """`phrases`: {name of a paper: its code}. `parts`: {word that may stand around one: its part}."""

    phrases: Mapping[str, str]
    parts: Mapping[str, str]

    def there(self, basis: str) -> str | None:
        """The code of the one paper that the words say is there; None where they say anything else."""
        given = [word for word in WORD.findall(basis) if self._part(word) != "article"]
        if is_unsure(basis) or len(given) > MOST_WORDS:
            return None
        letters, named = self._read(given)
        return named.pop() if len(named) == 1 and THERE.fullmatch(letters) else None

    def _read(self, given: list[str]) -> tuple[str, set[str]]:
        """The letters of the words, and the codes of the papers among them."""
        letters, named, at = list[str](), set[str](), 0
        folded = [words(word) for word in given]
        while at < len(given):
            length = next((size for size in self._lengths if tuple(folded[at : at + size]) in self._known), 0)
            if length:
                named.add(self._known[tuple(folded[at : at + length])])
                letters.append("K")
            else:
                letters.append(self._letter(given[at], folded[at]))
            at += length or 1
        return "".join(letters), named

    def _letter(self, word: str, folded: str) -> str:
        if word in PARTING:
            return "s"
        if number := NUMBER.search(word):
            return "D" if int(number[0]) else "x"
        if part := self.parts.get(folded):
            return LETTERS[part]
        if len(folded) > 2 and any(month.startswith(folded) for month in MONTH_NAMES):  # noqa: PLR2004 - "jan"
            return "M"
        return "x"

    def _part(self, word: str) -> str | None:
        return self.parts.get(words(word))

    @cached_property
    def _known(self) -> dict[tuple[str, ...], str]:
        """{the words of a paper's name, without articles: its code}."""
        known = {}
        for phrase, code in self.phrases.items():
            known[tuple(word for word in words(phrase).split() if self._part(word) != "article")] = code
        return known

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(name) for name in self._known}, reverse=True)
