"""Deadlines: the rules one by one, then a hundred thousand random clocks against a walk that counts day by day."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules.deadlines import (
    ClockState,
    Extension,
    Pause,
    StepKind,
    Terms,
    compute,
    days_left,
    recompute,
    state,
)
from storage.rules.workdays import Calendar, Override, WeekendRule
from storage.times import NaiveTime

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
KARACHI = Calendar("Asia/Karachi", "PK")
MONDAY = date(2026, 3, 2)
ZONES = ("Asia/Karachi", "America/Los_Angeles", "Europe/Dublin", "Pacific/Auckland", "UTC")


def at(day, zone="Asia/Karachi", clock=time(10)):
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def terms(amount=10, unit="calendar_days", starts_on=MONDAY, **more):
    return Terms(amount=amount, unit=unit, starts_at=at(starts_on), calendar=more.pop("calendar", KARACHI), **more)


def state_at(terms, now):
    computation = compute(terms)
    return state(computation.due_at, computation.very_from, now, zone=computation.zone)


def left_at(terms, now, since=MONDAY):
    computation = compute(terms)
    return days_left(computation.due_on, now, zone=computation.zone, since=since)


class TestDueDay:
    def test_the_day_of_sending_is_day_0_in_the_zone_of_the_recipient(self):
        late_in_washington = datetime(2026, 3, 2, 20, tzinfo=UTC)  # already 3 March in Karachi
        assert compute(Terms(10, "calendar_days", late_in_washington, KARACHI)).due_on == date(2026, 3, 13)
        washington = Calendar("America/New_York", "US")
        assert compute(Terms(10, "calendar_days", late_in_washington, washington)).due_on == date(2026, 3, 12)

    def test_due_until_the_end_of_the_local_day_and_overdue_from_the_next(self):
        computation = compute(terms())
        assert computation.due_on == date(2026, 3, 12)
        assert computation.due_at == datetime(2026, 3, 12, 19, tzinfo=UTC)
        assert state_at(terms(), computation.due_at - timedelta(microseconds=1)) is ClockState.DUE_TODAY
        assert state_at(terms(), computation.due_at) is ClockState.OVERDUE

    def test_a_calendar_day_deadline_on_a_day_off_stays_there(self):
        assert compute(terms(5)).due_on == date(2026, 3, 7)  # a Saturday

    def test_working_days_skip_weekends_and_the_feast_of_the_recipient(self):
        computation = compute(terms(10, "working_days", date(2025, 3, 27)))
        assert computation.due_on == date(2025, 4, 15)
        (count,) = computation.steps
        assert (count.count, count.weekends) == (10, 6)
        assert [name for _, name in count.skipped] == ["Eid al-Fitr"] * 3

    def test_hours_are_elapsed_hours_even_when_clocks_change(self):
        new_york = Calendar("America/New_York", "US")
        sent = at(date(2026, 3, 7), "America/New_York", time(12))
        computation = compute(Terms(24, "hours", sent, new_york))
        assert computation.due_at == sent + timedelta(hours=24)
        assert computation.due_at.astimezone(ZoneInfo("America/New_York")).time() == time(13)
        assert computation.due_on == date(2026, 3, 8)

    def test_hours_that_run_out_at_midnight_are_due_on_the_day_that_ends(self):
        computation = compute(terms(14, "hours"))
        assert (computation.due_on, computation.due_at) == (MONDAY, at(MONDAY + DAY, clock=time(0)))
        assert state_at(terms(14, "hours"), computation.due_at - timedelta(seconds=1)) is ClockState.DUE_TODAY
        assert state_at(terms(14, "hours"), computation.due_at) is ClockState.OVERDUE

    def test_a_holiday_entered_later_moves_the_working_day_deadline(self):
        before = terms(10, "working_days")
        mourning = replace(KARACHI, overrides={date(2026, 3, 10): Override("Day of mourning", working=False)})
        after = replace(before, calendar=mourning)
        assert (compute(before).due_on, compute(after).due_on) == (date(2026, 3, 16), date(2026, 3, 17))
        assert (date(2026, 3, 10), "Day of mourning") in compute(after).steps[0].skipped

    def test_a_start_without_zone_is_refused(self):
        with pytest.raises(NaiveTime):
            compute(Terms(10, "calendar_days", datetime(2026, 3, 2), KARACHI))  # noqa: DTZ001 - the fault under test


class TestDayOff:
    """Reg. 1182/71 Art. 3(4), where it governs: a period that would end on a day off ends on the next working day."""

    IRELAND = Calendar("Europe/Dublin", "IE")

    def computed(self, sent_on, **more):
        return compute(terms(starts_on=sent_on, calendar=self.IRELAND, **more))

    def test_it_stays_unless_it_is_said_to_move(self):
        assert self.computed(date(2026, 9, 9)).due_on == date(2026, 9, 19)
        assert self.computed(date(2026, 9, 9), ends_on_working_day=True).due_on == date(2026, 9, 21)

    def test_a_public_holiday_counts_as_a_saturday_does(self):
        """Sent Thu 15 Oct 2026: Sun 25, and Monday the 26th is the October Bank Holiday in Ireland."""
        found = self.computed(date(2026, 10, 15), ends_on_working_day=True)
        assert found.due_on == date(2026, 10, 27)
        assert (found.steps[-1].kind, found.steps[-1].reason) == (StepKind.DAY_OFF, "Sunday")
        assert recompute(found.steps) == found.due_on

    def test_what_ends_on_a_working_day_or_counts_otherwise_does_not_move(self):
        friday = self.computed(date(2026, 9, 8), ends_on_working_day=True)
        assert (friday.due_on, len(friday.steps)) == (date(2026, 9, 18), 1)
        assert compute(terms(24, "hours", ends_on_working_day=True)).due_at == at(MONDAY) + timedelta(hours=24)

    def test_it_moves_once_behind_all_that_happened(self):
        paused = (Pause(date(2026, 9, 10), date(2026, 9, 17)),)
        found = self.computed(date(2026, 9, 9), pauses=paused, ends_on_working_day=True)
        assert [step.kind for step in found.steps][-1] is StepKind.DAY_OFF
        assert found.due_on == date(2026, 9, 28)  # nine days left on the 17th: Sat 26
        assert self.computed(date(2026, 9, 9), pauses=(Pause(date(2026, 9, 10), None),), ends_on_working_day=True) == (
            self.computed(date(2026, 9, 9), pauses=(Pause(date(2026, 9, 10), None),))
        )


class TestDaysLeft:
    @given(
        here=st.sampled_from(ZONES),
        there=st.sampled_from(ZONES),
        now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given
        amount=st.integers(1, 60),
    )
    def test_what_is_sent_now_has_as_many_days_as_the_rule_gives(self, here, there, now, amount):
        """Sent on a Karachi morning, it is still the evening before in California."""
        sent_on = now.astimezone(ZoneInfo(here)).date()
        sent = Terms(amount, "calendar_days", at(sent_on, there, time()), Calendar(there))
        today_there = now.astimezone(ZoneInfo(there)).date()
        assert left_at(sent, now, since=sent_on) == amount - max(0, (today_there - sent_on).days)


class TestPause:
    def test_days_left_at_the_letter_are_left_at_our_answer(self):
        paused = terms(pauses=(Pause(date(2026, 3, 6), date(2026, 3, 20)),))
        assert compute(paused).due_on == date(2026, 3, 26)  # 6 left on the 6th, 6 left on the 20th
        assert left_at(paused, at(date(2026, 3, 20))) == 6

    def test_working_days_left_are_kept_as_working_days(self):
        paused = terms(10, "working_days", pauses=(Pause(date(2026, 3, 6), date(2026, 3, 14)),))
        # 4 worked, 6 left; from Saturday the 14th: 16-19, then Eid al-Fitr, the weekend and Pakistan Day, then 24, 25.
        assert compute(paused).due_on == date(2026, 3, 25)
        resumed = compute(paused).steps[-1]
        assert (resumed.kind, resumed.count) == (StepKind.RESUME, 6)
        assert (date(2026, 3, 23), "Pakistan Day") in resumed.skipped

    @pytest.mark.parametrize("unit", ["calendar_days", "working_days"])
    def test_a_late_clock_is_as_late_after_the_pause_as_before(self, unit):
        first = compute(terms(10, unit)).due_on
        letter, answer = first + 5 * DAY, first + 40 * DAY
        paused = terms(10, unit, pauses=(Pause(letter, answer),))
        assert left_at(paused, at(answer)) == -5
        assert state_at(paused, at(answer)) is ClockState.OVERDUE

    def test_a_day_0_that_is_still_far_ahead_is_not_taken_for_today(self):
        now = datetime(2026, 11, 29, 4, tzinfo=UTC)
        assert days_left(date(2027, 1, 29), now, zone="UTC", since=date(2027, 1, 9)) == 61
        assert days_left(date(2026, 12, 9), now, zone="UTC", since=date(2026, 11, 30)) == 9

    def test_an_open_pause_has_no_due_day_and_keeps_the_days_left(self):
        paused = terms(pauses=(Pause(date(2026, 3, 6), None),))
        computation = compute(paused)
        assert (computation.due_on, computation.due_at, computation.very_from) == (None, None, None)
        assert computation.stands_on == date(2026, 3, 12)
        assert state_at(paused, at(date(2027, 1, 1))) is ClockState.PAUSED
        assert computation.steps[-1].count == 6

    def test_pauses_that_overlap_or_touch_are_one(self):
        pieces = (
            Pause(date(2026, 3, 12), date(2026, 3, 20)),
            Pause(date(2026, 3, 6), date(2026, 3, 10)),
            Pause(date(2026, 3, 8), date(2026, 3, 12)),
        )
        assert compute(terms(pauses=pieces)) == compute(terms(pauses=(Pause(date(2026, 3, 6), date(2026, 3, 20)),)))

    def test_what_lies_before_the_start_does_not_count(self):
        early = (Pause(MONDAY - 20 * DAY, MONDAY - 10 * DAY), Pause(MONDAY - 5 * DAY, MONDAY + 3 * DAY))
        assert compute(terms(pauses=early)).due_on == date(2026, 3, 15)

    def test_hours_stand_still_between_two_moments(self):
        letter, answer = at(MONDAY, clock=time(12)), at(MONDAY, clock=time(15, 30))
        computation = compute(terms(8, "hours", pauses=(Pause(letter, answer),)))
        assert computation.due_at == at(MONDAY, clock=time(21, 30))

    def test_hours_with_bare_dates_stand_still_for_whole_days(self):
        paused = terms(72, "hours", pauses=(Pause(MONDAY, MONDAY + 2 * DAY),))
        assert compute(paused).due_at == at(MONDAY) + timedelta(hours=72 + 48)
        assert compute(replace(paused, pauses=(Pause(MONDAY, None),))).stands_on == MONDAY + 3 * DAY

    def test_an_answer_before_the_letter_is_refused(self):
        with pytest.raises(ValueError, match="before the letter"):
            Pause(date(2026, 3, 6), date(2026, 3, 5))


class TestExtension:
    def test_days_are_added_in_the_unit_of_the_clock(self):
        more = (Extension(on=MONDAY, days=5, until=None, reason="volume"),)
        assert compute(terms(extensions=more)).due_on == date(2026, 3, 17)
        assert compute(terms(10, "working_days", extensions=more)).due_on == date(2026, 3, 25)
        assert compute(terms(10, "hours", extensions=more)).due_at == at(MONDAY) + timedelta(hours=15)

    def test_until_a_date_is_that_date_and_never_an_earlier_one(self):
        def until(day):
            return compute(terms(extensions=(Extension(MONDAY, None, day, "agreed by telephone"),))).due_on

        assert until(date(2026, 3, 29)) == date(2026, 3, 29)
        assert until(date(2026, 3, 5)) == date(2026, 3, 12)

    def test_they_apply_in_the_order_granted(self):
        days = Extension(MONDAY + DAY, days=5, until=None, reason="volume")
        agreed = Extension(MONDAY + 2 * DAY, days=None, until=date(2026, 3, 20), reason="court recess")
        assert compute(terms(extensions=(agreed, days))).due_on == date(2026, 3, 20)
        assert compute(terms(extensions=(replace(agreed, on=MONDAY), days))).due_on == date(2026, 3, 25)

    def test_a_date_agreed_during_a_pause_stands_as_agreed_and_one_agreed_before_moves(self):
        pause = (Pause(date(2026, 3, 6), date(2026, 3, 10)),)
        agreed = Extension(date(2026, 3, 6), days=None, until=date(2026, 3, 31), reason="agreed")
        assert compute(terms(pauses=pause, extensions=(agreed,))).due_on == date(2026, 3, 31)
        earlier = replace(agreed, on=date(2026, 3, 5))
        assert compute(terms(pauses=pause, extensions=(earlier,))).due_on == date(2026, 4, 4)

    @pytest.mark.parametrize(("days", "until"), [(None, None), (5, MONDAY), (0, None), (-3, None)])
    def test_neither_both_or_no_time_at_all_is_refused(self, days, until):
        with pytest.raises(ValueError, match="extension"):
            Extension(MONDAY, days, until, "")


class TestVeryOverdue:
    @pytest.mark.parametrize(
        ("given", "last_day_before"),
        [
            (terms(10), date(2026, 3, 12) + 30 * DAY),  # at least thirty days
            (terms(60), date(2026, 5, 1) + 60 * DAY),  # as long again
            (terms(10, very_after=40), MONDAY + 40 * DAY),
            (terms(10, very_after=5), date(2026, 3, 12)),  # never before it is overdue
            (terms(10, very_after=40, pauses=(Pause(MONDAY, MONDAY + 7 * DAY),)), MONDAY + 47 * DAY),
        ],
    )
    def test_begins_after_the_day(self, given, last_day_before):
        assert compute(given).very_from == at(last_day_before + DAY, clock=time(0))

    def test_working_days_are_doubled_in_working_days(self):
        long = terms(40, "working_days")
        again = KARACHI.add(compute(long).due_on, 40)
        assert compute(long).very_from == at(again + DAY, clock=time(0))

    def test_hours_are_doubled(self):
        assert compute(terms(8, "hours")).very_from == at(MONDAY) + timedelta(hours=16)


# ---- random clocks, and the walk they are compared with --------------------------------------------------------------

SATURDAY_SUNDAY = (WeekendRule(None, None, frozenset({6, 7})),)
FRIDAY_SATURDAY = (WeekendRule(None, None, frozenset({5, 6})),)
SUNDAY = (WeekendRule(None, None, frozenset({7})),)
EMIRATES = (
    WeekendRule(None, date(2021, 12, 31), frozenset({5, 6})),
    WeekendRule(date(2022, 1, 1), None, frozenset({6, 7})),
)
PLACES = (
    ("Asia/Karachi", "PK", SATURDAY_SUNDAY),
    ("America/New_York", "US", SATURDAY_SUNDAY),
    ("Europe/Dublin", "IE", SATURDAY_SUNDAY),
    ("Asia/Dubai", "AE", EMIRATES),
    ("Asia/Riyadh", "SA", FRIDAY_SATURDAY),
    ("Europe/Paris", "FR", SATURDAY_SUNDAY),
    ("Asia/Singapore", "SG", SATURDAY_SUNDAY),
    ("Asia/Dhaka", "BD", FRIDAY_SATURDAY),
    ("America/Havana", None, SUNDAY),
)
SEED = 20260302
EPOCH = date(2020, 6, 1)


def random_calendars(rng):
    """Three editions of each place: as computed, and with closures and worked days off entered by hand."""
    editions = []
    for zone, country, weekends in PLACES:
        for entries in (0, 12, 60):
            days = [EPOCH + rng.randrange(2500) * DAY for _ in range(entries)]
            overrides = {day: Override("entered by hand", working=rng.random() < 0.4) for day in days}
            editions.append(Calendar(zone, country, weekends, overrides))
    return editions


def random_terms(rng, calendars):
    unit = rng.choices(("calendar_days", "working_days", "hours"), (4, 5, 1))[0]
    calendar = rng.choice(calendars)
    start = EPOCH + rng.randrange(2000) * DAY
    starts_at = datetime.combine(start, time(rng.randrange(24), rng.choice((0, 15, 30, 45))), UTC)
    reach = 12 if unit == "hours" else 90
    moment = _moments(rng, starts_at) if unit == "hours" else lambda: start + rng.randint(-10, 120) * DAY
    pauses = tuple(_random_pause(rng, moment) for _ in range(rng.choice((0, 0, 1, 1, 2, 3))))
    extensions = tuple(_random_extension(rng, start, unit) for _ in range(rng.choice((0, 0, 0, 1, 2))))
    return Terms(rng.randint(1, reach), unit, starts_at, calendar, pauses, extensions)


def _moments(rng, starts_at):
    return lambda: starts_at + rng.randint(-20, 150) * QUARTER


def _random_pause(rng, moment):
    since, until = sorted((moment(), moment()))
    return Pause(since, until if rng.random() < 0.9 else None)


def _random_extension(rng, start, unit):
    on = start + rng.randint(-3, 5 if unit == "hours" else 120) * DAY
    if rng.random() < 0.5:
        return Extension(on, rng.randint(1, 30), None, "volume")
    return Extension(on, None, on + rng.randint(0, 4 if unit == "hours" else 60) * DAY, "agreed")


@cache
def _feasts(country, year):
    return frozenset(holidays.country_holidays(country, years=year)) if country else frozenset()


def _works(calendar, day):
    if day in calendar.overrides:
        return calendar.overrides[day].working
    days_off = next(rule.iso for rule in calendar.weekends if rule.until is None or day <= rule.until)
    return day.isoweekday() not in days_off and day not in _feasts(calendar.country, day.year)


def _walk_on(calendar, day, steps, unit):
    """One day at a time, until so many of them counted."""
    while steps:
        day += DAY
        steps -= unit == "calendar_days" or _works(calendar, day)
    return day


def _walk_working(calendar, day, end):
    count = 0
    while day < end:
        day += DAY
        count += _works(calendar, day)
    return count


def walk_days(terms):
    """The due day, one day after the other; and whether it stands still at the end."""
    calendar, unit = terms.calendar, terms.unit
    day = terms.starts_at.astimezone(ZoneInfo(calendar.zone)).date()
    due = _walk_on(calendar, day, terms.amount, unit)
    granted = sorted(terms.extensions, key=lambda e: e.on)
    letter = None
    last = max((d for p in terms.pauses for d in (p.since, p.until) if d), default=day)
    while True:
        standing = _inside(terms.pauses, day)
        if standing and letter is None:
            # An extension of an earlier day is older than the letter; one of the same day is not.
            while granted and granted[0].on < day:
                due = _grant(calendar, due, granted.pop(0), unit)
            letter = day
        if letter is not None and not standing:
            if unit == "working_days" and letter <= due and _works(calendar, due):
                due = _walk_on(calendar, day, _walk_working(calendar, letter, due), unit)
            else:
                due += day - letter
            letter = None
        if day > last:
            break
        day += DAY
    for extension in granted:
        due = _grant(calendar, due, extension, unit)
    return due, letter is not None


def _inside(pauses, moment):
    """Whether a clock stands still from this moment on."""
    return any(p.since <= moment and (p.until is None or moment < p.until) for p in pauses)


def _grant(calendar, due, extension, unit):
    if extension.days:
        return _walk_on(calendar, due, extension.days, unit)
    return max(due, extension.until)


def walk_hours(terms):
    """The due moment, a quarter of an hour after the other; and whether it stands still at the end."""
    zone = ZoneInfo(terms.calendar.zone)
    moment, quarters = terms.starts_at, terms.amount * 4
    granted = sorted(terms.extensions, key=lambda e: e.on)
    while granted and _night_after(granted[0].on, zone) < moment:
        quarters = _grant_quarters(quarters, moment, granted.pop(0), zone)
    last = max((m for p in terms.pauses for m in (p.since, p.until) if m), default=moment)
    last = max(last, *(_night_after(e.on, zone) for e in granted)) if granted else last
    while moment <= last:
        standing = _inside(terms.pauses, moment)
        while granted and not standing and _night_after(granted[0].on, zone) <= moment:
            quarters = _grant_quarters(quarters, moment, granted.pop(0), zone)
        moment, quarters = moment + QUARTER, quarters - (not standing)
    standing = _inside(terms.pauses, moment)
    letter = moment
    while standing and _inside(terms.pauses, letter - QUARTER) and letter > terms.starts_at:
        letter -= QUARTER
    for extension in granted:
        quarters = _grant_quarters(quarters, letter, extension, zone)
    return letter + quarters * QUARTER, standing


def _night_after(day, zone):
    return datetime.combine(day + DAY, time(0), zone).astimezone(UTC)


def _grant_quarters(quarters, moment, extension, zone):
    if extension.days:
        return quarters + 4 * extension.days
    return max(quarters, (_night_after(extension.until, zone) - moment) // QUARTER)


def differences(terms):
    """What the computation says otherwise than the walk; nothing, if all is well."""
    computation = compute(terms)
    due, standing = (walk_hours if terms.unit == "hours" else walk_days)(terms)
    found = []
    if standing != (computation.due_at is None):
        found.append(("paused", standing))
    if recompute(computation.steps) != due:
        found.append(("steps come to", recompute(computation.steps), due))
    last_day = _local(due - QUARTER, computation.zone) if terms.unit == "hours" else due
    if computation.stands_on != last_day:
        found.append(("stands on", computation.stands_on, last_day))
    if not standing and computation.due_at != (
        due if terms.unit == "hours" else _night_after(due, ZoneInfo(computation.zone))
    ):
        found.append(("due at", computation.due_at, due))
    return found


def _local(moment, zone):
    return moment.astimezone(ZoneInfo(zone)).date()


CALENDARS = random_calendars(random.Random(SEED))


class TestRandomClocks:
    @pytest.mark.parametrize("clocks", [5_000, pytest.param(100_000, marks=pytest.mark.slow)])
    def test_many_agree_with_counting_day_by_day(self, clocks):
        rng = random.Random(SEED)
        calendars = random_calendars(rng)
        for number in range(clocks):
            terms = random_terms(rng, calendars)
            assert differences(terms) == [], f"clock {number} of seed {SEED}: {terms}"

    @given(st.randoms(use_true_random=False))
    def test_the_smallest_that_disagrees(self, rng):
        terms = random_terms(rng, CALENDARS)
        assert differences(terms) == []

    def test_at_every_moment_each_is_in_exactly_one_state_and_they_follow_in_order(self):
        rng = random.Random(SEED)
        order = [ClockState.NOT_DUE, ClockState.DUE_TODAY, ClockState.OVERDUE, ClockState.VERY_OVERDUE]
        for _ in range(3000):
            terms = random_terms(rng, CALENDARS)
            computation = compute(terms)
            if computation.due_at is None:
                assert state_at(terms, terms.starts_at) is ClockState.PAUSED
                continue
            edges = [
                computation.due_at,
                computation.very_from,
                _night_after(computation.due_on - DAY, ZoneInfo(computation.zone)),
            ]
            moments = sorted(edge + n * timedelta(microseconds=1) for edge in edges for n in (-1, 0, 1))
            states = [state_at(terms, moment) for moment in moments]
            assert [order.index(s) for s in states] == sorted(order.index(s) for s in states)
            assert set(states) == set(order)
            if terms.unit != "hours":
                for moment, at_that in zip(moments, states, strict=True):
                    first = moment.astimezone(ZoneInfo(computation.zone)).date() - DAY
                    left = days_left(computation.due_on, moment, zone=computation.zone, since=first)
                    assert (left > 0, left == 0, left < 0) == (
                        at_that is ClockState.NOT_DUE,
                        at_that is ClockState.DUE_TODAY,
                        at_that in (ClockState.OVERDUE, ClockState.VERY_OVERDUE),
                    )

    def test_each_step_begins_where_the_one_before_arrived(self):
        rng = random.Random(SEED)
        for _ in range(3000):
            steps = compute(random_terms(rng, CALENDARS)).steps
            for before, step in pairwise(steps):
                if step.kind in (StepKind.EXTEND, StepKind.UNTIL) and before.kind in (
                    StepKind.COUNT,
                    StepKind.RESUME,
                    StepKind.EXTEND,
                ):
                    assert step.day_from == before.day_to
                if step.kind is StepKind.RESUME:
                    assert (before.kind, before.count, before.day_to) == (StepKind.PAUSE, step.count, step.day_from)
