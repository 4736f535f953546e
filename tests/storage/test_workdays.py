"""Working days: known dates, weeks that changed, and the table of exceptions that people edit."""

from datetime import date, timedelta

import pytest

from storage.rules.workdays import Calendar, Override, UnknownCountry, WeekendRule

FRIDAY_SATURDAY = (WeekendRule(None, None, frozenset({5, 6})),)
EMIRATES = (
    WeekendRule(None, date(2021, 12, 31), frozenset({5, 6})),
    WeekendRule(date(2022, 1, 1), None, frozenset({6, 7})),
)
CALENDARS = {
    "PK": Calendar("Asia/Karachi", "PK"),
    "US": Calendar("America/New_York", "US"),
    "IE": Calendar("Europe/Dublin", "IE"),
    "AE": Calendar("Asia/Dubai", "AE", EMIRATES),
    "SA": Calendar("Asia/Riyadh", "SA", FRIDAY_SATURDAY),
    "FR": Calendar("Europe/Paris", "FR"),
    "SG": Calendar("Asia/Singapore", "SG"),
}
# Ten working days after a day, start excluded; computed with the package `holidays` 0.109, public category.
COUNTRIES = ("PK", "US", "IE", "AE", "SA", "FR", "SG")
KNOWN = {
    "2025-03-27": "2025-04-15 2025-04-10 2025-04-10 2025-04-14 2025-04-16 2025-04-10 2025-04-11",
    "2025-12-18": "2026-01-02 2026-01-05 2026-01-06 2026-01-02 2026-01-01 2026-01-05 2026-01-05",
}
GOLDEN = [
    (start, country, day) for start, days in KNOWN.items() for country, day in zip(COUNTRIES, days.split(), strict=True)
]


class TestKnownDates:
    @pytest.mark.parametrize(("start", "country", "expected"), GOLDEN)
    def test_ten_working_days_later(self, start, country, expected):
        calendar, day = CALENDARS[country], date.fromisoformat(start)
        assert calendar.add(day, 10).isoformat() == expected
        assert calendar.between(day, date.fromisoformat(expected)) == 10


class TestPartOfACountry:
    def test_england_rests_where_scotland_does_not(self):
        """Five working days from Mon 30 Mar 2026: Good Friday and, in England, Easter Monday are off."""
        england, all_of_it = Calendar("Europe/London", "GB-ENG"), Calendar("Europe/London", "GB")
        assert [england.why_not(date(2026, 4, 6)), england.why_not(date(2026, 8, 31))] == [
            "Easter Monday",
            "Late Summer Bank Holiday",
        ]
        assert england.add(date(2026, 3, 30), 5) == date(2026, 4, 8)
        assert all_of_it.add(date(2026, 3, 30), 5) == date(2026, 4, 7)

    def test_one_that_is_not_known_is_said(self):
        with pytest.raises(UnknownCountry):
            Calendar("Europe/London", "GB-XXX").why_not(date(2026, 4, 6))


class TestWhyNot:
    def test_says_the_weekday_or_the_holiday_in_english(self):
        assert CALENDARS["PK"].why_not(date(2025, 8, 14)) == "Independence Day"
        assert CALENDARS["PK"].why_not(date(2025, 8, 16)) == "Saturday"
        assert CALENDARS["PK"].why_not(date(2025, 8, 15)) is None
        assert CALENDARS["SA"].why_not(date(2025, 8, 15)) == "Friday"
        assert CALENDARS["FR"].why_not(date(2026, 4, 6)) == "Easter Monday"

    def test_a_feast_that_follows_the_moon_says_that_it_is_an_estimate(self):
        feasts = {CALENDARS["AE"].why_not(date(2029, 1, 1) + timedelta(days=n)) for n in range(365)}
        assert "Eid al-Fitr (estimated)" in feasts

    def test_the_week_of_the_emirates_changed_with_2022(self):
        emirates = CALENDARS["AE"]
        assert [emirates.why_not(date(2021, 12, day)) for day in (24, 25, 26)] == ["Friday", "Saturday", None]
        assert [emirates.why_not(date(2022, 1, day)) for day in (7, 8, 9)] == [None, "Saturday", "Sunday"]

    def test_what_people_entered_wins_over_holiday_and_weekend(self):
        calendar = Calendar(
            "Asia/Karachi",
            "PK",
            overrides={
                date(2025, 8, 14): Override("worked this year", working=True),
                date(2025, 8, 15): Override("Day of mourning", working=False),
                date(2025, 8, 16): Override("Saturday worked in exchange", working=True),
                date(2025, 8, 17): Override("Flood closure", working=False),
            },
        )
        days = [date(2025, 8, day) for day in range(14, 18)]
        assert [calendar.why_not(day) for day in days] == [None, "Day of mourning", None, "Flood closure"]
        assert calendar.add(date(2025, 8, 13), 2) == date(2025, 8, 16)


class TestCounting:
    def test_backwards_excludes_the_start_too(self):
        pakistan = CALENDARS["PK"]
        assert pakistan.add(date(2025, 8, 18), -1) == date(2025, 8, 15)
        assert pakistan.add(date(2025, 8, 17), -2) == date(2025, 8, 13)
        assert pakistan.add(date(2026, 1, 1), -1) == date(2025, 12, 31)

    def test_nothing_to_count_stays_on_the_day_even_if_it_is_off(self):
        assert CALENDARS["PK"].add(date(2025, 8, 16), 0) == date(2025, 8, 16)

    @pytest.mark.parametrize("country", CALENDARS)
    def test_between_agrees_with_counting_day_by_day_over_three_years(self, country):
        calendar, start = CALENDARS[country], date(2021, 6, 15)
        count, day = 0, start
        while day < date(2024, 6, 15):
            day += timedelta(days=1)
            count += calendar.why_not(day) is None
            assert calendar.between(start, day) == count
            assert calendar.between(day, start) == -count
            if calendar.is_working(day):
                assert calendar.add(start, count) == day

    def test_days_that_passed_are_weekends_by_number_and_the_rest_by_name(self):
        passed = CALENDARS["PK"].passed(date(2025, 3, 27), date(2025, 4, 15))
        assert passed.weekends == 6
        assert passed.named == tuple((date(2025, 3, 31) + timedelta(days=n), "Eid al-Fitr") for n in range(3))

    def test_a_closure_entered_on_a_weekend_day_is_named_once(self):
        closed = Calendar("UTC", overrides={date(2026, 3, 7): Override("Stocktaking", working=False)})
        assert closed.passed(date(2026, 3, 6), date(2026, 3, 9)) == (1, ((date(2026, 3, 7), "Stocktaking"),))

    def test_an_office_that_never_closes_counts_every_day(self):
        assert Calendar("UTC", None, weekends=()).add(date(2026, 2, 27), 730) == date(2028, 2, 27)


class TestRefusals:
    def test_a_week_without_a_working_day_is_refused(self):
        with pytest.raises(ValueError, match="at most six"):
            WeekendRule(None, None, frozenset(range(1, 8)))

    def test_a_country_without_known_holidays_is_named(self):
        with pytest.raises(UnknownCountry, match="XX"):
            Calendar("UTC", "XX").is_working(date(2026, 1, 5))

    def test_a_table_edited_after_the_calendar_was_made_does_not_half_apply(self):
        table = {}
        calendar = Calendar("UTC", overrides=table)
        table[date(2026, 1, 5)] = Override("too late", working=False)
        assert calendar.is_working(date(2026, 1, 5))
