"""What a platform notices of itself reaches an administrator, once a day."""

import asyncio

import pytest

from bot import process
from bot.adapters.contract import CannotStart
from bot.adapters.house import House
from bot.cli.main import main
from bot.outbound.troubles import PlatformTroubles
from storage.exposure.roles import Role
from tests.fakes import FakeChat
from tests.office import Office


@pytest.fixture
def office(sqlite_store, clock):
    made = Office(sqlite_store, clock)
    made.person("Admin", role=Role.ADMIN)
    made.person("Manager", role=Role.MANAGER)
    return made


def test_an_administrator_hears_once_a_day_that_somebody_else_uses_our_token(office):
    house, slack = House(None, None, trouble=PlatformTroubles(office.store).noticed), FakeChat("slack")
    for _ in range(3):
        asyncio.run(house.trouble("slack", "another_instance", "3 connections"))
    office.deliver(slack)
    [text] = slack.texts("ADMIN")
    assert "Somebody else uses the desk's Slack token" in text
    assert "3 connections" in text
    assert slack.texts("MANAGER") == []
    office.clock.move(days=1)
    asyncio.run(house.trouble("slack", "another_instance"))
    office.deliver(slack)
    assert len(slack.texts("ADMIN")) == 2


def test_the_command_line_says_it_in_one_sentence_and_ends_with_2(monkeypatch, capsys, tmp_path):
    def refused(*_, **__):
        raise CannotStart("SLACK_BOT_TOKEN is wrong: write SLACK_BOT_TOKEN=xoxb-...")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/desk.db")
    monkeypatch.setattr(process, "run", refused)
    assert main(["run"]) == 2
    assert capsys.readouterr().err == "SLACK_BOT_TOKEN is wrong: write SLACK_BOT_TOKEN=xoxb-...\n"
