"""One process ticks: who may, who comes next, and what an earlier one can still do."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import func, select

from storage.database import lease as leases
from storage.database.lease import AlreadyRunning, OldTerm, open_lease, take_lease
from storage.database.store import Store
from storage.errors import StoreUnavailable
from storage.models import Clock, LeaseRow, OutboxRow, Ring, Trait
from storage.reminders.sweep import sweep
from storage.rules.lifecycle import Status
from storage.times import SystemClock
from tests import factories
from tests.patience import until

SECONDS = 30


@pytest.fixture
def postgresql_store(postgresql_url, clock, reference):
    store = Store(postgresql_url, clock=clock, reference=reference)
    yield store
    store.close()


@contextmanager
def opened(url, open_one=open_lease):
    lease = open_one(url)
    try:
        yield lease
    finally:
        lease.close()


@contextmanager
def holder(url, *, seconds=1):
    """Another process that leads, and does not renew its lease."""
    command = [sys.executable, "-m", "tests.lease_holder", url, str(seconds)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)  # noqa: S603 - ours
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def ask(process, word):
    process.stdin.write(f"{word}\n")
    return process.stdout.readline().strip()


def take_over(lease):
    """Try until it is held; a lock that another process keeps is waited for."""

    def held():
        with suppress(StoreUnavailable):
            return lease.acquire()
        return False

    return until(held)


def remember(work):
    work.session.add(Trait(name="mark", value="written"))


def traits(store):
    return store.read(lambda work: set(work.session.scalars(select(Trait.name)))).result(SECONDS)


class TestOneAtATime:
    def test_the_first_holds_it_and_the_second_learns_who(self, database_url):
        with opened(database_url) as first, opened(database_url) as second:
            assert first.acquire()
            assert not second.acquire()
            assert not second.held
            assert second.holder == f"{os.getpid()}@{socket.gethostname()}"

    def test_who_holds_it_keeps_it(self, database_url):
        with opened(database_url) as first, opened(database_url) as second:
            assert [first.acquire(), second.acquire(), first.acquire(), second.acquire()] == [True, False, True, False]

    def test_it_is_free_once_it_was_let_go(self, database_url):
        with opened(database_url) as second:
            with opened(database_url) as first:
                first.acquire()
                assert not second.acquire()
            assert second.acquire()

    def test_what_the_holder_writes_is_written(self, database_url, store):
        with opened(database_url) as lease:
            lease.acquire()
            lease.fenced(store).write(remember).result(SECONDS)
        assert traits(store) == {"mark"}


class TestOnSQLite:
    def test_a_second_desk_is_refused_at_once_with_pid_and_host_of_the_first(self, sqlite_url):
        with opened(sqlite_url, take_lease), pytest.raises(AlreadyRunning) as refused:
            take_lease(sqlite_url)
        assert f"process {os.getpid()} on {socket.gethostname()}" in str(refused.value)

    def test_a_database_elsewhere_has_its_own(self, sqlite_url, tmp_path):
        with opened(sqlite_url, take_lease), opened(f"sqlite:///{tmp_path / 'other.db'}", take_lease) as other:
            assert other.held

    def test_a_crash_frees_it(self, sqlite_url):
        take = f"from storage.database.lease import take_lease; take_lease({sqlite_url!r})"
        code = f"{take}; import os; os.kill(os.getpid(), 9)"
        done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - ours
        assert done.returncode == -signal.SIGKILL
        with opened(sqlite_url, take_lease) as lease:
            assert lease.held


class TestOnPostgreSQL:
    def test_a_desk_may_stand_by(self, postgresql_url):
        with opened(postgresql_url, take_lease) as first, opened(postgresql_url, take_lease) as second:
            assert (first.acquire(), second.acquire()) == (True, False)

    def test_every_change_of_hands_is_a_new_term(self, postgresql_url, postgresql_store):
        for _ in range(3):
            with opened(postgresql_url) as lease:
                assert lease.acquire()
        row = postgresql_store.read(lambda work: work.session.get_one(LeaseRow, "tick")).result(SECONDS)
        assert row.term == 3

    @pytest.mark.slow  # a lease must run out
    def test_a_killed_holder_is_followed_before_its_lease_is_over(self, postgresql_url):
        with holder(postgresql_url, seconds=3600) as process, opened(postgresql_url) as standby:
            assert not standby.acquire()
            process.kill()
            assert take_over(standby) < 5

    @pytest.mark.slow  # a lease must run out
    def test_row_25_a_frozen_holder_is_followed_and_has_no_effect_then(self, postgresql_url, postgresql_store):
        postgresql_store.write(overdue).result(SECONDS)
        with holder(postgresql_url) as process, opened(postgresql_url) as standby:
            process.send_signal(signal.SIGSTOP)
            take_over(standby)
            rang = sweep(standby.fenced(postgresql_store)).rings
            before = rings_and_rows(postgresql_store)
            process.send_signal(signal.SIGCONT)
            assert ask(process, "sweep") == "refused"
            assert rings_and_rows(postgresql_store) == before
        assert rang > 0

    @pytest.mark.slow  # a lease must run out
    def test_one_that_froze_inside_a_write_is_followed_and_that_write_is_lost(self, postgresql_url, postgresql_store):
        with holder(postgresql_url) as process, opened(postgresql_url) as standby:
            assert ask(process, "stop") == "inside"
            take_over(standby)
            process.send_signal(signal.SIGCONT)
            assert process.stdout.readline().strip() in ("failed", "refused")
        assert traits(postgresql_store) == set()

    def test_an_earlier_leader_writes_nothing_although_it_was_not_told(self, postgresql_url, postgresql_store):
        with opened(postgresql_url) as first, opened(postgresql_url) as second:
            first.acquire()
            early = first.fenced(postgresql_store)
            end_lease(postgresql_store)
            assert second.acquire()
            with pytest.raises(OldTerm):
                early.write(remember).result(SECONDS)
            assert not first.acquire()
            assert second.acquire()
        assert traits(postgresql_store) == set()

    def test_a_holder_whose_session_was_cut_starts_again_with_a_new_term(self, postgresql_url, postgresql_store):
        with opened(postgresql_url) as lease:
            lease.acquire()
            cut_everybody_else(postgresql_store)
            with suppress(StoreUnavailable):
                lease.acquire()
            take_over(lease)
            lease.fenced(postgresql_store).write(remember).result(SECONDS)
        assert traits(postgresql_store) == {"mark"}


def overdue(work):
    """A request that was sent long ago, so that reminders are due."""
    row = factories.request(work, status=Status.SENT)
    clock = work.session.scalars(select(Clock).where(Clock.request_id == row.id)).one()
    clock.ring_at = work.now


def rings_and_rows(store):
    def count(work):
        return [work.session.scalar(select(func.count()).select_from(table)) for table in (Ring, OutboxRow)]

    return store.read(count).result(SECONDS)


def end_lease(store):
    """As if it had not been renewed in time."""

    def job(work):
        work.session.get_one(LeaseRow, "tick").expires_at = SystemClock().now().replace(year=2000)

    store.write(job).result(SECONDS)


def cut_everybody_else(store):
    """End every other session of the database, as a restart of its server would."""
    with store.write_engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_renewal_comes_in_time():
    """Two may be lost before the lease is."""
    assert leases.RENEW_SECONDS * 3 < leases.LEASE_SECONDS
