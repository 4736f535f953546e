"""The shapes of what Slack sends and answers: the small Slack of the tests invents nothing and forgives nothing.

`tests/wire/slack/shapes.json` holds them: the keys of each kind of payload, and what each call is answered that Slack
does not take. They were taken from a strict stand-in for Slack, which is no part of this project. By hand, with it:

    SLACK_TWIN=path/of/slack_twin.py python -m tests.slack_shapes            holds the file to the stand-in
    SLACK_TWIN=path/of/slack_twin.py python -m tests.slack_shapes --record   writes it anew
"""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import ClientSession, web

SHAPES = Path(__file__).parent / "wire" / "slack" / "shapes.json"
LISTS = ("blocks", "values", "bot_profile", "title", "submit", "close")  # what is inside is not of Slack's making
Json = dict[str, Any]

CALLS: tuple[tuple[str, str, Json], ...] = (
    ("a wrong token", "auth.test", {"token": "xoxb-wrong"}),
    ("a wrong app token", "apps.connections.open", {"token": "xapp-wrong"}),
    ("a bot token that connects", "apps.connections.open", {}),
    ("nobody's room", "chat.postMessage", {"channel": "CNOBODY", "text": "x"}),
    ("a private room we are not in", "chat.postMessage", {"channel": "{private}", "text": "x"}),
    ("a public room we are not in", "chat.postMessage", {"channel": "{public}", "text": "x"}),
    ("no words", "chat.postMessage", {"channel": "{room}", "text": ""}),
    ("blocks that are none", "chat.postMessage", {"channel": "{room}", "text": "x", "blocks": [{"type": "nothing"}]}),
    ("a whisper where we are not", "chat.postEphemeral", {"channel": "{public}", "user": "{person}", "text": "x"}),
    ("an edit of nothing", "chat.update", {"channel": "{room}", "ts": "1.000001", "text": "x"}),
    ("an edit that is too long", "chat.update", {"channel": "{room}", "ts": "{ts}", "text": "x" * 4001}),
    ("a link to nothing", "chat.getPermalink", {"channel": "{room}", "message_ts": "1.000001"}),
    ("a room that is there", "conversations.info", {"channel": "{room}"}),
    ("a room that is not ours", "conversations.info", {"channel": "{private}"}),
    ("the history of a room we are not in", "conversations.history", {"channel": "{public}", "oldest": "0"}),
    ("nobody's direct messages", "conversations.open", {"users": "UNOBODY"}),
    ("nobody", "users.info", {"user": "UNOBODY"}),
    ("a form", "views.open", {"trigger_id": "{trigger}", "view": "{view}"}),
    ("a second form", "views.open", {"trigger_id": "{trigger}", "view": "{view}"}),
    ("a form without leave", "views.open", {"trigger_id": "1.2.abc", "view": "{view}"}),
    ("another step of no form", "views.update", {"view_id": "VNOTHING", "view": "{view}"}),
    ("a file that is nowhere", "files.info", {"file": "FNOTHING"}),
    ("an upload of nothing", "files.getUploadURLExternal", {"filename": "a.png", "length": "0"}),
    ("a file that never came", "files.completeUploadExternal", {"files": [{"id": "FNOTHING"}], "channel_id": "{room}"}),
)  # fmt: skip
"""What is asked of Slack, in this order: what it is, the method, the arguments."""

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [{"type": "divider"}]}


def shape(value: object, name: str = "") -> object:
    """The keys of a payload, all the way down; what stands in a list is taken together."""
    if isinstance(value, Mapping):
        return None if name in LISTS else {key: shape(one, key) for key, one in sorted(value.items())}
    if isinstance(value, list) and name not in LISTS:
        together: Json = {}
        for one in value:
            if isinstance(one, Mapping):
                together |= {key: shape(inner, key) for key, inner in sorted(one.items())}
        return [together] if together else []
    return None


async def refusals(url: str, token: str, places: Mapping[str, str]) -> dict[str, str]:
    """What each of CALLS is answered: the error, or "ok". places: what stands in their braces."""
    found = {}
    async with ClientSession() as http:
        for what, method, asked in CALLS:
            filled = {name: _filled(value, places) for name, value in asked.items()}
            headers = {"Authorization": f"Bearer {filled.pop('token', token)}"}
            async with http.post(f"{url}/api/{method}", json=filled, headers=headers) as response:
                answer = await response.json()
            found[what] = "ok" if answer["ok"] else answer["error"]
    return found


def _filled(value: object, places: Mapping[str, str]) -> object:
    if value == "{view}":
        return VIEW
    return value.format(**places) if isinstance(value, str) and value.startswith("{") else value


