"""The App Home stays fresh: published anew after each act of whoever opened it, never for whoever did not."""

import asyncio
import json

from bot.adapters.slack.shortcuts import HOME_LINE
from bot.rendering.blocks import Button, Buttons
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.fake_slack import Trouble


def published(slack) -> int:
    return [method for method, _ in slack.calls].count("views.publish")


def story(desk, work):
    async def run():
        async with on_slack(desk.house) as (slack, _):
            found = await work(slack)
            await slack.quiet()
            return slack, found

    return asyncio.run(run())


def test_each_act_publishes_it_anew():
    async def work(slack):
        await slack.open_home("U1")
        counts = [published(slack)]
        await slack.command("U1", "/case list")
        counts.append(published(slack))
        await slack.say("U1", "case list")
        counts.append(published(slack))
        await slack.press_home("U1", "All commands")
        return [*counts, published(slack)]

    home = said("my desk", Buttons((Button("All commands", "desk help"),)))
    assert story(Hearing([home, said("a list")] * 4), work)[1] == [1, 2, 3, 4]


def test_whoever_never_opened_it_has_none_and_another_persons_act_publishes_nothing():
    async def work(slack):
        await slack.open_home("U1")
        await slack.command("U2", "/case list")
        return published(slack)

    slack, count = story(Hearing(), work)
    assert (count, list(slack.homes)) == (1, ["U1"])


def test_what_was_refused_publishes_nothing():
    async def work(slack):
        await slack.open_home("U1")
        await slack.command("U1", "/case opne")
        return published(slack)

    desk = Hearing([said("a line"), said("no", refused=True)])
    assert story(desk, work)[1] == 1


def test_acts_while_it_is_published_make_one_more_and_not_one_each():
    async def work(slack):
        await slack.open_home("U1")
        slack.fail("views.publish", Trouble(silent=True, done=True))
        quiet, slack.quiet = slack.quiet, lambda: asyncio.sleep(0)
        for _ in range(5):
            await slack.command("U1", "/case list")
        await slack.until(lambda: published(slack) == 2)
        slack.speak()
        await quiet()
        return published(slack)

    assert story(Hearing(), work)[1] == 3


def test_a_line_of_a_home_is_nobodys_line_and_in_no_room():
    desk = Hearing()

    async def work(slack):
        await slack.open_home("U1")
        await slack.command("U1", "/case list", channel="C1")

    story(desk, work)
    lines = [heard for heard in desk.heard if not heard.typed]
    assert [heard.text for heard in lines] == [HOME_LINE, HOME_LINE]
    assert {heard.room for heard in lines} == {""}
    assert {heard.account for heard in lines} == {"T1/U1"}
    assert len({heard.key for heard in desk.heard}) == len(desk.heard)


def test_a_home_that_slack_does_not_take_keeps_nobody_from_an_answer():
    async def work(slack):
        await slack.open_home("U1")
        slack.fail("views.publish", Trouble("internal_error"))
        await slack.command("U1", "/case list")

    slack, _ = story(Hearing(), work)
    assert [post.words for post in slack.seen_by("U1")] == ["heard"]
    assert json.dumps(slack.homes["U1"])
