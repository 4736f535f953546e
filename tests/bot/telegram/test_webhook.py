"""The webhook's door: whose secret it is, what is no update, and that 200 means "on record"."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from tests.bot.telegram.stage import Hearing, on_telegram, said
from tests.fake_telegram import OFFICER, SECRET

NAMED = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
UPDATE = {"update_id": 7, "my_chat_member": {}}
JSON = {"Content-Type": "application/json"}
BODY = json.dumps(UPDATE).encode()

BAD = [
    ("no secret", BODY, JSON, 401),
    ("another secret", BODY, {**JSON, "X-Telegram-Bot-Api-Secret-Token": "wrong"}, 401),
    ("the beginning of the secret", BODY, {**JSON, "X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]}, 401),
    ("a secret in other letters", BODY, {**JSON, "X-Telegram-Bot-Api-Secret-Token": "é" * 9}, 401),
    ("no JSON", BODY, {**NAMED, "Content-Type": "text/plain"}, 415),
    ("broken JSON", BODY[:-3], {**JSON, **NAMED}, 400),
    ("a list", b"[]", {**JSON, **NAMED}, 400),
    ("no number", b'{"update_id": "x"}', {**JSON, **NAMED}, 400),
    ("nothing", b"", {**JSON, **NAMED}, 400),
    ("deep", b"[" * 100_000, {**JSON, **NAMED}, 400),
    ("not so deep", b'{"update_id": 7, "a": ' + b"[" * 200 + b"]" * 200 + b"}", {**JSON, **NAMED}, 400),
    ("too long", b" " * 1_000_001, {**JSON, **NAMED}, 413),
    ("an update of a new kind", BODY, {**JSON, **NAMED}, 200),
    ("an update that is no update", b'{"update_id": 8, "message": 3}', {**JSON, **NAMED}, 200),
]


@pytest.mark.parametrize(("body", "headers", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_not_telegrams_gets_a_number_and_nothing_else(body, headers, status, caplog):
    house = Hearing()

    async def post():
        async with (
            on_telegram(house.house, webhook=True) as rig,
            ClientSession() as session,
            session.post(rig.webhook_url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    found, text = asyncio.run(post())
    assert (found, text) == (status, "" if status == 200 else text)
    assert house.heard == []
    assert body.decode() not in caplog.text or not body


def test_telegram_is_told_where_to_post_and_with_which_secret():
    async def webhook():
        async with on_telegram(Hearing().house, webhook=True) as rig:
            return rig.telegram.webhook, [method for method, _ in rig.telegram.calls]

    webhook, methods = asyncio.run(webhook())
    assert webhook["secret_token"] == SECRET
    assert webhook["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert "drop_pending_updates" not in webhook
    assert "getUpdates" not in methods


def test_what_cannot_be_kept_is_not_confirmed_and_comes_again():
    house = Hearing(answers=[replace(said("busy"), kept=False, refused=True), said("done")])

    async def twice():
        async with on_telegram(house.house, webhook=True) as rig:
            rig.telegram.say(OFFICER, "/case list")
            first = await rig.telegram.post_updates(rig.webhook_url)
            second = await rig.telegram.post_updates(rig.webhook_url)
            await rig.heard()
            return first, second, rig.telegram.texts(OFFICER)

    assert asyncio.run(twice()) == ([503], [200], ["done"])
    assert len({one.key for one in house.heard}) == 1