WORDS = {"type": "plain_text", "text": "x", "emoji": False}
CHOICES = [{"text": WORDS, "value": "x"}, {"text": WORDS, "value": "y"}]
BUTTON = {"type": "button", "action_id": "line:0", "value": "x", "text": WORDS}
ASKED = {**BUTTON, "action_id": "line:1", "confirm": {"title": WORDS, "text": WORDS, "confirm": WORDS, "deny": WORDS}}
MENU = {"type": "overflow", "action_id": "more", "options": CHOICES}
SELECT = {"type": "static_select", "action_id": "end", "options": CHOICES, "placeholder": WORDS}
ROW: Json = {"type": "actions", "elements": [BUTTON, ASKED, MENU, SELECT]}
"""Everything of ours that can be pressed."""


# ---- by hand ---------------------------------------------------------------------------------------------------------


async def of_the_stand_in(module: ModuleType) -> Json:
    """What the stand-in sends when people do what they can do, and what it answers to CALLS."""
    came: list[tuple[str, Json]] = []

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        raw = str(form["payload"]) if "payload" in form else "" if form else await request.text()
        body = json.loads(raw) if raw else {str(key): value for key, value in form.items()}
        came.append((kind(body), body))
        return web.json_response({"options": []} if body.get("type") == "block_suggestion" else {})

    runner = web.AppRunner(app := web.Application())
    app.router.add_post("/slack/events", take)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    desk = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    twin = module.Twin({"request_url": desk})
    await twin.start(port=0)
    person, room, api = "U0ALICE0001", "C0OPS000001", f"{twin.base}/api"
    token = twin.cfg["bot_token"]
    try:
        async with ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:

            async def call(url: str, asked: Json) -> Json:
                async with http.post(url, json=asked) as response:
                    return dict(await response.json())

            search = {"type": "external_select", "action_id": "value", "min_query_length": 0}
            field = {"type": "input", "block_id": "f", "optional": True, "element": search}
            field |= {"label": {"type": "plain_text", "text": "x"}}
            modal = {**VIEW, "submit": {"type": "plain_text", "text": "x"}, "blocks": [field]}
            sent = await call(f"{api}/chat.postMessage", {"channel": room, "text": "x", "blocks": [ROW]})
            typed = await call(
                f"{twin.base}/_command", {"user": person, "channel": room, "command": "case", "text": ""}
            )
            await call(f"{api}/views.publish", {"user_id": person, "view": {"type": "home", "blocks": [ROW]}})
            for place in ({"channel": room, "ts": sent["ts"]}, {"home": True}):
                for pressed in ROW["elements"]:
                    what = {"user": person, "action_id": pressed["action_id"], "value": "x"}
                    await call(f"{twin.base}/_action", what | place)
            await call(f"{api}/views.open", {"trigger_id": typed["trigger_id"], "view": modal})
            await call(f"{twin.base}/_options", {"user": person, "action_id": "value", "value": "m"})
            await call(f"{twin.base}/_submit", {"user": person})
            await call(f"{twin.base}/_shortcut", {"user": person, "callback_id": "x"})
            await call(
                f"{twin.base}/_shortcut", {"user": person, "callback_id": "x", "channel": room, "ts": sent["ts"]}
            )
            await call(f"{twin.base}/_say", {"user": person, "dm": True, "text": "x"})
            await call(f"{twin.base}/_say", {"user": person, "channel": room, "text": "x", "mention": True})
            await call(f"{twin.base}/_home", {"user": person})
            fresh = await call(f"{twin.base}/_command", {"user": person, "channel": room, "command": "x", "text": ""})
        places = {
            "room": room,
            "public": "C0RANDOM001",
            "private": "C0SECRET001",
            "person": person,
            "ts": sent["ts"],
            "trigger": fresh["trigger_id"],
        }
        answered = await refusals(twin.base, token, places)
    finally:
        await twin.stop()
        await runner.cleanup()
    return {"payloads": {name: shape(body) for name, body in came if name}, "answers": answered}


def kind(body: Json) -> str:
    """What a payload is called here; empty for what the desk is not told."""
    if "command" in body:
        return "command"
    if body.get("type") == "event_callback":
        event = body["event"]
        direct = event["type"] == "message" and event["channel_type"] == "im"
        return f"event {event['type']}" if direct or event["type"] != "message" else ""
    if body["type"] == "block_actions":
        [action] = body["actions"]
        what = "press" if action["type"] == "button" else f"press of {action['type']}"
        what += " that asks" if "confirm" in action else ""
        return f"{what} in the home" if body["container"]["type"] == "view" else what
    return str(body["type"])


def main() -> int:
    """Compare, or record. 1 where they differ."""
    spec = importlib.util.spec_from_file_location("slack_twin", os.environ["SLACK_TWIN"])  # noqa: TID251 - no setting of the desk
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = json.dumps(asyncio.run(of_the_stand_in(module)), indent=1, sort_keys=True) + "\n"
    if "--record" in sys.argv:
        SHAPES.write_text(found, encoding="utf-8")
    return int(found != SHAPES.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
