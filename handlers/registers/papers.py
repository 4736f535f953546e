"""Which legal paper a cell says is there: "Court order No. 58/2016" does, "Court order awaited" does not.

In: the words of a legal basis. Out: the code of the paper, or None.

Why only known words may stand around the paper's name: there is no end of ways to say that it is missing, in any
language, and few to say that it is there. Each word has a part (`papers` of the register words), each part a letter,
and the letters must be a whole sentence of `THERE`. A name, which no list has, may only stand before the court or
office that it names ("of Sessions Judge Iqbal" is not understood, "of the Lahore High Court" is).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from handlers.registers.dates import MONTH_NAMES
from handlers.registers.text import words

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
"""{part of a word: its letter}. Others: K a paper, D digits, M a month, X a name, x any other word,
s a sign that parts."""
DATE = "(?:DM?|MD)"
THERE = re.compile(
    f"(?:bo?){{0,4}}K(?:n{{1,3}}D|{DATE}|[do]{{1,2}}{DATE}|b|t(?:w{DATE})?|[of][XpDoi]{{0,6}}i|[ip]|l{{1,4}}D(?:o?l){{0,3}}|[as][Kbt]|s)*"
)
WORD = re.compile(r"(?:[A-Z]{1,4}[-/])*\d\w*(?:[-/](?:\d+|[A-Z]{1,4}\b))*|\w+|[;+&]")
"""A reference such as FIA/CC-58/2018 is one word."""
MOST_WORDS = 30
ASKED = re.compile(r"[?\u061f\u037e\uff1f]")


@dataclass(frozen=True)
class Papers:
    """`phrases`: {name of a paper: its code}. `parts`: {word that may stand around one: its part}."""

    phrases: Mapping[str, str]
    parts: Mapping[str, str]

    def leading(self, basis: str) -> str | None:
        """The code of the first paper that the words say is there; None where they say anything else."""
        given = [word for word in WORD.findall(basis) if self._part(word) != "article"]
        if ASKED.search(basis) or len(given) > MOST_WORDS:
            return None
        letters, first = self._read(given)
        return first if first and THERE.fullmatch(letters) else None

    def _read(self, given: list[str]) -> tuple[str, str | None]:
        """The letters of the words, and the code of the first paper among them."""
        letters, first, at = [], None, 0
        names = not " ".join(given).isupper()  # in capitals alone, a name looks like any other word
        folded = [words(word) for word in given]
        while at < len(given):
            length = next((size for size in self._lengths if tuple(folded[at : at + size]) in self._known), 0)
            if length:
                first = first or self._known[tuple(folded[at : at + length])]
                letters.append("K")
            else:
                letters.append(self._letter(given[at], folded[at], names=names))
            at += length or 1
        return "".join(letters), first

    def _letter(self, word: str, folded: str, *, names: bool) -> str:
        if not folded:
            return "s"
        if any(sign.isdecimal() for sign in word):
            return "D"
        if part := self.parts.get(folded):
            return LETTERS[part]
        if len(folded) > 2 and any(month.startswith(folded) for month in MONTH_NAMES):  # noqa: PLR2004 - "jan"
            return "M"
        return "X" if names and word[0].isupper() else "x"

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
