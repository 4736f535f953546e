"""The next reminder of a clock: which rung, and when. Rows only; the ladder as moments is `schedules.py`.

In: a clock whose dates have just been computed, or a wish for quiet. Out: its `rung` and `ring_at`.
The rules (design, section 6): nothing sounds for what is closed or paused, before the end of a snooze, or, where it can
wait and is owed between the two sides, within three days of a contact. What has passed by then is not made up for one
by one: the last of it sounds.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock
from storage.reference.catalog import Reference
from storage.reference.ladders import Ladder
from storage.rules.schedules import Dates, Schedule, Sounding

AFTER_CONTACT = timedelta(days=3)
BETWEEN_SIDES = ("answer", "clarification")


class Ripe(NamedTuple):
    """A clock whose reminder has come: the values that its reminders follow from, named as in `Clock`.

    Why not the rows: making objects of them took longer than all the rest of a sweep.
    """

    id: int
    kind: str
    epoch: int
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
    earliest = max(now, clock.quiet_until or now)
    contact_at = clock.contact_at if rests_after_contact(reference, clock) else None
    rested = max(earliest, contact_at + AFTER_CONTACT) if contact_at else earliest
    passed = schedule.passed(rested)
    if passed:
        return passed, max(rested, passed.at)
    following = schedule.following(rested)
    return following, following.at if following else None


def schedule_of(reference: Reference, clock: Clock | Ripe) -> Schedule | None:
    """The ladder of a clock along its dates; None while it is paused, or where its kind has no ladder."""
    ladder = ladder_of(reference, clock)
    if ladder is None or clock.due_on is None or clock.due_at is None or clock.very_at is None:
        return None
    dates = Dates(clock.starts_at, clock.due_on, clock.due_at, clock.very_at, clock.zone)
    return Schedule(ladder, dates, reference.instruments[clock.instrument])


def ladder_of(reference: Reference, clock: Clock | Ripe) -> Ladder | None:
    """Which ladder a clock climbs."""
    return reference.ladder_for(
        clock.rule,  # type: ignore[arg-type]  # column text
        clock.unit,  # type: ignore[arg-type]
        emergency=bool(clock.emergency),
        ours=clock.ours,
        imported=clock.imported,
    )


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


def rests_after_contact(reference: Reference, clock: Clock | Ripe) -> bool:
    """Whether it keeps still for some days after the two sides heard of each other.

    Not what cannot wait, and not what waits for our own people.
    """
    ladder = ladder_of(reference, clock)
    return clock.kind in BETWEEN_SIDES and ladder is not None and all(rung.wait for rung in ladder.rungs)
