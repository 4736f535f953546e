"""Where jobs run: one commit or none, errors that stay with whoever caused them, and a disk that says no."""

import sqlite3
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage.database.engine import open_engine
from storage.database.store import GROUP, Store
from storage.errors import StaleRecord, StoreUnavailable
from storage.models import AuditLine, Case, Counter, Trait
from storage.record import records
from storage.record.fetching import Key
from tests import factories

SECONDS = 30  # nothing here takes one; a test that hangs fails instead


def remember(name, value="kept"):
    return lambda work: work.session.add(Trait(name=name, value=value))


def traits(store):
    return store.read(lambda work: set(work.session.scalars(select(Trait.name)))).result(SECONDS)


@contextmanager
def elsewhere(store, statement):
    """Another process's connection, inside a transaction that began with a statement."""
    engine = open_engine(store.url, pool_size=1)
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
            yield
    finally:
        engine.dispose()


@contextmanager
def waiting_together(store):
    """What is submitted inside waits behind one job, so that the SQLite writer finds all of it at once."""
    running, go_on = threading.Event(), threading.Event()

    def hold(_work):
        running.set()
        assert go_on.wait(SECONDS)

    held = store.write(hold)
    assert running.wait(SECONDS)
    yield
    go_on.set()
    held.result(SECONDS)


class TestWriting:
    def test_what_a_job_wrote_is_there_once_its_future_is_set(self, store):
        store.write(remember("a")).result(SECONDS)
        assert traits(store) == {"a"}

    def test_a_future_is_set_after_the_commit_and_not_before(self, store):
        seen, looked = [], threading.Event()

        def look(_future):
            engine = open_engine(store.url, readonly=True, pool_size=1)
            with engine.connect() as connection:
                seen.extend(connection.scalars(select(Trait.name)))
            engine.dispose()
            looked.set()

        with waiting_together(store):
            store.write(remember("a")).add_done_callback(look)
        assert looked.wait(SECONDS)
        assert seen == ["a"]

    def test_a_job_that_raises_writes_nothing_and_its_error_reaches_the_asker(self, store):
        def fail(work):
            remember("a")(work)
            work.audit("act", "REF-1")
            work.session.flush()
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            store.write(fail).result(SECONDS)
        assert traits(store) == set()
        assert store.read(lambda work: work.session.scalars(select(AuditLine.n)).all()).result(SECONDS) == []

    def test_an_error_of_the_database_is_the_askers_too(self, store):
        store.write(remember("a")).result(SECONDS)
        with waiting_together(store):
            double, good = store.write(remember("a")), store.write(remember("b"))
        with pytest.raises(IntegrityError):
            double.result(SECONDS)
        good.result(SECONDS)
        assert traits(store) == {"a", "b"}

    def test_a_mistake_in_one_statement_does_not_take_the_others_down(self, store):
        with waiting_together(store):
            good = store.write(remember("a"))
            wrong = store.write(lambda work: work.session.execute(text("SELECT nothing FROM nowhere")))
            other = store.write(remember("b"))
        with pytest.raises(DBAPIError):
            wrong.result(SECONDS)
        good.result(SECONDS)
        other.result(SECONDS)
        assert traits(store) == {"a", "b"}

    def test_even_an_exit_inside_a_job_leaves_the_writer_alive(self, store):
        def leave(_work):
            raise SystemExit(3)

        with pytest.raises(SystemExit):
            store.write(leave).result(SECONDS)
        store.write(remember("a")).result(SECONDS)
        assert traits(store) == {"a"}

    def test_what_was_cancelled_while_it_waited_is_not_done(self, sqlite_store):
        with waiting_together(sqlite_store):
            future = sqlite_store.write(remember("a"))
            assert future.cancel()
        sqlite_store.write(remember("b")).result(SECONDS)
        assert traits(sqlite_store) == {"b"}

    def test_closing_finishes_what_was_taken_and_takes_no_more(self, database_url, clock, reference):
        store = Store(database_url, clock=clock, reference=reference)
        futures = [store.write(remember(str(n))) for n in range(20)]
        store.close()
        assert all(future.done() and future.exception() is None for future in futures)
        with pytest.raises(RuntimeError):
            store.write(remember("late"))


