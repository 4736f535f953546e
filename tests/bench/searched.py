"""What the search holds of the record, made while it is drawn: text and pieces of each case and of its copies.

In: the rows of a case, with MARK in the texts. Out: documents as `storage/search/documents.py` makes them, and rows of
the index. Why not read from the record: to read a million requests case by case takes longer than to write them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from storage.models.search import SearchText
from storage.search import pieces, postgres, sqlite
from storage.search.documents import Document, digest, document
from tests.bench.copies import MARK, Copies, is_rare
from tests.bench.loading import Kind, Postgres, Sqlite
from tests.bench.words import RARE

AT_ONCE = 5_000  # rows of the index in one statement


class CaseRow(NamedTuple):
    """Of a case, as it is read for the search; so are the others."""

    id: int
    agency_id: int
    label: str
    lead_id: int
    opened_by: int
    title: str
    ref: str
    own: str | None


class AskedRow(NamedTuple):
    """Of a request."""

    theirs: str
    basis: str


class TargetRow(NamedTuple):
    """Of an account."""

    typed: str
    key: str


class NoteRow(NamedTuple):
    """Of a note."""

    text: str


class SharedRow(NamedTuple):
    """Of a participant."""

    person_id: int | None
    authority_id: int | None


class Searched:
    """The documents of the record. What is added belongs to the case that is closed next."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._cases: list[tuple[Document, tuple[str, ...]]] = []
        self._begin()

    def _begin(self) -> None:
        self.asked: list[AskedRow] = []
        self.targets: list[TargetRow] = []
        self.notes: list[NoteRow] = []
        self.shared: list[SharedRow] = []

    def close(self, case: CaseRow) -> None:
        """The case whose rows these were."""
        found = document(case, self.asked, self.targets, self.notes, self.shared)
        self._cases.append((found, tuple(dict.fromkeys(row.key for row in self.targets))))
        self._begin()

    def write(self, into: Sqlite | Postgres) -> None:
        """Put all copies into the index, in the order of their numbers."""
        texts, waiting = Kind(SearchText, into), list[tuple[int, str]]()
        written = (lambda _, found: sqlite.written(found)) if isinstance(into, Sqlite) else postgres.written
        for one, found in self._all():
            texts.add(**vars(one))
            waiting.append((one.case_id, written(one.case_id, found)))
            if len(waiting) == AT_ONCE:
                into.write_pieces(waiting)
                waiting.clear()
        texts.flush()
        into.write_pieces(waiting)

    def _all(self) -> Iterator[tuple[Document, set[str]]]:
        """Each copy with its pieces; those of words that all copies share are cut once."""
        copies = self._copies
        for drawn, keys in self._cases:
            own = [word for word in drawn.words.split() if MARK in word]
            alike = " ".join(word for word in drawn.words.split() if MARK not in word)
            shared = pieces.of_document(replace(drawn, words=alike, numbers="", keys=""))
            for copy in range(copies.count):
                case_id, rare = copies.number(drawn.case_id, copy), ""
                words = copies.written(drawn.words, copy)
                if is_rare(case_id):
                    words, rare = words.replace("\n", f" {RARE}\n", 1), RARE
                found = Document(
                    case_id,
                    words,
                    copies.written(drawn.numbers, copy),
                    "\n".join(digest(copies.written(key, copy)) for key in keys),
                    drawn.sight,
                )
                differing = f"{copies.written(' '.join(own), copy)} {rare}"
                yield found, shared | pieces.of_document(replace(found, words=differing, sight=""))
