"""What lands together is settled together: how much that costs, and what it must not cost."""

import asyncio
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from bot.outbound import delivery
from handlers import outgoing
from storage.errors import StoreUnavailable
from storage.messages import sending
from storage.models import Posting
from tests.fakes import FakeChat
from tests.office import SECONDS, Office


@pytest.fixture
def office(store, clock):
    return Office(store, clock)


@pytest.fixture
def slack():
    return FakeChat("slack")


def crowd(office, count):
    """So many people, each with something to hear of the same case."""
    people = [office.person(f"Reader {n} of {count}", named=True) for n in range(count)]
    return [office.say(one, f"news {n} of {count}", subject=office.case_ref) for n, one in enumerate(people)]


@contextmanager
def statements(store):
    """What both connections are asked meanwhile, without the beginning and the end of transactions."""
    asked = []

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            asked.append(statement)

    engines = store.write_engine, store._read_engine
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_fifty_rows_cost_hardly_more_statements_than_two(office, slack):
    counted = {}
    for count in (2, delivery.MOST_IN_FLIGHT):
        crowd(office, count)
        with statements(office.store) as asked:
            office.deliver(slack)
        counted[count] = len(asked)
        assert set(office.states()) == {"sent"}
    assert max(counted.values()) <= 20, counted  # a look, a claim, its readers, what they see, the end; a last look
    assert len(slack.posts) == 2 + delivery.MOST_IN_FLIGHT


def test_a_row_that_cannot_be_settled_undoes_nothing_of_the_others(office, slack, monkeypatch):
    rows = crowd(office, 5)
    real = outgoing.arrived

    def poisoned(work, landed):
        real(work, landed)
        if any(one.row.id == rows[2] for one in landed):
            work.session.execute(text("INSERT INTO posting (id) VALUES (NULL)"))

    monkeypatch.setattr(outgoing, "arrived", poisoned)
    office.deliver(slack)
    assert office.states() == ["sent", "sent", "sending", "sent", "sent"]  # said, and nobody knows: not said twice
    assert len(slack.posts) == 5
    monkeypatch.undo()
    office.restart(slack)
    office.clock.move(seconds=10)
    office.deliver(slack)
    assert (office.states(), len(slack.posts)) == (["sent"] * 5, 5)  # it was looked for, and found


def test_while_the_store_is_away_nothing_is_tried_one_by_one_and_nothing_is_guessed(office, slack, monkeypatch):
    rows = crowd(office, 5)
    tried = []

    def away(_work, landed):
        tried.append(len(landed))
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(outgoing, "arrived", away)
    office.deliver(slack)
    assert sum(tried) == len(rows)  # each once
    assert office.states() == ["sending"] * 5
    monkeypatch.undo()
    office.restart(slack)
    office.clock.move(seconds=10)
    office.deliver(slack)
    assert (office.states(), len(slack.posts)) == (["sent"] * 5, 5)


def test_the_row_that_ends_while_others_are_written_is_written_next():
    """No timer: the first is written alone at once, whatever ends meanwhile goes together."""
    written, taken, gate = [], asyncio.Event(), asyncio.Event()

    class SlowStore:
        def write(self, job):
            async def wait():
                taken.set()
                await gate.wait()
                job(None)

            return asyncio.run_coroutine_threadsafe(wait(), asyncio.get_running_loop())

    async def three():
        settler = delivery.Settler(SlowStore(), lambda _work, ends: written.append(list(ends)))
        first = asyncio.create_task(settler.settle(1))
        await taken.wait()
        others = [asyncio.create_task(settler.settle(n)) for n in (2, 3)]
        await asyncio.sleep(0)  # both are waiting now
        gate.set()
        await asyncio.gather(first, *others)

    asyncio.run(three())
    assert written == [[1], [2, 3]]


def test_cards_are_remembered_where_they_stand(office, slack):
    crowd(office, 3)
    office.do(lambda work: work.session.execute(text("UPDATE outbox SET card = true")))
    office.deliver(slack)
    found = office.store.read(lambda work: work.session.query(Posting).order_by(Posting.id).all()).result(SECONDS)
    assert sorted((one.place, one.message_id) for one in found) == sorted(
        (post.place, post.message_id) for post in slack.posts
    )


def test_what_was_taken_over_meanwhile_is_not_settled(office):
    [row] = crowd(office, 1)
    [claimed] = office.do(lambda work: sending.claim(work, "slack", limit=9))
    office.do(lambda work: work.session.execute(text("UPDATE outbox SET state = 'pending'")))
    office.do(lambda work: outgoing.arrived(work, [outgoing.Landed(claimed)]))
    assert office.row(row).state == "pending"
