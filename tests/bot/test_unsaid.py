"""An answer that no platform took for minutes: it is owed, and nothing is done twice."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.contract import Answer, Inbound
from bot.adapters.outcome import Refused
from bot.adapters.slack.answers import AGAIN
from bot.adapters.telegram import texts
from bot.inbound.unsaid import UnsaidAnswers
from handlers import COMMANDS
from storage.models import Case
from tests.bot.slack.stage import Hearing as SlackHearing
from tests.bot.slack.stage import on_slack, said
from tests.bot.telegram.stage import Hearing as TelegramHearing
from tests.bot.telegram.stage import on_telegram
from tests.fake_slack import Trouble
from tests.fake_telegram import Refusal
from tests.fakes import FakeChat
from tests.office import Office, add_account

PERSON = 1001
OPEN = '/case open "Fake shop" category:fraud label:amber'


@pytest.fixture
def office(sqlite_store, clock):
    made = Office(sqlite_store, clock)
    made.person("Reader", "telegram")
    return made


def typed(office, line, key="1"):
    return office.hears(inbound(line, key))


def inbound(line, key):
    return Inbound("telegram", key, "READER", line)


def put_away(office, line, key="1"):
    asyncio.run(UnsaidAnswers(office.store, COMMANDS).put_away(inbound(line, key)))


def words(answer: Answer) -> str:
    return "\n".join(message.plain() for message in answer.messages)


def cases(office):
    return office.do(lambda work: work.session.query(Case).count())


class TestWhatIsOwed:
    def test_the_same_line_an_hour_later_gets_the_answer_and_changes_nothing(self, office):
        first = typed(office, OPEN)
        put_away(office, OPEN)
        before = cases(office)
        office.clock.move(hours=1)
        again = typed(office, OPEN, "2")
        assert words(first).splitlines()[2] in words(again)
        assert cases(office) == before

    def test_said_or_a_day_later_it_is_a_new_line(self, office):
        typed(office, OPEN)
        office.clock.move(hours=1)
        typed(office, OPEN, "2")
        assert cases(office) == 3
        put_away(office, OPEN, "2")
        office.clock.move(days=1)
        typed(office, OPEN, "3")
        assert cases(office) == 4

    @pytest.mark.parametrize(
        ("line", "says"),
        [(OPEN, ["Done at", "/case open", "CCW-2026-0002"]), ("/case close 1", ["Not done at", "/case close"])],
    )
    def test_who_sent_it_has_news_wherever_they_are_reached(self, office, line, says):
        typed(office, line)
        put_away(office, line)
        put_away(office, line)
        office.do(lambda work: add_account(work, office.people["Reader"], "slack", "S-READER"))
        telegram, slack = FakeChat("telegram", can_look_up=False), FakeChat("slack")
        telegram.next(*[Refused("bot was blocked by the user")] * 3, place="READER")
        for chat in (telegram, slack):
            office.deliver(chat)
        (text,) = [one for one in slack.texts("S-READER") if "could not reach you" in one]
        assert all(word in text for word in says)

    @pytest.mark.parametrize(("who", "line"), [("READER", "/case list"), ("NOBODY", OPEN)])
    def test_nothing_is_owed_of_what_only_read_and_to_strangers(self, office, who, line):
        asked = Inbound("telegram", "1", who, line)
        office.hears(asked)
        asyncio.run(UnsaidAnswers(office.store, COMMANDS).put_away(asked))
        assert office.rows("answer_unsaid") == []

    def test_what_was_refused_is_tried_anew_when_it_is_typed_again(self, office):
        typed(office, "/case close 2")
        put_away(office, "/case close 2")
        typed(office, OPEN, "2")
        answer = typed(office, '/case close 2 because:"a test"', "3")
        assert not answer.refused, words(answer)


# ---- through the adapters --------------------------------------------------------------------------------------------

METHODS = {"response_url": True, "chat.postMessage": False, "chat.postEphemeral": True}
"""How an answer goes on Slack: to a long command, to a direct message, to a mention. True: it cannot be looked for."""

PASSES = {
    "503": ("", 503),
    "no answer": ("", 0),
    "500": ("internal_error", 500),
    "429": ("ratelimited", 429),
}


def on_slack_met(method, *troubles):
    """What stands in Slack in the end, and the lines whose answers could not be said."""
    house, unsaid = SlackHearing([said("heard " + "word " * 3000)] if method == "response_url" else []), []

    async def note(message):
        unsaid.append(message.text[-len("case list") :])

    async def story():
        async with on_slack(replace(house.house, unsaid=note)) as (slack, _):
            slack.fail(method, *troubles)
            if method == "response_url":
                await slack.command("U1", "/case list", channel="C1")
            else:
                await slack.say("U1", "case list", channel="C1" if method == "chat.postEphemeral" else "")
            return "\n".join(post.words for post in slack.posts)

    return asyncio.run(story()), unsaid


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize(("word", "status"), PASSES.values(), ids=PASSES)
def test_on_slack_what_passes_keeps_no_answer_from_its_reader(method, times, word, status):
    if METHODS[method] and status in (0, 500):
        times = 1  # nobody knows whether it arrived, and it cannot be asked: it is said once more and not twice
    headers = {"Retry-After": "9"} if status == 429 else {}
    text, unsaid = on_slack_met(method, *[Trouble(word, status, headers)] * times)
    assert (text.count("heard"), unsaid) == (1, [])
    assert (AGAIN in text) == (METHODS[method] and status in (0, 500))


@pytest.mark.parametrize(("done", "status"), [(True, 0), (True, 500), (False, 0)])
def test_on_slack_what_may_stand_there_is_looked_for(done, status):
    text, unsaid = on_slack_met("chat.postMessage", Trouble("", status, done=done))
    assert (text.count("heard"), unsaid) == (1, [])


@pytest.mark.parametrize("method", METHODS)
def test_on_slack_what_does_not_pass_is_told_to_the_house(method):
    assert on_slack_met(method, *[Trouble("", 503)] * 500) == ("", ["case list"])


def on_telegram_met(*troubles, chat=PERSON):
    house, unsaid = TelegramHearing(answers=[said("heard", private=True)]), []

    async def note(message):
        unsaid.append(message.text[-len("case list") :])

    async def story():
        async with on_telegram(replace(house.house, unsaid=note)) as rig:
            rig.telegram.fail("sendMessage", *troubles)
            rig.telegram.say(PERSON, "/case list", chat=chat)
            await rig.heard()
            return "\n".join(post.text for post in rig.telegram.posts)

    return asyncio.run(story()), unsaid


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize(("word", "status"), PASSES.values(), ids=PASSES)
def test_on_telegram_what_passes_keeps_no_answer_from_its_reader(times, word, status):
    times = 1 if status == 0 else times
    more = {"retry_after": 9} if status == 429 else {}
    text, unsaid = on_telegram_met(*[Refusal(word, status, more) for _ in range(times)])
    assert (text.count("heard"), unsaid) == (1, [])
    assert (texts.AGAIN in text) == (status == 0)


def test_on_telegram_what_does_not_pass_is_told_to_the_house():
    assert on_telegram_met(*[Refusal("Bad Gateway", 502) for _ in range(500)]) == ("", ["case list"])
    text, unsaid = on_telegram_met(Refusal("Forbidden: bot can't initiate conversation with a user", 403), chat=-5)
    assert (text, unsaid) == (texts.CANNOT_WRITE, ["case list"])
