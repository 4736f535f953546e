"""What is not Slack's gets a number and nothing else; the same signed request again changes nothing twice."""

import asyncio
import json
import time

import pytest

from bot.health.port import LONGEST_BODY_BYTES
from tests.bot.slack.stage import Hearing, on_slack
from tests.fake_slack import Trouble, signature

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
COMMAND = b"command=%2Fcase&text=list&team_id=T1&user_id=U1&channel_id=DU1&trigger_id=1&response_url="
EVENT = json.dumps({
    "type": "event_callback", "team_id": "T1", "event_id": "Ev1",
    "event": {"type": "message", "channel_type": "im", "user": "U1", "text": "case list", "channel": "DU1"},
}).encode()  # fmt: skip


def status(body: bytes, content_type: str = FORM, **headers: str) -> tuple[int, int]:
    """The number that comes back, and how many messages the desk heard."""
    desk = Hearing()

    async def posted():
        async with on_slack(desk.house) as (slack, _):
            ack = await slack.post(body, content_type, **headers)
            await slack.quiet()
            return ack.status

    return asyncio.run(posted()), len(desk.heard)


def seconds_ago(seconds: int) -> str:
    return str(int(time.time()) - seconds)


@pytest.mark.parametrize(("body", "content_type"), [(COMMAND, FORM), (EVENT, JSON)])
def test_what_slack_signed_is_heard(body, content_type):
    assert status(body, content_type) == (200, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=ünïcode"},
        {"X-Slack-Signature": "v1=" + "0" * 64},
        {"X-Slack-Signature": signature(COMMAND + b"x", seconds_ago(0))},
        {"X-Slack-Signature": signature(COMMAND, seconds_ago(0), "another secret")},
        {"X-Slack-Request-Timestamp": "abc"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "9" * 40},
        {"X-Slack-Request-Timestamp": "١٧٧٢٤٤٢٠٠٠"},
    ],
    ids="-".join,
)
def test_what_slack_did_not_sign_is_401_and_unheard(headers):
    assert status(COMMAND, **headers) == (401, 0)


@pytest.mark.parametrize(("age_seconds", "number"), [(1, 200), (290, 200), (310, 401), (-310, 401)])
def test_a_signature_is_good_for_five_minutes(age_seconds, number):
    assert status(COMMAND, timestamp=seconds_ago(age_seconds))[0] == number


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "application/xml"])
def test_what_is_no_form_and_no_json_is_415(content_type):
    assert status(COMMAND, content_type) == (415, 0)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"type": "event_call', JSON),
        (b"[1, 2]", JSON),
        (b'"text"', JSON),
        (b"\xff\xfe", JSON),
        (b"payload=%7B%22type%22", FORM),
        (b"payload=7", FORM),
        (b"[" * 100_000, JSON),
        (b'{"a":' * 200 + b"1" + b"}" * 200, JSON),
        (b"payload=" + b"[" * 100_000, FORM),
    ],
)
def test_what_is_broken_is_400(body, content_type):
    assert status(body, content_type) == (400, 0)


@pytest.mark.parametrize("size", [LONGEST_BODY_BYTES + 1, 10 * LONGEST_BODY_BYTES])
def test_what_is_too_long_is_413(size):
    assert status(b"text=" + b"x" * size) == (413, 0)


def test_the_body_of_what_is_refused_is_in_no_log(caplog):
    caplog.set_level("DEBUG")
    status(COMMAND.replace(b"list", b"canary"), **{"X-Slack-Signature": "v0=" + "0" * 64})
    assert "canary" not in caplog.text


def test_an_unknown_kind_of_event_is_taken_and_left():
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {"type": "new"}})
    assert status(body.encode(), JSON) == (200, 0)


def test_the_challenge_is_answered():
    async def verified():
        async with on_slack(Hearing().house) as (slack, _):
            return await slack.post(b'{"type": "url_verification", "challenge": "c4"}', JSON)

    ack = asyncio.run(verified())
    assert (ack.status, ack.body) == (200, {"challenge": "c4"})


def test_a_socket_that_cannot_be_opened_is_tried_again(monkeypatch):
    monkeypatch.setattr("bot.adapters.slack.serve.PING_SECONDS", 0.1)
    desk = Hearing()

    async def connected():
        async with on_slack(desk.house, socket=True, troubles=[Trouble("internal_error")]) as (slack, _):
            return await slack.say("U1", "case list")

    assert asyncio.run(connected()).status == 200
    assert len(desk.heard) == 1


def test_what_was_taken_before_the_end_is_answered():
    desk = Hearing(hold=asyncio.Event())

    async def ending():
        async with on_slack(desk.house, socket=True) as (slack, _):
            typing = [asyncio.create_task(slack.command("U1", f"/case note 1 {n}")) for n in range(20)]
            while len(desk.heard) < len(typing):
                await desk.came.wait()
                desk.came.clear()
            asyncio.get_running_loop().call_later(0.2, desk.hold.set)  # a desk that needs a moment
        return [(await ack).status for ack in typing]

    assert asyncio.run(ending()) == [200] * 20
