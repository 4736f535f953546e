"""The next reminder of a clock: which rung, and when. Rows only; the ladder as moments is `schedules.py`.

In: a clock whose dates have just been computed, or a wish for quiet. Out: its `rung` and `ring_at`.
The rules (design, section 6): what came with a register sounds for nobody, until somebody takes it up; an emergency is
one for a week from its sending, and climbs the ordinary ladder after that; nothing sounds for what is closed or paused,
before the end of a snooze, or, where it can wait and is owed between the two sides, within three days of a contact.
What has passed by then is not made up for one by one: the last of it sounds.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock
from storage.reference.catalog import Reference
from storage.reference.ladders import Ladder
from storage.rules.schedules import Dates, Schedule, Sounding
from storage.times import end_of_day

AFTER_CONTACT = timedelta(days=3)
EMERGENCY_FOR = timedelta(days=7)  # from its sending: what nobody answered in a week is no alarm any more
BETWEEN_SIDES = ("service", "answer", "clarification")


class Ripe(NamedTuple):
    """A clock whose reminder has come: the values that its reminders follow from, named as in `Clock`.

    Why not the rows: making objects of them took longer than all the rest of a sweep.
    """

    id: int
    epoch: int
    kind: str
    rung: str
    ring_at: datetime
    rule: str
    unit: str
    instrument: str
    starts_at: datetime
    due_on: date | None
    due_at: datetime | None
    very_at: datetime | None
    ended_at: datetime | None
    quiet_until: datetime | None
    imported: bool
    zone: str
    emergency: bool | None
    sent_on: date | None
    filed_at: datetime | None
    contact_at: datetime | None
    ours: bool


def arm(work: UnitOfWork, clock: Clock) -> None:
    """Set the next rung of a clock from its dates as they now are."""
    sounding, at = upcoming(work.reference, clock, work.now)
    clock.rung, clock.ring_at = (sounding.code, at) if sounding else ("", None)


def go_on(work: UnitOfWork, clock: Clock) -> None:
    """Set the rung behind those that have passed: they were said, together with others."""
    schedule = schedule_of(work.reference, clock)
    following = schedule.following(work.now) if schedule else None
    clock.rung, clock.ring_at = (following.code, following.at) if following else ("", None)


def upcoming(
    reference: Reference, clock: Clock | Ripe, now: datetime, schedule: Schedule | None = None
) -> tuple[Sounding | None, datetime | None]:
    """The rung that sounds next, and when: the last one passed by the first moment that is allowed, else the next.

    schedule: the clock's, where it is at hand.
    """
    schedule = schedule or schedule_of(reference, clock)
    if schedule is None or clock.ended_at is not None:
        return None, None
    rested = allowed_from(reference, clock, now)
    passed = schedule.passed(rested)
    if passed:
        return passed, max(rested, passed.at)
    following = schedule.following(rested)
    return following, following.at if following else None


def allowed_from(reference: Reference, clock: Clock | Ripe, now: datetime) -> datetime:
    """The first moment from now on at which a clock may sound what can wait."""
    earliest = max(now, clock.quiet_until) if clock.quiet_until else now
    rests_until = clock.contact_at + AFTER_CONTACT if clock.contact_at else earliest
    return rests_until if rests_until > earliest and rests_after_contact(reference, clock, now) else earliest


def schedule_of(reference: Reference, clock: Clock | Ripe) -> Schedule | None:
    """The ladder of a clock along its dates.

    None while it is paused, where its kind has no ladder, and for what came with a register and nobody has taken up.
    """
    ladder = ladder_of(reference, clock)
    if ladder is None or clock.due_on is None or clock.due_at is None or clock.very_at is None or clock.imported:
        return None
    dates = Dates(clock.starts_at, clock.due_on, clock.due_at, clock.very_at, clock.zone)
    until = emergency_until(clock) if clock.unit == "hours" else None
    ordinary = ladder_of(reference, clock, old=True) if until else None
    after = (until, ordinary) if until and ordinary else None
    return Schedule(ladder, dates, reference.instruments[clock.instrument], after=after)


def ladder_of(reference: Reference, clock: Clock | Ripe, *, old: bool = False) -> Ladder | None:
    """Which ladder a clock climbs. old: as an emergency that is none any more."""
    return reference.ladder_for(
        clock.rule,  # type: ignore[arg-type]  # column text
        "calendar_days" if old else clock.unit,  # type: ignore[arg-type]
        emergency=bool(clock.emergency) and not old,
        ours=clock.ours,
    )


def emergency_until(clock: Clock | Ripe) -> datetime | None:
    """Until when a request is rung for as an emergency, from the day it was sent, else filed; None where it is none."""
    begun_at = end_of_day(clock.sent_on, clock.zone) if clock.sent_on else clock.filed_at
    return begun_at + EMERGENCY_FOR if clock.emergency and begun_at else None


def is_emergency(clock: Clock | Ripe, now: datetime) -> bool:
    """Whether it cannot wait: it is an emergency, and not an old one."""
    until = emergency_until(clock)
    return until is not None and now < until


def next_for_managers(work: UnitOfWork, clock: Clock) -> datetime | None:
    """When a clock next goes to managers, at the latest with what is said again for ever; None where it does not."""
    schedule = schedule_of(work.reference, clock)
    found = schedule.for_managers(work.now) if schedule else None
    return found.at if found else None


def snooze(work: UnitOfWork, clock: Clock, until: datetime, *, by: int, reason: str) -> None:
    """Nothing sounds before `until`; what has passed by then sounds then, once. by: a person's id."""
    clock.quiet_until, clock.quiet_by, clock.quiet_reason = until, by, reason
    clock.imported = False
    clock.epoch += 1
    arm(work, clock)


def rests_after_contact(reference: Reference, clock: Clock | Ripe, now: datetime) -> bool:
    """Whether it keeps still for some days after the two sides heard of each other.

    Not what cannot wait, and not what waits for our own people.
    """
    old = bool(clock.emergency) and not is_emergency(clock, now)
    ladder = ladder_of(reference, clock, old=old)
    return clock.kind in BETWEEN_SIDES and ladder is not None and all(rung.wait for rung in ladder.rungs)
