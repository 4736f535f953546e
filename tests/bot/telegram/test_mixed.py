"""One record for all platforms: the journeys with every line on another one. A crowd of lines: `test_crowd.py`."""

import itertools
from pathlib import Path

import pytest

from bot.inbound.dispatch import Dispatch
from tests.bot.slack.stage import SlackStage
from tests.bot.telegram.stage import TelegramStage
from tests.conversation import Door, Mismatch, hold

JOURNEYS = sorted((Path(__file__).parents[2] / "journeys").glob("*.dialog"))


class Mixed:
    """A stage where each line is typed on the next platform: Slack, Telegram, a terminal, Slack again."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._open = [SlackStage(dispatch, socket=False, slash=True), TelegramStage(dispatch, webhook=False)]
        self._next = itertools.cycle([*self._open, Door(dispatch)])
        self._of = dict[str, object]()

    def close(self) -> None:
        for stage in self._open:
            stage.close()

    def accounts(self, person: str) -> list[str]:
        return [account for stage in self._open for account in stage.accounts(person)]

    async def say(self, person: str, text: str, key: str):
        stage = self._of.setdefault(key, None) or next(self._next)
        self._of[key] = stage
        return await stage.say(person, text, key)


@pytest.mark.slow
@pytest.mark.parametrize("file", JOURNEYS, ids=lambda file: file.stem)
def test_a_journey_comes_true_with_every_line_on_another_platform(file, sqlite_url, reference):
    stages: list[Mixed] = []

    def stage(dispatch):
        stages.append(Mixed(dispatch))
        return stages[0]

    try:
        hold(file, sqlite_url, reference, stage)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
    finally:
        for opened in stages:
            opened.close()
