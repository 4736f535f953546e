"""Clocks as rows: in hours, by a calendar that changes, extended, of a hold; each change with before and after."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.models import AuditLine, Clock, Holiday, Preservation, Request
from storage.record import records
from storage.reference.catalog import ClockRule
from storage.rules import clocks, holds, lengths, lifecycle, recomputing
from storage.rules.deadlines import ClockState
from storage.rules.lifecycle import Status
from tests import factories

SECONDS = 30
TODAY = date(2026, 3, 2)
TEN_WORKING_DAYS = ClockRule(
    amount=10, unit="working_days", counted_from="sent", kind="expectation", statutory=False, origin="recipient_policy"
)


def lines(work, act):
    return work.session.scalars(select(AuditLine).where(AuditLine.act == act).order_by(AuditLine.n)).all()


def days_before_and_after(line):
    facts = json.loads(line.facts)
    return facts["before"]["due_on"], facts["after"]["due_on"]


class TestHours:
    """COE-2AP-9: 24 hours from the instant of sending; the recipient is in Los Angeles, the agency in Pakistan."""

    @pytest.fixture
    def moved(self, store, clock):
        """Move an emergency by words; returns its clock's due moment."""

        def send(work):
            return factories.request(work, instrument="COE-2AP-9", emergency=True, status=Status.SENT).id

        request_id = store.write(send).result(SECONDS)

        def move(word, on=TODAY, at=None):
            def job(work):
                row = work.session.get(Request, request_id)
                lifecycle.move(work, row, word, by=row.filer, on=on, at=at)
                return clocks.latest(row)

            return store.write(job).result(SECONDS).due_at

        move.sent = clock.now()
        move.id = request_id
        return move

    def test_sent_today_it_starts_now(self, store, moved):
        due = store.read(lambda work: work.session.scalars(select(Clock.due_at)).one()).result(SECONDS)
        assert due == moved.sent + timedelta(hours=24)

    def test_sent_at_a_known_hour_it_starts_then(self, store, clock):
        at = clock.now() - timedelta(hours=5)

        def job(work):
            row = factories.request(work, instrument="COE-2AP-9", emergency=True, status=Status.SENT, at=at)
            return clocks.latest(row).due_at

        assert store.write(job).result(SECONDS) == at + timedelta(hours=24)

    def test_a_question_asked_and_answered_the_same_day_gives_back_its_hours(self, moved, clock):
        clock.move(hours=2)
        assert moved("clarify") is None
        clock.move(hours=3)
        assert moved("supplement") == moved.sent + timedelta(hours=24 + 3)

    def test_known_hours_count_and_not_when_they_were_recorded(self, moved, clock):
        clock.move(hours=8)
        moved("clarify", at=moved.sent + timedelta(hours=1))
        clock.move(hours=1)
        due = moved("supplement", at=moved.sent + timedelta(hours=5, minutes=30))
        assert due == moved.sent + timedelta(hours=24 + 4, minutes=30)

    def test_an_earlier_day_without_its_hour_is_counted_from_its_end_at_the_recipient(self, moved, clock):
        clock.move(days=3)
        moved("clarify", on=TODAY)
        end_of_monday = datetime(2026, 3, 3, 8, tzinfo=UTC)  # midnight in Los Angeles
        left = moved.sent + timedelta(hours=24) - end_of_monday
        assert moved("supplement", on=TODAY + timedelta(days=3)) == clock.now() + left

    def test_a_day_that_is_still_today_there_ends_now(self, moved, clock):
        clock.move(hours=20)  # 07:00 on Tuesday at the agency, 18:00 on Monday at the recipient
        moved("clarify", on=TODAY)
        clock.move(hours=1)
        assert moved("supplement", on=TODAY + timedelta(days=1)) == moved.sent + timedelta(hours=25)

    def test_an_answer_before_the_question_gives_no_hours(self, moved, clock):
        clock.move(hours=4)
        moved("clarify")
        clock.move(hours=1)
        assert moved("supplement", at=moved.sent + timedelta(hours=2)) == moved.sent + timedelta(hours=24)

    def test_our_own_clock_runs_from_the_hour_of_the_question(self, store, moved, clock):
        clock.move(hours=2)
        moved("clarify", at=moved.sent + timedelta(hours=1))
        ours = select(Clock.due_at).where(Clock.kind == "clarification")
        due = store.read(lambda work: work.session.scalars(ours).one()).result(SECONDS)
        assert due == moved.sent + timedelta(hours=1 + 4)

    def test_the_row_keeps_the_day_beside_the_moment(self, store, moved, clock):
        clock.move(hours=2)
        moved("clarify")
        kept = store.read(
            lambda work: work.session.scalars(select(Clock.pauses).where(Clock.kind == "answer")).one()
        ).result(SECONDS)
        assert kept == [
            {"since": "2026-03-02", "until": None, "since_at": "2026-03-02T08:00:00+00:00", "until_at": None}
        ]

    def test_its_states_by_the_minute(self, store, moved):
        def state(at):
            def look(work):
                return clocks.state_of(clocks.latest(work.session.get(Request, moved.id)), at)

            return store.read(look).result(SECONDS)

        due = moved.sent + timedelta(hours=24)
        assert state(due - timedelta(minutes=1)) is ClockState.DUE_TODAY
        assert state(due) is ClockState.OVERDUE


