"""The next reminder of a clock: armed by what moves its dates, quiet after a contact, silent when asked or closed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from storage.models import Clock, Request
from storage.reminders.sweep import sweep
from storage.rules import alarms, clocks, holds, lifecycle
from storage.rules.lifecycle import Status
from storage.times import at_local
from tests import factories

SENT = date(2026, 3, 2)
META = "America/Los_Angeles"


@pytest.fixture
def ask(sqlite_store):
    return lambda job: sqlite_store.write(job).result()


@pytest.fixture
def clock_id(ask) -> int:
    """They must answer within thirty days."""

    def job(work):
        request = factories.request(work, status=Status.SENT, on=SENT)
        found = clocks.latest(request)
        found.extensions, found.amount, found.unit = [], 30, "calendar_days"
        clocks.extend(work, found, days=1, until=None, reason="so that it is reckoned anew", on=SENT)
        return found.id

    return ask(job)


def standing(ask, clock_id: int) -> tuple[str, datetime | None]:
    def job(work):
        found = work.session.get_one(Clock, clock_id)
        return found.rung, found.ring_at

    return ask(job)


def rung_at(ask, clock_id: int, code: str) -> datetime:
    def job(work):
        return alarms.schedule_of(work.reference, work.session.get_one(Clock, clock_id)).named(code).at

    return ask(job)


def move(ask, clock_id: int, word: str, on: date) -> None:
    def job(work):
        request = work.session.get_one(Clock, clock_id).request
        lifecycle.move(work, request, word, by=request.filer, on=on)

    ask(job)


class TestArm:
    def test_a_clock_that_starts_is_armed_with_its_first_rung(self, ask, clock_id):
        assert standing(ask, clock_id) == ("soon", rung_at(ask, clock_id, "soon"))

    def test_paused_it_is_silent_and_resumed_it_is_armed_anew(self, ask, clock, clock_id):
        clock.move(days=10)
        move(ask, clock_id, "clarify", SENT + timedelta(days=10))
        assert standing(ask, clock_id) == ("", None)
        before = ask(lambda work: work.session.get_one(Clock, clock_id).epoch)
        clock.move(days=20)
        move(ask, clock_id, "supplement", SENT + timedelta(days=30))
        assert standing(ask, clock_id) == ("soon", rung_at(ask, clock_id, "soon"))
        assert ask(lambda work: work.session.get_one(Clock, clock_id).epoch) > before

    def test_extended_the_same_rung_may_sound_again(self, ask, clock, clock_id):
        clock.move_to(rung_at(ask, clock_id, "due"))
        before = ask(lambda work: work.session.get_one(Clock, clock_id).epoch)

        def extend(work):
            found = work.session.get_one(Clock, clock_id)
            clocks.extend(work, found, days=30, until=None, reason="agreed", on=SENT)

        ask(extend)
        assert standing(ask, clock_id) == ("soon", rung_at(ask, clock_id, "soon"))
        assert ask(lambda work: work.session.get_one(Clock, clock_id).epoch) == before + 1

    def test_answered_it_is_silent_and_reopened_it_is_armed(self, ask, clock, clock_id):
        clock.move(days=10)
        move(ask, clock_id, "produced", SENT + timedelta(days=10))
        assert standing(ask, clock_id)[1] is None
        move(ask, clock_id, "reopen", SENT + timedelta(days=10))
        assert standing(ask, clock_id) == ("soon", rung_at(ask, clock_id, "soon"))

    def test_of_what_has_passed_only_the_last_sounds(self, ask, clock):
        """A request of an old register, recorded years after its day."""
        recorded = clock.now()

        def job(work):
            request = factories.request(work, status=Status.SENT, on=date(2024, 3, 4))
            return clocks.latest(request).id

        rung, at = standing(ask, ask(job))
        assert rung.startswith("again_")
        assert recorded <= at <= recorded + alarms.AFTER_CONTACT

    def test_a_hold_waits_for_nobodys_contact(self, ask, clock):
        def job(work):
            kept = factories.preservation(work, on=SENT - timedelta(days=70), days=90)
            return holds.period(kept).id

        assert standing(ask, ask(job)) == ("month", clock.now())


class TestContact:
    def test_what_can_wait_waits_until_three_days_after(self, ask, clock, clock_id):
        clock.move_to(rung_at(ask, clock_id, "overdue") - timedelta(days=2))
        move(ask, clock_id, "acknowledge", SENT + timedelta(days=20))

        def job(work):
            found = work.session.get_one(Clock, clock_id)
            alarms.arm(work, found)
            return found.rung, found.ring_at

        assert ask(job) == ("overdue", clock.now() + timedelta(days=3))

    def test_what_cannot_wait_does_not(self, ask, clock):
        def job(work):
            request = factories.request(work, to="US-DOJ-OIA", instrument="POC-247", status=Status.SENT, emergency=True)
            found = clocks.latest(request)
            return found.unit, found.rung, found.ring_at

        unit, rung, at = ask(job)
        assert unit == "hours"
        assert rung == "half"
        assert at < clock.now() + timedelta(days=3)


class TestTakenUp:
    def test_a_ladder_starts_with_what_is_still_to_come(self, ask, clock, sqlite_store):

        def make(work):
            request = factories.request(work, status=Status.SENT, on=date(2024, 12, 20))  # due in January
            clocks.mark_imported(work, request)
            return request.id

        request_id = ask(make)
        for _ in range(3):
            assert not sweep(sqlite_store).rings
            clock.move(days=31)
        ask(lambda work: clocks.taken_up(work, work.session.get_one(Request, request_id)))
        found = ask(lambda work: clocks.latest(work.session.get_one(Request, request_id)))
        assert found.ring_at > clock.now(), "what has passed was told of as one number"
        clock.move_to(found.ring_at)
        assert sweep(sqlite_store).queued


class TestSnooze:
    def test_nothing_sounds_before_its_end_and_then_the_last_that_passed(self, ask, clock_id):
        until = rung_at(ask, clock_id, "overdue") + timedelta(days=2)
        ask(lambda work: alarms.snooze(work, work.session.get_one(Clock, clock_id), until, by=1, reason="a hearing"))
        assert standing(ask, clock_id) == ("overdue", until)

    def test_until_a_day_without_anything_passed_the_next_comes_at_its_moment(self, ask, clock_id):
        until = rung_at(ask, clock_id, "soon") - timedelta(days=2)
        ask(lambda work: alarms.snooze(work, work.session.get_one(Clock, clock_id), until, by=1, reason="a hearing"))
        assert standing(ask, clock_id) == ("soon", rung_at(ask, clock_id, "soon"))

    def test_managers_hear_next_with_the_first_rung_that_is_for_them(self, ask, clock_id):
        found = ask(lambda work: alarms.next_for_managers(work, work.session.get_one(Clock, clock_id)))
        assert found == rung_at(ask, clock_id, "very_overdue")

    def test_past_the_last_they_hear_with_what_is_said_again(self, ask, clock, clock_id):
        clock.move_to(rung_at(ask, clock_id, "very_overdue"))
        found = ask(lambda work: alarms.next_for_managers(work, work.session.get_one(Clock, clock_id)))
        assert clock.now() < found <= clock.now() + timedelta(days=31)

    def test_the_deadline_stays(self, ask, clock_id):
        due = ask(lambda work: work.session.get_one(Clock, clock_id).due_at)
        ask(
            lambda work: alarms.snooze(
                work, work.session.get_one(Clock, clock_id), due + timedelta(days=100), by=1, reason=""
            )
        )
        assert ask(lambda work: work.session.get_one(Clock, clock_id).due_at) == due


def test_every_running_clock_with_a_ladder_has_its_next_moment(ask, clock):
    """After every word of the life cycle, day after day: what runs and is not paused will be spoken of."""
    words = ("sent", "acknowledge", "clarify", "supplement", "part", "clarify", "supplement", "refused", "reopen")

    def job(work):
        return factories.request(work).id

    request_id = ask(job)
    for word in words:
        clock.move(days=17)

        def step(work, word=word):
            request = work.session.get_one(Request, request_id)
            lifecycle.move(work, request, word, by=request.filer, on=work.now.date())
            work.session.flush()
            rows = work.session.scalars(select(Clock).where(Clock.request_id == request_id)).all()
            return [(row.kind, row.ended_at is None and row.due_at is not None, row.ring_at) for row in rows]

        for kind, runs, ring_at in ask(step):
            assert (ring_at is not None) == runs, f"{word}: {kind}"


def test_the_start_of_a_day_is_of_the_authority_that_owes(ask, clock_id):
    due_on = ask(lambda work: work.session.get_one(Clock, clock_id).due_on)
    assert rung_at(ask, clock_id, "due") == at_local(due_on, time(), META)
    assert rung_at(ask, clock_id, "due").tzinfo is UTC
