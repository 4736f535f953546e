"""What platforms say of rooms and accounts, on record: changes and nothing else, each with its line of history."""

import itertools
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.exposure import ceilings, externals
from storage.exposure.ceilings import Ceiling
from storage.exposure.labels import Label
from storage.models import Account, AuditLine, Channel, Workspace
from tests import factories

SECONDS = 30


@pytest.fixture
def room(store) -> int:
    """The number of a room of an agency, up to AMBER."""

    def make(work) -> int:
        agency = factories.agency(work)
        row = Channel(platform="slack", external_id="T1/C1", authority=agency, ceiling=Label.AMBER, zone="UTC")
        person = factories.person(work, of=agency)
        person.accounts.append(Account(platform="slack", external_id="T1/U1", linked_at=work.now))
        work.session.add(row)
        work.session.flush()
        return row.id

    return store.write(make).result(SECONDS)


def record_status(store, number: int, external: bool | None, **how) -> tuple[bool, bool | None, bool]:  # noqa: FBT001 - three answers
    """Whether it was news; then what stands there, and whether it is admitted."""

    def job(work):
        row = work.session.get_one(Channel, number)
        news = externals.record_status(work, row, external=external, **how)
        return news, row.outside, row.admitted_at is not None

    return store.write(job).result(SECONDS)


def admit(store, number: int) -> None:
    def job(work) -> None:
        externals.admit(work, work.session.get_one(Channel, number), factories.person(work))

    store.write(job).result(SECONDS)


def history(store) -> list[dict]:
    query = select(AuditLine.facts).where(AuditLine.act == "channel outside").order_by(AuditLine.n)
    return [json.loads(facts) for facts in store.read(lambda work: work.session.scalars(query).all()).result(SECONDS)]


def test_what_is_said_again_is_no_news_and_leaves_no_line(store, room):
    assert record_status(store, room, None) == (False, None, False)
    assert record_status(store, room, False) == (False, False, False)
    assert record_status(store, room, True) == (True, True, False)
    assert record_status(store, room, True) == (False, True, False)
    assert record_status(store, room, None) == (False, True, False)
    assert history(store) == [
        {"before": {"outside": False, "admitted": False}, "after": {"outside": True, "admitted": False}}
    ]


def test_an_admission_stands_while_nothing_changes_and_ends_with_every_change(store, room, clock):
    admit(store, room)
    assert record_status(store, room, True) == (False, True, True)
    assert record_status(store, room, True, since=clock.now() - timedelta(seconds=1)) == (False, True, True)
    assert record_status(store, room, True, since=clock.now() + timedelta(seconds=1)) == (True, True, False)
    admit(store, room)
    assert record_status(store, room, False) == (False, False, False)
    assert record_status(store, room, True) == (True, True, False)


def test_only_what_differs_from_the_record_is_news(store, room):
    def is_news(guest, shared, external_id="T1/C1"):
        asked = {"account": "T1/U1", "guest": guest, "room": external_id, "shared": shared}
        return store.read(lambda work: externals.is_news(work, "slack", **asked)).result(SECONDS)

    assert [is_news(*said) for said in itertools.product((None, False, True), repeat=2)] == [
        *(False, False, True),
        *(False, False, True),
        *(True, True, True),
    ]
    assert not is_news(None, True, "T1/CUNKNOWN")
    assert not is_news(None, True, "")
    record_status(store, room, True)
    assert (is_news(False, False), is_news(False, True)) == (True, False)


@pytest.mark.parametrize("most", list(Label))
@pytest.mark.parametrize("of_workspace", [None, *Label])
@pytest.mark.parametrize("shared", [None, False, True])
def test_the_most_open_of_all_ceilings_holds(sqlite_store, most, of_workspace, shared):
    def job(work) -> tuple[Ceiling, Ceiling]:
        agency = factories.agency(work)
        row = Channel(platform="slack", external_id="T1/C1", authority=agency, ceiling=Label.AMBER, zone="UTC")
        if of_workspace:
            row_of_workspace = Workspace(platform="slack", external_id="T1", ceiling=of_workspace, set_at=work.now)
            row_of_workspace.set_by = 1
            work.session.add_all([row, row_of_workspace])
            work.session.flush()
        said = {"workspace": "T1", "most": most}
        room = ceilings.for_room(work, row, "slack", shared=shared, **said)
        account = externals.account_of(work, "slack", "T1/U1")
        return room, ceilings.for_person(work, account, "slack", guest=shared, **said)

    room, person = sqlite_store.write(job).result(SECONDS)
    whole = min((most, of_workspace or Label.RED), key=lambda label: label.rank)
    external = Label.RED if shared is False else Label.CLEAR
    assert person.label == min((whole, external), key=lambda label: label.rank)
    assert room.label == min((whole, external, Label.AMBER), key=lambda label: label.rank)
