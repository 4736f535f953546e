"""Conditions that lists and figures share, and what is asked before a turn: the clock that counts, the other side.

In: a viewer. Out: SQL conditions over request, case and clock; counts. Nothing here changes anything.
"""

from sqlalchemy import ColumnElement, and_, case, exists, func, not_, or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Clock, Request
from storage.rules.clocks import BETWEEN_SIDES
from storage.rules.lifecycle import WAITING, WAITS_FOR_US, Status


def that_counts(viewer: Viewer) -> ColumnElement[bool]:
    """The open clock by which a request is due: ours while we owe an answer to a question, else theirs.

    Where neither runs, what waits for the people of its own agency, which the other side does not see.
    """
    own = {kind: status for (_, status), kind in WAITS_FOR_US.items() if status not in WAITING}
    kind = case(
        (Request.status == Status.CLARIFICATION, "clarification"),
        *((Request.status == status, word) for word, status in own.items()),
        else_="answer",
    )
    visible = or_(Clock.kind.in_(BETWEEN_SIDES), not_(sight.across(viewer)))
    return and_(Clock.request_id == Request.id, Clock.ended_at.is_(None), Clock.kind == kind, visible)


def is_with(code: str) -> ColumnElement[bool]:
    """The requests to an authority, and those from it."""
    return Request.party_id == select(Authority.id).where(Authority.code == code).scalar_subquery()


def times_asked(work: UnitOfWork, viewer: Viewer) -> dict[str, int]:
    """How many visible requests of the viewer's agency each authority was asked with, by its code."""

    def ask() -> dict[str, int]:
        own = Case.agency_id == viewer.authority_id
        query = select(Authority.code, func.count()).join(Request, Request.recipient_id == Authority.id)
        query = query.join(Case, Case.id == Request.case_id).where(own, sight.requests(viewer))
        found = query.where(Request.direction == "outgoing").group_by(Authority.code)
        return {row[0]: row[1] for row in work.session.execute(found)}

    return work.once(("times asked", viewer), ask)


def is_any_above(work: UnitOfWork, viewer: Viewer, ceiling: Label) -> bool:
    """Whether a viewer sees an open case or request whose label is more restrictive than a ceiling."""
    above = Case.label.in_([label for label in Label if not label.within(ceiling)])
    query = select(Case.id).outerjoin(Request, Request.case_id == Case.id)
    query = query.where(Case.closed_at.is_(None), above, or_(sight.cases(viewer), sight.requests(viewer)))
    return work.session.scalar(select(exists(query))) or False
