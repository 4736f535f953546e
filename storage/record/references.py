"""Suggested references: what a form, a keyboard or a completion lists while somebody types one.

In: a unit of work, a viewer, what is typed of a reference, what it is for. Out: (reference, title), newest first.
Looked through are the newest of each way by which somebody comes to see rows (`ways.py`), and what has the number that
is typed: a record of years holds too many titles to look for a part of one while somebody types.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, and_, bindparam, not_, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.exposure.ways import among, newest, shared
from storage.models import Attachment, Case, Clock, Preservation, Request
from storage.models.spelled import contains
from storage.record.fetching import Key, case_fits
from storage.rules.lifecycle import MOVES, OPEN

OFFERED = 25
NUMBER = re.compile(r"(?:.*\D)?(\d{1,9})(?:/.*)?")
AGENCY = bindparam("near_agency", type_=Integer)
PERSON = bindparam("near_person", type_=Integer)
NUMBERED = bindparam("near_number", type_=Integer)
DIRECTIONS = ("outgoing", "incoming")


@dataclass(frozen=True)
class Purpose:
    """What a reference is for: the word of its command ("acknowledge"), and the case that was named before, if any."""

    word: str = ""
    case: Key | None = None


def references(
    work: UnitOfWork, viewer: Viewer, kind: str, text: str = "", purpose: Purpose | None = None
) -> list[tuple[str, str]]:
    """Up to 25 that a viewer may be about to type; with a purpose, only what can be meant by it.

    kind: "case", "request", "preservation" or "attachment".
    """
    ref, title = _COLUMNS[kind]
    word, case = (purpose.word, purpose.case) if purpose else (None, None)
    typed = NUMBER.fullmatch(text.strip())
    query = select(ref, title).select_from(ref.class_).where(ref.is_not(None)).order_by(ref.class_.id.desc())
    if kind != "case":
        query = query.join(Case, Case.id == ref.class_.case_id)
    query = query.where(sight.requests(viewer) if kind == "request" else sight.cases(viewer))
    query = query.where(case_fits(case) if case else among(ref.class_.id, _near(kind, word, typed=typed is not None)))
    if word is not None:
        query = query.where(_meant(kind, word))
    if text:
        query = query.where(or_(contains(ref, text), contains(title, text)))
    number = int(typed[1]) if typed else None
    facts = {"near_agency": viewer.authority_id, "near_person": viewer.person_id, "near_number": number}
    return [(found, name) for found, name in work.session.execute(query.limit(OFFERED), facts)]


def _meant(kind: str, word: str) -> ColumnElement[bool]:
    """The rows that a command of this word takes; for a word that asks nothing of them, those still under way."""
    match kind:
        case "request":
            return Request.status.in_(_statuses(word))
        case "preservation":
            return _may_be(word)
        case "attachment":
            return Attachment.state == "kept"
        case _:
            return Case.closed_at.is_not(None) if word == "reopen" else Case.closed_at.is_(None)


def _may_be(word: str | None) -> ColumnElement[bool]:
    """Which holds are offered to a word: nearly what the table allows; the table decides."""
    closed, question = Preservation.closed_at.is_not(None), Preservation.question != ""
    match word:
        case "told":
            return and_(closed, Preservation.released_on.is_not(None), Preservation.informed_on.is_(None))
        case "supplement":
            return and_(not_(closed), question)
        case "confirmed":
            return and_(not_(closed), or_(Preservation.confirmed_on.is_(None), question))
        case "clarify" | "renewed" | "issued":
            return and_(not_(closed), not_(question))
        case _:
            return not_(closed)


def _statuses(word: str) -> Iterable[str]:
    return MOVES[word].sources if word in MOVES else OPEN


# ---- ways ----------------------------------------------------------------------------------------------------------


@functools.cache
def _near(kind: str, word: str | None, *, typed: bool) -> ScalarSelect[int]:
    """The ids of rows near at hand, put together once. word: None for any that there are. typed: a number is."""
    ways = {"case": _cases, "request": _requests, "preservation": _holds, "attachment": _files}[kind](word)
    return union_all(*ways, *([_numbered(kind)] if typed else [])).scalar_subquery()


def _cases(word: str | None) -> Iterator[Select[int]]:
    """Of our own the open ones by label, as they lie in the index, or else by the day; those shared with us."""
    if word is None or word == "reopen":
        closed = [] if word is None else [Case.closed_at.is_not(None)]
        yield newest(Case.id, Case.agency_id == AGENCY, *closed, by=Case.opened_at)
    else:
        ours = (Case.agency_id == AGENCY, Case.closed_at.is_(None))
        yield from (newest(Case.id, *ours, Case.label == label) for label in Label)
    yield from shared(PERSON, AGENCY)


def _requests(word: str | None) -> Iterator[Select[int]]:
    """Of our own and as a party, by status and direction, as they lie in the index; of cases shared with us."""
    for mine in (Request.agency_id, Request.party_id):
        for direction in DIRECTIONS:
            of_it = (mine == AGENCY, Request.direction == direction)
            if word is None:
                yield newest(Request.id, *of_it)
            else:
                yield from (newest(Request.id, *of_it, Request.status == status) for status in _statuses(word))
    for case_id in shared(PERSON, AGENCY):
        yield select(Request.id).where(Request.case_id.in_(case_id)).correlate(None)


def _holds(word: str | None) -> Iterator[Select[int]]:
    """What is not closed; of what nobody needs, what they are to be told of."""
    if word == "told":
        waits = (Clock.agency_id == AGENCY, Clock.kind == "telling", Clock.ended_at.is_(None))
        yield newest(Clock.preservation_id, *waits)
    yield newest(Preservation.id, Preservation.agency_id == AGENCY, Preservation.closed_at.is_(None))
    for case_id in shared(PERSON, AGENCY):
        yield select(Preservation.id).where(Preservation.case_id.in_(case_id)).correlate(None)


def _files(_word: str | None) -> Iterator[Select[int]]:
    """Of the newest cases."""
    for case_id in _cases(None):
        yield select(Attachment.id).where(Attachment.case_id.in_(case_id)).correlate(None)


def _numbered(kind: str) -> Select[int]:
    """Of the cases with a number, whoever's."""
    case_id = select(Case.id).where(Case.number == NUMBERED).correlate(None)
    column = _COLUMNS[kind][0].class_
    if kind == "case":
        return case_id
    return select(column.id).where(column.case_id.in_(case_id)).correlate(None)


_COLUMNS: dict[str, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str]]] = {
    "case": (Case.ref, Case.title),
    "request": (Request.ref, Case.title),
    "preservation": (Preservation.ref, Case.title),
    "attachment": (Attachment.ref, Attachment.name),
}