class TestEmergencyClock:
    def test_an_emergency_never_gets_the_time_of_an_ordinary_case(self, reference):
        """Whatever the instrument: its own emergency clock, else ours, which counts in hours and is named as ours."""
        ours = lengths.follow_up(reference, emergency=True)
        assert (ours.amount, ours.unit, ours.origin) == (24, "hours", "house_default")
        for instrument in reference.instruments.values():
            assert lengths.rule_for(reference, instrument, emergency=True) == (instrument.emergency_clock or ours)

    def test_what_is_no_emergency_keeps_the_time_of_its_instrument(self, reference):
        found = {
            code: lengths.rule_for(reference, reference.instruments[code], emergency=False).amount
            for code in ("MLA-COE-31", "COE-2AP-6", "EDR-META")
        }
        assert found == {"MLA-COE-31": 180, "COE-2AP-6": 30, "EDR-META": 2}


class TestCalendarChanged:
    """A holiday on Tuesday, 10 March, in the United States."""

    @pytest.fixture
    def made(self, store):
        """One clock of each kind by name: their ids."""

        def start(work, rule, to):
            row = factories.request(work, to=to)
            clock = Clock(kind="answer", request=row, authority=row.recipient, instrument=row.instrument)
            return clocks.start(work, clock, rule, on=TODAY, at=None)

        def job(work):
            found = {
                "meta": start(work, TEN_WORKING_DAYS, "PROV-META"),
                "google": start(work, TEN_WORKING_DAYS, "PROV-GOOGLE"),
                "pakistan": start(work, TEN_WORKING_DAYS, "PK-PTA"),
                "in calendar days": start(work, lengths.follow_up(work.reference, emergency=False), "PROV-META"),
                "ended": start(work, TEN_WORKING_DAYS, "PROV-META"),
                "paused": start(work, TEN_WORKING_DAYS, "PROV-META"),
            }
            clocks.end(work, found["ended"])
            found["paused"].pauses = [{"since": "2026-03-04", "until": None}]
            clocks.recompute(work, found["paused"], "clock pause")
            return {name: clock.id for name, clock in found.items()}

        return store.write(job).result(SECONDS)

    def changed(self, store, made, calendar, day=date(2026, 3, 10)):
        names = {clock_id: name for name, clock_id in made.items()}

        def job(work):
            work.session.add(Holiday(calendar=calendar, day=day, name="Day of mourning"))
            moved = recomputing.calendar_changed(work, calendar)
            return {names[clock.id]: (before, after) for clock, before, after in moved}

        return store.write(job).result(SECONDS)

    def test_it_moves_the_working_day_clocks_of_that_country_and_no_other(self, store, made):
        before, after = date(2026, 3, 16), date(2026, 3, 17)
        assert self.changed(store, made, "US") == {"meta": (before, after), "google": (before, after)}

    def test_one_authoritys_own_holiday_moves_its_clocks_only(self, store, made):
        assert list(self.changed(store, made, "PROV-META")) == ["meta"]

    def test_a_holiday_on_a_weekend_or_after_the_due_day_moves_nothing(self, store, made):
        assert self.changed(store, made, "US", date(2026, 3, 8)) == {}
        assert self.changed(store, made, "US", date(2026, 3, 18)) == {}

    def test_each_clock_that_moved_has_a_line_with_before_and_after(self, store, made):
        self.changed(store, made, "US")
        found = store.read(lambda work: lines(work, "clock calendar")).result(SECONDS)
        assert [days_before_and_after(line) for line in found] == [("2026-03-16", "2026-03-17")] * 2

    def test_taking_the_holiday_away_moves_them_back(self, store, made):
        self.changed(store, made, "US")

        def job(work):
            for row in records.holidays(work, "US"):
                work.session.delete(row)
            return [after for _, _, after in recomputing.calendar_changed(work, "US")]

        assert store.write(job).result(SECONDS) == [date(2026, 3, 16)] * 2


class TestZonesChanged:
    """The law of a zone changed: what was computed by the older one is an hour off, and is computed anew."""

    def made(self, store, instrument, hours, **facts):
        def job(work):
            row = factories.request(work, instrument=instrument, status=Status.SENT, **facts)
            clock = clocks.latest(row)
            right = (clock.starts_at, clock.due_on, clock.due_at, clock.very_at)
            off = timedelta(hours=hours)
            clock.starts_at, clock.due_at, clock.very_at = (at - off for at in (right[0], right[2], right[3]))
            clock.due_on, clock.zone_data = clock.due_on - timedelta(days=hours > 0), "2020a"
            return right

        return store.write(job).result(SECONDS)

    def recomputed(self, store):
        def job(work):
            moved = recomputing.zones_changed(work)
            clock = work.session.scalars(select(Clock).where(Clock.kind == "answer")).one()
            now = (clock.starts_at, clock.due_on, clock.due_at, clock.very_at)
            return len(moved), now, recomputing.of_other_zone_data(work)

        found = store.write(job).result(SECONDS)
        return *found, len(store.read(lambda work: lines(work, "clock zones")).result(SECONDS))

    @pytest.mark.parametrize("hours", [1, -1])
    def test_a_day_is_still_that_day(self, store, hours):
        right = self.made(store, "PROD-META", hours)
        assert store.read(recomputing.of_other_zone_data).result(SECONDS) == 1
        assert self.recomputed(store) == (1, right, 0, 1)
        assert self.recomputed(store) == (0, right, 0, 1)

    def test_hours_are_still_as_many_hours(self, store):
        right = self.made(store, "EDR-META", 0, emergency=True)
        assert self.recomputed(store) == (0, right, 0, 0)


