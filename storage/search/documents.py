"""What of a case is searched: its title and references, its notes, what its requests and holds are about. Folded.

In: numbers of cases. Out: a `Document` for each that is there.
A part of a word finds it; a part never goes over from one text to the next, for each stands on a line of its own.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Select, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.sight import SHARED
from storage.models import Case, Note, Participant, Preservation, Request, Target
from storage.spelling import fold


@dataclass(frozen=True)
class SearchTerm:
    """One thing that is looked for: words that all have to be there, or an account. `keys`: digests of its keys."""

    words: tuple[str, ...]
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Document:
    """The texts of a case, each in it once, a line each.

    `numbers`: its references, once more; `keys`: digests of those of its accounts; `sight`: marks of who may see it.
    """

    case_id: int
    words: str
    numbers: str
    keys: str
    sight: str


def holds(text: str, keys: str, sought: Iterable[SearchTerm]) -> bool:
    """Whether a text and the keys beside it hold all that is sought."""
    return all(
        (one.words and all(word in text for word in one.words)) or not one.keys.isdisjoint(keys.split())
        for one in sought
    )


def of(work: UnitOfWork, case_ids: Collection[int]) -> list[Document]:
    """The documents of those cases, as they stand on record now."""
    cases = work.session.execute(_CASES.where(Case.id.in_(case_ids))).all()
    asked = _by_case(work, _ASKED.where(Request.case_id.in_(case_ids)))
    accounts = _by_case(work, _ASKED_ABOUT.where(Request.case_id.in_(case_ids)))
    kept = _by_case(work, _KEPT.where(Preservation.case_id.in_(case_ids)))
    notes = _by_case(work, _NOTES.where(Note.case_id.in_(case_ids)))
    shared = _by_case(work, _SHARED.where(Participant.case_id.in_(case_ids)))
    found = []
    for case in cases:
        targets = (*accounts[case.id], *(row for row in kept[case.id] if row.key is not None))
        found.append(document(case, asked[case.id], targets, notes[case.id], shared[case.id]))
    return found


def document(
    case: Any,  # noqa: ANN401 - rows
    asked: Sequence[Any],
    targets: Sequence[Any],
    notes: Sequence[Any],
    shared: Sequence[Any],
) -> Document:
    """That of a case by rows as the queries below read them: of its requests, accounts, notes and participants."""
    numbers = (case.ref, case.own, *(row.theirs for row in asked))
    texts = (
        case.title,
        *numbers,
        *(row.basis for row in asked),
        *chain.from_iterable((row.typed, fold(row.key)) for row in targets),
        *(row.text for row in notes),
    )
    keys = (digest(row.key) for row in targets)
    return Document(case.id, *map(_lines, (texts, numbers, keys, _sight(case, shared))))


def _by_case(work: UnitOfWork, query: Select[*tuple[Any, ...]]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in work.session.execute(query):
        found[row.case_id].append(row)
    return found


def _lines(texts: Iterable[str | None]) -> str:
    return "\n".join(dict.fromkeys(text for text in texts if text))


def digest(key: str) -> str:
    """What stands for the key of an account: of any length, it may hold whatever a person typed."""
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


def _sight(case: Any, shared: Sequence[Any]) -> list[str]:  # noqa: ANN401 - rows
    """Marks of who may see it: whoever bears none of them does not (`storage/exposure/sight.py`); they may see more."""
    marks = [person(one) for one in (case.lead_id, case.opened_by) if one]
    if case.label != Label.RED:
        marks.append(agency(case.agency_id))
    marks += [person(row.person_id) for row in shared if row.person_id]
    if case.label in SHARED:
        marks += [guests(row.authority_id) for row in shared if row.authority_id]
    return marks


def agency(authority_id: int) -> str:
    """The mark of a case that whoever works for that agency may see."""
    return f"a{authority_id}"


def guests(authority_id: int) -> str:
    """The mark of a case that is shared with that authority."""
    return f"g{authority_id}"


def person(person_id: int) -> str:
    """The mark of a case on which that person is named."""
    return f"p{person_id}"


_CASES = select(
    Case.id,
    Case.agency_id,
    Case.label,
    Case.lead_id,
    Case.opened_by,
    Case.title_folded.label("title"),
    Case.ref_folded.label("ref"),
    Case.own_reference_folded.label("own"),
)
_ASKED = select(Request.case_id, Request.their_reference_folded.label("theirs"), Request.basis_folded.label("basis"))
_ACCOUNT = (Target.typed_folded.label("typed"), Target.key)
_ASKED_ABOUT = select(Request.case_id, *_ACCOUNT).join(Target, Target.request_id == Request.id)
_KEPT = select(Preservation.case_id, *_ACCOUNT).outerjoin(Target, Target.preservation_id == Preservation.id)
# outer: from the holds of these cases to their accounts; else SQLite may read the accounts of all holds there are
_NOTES = select(Note.case_id, Note.text_folded.label("text"))
_SHARED = select(Participant.case_id, Participant.person_id, Participant.authority_id)
