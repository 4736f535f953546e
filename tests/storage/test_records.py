"""Fetching by what people type, numbers of references, prefixes of agencies, and the reference files in the record."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.messages import outbox
from storage.models import OutboxRow, Recipient
from storage.record import records
from storage.record.fetching import Key
from storage.rules.lifecycle import Status
from tests import factories

SECONDS = 30


class TestByReference:
    @pytest.fixture
    def fetch(self, store):
        def job(work):
            officer = factories.person(work, of=factories.agency(work, "PK-FIA-CCW"))
            first = factories.case(work, opener=officer, own_reference="Dy-É/77")
            factories.request(work, of=first)
            factories.request(work, of=first)
            factories.preservation(work, of=first)
            other = factories.case(work, of=factories.agency(work, "PK-NCCIA"), shared_with=[officer])
            factories.request(work, of=other)
            return factories.viewer(officer)

        viewer = store.write(job).result(SECONDS)

        def fetch(kind, **key):
            rows = store.read(lambda work: kind(work, viewer, Key(**({"text": "-"} | key)))).result(SECONDS)
            return [row.ref for row in rows]

        return fetch

    def test_a_number_alone_fits_every_visible_case_own_agency_first(self, fetch):
        assert fetch(records.cases, number=1) == ["CCW-2026-0001", "NCCIA-2026-0001"]

    def test_more_of_it_fits_fewer(self, fetch):
        assert fetch(records.cases, number=1, prefix="nccia") == ["NCCIA-2026-0001"]
        assert fetch(records.cases, number=1, year=2025) == []
        assert fetch(records.cases, number=1, prefix="N") == []

    def test_the_agencys_own_number_in_any_spelling(self, fetch):
        assert fetch(records.cases, text="dy-é/77") == ["CCW-2026-0001"]
        assert fetch(records.cases, text="Dy-É/77") == ["CCW-2026-0001"]

    def test_a_part_names_one_of_the_case(self, fetch):
        assert fetch(records.requests, number=1, prefix="CCW", part=2) == ["CCW-2026-0001/2"]
        assert fetch(records.preservations, number=1, prefix="CCW", part=1) == ["CCW-2026-0001/P1"]
        assert fetch(records.requests, number=1) == ["CCW-2026-0001/2", "CCW-2026-0001/1", "NCCIA-2026-0001/1"]


class TestPrefixes:
    def test_the_last_part_of_the_code_or_what_the_files_say(self, store):
        def job(work):
            rows = [records.authority(work, code) for code in ("PK-MOI", "SA-MOI", "PK-NCB", "PK-NCB")]
            for row in rows:
                records.make_agency(work, row)
            return [row.prefix for row in rows]

        assert store.write(job).result(SECONDS) == ["MOI", "SAMOI", "NCB", "NCB"]

    def test_the_second_of_one_name_has_the_country_and_the_third_a_number(self, store):
        def job(work):
            rows = [records.authority(work, code) for code in ("PK-NCB", "PK-PTA", "PK-FIA")]
            for number, row in enumerate(rows):
                row.code = f"PK-UNIT{number}-CYB"
                records.make_agency(work, row)
                work.session.flush()
            return [row.prefix for row in rows]

        assert store.write(job).result(SECONDS) == ["CYB", "PKCYB", "PKCYB2"]


class TestReferenceFiles:
    def test_an_administrators_word_is_kept(self, store, reference):
        def edit(work):
            row = records.authority(work, "PK-NCB")
            row.name, row.edited_at = "Renamed bureau", work.now
            records.authority(work, "PK-PTA").name = "Changed by nobody"

        store.write(edit).result(SECONDS)
        store.write(lambda work: records.sync_authorities(work, reference)).result(SECONDS)
        names = store.read(
            lambda work: [records.authority(work, code).name for code in ("PK-NCB", "PK-PTA")]
        ).result(SECONDS)  # fmt: skip
        assert names == ["Renamed bureau", reference.authorities["PK-PTA"].name]

    def test_a_prefix_that_an_agency_holds_already_is_not_given_twice(self, store, reference):
        def take(work):
            records.authority(work, "AE-MOJ").prefix = None
            work.session.flush()
            row = records.authority(work, "PK-NCB")
            row.prefix, row.is_agency = "AEMOJ", True

        store.write(take).result(SECONDS)
        store.write(lambda work: records.sync_authorities(work, reference)).result(SECONDS)
        holder = store.read(lambda work: records.authority(work, "PK-NCB").prefix).result(SECONDS)
        assert holder == "AEMOJ"


class TestPeople:
    def test_by_name_in_any_spelling(self, store):
        store.write(lambda work: factories.person(work, name="Émile Öztürk")).result(SECONDS)
        for typed in ("émile öztürk", " ÉMILE  ÖZTÜRK "):
            found = store.read(lambda work, typed=typed: records.people(work, name=typed)).result(SECONDS)
            assert len(found) == 1, typed
        people = store.read(lambda work: [row.name for row in records.people(work, name_part="ÖZT")]).result(SECONDS)
        assert people == ["Émile Öztürk"]


@dataclass(frozen=True)
class Said:
    ref: str
    template: str = "request_moved"
    is_card: bool = True


def test_one_cause_says_one_thing_to_one_recipient_once(store):
    def job(work):
        one, two = (Recipient.person(factories.person(work).id) for _ in range(2))

        def put(cause, recipient):
            notice = Said("CCW-2026-0001/1")
            return outbox.put(work, cause=cause, notice=notice, recipient=recipient, label=Label.AMBER)

        return [put("m1", one), put("m1", one), put("m1", two), put("m2", one)]

    assert store.write(job).result(SECONDS) == [True, False, True, True]
    rows = store.read(lambda work: work.session.scalars(select(OutboxRow)).all()).result(SECONDS)
    assert {(row.state, row.label, row.fields["ref"]) for row in rows} == {("pending", "TLP:AMBER", "CCW-2026-0001/1")}


def test_requests_and_holds_are_numbered_by_case(store):
    def job(work):
        first, second = factories.case(work), factories.case(work)
        made = [factories.request(work, of=case, status=Status.SENT) for case in (first, second, first)]
        return [row.ref for row in [*made, factories.preservation(work, of=first)]]

    assert store.write(job).result(SECONDS) == [
        "CCW-2026-0001/1", "CCW-2026-0002/1", "CCW-2026-0001/2", "CCW-2026-0001/P1",
    ]  # fmt: skip
