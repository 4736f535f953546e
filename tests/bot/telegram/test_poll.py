"""Polling and what it promises: nothing confirmed before it is on record, once each, in order, many at once."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.telegram.listener import Listener
from bot.adapters.telegram.poll import Poller
from bot.adapters.telegram.wire import CommandWords, Me
from tests.bot.telegram.stage import Hearing, on_telegram, said
from tests.fake_telegram import OFFICER, OTHER, Refusal

BUSY = replace(said("busy"), kept=False, refused=True)


def on_rig(house, test):
    async def whole():
        async with on_telegram(house.house) as rig:
            return await test(rig)

    return asyncio.run(whole())


def test_the_offset_moves_past_an_update_only_once_it_is_on_record():
    house = Hearing()
    house.hold["/case list"] = asyncio.Event()

    async def story(rig):
        rig.telegram.quiet.clear()
        update = rig.telegram.say(OFFICER, "/case list")
        await house.hears(1)
        before = list(rig.telegram.offsets)
        house.hold["/case list"].set()
        await rig.heard()
        return update["update_id"], before, rig.telegram.offsets

    number, before, after = on_rig(house, story)
    assert max(before) <= number
    assert after[-1] == number + 1


def test_a_crash_between_fetch_and_commit_brings_the_same_batch_again():
    crashed, lines = Hearing(), ("/case list", "/overdue")
    for line in lines:
        crashed.hold[line] = asyncio.Event()

    async def story(rig):
        for user, line in zip((OFFICER, OTHER), lines, strict=True):
            rig.telegram.say(user, line)
        await crashed.hears(2)
        return rig.telegram.waiting, [one.key for one in crashed.heard]

    left, first = on_rig(crashed, story)  # the process ends here, with nothing committed
    assert len(left) == 2

    async def next_process(rig):
        for update in left:
            rig.telegram.bring(update)
        await rig.heard()
        return rig.telegram.texts(OFFICER) + rig.telegram.texts(OTHER)

    again = Hearing()
    assert on_rig(again, next_process) == ["heard", "heard"]
    assert sorted(one.key for one in again.heard) == sorted(first)


@pytest.mark.parametrize("starts_with", [3, 95, 145, 99_000])
def test_after_a_quiet_week_updates_are_numbered_anew_and_each_is_heard_once(starts_with):
    house = Hearing()

    async def story(rig):
        for _ in range(2):  # their numbers come again after the week
            for user in range(2_000, 2_051):
                rig.telegram.say(user, "/overdue")
            await rig.heard()
            polls = len(rig.telegram.offsets)
            rig.telegram.quiet_week(starts_with)
            await rig.heard()
        return [rig.telegram.texts(user) for user in range(2_000, 2_051)], len(rig.telegram.offsets) - polls

    answers, polls = on_rig(house, story)
    assert answers == [["heard", "heard"]] * 51
    assert len({one.key for one in house.heard}) == 102
    assert polls < 5


def test_what_could_not_be_kept_is_asked_for_again_and_nothing_after_it_is_lost():
    house = Hearing(answers=[BUSY, said("two"), said("one")])

    async def story(rig):
        rig.telegram.say(OFFICER, "/case list")
        rig.telegram.say(OTHER, "/overdue")
        await rig.heard()
        return [one.text for one in house.heard], rig.telegram.waiting, rig.paused

    heard, waiting, paused = on_rig(house, story)
    assert heard[:3] == ["/case list", "/overdue", "/case list"]
    assert waiting == []
    assert 1.0 in paused


def test_a_message_that_meets_a_bug_thrice_does_not_keep_the_others_waiting_for_ever():
    class Broken(Hearing):
        async def receive(self, inbound):
            await super().receive(inbound)
            if inbound.text == "/case list":
                raise ZeroDivisionError
            return said("fine")

    house = Broken()

    async def story(rig):
        rig.telegram.say(OFFICER, "/case list")
        rig.telegram.say(OTHER, "/overdue")
        await rig.heard()
        return rig.telegram.texts(OTHER)

    texts = on_rig(house, story)
    assert "fine" in texts
    assert [one.text for one in house.heard].count("/case list") == 3


def test_lines_of_one_chat_are_handled_in_order_and_those_of_others_meanwhile():
    house = Hearing()
    house.hold["/first"] = asyncio.Event()

    async def story(rig):
        for text in ("/first", "/second"):
            rig.telegram.say(OFFICER, text)
        rig.telegram.say(OTHER, "/other")
        await house.hears(2)
        meanwhile = [one.text for one in house.heard]
        house.hold["/first"].set()
        await rig.heard()
        return meanwhile, [one.text for one in house.heard]

    meanwhile, all_of_them = on_rig(house, story)
    assert meanwhile == ["/first", "/other"]
    assert all_of_them == ["/first", "/other", "/second"]


def test_an_update_that_comes_again_is_answered_once():
    house = Hearing()

    async def story(rig):
        update = rig.telegram.say(OFFICER, "/case list")
        await rig.heard()
        for _ in range(3):
            rig.telegram.bring_again(update)
            await rig.heard()
        return rig.telegram.texts(OFFICER)

    assert on_rig(house, story) == ["heard"]
    assert len({one.key for one in house.heard}) == 1


def test_64_chats_are_heard_at_once_and_the_rest_wait():
    most = 0
    now = 0

    class Conversation:
        async def handle(self, _event):
            nonlocal most, now
            now += 1
            most = max(most, now)
            for _ in range(3):
                await asyncio.sleep(0)
            now -= 1

            async def nothing() -> None:
                return None

            return nothing

    async def story() -> None:
        listener = Listener(Conversation(), Me(1, "DeskBot"), CommandWords(("case list",)))
        chats = [{"id": n, "type": "private"} for n in range(200)]
        updates = [
            {
                "update_id": n,
                "message": {"message_id": 1, "from": {"id": n, "is_bot": False}, "chat": chat, "text": "x"},
            }
            for n, chat in enumerate(chats)
        ]
        assert all(await asyncio.gather(*map(listener.take, updates)))

    asyncio.run(story())
    assert most == 64


def test_an_update_that_cannot_be_read_is_passed_over():
    house = Hearing()

    async def story(rig):
        rig.telegram.bring({"update_id": 900, "message": 3})
        rig.telegram.bring({"update_id": 901, "something_new": {}})
        await rig.heard()
        rig.telegram.bring({"update_id": 902, "message": _message("/overdue")})
        await rig.heard()
        return rig.telegram.texts(OFFICER), rig.desk.listener.unread

    assert on_rig(house, story) == (["heard"], 1)


def test_a_poller_that_is_shut_out_or_slowed_down_waits_and_goes_on():
    house = Hearing()

    async def story(rig):
        troubles = (
            Refusal("Too Many Requests: retry after 7", 429, {"retry_after": 7}),
            Refusal("Bad Gateway", 502),
            Refusal("", 0),
        )
        rig.telegram.fail("getUpdates", *troubles)
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        return rig.telegram.texts(OFFICER), rig.paused

    texts, paused = on_rig(house, story)
    assert texts == ["heard", "heard"]
    assert [seconds for seconds in paused if seconds != 30.0][:3] == [7.0, 2.0, 5.0]


def _message(text: str) -> dict[str, object]:
    sender = {"id": OFFICER, "is_bot": False}
    return {"message_id": 5, "from": sender, "chat": {"id": OFFICER, "type": "private"}, "text": text}


def test_while_much_waits_the_next_is_asked_for_and_nothing_unanswered_is_confirmed():
    """Of 150 updates the 81st is answered last: the others need not wait, and it is not confirmed before."""
    slow, gate, all_heard, heard, offsets = 81, asyncio.Event(), asyncio.Event(), [], []

    class Conversation:
        async def handle(self, event):
            heard.append(event.key)
            if len(heard) == 150:
                all_heard.set()

            async def show():
                if event.inbound.text == f"/case list {slow}":
                    await gate.wait()

            return show

    async def story():
        user = {"id": OFFICER, "first_name": "Officer", "is_bot": False}
        waiting = [
            {
                "update_id": n,
                "message": {
                    "message_id": n,
                    "date": 1,
                    "chat": {"id": 5_000 + n, "type": "private"},
                    "from": user | {"id": 5_000 + n},
                    "text": f"/case list {n}",
                },
            }
            for n in range(1, 151)
        ]

        class Client:
            async def updates(self, offset, kinds):
                del kinds
                offsets.append(offset)
                return [one for one in waiting if one["update_id"] >= offset][:100]

        class Quiet:
            def gone(self):
                pass

        listener = Listener(Conversation(), Me(1, "DeskBot"), CommandWords(("case list",)))
        poller = Poller(Client(), listener, Quiet())
        await poller.once()
        second = asyncio.create_task(poller.once())
        await all_heard.wait()
        assert offsets == [0, slow]
        gate.set()
        await second
        await poller.once()
        assert offsets[-1] == 151

    asyncio.run(asyncio.wait_for(story(), 30))
    assert len(set(heard)) == len(heard) == 150
