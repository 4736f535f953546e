"""The sample data of a demonstration: it still fits the commands, tells a story, and never touches a real record."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.app import Desk, open_desk
from bot.cli import sample
from bot.settings import Settings
from handlers import people
from storage.errors import NotDemo
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import AuditLine, Request
from storage.record import records
from storage.record.demo import is_demo
from tests.factories import case


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    with open_desk(settings) as desk:
        yield desk


@pytest.fixture
def settings(sqlite_url) -> Settings:
    return Settings(database_url=sqlite_url)


def counted(desk: Desk) -> int:
    return desk.store.read(lambda work: chain.head(work.session).n).result()


def test_it_leaves_a_demonstration_with_everybody_in_it_and_a_whole_chain(settings):
    sample.fill(settings)
    with opened(settings) as desk:
        assert desk.store.read(is_demo).result()
        enrolled = desk.store.read(lambda work: {row.name for row in records.people(work)}).result()
        assert enrolled == {name for name, _, _ in sample.PEOPLE}
        assert desk.store.read(lambda work: chain.verify(work.session)).result().bad_n is None


def test_every_role_has_somebody_to_try_it_with():
    assert {role for _, _, role in sample.PEOPLE} == set(Role)


def test_it_shows_a_question_answered_a_clock_of_ours_and_nothing_of_the_future(settings):
    sample.fill(settings)
    with opened(settings) as desk:

        def job(work):
            rows = {row.ref.partition("-")[2][5:]: row.status for row in work.session.query(Request)}
            latest = max(row.at for row in work.session.query(AuditLine))
            return rows, latest

        statuses, latest = desk.store.read(job).result()
        assert statuses == {"0001/1": "acknowledged", "0002/1": "acknowledged"}
        assert latest <= desk.clock.now()


def test_filling_twice_is_filling_once(settings):
    sample.fill(settings)
    with opened(settings) as desk:
        before = counted(desk)
    sample.fill(settings)
    with opened(settings) as desk:
        assert counted(desk) == before


def test_a_database_with_people_is_left_as_it_is(settings):
    with opened(settings) as desk:
        desk.store.write(lambda work: people.enrol_at(work, "First Admin", "PK-FIA-CCW", Role.ADMIN, [])).result()
        before = counted(desk)
    sample.fill(settings)
    with opened(settings) as desk:
        assert counted(desk) == before
        assert not desk.store.read(is_demo).result()


def test_a_real_case_can_never_become_part_of_a_demonstration(settings, monkeypatch):
    with opened(settings) as desk:
        desk.store.write(case).result()
    monkeypatch.setattr(records, "anybody", lambda _work: False)  # even if it looked empty
    with pytest.raises(NotDemo, match="real cases"):
        sample.fill(settings)


def test_a_line_that_no_longer_fits_is_named(settings, monkeypatch):
    monkeypatch.setattr(sample, "CONVERSATION", ((1, sample.SPEAKER, "case unlock 1"),))
    with pytest.raises(AssertionError, match="the sample no longer fits the commands: case unlock 1"):
        sample.fill(settings)
