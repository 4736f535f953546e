"""A slow desk: Slack has its "ok" in time, whoever asked has their answer after all, and nothing is done twice."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.adapters.contract import Form
from bot.adapters.slack import early
from bot.rendering.blocks import Button, Buttons
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.bot.slack.test_app import FIELDS, FORM, MISSING
from tests.fake_slack import Ack

U1 = "U1"
CARD = said("a card", Buttons((Button("We have it", "request acknowledge 1/1"),)))


@pytest.fixture(params=[False, True], ids=["http", "socket"])
def slow(request):
    """Work with a desk that has no answer while Slack waits, and then has."""

    def run(desk, work, *, before=None):
        async def story():
            async with on_slack(desk.house, socket=request.param) as (slack, adapter):
                if before:
                    await before(slack)
                payloads = adapter._listeners.payloads
                payloads.seconds = 0.01
                desk.hold = asyncio.Event()
                quiet, slack.quiet = slack.quiet, lambda: asyncio.sleep(0)
                ack = await work(slack)
                waiting = len(slack.posts)
                desk.hold.set()
                await quiet()
                slack.quiet = quiet
                return slack, ack, waiting

        return asyncio.run(story())

    return run


def test_a_command_is_answered_by_permission_when_the_answer_is_there(slow):
    slack, ack, before = slow(Hearing([said("case 1 is open")]), lambda slack: slack.command(U1, "/case open Shop"))
    assert (ack, before) == (Ack(200, {}), 0)
    assert [post.words for post in slack.seen_by(U1)] == ["case 1 is open"]
    assert [method for method, _ in slack.calls if method == "response_url" or method.startswith("chat.")] == [
        "response_url"
    ]


def test_what_may_be_read_aloud_still_is_and_what_may_not_still_is_not(slow):
    for answer, to in ((said("for all", aloud=True), ""), (said("for one"), U1)):
        slack, *_ = slow(Hearing([answer]), lambda slack: slack.command(U1, "/case list", channel="C1"))
        assert [post.to for post in slack.posts] == [to]
    slack, *_ = slow(Hearing([said("secret", away=True)]), lambda slack: slack.command(U1, "/case list", channel="C1"))
    assert "secret" not in str([post.words for post in slack.seen_by(U1, "C1")])


def test_a_form_is_not_opened_where_slack_would_refuse_it(slow):
    desk = Hearing([said("label is missing", question=MISSING, refused=True)], FORM)
    slack, *_ = slow(desk, lambda slack: slack.command(U1, "/case open Shop"))
    assert "views.open" not in [method for method, _ in slack.calls]
    assert "Fill in a form" in slack.posts[0].buttons()


def test_a_press_is_answered_where_it_was_pressed(slow):
    async def shown(slack):
        await slack.command(U1, "/request status 1/1", channel="C1")

    desk = Hearing([CARD, said("noted")])
    slack, ack, _ = slow(desk, lambda slack: slack.press(U1, slack.posts[0], "We have it"), before=shown)
    assert ack == Ack(200, {})
    assert [post.words for post in slack.seen_by(U1, "C1")][1:] == ["noted"]


@pytest.mark.parametrize("kept", [True, False])
def test_an_event_is_answered_once_also_where_it_could_not_be_kept(slow, kept):
    desk = Hearing([said("the answer", kept=kept)])
    slack, ack, before = slow(desk, lambda slack: slack.say(U1, "case open Shop"))
    assert (ack.status, before) == (200, 0)
    assert [post.words for post in slack.posts] == ["the answer"]


class TestForms:
    async def opened(self, slack):
        await slack.command(U1, "/case open Shop", channel="C1")

    def desk(self, *answers):
        return Hearing([said("label is missing", question=MISSING, refused=True), *answers], FORM)

    def test_a_form_closes_and_its_answer_stands_where_it_was_opened(self, slow):
        desk = self.desk(said("open"))
        slack, ack, _ = slow(desk, lambda slack: slack.submit(U1, label="TLP:GREEN"), before=self.opened)
        assert ack == Ack(200, {})
        assert U1 not in slack.forms
        assert [post.words for post in slack.seen_by(U1, "C1")] == ["open"]

    def test_a_refusal_that_comes_late_is_said_with_the_line(self, slow):
        desk = self.desk(said("purple is no label", refused=True, field="label"))
        slack, ack, _ = slow(desk, lambda slack: slack.submit(U1, label="TLP:GREEN"), before=self.opened)
        assert ack == Ack(200, {})
        assert [post.words for post in slack.seen_by(U1, "C1")] == ["purple is no label"]

    def test_sent_again_it_is_the_same_message_and_another_text_is_another(self, slow):
        async def thrice(slack):
            form = slack.forms[U1]
            for title in ("Shop", "Shop", "Shops"):
                slack.forms[U1] = form
                ack = await slack.submit(U1, label="TLP:GREEN", title=title)
            return ack

        desk = self.desk()
        slow(desk, thrice, before=self.opened)
        first, second, other = desk.heard[1:]
        assert first.key == second.key
        assert first.key != other.key
        assert all(one.anew for one in desk.heard[1:])

    def test_a_form_that_has_another_step_stays_open_and_gets_it(self, slow):
        class Slow(Hearing):
            async def open(self, inbound):
                if self.hold:
                    await self.hold.wait()
                return await super().open(inbound)

        desk = Slow([said("missing", question=MISSING, refused=True)], replace(FORM, final=False))

        async def sent(slack):
            desk.form = Form("case open", "Open the case", FIELDS, ("It may delete the data.",))
            return await slack.submit(U1, title="Shop")

        slack, ack, _ = slow(desk, sent, before=self.opened)
        assert ack.body["response_action"] == "errors"
        assert list(ack.body["errors"]) == ["title"]
        assert "It may delete the data." in json.dumps(slack.forms[U1])
        assert len(desk.heard) == 1

    def test_a_list_is_empty_in_time(self, slow):
        class Slow(Hearing):
            async def choices(self, inbound, name, typed):
                await self.hold.wait()
                return await super().choices(inbound, name, typed)

        desk = Slow([said("missing", question=MISSING, refused=True)], FORM, offered=(("a", "b"),))
        _, found, _ = slow(desk, lambda slack: slack.search(U1, "label", "a"), before=self.opened)
        assert found == []


def test_a_desk_that_is_told_to_end_waits_for_what_it_has_said_ok_to():
    desk = Hearing([said("done")])

    async def story():
        async with on_slack(desk.house) as (slack, adapter):
            adapter._listeners.payloads.seconds, desk.hold = 0.01, asyncio.Event()
            slack.quiet = lambda: asyncio.sleep(0)
            await slack.command(U1, "/case open Shop")
            ending = asyncio.create_task(adapter._listeners.settle())
            await desk.came.wait()
            early_end = ending.done()
            desk.hold.set()
            await ending
            return early_end, [post.words for post in slack.posts]

    assert asyncio.run(story()) == (False, ["done"])


def test_the_time_that_is_left_is_within_what_slack_waits():
    assert early.OK_SECONDS < early.TRIGGER_SECONDS < 3
