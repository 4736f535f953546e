"""What platforms do to us, on the real adapters: rows 8 to 20 of the table of faults, by their numbers.

The desk's clock stands still. `test_wire.py` has the same rows where delivery alone is at work.
"""

import asyncio
import json
import sqlite3
import threading

import pytest

from storage.exposure.roles import Role
from tests.between import between
from tests.fake_slack import TEAM
from tests.office import Office

pytestmark = pytest.mark.slow  # whole platforms that fail for long; test_wire.py has each fault once

FAR = 100  # more failures than any story has tries
REPEATED = "Repeated: nobody knows"


@pytest.fixture
def office(sqlite_store, clock):
    return Office(sqlite_store, clock)


both = pytest.mark.parametrize("name", ["slack", "telegram"])


@both
@pytest.mark.parametrize("trouble", ["silence", "reset"], ids=["row_8", "row_9"])
def test_rows_8_and_9_it_arrived_and_the_answer_did_not(office, name, trouble):
    async def story(world):
        side = world.side(name)
        row = office.say(world.person(1, name), "news")
        side.fail(trouble)
        await world.deliver()
        assert (len(side.texts(1)), office.row(row).state) == (1, "pending")
        side.platform.speak()
        await world.deliver(seconds=10, step=5)
        return side.texts(1), office.row(row).state

    texts, state = between(office, story, send_seconds=0.3 if trouble == "silence" else 5.0)
    expected = [False] if name == "slack" else [False, True]
    assert ([REPEATED in one for one in texts], state) == (expected, "sent")


@both
def test_row_10_that_chat_waits_the_others_go_on_and_no_attempt_is_burned(office, name):
    async def story(world):
        side = world.side(name)
        row = office.say(world.person(1, name), "one")
        side.fail("too fast")
        await world.deliver()
        office.say(world.person(2, name), "two")
        office.say(world.person(3, side.other), "three")
        office.clock.move(seconds=29)
        await world.deliver()
        early = len(side.texts(1)), len(side.texts(2)), len(world.side(side.other).texts(3)), office.row(row).attempts
        office.clock.move(seconds=1)
        await world.deliver()
        return early, len(side.texts(1))

    assert between(office, story) == ((0, 1, 1, 0), 1)


@both
def test_row_11_an_absurd_wait_is_clamped(office, name):
    asked = (0, -1, 1_000_000_000, None, 30)

    async def story(world):
        side, waits = world.side(name), []
        for n, seconds in enumerate(asked):
            row = office.say(world.person(n, name))
            side.fail(side.wait_of(seconds))
            await world.deliver()
            waits.append(((office.row(row).not_before - office.clock.now()).total_seconds(), office.row(row).attempts))
        return waits

    assert between(office, story) == [(1, 0), (1, 0), (300, 0), (1, 0), (30, 0)]


@both
@pytest.mark.parametrize("trouble", ["500", "503"])
def test_row_12_after_an_hour_of_errors_all_is_there_once_and_in_order(office, name, trouble):
    async def story(world):
        side, reader = world.side(name), world.person(1, name)
        for n in range(3):
            office.say(reader, f"number {n}")
        side.fail(trouble, FAR)
        await world.deliver(seconds=3600, step=300)
        assert side.texts(1) == []
        side.works()
        await world.deliver(seconds=3600, step=300)
        return [one.partition("number ")[2][0] for one in side.texts(1)]

    assert between(office, story) == list("012")


@both
def test_row_13_a_slow_platform_holds_up_no_other_and_no_command_on_either(office, name):
    async def story(world):
        side = world.side(name)
        other = world.side(side.other)
        office.say(world.person(1, name), "slow")
        office.say(world.person(2, other.name), "quick")
        side.fail("silence")
        draining = asyncio.create_task(side.road.drain())
        await side.platform.until(lambda: side.texts(1))
        await other.road.drain()
        answers = [await other.says(2, "/case status 1"), await side.says(1, "/case status 1")]
        assert not draining.done(), "it is still waiting, and all this happened meanwhile"
        side.platform.speak()
        await draining
        return len(other.texts(2)), ["CCW-2026-0001" in one for one in answers], office.states()

    assert between(office, story) == (2, [True, True], ["sent", "sent"])


