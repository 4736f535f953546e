"""What the benchmarks run in is a record like any other: whole, folded, and open to everybody who looks."""

import asyncio
from random import Random

import pytest
from sqlalchemy import Column, case, func, select

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS
from storage.models import Authority, Case, Clock, Participant, Person, Request, Target
from storage.models.base import Base
from storage.models.search import SearchText
from storage.models.spelled import FOLDED
from storage.reminders.sweep import sweep
from storage.search import documents, upkeep
from storage.spelling import fold
from tests.bench.hall import fill
from tests.bench.past import DUE_NOW, _draws
from tests.bench.staff import AGENCIES, PLATFORM, Looks

STORED, DUE, BLOCK = 600, 60, 200


@pytest.fixture
def hall(database_url):
    store, clock = fill(database_url, stored=STORED, due=DUE, block=BLOCK)
    yield store, clock
    store.close()


def test_the_hall_is_a_record_like_any_other(hall):
    store, clock = hall
    counts = store.read(
        lambda work: [work.session.scalar(select(func.count()).select_from(one)) for one in _COUNTED]
    ).result()
    assert counts[0] == STORED
    assert all(counts), counts
    indexed = store.read(lambda work: work.session.scalar(select(func.count()).select_from(SearchText))).result()
    assert (indexed, store.read(upkeep.waiting).result()) == (counts[1], 0)
    assert store.read(_wrong).result() == []
    agencies = select(func.count()).where(Authority.is_agency)
    assert store.read(lambda work: work.session.scalar(agencies)).result() == AGENCIES
    ripe = select(func.count()).where(Clock.ring_at <= clock.now())
    assert store.read(lambda work: work.session.scalar(ripe)).result() == DUE
    desk = Dispatch(store, COMMANDS, Renderer())
    for who in Looks:
        line = "case list" if who is Looks.INVITED else "request list" if who is Looks.LIAISON else "help"
        answer = asyncio.run(desk.receive(Inbound(PLATFORM, who, who, line)))
        assert not answer.refused, (who, answer)
        assert not answer.failed, (who, answer)
    opened = asyncio.run(
        desk.receive(Inbound(PLATFORM, "1", Looks.OFFICER, 'case open "One more" category:fraud label:green'))
    )
    assert not opened.refused, opened
    assert not opened.failed, opened
    done = sweep(store)
    assert (done.rings, done.failed) == (DUE, 0), done


def test_as_many_can_be_due_as_are_stored():
    assert set(_draws(Random(1), 10_000, 10_000, 10_000)) == {DUE_NOW}


_COUNTED = (Request, Case, Person, Target, Participant, Clock)


def _wrong(work):
    """Links to nothing, foldings of something else, keys that are none, owners that are others, texts that are not."""
    found = []
    for one in documents.of(work, work.session.scalars(select(Case.id)).all()):
        kept = work.session.get_one(SearchText, one.case_id)
        found += [
            f"{one.case_id}: {name}"
            for name in ("words", "numbers", "keys", "sight")
            if sorted(getattr(kept, name).split("\n")) != sorted(getattr(one, name).split("\n"))
        ]
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                there = select(key.column).where(key.column == column)
                lost = select(func.count()).select_from(table).where(column.is_not(None), ~there.exists())
                if table is not key.column.table and work.session.scalar(lost):
                    found.append(f"{column} is of nothing")
            if FOLDED in column.info:
                found += _unlike(work, table.columns[column.info[FOLDED]], column)
    for typed, key in work.session.execute(select(Target.typed, Target.key)):
        found += [typed] if key != work.reference.accounts.key(typed, country="PK", provider="PROV-META") else []
    owned = select(Request.ref).join(Request.case).where(Request.agency_id != Case.agency_id)
    found += work.session.scalars(owned)
    clocks = select(Request.ref).join(Clock, Clock.request_id == Request.id)
    found += work.session.scalars(
        clocks.where((Clock.agency_id != Request.agency_id) | (Clock.party_id != Request.party_id))
    )
    other = case((Request.direction == "outgoing", Request.recipient_id), else_=Request.sender_id)
    found += work.session.scalars(select(Request.ref).where(Request.party_id != other))
    return found


def _unlike(work, text: Column, folded: Column) -> list[str]:
    rows = work.session.execute(select(text, folded))
    return [f"{folded}: {told}" for told, kept in rows if kept != (None if told is None else fold(told))]
