"""Whose a record is and who is on its other side: what stands beside it is what its case says, whatever made it."""

from sqlalchemy import select

from storage.models import Case, Clock, Preservation, Request
from storage.record import records
from storage.rules.lifecycle import Status
from tests import factories


def as_its_case_says(work):
    """{kind of record: what stands beside each, and what follows from its case}."""
    requests = list(work.session.scalars(select(Request)))
    kept = list(work.session.scalars(select(Preservation)))
    clocks = list(work.session.scalars(select(Clock)))

    def of(row):
        subject = row.request or row.preservation
        return (subject.case.agency_id, subject.party_id if row.request else subject.recipient_id)

    def sides(row):
        return {row.sender_id, row.recipient_id}

    return [
        *(
            ((row.agency_id, row.party_id), (row.case.agency_id, *(sides(row) - {row.case.agency_id})))
            for row in requests
        ),
        *((row.agency_id, row.case.agency_id) for row in kept),
        *(((row.agency_id, row.party_id), of(row)) for row in clocks),
    ]


def test_each_has_what_its_case_says(store):
    def job(work):
        records.sync_authorities(work, work.reference)
        work.session.flush()
        case = factories.case(work)
        asked = factories.request(work, of=case, to="PROV-META", status=Status.SENT)
        meta = asked.recipient
        factories.request(work, of=case, to=case.agency.code, sender=meta, direction="incoming", status=Status.SENT)
        factories.preservation(work, of=factories.case(work))
        return as_its_case_says(work)

    found = store.write(job).result(10)
    assert len(found) >= 6
    assert [have for have, _ in found] == [says for _, says in found]


def test_a_row_made_with_numbers_alone_has_them_too(store):
    def job(work):
        records.sync_authorities(work, work.reference)
        work.session.flush()
        request = factories.request(work, status=Status.SENT)
        clock = work.session.scalars(select(Clock).where(Clock.request_id == request.id)).first()
        copied = {
            column.key: getattr(clock, column.key)
            for column in Clock.__table__.columns
            if column.key not in ("id", "agency_id", "party_id")
        }
        again = Clock(**copied)
        work.session.add(again)
        work.session.flush()
        case = work.session.get_one(Case, request.case_id)
        return (again.agency_id, again.party_id), (case.agency_id, request.recipient_id)

    have, says = store.write(job).result(10)
    assert have == says
