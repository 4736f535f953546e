"""The index on SQLite: a table of FTS5 that holds pieces and no text (`content=''`), a row for each case.

Its tokenizer knows the letters of ASCII alone and takes every other byte for a letter, so that no letter newer than
SQLite and no emoji is dropped; a piece is one token, whatever is in it. FTS5's own words (`AND`, `NEAR`, `*`, `"`) can
not come in: pieces stand in quotes, and hold none.
Newest first is the order of its rows, read backwards, so that it stops when there are enough. Its `prefix` (migration
0016) keeps lists of the beginnings of pieces: without it, one letter merges the lists of all that begin with it.
What is taken out is named again in full, as a table without texts asks; its traces stay in the file until FTS5 merges
the part they are in, or until `python -m bot reindex`, as what is deleted from any table of SQLite stays for a while.
"""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import text

from storage.database.unit_of_work import UnitOfWork
from storage.search import pieces
from storage.search.documents import Document
from storage.search.pieces import Piece, Wanted

QUOTE = '"'
_SAFE = {code: 0xE000 + code for code in (*range(0x20), ord(QUOTE), 0x7F)}
"""For the characters that would end a token or a quotation: ones that mean nothing."""
_UNSAFE = re.compile(f"[{re.escape(''.join(map(chr, _SAFE)))}]")
_PUT = text("INSERT INTO search_words (rowid, pieces) VALUES (:case_id, :pieces)")
_DROP = text("INSERT INTO search_words (search_words, rowid, pieces) VALUES ('delete', :case_id, :pieces)")
_CLEAR = text("INSERT INTO search_words (search_words) VALUES ('delete-all')")
_FIND = text(
    "SELECT rowid FROM search_words WHERE search_words MATCH :wanted AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :most"
)


def put(work: UnitOfWork, documents: Iterable[Document]) -> None:
    """Put those cases in, of which nothing is there."""
    _execute(work, _PUT, documents)


def drop(work: UnitOfWork, documents: Iterable[Document]) -> None:
    """Take those cases out, which are there just so."""
    _execute(work, _DROP, documents)


def clear(work: UnitOfWork) -> None:
    """Take all out."""
    work.session.execute(_CLEAR)


def newest(work: UnitOfWork, wanted: Wanted, *, before: int, most: int) -> Sequence[int]:
    """The numbers of the cases under `before` that have what is wanted, newest first, `most` at most."""
    facts = {"wanted": _expression(wanted), "before": before, "most": most}
    return work.session.scalars(_FIND, facts).all()


def written(found: Iterable[str]) -> str:
    """Pieces as the table takes them."""
    return _safe(" ".join(found))


def _execute(work: UnitOfWork, statement: object, documents: Iterable[Document]) -> None:
    rows = [{"case_id": one.case_id, "pieces": written(sorted(pieces.of_document(one)))} for one in documents]
    if rows:
        work.session.connection().execute(statement, rows)  # type: ignore[call-overload]  # a text


def _expression(wanted: Wanted) -> str:
    return _joined("AND", (_joined("OR", (_joined("AND", map(_quoted, way)) for way in ways)) for ways in wanted))


def _joined(word: str, parts: Iterable[str]) -> str:
    return f"({f' {word} '.join(parts)})"


def _quoted(piece: Piece) -> str:
    return f'"{_safe(piece.text)}"{"*" if piece.begins else ""}'


def _safe(piece: str) -> str:
    return piece.translate(_SAFE) if _UNSAFE.search(piece) else piece
