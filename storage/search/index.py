"""The index of whichever database it is: what `sqlite.py` and `postgres.py` do alike."""

from collections.abc import Iterable, Sequence

from storage.database.unit_of_work import UnitOfWork
from storage.search import postgres, sqlite
from storage.search.documents import Document
from storage.search.pieces import Wanted


def put(work: UnitOfWork, documents: Iterable[Document]) -> None:
    """Put those cases in, of which nothing is there."""
    (postgres.put if work.postgres else sqlite.put)(work, documents)


def drop(work: UnitOfWork, documents: Iterable[Document]) -> None:
    """Take those cases out, which are there just so."""
    (postgres.drop if work.postgres else sqlite.drop)(work, documents)


def clear(work: UnitOfWork) -> None:
    """Take all out."""
    (postgres.clear if work.postgres else sqlite.clear)(work)


def newest(work: UnitOfWork, wanted: Wanted, *, before: int, most: int) -> Sequence[int]:
    """The numbers of the cases under `before` that have what is wanted, newest first, `most` at most."""
    return (postgres.newest if work.postgres else sqlite.newest)(work, wanted, before=before, most=most)
