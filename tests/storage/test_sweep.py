"""The sweep: every reminder rings, once, never early, in due order, whatever was down, sick or doubled meanwhile."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, func, insert, select, update

from storage.database.store import Store
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Account, AuditLine, Authority, Channel, Clock, OutboxRow, Recipient, Request, Ring
from storage.record import records
from storage.reminders import digests
from storage.reminders.sweep import LATE, TRIES, _batch, due_now, sweep
from storage.rules import alarms, clocks, holds, lifecycle
from storage.rules.lifecycle import Status
from storage.times import FrozenClock, at_local
from tests import factories

SENT = date(2026, 3, 2)
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
QUARTER = timedelta(minutes=15)


def rings(store: Store, clock_id: int | None = None) -> list[tuple[str, datetime, datetime, bool]]:
    """(rung, due at, rung at, late), in the order they were recorded."""
    query = select(Ring.rung, Ring.due_at, Ring.rung_at, Ring.late).order_by(Ring.id)
    if clock_id is not None:
        query = query.where(Ring.clock_id == clock_id)
    return store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result()


def one_clock(store: Store, **more) -> int:
    def job(work):
        more.setdefault("on", SENT)
        return clocks.latest(factories.request(work, status=Status.SENT, **more)).id

    return store.write(job).result()


def many(store: Store, count: int, ring_at: datetime) -> list[int]:
    """So many clocks of one old request, each about to sound the last rung that has passed."""

    def job(work):
        request = factories.request(work, status=Status.SENT, on=date(2025, 1, 20))
        request.status_at = datetime(2025, 1, 6, tzinfo=UTC)
        first = clocks.latest(request)
        facts = {column.name: getattr(first, column.name) for column in Clock.__table__.columns if column.name != "id"}
        facts |= {"rung": alarms.schedule_of(work.reference, first).passed(ring_at).code, "ring_at": ring_at}
        work.session.delete(first)
        work.session.bulk_insert_mappings(Clock, [facts for _ in range(count)])
        work.session.flush()
        return list(work.session.scalars(select(Clock.id).order_by(Clock.id)))

    return store.write(job).result()


def a_request_for_each(work) -> None:
    """Clocks that `many` made of one request become clocks of as many requests."""
    columns = [column for column in Request.__table__.columns if column.name != "id"]
    first = work.session.execute(select(*columns)).mappings().one()
    ids = work.session.scalars(select(Clock.id).order_by(Clock.id)).all()
    rows = [{**first, "id": n, "number": n, "ref": f"CCW-2025-0001/{n}"} for n in range(1_000, 1_000 + len(ids))]
    work.session.execute(insert(Request), rows)
    own = [{"id": clock, "request_id": row["id"]} for clock, row in zip(ids, rows, strict=True)]
    work.session.execute(update(Clock), own)


def moment_of(store: Store, clock_id: int, rung: str) -> datetime:
    def job(work):
        return alarms.schedule_of(work.reference, work.session.get_one(Clock, clock_id)).named(rung).at

    return store.read(job).result()


class TestOne:
    def test_never_early_and_once(self, store, clock):
        clock_id = one_clock(store)
        due = moment_of(store, clock_id, "due")
        clock.move_to(due - timedelta(microseconds=1))
        sweep(store)
        assert [rung for rung, *_ in rings(store) if rung == "due"] == []
        clock.move(seconds=1)
        for _ in range(3):
            sweep(store)
        assert [rung for rung, *_ in rings(store)].count("due") == 1

    def test_it_is_late_only_well_after_its_moment(self, store, clock):
        in_time, late = one_clock(store), one_clock(store)
        clock.move_to(moment_of(store, in_time, "due") + LATE)
        store.write(
            lambda work: work.session.execute(update(Clock).values(rung="due", ring_at=clock.now() - LATE))
        ).result()
        store.write(
            lambda work: work.session.execute(
                update(Clock).where(Clock.id == late).values(ring_at=clock.now() - LATE - timedelta(seconds=1))
            )
        ).result()
        sweep(store)
        assert [flag for *_, flag in rings(store, in_time)] == [False]
        assert [flag for *_, flag in rings(store, late)] == [True]

    def test_what_it_says_is_queued_with_the_ring_and_names_the_rung_only(self, store, clock):
        clock_id = one_clock(store)
        clock.move_to(moment_of(store, clock_id, "soon"))
        sweep(store)
        (row,) = store.read(lambda work: work.session.scalars(select(OutboxRow)).all()).result()
        assert set(row.fields) == {"clock_id", "epoch", "rung", "late", "rang_at"}
        assert (row.notice, row.fields["rung"], row.wait, row.urgent) == ("nudge", "soon", True, False)
        assert row.not_before > clock.now()  # their morning

    def test_whoever_leads_the_case_hears_where_they_wish_and_on_their_own_morning(self, store, clock):
        def lead(work):
            officer = factories.person(work, name="Lead")
            officer.zone, officer.reach = "America/New_York", "telegram"
            for platform in ("slack", "telegram"):
                officer.accounts.append(Account(platform=platform, external_id="L", linked_at=work.now))
            work.session.flush()
            return officer.id, clocks.latest(self.request_led_by(work, officer)).id

        officer_id, clock_id = store.write(lead).result()
        clock.move_to(moment_of(store, clock_id, "soon"))
        sweep(store)
        (row,) = store.read(lambda work: work.session.scalars(select(OutboxRow)).all()).result()
        assert (row.recipient, row.platform) == (Recipient.person(officer_id), "telegram")
        assert row.not_before.astimezone(ZoneInfo("America/New_York")).time() == time(9)

    def request_led_by(self, work, officer) -> Request:
        return factories.request(work, of=factories.case(work, lead=officer), status=Status.SENT, on=SENT)

    def test_nothing_due_nothing_written(self, store):
        one_clock(store)
        assert sweep(store).rings == 0
        assert rings(store) == []


class TestDown:
    def test_row_26_after_three_days_down_every_clock_rings_in_due_order_and_says_it_is_late(self, store, clock):
        base = clock.now()
        ids = many(store, 350, base)

        def spread(work):
            for place, clock_id in enumerate(reversed(ids)):
                work.session.execute(
                    update(Clock).where(Clock.id == clock_id).values(ring_at=base + timedelta(minutes=place))
                )

        store.write(spread).result()
        clock.move(days=3)
        done = sweep(store)
        found = rings(store)
        assert len(found) == 350
        assert done.failed == 0
        assert [due for _, due, _, _ in found] == sorted(due for _, due, _, _ in found)
        assert all(late for *_, late in found)

    @pytest.mark.slow
    def test_row_26_of_ten_thousand_none_is_lost_and_all_that_can_wait_is_folded(self, sqlite_store, clock):
        """Once each, in due order, marked late; then one digest for whoever would have heard more than twenty."""
        base = clock.now()
        sqlite_store.write(lambda work: factories.person(work, role=Role.MANAGER, name="Manager").id).result()
        many(sqlite_store, 10_000, base)
        sqlite_store.write(a_request_for_each).result()
        clock.move(days=3)
        assert sweep(sqlite_store).failed == 0
        found = rings(sqlite_store)
        assert len(found) == 10_000
        assert [due for _, due, _, _ in found] == sorted(due for _, due, _, _ in found)
        assert all(late for *_, late in found)
        waiting = select(OutboxRow.id).where(OutboxRow.wait, OutboxRow.state == "pending")
        queued = len(sqlite_store.read(lambda work: work.session.scalars(waiting).all()).result())
        assert queued >= 10_000
        clock.move(days=5)
        folded = digests.fold(sqlite_store)
        assert folded.folded == queued
        assert 0 < folded.digests < 10

    def test_of_one_clock_every_missed_rung_rings_in_order(self, store, clock):
        clock_id = one_clock(store)
        clock.move_to(moment_of(store, clock_id, "again_2"))
        sweep(store)
        found = [rung for rung, *_ in rings(store, clock_id)]
        assert found == [rung for rung in ("soon", "due", "overdue", "overdue_14") if rung in found] + found[-3:]
        assert sorted(found[-3:]) == ["again_1", "again_2", "very_overdue"]

    def test_of_two_rungs_at_one_moment_that_all_hear_the_later_rings(self, store, clock):
        """Half of two hours is their last hour."""

        def job(work):
            request = factories.request(work, to="US-DOJ-OIA", instrument="POC-247", status=Status.SENT, emergency=True)
            found = clocks.latest(request)
            found.due_at = found.starts_at + timedelta(hours=2)
            found.very_at = found.due_at + timedelta(hours=2)
            alarms.arm(work, found)
            return found.id

        clock_id = store.write(job).result()
        clock.move(hours=1)
        sweep(store)
        assert [rung for rung, *_ in rings(store, clock_id)] == ["last_hour"]


def test_a_batch_of_many_agencies_costs_no_more_statements_than_one_of_one(store, clock):
    """Under every label, to providers and to authorities."""
    agencies = ("PK-FIA-CCW", "PK-NCCIA", "PK-FIA", "PK-PTA")

    def enrol(codes):
        def job(work):
            for code in codes:
                agency = factories.agency(work, code)
                factories.person(work, of=agency, role=Role.MANAGER)
                for label in Label:
                    case = factories.case(work, of=agency, label=label)
                    for to, instrument in (("PROV-META", "PROD-META"), ("US-DOJ-OIA", "MLA-US-OIA")):
                        factories.request(work, of=case, to=to, instrument=instrument, status=Status.SENT, on=SENT)

        store.write(job).result()

    asked = []
    event.listen(store.write_engine, "before_cursor_execute", lambda _c, _cu, statement, *_: asked.append(statement))

    def batch():
        asked.clear()
        swept = store.write(_batch).result()
        return swept.rings, [one for one in asked if not one.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]

    counted = []
    for codes in (agencies[:1], agencies[1:]):
        enrol(codes)
        clock.move(days=400)
        rung, statements = batch()
        counted.append((rung, len(statements)))
        while batch()[0]:
            pass
    (of_one, few), (of_many, many_) = counted
    assert of_many >= 3 * of_one > 5
    assert many_ <= few, asked


@pytest.mark.parametrize("count", [2, 50])
def test_many_that_must_be_put_right_first_are_so_by_one_statement(store, clock, count):
    many(store, count, clock.now())
    until = clock.now() + timedelta(days=9)
    store.write(lambda work: work.session.execute(update(Clock).values(quiet_until=until))).result()
    asked = []
    event.listen(store.write_engine, "before_cursor_execute", lambda _c, _cu, statement, *_: asked.append(statement))
    assert store.write(_batch).result().rings == count
    assert len([one for one in asked if one.startswith(("SELECT", "INSERT", "UPDATE"))]) == 2, asked
    assert rings(store) == []
    assert store.read(lambda work: set(work.session.scalars(select(Clock.ring_at)))).result() == {until}


class TestPoison:
    COUNT = 100

    @pytest.fixture
    def poisoned(self, store, clock, monkeypatch) -> int:
        """One clock of a full batch whose schedule cannot be made: nobody knows its instrument any more.

        So it is rung as a batch, in five smaller ones, and of those the sick one clock by clock.
        """
        monkeypatch.setattr("storage.reminders.sweep.BATCH", self.COUNT)
        monkeypatch.setattr("storage.reminders.sweep.APART", self.COUNT // 5)
        monkeypatch.setattr(due_now, "__defaults__", (self.COUNT // 5,))
        ids = many(store, self.COUNT, clock.now())
        sick = ids[41]
        store.write(lambda work: work.session.execute(update(Clock).where(Clock.id == sick).values(instrument="GONE")))
        clock.move(seconds=1)
        return sick

    def test_row_31_the_others_ring_and_it_is_set_aside_after_three_tries_with_an_alarm(self, store, clock, poisoned):
        store.write(lambda work: factories.person(work, role=Role.MANAGER, name="Mona")).result()
        first = sweep(store)
        assert first.failed == 1
        assert len(self.rung(store)) == self.COUNT - 1
        assert poisoned not in self.rung(store)
        for _ in range(TRIES):
            clock.move(minutes=1)
            sweep(store)
        aside = store.read(lambda work: work.session.get_one(Clock, poisoned)).result()
        assert (aside.ring_at, aside.failures) == (None, TRIES)
        acts = store.read(lambda work: list(work.session.scalars(select(AuditLine.act)))).result()
        assert acts.count("clock set aside") == 1
        query = select(OutboxRow.notice).where(OutboxRow.notice == "clock_stuck")
        assert store.read(lambda work: len(work.session.scalars(query).all())).result() == 1

    def rung(self, store) -> set[int]:
        return store.read(lambda work: set(work.session.scalars(select(Ring.clock_id)))).result()

    @pytest.mark.usefixtures("poisoned")
    def test_one_by_one_a_clock_that_was_rung_meanwhile_is_not_rung_before_its_next_moment(self, store, monkeypatch):
        later = store.read(lambda work: work.session.scalar(select(func.max(Clock.id)))).result()
        tomorrow = store.clock.now() + timedelta(days=1)
        waits = update(Clock).where(Clock.id == later).values(ring_at=tomorrow)
        store.write(lambda work: work.session.execute(waits)).result()
        monkeypatch.setattr("storage.reminders.sweep.due_now", lambda _: [later])
        sweep(store)
        assert rings(store, later) == []

    def test_well_again_it_rings_and_its_failures_are_forgotten(self, store, clock, poisoned):
        sweep(store)
        healthy = select(Clock.instrument).where(Clock.id != poisoned).limit(1).scalar_subquery()
        well = update(Clock).where(Clock.id == poisoned).values(instrument=healthy)
        store.write(lambda work: work.session.execute(well, execution_options={"synchronize_session": False})).result()
        clock.move(minutes=1)
        sweep(store)
        assert poisoned in self.rung(store)
        assert store.read(lambda work: work.session.get_one(Clock, poisoned).failures).result() == 0


class TestTwice:
    def test_two_sweepers_at_once_ring_nothing_twice(self, postgresql_url, clock, reference):
        one, other = (Store(postgresql_url, clock=clock, reference=reference) for _ in range(2))
        try:
            store_ids = many(one, 300, clock.now())
            clock.move(seconds=1)
            gate = threading.Barrier(2)

            def run(store: Store) -> None:
                gate.wait()
                sweep(store)

            threads = [threading.Thread(target=run, args=(store,)) for store in (one, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rung = Counter(one.read(lambda work: work.session.scalars(select(Ring.clock_id)).all()).result())
            assert rung == Counter(store_ids)
            said = select(OutboxRow.cause, OutboxRow.recipient, func.count()).group_by(
                OutboxRow.cause, OutboxRow.recipient
            )
            assert {row[2] for row in one.read(lambda work: work.session.execute(said).all()).result()} <= {1}
        finally:
            one.close()
            other.close()

    def test_row_28_a_clock_put_back_an_hour_rings_nothing_twice(self, store, clock):
        clock_id = one_clock(store)
        clock.move_to(moment_of(store, clock_id, "overdue") + timedelta(minutes=1))
        sweep(store)
        before = rings(store)
        assert before
        clock.move(hours=-1)
        sweep(store)
        clock.move(hours=1)
        sweep(store)
        assert rings(store) == before

    def test_a_ring_already_on_record_is_not_said_again(self, store, clock):
        clock_id = one_clock(store)
        clock.move_to(moment_of(store, clock_id, "soon"))
        sweep(store)
        said = store.read(lambda work: work.session.scalar(select(func.count(OutboxRow.id)))).result()
        back = update(Clock).where(Clock.id == clock_id).values(rung="soon", ring_at=clock.now())
        store.write(lambda work: work.session.execute(back)).result()
        sweep(store)
        assert store.read(lambda work: work.session.scalar(select(func.count(OutboxRow.id)))).result() == said


class TestRules:
    def request(self, work, clock_id: int) -> Request:
        return work.session.get_one(Clock, clock_id).request

    def test_within_three_days_of_a_contact_nothing_that_can_wait_sounds(self, store, clock):
        clock_id = one_clock(store)
        overdue = moment_of(store, clock_id, "overdue")
        clock.move_to(overdue - timedelta(hours=1))
        sweep(store)

        def contact(work):
            request = self.request(work, clock_id)
            lifecycle.move(work, request, "acknowledge", by=request.filer, on=SENT)

        store.write(contact).result()
        clock.move_to(overdue + timedelta(days=2))
        sweep(store)
        assert "overdue" not in [rung for rung, *_ in rings(store)]
        clock.move_to(overdue - timedelta(hours=1) + timedelta(days=3))
        sweep(store)
        assert "overdue" in [rung for rung, *_ in rings(store)]

    def test_answered_before_its_moment_it_never_rings(self, store, clock):
        clock_id = one_clock(store)
        due = moment_of(store, clock_id, "due")

        def answer(work):
            request = self.request(work, clock_id)
            lifecycle.move(work, request, "produced", by=request.filer, on=SENT)

        store.write(answer).result()
        clock.move_to(due + timedelta(days=400))
        assert sweep(store).rings == 0

    def test_paused_it_is_silent_resumed_it_rings_by_its_new_dates(self, store, clock):
        clock_id = one_clock(store)

        def step(word):
            def job(work):
                request = self.request(work, clock_id)
                lifecycle.move(work, request, word, by=request.filer, on=clock.now().date())

            store.write(job).result()

        clock.move(days=1)
        step("clarify")
        clock.move(days=300)
        sweep(store)
        assert rings(store, clock_id) == []
        step("supplement")
        due = moment_of(store, clock_id, "due")
        assert due > clock.now() - timedelta(days=1)
        clock.move_to(due + timedelta(days=4))
        sweep(store)
        assert "due" in [rung for rung, *_ in rings(store, clock_id)]

    def test_extended_after_it_rang_the_same_rung_rings_by_the_new_date(self, store, clock):
        clock_id = one_clock(store)
        clock.move_to(moment_of(store, clock_id, "due"))
        sweep(store)

        def extend(work):
            found = work.session.get_one(Clock, clock_id)
            clocks.extend(work, found, days=None, until=date(2027, 3, 1), reason="agreed", on=SENT)

        store.write(extend).result()
        clock.move_to(at_local(date(2027, 3, 1), time(), "America/Los_Angeles"))
        sweep(store)
        assert [rung for rung, *_ in rings(store, clock_id)].count("due") == 2

    def test_snoozed_it_sounds_on_the_day_and_once(self, store, clock):
        clock_id = one_clock(store)
        until = moment_of(store, clock_id, "overdue_14") + timedelta(days=2)
        row = lambda work: work.session.get_one(Clock, clock_id)  # noqa: E731
        store.write(lambda work: alarms.snooze(work, row(work), until, by=1, reason="")).result()
        clock.move_to(until - timedelta(seconds=1))
        sweep(store)
        assert rings(store, clock_id) == []
        clock.move(seconds=1)
        sweep(store)
        assert [rung for rung, *_ in rings(store, clock_id)] == ["overdue_14"]

    def test_an_old_request_recorded_today_rings_the_last_that_passed_and_no_other(self, store, clock):
        clock_id = one_clock(store, on=date(2024, 3, 4))
        clock.move(days=3)
        sweep(store)
        found = [rung for rung, *_ in rings(store, clock_id)]
        assert len(found) == 1
        assert found[0].startswith("again_")

    def test_no_clock_rings_after_the_last_rung_of_a_ladder_that_ends(self, store, clock):
        def hold(work):
            return holds.period(factories.preservation(work, on=SENT)).id

        clock_id = store.write(hold).result()
        clock.move(days=2000)
        sweep(store)
        assert [rung for rung, *_ in rings(store, clock_id)] == [
            "month",
            "ask_renewal",
            "last_days",
            "last_day",
            "lapsed",
        ]
        assert sweep(store).rings == 0


class TestAudience:
    @pytest.fixture
    def told(self, sqlite_store, clock):
        """Who is told of the rung "due" of a case with a label."""
        store = sqlite_store

        def of(label: Label, rung: str = "overdue", *, ceiling: Label = Label.AMBER, host: str = "") -> set[str]:
            def file(work):
                factories.person(work, role=Role.MANAGER)
                work.session.execute(delete(Channel))
                for code, let_in_by in (("PK-FIA-CCW", ""), ("PROV-META", host)):
                    row = Channel(
                        platform="console", external_id=code, authority=records.authority(work, code),
                        host=records.authority(work, let_in_by), ceiling=ceiling, zone="UTC",
                        next_digest_at=clock.now(),
                    )  # fmt: skip
                    work.session.add(row)
                request = factories.request(work, of=factories.case(work, label=label), status=Status.SENT, on=SENT)
                work.session.flush()
                rooms = {Recipient.channel(row.id): row.authority.code for row in work.session.scalars(select(Channel))}
                return request.ref, clocks.latest(request).id, rooms

            ref, clock_id, rooms = store.write(file).result()
            clock.move_to(max(moment_of(store, clock_id, rung), clock.now() + alarms.AFTER_CONTACT))
            sweep(store)
            rows = store.read(
                lambda work: work.session.scalars(select(OutboxRow).where(OutboxRow.subject == ref)).all()
            )
            hearers = [row.recipient for row in rows.result() if row.fields["rung"] == rung]
            return {rooms.get(hearer, hearer.kind) for hearer in hearers}

        return of

    def test_amber_reaches_the_rooms_of_both_parties(self, told):
        assert told(Label.AMBER) == {"PK-FIA-CCW", "PROV-META"}

    def test_amber_strict_stays_in_the_agency(self, told):
        assert told(Label.AMBER_STRICT, ceiling=Label.AMBER_STRICT) == {"PK-FIA-CCW"}

    def test_above_the_ceiling_no_room_hears_it_and_whoever_leads_does(self, told):
        assert told(Label.AMBER, ceiling=Label.GREEN) == {"person"}

    def test_red_reaches_no_room_and_only_people_who_are_named(self, told):
        assert told(Label.RED, "again_1", ceiling=Label.AMBER_STRICT) == {"person"}

    def test_a_room_that_another_agency_let_in_hears_nothing(self, told):
        assert told(Label.AMBER, host="PK-NCCIA") == {"PK-FIA-CCW"}
        assert told(Label.GREEN, host="PK-FIA-CCW") == {"PK-FIA-CCW", "PROV-META"}

    def test_the_officer_hears_of_red(self, told):
        assert told(Label.RED, "overdue_14") == {"person"}

    def test_very_overdue_goes_to_the_managers(self, told):
        assert told(Label.AMBER, "very_overdue") == {"person"}


@pytest.mark.slow
def test_row_27_two_years_in_quarter_hours_over_ten_zones(sqlite_store, clock: FrozenClock):
    """Every rung of clocks of several kinds in ten zones, over both changes of their clocks, exactly once, never early.

    The expected moments are reckoned here by hand: local midnight of a day counted from the due day.
    """
    store, begin = sqlite_store, clock.now()

    def file(work):
        made = {}
        case = factories.case(work)
        for place, zone in enumerate(ZONES):
            owner = Authority(
                code=f"XX-ZONE-{place}", name=zone, country="XX", zone=zone, holiday_calendar=None, aliases=[],
                weekends=[{"from": None, "until": None, "iso": [6, 7]}], role="ministry", channel="agency",
            )  # fmt: skip
            work.session.add(owner)
            work.session.flush()
            request = factories.request(work, of=case, to=owner.code, status=Status.SENT, on=SENT)
            kept = factories.preservation(work, of=case, to=owner.code, on=SENT + timedelta(days=150), days=60)
            made[clocks.latest(request).id] = zone
            made[holds.period(kept).id] = zone
        return made

    zones = store.write(file).result()
    rows = store.read(lambda work: work.session.scalars(select(Clock).where(Clock.id.in_(zones))).all()).result()
    expected = {
        (row.id, code): at
        for row in rows
        for code, at in by_hand(row, zones[row.id], begin)
        if at <= begin + timedelta(days=730)
    }
    next_ring = select(func.min(Clock.ring_at))
    due = store.read(lambda work: work.session.scalar(next_ring)).result()
    now = begin
    while now <= begin + timedelta(days=730):
        if due <= now:  # a tick at which nothing is due changes nothing
            clock.move_to(now)
            sweep(store)
            due = store.read(lambda work: work.session.scalar(next_ring)).result()
        now += QUARTER
    query = select(Ring.clock_id, Ring.rung, Ring.rung_at, Ring.late).where(Ring.clock_id.in_(zones))
    found = store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result()
    assert len(found) == len({(clock_id, rung) for clock_id, rung, *_ in found})
    assert {(clock_id, rung) for clock_id, rung, *_ in found} == set(expected)
    for clock_id, rung, at, late in found:
        moment = expected[clock_id, rung]
        assert moment <= at < moment + QUARTER, (zones[clock_id], rung)
        assert not late


def by_hand(row: Clock, zone: str, begin: datetime):
    """The rungs of a clock as a person would reckon them with a calendar: (code, moment)."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)

    if row.kind == "preservation":
        for code, days in (("month", -30), ("ask_renewal", -14), ("last_days", -3), ("last_day", 0), ("lapsed", 1)):
            yield code, midnight(row.due_on + timedelta(days=days))
        return
    rungs = [("soon", -7), ("due", 0), ("overdue", 1), ("overdue_14", 14)]
    moments = [(code, midnight(row.due_on + timedelta(days=days))) for code, days in rungs]
    moments.append(("very_overdue", row.very_at))
    moments.sort(key=lambda rung: rung[1])
    rested = begin + timedelta(days=3)  # sent that day: the last rung of the first three days waits until then
    early = [code for code, at in moments if row.starts_at < at <= rested]
    yield from ([(early[-1], rested)] if early else [])
    yield from ((code, at) for code, at in moments if at > max(rested, row.starts_at))
    last = row.due_on + timedelta(days=14)
    months = [date(last.year + (last.month - 1 + n) // 12, (last.month - 1 + n) % 12 + 1, 1) for n in range(1, 40)]
    yield from ((f"again_{n}", midnight(first)) for n, first in enumerate(months, start=1))
