"""The manifest of the Slack app: paste it at api.slack.com/apps, "From an app manifest".

In: the families of commands, and where Slack (nowhere: Socket Mode) and browsers that install the app reach the desk.
Out: a dictionary for JSON.
Every scope stands here with its reason, and nowhere else.
Source: docs.slack.dev, "App manifest reference" (names 35, shortcuts 24, descriptions 140 and 150, usage hints 1,000).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.shortcuts import SHORTCUTS

SCOPES = {
    "app_mentions:read": "a mention of the desk in a room is a command",
    "channels:history": "a notice whose sending broke off is looked for, so that it is not said twice; public rooms",
    "channels:read": "whether a room is shared with another organisation, where less is shown; public rooms",
    "chat:write": "answers, notices and cards",
    "commands": "slash commands, shortcuts, forms",
    "files:read": "a file that is sent to the desk becomes an attachment of a case",
    "files:write": "a file somebody asks for, or an export, is uploaded to them",
    "groups:history": "the same in private rooms",
    "groups:read": "the same of private rooms: whether they are shared",
    "im:history": "direct messages to the desk are commands; and the same between two",
    "im:write": "a notice reaches a person who has not written yet",
    "users:read": "whether somebody is a guest, or of another workspace, to whom less is shown",
}
EVENTS = (
    *("app_home_opened", "app_mention", "app_uninstalled", "channel_shared", "channel_unshared"),
    *("message.im", "tokens_revoked"),
)
INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
NAME = "Rogatory"


@dataclass(frozen=True)
class Family:
    """One slash command: its first word, what it is for, what can follow."""

    word: str
    description: str
    usage_hint: str


def manifest(families: Iterable[Family], request_url: str = "", public_url: str = "") -> dict[str, Any]:
    """The whole manifest.

    request_url: where the desk is reached over HTTP; empty for Socket Mode. public_url: where browsers reach it, for
    several workspaces; empty for one.
    """
    url = {"url": request_url} if request_url else {}
    posted = {"request_url": request_url} if request_url else {}
    redirects = {"redirect_urls": [public_url.rstrip("/") + REDIRECT_PATH]} if public_url else {}
    menus = {"message_menu_options_url": request_url} if request_url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": "A desk for cross-border information requests",
            "background_color": "#1f3044",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [
                {"name": one.name, "type": one.on, "callback_id": one.callback_id, "description": one.description}
                for one in SHORTCUTS
            ],
            "slash_commands": [
                {
                    "command": f"/{family.word}",
                    "description": family.description,
                    "usage_hint": family.usage_hint,
                    "should_escape": True,  # a mention comes as the id of a person, not as a name
                    **url,
                }
                for family in families
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}, **redirects},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS), **posted},
            "interactivity": {"is_enabled": True, **posted, **menus},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not request_url,
            "token_rotation_enabled": False,
        },
    }
