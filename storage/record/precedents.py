"""What was asked before: the same account, the same recipient, the same paper. For the pre-flight.

In: a unit of work, a viewer, what is about to be asked. Out: rows that the viewer may see, newest first; and figures
without names, computed over all agencies. Nothing here changes anything.
"""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.models import Case, Request, Target
from storage.rules.lifecycle import OPEN, Status


def same_accounts(
    work: UnitOfWork, viewer: Viewer, keys: Sequence[str], *, except_case: int
) -> list[tuple[Request, Target]]:
    """Visible requests of other cases for an account with one of these keys, and which account, newest first."""
    query = (
        select(Request, Target)
        .join(Target, Target.request_id == Request.id)
        .join(Case, Case.id == Request.case_id)
        .where(Target.folded.in_(keys), Case.id != except_case, sight.requests(viewer))
        .options(joinedload(Request.case).joinedload(Case.agency), joinedload(Request.recipient))
        .order_by(Request.id.desc())
        .limit(10)
    )
    return [(row, target) for row, target in work.session.execute(query).unique()]


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
