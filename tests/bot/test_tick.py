"""One tick: which steps it does, in which order, and what becomes of the rest when one of them fails."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.ticking.tick import STEPS, Ticker
from storage.database.lease import OldTerm
from storage.messages import heartbeat
from storage.models import Clock, Heartbeat, OutboxRow, Ring
from storage.rules.lifecycle import Status
from tests import factories

SECONDS = 30


class Held:
    """A lease as a test wants it."""

    alone, holder = True, ""

    def __init__(self, *, held=True):
        self.held = held

    def acquire(self):
        return self.held

    def fenced(self, jobs):
        return jobs

    def close(self):
        """Nothing to let go of."""


class Steady:
    """Seconds that only go forward."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def steady():
    return Steady()


@pytest.fixture
def ticker(store, steady):
    return Ticker(store, Held(), steady=steady)


@pytest.fixture
def warned(caplog):
    """What the tick warned of."""
    caplog.set_level(logging.WARNING, "rogatory.tick")
    return lambda: [record.getMessage() for record in caplog.records]


def sent_request(store):
    """A request that was sent: its clock runs."""

    def make(work):
        row = factories.request(work, status=Status.SENT)
        return work.session.scalars(select(Clock.ring_at).where(Clock.request_id == row.id)).one()

    return store.write(make).result(SECONDS)


def rings(store):
    query = select(Ring.rung, Ring.late).order_by(Ring.id)
    return store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result(SECONDS)


def failing(*_):
    raise ValueError("this step is broken")


class TestSteps:
    def test_a_reminder_that_is_due_rings_and_is_queued(self, ticker, store, clock):
        clock.move_to(sent_request(store))
        assert ticker.tick().failed == ()
        assert len(rings(store)) == 1
        assert store.read(lambda work: work.session.scalars(select(OutboxRow.notice)).all()).result() == ["nudge"]

    def test_a_tick_leaves_its_pulse(self, ticker, store, clock):
        ticker.tick()
        assert (
            store.read(lambda work: work.session.get_one(Heartbeat, heartbeat.TICK).at).result(SECONDS) == clock.now()
        )

    def test_a_step_that_fails_is_named_and_stops_no_other(self, store, warned):
        done = []
        steps = [("first", done.append), ("broken", failing), ("last", done.append)]
        ticked = Ticker(store, Held(), steps=steps).tick()
        assert ticked.failed == ("broken",)
        assert len(done) == 2
        assert warned() == ["step broken of the tick failed"]

    @pytest.mark.parametrize("broken", [name for name, _ in STEPS])
    def test_whichever_step_fails_the_next_tick_does_everything(self, store, clock, broken):
        clock.move_to(sent_request(store))
        Ticker(store, Held(), steps=[(name, failing if name == broken else step) for name, step in STEPS]).tick()
        Ticker(store, Held()).tick()
        assert len(rings(store)) == 1
        assert store.read(heartbeat.read).result(SECONDS).ticked_at == clock.now()

    def test_there_is_a_sign_of_life_after_each_step(self, ticker):
        signs = []
        ticker.tick(lambda: signs.append("alive"))
        assert len(signs) == len(STEPS)


class TestWhoTicks:
    def test_a_process_that_stands_by_does_nothing(self, store, clock):
        clock.move_to(sent_request(store))
        assert not Ticker(store, Held(held=False)).tick().led
        assert rings(store) == []

    def test_one_that_lost_the_lease_stops_at_once(self, store):
        def refused(_):
            raise OldTerm("term 1 is over")

        done = []
        ticked = Ticker(store, Held(), steps=[("first", refused), ("second", done.append)]).tick()
        assert not ticked.led
        assert done == []


class TestClockOfTheMachine:
    def tick_after(self, ticker, clock, steady, *, wall=15.0, real=15.0):
        clock.move(seconds=wall)
        steady.seconds += real
        ticker.tick()

    def test_a_quiet_day_is_not_worth_a_word(self, ticker, clock, steady, warned):
        for _ in range(10):
            self.tick_after(ticker, clock, steady)
        assert warned() == []

    def test_a_tick_that_was_long_in_coming_is_not_taken_for_a_step_of_the_clock(self, ticker, clock, steady, warned):
        ticker.tick()
        self.tick_after(ticker, clock, steady, wall=3600, real=3600)
        assert warned() == []

    def test_row_28_two_days_forward_are_said_once_and_ring_late(self, ticker, store, clock, steady, warned):
        ring_at = sent_request(store)
        clock.move_to(ring_at - timedelta(days=1))
        ticker.tick()
        self.tick_after(ticker, clock, steady, wall=2 * 86400)
        self.tick_after(ticker, clock, steady)
        assert [word for word in warned() if "forward" in word] == warned()
        assert len(warned()) == 1
        assert [late for _, late in rings(store)] == [True]

    def test_row_28_an_hour_back_is_said_and_nothing_rings_twice(self, ticker, store, clock, steady, warned):
        clock.move_to(sent_request(store))
        ticker.tick()
        once = rings(store)
        self.tick_after(ticker, clock, steady, wall=-3600)
        for _ in range(3):
            self.tick_after(ticker, clock, steady, wall=1800, real=1800)
        assert rings(store) == once
        assert ["went back" in word for word in warned()] == [True]
