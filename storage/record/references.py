"""Suggested references: what a form, a keyboard or a completion lists while somebody types one.

In: a unit of work, a viewer, what is typed of a reference, what it is for. Out: (reference, title), newest first.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Attachment, Case, Preservation, Request
from storage.models.spelled import contains
from storage.record.records import Key, case_fits
from storage.rules.lifecycle import MOVES, OPEN

OFFERED = 25


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
    query = select(ref, title).select_from(ref.class_).where(ref.is_not(None)).order_by(ref.class_.id.desc())
    if kind != "case":
        query = query.join(Case, Case.id == ref.class_.case_id)
    query = query.where(sight.requests(viewer) if kind == "request" else sight.cases(viewer))
    if purpose:
        query = query.where(_meant(kind, purpose.word))
    if purpose and purpose.case:
        query = query.where(case_fits(purpose.case))
    if text:
        query = query.where(or_(contains(ref, text), contains(title, text)))
    return [(found, name) for found, name in work.session.execute(query.limit(OFFERED))]


def _meant(kind: str, word: str) -> ColumnElement[bool]:
    """The rows that a command of this word takes; for a word that asks nothing of them, those still under way."""
    match kind:
        case "request":
            return Request.status.in_(MOVES[word].sources if word in MOVES else OPEN)
        case "preservation":
            alive = Preservation.closed_at.is_(None)
            return alive & Preservation.confirmed_on.is_(None) if word == "confirmed" else alive
        case "attachment":
            return Attachment.state == "kept"
        case _:
            return Case.closed_at.is_not(None) if word == "reopen" else Case.closed_at.is_(None)


_COLUMNS: dict[str, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str]]] = {
    "case": (Case.ref, Case.title),
    "request": (Request.ref, Case.title),
    "preservation": (Preservation.ref, Case.title),
    "attachment": (Attachment.ref, Attachment.name),
}