@both
def test_row_15_a_revoked_token_pauses_the_platform_and_one_alarm_goes_by_the_other(office, name):
    async def story(world):
        side = world.side(name)
        other = world.side(side.other)
        world.person(9, name, other.name, role=Role.ADMIN)
        rows = [office.say(world.person(n, name)) for n in (1, 2)]
        side.fail("token revoked", FAR)
        await world.deliver(seconds=7200, step=300)
        found = [(office.row(row).state, office.row(row).attempts) for row in rows]
        alarms, halted = other.texts(9), f"halted {name}" in world.troubles()
        side.works()
        await world.deliver(seconds=600, step=60)
        return found, alarms, halted, [len(side.texts(n)) for n in (1, 2)], f"halted {name}" in world.troubles()

    found, [alarm], halted, arrived, still = between(office, story)
    assert (found, halted, arrived, still) == ([("pending", 0)] * 2, True, [1, 1], False)
    assert f"{name.capitalize()} does not let the desk in" in alarm


@both
def test_row_16_where_nobody_is_any_more_the_row_is_dead_and_a_stand_in_reads_it_once(office, name):
    async def story(world):
        side = world.side(name)
        other = world.side(side.other)
        world.person(9, other.name, role=Role.MANAGER)
        rows = [office.say(world.room(side), "one")]
        side.fail("left")
        await world.deliver(seconds=600, step=60)
        return [office.row(row).state for row in rows], other.texts(9)

    states, [told] = between(office, story)
    assert states == ["dead"]
    assert "Desk Room could not be reached" in told


def test_row_17_a_group_that_became_a_supergroup_is_written_to_under_its_new_id(office):
    async def story(world):
        side = world.side("telegram")
        row = office.say(world.room(side), "news")
        side.platform.supergroups[-2001] = -1001000000009
        await world.deliver(seconds=60, step=20)
        return side.platform.texts(-1001000000009), office.row(row).state

    [text_there], state = between(office, story)
    assert ("NOTE" in text_there, state) == (True, "sent")


class TestRow18SlackBringsAnEventAgain:
    """At once, after a minute, after five; whether the first copy got lost, is still being handled, or was handled."""

    @staticmethod
    def event(world, retry):
        """One copy of an event, as Slack posts it."""
        said = {"type": "message", "channel_type": "im", "user": "U1", "text": "case note 1 seen", "channel": "DU1"}
        body = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev7", "event": {**said, "ts": "1.1"}}
        again = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        return world.side("slack").platform.post(json.dumps(body).encode(), "application/json", **again)

    @pytest.mark.parametrize("copies", [(1,), (0, 1, 2, 3)], ids=["the_first_was_lost", "all_arrive"])
    def test_one_after_the_other_they_change_it_once_and_are_answered_once(self, office, copies):
        async def story(world):
            world.person(1, "slack")
            statuses = []
            for retry in copies:
                statuses.append((await self.event(world, retry)).status)
                office.clock.move(seconds=(0, 60, 300, 0)[retry])
            await world.side("slack").platform.quiet()
            return statuses, world.notes(), len(world.side("slack").texts(1))

        assert between(office, story) == ([200] * len(copies), 1, 1)

    def test_while_the_first_is_still_being_handled(self, office):
        async def story(world):
            world.person(1, "slack")
            begun, go_on = threading.Event(), threading.Event()
            slow = office.store.write(lambda _: (begun.set(), go_on.wait()))
            await asyncio.to_thread(begun.wait)
            copies = [asyncio.create_task(self.event(world, retry)) for retry in range(3)]
            await asyncio.wait(copies, timeout=0.2)
            go_on.set()
            statuses = [(await copy).status for copy in copies]
            slow.result()
            await world.side("slack").platform.quiet()
            return statuses, world.notes(), len(world.side("slack").texts(1))

        assert between(office, story) == ([200] * 3, 1, 1)


@both
def test_row_20_while_another_process_writes_nothing_is_confirmed_and_then_it_is_done(
    office, sqlite_url, name, monkeypatch
):
    async def story(world):
        world.person(1, name)
        monkeypatch.setattr("storage.database.engine.BUSY_SECONDS", 0.05)
        elsewhere = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        elsewhere.execute("BEGIN IMMEDIATE")
        confirmed = await BRINGS[name](world)
        during = world.notes()
        elsewhere.execute("ROLLBACK")
        elsewhere.close()
        again = await BRINGS[name](world)
        return confirmed, during, again, world.notes()

    assert between(office, story) == (False, 0, True, 1)


async def _slack_brings(world):
    """An event; whether it was confirmed."""
    return (await world.side("slack").platform.say("U1", "case note 1 seen", key="Ev7")).status == 200


async def _telegram_brings(world):
    """An update, which waits until it is confirmed; whether it was."""
    side = world.side("telegram")
    telegram = side.platform
    before = len(telegram.offsets)
    if not telegram.waiting:
        telegram.say(1001, "/case note 1 seen")
        await telegram.until(lambda: len(telegram.offsets) > before + 1)
    else:
        await side.rig.heard()
    return not telegram.waiting


BRINGS = {"slack": _slack_brings, "telegram": _telegram_brings}
