"""Where nothing can arrive, whoever administers reads what mends it: when a room is named, and when a sending fails."""

import re

import pytest

from bot.adapters.contract import Inbound
from bot.adapters.outcome import Refused
from bot.adapters.slack.outcomes import REMEDIES as SLACK
from bot.adapters.telegram.outcomes import REMEDIES as TELEGRAM
from handlers.undelivered import NothingArrives
from storage.exposure.roles import Role
from storage.models import Channel
from tests.bot.test_templates import say
from tests.fakes import FakeChat
from tests.office import Office, add_account

HERE = "desk channel here for:PK-FIA-CCW"
CODES = {*SLACK.values(), *(code for _, code in TELEGRAM)}


@pytest.fixture
def office(sqlite_store, clock):
    made = Office(sqlite_store, clock)
    made.person("Admin", role=Role.ADMIN)
    made.do(lambda work: add_account(work, made.people["Admin"], "telegram", "T-ADMIN"))
    made.person("Elsewhere", role=Role.ADMIN, of="PK-NCCIA")
    return made


def typed(office, platform, member):
    account = {"slack": "ADMIN", "telegram": "T-ADMIN"}[platform]
    answer = office.hears(Inbound(platform, "1", account, HERE, room="ROOM", member=member))
    rooms = office.do(lambda work: work.session.query(Channel).count())
    return answer.refused, " ".join(message.plain() for message in answer.messages), rooms


@pytest.mark.parametrize(("platform", "mends"), [("slack", "/invite @Rogatory"), ("telegram", "add the bot")])
class TestChannelHere:
    def test_a_room_the_desk_is_not_in_is_refused_with_what_mends_it(self, office, platform, mends):
        refused, text, rooms = typed(office, platform, member=False)
        assert (refused, rooms) == (True, 0)
        assert mends in text

    def test_where_nobody_knows_it_is_done_and_says_how_to_check(self, office, platform, mends):
        refused, text, rooms = typed(office, platform, member=None)
        assert (refused, rooms) == (False, 1)
        assert mends in text

    def test_where_it_is_in_nothing_is_said_of_it(self, office, platform, mends):
        refused, text, rooms = typed(office, platform, member=True)
        assert (refused, rooms) == (False, 1)
        assert mends not in text


@pytest.mark.parametrize("platform", ["slack", "telegram"])
@pytest.mark.parametrize("code", sorted(CODES))
def test_each_kind_of_remedy_has_its_words(platform, code):
    text = say(NothingArrives("#ops", platform, code)).plain()
    assert re.search(r"Nothing reaches #ops on \w+\. \w.{20,}", text), text


class TestTold:
    def failing(self, office, *reasons, days=(0,)):
        slack = FakeChat("slack")
        room = office.room("Ops")
        for number, reason in enumerate(reasons):
            office.say(room, f"news {number}", subject="", cause=str(number))
            slack.next(Refused(*reason), place="OPS")
        for day in days:
            office.clock.move(days=day)
            office.deliver(slack)
        for _ in range(4):
            office.deliver(slack)
        return slack

    def test_an_administrator_of_the_place_reads_it_once_for_each_reason(self, office):
        invite, archived = ("not_in_channel", True, "invite"), ("is_archived", True, "archived")
        slack = self.failing(office, invite, invite, invite, archived)
        texts = [one for one in slack.texts("ADMIN") if "Nothing reaches" in one]
        assert [("/invite @Rogatory" in one, "archived" in one) for one in texts] == [(True, False), (False, True)]
        assert slack.texts("ELSEWHERE") == []

    def test_what_nobody_misses_or_can_mend_is_no_news(self, office):
        slack = self.failing(office, ("message_not_found", False, "invite"), ("something new", True, ""))
        assert [one for one in slack.texts("ADMIN") if "Nothing reaches" in one] == []

    def test_a_person_who_has_blocked_us_is_told_elsewhere_and_the_administrator_what_to_do(self, office):
        telegram, slack = FakeChat("telegram", can_look_up=False), FakeChat("slack")
        reader = office.person("Reader", "telegram", named=True)
        office.do(lambda work: add_account(work, reader, "slack", "S-READER"))
        office.say(reader)
        telegram.next(Refused("Forbidden: bot was blocked by the user", remedy="blocked"))
        for chat in (telegram, slack, slack):
            office.deliver(chat)
        assert len(slack.texts("S-READER")) == 1
        [text] = slack.texts("ADMIN")
        assert "Nothing reaches Reader on Telegram" in text
        assert "unblock" in text
