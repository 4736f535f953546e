"""Documents and words cut into pieces: what the index holds, and which of it a search asks for.

The index holds every ending of every word, cut after LETTERS letters: "minister" is there as minis, iniste ... ter, er,
r, each once for a case. So a part of a word is the beginning of a piece; a part longer than a piece is all the pieces
in it. References stand there a second time behind `#`, for an auditor reads nothing else; keys of accounts behind `=`;
marks of sight behind `@`. A case with more pieces than MOST stands behind `*` and is looked at by every search.
Why not whole words and their endings: nothing but the length of a piece bounds how many different ones there are, and
an index of PostgreSQL keeps each. Why five: two or three letters are in every case, and two pieces of four make a word
of five letters nearly as well as one of five, but four of them a longer one worse.
Measured at 200,000 cases of five requests: 280 pieces a case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.search.documents import Document, SearchTerm

LETTERS = 5
MOST = 20_000  # pieces of one case; a tsvector holds 1 MB
ASKED = 40  # pieces of one search at most; the rest is left to the comparison with the texts
NUMBER, KEY, SIGHT, ANY = "#", "=", "@", "*"


@dataclass(frozen=True)
class Piece:
    """A piece that a search asks for; `begins`: or any that begins with it."""

    text: str
    begins: bool = False


Wanted = Sequence[Sequence[Sequence[Piece]]]
"""All of these, each in one of its ways, each way by all of its pieces."""


def of_document(document: Document) -> set[str]:
    """What the index holds of a case."""
    found = _endings(document.words) | {NUMBER + piece for piece in _endings(document.numbers)}
    found |= {KEY + key for key in document.keys.split()}
    if len(found) > MOST:
        found = {ANY}
    return found | {SIGHT + mark for mark in document.sight.split()}


def _endings(text: str) -> set[str]:
    return {word[start : start + LETTERS] for word in set(text.split()) for start in range(len(word))}


def wanted(sought: Iterable[SearchTerm], marks: Iterable[str], *, numbers: bool = False) -> Wanted:
    """What a search asks for, by a viewer who bears these marks of sight; `numbers`: in references alone."""
    room = ASKED
    asked: list[list[list[Piece]]] = [[[Piece(SIGHT + mark)] for mark in marks]]
    for one in sorted(sought, key=lambda one: -max(map(len, one.words), default=0)):
        ways = [[Piece(KEY + key)] for key in sorted(one.keys)]
        if one.words:
            pieces = [piece for word in one.words for part in word.split() for piece in _parts(part, numbers=numbers)]
            ways.append(list(dict.fromkeys(pieces))[: max(room, 1)])
        room -= sum(map(len, ways))
        asked.append([*ways, [Piece(ANY)]])
        if room <= 0:
            break
    return asked


def _parts(word: str, *, numbers: bool) -> list[Piece]:
    before = NUMBER if numbers else ""
    if len(word) < LETTERS:
        return [Piece(before + word, begins=True)]
    return [Piece(before + word[start : start + LETTERS]) for start in range(len(word) - LETTERS + 1)]