class TestGroups:
    """SQLite: what waits is committed together."""

    def test_one_commit_for_all_that_waited_and_only_the_failed_one_is_missing(self, sqlite_store):
        commits = []

        def fail(work):
            remember("bad")(work)
            work.session.flush()
            raise ValueError("no")

        with waiting_together(sqlite_store):
            jobs = [remember("a"), remember("b"), fail, remember("c")]
            futures = [sqlite_store.write(job) for job in jobs]
            event.listen(sqlite_store.write_engine, "commit", commits.append)
        errors = [future.exception(SECONDS) for future in futures]
        assert [type(error) for error in errors] == [type(None), type(None), ValueError, type(None)]
        assert traits(sqlite_store) == {"a", "b", "c"}
        assert len(commits) == 1, "the job they waited behind asked nothing of the database"

    def test_a_group_has_a_size_so_that_nobody_waits_for_ever(self, sqlite_store):
        with waiting_together(sqlite_store):
            futures = [sqlite_store.write(remember(str(n))) for n in range(GROUP + 5)]
            commits = []
            event.listen(sqlite_store.write_engine, "commit", commits.append)
        for future in futures:
            future.result(SECONDS)
        assert len(commits) == 2

    def test_each_job_sees_what_the_one_before_it_wrote(self, sqlite_store):
        with waiting_together(sqlite_store):
            futures = [sqlite_store.write(lambda work: work.number("X")) for _ in range(5)]
        assert [future.result(SECONDS) for future in futures] == [1, 2, 3, 4, 5]


class TestReading:
    def test_a_reader_that_writes_is_refused(self, store):
        with pytest.raises(DBAPIError):
            store.read(remember("a")).result(SECONDS)
        with pytest.raises(DBAPIError):
            store.read(lambda work: work.audit("act", "REF-1")).result(SECONDS)
        assert traits(store) == set()

    def test_a_reader_sees_one_state_from_beginning_to_end(self, store):
        def look_twice(work):
            before = work.session.scalar(select(Trait.value))
            store.write(remember("a")).result(SECONDS)
            return before, work.session.scalar(select(Trait.value))

        assert store.read(look_twice).result(SECONDS) == (None, None)
        assert traits(store) == {"a"}

    def test_readers_do_not_wait_for_a_writer(self, store):
        with waiting_together(store):
            assert traits(store) == set()


class TestTrouble:
    def test_a_full_disk_refuses_clearly_keeps_nothing_half_done_and_recovers(self, sqlite_store):
        sqlite_store.write(remember("before")).result(SECONDS)
        with sqlite_store.write_engine.connect() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
        with waiting_together(sqlite_store):
            small = sqlite_store.write(remember("small"))
            large = sqlite_store.write(remember("large", "x" * 100_000))
        for future in (small, large):
            with pytest.raises(StoreUnavailable, match="full"):
                future.result(SECONDS)
        assert traits(sqlite_store) == {"before"}, "reads go on"
        with sqlite_store.write_engine.connect() as connection:
            connection.execute(text("PRAGMA max_page_count = 100000"))
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        sqlite_store.write(remember("large", "x" * 100_000)).result(SECONDS)
        assert traits(sqlite_store) == {"before", "large"}

    def test_another_process_that_holds_the_lock_too_long_is_named_unavailable(
        self, monkeypatch, database_url, clock, reference
    ):
        monkeypatch.setattr("storage.database.engine.BUSY_SECONDS", 0.1)
        store = Store(database_url, clock=clock, reference=reference)
        statement = "SELECT 1" if database_url.startswith("sqlite") else "LOCK TABLE trait IN EXCLUSIVE MODE"
        try:
            with elsewhere(store, statement), pytest.raises(StoreUnavailable):
                store.write(remember("a")).result(SECONDS)
            assert traits(store) == set()
            store.write(remember("b")).result(SECONDS)
            assert traits(store) == {"b"}
        finally:
            store.close()

    def test_a_server_that_drops_its_connections_costs_one_turn(self, postgresql_url, clock, reference):
        store = Store(postgresql_url, clock=clock, reference=reference)

        def cut(work):
            work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        try:
            with pytest.raises(StoreUnavailable):
                store.write(cut).result(SECONDS)
            store.write(remember("a")).result(SECONDS)
            assert traits(store) == {"a"}
        finally:
            store.close()

    def test_a_deadlock_is_run_again_and_both_succeed(self, postgresql_url, clock, reference):
        store = Store(postgresql_url, clock=clock, reference=reference)
        both_hold_one = threading.Barrier(2)

        def crossing(first, second):
            tries = []

            def job(work):
                tries.append(1)
                work.number(first)
                if len(tries) == 1:
                    both_hold_one.wait(SECONDS)
                work.number(second)

            return job

        try:
            store.write(lambda work: (work.number("A"), work.number("B"))).result(SECONDS)
            for future in [store.write(crossing("A", "B")), store.write(crossing("B", "A"))]:
                future.result(SECONDS)
            last = store.read(lambda work: dict(work.session.execute(select(Counter.name, Counter.last)).all()))
            assert last.result(SECONDS) == {"A": 3, "B": 3}
        finally:
            store.close()

    def test_a_server_that_is_not_there_is_unavailable(self, tmp_path, clock, reference):
        with pytest.raises(StoreUnavailable):
            Store(f"postgresql://desk@/desk?host={tmp_path}", clock=clock, reference=reference)

    def test_a_folder_that_is_not_there_is_unavailable(self, tmp_path, clock, reference):
        with pytest.raises(StoreUnavailable):
            Store(f"sqlite:///{tmp_path / 'nowhere' / 'desk.sqlite'}", clock=clock, reference=reference)


