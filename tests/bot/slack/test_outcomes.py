"""How calls to Slack end, row by row: what Slack or the wire does, and what delivery is told."""

import asyncio
import math
from datetime import UTC, datetime

import pytest

from bot.adapters.contract import Address
from bot.adapters.outcome import FORMATTING, Down, Halt, Refused, Sent, Unknown, Wait
from bot.adapters.slack.outcomes import FORM_IS_REFUSED, LOCKED_OUT, NOBODY_MISSES_IT
from bot.rendering.blocks import Button, Buttons, Heading, Message, Paragraph, Span
from tests.bot.slack.stage import Hearing, on_slack
from tests.fake_slack import Trouble

ROOM = Address("slack", room="T1/C1")
PERSON = Address("slack", account="T1/U1")
EPOCH = datetime(2026, 3, 2, tzinfo=UTC)
CARD = Message((Heading(1, (Span("A card"),)), Buttons((Button("Open", "case status 1"),))), None)
NOTE = Message((Paragraph((Span("a note <!channel>"),)),), None)

ROWS = [
    *((Trouble(word), Halt(word)) for word in sorted(LOCKED_OUT)),
    *((Trouble(word), Refused(FORMATTING)) for word in sorted(FORM_IS_REFUSED)),
    *((Trouble(word), Refused(word, fallback=False)) for word in sorted(NOBODY_MISSES_IT)),
    *(
        (Trouble(word), Refused(word))
        for word in (
            *("channel_not_found", "is_archived", "not_in_channel", "user_not_found", "user_disabled"),
            *("restricted_action", "messages_tab_disabled", "cannot_dm_bot", "an_error_of_next_year"),
        )
    ),
    (Trouble("ratelimited", 429, {"Retry-After": "30"}), Wait(30)),
    (Trouble("", 429, {"Retry-After": "0"}), Wait(0)),
    (Trouble("", 429, {"Retry-After": "-1"}), Wait(-1)),
    (Trouble("", 429, {"Retry-After": "1000000000"}), Wait(1e9)),
    (Trouble("service_unavailable"), Down("service_unavailable")),
    (Trouble("", 503), Down("HTTP 503")),
    (Trouble("", 500), Unknown("HTTP 500")),
    (Trouble("", 502, body="<html>Bad Gateway</html>"), Unknown("HTTP 502")),
    (Trouble("", 504), Unknown("HTTP 504")),
    (Trouble("internal_error"), Unknown("internal_error")),
    (Trouble("fatal_error"), Unknown("fatal_error")),
    (Trouble(status=0), Unknown("ServerDisconnectedError behind the request")),
    (Trouble(status=0, done=True), Unknown("ServerDisconnectedError behind the request")),
]


def on(work):
    """Do something with a Slack and the way out to it."""

    async def connected():
        async with on_slack(Hearing().house) as (slack, desk):
            return await work(slack, desk)

    return asyncio.run(connected())


def test_every_row_of_the_table():
    async def each(slack, desk):
        found = []
        for trouble, _ in ROWS:
            slack.fail("chat.postMessage", trouble)
            found.append(await desk.send(ROOM, NOTE, mark="7"))
        return found

    assert on(each) == [outcome for _, outcome in ROWS]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}])
def test_a_wait_that_is_no_number_is_left_to_whoever_paces(headers):
    async def limited(slack, desk):
        slack.fail("chat.postMessage", Trouble("", 429, headers))
        return await desk.send(ROOM, NOTE, mark="7")

    outcome = on(limited)
    assert isinstance(outcome, Wait)
    assert math.isnan(outcome.seconds)


def test_no_connection_is_no_sending():
    async def away(slack, desk):
        await slack._runner.cleanup()
        return await desk.send(ROOM, NOTE, mark="7"), await desk.find(ROOM, "7", EPOCH)

    sent, found = on(away)
    assert isinstance(sent, Down)
    assert isinstance(found, Down)


@pytest.mark.parametrize("trouble", [Trouble(status=0, done=True), Trouble("", 500, done=True)])
def test_a_broken_answer_is_one_post_and_is_found_by_its_mark(trouble):
    async def broken(slack, desk):
        slack.fail("chat.postMessage", trouble)
        unknown = await desk.send(ROOM, CARD, mark="7")
        return unknown, await desk.find(ROOM, "7", EPOCH), slack.posts

    unknown, found, posts = on(broken)
    assert isinstance(unknown, Unknown)
    assert len(posts) == 1
    assert found == Sent(posts[0].ts, place="T1/C1")


class TestFind:
    def test_what_never_arrived_is_not_found(self):
        async def lost(slack, desk):
            slack.fail("chat.postMessage", Trouble(status=0))
            await desk.send(ROOM, CARD, mark="7")
            await desk.send(ROOM, CARD, mark="8")
            return await desk.find(ROOM, "7", EPOCH)

        assert on(lost) is None

    def test_a_thread_is_searched_where_the_message_was_for_one(self):
        async def threaded(_, desk):
            address = Address("slack", room="T1/C1", thread="1.1")
            await desk.send(address, CARD, mark="7")
            return await desk.find(ROOM, "7", EPOCH), await desk.find(address, "7", EPOCH)

        in_room, in_thread = on(threaded)
        assert in_room is None
        assert isinstance(in_thread, Sent)

    def test_a_person_is_looked_for_in_their_own_room_also_by_a_new_process(self):
        async def direct(_, desk):
            sent = await desk.send(PERSON, CARD, mark="7")
            desk._rooms.clear()
            return sent, await desk.find(PERSON, "7", EPOCH)

        sent, found = on(direct)
        assert sent == found
        assert sent.place == "T1/DU1"

    @pytest.mark.parametrize(("word", "outcome"), [("invalid_auth", Halt), ("channel_not_found", Refused)])
    def test_a_search_that_fails_says_so(self, word, outcome):
        async def failing(slack, desk):
            slack.fail("conversations.history", Trouble(word))
            return await desk.find(ROOM, "7", EPOCH)

        assert isinstance(on(failing), outcome)


class TestSendAndEdit:
    def test_a_post_carries_the_mark_and_makes_nothing_of_its_text(self):
        async def one(slack, desk):
            await desk.send(ROOM, NOTE, mark="7")
            return slack.posts[0]

        post = on(one)
        assert post.metadata["event_payload"] == {"outbox_id": "7"}
        assert (post.how["parse"], post.how["link_names"], post.how["unfurl_links"]) == ("none", False, False)
        assert post.text == "a note &lt;!channel&gt;"

    def test_a_card_is_edited_where_it_stands(self):
        async def edited(slack, desk):
            sent = await desk.send(PERSON, CARD, mark="7")
            await desk.edit(sent.place, sent.message_id, NOTE)
            return slack.posts

        (post,) = on(edited)
        assert (post.words, post.edits, post.blocks) == ("a note &lt;!channel&gt;", 1, [])

    def test_what_is_gone_cannot_be_edited_and_nobody_is_told(self):
        async def gone(_, desk):
            return await desk.edit("T1/C1", "1.1", CARD)

        assert on(gone) == Refused("message_not_found", fallback=False)
