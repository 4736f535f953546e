"""Law that nobody has checked for a year is said when the desk starts and by `desk health`, and not a day earlier."""

import logging
from datetime import UTC, datetime, time, timedelta

import pytest

from bot import app
from bot.settings import Settings
from storage.exposure.roles import Role
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests.spoken import Desk

META = load().meta
FIRST = min(note.checked for note in META.files.values())


def moment(days: int) -> datetime:
    """Noon, so many days after the oldest check."""
    return datetime.combine(FIRST + timedelta(days=days), time(12), UTC)


@pytest.mark.parametrize(("days", "is_said"), [(365, False), (366, True)])
def test_it_is_said_at_the_start(sqlite_url, monkeypatch, caplog, days, is_said):
    monkeypatch.setattr(app, "SystemClock", lambda: FrozenClock(moment(days)))
    with caplog.at_level(logging.WARNING), app.open_desk(Settings(_env_file=None, database_url=sqlite_url)):
        pass
    said = [record.getMessage() for record in caplog.records if "reference data" in record.getMessage()]
    assert len(said) == is_said
    assert not is_said or f"on {FIRST}" in said[0]


def test_it_is_said_by_the_health_of_the_desk(sqlite_store, clock):
    desk = Desk.of(sqlite_store, clock, ("Adil", Role.ADMIN))
    clock.move_to(moment(364))
    assert "Law and practice" not in desk.heard("Adil", "desk health")
    clock.move_to(moment(366))
    assert "last checked more than a year ago" in desk.heard("Adil", "desk health")
