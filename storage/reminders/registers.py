"""Registers: what they brought and nobody took up is told once when an import is done, and then once a month.

In: the jobs of a tick. Out: one "old_waiting" for each manager, and for whoever leads or opened such a case, to be said
with whatever else waits for their next morning. How many there are is counted when it is said, for their eyes.
Why not by clocks: five hundred rungs would be rung, queued and folded to say one number.
Why the moment of the last telling stands in a heartbeat: what was said is let go of after two weeks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import ClassVar

from sqlalchemy import exists, func, select

from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import heartbeat, outbox, succession
from storage.models import AuditLine, Authority, Case, Clock, Heartbeat, Membership, OutboxRow, Recipient, Request
from storage.rules.calendars import calendar_of
from storage.rules.mornings import next_morning
from storage.times import at_local, local_day

IMPORT = "register import"  # the act by which an import is signed for
OLD_WAITING = "old_waiting"
DECEMBER = 12


@dataclass(frozen=True)
class OldRowsWait:
    """Something of a register is overdue. How much, is asked when it is said."""

    agency: str
    is_card: ClassVar[bool] = False

    @property
    def template(self) -> str:
        """What composes it."""
        return OLD_WAITING


def remind(jobs: Jobs) -> int:
    """Queue it for the agencies that have not heard of it this month, or since their last import. How many. Blocks."""
    due = jobs.read(_due).result()
    for agency_id in due:
        jobs.write(lambda work, one=agency_id: _tell(work, one)).result()  # type: ignore[misc]
    return len(due)


def is_in(work: UnitOfWork, digest_id: int) -> bool:
    """Whether it was folded into a digest."""
    query = select(OutboxRow.id).where(OutboxRow.digest_id == digest_id, OutboxRow.notice == OLD_WAITING)
    return work.session.scalar(query.limit(1)) is not None


def next_moment(work: UnitOfWork) -> datetime | None:
    """When it is told again: the first of a month, for the first agency that has anything to hear of."""
    agencies = [agency for agency, _ in _importers(work) if _has_old(work, agency.id)]
    return min((_month_after(work.now, agency.zone) for agency in agencies), default=None)


# ---- when ----------------------------------------------------------------------------------------------------------


def _due(work: UnitOfWork) -> Sequence[int]:
    due = []
    for agency, imported_at in _importers(work):
        last = work.session.get(Heartbeat, _heartbeat(agency.id))
        is_news = last is None or last.at < imported_at or _month_after(last.at, agency.zone) <= work.now
        if is_news and _has_old(work, agency.id):
            due.append(agency.id)
    return due


def _importers(work: UnitOfWork) -> list[tuple[Authority, datetime]]:
    """The agencies that signed for an import, each with when it last did."""
    here = exists(select(Membership.id).where(Membership.authority_id == Authority.id, Membership.ended_at.is_(None)))
    agencies = work.session.scalars(select(Authority).where(here).order_by(Authority.id)).all()
    signed = select(AuditLine.ref, func.max(AuditLine.at)).where(AuditLine.act == IMPORT)
    signed = signed.where(AuditLine.ref.in_([agency.code for agency in agencies])).group_by(AuditLine.ref)
    last = {row[0]: row[1] for row in work.session.execute(signed)}
    return [(agency, last[agency.code]) for agency in agencies if agency.code in last]


def _has_old(work: UnitOfWork, agency_id: int) -> bool:
    late = (Clock.imported, Clock.kind == "answer", Clock.ended_at.is_(None), Clock.due_at <= work.now)
    query = select(Clock.id).where(Clock.agency_id == agency_id, Clock.request_id.is_not(None), *late)
    return work.session.scalar(query.limit(1)) is not None


def _month_after(moment: datetime, zone: str) -> datetime:
    day = local_day(moment, zone)
    first = day.replace(day=1, month=day.month % DECEMBER + 1, year=day.year + day.month // DECEMBER)
    return at_local(first, time(), zone)


def _heartbeat(agency_id: int) -> str:
    return f"register {agency_id}"


# ---- whom ----------------------------------------------------------------------------------------------------------


def _tell(work: UnitOfWork, agency_id: int) -> None:
    agency = work.session.get_one(Authority, agency_id)
    hands = select(func.coalesce(Case.lead_id, Case.opened_by)).join(Request, Request.case_id == Case.id)
    hands = hands.join(Clock, Clock.request_id == Request.id).where(Clock.imported, Clock.ended_at.is_(None))
    ids = work.session.scalars(hands.where(Clock.agency_id == agency_id).distinct()).all()
    able = succession.able(work, ids)
    first = [able[one, agency_id] for one in ids if (one, agency_id) in able]
    people = {one.id: one for one in (*first, *succession.with_role(work, agency_id, {Role.MANAGER}))}
    people = people or {one.id: one for one in succession.with_role(work, agency_id, WORKERS)}
    if not people:
        succession.needs_person(work, agency_id)
    for one in people.values():
        zone = one.zone or agency.zone
        morning = next_morning(work.now, zone=zone, calendar=calendar_of(work, agency))
        outbox.put(
            work,
            cause=f"register:{agency_id}:{local_day(morning, zone).isoformat()}",
            notice=OldRowsWait(agency.code),
            recipient=Recipient.person(one.id),
            platform=one.route,
            label=Label.CLEAR,  # as with a digest, its label is that of what it counts when it is sent
            not_before=morning,
            wait=True,
        )
    heartbeat.beat(work, _heartbeat(agency_id))
