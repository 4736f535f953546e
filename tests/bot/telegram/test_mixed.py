"""One record for all platforms: the journeys with every line on another one, and many lines from two at once."""

import asyncio
import itertools
import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.adapters.base import Inbound
from bot.dispatch import Dispatch
from bot.render import Renderer
from handlers import COMMANDS, people
from storage import audit
from storage.models import Inbound as InboxRow
from storage.models import Note
from storage.roles import Role
from tests.bot.slack.stage import SlackStage
from tests.bot.telegram.stage import TelegramStage
from tests.conversation import Door, Mismatch, hold

JOURNEYS = sorted((Path(__file__).parents[2] / "journeys").glob("*.dialog"))
LINES, COPIES = 200, 5


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


def test_many_lines_from_two_platforms_at_once_are_each_on_record_once(store):
    accounts = ["slack:T1/U1", "telegram:1001"]
    store.write(lambda work: people.enrol_at(work, "Officer", "PK-FIA-CCW", Role.OFFICER, accounts)).result()
    dispatch = Dispatch(store, COMMANDS, Renderer())
    opened = Inbound("slack", "open", "T1/U1", '/case open "Fake pages" category:fraud label:amber')
    lines = [
        Inbound(platform, f"{platform}:{n}", account, f'/case note 1 "note {n} of {platform}"')
        for n in range(LINES // 2)
        for platform, account in (("slack", "T1/U1"), ("telegram", "1001"))
    ]
    chance = random.Random(7)
    copies = [line for line in lines for _ in range(chance.randint(1, COPIES))]
    chance.shuffle(copies)

    async def talk():
        assert not (await dispatch.receive(opened)).refused
        return await asyncio.gather(*map(dispatch.receive, copies))

    answers = asyncio.run(talk())
    assert not any(answer.failed or answer.refused for answer in answers)
    counts = store.read(
        lambda work: (
            work.session.scalar(select(func.count()).select_from(Note)),
            work.session.scalar(select(func.count(func.distinct(Note.text)))),
            work.session.scalar(select(func.count()).select_from(InboxRow)),
        )
    ).result()
    assert counts == (LINES, LINES, LINES + 1)
    assert store.read(lambda work: audit.verify(work.session)).result().bad_n is None
