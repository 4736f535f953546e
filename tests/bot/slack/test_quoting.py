"""A message that becomes a note: who wrote it and when, and every word of it, however long it is."""

import asyncio

import pytest
from sqlalchemy import select

from bot.adapters.house import House
from bot.adapters.slack.quoting import LINE_CHARACTERS, parts
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.models import Note
from tests.bot.slack.stage import on_slack
from tests.fake_slack import TEAM

WORDS = " ".join(f"word{n}" for n in range(5_000))


@pytest.fixture
def noted(sqlite_store, clock):
    """What stands on a case after a message was added to it, and what the form asked."""
    del clock
    account = [f"slack:{TEAM}/U1"]
    sqlite_store.write(
        lambda work: people.enrol_at(work, "Night Officer", "PK-FIA-CCW", Role.OFFICER, account)
    ).result()
    renderer = Renderer()
    forms = FormBuilder(sqlite_store, COMMANDS, renderer)
    house = House(Dispatch(sqlite_store, COMMANDS, renderer).receive, forms, Services(sqlite_store, COMMANDS))

    def on(text: str, *refs: str, **message):
        async def story():
            async with on_slack(house) as (slack, _):
                await slack.command("U1", '/case open "Fake shop" category:fraud label:amber', channel="C1")
                slack.posts[0].text, slack.posts[0].to = text, ""
                await slack.shortcut("U1", "add_to_case", slack.posts[0], user="U2", **message)
                form = slack.forms["U1"]
                acks = [await slack.submit("U1", ref=ref) for ref in refs or ("1",)]
                return [block["block_id"] for block in form["blocks"] if block["type"] == "input"], acks

        fields, acks = asyncio.run(story())
        query = select(Note.text).order_by(Note.id)
        return sqlite_store.read(lambda work: list(work.session.scalars(query))).result(), fields, acks

    return on


def test_it_says_who_wrote_it_and_when_in_the_zone_of_whoever_files_it(noted):
    [note], fields, _ = noted("it is down again")
    assert note.startswith("Name of U2, 15 Jan 2027, 13:00 PKT:\nit is down again\n")
    assert fields == ["ref", "text"]


def test_a_message_of_a_program_has_the_name_it_posts_under(noted):
    [note], *_ = noted("it is down again", bot_profile={"name": "Watchdog"})
    assert note.startswith("Watchdog, ")


@pytest.mark.parametrize("characters", [2_900, 3_400, 6_900, 20_000])
def test_no_word_of_a_long_one_is_lost(noted, characters):
    text = WORDS[:characters]
    notes, fields, [ack] = noted(text)
    assert set(text.split()) <= set(" ".join(notes).split())
    assert fields == (["ref", "text"] if characters < 2_950 else ["ref"])
    assert len(notes) == (3 if characters == 20_000 else 1)
    assert ack.body == {}


def test_a_wrong_case_is_said_beside_its_field_and_the_words_are_still_there(noted):
    text = WORDS[:6_000]
    [note], _, [wrong, ack] = noted(text, "99", "1")
    assert wrong.body["response_action"] in ("errors", "update")
    assert text in note
    assert ack.body == {}


def test_a_part_fits_a_line_whatever_it_holds():
    pieces = parts('"' * 30_000, lambda text: "case note text:" + text.replace('"', '\\"'))
    assert all(len(piece) * 2 <= LINE_CHARACTERS for piece in pieces)
    assert sum(piece.count('"') for piece in pieces) == 30_000
