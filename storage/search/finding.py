"""The cases that a viewer may see and that hold what is sought, newest first.

In: a viewer, words as typed. Out: numbers of cases. Every word must stand in the title, the reference, an own
reference, an account asked about or kept, a note, a request's references or basis; or be another spelling of such an
account. For an auditor, who may not read the rest, in one of the references.
The index proposes cases; they are found if the rules of sight and their texts say so. Of what waits for the index, the
newest LOOKED_AT rows are compared as they stand on record; `is_behind` says whether more wait.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS, Viewer
from storage.models import Authority, Case, SearchDue, SearchText
from storage.search import documents, index, pieces, upkeep
from storage.search.documents import SearchTerm
from storage.serialization import storable
from storage.spelling import fold

SEARCHED = re.compile(r"[+(]?\d[\d().\-/]*(?:\s+\(?\d[\d().\-/]*)+(?!\S)|\S+")
"""A phone number with spaces in it, or one word."""
LOOKED_AT = 2_000  # rows that wait for the index
LAST = 2**31 - 1  # numbers of cases are under it
SPARE = 10  # more are asked of the index than are missing: some will not be shown


class _Search(NamedTuple):
    """What is sought, and what else has to be true of a case; `numbers`: it is sought in references alone."""

    sought: Sequence[SearchTerm]
    shown: Sequence[ColumnElement[bool]]
    numbers: bool

    def finds(self, text: str, keys: str) -> bool:
        """Whether a case is found by its text, or by its references, and the keys of its accounts."""
        return documents.holds(text, keys, self.sought)


def newest(
    work: UnitOfWork,
    viewer: Viewer,
    words: str,
    *,
    most: int,
    before: int = LAST,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> list[int]:
    """The numbers of the cases under `before` that are found, newest first, `most` at most.

    conditions: over case, what else has to be true.
    """
    sought, marks = _sought(work, viewer, words), _marks(viewer)
    if not marks or not all(one.words or one.keys for one in sought):
        return []
    search = _Search(sought, (sight.cases(viewer), *conditions), numbers=viewer.history)
    waiting = {case_id for _, case_id in work.session.execute(upkeep.due(LOOKED_AT)) if case_id is not None}
    late = _waiting(work, [one for one in waiting if one < before], search)
    asked = pieces.wanted(sought, marks, numbers=search.numbers)
    found: list[int] = []
    below, more = before, True
    while more and len(found) < most:
        wanted = most - len(found) + SPARE
        proposed = index.newest(work, asked, before=below, most=wanted)
        found += _indexed(work, [one for one in proposed if one not in waiting], search)
        below, more = min(proposed, default=0), len(proposed) == wanted
    return sorted((*found, *late), reverse=True)[:most]


def is_behind(work: UnitOfWork) -> bool:
    """Whether more waits for the index than a search looks at: what was written before that is not found yet."""
    return work.session.scalar(select(SearchDue.n).order_by(SearchDue.n).offset(LOOKED_AT).limit(1)) is not None


def searched(words: str) -> list[str]:
    """What is searched: each word by itself, but a phone number with its spaces is one."""
    return [" ".join(found.split()) for found in SEARCHED.findall(words)]


def _sought(work: UnitOfWork, viewer: Viewer, words: str) -> list[SearchTerm]:
    if viewer.history:
        return list(dict.fromkeys(SearchTerm(_folded(word)) for word in words.split()))
    country = work.session.get_one(Authority, viewer.authority_id).country
    return list(dict.fromkeys(_either(work, text, country) for text in searched(words)))


def _either(work: UnitOfWork, text: str, country: str) -> SearchTerm:
    """The words of a text, or the account that it is; not by a key in which the words stand, which they find."""
    words, keys = _folded(text), work.reference.accounts.keys(text, country=country)
    other = [key for key in keys if not words or not all(word in fold(key) for word in words)]
    return SearchTerm(words, frozenset(map(documents.digest, other)))


def _folded(text: str) -> tuple[str, ...]:
    """The words of a text, folded; none where nothing is left of one, for that stands nowhere."""
    words = tuple(fold(storable(word)) for word in text.split())
    return words if all(words) else ()


def _marks(viewer: Viewer) -> list[str]:
    """One of these stands on every case that they may see."""
    if viewer.roles & WORKERS:
        own = documents.agency(viewer.authority_id)
        return [own, documents.guests(viewer.authority_id), documents.person(viewer.person_id)]
    audits = viewer.history and Role.AUDITOR in viewer.roles
    return [documents.agency(viewer.authority_id)] if audits else []


def _waiting(work: UnitOfWork, case_ids: Collection[int], search: _Search) -> list[int]:
    if not case_ids:
        return []
    seen = work.session.scalars(select(Case.id).where(_among(work, case_ids), *search.shown)).all()
    texts = documents.of(work, seen) if seen else []
    return [one.case_id for one in texts if search.finds(one.numbers if search.numbers else one.words, one.keys)]


def _indexed(work: UnitOfWork, case_ids: Collection[int], search: _Search) -> list[int]:
    if not case_ids:
        return []
    text = SearchText.numbers if search.numbers else SearchText.words
    query = select(Case.id, text, SearchText.keys).join(SearchText, SearchText.case_id == Case.id)
    rows = work.session.execute(query.where(_among(work, case_ids), *search.shown))
    return [case_id for case_id, text, keys in rows if search.finds(text, keys)]


def _among(work: UnitOfWork, case_ids: Iterable[int]) -> ColumnElement[bool]:
    """One of these, however many, as one value: a thousand of them take longer to write down than to find."""
    if work.postgres:
        return Case.id == func.any(cast(list(case_ids), ARRAY(Integer)))
    return Case.id.in_(select(func.json_each(json.dumps(list(case_ids))).table_valued("value").c.value))
