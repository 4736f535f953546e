"""Who we are and who else is: a token that is wrong, one that is revoked, another program with the same token."""

import asyncio
import logging

import pytest

from bot.adapters.contract import CannotStart
from bot.adapters.telegram import Telegram, rivals, texts
from bot.settings import Settings
from tests.bot.telegram.stage import Hearing, on_telegram
from tests.fake_telegram import BOT, OFFICER, SECRET, TOKEN, FakeTelegram, Refusal

NAME = f"@{BOT['username']}"


async def starting(token, *troubles):
    """Where it ends: what was waited for until then."""
    paused = []

    async def pause(seconds):
        paused.append(seconds)
        if len(paused) > len(troubles):
            await asyncio.Event().wait()

    async with FakeTelegram() as telegram, asyncio.timeout(3):
        telegram.fail("getMe", *troubles)
        settings = Settings(_env_file=None, telegram_bot_token=token, telegram_api_url=telegram.url)
        desk = Telegram(settings, Hearing().house, pause)
        listening = asyncio.create_task(desk.listen())
        quiet = asyncio.create_task(telegram.quiet.wait())
        await asyncio.wait({listening, quiet}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        quiet.cancel()
        try:
            await listening
        except asyncio.CancelledError:
            pass
        finally:
            await desk.close()
    return paused


def test_a_wrong_token_ends_the_start_with_the_line_to_change_and_is_said_nowhere(caplog):
    with caplog.at_level(logging.INFO), pytest.raises(CannotStart) as raised:
        asyncio.run(starting("4711:wrong"))
    assert "TELEGRAM_BOT_TOKEN=" in raised.value.sentence
    assert "4711:wrong" not in raised.value.sentence + caplog.text
    assert caplog.text == ""


def test_a_telegram_that_is_away_at_the_start_is_waited_for_and_said_once(caplog):
    away = [Refusal("Bad Gateway", 502) for _ in range(3)]
    paused = asyncio.run(starting(TOKEN, *away))
    assert paused[:3] == [1.0, 2.0, 5.0]
    assert caplog.text.count("Telegram does not let us begin") == 1


@pytest.mark.parametrize(
    ("takes", "named"),
    [
        (lambda one: one.rival_polls(), texts.POLLED.format(NAME)),
        (
            lambda one: one.rival_takes("https://other.example/x"),
            texts.POSTED_TO.format(NAME, "other.example"),
        ),
    ],
    ids=["another one polls", "a webhook"],
)
def test_whoever_takes_our_updates_is_named_once_and_we_are_back_within_ten_seconds(takes, named, caplog, monkeypatch):
    house = Hearing()
    caplog.set_level(logging.INFO)

    async def story():
        async with on_telegram(house.house) as rig:
            for times in range(1, 4):
                takes(rig.telegram)
                await rig.telegram.until(lambda times=times: len(rig.telegram.refused) >= times)
                await rig.telegram.until(lambda: any(method == "getWebhookInfo" for method, _ in rig.telegram.calls))
                rig.telegram.webhook.clear()
                await rig.telegram.quiet.wait()
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()
            said = list(house.troubles)
            monkeypatch.setattr(rivals, "ALONE_SECONDS", 0.0)
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()
            return rig.paused, said

    paused, said = asyncio.run(story())
    assert said == [("another_instance", named)]
    assert house.troubles[1:] == []
    assert caplog.text.count("comes here again") == 1
    assert max(seconds for seconds in paused if seconds != 30.0) <= 10
    assert len(house.heard) == 2


def test_whoever_ends_our_webhook_is_named_and_telegram_posts_to_us_again():
    house = Hearing()

    async def story():
        async with on_telegram(house.house, webhook=True) as rig:
            for _ in range(2):
                rig.telegram.rival_polls()
                rig.watch.set()
                await rig.telegram.until(lambda: rig.telegram.webhook)
            return rig.telegram.webhook["secret_token"]

    assert asyncio.run(story()) == SECRET
    assert house.troubles == [("another_instance", texts.ENDED.format(NAME))]


def test_a_token_that_is_revoked_meanwhile_is_said_once(caplog):
    house = Hearing()

    async def story():
        async with on_telegram(house.house) as rig:
            rig.telegram.fail("getUpdates", *[Refusal("Unauthorized", 401) for _ in range(3)])
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()

    asyncio.run(story())
    assert caplog.text.count("TELEGRAM_BOT_TOKEN=") == 1
    assert len(house.heard) == 2
