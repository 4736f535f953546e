"""What was asked or kept before: the same account, the same recipient, the same paper. For the pre-flight.

In: a unit of work, a viewer, what is about to be asked. Out: rows that the viewer may see, newest first; and figures
without names, computed over all agencies. Nothing here changes anything.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Preservation, Request, Target
from storage.record.targets import PROVIDER
from storage.rules.lifecycle import OPEN, WAITING, Status

MOST = 10  # accounts that are told of at once


def same_accounts(
    work: UnitOfWork, viewer: Viewer, keys: Sequence[str], *, except_case: int, recipient: Authority, owed: bool
) -> list[tuple[Request, Target]]:
    """For each of these keys the newest visible request of another case, and its account; MOST at most, newest first.

    owed: of those whose answer this recipient owes; else of all others.
    """
    waits = and_(Request.recipient_id == recipient.id, Request.status.in_(WAITING))
    of = select(Target.id).join(Target.request).join(Request.case)
    of = of.where(Target.key.in_(keys), Case.id != except_case, sight.requests(viewer), waits if owed else not_(waits))
    query = (
        select(Request, Target)
        .join(Request.targets)
        .where(Target.id.in_(_first_of_each_key(of, Request.id.desc())))
        .options(joinedload(Request.case).joinedload(Case.agency))
        .order_by(Request.id.desc(), Target.id)
        .limit(MOST)
    )
    return [(row, target) for row, target in work.session.execute(query)]


def kept_accounts(
    work: UnitOfWork, viewer: Viewer, keys: Sequence[str], *, except_case: int, recipient: Authority
) -> list[tuple[Preservation, Target]]:
    """For each of these keys the hold of another case that keeps it, and its account; MOST at most, newest first.

    Of those that the viewer may see and that have not lapsed; one that is confirmed before one that is not. Where the
    recipient is a provider, what another provider keeps does not count.
    """
    last = Preservation.expires_on
    alive = and_(Preservation.closed_at.is_(None), or_(last.is_(None), last >= work.now.date()))
    of = select(Target.id).join(Target.preservation).join(Preservation.case)
    of = of.where(Target.key.in_(keys), Case.id != except_case, sight.cases(viewer), alive)
    if recipient.role == PROVIDER:
        others = select(Authority.id).where(Authority.role == PROVIDER, Authority.id != recipient.id)
        of = of.where(Preservation.recipient_id.not_in(others))
    first = _first_of_each_key(of, Preservation.confirmed_on.is_(None), Preservation.id.desc())
    query = (
        select(Preservation, Target)
        .join(Preservation.targets)
        .where(Target.id.in_(first))
        .options(joinedload(Preservation.case).joinedload(Case.agency), joinedload(Preservation.recipient))
        .order_by(Preservation.id.desc(), Target.id)
        .limit(MOST)
    )
    return [(row, target) for row, target in work.session.execute(query)]


def _first_of_each_key(of: Select[int], *order: ColumnElement[Any]) -> Select[int]:
    """Of some accounts the first with each key, in this order."""
    place = func.row_number().over(partition_by=Target.key, order_by=(*order, Target.id))
    found = of.add_columns(place.label("place")).subquery()
    return select(found.c.id).where(found.c.place == 1)


def asked_before(work: UnitOfWork, viewer: Viewer, case_id: int, recipient_id: int) -> list[Request]:
    """Visible requests of one case to a recipient that wait, or were answered and not refused, newest first."""
    counts = Request.status.in_((*OPEN, Status.PRODUCED, Status.NOT_HELD))
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(Case.id == case_id, Request.recipient_id == recipient_id, Request.direction == "outgoing")
        .where(counts, sight.requests(viewer))
        .options(joinedload(Request.case), selectinload(Request.targets))
        .order_by(Request.id.desc())
    )
    return list(work.session.scalars(query))


def refused_before(
    work: UnitOfWork, viewer: Viewer, *, recipient_id: int, instrument: str, paper: str | None
) -> list[Request]:
    """Visible requests to a recipient that were refused under this instrument or this legal paper, newest first."""
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(
            sight.requests(viewer),
            Request.recipient_id == recipient_id,
            Request.status.in_((Status.REFUSED, Status.TRANSFERRED)),
        )
        .where(or_(Request.instrument == instrument, and_(Request.paper.is_not(None), Request.paper == paper)))
        .options(joinedload(Request.case))
        .order_by(Request.status_at.desc())
        .limit(20)
    )
    return [row for row in work.session.scalars(query) if row.refusals]


def answer_days(work: UnitOfWork, *, recipient_id: int, instrument: str) -> list[int]:
    """Calendar days from sending to the answer, of every answered request to a recipient under an instrument, sorted.

    A number without names: computed over all agencies, whoever asks.
    """
    query = select(Request.sent_on, Request.answered_on).where(
        Request.recipient_id == recipient_id,
        Request.instrument == instrument,
        Request.sent_on.is_not(None),
        Request.answered_on.is_not(None),
    )
    return sorted((answered - sent).days for sent, answered in work.session.execute(query) if sent and answered)
