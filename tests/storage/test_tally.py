"""The tally is what a count of the record gives, whatever was written by whatever statement, on both databases."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, text, update

from storage.exposure.labels import Label
from storage.models import TALLIED, Case, Request, Tally, Target
from storage.models.base import Base
from storage.record import tallying
from storage.rules import lifecycle
from storage.rules.lifecycle import Status
from tests import factories, tallied

SECONDS = 60
MONDAY = date(2026, 3, 2)
SENT = [status for status in Status if status not in (Status.APPROVAL, Status.DRAFT, Status.WITHDRAWN)]  # as made


@pytest.fixture
def case_id(store):
    """A case with a request of every status, one of them not sent; beside it a RED one and one of somebody else."""

    def make(work):
        case = factories.case(work)
        for n, status in enumerate(Status):
            of = factories.request(work, of=case, status=status, accounts=("a.one", "a.two"), on=MONDAY)
            of.refusals = [{"codes": ["overbroad", "incomplete"], "on": "2026-03-02"}] if n % 2 else []
        for other in (factories.case(work, label=Label.RED), factories.case(work, label=Label.GREEN)):
            factories.request(work, of=other, status=Status.PRODUCED, on=MONDAY)
            factories.request(work, of=other, status=Status.SENT, to="PROV-X", instrument="PROD-X", emergency=True)
        return case.id

    return store.write(make).result(SECONDS)


def run(store, statement):
    store.write(lambda work: work.session.execute(statement)).result(SECONDS)


def wrong(store):
    return store.read(tallied.differences).result(SECONDS)


def changes(of):
    """One after the other, on a case with one of each."""
    ours, asked = Request.case_id == of, select(Request.id).where(Request.case_id == of)
    other = select(Case.id).where(Case.label == Label.GREEN).scalar_subquery()
    yield update(Request).where(ours).values(answered_on=MONDAY + timedelta(days=9))
    yield update(Request).where(ours).values(answered_on=MONDAY - timedelta(days=9))
    yield update(Request).where(ours).values(answered_on=None)
    yield update(Request).where(ours).values(status=Status.REFUSED, refusals=[{"codes": ["overbroad"]}])
    yield update(Request).where(ours).values(status=Status.TRANSFERRED, answered_on=MONDAY)
    yield update(Request).where(ours).values(status_at=Request.filed_at)
    yield update(Request).where(ours).values(instrument="PROD-X", data=["content", "bsi"], emergency=True)
    yield update(Request).where(ours).values(refusals=[])
    yield update(Request).where(ours).values(sent_on=MONDAY)
    yield update(Request).where(ours).values(direction="incoming", party_id=Request.agency_id)
    yield update(Target).where(Target.request_id.in_(asked)).values(outcome="refused", outcome_on=MONDAY)
    yield update(Case).where(Case.id == of).values(label=Label.RED)
    yield update(Case).where(Case.id == of).values(category="blasphemy")
    yield update(Case).where(Case.label == Label.RED).values(label=Label.AMBER, category="political_speech")
    yield update(Request).where(ours).values(number=Request.number + 50, case_id=other)
    yield update(Request).where(Request.number > 50).values(sent_on=None)
    yield update(Request).values(sent_on=MONDAY, answered_on=MONDAY)
    yield delete(Target).where(Target.request_id.in_(select(Request.id).where(Request.number > 50)))


def test_whatever_is_changed_by_whatever_statement(store, case_id):
    assert wrong(store) == {}
    for n, statement in enumerate(changes(case_id)):
        run(store, statement)
        assert wrong(store) == {}, n


def test_every_column_that_is_counted_is_watched(store, case_id):
    """To count a row out before it changes and in after it, a trigger names each column that the view reads."""
    del case_id
    seen = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = 'tallied'",
        "postgresql": "SELECT pg_get_viewdef('tallied')",
    }
    watched = {
        "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'tally_%'",
        "postgresql": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgname LIKE 'tally_%'",
    }
    with store.write_engine.connect() as connection:
        dialect = connection.dialect.name
        view = connection.execute(text(seen[dialect])).scalar_one().replace('"', "")
        triggers = connection.execute(text(watched[dialect])).all()
    for table in ("request", "case", "target"):
        read = {
            column.name
            for column in Base.metadata.tables[table].columns
            if re.search(rf"\b{table}\.{column.name}\b", view)
        }
        for moment in ("BEFORE", "AFTER"):
            [told] = [sql for name, sql in triggers if name.strip('"') == table and f"{moment} UPDATE" in sql]
            columns = set(re.findall(r"\w+", re.search(r"UPDATE OF (.+?) ON ", told)[1]))
            assert read - {"id"} <= columns | ({"request_id"} if table == "target" else set()), (table, moment)


def test_a_request_that_is_gone_is_gone(store, case_id):
    ours = select(Request.id).where(Request.case_id == case_id)
    for table in reversed(Base.metadata.sorted_tables):
        if "request_id" in table.c and table.name != "search_due":
            run(store, delete(table).where(table.c.request_id.in_(ours)))
    run(store, delete(Request).where(Request.case_id == case_id))
    assert wrong(store) == {}


def test_what_was_undone_was_never_counted(store, case_id):
    def job(work):
        request = work.session.scalars(
            select(Request).where(Request.case_id == case_id, Request.status == "sent")
        ).one()
        lifecycle.move(work, request, "produced", by=request.filer, on=MONDAY + timedelta(days=3))
        work.session.flush()
        lifecycle.undo(work, request, by=request.filer, on=MONDAY + timedelta(days=4))

    before = store.read(tallied.kept).result(SECONDS)
    store.write(job).result(SECONDS)
    assert store.read(tallied.kept).result(SECONDS) == before


def test_a_tally_that_is_off_is_counted_anew(store, case_id):
    del case_id
    run(store, update(Tally).values(count=Tally.count + 1))
    run(store, delete(Tally).where(Tally.grain == "codes"))
    assert wrong(store)
    told = []
    assert tallying.rebuild(store, lambda *done: told.append(done)) == len(SENT) + 2
    assert told == [(1, 1)]
    assert wrong(store) == {}


def test_the_view_has_one_row_for_each_request_and_grain(store, case_id):
    def job(work):
        rows = work.session.execute(select(TALLIED.c.request_id, TALLIED.c.grain, TALLIED.c.target_id)).all()
        assert len(set(rows)) == len(rows)
        return {grain for _, grain, _ in rows}

    assert case_id
    assert store.read(job).result(SECONDS) == {"whole", "need", "codes", "account"}
