"""Somebody's morning: each local day has exactly one, also where clocks change, and only on working days."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules.mornings import DAYS, next_morning, next_weekly, quiet_end
from storage.rules.workdays import Calendar, Override, WeekendRule

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
EVERY_DAY = Calendar(zone="UTC", weekends=())
START = datetime(2025, 1, 1, tzinfo=UTC)
hours = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


def local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


class TestMorning:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("clock", ["00:00", "00:30", "02:00", "02:30", "09:00", "23:59"])
    def test_over_two_years_every_local_day_has_one_and_no_day_has_two(self, zone, clock):
        at, days = START, []
        while at < START + timedelta(days=730):
            at = next_morning(at, zone=zone, clock=clock, calendar=EVERY_DAY)
            days.append(local(at, zone).date())
        assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=1)}

    def test_a_morning_that_clocks_skip_comes_after_the_gap(self):
        gap = datetime(2026, 3, 8, 6, tzinfo=UTC)  # in New York clocks go from 02:00 to 03:00 that day
        found = next_morning(gap, zone="America/New_York", clock="02:30", calendar=EVERY_DAY)
        assert local(found, "America/New_York").strftime("%d %H:%M") == "08 03:30"

    def test_a_morning_that_clocks_repeat_comes_once_at_the_first(self):
        first = next_morning(
            datetime(2026, 11, 1, 4, tzinfo=UTC), zone="America/New_York", clock="01:30", calendar=EVERY_DAY
        )
        assert first == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
        second = next_morning(first, zone="America/New_York", clock="01:30", calendar=EVERY_DAY)
        assert local(second, "America/New_York").date() == date(2026, 11, 2)

    def test_weekends_and_holidays_have_none(self):
        calendar = Calendar(
            zone="Asia/Karachi",
            weekends=(WeekendRule(None, None, frozenset({6, 7})),),
            overrides={
                date(2026, 3, 9): Override("Feast", working=False),
                date(2026, 3, 7): Override("", working=True),
            },
        )
        friday = datetime(2026, 3, 6, 4, tzinfo=UTC)  # nine in the morning
        saturday = next_morning(friday, zone="Asia/Karachi", calendar=calendar)
        assert saturday == datetime(2026, 3, 7, 4, tzinfo=UTC)  # a Saturday that is worked
        assert next_morning(saturday, zone="Asia/Karachi", calendar=calendar) == datetime(2026, 3, 10, 4, tzinfo=UTC)

    def test_on_a_holiday_before_nine_it_is_not_that_day(self):
        calendar = Calendar(zone="UTC", overrides={date(2026, 3, 2): Override("Feast", working=False)})
        assert next_morning(datetime(2026, 3, 2, 1, tzinfo=UTC), zone="UTC", calendar=calendar).day == 3

    @given(zone=st.sampled_from(ZONES), clock=hours, minutes=st.integers(0, 2 * 365 * 24 * 60))
    def test_it_is_always_later_within_two_days_and_at_that_hour(self, zone, clock, minutes):
        after = START + timedelta(minutes=minutes)
        found = next_morning(after, zone=zone, clock=clock, calendar=EVERY_DAY)
        assert after < found <= after + timedelta(days=2)
        wanted = datetime.combine(local(found, zone).date(), time.fromisoformat(clock))
        shown = local(found, zone).replace(tzinfo=None)
        assert wanted <= shown <= wanted + timedelta(hours=1)  # later only where clocks skip that hour


class TestWeekly:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("day", DAYS)
    def test_over_two_years_every_week_has_one_on_its_day(self, zone, day):
        at, found = START, []
        while at < START + timedelta(days=730):
            at = next_weekly(at, zone=zone, when=f"{day}@02:30")
            found.append(local(at, zone).date())
        assert {one.weekday() for one in found} == {DAYS.index(day)}
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(days=7)}

    def test_at_the_hour_itself_it_is_the_next_week(self):
        monday = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
        assert next_weekly(monday - timedelta(seconds=1), zone="Asia/Karachi", when="mon@08:30") == monday
        assert next_weekly(monday, zone="Asia/Karachi", when="mon@08:30") == monday + timedelta(days=7)


class TestQuiet:
    def ends(self, at: str, since: str | None = "20:00", until: str | None = "08:00") -> str | None:
        found = quiet_end(
            datetime.fromisoformat(f"2026-03-{at}:00+05:00"), zone="Asia/Karachi", since=since, until=until
        )
        return f"{local(found, 'Asia/Karachi'):%d %H:%M}" if found else None

    @pytest.mark.parametrize(
        ("at", "ends"),
        [
            ("02T19:59", None),
            ("02T20:00", "03 08:00"),
            ("02T23:59", "03 08:00"),
            ("03T00:00", "03 08:00"),
            ("03T07:59", "03 08:00"),
            ("03T08:00", None),
            ("03T12:00", None),
        ],
    )
    def test_over_midnight(self, at, ends):
        assert self.ends(at) == ends

    @pytest.mark.parametrize(("at", "ends"), [("02T11:59", None), ("02T12:00", "02 14:00"), ("02T14:00", None)])
    def test_within_a_day(self, at, ends):
        assert self.ends(at, "12:00", "14:00") == ends

    def test_a_room_without_any(self):
        assert self.ends("02T23:00", None, None) is None
        assert self.ends("02T23:00", "08:00", "08:00") is None

    @given(zone=st.sampled_from(ZONES), since=hours, until=hours, minutes=st.integers(0, 2 * 365 * 24 * 60))
    def test_they_always_end_later_and_within_a_day_and_an_hour(self, zone, since, until, minutes):
        now = START + timedelta(minutes=minutes)
        found = quiet_end(now, zone=zone, since=since, until=until)
        assert found is None or now < found <= now + timedelta(hours=25)
