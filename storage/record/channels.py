"""Rooms: which chat rooms the desk knows, and which authorities an agency may bring into one.

In: the platform's own ids of a room, or an agency. Out: channel rows, also of a room that was left: it is the same row
when it is asked again.
"""

from sqlalchemy import and_, exists, or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.models import Authority, Case, Channel, OutboxRow, Recipient, Request


def at(work: UnitOfWork, platform: str, room: str, thread: str) -> Channel:
    """The row of a room, also of one that was left; a new one, not yet anybody's, where there is none."""
    query = select(Channel).where(Channel.platform == platform, Channel.external_id == room, Channel.thread == thread)
    return work.session.scalars(query).first() or Channel(platform=platform, external_id=room, thread=thread, title="")


def of_agency(work: UnitOfWork, agency: Authority) -> list[Channel]:
    """The rooms an agency has, and those it brought another authority into."""
    query = select(Channel).where(Channel.left_at.is_(None))
    query = query.where(or_(Channel.authority_id == agency.id, Channel.host_id == agency.id))
    return list(work.session.scalars(query.order_by(Channel.authority_id != agency.id, Channel.id)))


def of_case(work: UnitOfWork, case: Case) -> list[Channel]:
    """The rooms of the agency that owns a case, where its label may be said; for RED there is none."""
    return _where_it_is_said(work, case, case.agency_id)


def across(work: UnitOfWork, request: Request, party: Authority) -> list[Channel]:
    """The rooms of the other side of a request, where the label of its case may be said; from AMBER+STRICT on, none."""
    leaves = Label(request.case.label).within(Label.AMBER)
    return _where_it_is_said(work, request.case, party.id) if leaves else []


def _where_it_is_said(work: UnitOfWork, case: Case, authority_id: int) -> list[Channel]:
    label = Label(case.label)
    if label is Label.RED:
        return []
    kept_by_it = or_(Channel.host_id.is_(None), Channel.host_id == case.agency_id)
    query = select(Channel).where(Channel.left_at.is_(None), Channel.authority_id == authority_id, kept_by_it)
    return [room for room in work.session.scalars(query.order_by(Channel.id)) if label.within(Label(room.ceiling))]


def deals_with(work: UnitOfWork, agency: Authority, other: Authority) -> bool:
    """Whether another authority is party to a request of an agency's cases. A draft is none yet: anybody files one."""
    party = or_(Request.sender_id == other.id, Request.recipient_id == other.id)
    query = select(Request.id).join(Case, Case.id == Request.case_id).where(Case.agency_id == agency.id, party)
    query = query.where(Request.sent_on.is_not(None))
    return bool(work.session.scalar(select(exists(query))))


def keep(work: UnitOfWork, channel: Channel) -> None:
    """Put a room on record, so that it has its number."""
    work.session.add(channel)
    work.session.flush()


def forget(work: UnitOfWork, channel: Channel) -> None:
    """Leave a room: nothing more is planned for it, and what waits for its morning is not said."""
    channel.left_at, channel.next_digest_at, channel.next_summary_at = work.now, None, None
    work.write_out()
    waiting = and_(OutboxRow.recipient == Recipient.channel(channel.id), OutboxRow.state == "pending")
    for row in work.session.scalars(select(OutboxRow).where(waiting)):
        row.state, row.settled_at, row.outcome = "dropped", work.now, "the room was left"
