"""The country that a cell names: by its ISO code of two or three letters, or by a name in English or French.

In: a cell. Out: a code of ISO 3166-1, EVERYWHERE for a row of all countries together, or None.
Letters that were damaged on the way ("C?te d'Ivoire", two signs for one, any bytes of a Mac) are left out of the
comparison: the plain letters that are left are still those of one country.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from handlers.registers import text
from storage.reference.words import PublishedWords
from storage.spelling import fold

EVERYWHERE = "*"
DAMAGE = re.compile(r"[^\x00-\x7f]|\?")
PLAIN = re.compile("[a-z]")
SHORTEST = 4  # plain letters that are enough to know a country by
Keys = Callable[[str], Iterable[str]]


class Countries:
    """Knows the countries by their names."""

    def __init__(self, words: PublishedWords) -> None:
        self._codes = dict.fromkeys(map(_key, words.everywhere), EVERYWHERE)
        self._codes |= _by_key(words.countries, _keys) | {code.casefold(): code for code in words.countries}
        self._damaged = _by_key(words.countries, lambda name: (_left(name), _left(fold(name))))
        self.code = lru_cache(10_000)(self._code)  # a table names each country many times

    def _code(self, cell: str) -> str | None:
        name = html.unescape(cell)
        for key in _keys(name):
            if found := self._codes.get(key) or self._codes.get(key.removeprefix("the")):
                return found
        left = _left(name)
        return self._damaged.get(left) if len(left) >= SHORTEST and DAMAGE.search(name) else None


def _by_key(names: Mapping[str, Iterable[str]], keys: Keys) -> dict[str, str]:
    """{key: the code whose names have it}, without what two have."""
    owners: dict[str, set[str]] = {}
    for code, spellings in names.items():
        for key in (key for name in spellings for key in keys(name)):
            owners.setdefault(key, set()).add(code)
    return {key: codes.pop() for key, codes in owners.items() if len(codes) == 1}


def _key(name: str) -> str:
    return text.key(fold(name))


def _keys(name: str) -> tuple[str, ...]:
    return _key(name), _key(name.replace("&", " and "))


def _left(name: str) -> str:
    """The plain letters of a name, without those of an accent."""
    return "".join(PLAIN.findall(DAMAGE.sub("", name).lower()))
