"""What a move changed can be taken back, move by move, from the last to the first; what was corrected stays right."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from storage.models import Clock, PastMove, Request, Ring
from storage.rules import clocks, closing, holds, lifecycle, undoing
from storage.rules.lifecycle import MOVES, NotNow, NoWayBack, Status
from tests import factories

SECONDS = 60
TODAY = date(2026, 3, 2)
SENT = "sent"


@dataclass
class Moved:
    """A request whose moves are made and taken back, each at its own moment of one transaction."""

    work: object
    row: Request

    def move(self, word, days=0):
        self.work.now += timedelta(hours=1)
        lifecycle.move(self.work, self.row, word, by=self.row.filer, on=TODAY + timedelta(days=days))

    def undo(self):
        self.work.now += timedelta(hours=1)
        return lifecycle.undo(self.work, self.row, by=self.row.filer, on=TODAY).word

    def looks(self):
        """The request, and every open clock with its dates; clocks that were ended wait for nobody."""
        rows = self.work.session.scalars(select(Clock).where(Clock.request_id == self.row.id).order_by(Clock.id))
        open_ = [(c.id, c.kind, c.due_on, c.due_at, c.very_at, c.pauses) for c in rows if c.ended_at is None]
        return {name: getattr(self.row, name) for name in undoing.COLUMNS}, open_


def walk(store, job, **columns):
    """Run a job over one fresh request and leave nothing behind."""

    def inside(work):
        row = factories.request(work, **columns)
        job(Moved(work, row))
        work.take_back()

    store.write(inside).result(SECONDS)


@pytest.mark.parametrize(("status", "word"), [(one, word) for word, row in MOVES.items() for one in row.sources])
def test_every_move_undone_leaves_all_as_it_was(sqlite_store, status, word):
    def job(moved):
        before = moved.looks()
        moved.move(word, days=3)
        assert moved.looks() != before

        assert moved.undo() == word
        assert moved.looks() == before

    walk(sqlite_store, job, status=status)


WORDS = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 40)), max_size=12)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(chain=[(SENT, 0), ("clarify", 4), ("refused", 6), ("reopen", 9), ("clarify", 12), ("part", 14)])
@given(chain=WORDS)
def test_any_chain_undone_back_to_front_gives_what_was(sqlite_store, chain):
    def job(moved):
        stood = []
        for word, days in [(SENT, 0), *chain]:
            before = moved.looks()
            with suppress(NotNow):
                moved.move(word, days)
                stood.append((word, before))
        for word, before in reversed(stood):
            assert moved.undo() == word
            assert moved.looks() == before
        with pytest.raises(NoWayBack):
            moved.undo()

    walk(sqlite_store, job)


def test_what_was_undone_may_be_done_again_and_undone_again(sqlite_store):
    def job(moved):
        draft = moved.looks()
        for _ in range(2):
            moved.move(SENT)
            assert [kind for _, kind, *_ in moved.looks()[1]] == ["answer"]
            moved.undo()
            assert moved.looks() == draft

    walk(sqlite_store, job)


def test_more_time_that_was_given_since_stays(sqlite_store):
    def job(moved):
        moved.move("clarify", days=5)
        clocks.extend(moved.work, clocks.latest(moved.row), days=10, until=None, reason="agreed", on=TODAY)
        moved.undo()
        assert clocks.latest(moved.row).due_on == TODAY + timedelta(days=56 + 10)

    walk(sqlite_store, job, status=Status.SENT)


def test_a_rung_that_sounded_may_sound_again_once_it_was_undone(sqlite_store):
    """Data "came" by mistake, and the request waits again: the same step of the ladder is another one."""

    def job(moved):
        clock = clocks.latest(moved.row)
        moved.work.now = clock.due_at + timedelta(days=2)
        epoch = clock.epoch
        moved.work.session.add(
            Ring(clock_id=clock.id, epoch=epoch, rung="overdue", due_at=clock.due_at, rung_at=moved.work.now)
        )
        moved.move("produced", days=31)
        assert clock.ring_at is None
        moved.undo()

        assert (clock.rung, clock.epoch) == ("overdue", epoch + 1)
        assert clock.ring_at == moved.work.now, "nobody spoke with the other side meanwhile: it sounds at once"

    walk(sqlite_store, job, status=Status.SENT)


def test_what_reached_us_is_not_undone(sqlite_store):
    def job(moved):
        moved.move("acknowledge")
        moved.undo()
        with pytest.raises(NoWayBack):
            moved.undo()
        assert moved.row.status == Status.SENT

    walk(sqlite_store, job, status=Status.SENT, direction="incoming")


def test_a_transfer_is_undone_while_its_child_is_a_draft_and_takes_it_along(sqlite_store):
    def job(moved):
        moved.move("transfer")
        child = factories.request(moved.work, of=moved.row.case, to="PROV-GOOGLE", parent=moved.row)
        lifecycle.move(moved.work, child, SENT, by=moved.row.filer, on=TODAY)
        with pytest.raises(NoWayBack) as refused:
            moved.undo()
        assert refused.value.child is child
        assert moved.row.status == Status.TRANSFERRED

        lifecycle.undo(moved.work, child, by=moved.row.filer, on=TODAY)
        moved.undo()
        assert (moved.row.status, child.status) == (Status.SENT, Status.WITHDRAWN)

    walk(sqlite_store, job, status=Status.SENT)


class TestCorrections:
    def test_a_day_corrected_after_a_move_is_right_when_that_is_undone(self, sqlite_store):
        def job(moved):
            moved.move("clarify", days=5)
            undoing.correct(moved.work, moved.row, "sent_on", TODAY - timedelta(days=2))
            moved.undo()
            assert moved.row.sent_on == TODAY - timedelta(days=2)

        walk(sqlite_store, job, status=Status.SENT)

    def test_what_the_undone_move_wrote_goes_with_it(self, sqlite_store):
        def job(moved):
            moved.move("acknowledge")
            moved.row.their_reference = "OIA-1"
            undoing.correct(moved.work, moved.row, "their_reference", "OIA-2")
            moved.undo()
            assert moved.row.their_reference == ""

        walk(sqlite_store, job, status=Status.SENT)

    def test_a_letter_dated_anew_stands_still_from_there_also_after_an_undo(self, sqlite_store):
        def job(moved):
            moved.move("clarify", days=10)
            moved.move("supplement", days=20)
            moved.move("produced", days=25)
            clock = clocks.latest(moved.row)
            undoing.correct_letter(moved.work, moved.row, clock, since=TODAY + timedelta(days=5))
            undoing.correct_letter(moved.work, moved.row, clock, until=TODAY + timedelta(days=21))
            moved.undo()
            assert clock.due_on == TODAY + timedelta(days=21 + 51), "51 were left on the fifth day"
            moved.undo()
            assert clock.pauses == [{"since": (TODAY + timedelta(days=5)).isoformat(), "until": None}]

        walk(sqlite_store, job, status=Status.SENT)


class TestClosing:
    def test_opening_a_case_again_brings_back_what_closing_it_ended(self, store):
        def job(work):
            request = factories.request(work, status=Status.SENT)
            case = request.case
            kept, lapsed = (factories.preservation(work, of=case, days=days) for days in (90, 30))
            lapsed.closed_at = work.now
            clocks.end(work, holds.period(lapsed))
            work.session.flush()
            before = {clock.id: (clock.due_on, clock.ended_at) for clock in work.session.scalars(select(Clock))}

            work.now += timedelta(days=1)
            closing.close(work, case)
            work.session.flush()
            assert [clock.id for clock in work.session.scalars(select(Clock)) if clock.ended_at is None] == []
            assert kept.closed_at == case.closed_at == work.now

            work.now += timedelta(days=40)
            assert closing.reopen(work, case) == ((kept.ref,), ())
            work.session.flush()
            after = {clock.id: (clock.due_on, clock.ended_at) for clock in work.session.scalars(select(Clock))}
            assert after == before
            assert clocks.latest(request).ring_at
            assert holds.period(kept).ring_at

        store.write(job).result(SECONDS)

    def test_a_request_that_was_ended_with_its_case_stays_ended(self, sqlite_store):
        """An old register closed in bulk: its requests are withdrawn and its cases closed at the same moment."""

        def job(work):
            request = factories.request(work, status=Status.SENT)
            work.now = datetime(2026, 5, 1, tzinfo=UTC)
            lifecycle.move(work, request, "withdraw", by=request.filer, on=TODAY)
            closing.close(work, request.case)
            work.now += timedelta(days=1)
            closing.reopen(work, request.case)
            assert clocks.running(request) == []

        sqlite_store.write(job).result(SECONDS)


def test_each_move_is_kept_once_with_who_made_it(sqlite_store):
    def job(moved):
        moved.move("acknowledge")
        rows = moved.work.session.scalars(select(PastMove).where(PastMove.request_id == moved.row.id)).all()
        assert [(row.word, row.mover) for row in rows] == [("sent", moved.row.filer), ("acknowledge", moved.row.filer)]

    walk(sqlite_store, job, status=Status.SENT)
