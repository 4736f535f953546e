"""Time in a demonstration: moved on by a command, on record, never back, and nowhere else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.exposure.roles import Role
from storage.models import AuditLine
from storage.record import demo
from tests.spoken import Desk


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER))


@pytest.fixture
def staged(desk) -> Desk:
    """On a demonstration database, with a clock as the desk opens it there."""
    desk.write(demo.mark_demo)
    desk.store.clock = demo.DemoClock(desk.clock)
    return desk


class TestClock:
    @pytest.mark.parametrize(
        ("typed", "span"),
        [("+3d", timedelta(days=3)), ("2w", timedelta(weeks=2)), ("+12h", timedelta(hours=12))],
    )
    def test_it_moves_at_once_by_so_much(self, staged, typed, span):
        said = staged.heard("Mona", f"desk clock {typed}")
        assert "It is now" in said
        assert staged.store.clock.now() == staged.clock.now() + span

    def test_twice_is_both_together(self, staged):
        staged.heard("Mona", "desk clock +3d")
        staged.heard("Mona", "desk clock +1d")
        assert staged.store.clock.now() == staged.clock.now() + timedelta(days=4)

    def test_another_process_follows(self, staged):
        staged.heard("Mona", "desk clock +3d")
        other = demo.DemoClock(staged.clock)
        demo.follow(staged.store, other)
        assert other.now() == staged.store.clock.now()

    def test_it_is_on_record(self, staged):
        staged.heard("Mona", "desk clock +3d")
        lines = staged.read(lambda work: list(work.session.scalars(select(AuditLine.act))))
        assert lines.count("demo clock") == 1

    @pytest.mark.parametrize("typed", ["-3d", "3", "tomorrow", "+1000d"])
    def test_what_is_no_span_or_goes_back_is_refused(self, staged, typed):
        assert "is no time span" in staged.refused("Mona", f'desk clock "{typed}"')
        assert staged.store.clock.now() == staged.clock.now()

    def test_a_real_database_refuses_in_a_sentence(self, desk):
        before = desk.store.clock.now()
        said = desk.refused("Mona", "desk clock +3d")
        assert "time is moved in a demonstration only" in said
        assert desk.store.clock.now() - before < timedelta(minutes=1)
        assert desk.read(demo.ahead) == timedelta()

    def test_help_does_not_offer_it(self, desk):
        assert "desk clock" not in desk.heard("Mona", "desk help desk")
