"""The small Slack of the tests sends what Slack sends, no more, and refuses what Slack refuses."""

import asyncio
import json

import pytest

from bot.rendering.blocks import Button, Buttons
from tests import slack_shapes
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.bot.slack.test_app import FORM
from tests.fake_slack import BOT_TOKEN, FakeSlack

KNOWN = json.loads(slack_shapes.SHAPES.read_text(encoding="utf-8"))


BUTTONS = (
    Button("Go", "desk help"),
    *(Button(f"More {n}", f"desk help {n}", more=True) for n in range(2)),
    *(Button(f"End {n}", f"case close {n}", more=True, asks="Really?") for n in range(2)),
    Button("Sure", "case close 3", asks="Really?"),
)
PRESSED = ("Go", "More 0", "End 0", "Sure")


async def everything() -> dict[str, list[dict]]:
    """What the small Slack sends when people do what they can do, by kind."""
    came: dict[str, list[dict]] = {}
    card = said("a card", Buttons(BUTTONS))
    desk = Hearing([card] * 30, form=FORM)
    async with on_slack(desk.house) as (slack, _):
        bring = slack._bring

        async def brought(kind, payload):
            came.setdefault(slack_shapes.kind(payload), []).append(payload)
            return await bring(kind, payload)

        slack._bring = brought
        await slack.command("U1", "/case list", channel="C1")
        await slack.say("U1", "case list", channel="C1")
        for post in slack.posts:
            post.to = ""
        for label in PRESSED:
            await slack.press("U1", slack.posts[0], label)
        await slack.say("U1", "case list")
        await slack.open_home("U1")
        await slack.open_home("U1")
        for label in PRESSED:
            await slack.press_home("U1", label)
        await slack.shortcut("U1", "file_request")
        await slack.search("U1", "label", "a", title="Shop")
        await slack.submit("U1", label="TLP:GREEN")
        await slack.shortcut("U1", "add_to_case", slack.posts[0])
    return came


def test_every_payload_has_the_keys_that_slack_sends_and_no_others():
    came = asyncio.run(everything())
    found = {kind: slack_shapes.shape(payloads[-1]) for kind, payloads in came.items()}
    assert found == KNOWN["payloads"]


def test_a_search_says_nothing_of_what_is_filled_in():
    [searched] = asyncio.run(everything())["block_suggestion"]
    assert searched["view"]["state"] == {"values": {}}


def test_every_call_that_slack_refuses_is_refused_with_the_same_word():
    async def asked() -> dict[str, str]:
        async with FakeSlack() as slack:
            slack.absent = {"CPUBLIC": "public", "CPRIVATE": "private"}
            ts = slack._post("C1", {"text": "x"}).ts
            places = {"room": "C1", "public": "CPUBLIC", "private": "CPRIVATE", "person": "U1", "ts": ts}
            trigger = slack._trigger("U1")
            return await slack_shapes.refusals(slack.url, BOT_TOKEN, places | {"trigger": trigger})

    assert asyncio.run(asked()) == KNOWN["answers"]


@pytest.mark.parametrize("uses", [5, 6])
def test_a_permission_to_answer_is_good_five_times(uses):
    async def story() -> list[int]:
        async with FakeSlack() as slack:
            url, found = slack._permission("U1", "C1"), []
            for _ in range(uses):
                async with slack._http.post(url, json={"text": "x", "replace_original": False}) as response:
                    found.append(response.status)
            return found

    assert asyncio.run(story()) == [200] * 5 + [404] * (uses - 5)
