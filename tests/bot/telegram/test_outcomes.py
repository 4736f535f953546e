"""Every error of Telegram and of the wire, over a wire, and the outcome it comes to: the table row by row."""

import asyncio

import pytest

from bot.adapters.contract import Address
from bot.adapters.outcome import Down, Halt, Moved, Refused, Sent, Unknown, Wait, believed
from bot.adapters.telegram.client import open_client
from bot.adapters.telegram.keyboard import Keyboards
from bot.adapters.telegram.sender import TelegramSender
from bot.rendering.blocks import Button, Buttons, Message, Paragraph, Span
from tests.bot.telegram.stage import Hearing
from tests.fake_telegram import OFFICER, TOKEN, FakeTelegram, Refusal

HELLO = Message((Paragraph((Span("hello"),)),), None)
ADDRESS = Address("telegram", account=str(OFFICER))

ROWS = [
    (Refusal("Too Many Requests: retry after 30", 429, {"retry_after": 30}), Wait(30)),
    (Refusal("Too Many Requests: retry after 0", 429, {"retry_after": 0}), "wait"),
    (Refusal("Too Many Requests", 429), "wait"),
    (Refusal("Too Many Requests: retry after -1", 429, {"retry_after": -1}), Wait(-1)),
    (Refusal("Too Many Requests: a long time", 429, {"retry_after": 10**9}), Wait(10**9)),
    (Refusal("Forbidden: bot was blocked by the user", 403), Refused("Forbidden: bot was blocked by the user")),
    (Refusal("Forbidden: bot was kicked from the supergroup chat", 403), "kicked"),
    (Refusal("Forbidden: user is deactivated", 403), "deactivated"),
    (Refusal("Forbidden: bot can't initiate conversation with a user", 403), "initiate"),
    (Refusal("Bad Request: chat not found"), Refused("Chat not found")),
    (Refusal("Bad Request: message thread not found"), "thread not found"),
    (Refusal("Bad Request: not enough rights to send text messages to the chat"), "Not enough rights"),
    (Refusal("Bad Request: can't parse entities: unsupported start tag"), Refused("formatting")),
    (Refusal("Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text"), Refused("formatting")),
    (Refusal("Bad Request: message is too long"), Refused("formatting")),
    (Refusal("Bad Request: BUTTON_DATA_INVALID"), Refused("formatting")),
    (Refusal("Bad Request: group chat was upgraded", 400, {"migrate_to_chat_id": -100200}), Moved("-100200")),
    (Refusal("Bad Request: something nobody has seen"), Refused("Something nobody has seen")),
    (Refusal("Unauthorized", 401), Halt("Unauthorized")),
    (Refusal("Not Found", 404), Halt("Not Found")),
    (Refusal("Internal Server Error", 500), Down("Internal Server Error")),
    (Refusal("Bad Gateway", 502), Down("Bad Gateway")),
    (Refusal("Service Unavailable", 503), Down("Service Unavailable")),
    (Refusal("the connection breaks behind the request", 0), Unknown("RemoteProtocolError behind the request")),
]


def sender(url: str) -> TelegramSender:
    return TelegramSender(open_client(TOKEN, url), Keyboards(Hearing()))


def on_telegram(test):
    """Run it with a small Telegram and a sender."""

    async def whole():
        async with FakeTelegram() as telegram, asyncio.timeout(20):
            mine = sender(telegram.url)
            try:
                return await test(telegram, mine)
            finally:
                await mine._client.request.shutdown()

    return asyncio.run(whole())


@pytest.mark.parametrize(("refusal", "outcome"), ROWS, ids=lambda one: getattr(one, "description", ""))
def test_the_table_row_by_row(refusal, outcome):
    async def send(telegram, mine):
        telegram.fail("sendMessage", refusal)
        return await mine.send(ADDRESS, HELLO, mark="1"), len(telegram.calls)

    found, calls = on_telegram(send)
    assert calls == 0, "tried twice"
    if outcome == "wait":
        assert isinstance(found, Wait)
        assert believed(found.seconds) == 1.0
    elif isinstance(outcome, str):
        assert isinstance(found, Refused)
        assert outcome in found.reason
        assert found.fallback
    else:
        assert found == outcome


def test_it_arrives_once_with_its_buttons():
    async def send(telegram, mine):
        message = Message((*HELLO.blocks, Buttons((Button("Cases", "case list"),))), None)
        return await mine.send(Address("telegram", room="-2001", thread="7"), message, mark="1"), telegram.posts

    outcome, [post] = on_telegram(send)
    assert outcome == Sent("1", place="-2001")
    assert (post.chat, post.thread, post.text, post.labels) == (-2001, 7, "hello", ["Cases"])


def test_an_edit_to_what_stands_there_already_is_success():
    async def edit(telegram, mine):
        await mine.send(ADDRESS, HELLO, mark="1")
        return await mine.edit(str(OFFICER), "1", HELLO), telegram.refused

    outcome, [refused] = on_telegram(edit)
    assert "not modified" in refused
    assert outcome == Sent("1")


def test_an_edit_of_what_is_gone_leaves_nobody_uninformed():
    outcome = on_telegram(lambda _, mine: mine.edit(str(OFFICER), "77", HELLO))

    assert outcome == Refused("Message to edit not found", fallback=False)


def test_a_server_that_is_not_there_surely_did_nothing():
    async def send() -> object:
        async with FakeTelegram() as telegram:
            url = telegram.url
        mine = sender(url)
        try:
            return await mine.send(ADDRESS, HELLO, mark="1")
        finally:
            await mine._client.request.shutdown()

    assert asyncio.run(send()) == Down("no connection: ConnectError")


def test_the_token_is_in_no_outcome_and_in_no_log(caplog):
    caplog.set_level(0)
    found = [on_telegram(lambda telegram, mine, row=row: fail(telegram, mine, row)) for row, _ in ROWS]

    assert TOKEN not in repr(found)
    assert TOKEN not in caplog.text


async def fail(telegram, mine, refusal):
    telegram.fail("sendMessage", refusal)
    return await mine.send(ADDRESS, HELLO, mark="1")
