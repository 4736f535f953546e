"""Expiry: the clock of a preservation, until when its data is kept, and which requests will need it longer.

In: a preservation. Out: its clock rows; the last day it can reach.
"""

from datetime import date, datetime, timedelta

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock, Preservation, Request
from storage.reference.catalog import ClockRule
from storage.rules import clocks


def of_preservation(preservation: Preservation, *, before: Clock | None = None) -> Clock | None:
    """The expiry clock of a preservation, the open one first, or the one before it; None where no period is known."""
    known = preservation.clocks[: preservation.clocks.index(before) if before else None]
    newest_first = [clock for clock in reversed(known) if clock.kind == "preservation"]
    return next((clock for clock in newest_first if clock.ended_at is None), next(iter(newest_first), None))


def last_possible(work: UnitOfWork, kept: Preservation) -> date | None:
    """The last day a hold can reach if every renewal the instrument allows is granted; None where no limit is known."""
    renewable = work.reference.instruments[kept.instrument].renewable
    if kept.expires_on is None or renewable is None:
        return kept.expires_on
    if renewable.times is None or renewable.amount is None:
        return None
    left = max(0, renewable.times - len(kept.renewals))
    return kept.expires_on + timedelta(days=left * renewable.amount)


def outliving(work: UnitOfWork, kept: Preservation) -> list[tuple[Request, date]]:
    """The requests that need a hold's data and whose answer is due only after it can last, with that day."""
    last, late = last_possible(work, kept), []
    for request in kept.requests:
        clock = clocks.latest(request)
        if last and clock and clock.ended_at is None and clock.due_on and clock.due_on > last:
            late.append((request, clock.due_on))
    return late


def start_preservation(work: UnitOfWork, preservation: Preservation, *, on: date, days: int) -> Clock:
    """The expiry clock of a hold: `days` calendar days from the day it was asked or confirmed."""
    instrument = work.reference.instruments[preservation.instrument]
    base = instrument.default_clock
    rule = ClockRule(
        amount=days,
        unit="calendar_days",
        counted_from=base.counted_from if base else "data_preserved",
        kind="expiry",
        statutory=base.statutory if base else False,
        origin=base.origin if base and base.amount == days else "recipient_policy",
    )
    clock = Clock(
        kind="preservation", preservation=preservation, authority=preservation.recipient, instrument=instrument.code
    )
    return clocks.start(work, clock, rule, on=on, at=None)


def end_of_preservation(work: UnitOfWork, preservation: Preservation, *, at: datetime | None = None) -> None:
    """Close every open clock of a hold. at: when it ended, aware UTC; now, if not said."""
    for clock in clocks.running(preservation):
        clocks.end(work, clock, at=at)
