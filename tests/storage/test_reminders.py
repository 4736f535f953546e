"""The ladder as moments: which rung, when, in whose zone; what passed last, what comes next, for ever where it says."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage.rules.schedules import Dates, Schedule
from storage.times import at_local, end_of_day

ZONES = (
    "Asia/Karachi",
    "America/New_York",
    "America/Los_Angeles",
    "Europe/London",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "America/Havana",
)
DUE = date(2026, 4, 1)


def dates(zone: str = "Asia/Karachi", *, due: date = DUE, length: int = 30, very: int = 30) -> Dates:
    """A clock in calendar days."""
    return Dates(
        starts_at=at_local(due - timedelta(days=length), time(), zone),
        due_on=due,
        due_at=end_of_day(due, zone),
        very_at=end_of_day(due + timedelta(days=very), zone),
        zone=zone,
    )


def hours(length: float, starts_at: datetime = datetime(2026, 4, 1, 6, tzinfo=UTC)) -> Dates:
    due_at = starts_at + timedelta(hours=length)
    return Dates(starts_at, due_at.date(), due_at, due_at + timedelta(hours=length), "Asia/Karachi")


@pytest.fixture
def schedule(reference):
    def of(ladder: str, on: Dates, instrument: str = "PROD-META") -> Schedule:
        return Schedule(reference.ladders[ladder], on, reference.instruments[instrument])

    return of


def walked(schedule: Schedule, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """Every rung after a moment, in order."""
    found, at = [], since
    while (rung := schedule.following(at)) and rung.at <= until:
        found.append((rung.code, rung.at))
        at = rung.at
    return found


class TestMoments:
    def test_days_are_the_start_of_the_local_day(self, schedule):
        found = schedule("RESPONSE", dates())
        at = {code: found.named(code).at.astimezone(ZoneInfo("Asia/Karachi")) for code in ("soon", "due", "overdue")}
        assert [f"{moment:%m-%d %H:%M}" for moment in at.values()] == ["03-25 00:00", "04-01 00:00", "04-02 00:00"]

    def test_the_first_overdue_day_begins_when_it_becomes_overdue(self, schedule):
        for zone in ZONES:
            on = dates(zone)
            assert schedule("RESPONSE", on).named("overdue").at == on.due_at

    def test_very_overdue_sounds_at_that_moment(self, schedule):
        on = dates()
        assert schedule("RESPONSE", on).named("very_overdue").at == on.very_at

    def test_hours_and_percent_are_before_the_due_moment(self, schedule):
        on = hours(8)
        found = schedule("HOURS", on)
        assert found.named("half").at == on.starts_at + timedelta(hours=4)
        assert found.named("last_hour").at == on.due_at - timedelta(hours=1)
        assert found.named("due").at == on.due_at
        assert found.named("overdue").at == on.due_at + timedelta(hours=1)

    def test_an_instrument_that_says_when_to_ask_moves_its_rung(self, schedule, reference):
        asks = next(row for row in reference.instruments.values() if row.renewable and row.renewable.ask_before_days)
        early = timedelta(days=asks.renewable.ask_before_days)
        on = dates()
        assert schedule("PRESERVATION", on, asks.code).named("ask_renewal").at == at_local(DUE - early, time(), on.zone)
        assert schedule("PRESERVATION", on).named("ask_renewal").at == at_local(
            DUE - timedelta(days=14), time(), on.zone
        )

    def test_a_rung_before_the_start_is_none(self, schedule):
        short = schedule("RESPONSE", dates(length=5))
        assert short.named("soon") is None
        assert short.following(short.named("due").at - timedelta(days=10)).code == "due"

    def test_two_steps_at_one_moment_are_said_once_where_the_same_people_hear_the_second(self, schedule):
        on = hours(2)
        found = schedule("EMERGENCY", on)
        steps = walked(found, on.starts_at, on.starts_at + timedelta(hours=3))
        assert steps == [("last_hour", on.starts_at + timedelta(hours=1)), ("due", on.due_at),
                         ("overdue", on.due_at + timedelta(hours=1))]  # fmt: skip
        assert found.named("half") is None

    def test_a_rung_this_ladder_has_not_is_none(self, schedule):
        assert schedule("RESPONSE", dates()).named("half") is None


class TestAgain:
    def test_after_the_last_rung_on_the_first_of_every_local_month_for_ever(self, schedule):
        on = dates("America/New_York")
        found = schedule("RESPONSE", on)
        for rounds, first in (
            (1, date(2026, 5, 1)),
            (8, date(2026, 12, 1)),
            (9, date(2027, 1, 1)),
            (100, date(2034, 8, 1)),
        ):
            assert found.named(f"again_{rounds}").at == at_local(first, time(), on.zone)
        assert found.named("again_1").audience == ("channel", "manager", "party")
        assert not found.named("again_1").escalates

    def test_what_becomes_very_overdue_after_years_is_said_every_month_until_then(self, schedule):
        on = dates(very=730)
        found = [code for code, _ in walked(schedule("RESPONSE", on), on.due_at, on.due_at + timedelta(days=800))]
        assert found.index("very_overdue") == found.index("again_23") + 1

    def test_hours_again_every_day_at_the_same_moment(self, schedule):
        on = hours(8)
        last, found = on.due_at + timedelta(hours=1), schedule("HOURS", on)
        assert [found.named(f"again_{n}").at for n in (3, 7)] == [last + timedelta(days=n) for n in (3, 7)]
        assert not found.named("again_7").wait

    def test_and_after_a_week_of_that_every_month(self, schedule):
        found = schedule("HOURS", hours(8))
        assert found.named("again_8").at == at_local(date(2026, 5, 1), time(), "Asia/Karachi")
        assert found.named("again_8").wait
        assert found.named("again_20").at == at_local(date(2027, 5, 1), time(), "Asia/Karachi")

    def test_a_hold_that_lapsed_is_silent(self, schedule):
        found = schedule("PRESERVATION", dates(length=90))
        lapsed = found.named("lapsed")
        assert found.following(lapsed.at) is None
        assert found.passed(lapsed.at + timedelta(days=1000)) == lapsed


class TestPassedAndFollowing:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize(
        ("ladder", "days"), [("RESPONSE", 30), ("OUR-ANSWER", 14), ("PRESERVATION", 90), ("EMERGENCY", 2)]
    )
    def test_at_every_moment_what_passed_is_the_rung_before_the_next(self, schedule, zone, ladder, days):
        """Two years in steps of 5 hours: the steps alone decide which rung passed last and which comes next."""
        on = dates(zone, length=days)
        found = schedule(ladder, on)
        rungs = walked(found, on.starts_at, on.starts_at + timedelta(days=760))
        assert len(rungs) == len({code for code, _ in rungs})
        assert [at for _, at in rungs] == sorted(at for _, at in rungs)
        times = [at for _, at in rungs]
        moment = on.starts_at
        while moment < on.starts_at + timedelta(days=730):
            passed, following = found.passed(moment), found.following(moment)
            n = bisect_right(times, moment)
            assert (passed.code if passed else None) == (rungs[n - 1][0] if n else None)
            assert (following.code if following else None) == (rungs[n][0] if n < len(rungs) else None)
            moment += timedelta(hours=5)

    def test_two_rungs_at_one_moment_both_sound_where_others_hear_the_second(self, schedule):
        found = schedule("RESPONSE", dates(very=13))  # two weeks overdue, and on that day its managers hear of it
        late, very = found.named("overdue_14"), found.named("very_overdue")
        assert late.at == very.at
        assert found.after(late) == very
        assert found.after(very) == found.named("again_1")

    def test_behind_the_last_rung_come_the_rounds(self, schedule):
        found = schedule("RESPONSE", dates())
        assert found.after(found.named("overdue_14")) == found.named("again_1")
        assert found.after(found.named("again_1")) == found.named("very_overdue")
        assert found.after(found.named("very_overdue")) == found.named("again_2")
