"""Moments and local days: the store gives back what it was given, and each local day happens exactly once."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable

from storage.times import FrozenClock, NaiveTime, SystemClock, UTCDateTime, at_local, end_of_day, in_gap, local_day

ZONES = (
    "Asia/Karachi",
    "America/New_York",
    "Europe/Dublin",
    "Europe/Paris",
    "Africa/Cairo",  # no midnight on the spring day
    "America/Havana",  # no midnight in spring, two of them in autumn
    "Asia/Beirut",
    "America/Santiago",
    "Australia/Lord_Howe",  # half an hour
    "America/Nuuk",  # the last hour of a Saturday is left out
)
FIRST, LAST = date(2019, 1, 1), date(2027, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TestClocks:
    def test_system_clock_tells_an_aware_time_that_does_not_go_back(self):
        first, second = SystemClock().now(), SystemClock().now()
        assert first.tzinfo is UTC
        assert first <= second

    def test_frozen_clock_moves_only_when_told(self):
        clock = FrozenClock(NOON)
        assert clock.now() == clock.now() == NOON
        assert clock.move(days=1, minutes=-30) == datetime(2026, 3, 2, 11, 30, tzinfo=UTC) == clock.now()
        assert clock.move_to(NOON) == NOON == clock.now()

    def test_frozen_clock_answers_in_utc_whatever_it_was_set_to(self):
        clock = FrozenClock(datetime(2026, 3, 1, 17, tzinfo=ZoneInfo("Asia/Karachi")))
        assert clock.now().isoformat() == "2026-03-01T12:00:00+00:00"

    def test_a_time_without_zone_is_refused(self):
        with pytest.raises(NaiveTime):
            FrozenClock(datetime(2026, 3, 1, 12))  # noqa: DTZ001 - the fault under test
        with pytest.raises(NaiveTime):
            local_day(datetime(2026, 3, 1, 12), "Asia/Karachi")  # noqa: DTZ001 - the fault under test


class TestLocalDays:
    def test_the_day_is_that_of_the_wall_calendar_there(self):
        late = datetime(2026, 3, 1, 20, tzinfo=UTC)
        assert local_day(late, "Asia/Karachi") == date(2026, 3, 2)
        assert local_day(late, "America/New_York") == date(2026, 3, 1)

    def test_a_time_left_out_in_spring_comes_after_the_gap(self):
        spring, half_past_two = date(2026, 3, 8), time(2, 30)
        assert in_gap(spring, half_past_two, "America/New_York")
        assert not in_gap(spring, time(3, 30), "America/New_York")
        shown = at_local(spring, half_past_two, "America/New_York").astimezone(ZoneInfo("America/New_York"))
        assert shown.time() == time(3, 30)

    def test_a_time_repeated_in_autumn_is_the_first_of_the_two(self):
        autumn, half_past_one = date(2026, 11, 1), time(1, 30)
        assert not in_gap(autumn, half_past_one, "America/New_York")
        first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
        assert at_local(autumn, half_past_one, "America/New_York") == first
        assert at_local(autumn, half_past_one.replace(fold=1), "America/New_York") == first

    def test_a_day_without_midnight_begins_at_one(self):
        assert in_gap(date(2026, 4, 24), time.min, "Africa/Cairo")
        assert end_of_day(date(2026, 4, 23), "Africa/Cairo") == datetime(2026, 4, 23, 22, tzinfo=UTC)
        assert at_local(date(2026, 4, 24), time(1), "Africa/Cairo") == datetime(2026, 4, 23, 22, tzinfo=UTC)

    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("at", [time(0), time(0, 30), time(1, 30), time(2, 30), time(9), time(23, 30)])
    def test_nine_years_of_a_daily_time_miss_no_day_and_double_none(self, zone, at):
        moments = [at_local(day, at, zone) for day in DAYS]
        assert moments == sorted(set(moments))
        rung_on = [local_day(moment, zone) for moment in moments]
        moved = [day for day, rung in zip(DAYS, rung_on, strict=True) if day != rung]
        assert all(in_gap(day, at, zone) for day in moved), "only a time in a gap may come out on another day"

    @pytest.mark.parametrize("zone", ZONES)
    def test_the_end_of_each_day_is_the_first_moment_of_the_next(self, zone):
        for day in DAYS:
            end = end_of_day(day, zone)
            assert local_day(end, zone) == day + timedelta(days=1)
            assert local_day(end - timedelta(microseconds=1), zone) == day


class TestColumn:
    @pytest.fixture
    def table(self):
        return Table("moment", MetaData(), Column("id", Integer, primary_key=True), Column("at", UTCDateTime))

    @pytest.fixture
    def connection(self, table):
        engine = create_engine("sqlite://", poolclass=StaticPool)
        with engine.connect() as connection:
            table.create(connection)
            yield connection
        engine.dispose()

    def test_what_comes_back_is_the_same_moment_in_utc(self, table, connection):
        given = datetime(2026, 3, 1, 17, 0, 0, 1, tzinfo=timezone(timedelta(hours=5)))
        connection.execute(table.insert(), [{"at": given}, {"at": None}])
        back, nothing = connection.scalars(select(table.c.at).order_by(table.c.id))
        assert back == given
        assert back.tzinfo is UTC
        assert nothing is None

    def test_a_time_without_zone_is_refused_and_not_kept(self, table, connection):
        with pytest.raises(StatementError) as refused:
            connection.execute(table.insert(), {"at": datetime(2026, 3, 1)})  # noqa: DTZ001 - the fault under test
        assert isinstance(refused.value.orig, NaiveTime)
        assert connection.scalars(select(table.c.id)).all() == []

    def test_sqlite_sorts_and_compares_as_time_does(self, table, connection):
        moments = [
            NOON,
            NOON + timedelta(microseconds=1),
            NOON + timedelta(seconds=1),
            NOON.replace(year=999),
            NOON.astimezone(ZoneInfo("America/New_York")) - timedelta(hours=1),
        ]
        connection.execute(table.insert(), [{"at": moment} for moment in moments])
        assert connection.scalars(select(table.c.at).order_by(table.c.at)).all() == sorted(moments)
        assert len(connection.scalars(select(table.c.at).where(table.c.at > NOON)).all()) == 2
        assert connection.scalar(text("SELECT at FROM moment LIMIT 1")) == "2026-03-01T12:00:00.000000Z"

    def test_postgresql_keeps_its_own_type_and_gives_back_utc(self, table):
        assert "TIMESTAMP WITH TIME ZONE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert "VARCHAR(27)" in str(CreateTable(table).compile(dialect=sqlite.dialect()))
        bound = UTCDateTime().process_bind_param(NOON.astimezone(ZoneInfo("Asia/Karachi")), postgresql.dialect())
        back = UTCDateTime().result_processor(postgresql.dialect(), None)(NOON.astimezone(ZoneInfo("Asia/Karachi")))
        assert (bound, back) == (NOON, NOON)
        assert bound.tzinfo is back.tzinfo is UTC
