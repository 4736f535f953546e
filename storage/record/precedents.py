"""What was asked or kept before: the same account, the same recipient, the same paper. For the pre-flight.

In: a unit of work, a viewer, what is about to be asked. Out: rows that the viewer may see, newest first. Nothing here
changes anything. How long an answer takes: `yields.py`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import joinedload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.sight import Viewer
from storage.exposure.ways import among, newest, shared
from storage.models import Authority, Case, Preservation, Request, Target
from storage.record import hold_lists
from storage.record.targets import PROVIDER
from storage.rules.lifecycle import OPEN, WAITING, Status

MOST = 10  # accounts that are told of at once
LOOKED_AT = 200  # refusals by one recipient, the newest


@dataclass(frozen=True)
class Precedents:
    """What is known that a new request may repeat; only what the viewer may see.

    Of other cases, each with its account, MOST at most, newest first: for each account the newest request whose answer
    this recipient owes (`owed`), the newest of all others (`others`), and the hold that keeps it (`kept`), a confirmed
    one first. `again`: the case's own requests to this recipient that wait, or were answered and not refused.
    """

    owed: list[tuple[Request, Target]]
    others: list[tuple[Request, Target]]
    kept: list[tuple[Preservation, Target]]
    again: list[Request]


def met(work: UnitOfWork, viewer: Viewer, keys: Sequence[str], *, case_id: int, recipient: Authority) -> Precedents:
    """What is known of these accounts, and of this recipient in this case.

    Holds are those that have not lapsed; where the recipient is a provider, what another provider keeps does not count.
    Why first the numbers of all: most accounts are new, and then nothing else is asked.
    """
    waits = and_(Request.recipient_id == recipient.id, Request.status.in_(WAITING))
    asked = select(Target.id).join(Target.request).join(Request.case)
    asked = asked.where(Target.key.in_(keys), Case.id != case_id, sight.requests(viewer))
    held = select(Target.id).join(Target.preservation).join(Preservation.case)
    held = held.where(Target.key.in_(keys), Case.id != case_id, sight.cases(viewer), *_that_counts(recipient))
    found = {
        "owed": _first_of_each_key(asked.where(waits), Request.id.desc()),
        "others": _first_of_each_key(asked.where(not_(waits)), Request.id.desc()),
        "kept": _first_of_each_key(held, Preservation.confirmed_on.is_(None), Preservation.id.desc()),
        "again": _again(viewer, case_id, recipient),
    }
    ids: dict[str, list[int]] = {kind: [] for kind in found}
    probe = union_all(*(query.add_columns(literal(kind)) for kind, query in found.items()))
    for number, kind in work.session.execute(probe, hold_lists.alive_at(work.now)):
        ids[kind].append(number)
    owed, others = _requests(work, ids["owed"]), _requests(work, ids["others"])
    return Precedents(owed, others, _holds(work, ids["kept"]), _own(work, ids["again"]))


def _that_counts(recipient: Authority) -> Iterator[ColumnElement[bool]]:
    """Which holds matter to whoever asks this recipient."""
    yield and_(hold_lists.alive(), Preservation.asker_id.is_(None))
    if recipient.role == PROVIDER:
        others = select(Authority.id).where(Authority.role == PROVIDER, Authority.id != recipient.id)
        yield Preservation.recipient_id.not_in(others)


def _requests(work: UnitOfWork, ids: Collection[int]) -> list[tuple[Request, Target]]:
    query = select(Request, Target).join(Request.targets).where(Target.id.in_(ids))
    query = query.options(joinedload(Request.case).joinedload(Case.agency))
    query = query.order_by(Request.id.desc(), Target.id).limit(MOST)
    return [(row, target) for row, target in work.session.execute(query)] if ids else []


def _holds(work: UnitOfWork, ids: Collection[int]) -> list[tuple[Preservation, Target]]:
    query = select(Preservation, Target).join(Preservation.targets).where(Target.id.in_(ids))
    query = query.options(joinedload(Preservation.case).joinedload(Case.agency), joinedload(Preservation.recipient))
    query = query.order_by(Preservation.id.desc(), Target.id).limit(MOST)
    return [(row, target) for row, target in work.session.execute(query)] if ids else []


def _first_of_each_key(of: Select[int], *order: ColumnElement[Any]) -> Select[int]:
    """Of some accounts the first with each key, in this order."""
    place = func.row_number().over(partition_by=Target.key, order_by=(*order, Target.id))
    found = of.add_columns(place.label("place")).subquery()
    return select(found.c.id).where(found.c.place == 1)


def _again(viewer: Viewer, case_id: int, recipient: Authority) -> Select[int]:
    counts = Request.status.in_((*OPEN, Status.PRODUCED, Status.NOT_HELD))
    query = select(Request.id).join(Case, Case.id == Request.case_id).where(Case.id == case_id, counts)
    query = query.where(Request.recipient_id == recipient.id, Request.direction == "outgoing")
    return query.where(sight.requests(viewer))


def _own(work: UnitOfWork, ids: Collection[int]) -> list[Request]:
    query = select(Request).where(Request.id.in_(ids)).order_by(Request.id.desc())
    query = query.options(joinedload(Request.case), joinedload(Request.targets))
    return list(work.session.scalars(query).unique()) if ids else []


def refused_before(
    work: UnitOfWork, viewer: Viewer, *, recipient_id: int, instrument: str, paper: str | None
) -> list[Request]:
    """Visible requests to a recipient that were refused under this instrument or this legal paper, newest first.

    Looked through are the last refusals of the viewer's agency, and those of the last cases shared with them.
    """
    refused = (Status.REFUSED, Status.TRANSFERRED)
    ours = (Request.agency_id == viewer.authority_id, Request.party_id == recipient_id)
    near = [newest(Request.id, *ours, Request.status == status, most=LOOKED_AT) for status in refused]
    cases = shared(viewer.person_id, viewer.authority_id)
    near += [select(Request.id).where(Request.case_id.in_(case_id)).correlate(None) for case_id in cases]
    query = (
        select(Request)
        .join(Case, Case.id == Request.case_id)
        .where(among(Request.id, union_all(*near).scalar_subquery()), sight.requests(viewer))
        .where(Request.recipient_id == recipient_id, Request.status.in_(refused))
        .where(or_(Request.instrument == instrument, and_(Request.paper.is_not(None), Request.paper == paper)))
        .options(joinedload(Request.case))
        .order_by(Request.status_at.desc())
        .limit(20)
    )
    return [row for row in work.session.scalars(query) if row.refusals]
