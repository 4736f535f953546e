"""Mornings as rows: what waits is folded once, at the right moment, whatever was down; the rest waits on."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import outbox
from storage.models import Channel, OutboxRow, Recipient
from storage.record import records
from storage.reminders import audience, digests
from storage.reminders.digests import FoldResult
from tests import factories

NINE = datetime(2026, 3, 3, 4, tzinfo=UTC)  # Tuesday in Islamabad; the tests begin on Monday at eleven


def a_channel(store: Store, name: str = "ops", **columns) -> int:
    def job(work: UnitOfWork) -> int:
        row = Channel(
            platform="console", external_id=name, authority=factories.agency(work), ceiling=Label.AMBER,
            zone="Asia/Karachi", digest_at="09:00", **columns,
        )  # fmt: skip
        work.session.add(row)
        work.session.flush()
        digests.plan(work, row)
        return row.id

    return store.write(job).result()


def channel(store: Store, number: int) -> Channel:
    return store.read(lambda work: work.session.get_one(Channel, number)).result()


def a_person(store: Store) -> int:
    return store.write(lambda work: factories.person(work).id).result()


def wait(
    store: Store, recipient: Recipient, count: int = 1, *, morning: datetime = NINE, begin: int = 0, subject: str = ""
) -> None:
    """So many nudges that wait, each about another record unless one is named."""

    def job(work: UnitOfWork) -> None:
        for n in range(begin, begin + count):
            outbox.put(
                work, cause=f"ring:{n}", notice=Nudge(), recipient=recipient, label=Label.AMBER,
                subject=subject or f"CCW-2026-0001/{n}", not_before=morning, wait=True,
            )  # fmt: skip

    store.write(job).result()


class Nudge(audience.StuckAlarm):
    def __init__(self) -> None:
        super().__init__(0, "", "")

    template = "nudge"


def rows(store: Store, **columns) -> list[OutboxRow]:
    query = select(OutboxRow).filter_by(**columns).order_by(OutboxRow.id)
    return store.read(lambda work: list(work.session.scalars(query))).result()


class TestRooms:
    def test_before_the_morning_everything_waits(self, store, clock):
        number = a_channel(store)
        wait(store, Recipient.channel(number), 3)
        clock.move_to(NINE - timedelta(seconds=1))
        assert digests.fold(store) == FoldResult()
        assert [row.state for row in rows(store)] == ["pending"] * 3

    def test_in_the_morning_it_is_folded_into_one_and_the_next_is_planned(self, store, clock):
        number = a_channel(store)
        wait(store, Recipient.channel(number), 3)
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult(digests=1, folded=3)
        (digest,) = rows(store, notice="digest")
        assert (digest.recipient, digest.state, digest.wait) == (Recipient.channel(number), "pending", False)
        assert digest.fields["late"] is False
        assert {(row.state, row.digest_id) for row in rows(store, notice="nudge")} == {("folded", digest.id)}
        assert {row.settled_at for row in rows(store, notice="nudge")} == {NINE}
        assert channel(store, number).next_digest_at == NINE + timedelta(days=1)

    def test_with_nothing_to_say_only_the_next_is_planned(self, store, clock):
        number = a_channel(store)
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult()
        assert rows(store) == []
        assert channel(store, number).next_digest_at == NINE + timedelta(days=1)

    def test_what_cannot_wait_is_not_touched(self, store, clock):
        number = a_channel(store)
        notice = Nudge()
        store.write(
            lambda work: outbox.put(
                work, cause="x", notice=notice, recipient=Recipient.channel(number), label=Label.AMBER, urgent=True
            )
        ).result()
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult()
        assert [row.state for row in rows(store)] == ["pending"]

    def test_after_a_week_down_one_digest_that_says_it_is_late(self, store, clock):
        number = a_channel(store)
        wait(store, Recipient.channel(number), 5)
        clock.move_to(NINE + timedelta(days=7, hours=3))
        assert digests.fold(store) == FoldResult(digests=1, folded=5)
        assert digests.fold(store) == FoldResult()
        (digest,) = rows(store, notice="digest")
        assert digest.fields["late"] is True
        assert channel(store, number).next_digest_at == NINE + timedelta(days=8)

    def test_each_room_has_its_own_morning_and_only_its_own_rows(self, store, clock):
        early, later = a_channel(store, "a"), a_channel(store, "b")
        store.write(
            lambda work: setattr(work.session.get_one(Channel, later), "next_digest_at", NINE + timedelta(hours=1))
        )
        for number in (early, later):
            wait(store, Recipient.channel(number), 2)
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult(digests=1, folded=2)
        clock.move(hours=1)
        assert digests.fold(store) == FoldResult(digests=1, folded=2)

    @pytest.mark.slow
    def test_a_year_of_mornings_one_on_each_working_day(self, sqlite_store, clock):
        number = a_channel(sqlite_store)
        calendar = sqlite_store.read(
            lambda work: digests.calendar_of(work, records.authority(work, "PK-FIA-CCW"))
        ).result()
        mornings = []
        for day in range(365):
            wait(sqlite_store, Recipient.channel(number), begin=day)
            clock.move_to(NINE + timedelta(days=day))
            mornings.append(digests.fold(sqlite_store).digests)
        days = [(NINE + timedelta(days=day)).date() for day in range(365)]
        assert mornings == [int(calendar.is_working(day)) for day in days]
        assert rows(sqlite_store, notice="nudge", state="pending") == [] or not calendar.is_working(days[-1])

    def test_two_processes_at_once_make_one_digest(self, postgresql_url, clock, reference):
        stores = [Store(postgresql_url, clock=clock, reference=reference) for _ in range(2)]
        try:
            number = a_channel(stores[0])
            wait(stores[0], Recipient.channel(number), 50)
            clock.move_to(NINE)
            gate = threading.Barrier(2)

            def run(store: Store) -> None:
                gate.wait()
                digests.fold(store)

            threads = [threading.Thread(target=run, args=(store,)) for store in stores]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            (digest,) = rows(stores[0], notice="digest")
            assert {row.digest_id for row in rows(stores[0], notice="nudge")} == {digest.id}
        finally:
            for store in stores:
                store.close()


class TestPeople:
    @pytest.mark.parametrize(
        ("count", "made"), [(1, FoldResult(released=1)), (2, FoldResult(1, 2)), (21, FoldResult(1, 21))]
    )
    def test_one_as_it_is_two_or_more_as_one_digest(self, store, clock, count, made):
        person = a_person(store)
        wait(store, Recipient.person(person), count)
        clock.move_to(NINE)
        assert digests.fold(store) == made
        assert digests.fold(store) == FoldResult()

    def test_released_it_is_for_delivery(self, store, clock):
        wait(store, Recipient.person(a_person(store)), 1)
        clock.move_to(NINE)
        digests.fold(store)
        assert {(row.state, row.wait) for row in rows(store)} == {("pending", False)}

    def test_before_their_morning_nothing(self, store, clock):
        wait(store, Recipient.person(a_person(store)), 30)
        clock.move_to(NINE - timedelta(seconds=1))
        assert digests.fold(store) == FoldResult()

    def test_what_waits_for_a_later_morning_waits_on(self, store, clock):
        person = a_person(store)
        wait(store, Recipient.person(person), 25)
        wait(store, Recipient.person(person), 5, begin=100, morning=NINE + timedelta(days=1))
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult(1, 25)
        assert len(rows(store, state="pending", wait=True)) == 5

    def test_of_several_about_one_record_the_last_goes_out(self, store, clock):
        wait(store, Recipient.person(a_person(store)), 4, subject="CCW-2026-0001/1")
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult(folded=3, released=1)
        *earlier, last = rows(store)
        assert {(row.state, row.digest_id) for row in earlier} == {("folded", last.id)}
        assert (last.state, last.wait) == ("pending", False)

    def test_more_crowded_people_than_one_transaction_takes_all_get_theirs(self, store, clock, monkeypatch):
        monkeypatch.setattr(digests, "BATCH", 3)
        people = [a_person(store) for _ in range(8)]
        for person in people:
            wait(store, Recipient.person(person), 21)
        clock.move_to(NINE)
        assert digests.fold(store) == FoldResult(8, 8 * 21)
        assert {row.recipient for row in rows(store, notice="digest")} == set(map(Recipient.person, people))


class TestSummaries:
    def test_queued_at_its_hour_once_for_the_last_whole_week(self, store, clock):
        number = a_channel(store, summary="mon@08:30")
        clock.move_to(datetime(2026, 3, 9, 3, 29, tzinfo=UTC))
        assert digests.post_summaries(store) == 0
        clock.move(minutes=1)
        assert digests.post_summaries(store) == 1
        assert digests.post_summaries(store) == 0
        (row,) = rows(store)
        assert (row.notice, row.recipient, row.label) == ("summary_period", Recipient.channel(number), Label.CLEAR)
        assert row.fields == {"monday": {"$day": "2026-03-02"}}
        assert channel(store, number).next_summary_at == datetime(2026, 3, 16, 3, 30, tzinfo=UTC)

    def test_a_room_that_was_left_gets_none(self, store, clock):
        number = a_channel(store, summary="mon@08:30")
        store.write(lambda work: setattr(work.session.get_one(Channel, number), "left_at", clock.now())).result()
        clock.move(days=30)
        assert digests.post_summaries(store) == 0
        assert digests.fold(store) == FoldResult()
