"""What waits for our own people: which clock runs in which state, since when, and what ends it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.models import AuditLine, Clock
from storage.rules import clocks, holds, house_clocks, lifecycle
from storage.rules.lifecycle import MOVES, WAITS_FOR_US, Status
from tests import factories

TODAY = date(2026, 3, 2)  # a Monday
ENDS = (Status.PRODUCED, Status.NOT_HELD, Status.WITHDRAWN, Status.TRANSFERRED)


@pytest.fixture
def ask(sqlite_store, clock):
    clock.move_to(datetime(2026, 3, 2, 7, tzinfo=UTC))
    return lambda job: sqlite_store.write(job).result()


def running(request) -> dict[str, Clock]:
    return {clock.kind: clock for clock in clocks.running(request)}


@pytest.mark.parametrize("direction", ["outgoing", "incoming"])
@pytest.mark.parametrize("status", [status for status in Status if status not in ENDS])
def test_every_state_that_is_no_end_has_a_clock(ask, direction, status):
    """By whatever moves it was reached; an end has none. (We refuse what others ask: that is an end.)"""

    def job(work):
        return set(running(factories.request(work, direction=direction, status=status)))

    kinds = ask(job)
    if (direction, status) == ("incoming", Status.REFUSED):
        assert kinds == set()
    elif direction == "incoming" and status in (Status.DRAFT, Status.APPROVAL):
        assert kinds == set(), "an incoming request begins as sent"
    else:
        assert kinds


def test_every_move_leaves_the_clocks_of_the_state_it_leads_to(ask):
    def job(work):
        found = {}
        for word, move in MOVES.items():
            for source in move.sources:
                request = factories.request(work, status=source)
                lifecycle.move(work, request, word, by=request.filer, on=TODAY)
                own = {kind for kind in running(request) if kind in clocks.HOUSE}
                found[word, source] = (own, WAITS_FOR_US.get(("outgoing", Status(request.status))))
        return found

    for moved, (own, waits) in ask(job).items():
        assert own == ({waits} if waits else set()), moved


def test_a_draft_waits_one_working_day_of_its_agency_an_emergency_an_hour(ask, clock):
    def job(work):
        ordinary, urgent = factories.request(work), factories.request(work, emergency=True)
        return running(ordinary)["draft"].due_on, running(urgent)["draft"].due_at

    assert ask(job) == (TODAY + timedelta(days=1), clock.now() + timedelta(hours=1))


def test_it_begins_when_it_is_recorded_because_nobody_could_act_before(ask):
    def job(work):
        request = factories.request(work, status=Status.SENT, on=TODAY - timedelta(days=90))
        lifecycle.move(work, request, "refused", by=request.filer, on=TODAY - timedelta(days=60))
        return running(request)["next_step"].due_on

    assert ask(job) == TODAY + timedelta(days=3)


class TestTaken:
    def test_until_the_next_reminder_and_seven_days_at_most(self, ask, clock):
        def job(work):
            found = []
            for sent in (TODAY, TODAY - timedelta(days=46)):  # of 56: a week before the end is three days away
                request = factories.request(work, status=Status.SENT, on=sent)
                counted = clocks.that_counts(request)
                taken = house_clocks.take(work, counted, request, request.filer)
                found.append((counted.ring_at, taken.due_at))
            return found

        (far, week), (near, until) = ask(job)
        assert far > week == clock.now() + timedelta(days=7)
        assert near - timedelta(hours=1) < until <= near < clock.now() + timedelta(days=7)

    def test_a_reminder_that_is_late_itself_does_not_cut_it_short(self, ask, clock):
        """The desk was not there when it fell due: what comes next is the one behind it."""

        def job(work):
            request = factories.request(work, status=Status.SENT, on=TODAY - timedelta(days=32))
            counted = clocks.that_counts(request)
            counted.ring_at = work.now - timedelta(days=2)
            return house_clocks.take(work, counted, request, request.filer).due_at

        assert ask(job) == clock.now() + timedelta(days=7)

    def test_a_second_one_takes_the_place_of_the_first_and_any_move_ends_it(self, ask):
        def job(work):
            request = factories.request(work, status=Status.SENT)
            counted = clocks.that_counts(request)
            for _ in range(2):
                house_clocks.take(work, counted, request, request.filer)
            open_ones = [one for one in clocks.running(request) if one.kind == "taken"]
            assert request.taken in open_ones
            lifecycle.move(work, request, "acknowledge", by=request.filer, on=TODAY)
            return len(open_ones), set(running(request))

        assert ask(job) == (1, {"answer"})

    def test_whoever_is_on_it_is_not_what_counts(self, ask):
        def job(work):
            request = factories.request(work, status=Status.SENT)
            house_clocks.take(work, clocks.that_counts(request), request, request.filer)
            return clocks.that_counts(request).kind

        assert ask(job) == "answer"


def test_a_hold_that_was_asked_for_waits_to_be_confirmed_until_it_is_closed(ask):
    def job(work):
        kept = factories.preservation(work)
        rows = select(Clock.kind).where(Clock.preservation_id == kept.id, Clock.ended_at.is_(None))
        before = set(work.session.scalars(rows))
        holds.close(work, kept, by=kept.case.opener)
        return before, set(work.session.scalars(rows))

    assert ask(job) == ({"preservation", "confirmation"}, set())


def test_no_line_of_history_says_that_such_a_clock_began(ask):
    """What began it is on record: the request that was filed, the refusal, the hold."""

    ask(lambda work: factories.request(work).id)
    lines = ask(lambda work: work.session.scalars(select(AuditLine.act)).all())
    assert "clock start" not in lines
