"""Payloads as Slack sends them: what was said, by whom, where; and what is no message to the desk."""

import json
from pathlib import Path

import pytest

from bot.adapters.slack import modal, wire

SAMPLES = Path(__file__).parents[2] / "wire" / "slack"


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def test_a_command_is_the_line_that_was_typed_in_that_room():
    asked = wire.command(sample("command_in_room"))
    assert asked.inbound.text == "/case open “Fake <shop> & co” category:fraud"
    assert (asked.inbound.account, asked.inbound.room) == ("T0AGENCY/U0OFFICER", "T0AGENCY/C0CASES")
    assert asked.inbound.key == "slack:13345224609.738474920.8088930838d88f008e0"
    assert asked.response_url == "https://hooks.slack.com/commands/T0AGENCY/1/x"


def test_between_a_person_and_the_desk_there_is_no_room():
    asked = wire.command(sample("command_alone"))
    assert (asked.inbound.text, asked.inbound.room, asked.channel) == ("/overdue", "", "D0OFFICER")


def test_a_button_is_the_line_it_carries():
    asked = wire.press(sample("button_in_thread"))
    assert asked.inbound.text == "request acknowledge CCW-2026-0042/3"
    assert (asked.inbound.room, asked.thread) == ("T0AGENCY/C0CASES", "1772441000.000100")
    assert (asked.inbound.key, asked.trigger) == ("slack:3.3.c", "3.3.c")


def test_a_button_of_the_home_is_nowhere():
    asked = wire.press(sample("button_in_home"))
    assert (asked.inbound.text, asked.inbound.room, asked.response_url) == ("case open", "", "")


def test_a_button_without_a_line_says_nothing():
    assert wire.press(sample("button_without_a_line")) is None


def test_a_direct_message_is_read_as_it_was_typed():
    asked = wire.event(sample("direct_message"))
    assert asked.inbound.text == "case note 42 see shop.example, write to a@b.example & tell @here"
    assert (asked.inbound.key, asked.inbound.room) == ("slack:Ev0001", "")


def test_a_mention_is_answered_in_its_thread():
    asked = wire.event(sample("mention"))
    assert (asked.inbound.text, asked.inbound.room) == ("case status 42", "T0AGENCY/C0CASES")
    assert asked.thread == "1772441000.000100"


@pytest.mark.parametrize("name", ["own_message", "edited_message", "deleted_message", "talk_in_room", "reaction"])
def test_what_is_not_said_to_the_desk_is_no_message(name):
    assert wire.event(sample(name)) is None


def test_a_form_says_what_was_filled_in_where_it_was_opened():
    body = sample("form_sent")
    filled = {"title": "Fake shop", "category": "fraud", "data": "bsi,ip_logs", "on": "2026-03-02"}
    assert modal.values(body["view"]) == filled
    asked = wire.from_view(body, "case open ...")
    assert (asked.inbound.room, asked.channel, asked.inbound.key) == (
        "T0AGENCY/C0CASES",
        "C0CASES",
        "slack:V0FORM:cbfbe01c6c7bbfd6816ec93a0983a609",
    )


@pytest.mark.parametrize(
    ("body", "workspace"),
    [
        ({"team_id": "T1", "user_id": "U1"}, "T1"),
        ({"team_id": "T9", "authorizations": [{"team_id": "T1"}]}, "T1"),
        ({"team": {"id": "T1"}, "user": {"id": "U9", "team_id": "T9"}}, "T1"),
        ({"team": None, "user": {"id": "U1", "team_id": "T1"}}, "T1"),
        ({"team": {"id": "T9"}, "user": {"id": "U9"}, "view": {"app_installed_team_id": "T1"}}, "T1"),
    ],
    ids=["a command", "an event in a shared channel", "a button", "in an organisation", "a form opened elsewhere"],
)
def test_the_workspace_is_the_one_whose_installation_heard_it(body, workspace):
    assert wire.workspace(body) == workspace


def test_a_shortcut_is_used_in_the_thread_of_its_message():
    asked = wire.from_shortcut(sample("shortcut_on_message"), "case note")
    assert (asked.inbound.room, asked.thread) == ("T0AGENCY/C0CASES", "1772441000.000100")


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("<@U1|amina>, <@W2>, <#C1|cases>", "@U1, @W2, #cases"),
        ("<!subteam^S1|@officers>", "@officers"),
        ("<!date^1772442000^{date}|2 March>", "2 March"),
        ("<https://a.example/x|the page>", "the page (https://a.example/x)"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        ("a\u200bb", "a\u200bb"),
    ],
)
def test_text_is_read_as_it_was_typed(sent, typed):
    assert wire.typed(sent) == typed
