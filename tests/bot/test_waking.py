"""Whatever is queued leaves at once: nobody waits for delivery's next look at the outbox."""

import asyncio
from contextlib import closing

import pytest

from bot import process
from bot.adapters.contract import Inbound
from bot.app import open_desk
from bot.outbound import delivery
from bot.outbound.delivery import PlatformDelivery
from bot.settings import Settings
from handlers.cases import CaseNoted
from storage.database.lease import open_lease
from storage.messages import outbox
from storage.times import SystemClock
from tests.fakes import FakeChat
from tests.office import SECONDS, Office


@pytest.fixture
def office(sqlite_store, clock, monkeypatch):
    """Delivery would look again in an hour."""
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 3_600.0)
    clock.move_to(SystemClock().now())
    return Office(sqlite_store, clock)


@pytest.fixture
def resting(monkeypatch):
    """Set once delivery has looked, found nothing, and rests."""
    rests, rest = asyncio.Event(), PlatformDelivery._rest

    async def noted(self):
        rests.set()
        await rest(self)

    monkeypatch.setattr(PlatformDelivery, "_rest", noted)
    return rests


class Talking(FakeChat):
    """A platform whose conversation is what a test says."""

    async def listen(self):
        return await asyncio.wait_for(self.talk(), SECONDS)


def serve(url, chat, talk):
    with open_desk(Settings(database_url=url, _env_file=None)) as desk, closing(open_lease(url)) as lease:
        chat.talk = lambda: talk(desk)
        road = PlatformDelivery(desk.store, chat, desk.renderer)
        return asyncio.run(process.serve(desk, [chat], [road], lease=lease))


def test_what_a_command_puts_leaves_without_a_look(office, sqlite_url, resting):
    office.person("Reader", named=True)
    chat = Talking()

    async def talk(desk):
        await resting.wait()
        line = f"request acknowledge {office.ref}"
        answer = await desk.dispatch.receive(Inbound("console", "woken", "Officer", line))
        assert not answer.refused, answer.messages[0].plain()
        await chat.until(1)
        return 0

    assert serve(sqlite_url, chat, talk) == 0
    assert [post.place for post in chat.posts] == ["READER"]


def test_what_is_queued_while_another_message_is_on_its_way_does_not_wait_for_it(office, sqlite_url):
    slow, quick = office.person("Slow", named=True), office.person("Quick", named=True)
    office.say(slow, "slow")
    chat = Talking()
    gate = chat.hold("SLOW")

    async def talk(desk):
        await chat.until(1)
        news = CaseNoted(office.case_ref, "Fake pages", office.label, "quick", "Somebody")
        put = {"cause": "c", "notice": news, "label": office.label, "subject": office.case_ref}
        await asyncio.wrap_future(desk.store.write(lambda work: outbox.put(work, recipient=quick, **put)))
        await chat.until(2)
        still_on_its_way = await asyncio.to_thread(office.states)
        gate.set()
        assert still_on_its_way[0] == "sending"
        return 0

    assert serve(sqlite_url, chat, talk) == 0
    assert [post.place for post in chat.posts] == ["SLOW", "QUICK"]
