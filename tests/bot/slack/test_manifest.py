"""The manifest is one that Slack takes, has every command, and asks for what is used and no more."""

import json
import re
from pathlib import Path

import pytest

from bot.adapters.contract import ATTACH
from bot.adapters.slack.manifest import EVENTS, REDIRECT_PATH, SCOPES
from bot.adapters.slack.shortcuts import HOME_LINE, SHORTCUTS
from bot.cli.main import main
from handlers import COMMANDS
from handlers.language.grammar import read
from handlers.language.parsing import find

HOUSE = Path(__file__).parents[3]
URL = "https://desk.example/slack/events"
RESERVED = {"status", "search", "remind", "me", "help", "who", "invite", "leave", "away", "dnd", "msg", "topic"}
# Source: slackapi/manifest-schema, schema 2.0.0: (least, most) characters; sets are words; others are types.
SCHEMA = {
    "_metadata": {"major_version": int, "minor_version": int},
    "display_information": {"name": (1, 35), "description": (1, 140), "background_color": (4, 7)},
    "features": {
        "app_home": {
            "home_tab_enabled": bool,
            "messages_tab_enabled": bool,
            "messages_tab_read_only_enabled": bool,
        },
        "bot_user": {"display_name": (1, 80), "always_online": bool},
        "shortcuts": [
            {"name": (1, 24), "type": {"message", "global"}, "callback_id": (1, 255), "description": (1, 150)}
        ],
        "slash_commands": [
            {
                "command": (2, 32),
                "description": (1, 2000),
                "usage_hint": (1, 1000),
                "should_escape": bool,
                "url": (1, 3000),
            }
        ],
    },
    "oauth_config": {"scopes": {"bot": [(1, 50)]}, "redirect_urls": [(1, 500)]},
    "settings": {
        "event_subscriptions": {"bot_events": [(1, 50)], "request_url": (1, 3500)},
        "interactivity": {"is_enabled": bool, "request_url": (1, 3500), "message_menu_options_url": (1, 3500)},
        "org_deploy_enabled": bool,
        "socket_mode_enabled": bool,
        "token_rotation_enabled": bool,
    },
}


def refused(found, wanted, where="manifest") -> list[str]:
    """What Slack's schema says against it."""
    if isinstance(wanted, dict):
        strange = [f"{where}.{name} is no name of Slack's" for name in found.keys() - wanted.keys()]
        known = found.keys() & wanted.keys()
        return strange + [wrong for name in known for wrong in refused(found[name], wanted[name], f"{where}.{name}")]
    if isinstance(wanted, list):
        return [wrong for n, one in enumerate(found) for wrong in refused(one, wanted[0], f"{where}[{n}]")]
    if isinstance(wanted, tuple):
        return [] if wanted[0] <= len(found) <= wanted[1] else [f"{where} has {len(found)} characters"]
    fits = found in wanted if isinstance(wanted, set) else isinstance(found, wanted)
    return [] if fits else [f"{where} is {found!r}"]


@pytest.fixture(
    params=[(), ("--http", URL), ("--public", "https://other.example/")], ids=["socket", "http", "several workspaces"]
)
def manifest(request, capsys):
    assert main(["manifest", "slack", *request.param]) == 0
    return json.loads(capsys.readouterr().out)


def test_slack_takes_it(manifest):
    assert refused(manifest, SCHEMA) == []
    assert len(manifest["features"]["slash_commands"]) <= 50
    assert len(manifest["features"]["shortcuts"]) <= 10


def test_every_family_is_a_command_that_slack_has_not_reserved(manifest):
    words = [one["command"].removeprefix("/") for one in manifest["features"]["slash_commands"]]
    assert words == list(COMMANDS.families)
    assert not RESERVED & set(words)


def test_only_over_http_it_says_where_we_are(manifest):
    urls = re.findall(r"https://desk\S+?(?=\")", json.dumps(manifest))
    assert set(urls) <= {URL}
    assert bool(urls) != manifest["settings"]["socket_mode_enabled"]
    assert len(urls) in (0, len(COMMANDS.families) + 3)


def test_only_for_several_workspaces_it_says_where_browsers_come_back_to(manifest):
    urls = re.findall(r"https://other\S+?(?=\")", json.dumps(manifest))
    assert urls == manifest["oauth_config"].get("redirect_urls", [])
    assert set(urls) <= {"https://other.example/slack/oauth_redirect"}


def test_the_manifest_of_several_workspaces_names_the_address_that_is_served(capsys):
    main(["manifest", "slack", "--public", "https://other.example"])
    (url,) = json.loads(capsys.readouterr().out)["oauth_config"]["redirect_urls"]
    assert url == f"https://other.example{REDIRECT_PATH}"


def test_every_shortcut_and_button_of_the_home_is_a_command():
    lines = [one.line for one in SHORTCUTS] + [HOME_LINE] + [ATTACH]
    for line in lines:
        assert find(read(line)[0], COMMANDS)
    note = next(one for one in SHORTCUTS if one.takes)
    assert note.takes in [one.typed_name for one in COMMANDS[note.line].parameters]


def test_each_scope_is_used_and_its_reason_stands_in_the_documents():
    page = (HOUSE / "docs" / "slack.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w:.]+)` \| (.+) \|$", page, re.MULTILINE))
    assert {scope: rows.get(scope) for scope in SCOPES} == SCOPES
    assert all(event in page for event in EVENTS)
