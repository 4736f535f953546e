"""From nothing to the models in one transaction: twice, interrupted, by an older program, in another's database."""

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

import storage
from storage.database.engine import _config, _known, migrate, open_engine
from storage.database.store import Store
from storage.errors import WrongSchema
from storage.models import Clock, Preservation, Proposal, Request, Ring, Trait
from storage.models.base import Base
from storage.record import records
from storage.reminders.sweep import sweep
from storage.rules import holds, outcomes, recomputing
from storage.times import SystemClock

HOUSE = Path(storage.__file__).parents[1]
SECONDS = 60

KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from alembic import op
from storage.database.engine import migrate
op.execute = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # the triggers come last: every table is made by then
migrate(sys.argv[1])
"""


def run(url, *statements):
    engine = open_engine(url, pool_size=1)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


SAID = "INSERT INTO outbox (id, cause, notice, fields, recipient, platform, label, subject, not_before, state, wait, "
SAID += (
    "urgent, marked, digest_id, attempts, outcome) VALUES ({}, 'c', 'n{}', '{{}}', 'person:1', 'console', 'TLP:RED', "
)
SAID += "'', '2026-01-01 00:00:00', 'sent', false, false, false, {}, 0, '')"
POSTED = "INSERT INTO posting (id, outbox_id, recipient, notice, platform, place, message_id, subject, at) "
POSTED += "VALUES (5, 1, 'person:1', 'n', 'slack', 'T/C', '1.1', '', '2026-01-01 00:00:00')"
OF_THE_FIRST_RELEASE = (SAID.format(1, 1, "NULL"), SAID.format(2, 2, 1), POSTED)
AGENCY = "INSERT INTO authority (id, code, name, country, zone, weekends, role, channel, notes, aliases, is_agency, "
AGENCY += "caution) VALUES (1, 'PK-X', 'X', 'PK', 'UTC', '[]', 'r', 'c', '', '[]', true, '')"
PEOPLE = "INSERT INTO person (id, name, language, active) "
PEOPLE += "VALUES (1, 'A', 'en', true), (2, 'B', 'en', true), (3, 'C', 'en', true)"
ASKED = "INSERT INTO entrustment (id, authority_id, person_id, to_id, asked_by, asked_at) "
ASKED += "VALUES (7, 1, 2, 3, 1, '2026-01-01 00:00:00+00:00')"
PARTIAL = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE name = 'ix_outbox_morning'",
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_outbox_morning'",
}


def rows(url, query):
    engine = open_engine(url, pool_size=1)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def tables(url):
    engine = open_engine(url, pool_size=1)
    with engine.connect() as connection:
        found = inspect(connection).get_table_names()
    engine.dispose()
    return set(found)


def _is_of_the_models(name, kind, _parents):
    """The index of the search is not: each database has its own, and FTS5 keeps it in tables of its own."""
    return kind != "table" or not name.startswith("search_words")


def differences(url):
    engine = open_engine(url, pool_size=1)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": _is_of_the_models}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    return found


def test_an_empty_database_becomes_what_the_models_say(empty_url):
    migrate(empty_url)
    assert differences(empty_url) == []


def test_the_comparison_would_see_a_difference(database_url):
    run(database_url, "DROP INDEX ix_case_number", "ALTER TABLE trait ADD COLUMN more INTEGER")
    assert {change[0] for change in differences(database_url)} == {"add_index", "remove_column"}


def test_lists_and_objects_are_jsonb_on_postgresql(postgresql_url):
    engine = open_engine(postgresql_url, pool_size=1)
    with engine.connect() as connection:
        kinds = {column["name"]: str(column["type"]) for column in inspect(connection).get_columns("request")}
    engine.dispose()
    assert {kinds[name] for name in ("data", "fields", "parts", "refusals")} == {"JSONB"}


def test_running_it_again_changes_nothing(database_url, clock, reference):
    store = Store(database_url, clock=clock, reference=reference)
    store.write(lambda work: work.session.add(Trait(name="a", value="b"))).result(SECONDS)
    store.close()
    migrate(database_url)
    store = Store(database_url, clock=clock, reference=reference)
    assert store.read(lambda work: work.session.get(Trait, "a").value).result(SECONDS) == "b"
    store.close()


def test_a_database_of_the_first_release_keeps_its_rows(empty_url, clock, reference):
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
        connection.execute(text("INSERT INTO trait (name, value) VALUES ('a', 'b')"))
        for statement in OF_THE_FIRST_RELEASE:
            connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)
    assert differences(empty_url) == []
    kept = "SELECT o.id, o.digest_id, p.id FROM outbox o LEFT JOIN posting p ON p.outbox_id = o.id ORDER BY o.id"
    assert rows(empty_url, kept) == [(1, None, 5), (2, 1, None)]
    assert "pending" in rows(empty_url, PARTIAL[make_url(empty_url).get_backend_name()])[0][0]
    with pytest.raises(IntegrityError):
        run(empty_url, "DELETE FROM outbox WHERE id = 1")
    store = Store(empty_url, clock=clock, reference=reference)
    assert store.read(lambda work: work.session.get(Trait, "a").value).result(SECONDS) == "b"
    store.close()


def test_what_was_asked_for_somebodys_cases_is_a_proposal_like_any_other(empty_url, clock, reference):
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0007")
        for statement in (AGENCY, PEOPLE, ASKED):
            connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)

    store = Store(empty_url, clock=clock, reference=reference)
    [row] = store.read(lambda work: list(work.session.scalars(select(Proposal)))).result(SECONDS)
    assert (row.act, row.facts, row.asked_by, row.agreed_at) == ("case entrust", {"person": 2, "to": 3}, 1, None)
    assert row.asked_at == datetime(2026, 1, 1, tzinfo=UTC)
    store.close()


BODIES = "INSERT INTO authority (id, code, name, country, zone, weekends, role, channel, notes, aliases, is_agency, "
BODIES += "caution) VALUES (2, 'PROV-X', 'X', 'US', 'UTC', '[]', 'provider', 'c', '', '[]', false, '')"
CASE = 'INSERT INTO "case" (id, ref, agency_id, year, number, title, category, label, opened_by, opened_at, version) '
CASE += "VALUES (1, 'X-1', 1, 2026, 1, 't', 'hacking', 'TLP:AMBER', 1, '2026-01-01 00:00:00+00:00', 0)"
REQUEST = (
    "INSERT INTO request (id, ref, case_id, number, direction, sender_id, recipient_id, instrument, basis, reason, "
)
REQUEST += "data, fields, emergency, status, status_at, status_by, their_reference, question, despite, filed_at, "
REQUEST += (
    "filed_by, parts, refusals, version) VALUES ({n}, 'X-1/{n}', 1, {n}, '{way}', 1, 1, 'PROD-META', '', '', '[]', "
)
REQUEST += "'{{}}', false, '{status}', '2026-01-01 00:00:00+00:00', 1, '', '', '', '2026-01-01 00:00:00+00:00', 1, "
REQUEST += "'{{}}', '[]', 0)"
KEPT = (
    "INSERT INTO preservation (id, ref, case_id, number, recipient_id, instrument, accounts, data, asked_on, renewals, "
)
KEPT += "proof, version) VALUES (1, 'X-1/P1', 1, 1, 1, 'PRES-META', '[]', '[]', '2026-01-01', '[]', '', 0)"


def test_what_waited_for_ourselves_before_has_a_clock_that_rings(empty_url, clock, reference):
    states = [("outgoing", "draft"), ("outgoing", "refused"), ("incoming", "sent"), ("outgoing", "sent")]
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0008")
        requests = [REQUEST.format(n=n, way=way, status=status) for n, (way, status) in enumerate(states, start=1)]
        for statement in (AGENCY, PEOPLE, CASE, *requests, KEPT):
            connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)

    clock.move_to(SystemClock().now() + timedelta(days=10))
    store = Store(empty_url, clock=clock, reference=reference)
    found = store.read(lambda work: list(work.session.scalars(select(Clock).order_by(Clock.id)))).result(SECONDS)
    waiting = [("draft", False), ("next_step", True), ("intake", False), ("confirmation", False)]
    assert [(row.kind, row.imported) for row in found] == waiting
    assert sweep(store).failed == 0
    rung = store.read(lambda work: set(work.session.scalars(select(Ring.clock_id)))).result(SECONDS)
    assert rung == {row.id for row in found if not row.imported}
    store.close()


def test_what_is_on_record_learns_whose_it_is_and_who_is_on_the_other_side(empty_url):
    to, from_ = (
        (way, REQUEST.replace(", 1, 1, 'PROD-META'", f", {sides}, 'PROD-X'"))
        for way, sides in (("outgoing", "1, 2"), ("incoming", "2, 1"))
    )
    asked = [
        of.format(n=n, way=way, status="sent" if way == "incoming" else "draft")
        for n, (way, of) in enumerate((to, from_), start=1)
    ]
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0008")
        for statement in (AGENCY, BODIES, PEOPLE, CASE, *asked, KEPT.replace("1, 1, 1, 'PRES", "1, 1, 2, 'PRES")):
            connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)
    assert rows(empty_url, "SELECT agency_id, party_id FROM request ORDER BY id") == [(1, 2), (1, 2)]
    assert rows(empty_url, "SELECT agency_id FROM preservation") == [(1,)]
    clocks = "SELECT kind, agency_id, party_id FROM clock ORDER BY id"
    assert rows(empty_url, clocks) == [("draft", 1, 2), ("intake", 1, 2), ("confirmation", 1, 2)]


def test_cases_with_holds_have_the_counter_that_numbers_them(empty_url):
    """One that has none, as an import left it; one that was left behind; one that has gone on."""
    cases = [CASE, *(CASE.replace("1, 'X-1', 1, 2026, 1", f"{n}, 'X-{n}', 1, 2026, {n}") for n in (2, 3, 4))]
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0008")
        for statement in (AGENCY, BODIES, PEOPLE, *cases):
            connection.execute(text(statement))
        for id_, (case, number) in enumerate([(1, 1), (1, 2), (2, 3), (3, 1)], start=1):
            kept = KEPT.replace("1, 'X-1/P1', 1, 1", f"{id_}, 'X-{case}/P{number}', {case}, {number}")
            connection.execute(text(kept))
        connection.execute(text("INSERT INTO counter (name, last) VALUES ('X-2/P', 1), ('X-3/P', 5), ('X-4/', 2)"))
    engine.dispose()
    migrate(empty_url)
    counters = rows(empty_url, "SELECT name, last FROM counter ORDER BY name")
    assert counters == [("X-1/P", 2), ("X-2/P", 3), ("X-3/P", 5), ("X-4/", 2)]


MORE = "INSERT INTO note (id, case_id, person_id, text, at) WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 "
MORE += "FROM n WHERE i < 2500) SELECT i, 1, 1, 'MORE', '2026-01-01 00:00:00+00:00' FROM n"  # than one batch
SPELLED = [
    "UPDATE person SET name = 'José محمّد' WHERE id = 1",
    CASE,
    "UPDATE \"case\" SET own_reference = '۵۸/2026'",
    CASE.replace("1, 'X-1', 1, 2026, 1, 't'", "2, 'X-2', 1, 2026, 2, 'Straße'"),
    "UPDATE \"case\" SET own_reference = '58/2026' WHERE id = 2",
    "INSERT INTO note (id, case_id, person_id, text, at) VALUES (9, 1, 1, 'Reçu', '2026-01-01 00:00:00+00:00')",
    MORE,
    REQUEST.format(n=1, way="outgoing", status="draft"),
    "INSERT INTO target (id, request_id, typed, folded) VALUES (1, 1, 'Fake.Páge', 'fake.páge')",
    KEPT,
]


def test_what_is_on_record_is_folded_and_two_spellings_of_one_number_stay(empty_url, clock, reference):
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0009")
        for statement in (AGENCY, PEOPLE, *SPELLED):
            connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)
    kept = {
        'SELECT title_folded, own_reference_folded, ref_folded FROM "case" ORDER BY id': [
            ("t", "58/2026", "x-1"),
            ("strasse", "58/2026", "x-2"),
        ],
        "SELECT name_folded FROM person ORDER BY id": [("jose محمد",), ("b",), ("c",)],
        "SELECT text_folded, count(*) FROM note GROUP BY 1 ORDER BY 1": [("more", 2491), ("recu", 1)],
        "SELECT ref_folded, basis_folded, their_reference_folded FROM request": [("x-1/1", "", "")],
        "SELECT typed_folded FROM target": [("fake.page",)],
        "SELECT ref_folded FROM preservation": [("x-1/p1",)],
    }
    assert {query: rows(empty_url, query) for query in kept} == kept
    store = Store(empty_url, clock=clock, reference=reference)

    def under_it(work):
        return records.cases_by_own_references(work, records.authority(work, "PK-X"), ["\uff15\uff18/2026"])

    assert [row.ref for row in store.read(under_it).result(SECONDS)] == ["X-1", "X-2"]
    store.close()


ASKED_ABOUT = "INSERT INTO target (id, request_id, typed, folded) VALUES ({n}, 1, '{typed}', '{folded}')"


def test_accounts_on_record_have_the_key_of_today(empty_url, monkeypatch):
    monkeypatch.setattr("storage.migrations.versions.0011_accounts_in_one_spelling.AT_ONCE", 2, raising=False)
    typed = ["0300-1234567", "@Example", "https://m.facebook.com/Some.Page/?ref=x", "some.page", "Some.Page"]
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0009")
        asked = [ASKED_ABOUT.format(n=n, typed=one, folded=one.lower()) for n, one in enumerate(typed, start=1)]
        request = REQUEST.format(n=1, way="outgoing", status="sent").replace(", 1, 1, 'PROD-META'", ", 1, 2, 'PROD-X'")
        for statement in (AGENCY, BODIES, PEOPLE, CASE, request, *asked):
            connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)
    keys = ["+923001234567", "x.com/example", "facebook.com/somepage", "some.page", "some.page"]
    kept = list(zip(typed, keys, strict=True))
    assert rows(empty_url, "SELECT typed, key FROM target ORDER BY id") == kept


HOLD = KEPT.replace("(1, 'X-1/P1', 1, 1, 1,", "({n}, 'X-1/P{n}', 1, {n}, 2,").replace(
    "'PRES-META', '[]'", "'PRES-X', '{of}'"
)
LONG = f"fb.com/{'a' * 600}"


def test_accounts_of_holds_become_rows_with_their_folding_and_key(empty_url, monkeypatch):
    monkeypatch.setattr("storage.migrations.versions.0012_accounts_of_holds.AT_ONCE", 2, raising=False)
    lists = [["0300-1234567", "José Page"], [], [LONG], ["fb.com/Some.Page", "@NightOwl"], []]
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0011")
        for statement in (AGENCY, BODIES, PEOPLE, CASE, REQUEST.format(n=1, way="outgoing", status="sent")):
            connection.execute(text(statement))
        connection.execute(text(ASKED_ABOUT.format(n=7, typed="Some.Page", folded="some.page")))
        for n, accounts in enumerate(lists, start=1):
            statement = HOLD.format(n=n, of=json.dumps(accounts))
            connection.exec_driver_sql(statement)
    engine.dispose()
    migrate(empty_url)
    assert differences(empty_url) == []
    kept = [
        (1, None, "Some.Page", None, "some.page"),
        (None, 1, "0300-1234567", "0300-1234567", "+923001234567"),
        (None, 1, "José Page", "jose page", "josé page"),
        (None, 3, LONG, LONG, None),
        (None, 4, "fb.com/Some.Page", "fb.com/some.page", "facebook.com/somepage"),
        (None, 4, "@NightOwl", "@nightowl", "x.com/nightowl"),
    ]
    query = "SELECT request_id, preservation_id, typed, typed_folded, key FROM target ORDER BY request_id IS NULL, id"
    found = rows(empty_url, query)
    assert [one if one[2] != LONG else (*one[:4], None) for one in found] == kept
    with pytest.raises(IntegrityError):
        run(empty_url, "UPDATE target SET preservation_id = 99 WHERE id = 7")


def test_what_a_hold_an_account_and_a_clock_were_before_they_had_a_life_stays(empty_url, clock, reference):
    """A hold begins where its facts put it, an account with the outcome of its request, a clock with unknown zones."""
    request = REQUEST.format(n=1, way="outgoing", status="produced").replace(", 1, 1, 'PROD-META'", ", 1, 2, 'PROD-X'")
    account = ASKED_ABOUT.format(n=1, typed="some.page", folded="some.page")
    engine = open_engine(empty_url, pool_size=1, migrating=True)
    for revision, filled in (("0008", (AGENCY, BODIES, PEOPLE, CASE, request, KEPT, account)), ("0020", ())):
        with engine.begin() as connection:
            command.upgrade(_config(connection), revision)
            for statement in filled:
                connection.execute(text(statement))
    engine.dispose()
    migrate(empty_url)
    assert differences(empty_url) == []

    def read(work):
        [hold], [one] = work.session.scalars(select(Preservation)), work.session.scalars(select(Request))
        told = (hold.past, hold.emergency, hold.question, hold.production, hold.asker)
        return told, holds.state(work, hold), outcomes.counts(one), recomputing.of_other_zone_data(work)

    store = Store(empty_url, clock=clock, reference=reference)
    told, state, counts, unknown = store.read(read).result(SECONDS)
    store.close()
    assert told == ([], False, "", None, None)
    assert (state, counts, unknown) == ("asked", {"produced": 1}, 1)


PART = "INSERT INTO audit (n, at, actor, act, ref, facts, text_digest, previous, hash) VALUES "
PART += "({n}, '2026-01-0{n} 00:00:00+00:00', 'P1', 'request {word}', '{ref}', '{facts}', '', '', '')"


def test_the_day_of_the_last_answer_in_part_comes_from_the_chain(empty_url):
    """Of a request that was answered in part, by the last line that says so; of no other."""
    request = REQUEST.format(n=1, way="outgoing", status="part_produced")
    request = request.replace(", 1, 1, 'PROD-META'", ", 1, 2, 'PROD-X'")
    facts = ('{"after": {"on": "2026-01-01"}}', '{"after": {"on": "2026-01-02"}}', '{"after": {"on": "2026-01-03"}}')
    engine = open_engine(empty_url, pool_size=1)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0008")
        for statement in (AGENCY, BODIES, PEOPLE, CASE, request):
            connection.execute(text(statement))
        for n, (word, said) in enumerate(zip(("part", "part", "refused"), facts, strict=True), start=1):
            ref = connection.execute(text("SELECT ref FROM request")).scalar_one()
            connection.exec_driver_sql(PART.format(n=n, word=word, ref=ref, facts=said))
    engine.dispose()
    migrate(empty_url)
    assert [str(day) for (day,) in rows(empty_url, "SELECT part_on FROM request")] == ["2026-01-02"]


def test_an_error_half_way_leaves_nothing_and_it_can_be_run_again(empty_url, monkeypatch):
    def fail(*_):
        raise InterruptedError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("alembic.op.execute", fail)
        with pytest.raises(InterruptedError):
            migrate(empty_url)
    assert tables(empty_url) == set()
    migrate(empty_url)
    assert differences(empty_url) == []


def test_a_kill_half_way_leaves_nothing_and_it_can_be_run_again(empty_url):
    migrating = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, empty_url]
    killed = subprocess.run(migrating, cwd=HOUSE, check=False, capture_output=True, text=True, timeout=SECONDS)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert tables(empty_url) == set()
    migrate(empty_url)
    assert differences(empty_url) == []


class TestRefusals:
    def refused(self, url, clock, reference):
        with pytest.raises(WrongSchema) as raised:
            Store(url, clock=clock, reference=reference)
        return str(raised.value)

    def test_an_empty_database_names_the_command(self, empty_url, clock, reference):
        assert "run `python -m bot migrate`" in self.refused(empty_url, clock, reference)

    def test_an_older_database_names_both_and_the_command(self, database_url, clock, reference):
        run(database_url, "UPDATE alembic_version SET version_num = '0001'")
        said = self.refused(database_url, clock, reference)
        assert re.fullmatch(r"the database is at 0001, this program needs \d{4}: run `python -m bot migrate`", said)

    def test_a_newer_database_is_neither_opened_nor_migrated(self, database_url, clock, reference):
        run(database_url, "UPDATE alembic_version SET version_num = '0099'")
        assert "start the newer release" in self.refused(database_url, clock, reference)
        with pytest.raises(WrongSchema, match=r"at 0099.*newer"):
            migrate(database_url)

    def test_somebody_elses_tables_are_left_alone(self, empty_url, clock, reference):
        run(empty_url, "CREATE TABLE invoices (id INTEGER)")
        assert "not ours (invoices): name an empty one" in self.refused(empty_url, clock, reference)
        with pytest.raises(WrongSchema, match="invoices"):
            migrate(empty_url)
        assert tables(empty_url) == {"invoices"}

    def test_a_version_table_without_a_version_is_an_empty_database(self, empty_url, clock, reference):
        run(empty_url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        assert "run `python -m bot migrate`" in self.refused(empty_url, clock, reference)
        migrate(empty_url)
        assert differences(empty_url) == []

    def test_a_postgresql_that_knows_only_a_to_z_is_refused_before_anything_is_made(self, postgres_server):
        url = postgres_server.create("TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
        try:
            with pytest.raises(WrongSchema, match="ENCODING 'UTF8'"):
                migrate(url)
            assert tables(url) == set()
        finally:
            postgres_server.drop(url)


def test_a_new_folder_is_made_for_the_embedded_database(tmp_path, clock, reference):
    url = f"sqlite:///{tmp_path / 'new' / 'folder' / 'desk.sqlite'}"
    migrate(url)
    Store(url, clock=clock, reference=reference).close()
    assert Path(str(make_url(url).database)).exists()


def test_the_names_of_the_files_are_the_chain_of_revisions():
    """So the schema is checked at each start without the library that changes it."""
    script = ScriptDirectory(str(Path(storage.__file__).parent / "migrations"))
    assert [one.revision for one in script.walk_revisions()] == _known()
