"""Delivery on Telegram, over a wire: blocked, migrated, flooded, unknown, and a card that follows its record."""

import asyncio
import itertools

import pytest
from sqlalchemy import select

from bot.adapters.telegram.client import open_client
from bot.adapters.telegram.keyboard import Keyboards
from bot.adapters.telegram.sender import TelegramSender
from storage.exposure.labels import Label
from storage.models import Case, Channel, Recipient
from tests.bot.telegram.stage import Hearing
from tests.fake_telegram import OFFICER, OTHER, TOKEN, FakeTelegram, Refusal
from tests.office import Office, add_account

GROUP = -2001


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    return Office(sqlite_store, clock)


def put_on_telegram(office, recipient: Recipient, number: int) -> Recipient:
    """The person's account, or the room, is this chat."""

    def job(work):
        if recipient.is_channel:
            work.session.get_one(Channel, recipient.number).external_id = str(number)
        else:
            add_account(work, recipient, "telegram", str(number))

    office.do(job)
    return recipient


def on_road(office, story):
    """The office's road to a small Telegram."""

    async def whole():
        async with FakeTelegram() as telegram, asyncio.timeout(20):
            sender = TelegramSender(open_client(TOKEN, telegram.url), Keyboards(Hearing()))
            road = office.road(sender, ceiling=Label.AMBER)
            try:
                return await story(telegram, road)
            finally:
                await sender._client.request.shutdown()

    return asyncio.run(whole())


def test_whoever_blocked_the_bot_cannot_be_told_and_a_stand_in_is_once(office):
    officer = put_on_telegram(office, office.person("Blocker", "console"), OFFICER)
    put_on_telegram(office, office.person("Manager", "console", role="manager"), OTHER)

    async def story(telegram, road):
        telegram.blocked.add(OFFICER)
        for n in range(3):
            office.say(officer, f"news {n}")
            office.clock.move(seconds=2)
            await road.drain()
        await road.drain()
        return telegram.texts(OFFICER), telegram.texts(OTHER)

    blocked, manager = on_road(office, story)
    assert blocked == []
    assert sum("could not be reached" in text for text in manager) == 1


def test_a_group_that_became_a_supergroup_gets_its_message_under_its_new_id(office):
    room = put_on_telegram(office, office.room("Ops", "telegram"), GROUP)
    number = office.say(room)

    async def story(telegram, road):
        telegram.supergroups[GROUP] = -1001000000009
        for _ in range(2):
            await road.drain()
            office.clock.move(seconds=2)
        return telegram.texts(-1001000000009)

    assert len(on_road(office, story)) == 1
    assert office.row(number).state == "sent"
    moved = office.store.read(lambda work: work.session.get_one(Channel, room.number).external_id)
    assert moved.result() == "-1001000000009"


def test_a_flooded_chat_waits_and_the_others_do_not(office):
    first = put_on_telegram(office, office.person("First", "console"), OFFICER)
    second = put_on_telegram(office, office.person("Second", "console"), OTHER)

    async def story(telegram, road):
        telegram.fail("sendMessage", Refusal("Too Many Requests: retry after 30", 429, {"retry_after": 30}))
        office.say(first)
        await road.drain()
        office.say(second)
        await road.drain()
        early = telegram.texts(OFFICER), telegram.texts(OTHER)
        office.clock.move(seconds=31)
        await road.drain()
        return early, telegram.texts(OFFICER)

    (waiting, other), later = on_road(office, story)
    assert (len(waiting), len(other), len(later)) == (0, 1, 1)


def test_what_may_have_arrived_is_said_once_more_and_marked(office):
    officer = put_on_telegram(office, office.person("Officer Two", "console"), OFFICER)
    number = office.say(officer)

    async def story(telegram, road):
        telegram.fail("sendMessage", Refusal("", 0, done=True))
        for _ in range(4):
            await road.drain()
            office.clock.move(seconds=120)
        return telegram.texts(OFFICER)

    first, second = on_road(office, story)
    assert first != second
    assert second.endswith(first.partition("\n\n")[2])
    assert office.row(number).marked


@pytest.mark.parametrize("trouble", [Refusal("Bad Gateway", 502), Refusal("Unauthorized", 401)])
def test_an_hour_without_telegram_loses_nothing(office, trouble):
    officer = put_on_telegram(office, office.person("Officer Two", "console"), OFFICER)
    numbers = [office.say(officer, f"news {n}") for n in range(3)]

    async def story(telegram, road):
        telegram.fail("sendMessage", *itertools.repeat(trouble, 5))
        for _ in range(30):
            await road.drain()
            office.clock.move(minutes=6)
        return telegram.texts(OFFICER)

    texts = on_road(office, story)
    assert [next(n for n in range(3) if f"news {n}" in text) for text in texts] == [0, 1, 2]
    assert {office.row(number).state for number in numbers} == {"sent"}


def test_a_change_made_elsewhere_edits_the_card_that_stands_on_telegram(office):
    put_on_telegram(office, office.person("Reader", "console", named=True), OFFICER)

    async def story(telegram, road):
        for line in ("request acknowledge", "request produced"):
            await asyncio.to_thread(office.types, "Officer", f"{line} {office.ref}")
            for _ in range(2):
                office.clock.move(seconds=2)
                await road.drain()
        return telegram.posts

    first, second = on_road(office, story)
    [before] = first.edits
    assert "⚪ ACKNOWLEDGED" in before
    assert "✅ ANSWERED" in first.text
    assert f"{office.ref} · produced, to Meta" in first.text
    assert "✅ ANSWERED" in second.text
    assert second.edits == []


def test_a_card_whose_record_is_above_the_ceiling_now_shows_nothing_of_it_any_more(office):
    reader = put_on_telegram(office, office.person("Reader", "console", named=True), OFFICER)

    async def story(telegram, road):
        await asyncio.to_thread(office.types, "Officer", f"request acknowledge {office.ref}")
        await road.drain()
        office.do(lambda work: _relabel(work, office.case_ref))
        await asyncio.to_thread(office.types, "Officer", f"request produced {office.ref}")
        office.clock.move(seconds=2)
        await road.drain()
        return telegram.posts

    card, *_ = on_road(office, story)
    assert reader
    assert "not shown on Telegram" in card.text
    assert office.ref not in card.text


def _relabel(work, ref: str) -> None:
    work.session.scalars(select(Case).where(Case.ref == ref)).one().label = Label.RED
