"""Wrong and revoked tokens are said in one sentence, with the line to change; others with the same tokens are named."""

import asyncio
import logging

import pytest

from bot.adapters.contract import CannotStart
from bot.adapters.slack import Slack
from bot.settings import Settings
from tests.bot.slack.stage import Hearing
from tests.fake_slack import APP_TOKEN, BOT_TOKEN, SECRET, FakeSlack, Trouble

WRONG = "xapp-wrong"


def listening(*troubles: tuple[str, Trouble], **named: str):
    """What a desk with these tokens says as it begins to take messages; CannotStart, where it does not."""
    heard: list[str] = []

    async def story():
        async with FakeSlack() as slack, asyncio.timeout(20):
            for method, trouble in troubles:
                slack.fail(method, trouble)
            settings = Settings(_env_file=None, slack_api_url=f"{slack.url}/api", **named)
            came = asyncio.Event()

            def ready(line: str) -> None:
                heard.append(line)
                came.set()

            house = Hearing().house
            desk = Slack(settings, type(house)(house.receive, house.forms, None, ready))
            taking = asyncio.create_task(desk.listen())
            waiting = asyncio.create_task(came.wait())
            await asyncio.wait({taking, waiting}, return_when=asyncio.FIRST_COMPLETED)
            refused = taking.exception() if taking.done() else None
            for task in (taking, waiting):
                task.cancel()
            await asyncio.wait({taking, waiting})
            await desk.close()
            return refused, [method for method, _ in slack.calls]

    refused, calls = asyncio.run(story())
    return refused, calls, heard


@pytest.mark.parametrize("word", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
def test_a_bot_token_that_slack_does_not_take_is_named_with_its_line(word):
    trouble = ("auth.test", Trouble(word))
    refused, _, heard = listening(trouble, slack_bot_token=BOT_TOKEN, slack_signing_secret=SECRET)
    assert isinstance(refused, CannotStart)
    assert word in refused.sentence
    assert "SLACK_BOT_TOKEN=" in refused.sentence
    assert BOT_TOKEN not in refused.sentence
    assert heard == []


def test_a_wrong_app_token_is_named_with_its_line_and_slack_is_not_asked_again(caplog):
    with caplog.at_level(logging.INFO):
        refused, calls, heard = listening(slack_bot_token=BOT_TOKEN, slack_app_token=WRONG)
    assert isinstance(refused, CannotStart)
    assert "SLACK_APP_TOKEN=" in refused.sentence
    assert WRONG not in refused.sentence
    assert calls.count("apps.connections.open") == 1
    assert heard == []
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("trouble", [Trouble(status=503), Trouble(status=0), Trouble("internal_error")])
def test_a_slack_that_cannot_be_asked_keeps_nobody_from_starting(trouble):
    refused, _, heard = listening(("auth.test", trouble), slack_bot_token=BOT_TOKEN, slack_signing_secret=SECRET)
    assert refused is None
    assert heard == ["slack is ready: HTTP"]


def test_a_good_pair_of_tokens_is_ready():
    refused, _, heard = listening(slack_bot_token=BOT_TOKEN, slack_app_token=APP_TOKEN)
    assert (refused, heard) == (None, ["slack is ready: Socket Mode"])


class Warned(logging.Handler):
    """Hears one warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said, self.came = "", asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()
        self.came.set()


def test_another_desk_with_the_same_tokens_is_named():
    async def story() -> str:
        warned, log = Warned(), logging.getLogger("rogatory.slack")
        log.addHandler(warned)
        async with FakeSlack() as slack, asyncio.timeout(20):
            slack.others = 2
            settings = Settings(
                _env_file=None, slack_api_url=f"{slack.url}/api", slack_bot_token=BOT_TOKEN, slack_app_token=APP_TOKEN
            )
            desk = Slack(settings, Hearing().house)
            taking = asyncio.create_task(desk.listen())
            await warned.came.wait()
            taking.cancel()
            await asyncio.wait({taking})
            await desk.close()
        log.removeHandler(warned)
        return warned.said

    said = asyncio.run(story())
    assert said.startswith("2 more connections")
    assert "SLACK_APP_TOKEN" in said
