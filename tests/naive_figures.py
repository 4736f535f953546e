"""Figures counted in the plainest way: all rows are read, and each is looked at by itself.

In: a unit of work, an agency, the days of a period. Out: {figure: references of what it counts}, as a person would
count them by hand who sees all cases of the agency and what `summary explain` says of each figure.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority, Case, Clock, PastMove, Request, Target

HEARD = {"acknowledge", "clarify", "part", "produced", "not-held", "refused"}
LATE = {"answer", "clarification", "draft", "approval", "intake"}


def period(work: UnitOfWork, agency: Authority, first: date, until: date) -> dict[str, list[str]]:
    """Every figure of a period; `until`: the day after its last."""
    zone = ZoneInfo(agency.zone)
    begin, end = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, until))
    found: dict[str, list[str]] = {}
    for case in work.session.scalars(select(Case).where(Case.agency_id == agency.id)):
        if begin <= case.opened_at < end:
            found.setdefault("opened", []).append(case.ref)
    for request in work.session.scalars(select(Request).where(Request.agency_id == agency.id)):
        for code in [*_by_day(request, begin, end, first, until), *_by_moment(work, request, min(end, work.now), zone)]:
            found.setdefault(code, []).append(request.ref)
        for target in request.targets:
            for code in _of_account(request, target, first, until):
                found.setdefault(code, []).append(request.ref)
    return found


def _by_day(request: Request, begin: datetime, end: datetime, first: date, until: date) -> Iterator[str]:
    outgoing = request.direction == "outgoing"
    if begin <= request.filed_at < end:
        yield "filed" if outgoing else "received"
    if not outgoing:
        return
    if request.sent_on and first <= request.sent_on < until:
        yield "sent"
    if request.status == "part_produced" and request.part_on and first <= request.part_on < until:
        yield "partly"
    if request.answered_on and first <= request.answered_on < until:
        if request.status == "produced":
            yield "answered"
        elif request.status == "refused" or (request.status == "transferred" and request.refusals):
            yield "refused"
        elif request.status in ("not_held", "transferred"):
            yield "not_held"


def _by_moment(work: UnitOfWork, request: Request, moment: datetime, zone: ZoneInfo) -> Iterator[str]:
    if request.answered_on and request.answered_on <= (moment - timedelta(microseconds=1)).astimezone(zone).date():
        return
    late = {
        clock.kind
        for clock in work.session.scalars(select(Clock).where(Clock.request_id == request.id))
        if clock.kind in LATE and not clock.imported and clock.due_at and clock.due_at <= moment
        if clock.ended_at is None or clock.ended_at > moment
    }
    if late:
        yield "overdue"
    if "answer" in late and request.direction == "outgoing":
        moves = work.session.scalars(select(PastMove).where(PastMove.request_id == request.id)).all()
        stand = [move for move in moves if move.undone_at is None and move.word in HEARD and move.at < moment]
        if request.status == "sent" or (request.status_at >= moment and not stand):
            yield "silent"


def _of_account(request: Request, target: Target, first: date, until: date) -> Iterator[str]:
    if request.direction != "outgoing":
        return
    if request.sent_on and first <= request.sent_on < until:
        yield "accounts_asked"
    outcome, on = target.outcome, target.outcome_on
    if outcome is None and request.status in ("produced", "refused", "not_held"):
        outcome, on = request.status, request.answered_on
    if outcome is None and request.status == "transferred" and request.answered_on:
        outcome, on = "refused" if request.refusals else "not_held", request.answered_on
    if outcome and on and first <= on < until:
        yield f"accounts_{outcome}"
