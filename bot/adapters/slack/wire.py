"""Slack's payloads -> what a person said, and where they can be answered. Pure: it calls nobody.

In: the body of a command, a button, a form, a shortcut or an event, as Slack sends it. Out: `Asked`, whose `inbound`
goes to the desk; None for what is no message to the desk (our own posts, edits, joins, other people's talk).
Keys: `event_id` for events, which Slack repeats until it is answered; for a form that was sent, its view and what it
says, because whoever reads "Try again?" sends the same once more; `trigger_id` for the rest. A person is "TEAM/USER", a
room "TEAM/CHANNEL"; between a person and the desk alone there is no room. A mention is "@" and the person's id.
Source: docs.slack.dev, "Slash commands", "Interaction payloads", "Events API", "Formatting message text".
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.adapters.contract import ATTACH, Inbound, Upload

PLATFORM = "slack"
Payload = Mapping[str, Any]

_SPECIAL = re.compile(r"<(?P<sign>[@#!]?)(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_CALLED = re.compile(r"^\s*<@[^<>]*>\s*")
_SUBTYPES = (None, "file_share", "thread_broadcast")
TURN = "turn"  # how the id of a button begins whose answer takes the place of its message
_DIRECT = "D"  # how the ids of rooms between a person and the desk begin


@dataclass(frozen=True)
class Asked:
    """A message, and the ways to answer whoever sent it.

    channel: where it was said, also between two; empty from a form or the App Home that was opened nowhere.
    thread: of the message it belongs to. response_url, trigger: Slack's permission to answer there, to open a form.
    workspace: whose token reaches them. turns: the answer takes the place of the message they see it asked from.
    kept: where what no form has room for is remembered (`quoting.py`).
    """

    inbound: Inbound
    user: str
    channel: str = ""
    thread: str = ""
    response_url: str = ""
    trigger: str = ""
    workspace: str = ""
    turns: bool = False
    kept: str = ""


def command(body: Payload) -> Asked:
    """A slash command: `/case open ...`."""
    return _asked(
        body,
        team=body["team_id"],
        user=body["user_id"],
        channel=body["channel_id"],
        key=body["trigger_id"],
        text=f"{body['command']} {typed(body.get('text') or '')}".strip(),
    )


def press(body: Payload) -> Asked | None:
    """A button, or an entry of a menu: the line it carries. None for what carries none."""
    action = body["actions"][0]
    line = action.get("value") or (action.get("selected_option") or {}).get("value", "")
    if not line:
        return None
    place = body.get("container", {})
    asked = _asked(
        body,
        team=team(body),
        user=body["user"]["id"],
        channel=place.get("channel_id", ""),
        thread=place.get("thread_ts", ""),
        key=body["trigger_id"],
        text=line,
    )
    own = place.get("is_ephemeral") or not asked.inbound.room
    return replace(asked, turns=bool(own) and action.get("action_id", "").startswith(TURN))


def event(body: Payload) -> Asked | None:
    """Words to the desk: a direct message, or a mention in a room. None for any other event."""
    said: Payload = body["event"]
    direct = said["type"] == "message" and said.get("channel_type") == "im"
    ours = "bot_id" in said or said.get("subtype") not in _SUBTYPES or "user" not in said
    if ours or not (direct or said["type"] == "app_mention"):
        return None
    return _heard(body, said)


def edited(body: Payload) -> Asked | None:
    """Words to the desk alone, changed after they were sent. None for any other event; a preview is no edit."""
    said: Payload = body["event"]
    message, before = said.get("message") or {}, said.get("previous_message") or {}
    direct = said.get("subtype") == "message_changed" and said.get("channel_type") == "im"
    if not direct or "bot_id" in message or "user" not in message or message.get("text") == before.get("text"):
        return None
    return _heard(body, message)


def from_view(body: Payload, text: str) -> Asked:
    """What a form says as it is filled in; answered where the form was opened."""
    place = json.loads(body["view"]["private_metadata"])
    asked = _asked(
        body,
        team=team(body),
        user=body["user"]["id"],
        channel=place["channel"],
        thread=place["thread"],
        key=f"{body['view'].get('id', '')}:{hashlib.sha256(text.encode()).hexdigest()[:32]}",
        text=text,
    )
    asked = replace(asked, inbound=replace(asked.inbound, anew=True), kept=place.get("kept", ""))
    return with_files(asked, tuple(Upload(*file) for file in place.get("files", ())))


def from_shortcut(body: Payload, text: str) -> Asked:
    """A line that a shortcut stands for."""
    return _asked(
        body,
        team=team(body),
        user=body["user"]["id"],
        channel=body.get("channel", {}).get("id", ""),
        thread=body.get("message", {}).get("thread_ts", ""),
        key=body["trigger_id"],
        text=text,
    )


def home(body: Payload) -> Asked:
    """Whoever opened the App Home."""
    return _asked(body, team=body["team_id"], user=body["event"]["user"], channel="", key=body["event_id"], text="")


def at_home(asked: Asked, line: str) -> Asked:
    """A line that nobody typed, read for the App Home of whoever said something, or opened it."""
    came = asked.inbound
    read = Inbound(
        PLATFORM, f"{came.key}:home:{line}", came.account, line, workspace=came.workspace, guest=came.guest, typed=False
    )
    return Asked(read, asked.user, workspace=asked.workspace)


def team(body: Payload) -> str:
    """The workspace of whoever acts: in an organisation without one, the person's own."""
    return str((body.get("team") or {}).get("id") or body["user"].get("team_id") or "")


