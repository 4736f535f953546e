"""Somebody is away: their deputy hears each reminder as well, where they may see it; else whoever is next in line.

Walked over chains and circles of deputies, at every label, to the minute the last day is over.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import absences
from storage.models import Clock, Person
from storage.reminders import audience
from storage.rules.lifecycle import Status
from storage.rules.schedules import Sounding
from tests import factories
from tests.office import share

SECONDS = 30
NAMES = ("Lead", "Deputy", "Third", "Fourth", "Fifth")
LAST_DAY = date(2026, 3, 6)


@pytest.fixture
def do(sqlite_store):
    return lambda job: sqlite_store.write(job).result(SECONDS)


@pytest.fixture
def hear(do):
    """Who hears a reminder of a case that Lead leads: their names, in order."""

    def of(*, label=Label.AMBER, named=(), deputies=(("Lead", "Deputy"),), gone=(), kinds=("officer",)) -> list[str]:
        def make(work) -> int:
            people = {name: factories.person(work, name=name) for name in NAMES}
            people["Boss"] = factories.person(work, name="Boss", role=Role.MANAGER)
            theirs = factories.agency(work, "US-DOJ-OIA")
            people["Liaison"] = factories.person(work, name="Liaison", role=Role.LIAISON, of=theirs)
            for one, deputy in deputies:
                people[one].away_until, people[one].deputy_id = LAST_DAY, people[deputy].id
            for one in gone:
                for row in people[one].memberships:
                    row.ended_at = work.now
            case = factories.case(work, lead=people["Lead"], opener=people["Lead"], label=label)
            for one in named:
                share(work, case.ref, people[one])
            request = factories.request(work, of=case, to=theirs.code, instrument="MLA-US-OIA", status=Status.SENT)
            return work.session.scalars(select(Clock.id).where(Clock.request_id == request.id)).one()

        clock_id = do(make)

        def ring(work) -> list[str]:
            row = work.session.get_one(Clock, clock_id)
            found = audience.of(work, [(audience.matter_of(row), Sounding("due", work.now, kinds, wait=True))])[0]
            return sorted({work.session.get_one(Person, one.recipient.number).name for one in found})

        return do(ring)

    return of


def test_whoever_is_here_has_no_deputy(hear):
    assert hear(deputies=()) == ["Lead"]


@pytest.mark.parametrize("label", [Label.CLEAR, Label.AMBER, Label.AMBER_STRICT])
def test_whoever_is_away_hears_and_their_deputy_too(hear, label):
    assert hear(label=label) == ["Deputy", "Lead"]


def test_the_deputy_of_a_manager_hears_what_managers_hear(hear):
    assert hear(deputies=(("Boss", "Third"),), kinds=("manager",)) == ["Boss", "Third"]


def test_for_somebody_of_the_other_side_nobody_of_ours_stands_in(hear):
    assert hear(deputies=(("Liaison", "Liaison"),), kinds=("manager", "party")) == ["Boss", "Liaison"]


@pytest.mark.parametrize(
    ("named", "heard"),
    [(("Deputy",), ["Deputy", "Lead"]), (("Third",), ["Lead", "Third"]), ((), ["Lead"])],
    ids=["the deputy is named", "somebody else is", "nobody else is"],
)
def test_what_only_named_people_see_goes_to_a_deputy_who_is_named_else_to_the_next_who_is(hear, named, heard):
    assert hear(label=Label.RED, named=named) == heard


def test_a_deputy_who_left_is_none_and_the_next_in_line_hears(hear):
    assert hear(gone=("Deputy",)) == ["Boss", "Lead"]
    assert hear(gone=("Deputy",), named=("Third",)) == ["Lead", "Third"]


CHAIN = (("Lead", "Deputy"), ("Deputy", "Third"), ("Third", "Fourth"))


def test_the_deputy_of_a_deputy_hears_and_nobody_is_sent_round_in_a_circle(hear):
    assert hear(deputies=CHAIN[:2]) == ["Lead", "Third"]
    assert hear(deputies=CHAIN) == ["Fourth", "Lead"]
    assert hear(deputies=(*CHAIN, ("Fourth", "Fifth"))) == ["Boss", "Lead"], "so many steps and no more"
    assert hear(deputies=(("Lead", "Deputy"), ("Deputy", "Lead"))) == ["Boss", "Lead"]
    assert hear(deputies=(("Lead", "Lead"),)) == ["Boss", "Lead"]


@pytest.mark.parametrize(
    ("zone", "at", "away"),
    [
        ("Asia/Karachi", datetime(2026, 3, 6, 18, 59, tzinfo=UTC), True),
        ("Asia/Karachi", datetime(2026, 3, 6, 19, 1, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2026, 3, 7, 7, 59, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2026, 3, 7, 8, 1, tzinfo=UTC), False),
        (None, datetime(2026, 3, 6, 19, 1, tzinfo=UTC), False),
    ],
)
def test_the_last_day_is_counted_where_they_are_else_by_their_agency(do, clock, zone, at, away):
    def make(work) -> int:
        person, other = factories.person(work), factories.person(work)
        person.zone, person.away_until, person.deputy_id = zone, LAST_DAY, other.id
        work.session.flush()
        return person.id

    number = do(make)
    clock.move_to(at)
    assert do(lambda work: absences.is_away(work.session.get_one(Person, number), work.now)) is away
    assert do(lambda work: absences.deputy(work, number) is not None) is away
    clock.move_to(at + timedelta(days=2))
    assert do(absences.away) == {}
