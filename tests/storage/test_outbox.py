"""The outbox: one row for one cause, claimed by one sender, settled once; on both databases."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from storage.database.store import Store
from storage.exposure.labels import Label
from storage.messages import cards, heartbeat, outbox, sending, succession
from storage.models import Account, Clock, OutboxRow, Person, Recipient
from tests.office import SECONDS, Nudge, Office, add_account

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def office(store, clock):
    return Office(store, clock)


def claim(office, platform="slack", **how):
    return office.do(lambda work: sending.claim(work, platform, **{"limit": 50} | how))


class TestPut:
    def test_one_cause_says_one_thing_to_one_recipient_once(self, office):
        reader = office.person("Reader")

        def put(work):
            return outbox.put(work, cause="c", notice=Nudge(), recipient=reader, label=Label.AMBER)

        assert [office.do(put) for _ in range(3)] == [True, False, False]

    def test_one_cause_says_the_same_of_each_of_several_records(self, office):
        reader = office.person("Reader")

        def job(work):
            subjects = ("CCW-2026-0001/1", "CCW-2026-0001/2", "CCW-2026-0001/1")
            says = {"cause": "holiday", "notice": Nudge(), "recipient": reader, "label": Label.AMBER}
            return [outbox.put(work, subject=subject, **says) for subject in subjects]

        assert office.do(job) == [True, True, False]

    def test_the_road_is_the_wish_then_the_first_account_then_the_terminal(self, office):
        reader = office.person("Reader", "console")
        roads = []

        def note(work):
            roads.append(outbox.route(work, reader))

        office.do(note)
        for platform in ("telegram", "slack"):
            office.do(lambda work, on=platform: add_account(work, reader, on, "4711"))
            office.do(note)
        number = reader.number
        office.do(lambda work: setattr(work.session.get_one(Person, number), "reach", "slack"))
        office.do(note)
        office.do(lambda work: work.session.execute(update(Account).values(revoked_at=work.now)))
        office.do(note)
        assert roads == ["console", "telegram", "telegram", "slack", "console"]


class TestClaim:
    def test_it_takes_what_is_due_on_its_platform_one_row_for_each_recipient(self, office):
        one, two = office.person("One"), office.person("Two")
        first = office.say(one, "a", subject="")
        office.say(one, "b", subject="")
        second = office.say(two, "c", subject="")
        office.say(two, "later", not_before=office.clock.now() + timedelta(hours=1))
        office.say(office.person("Three", "telegram"), "elsewhere")
        assert [row.id for row in claim(office)] == [first, second]

    def test_urgent_goes_first(self, office):
        office.say(office.person("One"), "a")
        urgent = office.say(office.person("Two"), "b", urgent=True)
        assert [row.id for row in claim(office, limit=1)] == [urgent]

    def test_who_is_busy_and_who_is_not_at_this_terminal_is_left_alone(self, office):
        one, two = office.person("One"), office.person("Two")
        for who in (one, two):
            office.say(who, "a", cause=str(who))
        assert [row.recipient for row in claim(office, besides={one})] == [two]
        assert [row.recipient for row in claim(office, only=one)] == [one]
        assert claim(office) == []

    def test_a_row_that_is_out_is_on_record_before_anything_is_said(self, office):
        number = office.say(office.person("One"))
        claim(office)
        row = office.row(number)
        assert (row.state, row.send_started_at) == ("sending", office.clock.now())
        assert row.not_before == office.clock.now() + sending.LEASE

    def test_many_senders_take_each_row_once_and_keep_the_order(self, database_url, clock, reference):
        """Four stores, as four replicas have them; on SQLite they stand in line for the file."""
        stores = [Store(database_url, clock=clock, reference=reference) for _ in range(4)]
        office = Office(stores[0], clock)
        people = [office.person(f"Reader {n}") for n in range(20)]
        office.do(lambda work: [put(work, f"{n}", who) for n in range(5) for who in people])
        taken, lock = [], threading.Lock()

        def send(store):
            while rows := store.write(lambda work: sending.claim(work, "slack", limit=7)).result(SECONDS):
                for row in rows:
                    with lock:
                        taken.append(row)
                    store.write(lambda work, row=row: sending.sent(work, row)).result(SECONDS)

        try:
            threads = [threading.Thread(target=send, args=(store,)) for store in stores]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(SECONDS)
            assert max(Counter(row.id for row in taken).values()) == 1
            assert set(office.states()) <= {"sent", "pending"}
            for who in people:
                ours = [row.id for row in taken if row.recipient == who]
                assert ours == sorted(ours)
            send(stores[0])
            assert set(office.states()) == {"sent"}
        finally:
            for store in stores:
                store.close()


def put(work, cause, who):
    return outbox.put(work, cause=cause, notice=Nudge(), recipient=who, label=Label.AMBER, subject="CCW-2026-0001/1")


class TestSettle:
    def test_what_another_sender_took_over_is_not_settled_by_the_first(self, office):
        number = office.say(office.person("One"))
        [row] = claim(office)
        office.clock.move(seconds=61)
        assert office.do(lambda work: sending.rescue(work, "slack", alone=False)) == 1
        office.do(lambda work: sending.sent(work, row))
        assert office.row(number).state == "pending"

    def test_a_row_that_is_in_the_air_is_not_rescued(self, office):
        office.say(office.person("One"))
        claim(office)
        assert office.do(lambda work: sending.rescue(work, "slack", alone=False)) == 0
        assert office.do(lambda work: sending.rescue(work, "telegram", alone=True)) == 0

    def test_doubt_is_kept_from_the_first_sending_and_ends_with_certainty(self, office):
        number, began = office.say(office.person("One")), office.clock.now()
        for _ in range(2):
            [row] = claim(office)
            office.do(lambda work, row=row: sending.back(work, row, "timeout", seconds=1, doubtful=True))
            office.clock.move(seconds=1)
        [row] = claim(office)
        assert (row.doubtful_since, row.attempts) == (began, 2)
        office.do(lambda work: sending.back(work, row, "429", seconds=1, doubtful=False, failed=False))
        assert (office.row(number).send_started_at, office.row(number).attempts) == (None, 2)

    def test_a_reason_that_is_too_long_is_cut(self, office):
        number = office.say(office.person("One"))
        [row] = claim(office)
        office.do(lambda work: sending.dead(work, row, "x" * 1000))
        assert office.row(number).outcome == "x" * 300


class TestVitals:
    def test_a_desk_that_says_and_rings_all_is_well(self, office):
        office.say(office.person("One"))
        assert heartbeat.troubles(self.read(office)) == ()

    def test_what_is_late_is_trouble_after_two_minutes(self, office):
        office.say(office.person("One"))
        office.do(lambda work: (heartbeat.drained(work, "slack"), heartbeat.beat(work, heartbeat.TICK)))
        office.do(lambda work: work.session.execute(update(Clock).values(ring_at=work.now)))
        office.clock.move(minutes=2)
        assert heartbeat.troubles(self.read(office)) == ()
        office.clock.move(seconds=1)
        assert heartbeat.troubles(self.read(office)) == ("unsent slack", "silent slack", "unrung", "tick")

    def test_a_clock_that_was_set_aside_is_trouble(self, office):
        office.do(lambda work: work.session.execute(update(Clock).values(ring_at=None, failures=3)))
        assert (heartbeat.troubles(self.read(office)), self.read(office).stuck_clocks) == (("stuck",), 1)

    def test_what_waits_for_a_morning_or_a_terminal_is_not_late(self, office):
        office.say(office.person("One"), "a", wait=True)
        office.say(office.person("Two", "console"), "b")
        office.clock.move(days=3)
        office.do(lambda work: work.session.execute(update(Clock).values(ring_at=None)))
        assert heartbeat.troubles(self.read(office)) == ()
        assert [(road.platform, road.waiting) for road in self.read(office).platforms] == [("console", 1), ("slack", 1)]

    def test_a_platform_is_halted_once_and_until_it_is_not(self, office):
        assert [office.do(lambda work: heartbeat.halt(work, "slack")) for _ in range(2)] == [True, False]
        assert heartbeat.troubles(self.read(office)) == ("halted slack",)
        office.do(lambda work: heartbeat.resume(work, "slack"))
        assert heartbeat.troubles(self.read(office)) == ()

    def read(self, office):
        return office.store.read(heartbeat.read).result(SECONDS)


class TestStandIns:
    def names(self, office, recipient, subject):
        found = office.store.read(lambda work: succession.stand_ins(work, recipient, subject)).result(SECONDS)
        known = {number: name for name, number in office.people.items()}
        return [known[Recipient.person(one)] for one in found]

    def test_the_managers_who_may_see_it_except_the_one_who_cannot_be_reached(self, office):
        one = office.person("Boss One", role="manager")
        office.person("Boss Two", role="manager")
        assert self.names(office, one, office.ref) == ["Boss Two"]
        assert self.names(office, office.people["Officer"], office.ref) == ["Boss One", "Boss Two"]

    def test_without_managers_whoever_leads_the_case(self, office):
        assert self.names(office, office.person("Reader"), office.ref) == ["Officer"]
        assert self.names(office, office.people["Officer"], office.ref) == []


def test_an_edit_is_queued_for_whoever_has_a_card_and_only_once(office):
    one = office.person("One", named=True)
    office.say(one, cause="card", notice=Nudge())
    [row] = claim(office)
    office.do(lambda work: sending.sent(work, row))
    office.do(lambda work: cards.remember(work, [cards.Posted(row, "C1", "m1")]))
    for turn in ("t1", "t2"):
        office.do(lambda work, turn=turn: cards.touch(work, cause=turn, subject=office.ref))
    edits = office.store.read(
        lambda work: work.session.execute(
            select(OutboxRow.recipient, OutboxRow.platform).where(OutboxRow.notice == "card_edit")
        ).all()
    ).result(SECONDS)
    assert [tuple(edit) for edit in edits] == [(one, "slack")]
