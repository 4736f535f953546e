"""What the desk exported, imported on an empty desk with the same people, is on record as it was."""

import json
import shutil
from contextlib import closing

import pytest
from sqlalchemy import select

from handlers.registers import intake
from handlers.registers.vocabulary import from_reference
from storage.database.store import Store
from storage.exposure.roles import Role
from storage.models import AuditLine, Note, Person, Request
from storage.rules import lifecycle
from storage.rules.lifecycle import Status
from tests import factories
from tests.messy_register import invent
from tests.spoken import Desk
from tests.whole_register import read

NAME = "Mona"


@pytest.fixture
def desk(sqlite_store, clock):
    found = Desk(sqlite_store, clock)
    found.enrol(NAME, Role.MANAGER)
    return found


@pytest.fixture
def elsewhere(tmp_path, sqlite_template, clock, reference):
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'elsewhere.sqlite')}"
    with closing(Store(url, clock=clock, reference=reference)) as store:
        Desk(store, clock).enrol(NAME, Role.MANAGER)
        yield store


def taken(store, register):
    return store.write(lambda work: intake.take(intake.importer(work, NAME), register, register.entries)).result()


def recorded(store):
    """What is on record of each request, by its case's number."""

    def of(work, request):
        notes = work.session.scalars(select(Note.text).where(Note.request_id == request.id)).all()
        parts = select(AuditLine.facts).where(AuditLine.ref == request.ref, AuditLine.act == "request part")
        return {
            "sent": request.sent_on,
            "recipient": request.recipient.code,
            "category": request.case.category,
            "accounts": request.accounts,
            "data": request.data,
            "emergency": request.emergency,
            "basis": request.basis,
            "paper": request.paper,
            "status": request.status,
            "answered": request.answered_on,
            "parts": [json.loads(facts)["after"]["on"] for facts in work.session.scalars(parts)],
            "because": [refusal["codes"] for refusal in request.refusals],
            "remarks": list(notes),
        }

    def job(work):
        return {row.case.own_reference: of(work, row) for row in work.session.scalars(select(Request))}

    return store.read(job).result()


def exported(desk, form, folder):
    (found,) = desk.say(NAME, f"summary export format:{form}").files
    file = folder / f"export.{form}"
    file.write_bytes(found.content)
    return file


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_exported_comes_back_as_it_went(desk, elsewhere, reference, tmp_path, form):
    register = read(invent(5, size=60).write_csv(tmp_path / "old.csv"), from_reference(reference))
    taken(desk.store, register)
    before = recorded(desk.store)

    back = read(exported(desk, form, tmp_path), from_reference(reference))

    assert (back.doubts, back.questions) == ((), ())
    assert [skip.kind for skip in back.skipped] == (["note"] if form == "csv" else [])  # the seal; the label is above
    assert taken(elsewhere, back) == len(before)
    assert recorded(elsewhere) == before


def test_what_people_filed_comes_back_with_its_paper_and_its_data(desk, elsewhere, reference, tmp_path):
    def job(work):
        mona = work.session.scalars(select(Person)).one()
        case = factories.case(work, own_reference="D-17", of=mona.memberships[0].authority, opener=mona)
        request = factories.request(
            work, of=case, status=Status.SENT, accounts=("page.one", "page.two"), paper="domestic_court_order"
        )
        request.basis, request.data = "FIR 12 of 2026", ["ip_logs", "content"]
        lifecycle.move(work, request, "refused", by=request.filer, on=request.sent_on, because=["overbroad"])
        request.refusals = [{"codes": ["overbroad", "free_expression"], "on": "2026-02-01", "by": "P1"}]

    desk.store.write(job).result()

    back = read(exported(desk, "csv", tmp_path), from_reference(reference))

    assert taken(elsewhere, back) == 1
    assert recorded(elsewhere) == recorded(desk.store)


def test_what_came_to_us_and_what_was_never_sent_stays_out(desk, reference, tmp_path):
    def job(work):
        mona = work.session.scalars(select(Person)).one()
        whose = {"of": mona.memberships[0].authority, "opener": mona}
        came = factories.case(work, own_reference="D-1", **whose)
        factories.request(work, of=came, direction="incoming", status=Status.SENT)
        factories.request(work, of=factories.case(work, own_reference="D-2", **whose), status=Status.DRAFT)

    desk.store.write(job).result()

    back = read(exported(desk, "csv", tmp_path), from_reference(reference))

    assert back.entries == ()
    assert {doubt.own_reference: doubt.flaw for doubt in back.doubts} == {
        "D-1": "not sent by us",
        "D-2": "date sent missing; outcome not understood",
    }
