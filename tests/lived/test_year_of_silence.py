"""A year of silence: whatever waits, somebody who may act hears of it every month; of what is over, nobody does.

In: a desk with one record in each state (`states.py`), and then nobody who does anything for a year. What counts as
told is decided in `life.names`; who may act, by the rules that fetch a record for an act. Silence counts from a month
before a day that is further off: what is not due for a long time need not be spoken of.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from handlers.kit import access, second_person
from handlers.kit.permissions import Act
from handlers.kit.turn import Turn
from handlers.language.errors import UserError
from handlers.language.values import read_ref
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import Channel, Clock, Person, Preservation, Recipient, Request
from storage.record import records
from storage.rules.lifecycle import MOVES, Status
from storage.times import at_local
from tests import factories
from tests.lived import states
from tests.lived.life import REF, Life, Said, names
from tests.lived.states import FIRST, MANAGER, SECOND, State

AGENCY, ROOM = "PK-FIA-CCW", "C1"
YEAR = timedelta(days=365)
SEASON = timedelta(days=100)
MONTH = timedelta(days=31)
DAYS_OFF = timedelta(days=5)  # a round that falls on a holiday beside a weekend is told on the morning after them
HEARD_WITHIN = {
    "emergency: new -> approval": timedelta(days=1),
    "outgoing: new -> draft": timedelta(days=4),
    "incoming: new -> sent": timedelta(days=4),
    "outgoing: sent, refused -> refused": timedelta(days=8),
    "hold: asked": timedelta(days=8),
    "hold: asked of us": timedelta(days=4),
    "hold: released": timedelta(days=4),
}
"""What waits for ourselves alone is not left for a month: a working day, or a few."""


@dataclass(frozen=True)
class Stood:
    """A record and its state. `since`: when it came to stand there; `owed_from`, `until`: when silence counts."""

    state: State
    ref: str
    since: datetime
    owed_from: datetime
    until: datetime


@dataclass(frozen=True)
class Silence:
    """A time that was lived without anybody."""

    life: Life
    stood: tuple[Stood, ...]

    def told(self, one: Stood) -> list[Said]:
        """The reminders that named a record after it came to stand where it does."""
        return [said for said in self.life.said if said.reminds and said.at > one.since and names(said, one.ref)]

    def longest(self, one: Stood) -> timedelta:
        """The longest time in which nobody who may act was told."""
        able = {said.recipient: self._may_act(said.recipient, one.ref) for said in self.told(one)}
        heard = [said.at for said in self.told(one) if able[said.recipient] and one.owed_from <= said.at <= one.until]
        return max(later - earlier for earlier, later in pairwise([one.owed_from, *heard, one.until]))

    def _may_act(self, recipient: Recipient, ref: str) -> bool:
        return self.life.store.read(lambda work: _may_act(work, recipient, ref)).result()


def _may_act(work: UnitOfWork, recipient: Recipient, ref: str) -> bool:
    """Whether a person may act on a record; whether anybody whose room it is may."""
    if recipient.is_channel:
        room = work.session.get_one(Channel, recipient.number)
        people = records.people(work, agency_id=room.authority_id)
    else:
        people = [work.session.get_one(Person, recipient.number)]
    return any(_may(work, person, ref) for person in people)


def _may(work: UnitOfWork, person: Person, ref: str) -> bool:
    turn = Turn(work, access.actor(work, access.CONSOLE, records.terminal_name(person)))
    try:
        if "/P" in ref:
            access.preservation(turn, read_ref(ref), Act.WORK)
            return True
        request = access.request(turn, read_ref(ref), Act.WORK)
    except UserError:
        return False
    return request.status != Status.APPROVAL or person in second_person.approvers(turn, request)


# ---- living it -------------------------------------------------------------------------------------------------------


@contextmanager
def silence(
    store, clock, found: list[State], *, time: timedelta = YEAR, room: bool = True, label: str = "amber", taps: str = ""
) -> Iterator[Silence]:
    """Every state at its desk, and then time without anybody. taps: the line with which people answer each reminder."""
    with Life(store, clock) as life:
        store.write(factories.agency).result()
        for name, role in ((FIRST, Role.OFFICER), (SECOND, Role.OFFICER), (MANAGER, Role.MANAGER)):
            life.enrol(name, role, AGENCY)
            life.types(name, "desk me email:desk@ccw.example phone:+92-51-0000001 officer_id:CCW-1")
        if room:
            life.types(MANAGER, f"desk channel here for:{AGENCY} label:amber digest:09:00", room=ROOM)
        stood = tuple([_bring(life, state, label, time) for state in found])
        life.until(clock.now() + time, every=time, react=_tapping(life, taps) if taps else None)
        yield Silence(life, stood)


def _tapping(life: Life, taps: str) -> Callable[[Said], None]:
    """The officer whose record it is presses the same button under every reminder, where it may be pressed."""

    def tap(said: Said) -> None:
        for ref in said.refs if said.reminds else ():
            life.tries(FIRST, taps.replace("{ref}", ref))

    return tap


def _bring(life: Life, state: State, label: str, time: timedelta) -> Stood:
    """People do what brings a record to a state."""
    case = REF.findall(life.types(FIRST, f'case open "{state.name}" category:hacking label:{label}'))[0]
    ref = f"{case}/{state.part}"
    if label == "red":  # only named people may approve what only they see
        life.types(FIRST, f'case share {case} person:"{SECOND}"')
    for who, line in state.lines:
        life.clock.move(seconds=1)
        today = life.clock.now().date().isoformat()
        typed = line.replace("{case}", case).replace("{ref}", ref).replace("{today}", today)
        life.types(who, typed)
    owed_from, until = life.store.read(lambda work: _counts(work, ref, time)).result()
    return Stood(state, ref, life.clock.now(), owed_from, until)


def _counts(work: UnitOfWork, ref: str, time: timedelta) -> tuple[datetime, datetime]:
    """From when to when silence counts.

    From a month before the day it is due, where that is further off; to the end, or, of a hold, until it has lapsed.
    """
    query = select(Clock).outerjoin(Clock.request).outerjoin(Clock.preservation)
    query = query.where((Request.ref == ref) | (Preservation.ref == ref), Clock.ended_at.is_(None))
    due = [clock.due_at for clock in work.session.scalars(query) if clock.due_at]
    kept = work.session.scalars(select(Preservation).where(Preservation.ref == ref)).first()
    until = work.now + time
    if kept and kept.expires_on:
        until = min(until, at_local(kept.expires_on, datetime.min.time(), kept.recipient.zone) + timedelta(days=7))
    return max(work.now, min(due, default=work.now) - MONTH), until


def faults(lived: Silence) -> dict[str, str]:
    """{a state in which the desk does not do what it should: what it does}."""
    found = {
        one.state.name: _fault_of_end(lived, one) if one.state.is_end else _fault(lived, one) for one in lived.stood
    }
    return {name: fault for name, fault in found.items() if fault}


def _fault_of_end(lived: Silence, one: Stood) -> str:
    told = lived.told(one)
    return f"is over, and was spoken of {len(told)} times, on {told[0].at:%d %b %Y} first" if told else ""


def _fault(lived: Silence, one: Stood) -> str:
    told, longest = lived.told(one), lived.longest(one)
    if longest > MONTH + DAYS_OFF:
        return f"{longest.days} days of silence, spoken of {len(told)} times in all"
    first = told[0].at - one.since if told else YEAR
    return f"first spoken of after {first.days} days" if first > HEARD_WITHIN.get(one.state.name, YEAR) else ""


# ---- the promises ----------------------------------------------------------------------------------------------------


def test_every_status_is_reached_and_every_move_has_a_line():
    assert states.reached() == set(Status)
    assert states.LINES.keys() == MOVES.keys()


@pytest.mark.slow
def test_every_status_is_spoken_of_until_it_ends(sqlite_store, clock):
    """A season, and people alone."""
    with silence(sqlite_store, clock, every_status(), time=SEASON, room=False) as lived:
        assert faults(lived) == {}


@pytest.mark.slow
def test_every_status_is_spoken_of_for_a_year(sqlite_store, clock):
    with silence(sqlite_store, clock, every_status()) as lived:
        assert faults(lived) == {}


@pytest.mark.slow
@pytest.mark.parametrize("label", ["amber", "red"])
@pytest.mark.parametrize("kind", states.BEGINNINGS)
def test_whatever_move_led_there(sqlite_store, clock, kind, label):
    with silence(sqlite_store, clock, list(states.of_requests((kind,), every_move=True)), label=label) as lived:
        assert faults(lived) == {}


@pytest.mark.slow
def test_a_tap_under_every_reminder_silences_nothing_for_a_month(sqlite_store, clock):
    """Whoever says again and again that they are on it, and does nothing, is not left alone with it."""
    with silence(sqlite_store, clock, every_status(), taps="request quiet {ref}") as lived:
        assert faults(lived) == {}


def every_status() -> list[State]:
    """Each once; of an emergency, that it waits for a second person."""
    approval = [one for one in states.of_requests(("emergency",), every_move=False) if len(one.lines) == 1]
    return [*approval, *states.of_requests(("outgoing", "incoming"), every_move=False), *states.of_the_rest()]