def workspace(body: Payload) -> str:
    """The workspace whose installation heard it: in a shared channel, not always that of whoever acts."""
    installed_in = (body.get("view") or {}).get("app_installed_team_id")
    heard_by = [one.get("team_id") for one in body.get("authorizations") or ()]
    return str(installed_in or next(iter(heard_by), None) or body.get("team_id") or team(body))


def uploads(body: Payload, message: Payload, link: str = "") -> tuple[Upload, ...]:
    """The files of a message that are still there. link: where the message stands; else where the file does."""
    team, files = workspace(body), [file for file in message.get("files", ()) if file.get("mode") != "tombstone"]
    return tuple(
        Upload(f"{team}/{one['id']}", one.get("name") or one["id"], one.get("size"), link or one.get("permalink", ""))
        for one in files
    )


def with_files(asked: Asked, files: tuple[Upload, ...]) -> Asked:
    """The same message, with files."""
    return replace(asked, inbound=replace(asked.inbound, files=files))


def typed(text: str) -> str:
    """The text of a message as it was typed: without Slack's `&lt;`, `<https://a.example|a.example>`, `<!here>`."""
    plain = _SPECIAL.sub(_as_typed, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _as_typed(found: re.Match[str]) -> str:
    sign, target, label = found["sign"], found["target"], found["label"]
    if sign == "!":
        return label or "@" + target.partition("^")[0]
    if sign == "@":
        return sign + target
    if sign:
        return sign + (label or target)
    target = target.removeprefix("mailto:")
    if not label or label == target:
        return target
    return label if target.endswith(f"//{label}") else f"{label} ({target})"


def _heard(body: Payload, message: Payload) -> Asked:
    """The message that an event tells of."""
    files = uploads(body, message)
    asked = _asked(
        body,
        team=body["team_id"],
        user=message["user"],
        channel=body["event"]["channel"],
        thread=message.get("thread_ts", ""),
        key=body["event_id"],
        text=typed(_without_us(message)) or (ATTACH if files else ""),
    )
    return with_files(asked, files)


def _without_us(message: Payload) -> str:
    """Its text, without the mention of the desk that it begins with: that is how it is called, and no word to it."""
    text = str(message.get("text") or "")
    return _CALLED.sub("", text, count=1) if message.get("type") == "app_mention" else text


def _asked(body: Payload, *, team: str, user: str, channel: str, key: str, text: str, thread: str = "") -> Asked:
    room = "" if not channel or channel.startswith(_DIRECT) else f"{team}/{channel}"
    home, shared = workspace(body), bool(room and body.get("is_ext_shared_channel"))
    inbound = Inbound(PLATFORM, f"{PLATFORM}:{key}", f"{team}/{user}", text, room, workspace=home, shared=shared)
    permission, trigger = body.get("response_url", ""), body.get("trigger_id", "")
    return Asked(inbound, user, channel, thread, permission, trigger, workspace(body))
