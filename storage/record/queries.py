"""Conditions that lists and figures share, and what is asked before a turn: the clock that counts, the other side.

In: a viewer. Out: SQL conditions over request, case and clock; counts. Nothing here changes anything.
"""

from sqlalchemy import ColumnElement, and_, case, exists, func, not_, or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight, ways
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.exposure.ways import among, newest
from storage.models import Authority, Case, Clock, Participant, Request
from storage.rules.clocks import BETWEEN_SIDES
from storage.rules.lifecycle import WAITING, WAITS_FOR_US, Status

LAST = 300  # requests by which it is said whom an agency asks most


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
    """How many of the last visible requests of the viewer's agency each authority was asked with, by its code."""

    def ask() -> dict[str, int]:
        last = newest(Request.id, Request.agency_id == viewer.authority_id, Request.direction == "outgoing", most=LAST)
        query = select(Authority.code, func.count()).join(Request, Request.recipient_id == Authority.id)
        query = query.join(Case, Case.id == Request.case_id).where(
            among(Request.id, last.scalar_subquery()), sight.requests(viewer)
        )
        return {row[0]: row[1] for row in work.session.execute(query.group_by(Authority.code))}

    return work.once(("times asked", viewer), ask)


def sees_red(work: UnitOfWork, viewer: Viewer) -> bool:
    """Whether a viewer sees any case, open or not, that only named people see: so whether figures may count one."""
    if viewer.ceiling is not Label.RED:
        return False
    red = select(Case.id).where(Case.label == Label.RED, sight.cases(viewer))
    named = red.where(Case.id.in_(select(Participant.case_id).where(Participant.person_id == viewer.person_id)))
    ours = red.where(Case.agency_id == viewer.authority_id)
    return work.session.scalar(select(or_(exists(named), exists(ours)))) or False


def is_any_above(work: UnitOfWork, viewer: Viewer, ceiling: Label) -> bool:
    """Whether a viewer sees an open case, or a request that waits, whose label is more restrictive than a ceiling."""
    above = [label for label in Label if not label.within(ceiling)]
    cases = select(Case.id).where(Case.closed_at.is_(None), Case.label.in_(above), sight.cases(viewer))
    ours = cases.where(Case.agency_id == viewer.authority_id)
    shared = [cases.where(Case.id.in_(way)) for way in ways.shared(viewer.person_id, viewer.authority_id)]
    asked = select(Request.id).join(Case, Case.id == Request.case_id).where(Case.closed_at.is_(None))
    asked = asked.where(Request.party_id == viewer.authority_id, Request.status.in_(WAITING), Case.label.in_(above))
    seen = or_(*(exists(query) for query in (ours, *shared, asked.where(sight.requests(viewer)))))
    return work.session.scalar(select(seen)) or False
