"""What waits for our own people: the house's own clocks. They say when somebody is reminded; nobody outside is late.

In: a request that has moved, a hold of which something was said, or somebody who is on it. Out: clock rows of the kinds
that `clocks.py` names, by the lengths of `house_clocks.json` and the calendar of the agency that owns the case; they
start when it comes on record, because nobody could act before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock, Person, Preservation, Request
from storage.reference.catalog import Length
from storage.rules import alarms, clocks
from storage.times import local_day


@dataclass(frozen=True)
class HouseRule:
    """A length of the house, as a clock runs by it."""

    amount: int
    unit: str
    counted_from: str
    kind: str
    origin: str = "house_default"


def follow(work: UnitOfWork, subject: Request | Preservation, wanted: Iterable[str]) -> None:
    """Let the open clocks of this sort be those of where it stands. Whoever was on it, was on what was before."""
    kinds = tuple(wanted)
    open_ones = {clock.kind: clock for clock in clocks.running(subject) if clock.kind in clocks.HOUSE}
    for kind, clock in open_ones.items():
        if kind not in kinds:
            clocks.end(work, clock)
    of = {"request": subject} if isinstance(subject, Request) else {"preservation": subject}
    for kind in kinds:
        if kind not in open_ones:
            _start(work, work.new(Clock, kind=kind, instrument=subject.instrument, **of))


def take(work: UnitOfWork, clock: Clock, request: Request, person: Person) -> Clock:
    """Somebody is on it until the next reminder of a clock, seven days at most; whoever was before is no longer."""
    for before in clocks.running(request):
        if before.kind == "taken":
            clocks.end(work, before)
    taken = work.new(Clock, kind="taken", request=request, instrument=request.instrument, person_id=person.id)
    most = work.reference.house_clocks["taken"].ordinary.amount
    schedule = alarms.schedule_of(work.reference, clock)
    following = schedule.following(work.now) if schedule else None
    until = (following.at - work.now) // timedelta(hours=1) if following else most
    _start(work, taken, Length(amount=min(max(1, until), most), unit="hours"))
    work.session.expire(request, ["taken"])
    return taken


def _start(work: UnitOfWork, clock: Clock, length: Length | None = None) -> None:
    row = work.reference.house_clocks[clock.kind]
    clock.authority = clock.case.agency
    length = length or (row.emergency if row.emergency and alarms.is_emergency(clock, work.now) else row.ordinary)
    rule = HouseRule(length.amount, length.unit, row.counted_from, row.code)
    clocks.start(work, clock, rule, on=local_day(work.now, clock.authority.zone), at=work.now)