class TestExtend:
    def extended(self, store, **more):
        def job(work):
            row = factories.request(work, status=Status.SENT)
            clock = clocks.latest(row)
            clocks.extend(work, clock, **({"days": None, "until": None} | more), reason="they asked", on=TODAY)
            return clock

        return store.write(job).result(SECONDS)

    def test_by_days_in_its_own_unit(self, store):
        clock = self.extended(store, days=10)
        assert (clock.due_on, clock.epoch) == (date(2026, 5, 7), 1)
        (line,) = store.read(lambda work: lines(work, "clock extend")).result(SECONDS)
        assert days_before_and_after(line) == ("2026-04-27", "2026-05-07")

    def test_until_a_day(self, store):
        assert self.extended(store, until=date(2026, 5, 20)).due_on == date(2026, 5, 20)

    def test_an_agreed_day_never_shortens_it(self, store):
        assert self.extended(store, until=date(2026, 3, 20)).due_on == date(2026, 4, 27)


class TestPreservation:
    def test_it_expires_so_many_calendar_days_after_it_was_asked(self, store):
        def job(work):
            kept = factories.preservation(work, on=TODAY, days=90)
            return kept.expires_on, holds.period(kept).due_on, kept.ref

        expires, due, ref = store.write(job).result(SECONDS)
        assert (expires, due) == (date(2026, 5, 31), date(2026, 5, 31))
        (line,) = store.read(lambda work: lines(work, "clock start")).result(SECONDS)
        assert (line.ref, days_before_and_after(line)) == (ref, (None, "2026-05-31"))

    def test_a_renewal_is_counted_from_the_expiry_and_not_from_today(self, store):
        def job(work):
            kept = factories.preservation(work, on=TODAY, days=90)
            clock = holds.period(kept)
            clocks.extend(work, clock, days=90, until=None, reason="renewed", on=date(2026, 5, 1))
            return clock.due_on

        assert store.write(job).result(SECONDS) == date(2026, 5, 31) + timedelta(days=90)

    def test_a_request_that_will_outlive_the_hold_is_named(self, store):
        def job(work):
            slow = factories.request(work, to="US-DOJ-OIA", instrument="MLA-US-OIA", status=Status.SENT)
            quick = factories.request(work, of=slow.case, status=Status.SENT)
            kept = factories.preservation(work, of=slow.case, days=90, for_requests=[slow, quick])
            return (
                slow.ref,
                holds.last_possible(work, kept),
                [
                    (request.ref, due)
                    for request, due in holds.outliving(work, kept, lambda one: clocks.latest(one).due_on)
                ],
            )

        ref, last, late = store.write(job).result(SECONDS)
        assert last == TODAY + timedelta(days=180), "renewed once, as PRES-META allows"
        assert late == [(ref, TODAY + timedelta(days=300))]

    def test_a_hold_without_a_request_outlives_nothing(self, store):
        assert (
            store.write(lambda work: holds.outliving(work, factories.preservation(work), lambda _: TODAY)).result(
                SECONDS
            )
            == []
        )


def test_an_instrument_that_names_no_time_gets_our_follow_up(store):
    def job(work):
        return clocks.latest(factories.request(work, instrument="COE-2AP-6", status=Status.SENT))

    clock = store.write(job).result(SECONDS)
    assert (clock.due_on, clock.origin) == (TODAY + timedelta(days=30), "house_default")


def test_a_row_alone_recomputes_to_what_it_says(store):
    def job(work):
        row = factories.request(work, status=Status.SENT)
        lifecycle.move(work, row, "clarify", by=row.filer, on=TODAY + timedelta(days=7))
        lifecycle.move(work, row, "supplement", by=row.filer, on=TODAY + timedelta(days=9))
        clocks.extend(work, clocks.latest(row), days=5, until=None, reason="they asked", on=TODAY)
        factories.preservation(work)

    store.write(job).result(SECONDS)

    def look(work):
        for clock in work.session.scalars(select(Clock)):
            result = clocks.computed(work, clock)
            assert (clock.due_on, clock.due_at, clock.very_at) == (result.due_on, result.due_at, result.very_from)
        return work.session.scalars(select(Preservation)).one().expires_on

    assert store.read(look).result(SECONDS) == TODAY + timedelta(days=90)