class TestTwoAtOnce:
    def add_one(self, work, case):
        case.title = str(int(case.title) + 1)
        work.session.flush()

    @pytest.fixture
    def counted(self, store):
        def make(work):
            opener = factories.person(work)
            case = factories.case(work, opener=opener, title="0")
            return case.id, case.ref, factories.viewer(opener)

        return store.write(make).result(SECONDS)

    def title(self, store, case_id):
        return int(store.read(lambda work: work.session.get(Case, case_id).title).result(SECONDS))

    def test_no_change_is_lost_when_the_row_is_fetched_to_be_changed(self, store, counted):
        case_id, ref, viewer = counted
        key = Key(ref, "CCW", 2026, 1)

        def job(work):
            self.add_one(work, records.cases(work, viewer, key, change=True)[0])

        for future in [store.write(job) for _ in range(100)]:
            future.result(SECONDS)
        assert self.title(store, case_id) == 100

    def test_no_change_is_lost_even_without_the_lock_and_who_lost_the_race_is_told(self, store, counted):
        case_id = counted[0]
        futures = [store.write(lambda work: self.add_one(work, work.session.get(Case, case_id))) for _ in range(100)]
        errors = [error for future in futures if (error := future.exception(SECONDS))]
        assert all(isinstance(error, StaleRecord) for error in errors)
        assert self.title(store, case_id) == 100 - len(errors)
        assert len(errors) < 50, "most are run again and succeed"

    def test_a_fetch_to_change_reads_the_row_as_it_is_now(self, postgresql_url, clock, reference):
        store = Store(postgresql_url, clock=clock, reference=reference)
        try:
            case_id, ref, viewer = store.write(
                lambda work: (
                    (case := factories.case(work, title="0")).id,
                    case.ref,
                    factories.viewer(case.opener),
                )
            ).result(SECONDS)
            seen = []

            def job(work):
                before = work.session.get(Case, case_id)
                if not seen:
                    store.write(lambda other: self.add_one(other, other.session.get(Case, case_id))).result(SECONDS)
                seen.append(before.title)
                row = records.cases(work, viewer, Key(ref, "CCW", 2026, 1), change=True)[0]
                return row.title

            assert store.write(job).result(SECONDS) == "1"
            assert seen == ["0"], "not run twice"
        finally:
            store.close()


class TestSqliteConnections:
    @pytest.mark.usefixtures("synced")
    def test_every_connection_syncs_fully_in_wal_with_foreign_keys(self, sqlite_store):
        def settings(work):
            return {
                name: work.session.scalar(text(f"PRAGMA {name}"))
                for name in ("synchronous", "journal_mode", "foreign_keys", "query_only")
            }

        wanted = {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}
        assert sqlite_store.write(settings).result(SECONDS) == wanted | {"query_only": 0}
        together = threading.Barrier(4)

        def at_once(work):
            together.wait(SECONDS)
            return settings(work)

        for future in [sqlite_store.read(at_once) for _ in range(4)]:
            assert future.result(SECONDS) == wanted | {"query_only": 1}

    def test_what_was_committed_survives_a_writer_that_is_gone(self, sqlite_store, sqlite_url):
        sqlite_store.write(remember("a")).result(SECONDS)
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("SELECT name FROM trait").fetchall() == [("a",)]
        connection.close()


def test_whoever_sends_is_told_after_the_commit_that_something_was_queued(store):
    told = []
    store.on_queued = lambda: told.append(traits(store))

    def queue(name, error=None):
        def job(work):
            remember(name)(work)
            work.queued = True
            if error:
                raise error

        return store.write(job)

    queue("a").result(SECONDS)
    store.write(remember("b")).result(SECONDS)
    with pytest.raises(ValueError, match="no"):
        queue("c", ValueError("no")).result(SECONDS)
    store.write(remember("d")).result(SECONDS)  # on SQLite the writer tells before it takes this one
    store.close()
    assert told == [{"a"}]
