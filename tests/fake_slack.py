"""A small Slack on this machine: the Web API and signed requests over HTTP, Socket Mode over WebSocket.

In: what people do (`command`, `say`, `press`, `submit`, `search`, `shortcut`, `open_home`), and how calls fail
(`fail`). Out: what stands there then: posts, forms, homes. It has a memory, and it refuses blocks that Slack refuses.
One workspace, T1, unless the app was installed in others (`app`): `team` is the one where people act. Whoever speaks is
in every room, and so is the desk, but for those in `absent`; the room between a person U1 and the desk is DU1. Nobody
has an id with NOBODY in it. What it sends and refuses is held to Slack's shapes (`tests/slack_shapes.py`).
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import ClientSession, WSMsgType, web

from tests.bot.slack.reading import Json, check_view, pressable, presses, refusal, words
from tests.slack_app import SlackApp
from tests.slack_files import SlackFiles

APP, VERIFICATION = "ADESK", "verification-token-of-the-tests"
TEAM, BOT, SECRET = "T1", "UBOT", "signing-secret-of-the-tests"
BOT_TOKEN, APP_TOKEN = "xoxb-of-the-tests", "xapp-of-the-tests"
USES = 5  # of a permission to answer
CHARACTERS, EDITED_CHARACTERS = 40_000, 4_000
NO_ACK_SECONDS = 0.5  # how long a payload without an "ok" is waited for


@dataclass
class Post:
    """A message that stands somewhere. to: the only person who sees it; empty for everybody."""

    channel: str
    text: str
    blocks: list[Json]
    ts: str
    to: str = ""
    thread: str = ""
    metadata: Json = field(default_factory=dict)
    edits: int = 0
    how: Json = field(default_factory=dict)
    team: str = ""

    @property
    def words(self) -> str:
        """What a reader reads."""
        return words(self.blocks) if self.blocks else self.text

    def buttons(self) -> dict[str, Json]:
        """Label -> what a press of it sends: of a button, of an entry of a menu, of the button beside an entry."""
        return {label: action for one in pressable(self.blocks) for label, action in presses(one)}


@dataclass
class Permission:
    """To answer somebody, in the room they asked in; `post`: the message whose button they pressed."""

    user: str
    channel: str
    post: Post | None = None
    uses: int = 0


@dataclass(frozen=True)
class Trouble:
    """How a call goes wrong. done: although Slack did it. status 0: the connection breaks. silent: until `speak`."""

    error: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    body: str = ""
    silent: bool = False


@dataclass(frozen=True)
class Ack:
    """What came back for a payload; status 0 where nothing did."""

    status: int
    body: Json


class FakeSlack:
    """Use as `async with`; `desk_url` is where it posts to, unless the desk has opened a socket.

    quiet: given by whoever connects the two; returns when the desk does nothing more behind its answers.
    """

    quiet: Callable[[], Awaitable[None]]

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.forms: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.calls: list[tuple[str, Json]] = []
        self.response_urls: list[str] = []
        self.url = self.desk_url = ""
        self.app, self.team, self._speaks_for = SlackApp({BOT_TOKEN: TEAM}), TEAM, ""
        self.files = SlackFiles()
        self.outside: dict[str, Json] = {}  # what is not as usual of a person or a room, by its id
        self.absent: dict[str, str] = {}  # rooms that the desk is not in: public or private
        self.others = 0  # connections of other desks
        self._permissions: dict[str, Permission] = {}
        self._triggers: dict[str, bool] = {}  # whether a form was opened with it
        self._written: dict[str, dict[tuple[str, str], str | list[str]]] = {}  # into a form, by its view
        self.connected = asyncio.Event()
        self._troubles: dict[str, deque[Trouble]] = {}
        self._news, self._silence = asyncio.Event(), asyncio.Event()
        self._numbers = count(1)
        self._acks: dict[str, asyncio.Future[Json]] = {}

    async def __aenter__(self) -> Self:
        served = web.Application()
        served.router.add_route("*", "/api/{method}", self._api)
        served.router.add_post("/respond/{place}", self._respond)
        served.router.add_get("/socket", self._socket)
        served.router.add_routes(self.files.routes())
        self._runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self._runner.cleanup()

    def fail(self, method: str, *troubles: Trouble) -> None:
        """The next calls of a method go wrong, one by one; then it works again."""
        self._troubles.setdefault(method, deque()).extend(troubles)

    def speak(self) -> None:
        """End the silence."""
        self._silence.set()

    async def until(self, so: Callable[[], bool]) -> None:
        """Return when something is so; looked at again whenever the desk has called."""
        while not so():
            self._news.clear()
            await self._news.wait()

    def seen_by(self, user: str, channel: str = "") -> list[Post]:
        """What a person sees in a room; in theirs with the desk, where none is named."""
        here = channel or f"D{user}"
        return [post for post in self.posts if post.channel == here and post.to in ("", user)]

    # ---- what people do ----

    async def command(self, user: str, line: str, *, channel: str = "", key: str = "") -> Ack:
        """Type a slash command; its immediate answer becomes a post."""
        word, _, text = line.partition(" ")
        place = channel or f"D{user}"
        body = {
            "token": VERIFICATION, "team_id": self.team, "team_domain": "agency", "channel_id": place,
            "channel_name": _channel_name(place), "user_id": user, "user_name": user.lower(), "command": word,
            "text": escaped(text), "api_app_id": APP, "is_enterprise_install": "false",
            "response_url": self._permission(user, place), "trigger_id": self._trigger(user, key),
        }  # fmt: skip
        ack = await self.deliver("slash_commands", body)
        if ack.body.get("text"):
            self._post(place, ack.body, to=_reader(ack.body, user))
        return ack

    async def say(self, user: str, text: str, *, channel: str = "", key: str = "", **more: object) -> Ack:
        """Write to the desk directly, or mention it in a room."""
        kind = {"type": "app_mention"} if channel else {"type": "message", "channel_type": "im"}
        words = f"<@{BOT}> {escaped(text)}" if channel else escaped(text)
        ts = self._ts()
        event = {"user": user, "text": words, "channel": channel or f"D{user}", "ts": ts, "event_ts": ts, **kind}
        event |= {"client_msg_id": self._next("typed"), "team": self.team, "blocks": [], **more}
        return await self.event(event, key=key)

    async def event(self, event: Json, *, key: str = "") -> Ack:
        """Any event."""
        heard_by = {"team_id": self.team, "user_id": BOT, "enterprise_id": None}
        body = {
            "token": VERIFICATION, "team_id": self.team, "context_team_id": self.team, "context_enterprise_id": None,
            "api_app_id": APP, "event": event, "type": "event_callback", "event_id": key or self._next("Ev"),
            "event_time": 1_800_000_000, "is_ext_shared_channel": False, "event_context": "4-x",
            "authorizations": [{**heard_by, "is_bot": True, "is_enterprise_install": False}],
        }  # fmt: skip
        return await self.deliver("events_api", body)

    async def press(self, user: str, post: Post, label: str) -> Ack:
        """Press a button of a message."""
        place = {"type": "message", "channel_id": post.channel, "message_ts": post.ts, "is_ephemeral": bool(post.to)}
        permission = self._permission(user, post.channel)
        if permission in self._permissions:
            self._permissions[permission].post = post
        return await self._interact(
            user,
            type="block_actions",
            container=place | ({"thread_ts": post.thread} if post.thread else {}),
            channel={"id": post.channel, "name": _channel_name(post.channel)},
            actions=[self._pressed(post.blocks, label)],
            state={"values": {}},
            response_url=permission,
            **({} if post.to else {"message": self._shown(post)}),
        )

    async def press_home(self, user: str, label: str) -> Ack:
        """Press a button of the App Home."""
        view = self.homes[user]
        return await self._interact(
            user,
            type="block_actions",
            container={"type": "view", "view_id": view["id"]},
            view=view,
            state={"values": {}},
            actions=[self._pressed(view["blocks"], label)],
        )

    async def submit(self, user: str, **values: str | list[str]) -> Ack:
        """Fill in these fields of the open form, keep the others, and send it. It goes where the answer says."""
        ack = await self._interact(user, type="view_submission", view=self._filled(user, values), response_urls=[])
        if ack.status == 200 and ack.body.get("response_action") == "update":
            self._turn_into(user, ack.body["view"])
        elif ack.status == 200 and not ack.body:
            del self.forms[user]
        return ack

    async def fill(self, user: str, **values: str | list[str]) -> Ack | None:
        """Fill in these fields of the open form; each that decides what else is asked tells the desk at once."""
        ack = None
        for name, value in values.items():
            view = self._filled(user, {name: value})
            block = next(one for one in view["blocks"] if one.get("block_id") == _block(view, name))
            if block.get("dispatch_action"):
                entry = {"action_id": block["element"]["action_id"], "block_id": block["block_id"]}
                held = {"type": "view", "view_id": view["id"]}
                ack = await self._interact(
                    user, type="block_actions", view=view, container=held, actions=[entry], state=view["state"]
                )
        return ack

    async def search(self, user: str, name: str, typed: str, **values: str | list[str]) -> list[str]:
        """Fill in these fields of the open form, then type into one of its lists: the values that are offered.

        Slack says what is typed there and nothing of what is filled in (slackapi/bolt-js#1146).
        """
        self._filled(user, values)
        form = self.forms[user]
        container = {"type": "view", "view_id": form["id"]}
        said = {"block_id": name, "action_id": "value", "value": typed}
        ack = await self._interact(user, type="block_suggestion", container=container, view=form, **said)
        return [option["value"] for option in ack.body["options"]]

    def _filled(self, user: str, values: Mapping[str, str | list[str]]) -> Json:
        """The open form with what is filled in, now and before."""
        form = self.forms[user]
        fields = {block["block_id"]: block["element"] for block in form["blocks"] if block["type"] == "input"}
        written = self._written.setdefault(form["id"], {})  # by block and action, as Slack keeps it
        for name, value in values.items():
            block = _block(form, name)
            written[block, fields[block]["action_id"]] = value
        state = {
            name: {element["action_id"]: _entry(element, written.get((name, element["action_id"])))}
            for name, element in fields.items()
        }
        return {**form, "state": {"values": state}}

    async def shortcut(self, user: str, name: str, post: Post | None = None, /, **message: object) -> Ack:
        """Choose a shortcut, of the workspace or of a message."""
        chosen = {"callback_id": name, "action_ts": self._ts()}
        if post is None:
            return await self._interact(user, type="shortcut", **chosen)
        assert not post.to, "nobody has this menu on a message that only they see"
        place = {"id": post.channel, "name": _channel_name(post.channel)}
        return await self._interact(
            user,
            type="message_action",
            **chosen,
            channel=place,
            message_ts=post.ts,
            message=self._shown(post) | message if "user" not in message else _by_a_person(post, message),
            response_url=self._permission(user, post.channel),
        )

    async def open_home(self, user: str) -> Ack:
        """Look at the App Home."""
        seen = {"view": self.homes[user]} if user in self.homes else {}
        opened = {"type": "app_home_opened", "user": user, "tab": "home", "channel": f"D{user}"}
        return await self.event({**opened, "event_ts": self._ts(), **seen})

    async def _interact(self, user: str, **payload: object) -> Ack:
        person = {"id": user, "username": user.lower(), "name": user.lower(), "team_id": self.team}
        body = {
            "team": {"id": self.team, "domain": "agency"}, "enterprise": None, "is_enterprise_install": False,
            "api_app_id": APP, "token": VERIFICATION, "user": person,
        }  # fmt: skip
        trigger = {} if payload["type"] == "block_suggestion" else {"trigger_id": self._trigger(user)}
        return await self.deliver("interactive", {**body, **trigger, **payload})

    def _pressed(self, blocks: list[Json], label: str) -> Json:
        """A button, or an entry of a menu, as a press tells of it."""
        return {**Post("", "", blocks, "").buttons()[label], "block_id": self._next("block"), "action_ts": self._ts()}

    def _shown(self, post: Post) -> Json:
        """A message of the desk's, as payloads about it have it."""
        ours = {"user": BOT, "bot_id": "BBOT", "app_id": APP, "bot_profile": {"name": "Rogatory"}, "team": self.team}
        return {"type": "message", "ts": post.ts, "text": escaped(post.text), "blocks": post.blocks, **ours}

    def _made(self, view: Json, view_id: str = "", speaks_for: str = "") -> Json:
        """A view as Slack keeps it, and tells of it."""
        check_view(view)
        view_id, team = view_id or self._next("V"), speaks_for or self._speaks_for or self.team
        kept = {"close": None, "submit": None, "title": None, "private_metadata": "", "callback_id": ""}
        kept |= {"clear_on_close": False, "notify_on_close": False, **view}
        ours = {"app_id": APP, "bot_id": "BBOT", "team_id": team, "app_installed_team_id": team, "external_id": ""}
        more = {"id": view_id, "root_view_id": view_id, "previous_view_id": None, "hash": self._next("hash")}
        return {**kept, **ours, **more, "state": {"values": {}}}

    def _turn_into(self, user: str, view: Json) -> None:
        """The open form is another one now: what was filled in stays, where a field has the same ids."""
        self.forms[user] = self._made(view, self.forms[user]["id"], self.forms[user]["team_id"])

    # ---- payloads to the desk ----

    async def deliver(self, kind: str, payload: Json) -> Ack:
        """Bring a payload; people do nothing more until the desk is quiet again."""
        ack = await self._bring(kind, payload)
        await self.quiet()
        return ack

    async def _bring(self, kind: str, payload: Json) -> Ack:
        """Signed, or through the socket."""
        if self.connected.is_set():
            return await self._through_socket(kind, payload)
        if kind == "events_api":
            return await self.post(json.dumps(payload).encode(), "application/json")
        form = {"payload": json.dumps(payload)} if kind == "interactive" else payload
        return await self.post(urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def post(self, body: bytes, content_type: str, **headers: str) -> Ack:
        """Post to the desk as Slack does; `headers` instead of the right ones."""
        now = headers.pop("timestamp", str(int(time.time())))
        right = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": signature(body, now),
        }
        async with self._http.post(self.desk_url, data=BytesIO(body), headers={**right, **headers}) as response:
            text = await response.text()
            return Ack(response.status, json.loads(text) if text.startswith("{") else {})

    async def _through_socket(self, kind: str, payload: Json) -> Ack:
        envelope = self._next("envelope")
        self._acks[envelope] = asyncio.get_running_loop().create_future()
        accepts = kind == "slash_commands" or payload.get("type") in ("view_submission", "block_suggestion")
        message = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": accepts}
        with suppress(TimeoutError, ConnectionError):
            await self._open_socket.send_json(message)
            seconds = NO_ACK_SECONDS if kind == "silent" else 20
            said = await asyncio.wait_for(self._acks[envelope], seconds)
            return Ack(200, said if accepts else {})
        return Ack(0, {})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        self._open_socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        about = {"debug_info": {"host": "applink"}, "connection_info": {"app_id": APP}}
        await socket.send_json({"type": "hello", "num_connections": 1 + self.others, **about})
        self.connected.set()
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                answer = json.loads(message.data)
                self._acks[answer["envelope_id"]].set_result(answer.get("payload") or {})
        if self._open_socket is socket:
            self.connected.clear()
        for waiting in self._acks.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError("the desk is gone"))
        return socket

    # ---- calls from the desk ----

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        asked = await _arguments(request)
        self.calls.append((method, asked))
        trouble = self._troubles[method].popleft() if self._troubles.get(method) else None
        answer = self._for_whom(request, method, asked) if trouble is None or trouble.done else {}
        self._news.set()
        if trouble is None:
            return web.json_response({"ok": "error" not in answer, **answer})
        if trouble.silent:
            await self._silence.wait()
            return web.json_response({"ok": True, **answer})
        if trouble.status == 0:
            assert request.transport
            request.transport.abort()
            return web.Response()
        if trouble.body:
            return web.Response(text=trouble.body, status=trouble.status, headers=trouble.headers)
        wrong = {"ok": False, "error": trouble.error} if trouble.error else {}
        return web.json_response(wrong, status=trouble.status, headers=trouble.headers)

    def _for_whom(self, request: web.Request, method: str, asked: Json) -> Json:
        """Answer a call in the name of the workspace whose token it carries."""
        authorization = request.headers.get("Authorization", "")
        if method == "oauth.v2.access":
            return self.app.exchange(asked, authorization)
        if method == "apps.connections.open":
            return self._where_to_connect(authorization)
        self._speaks_for = self.app.whose(authorization, method)
        if not self._speaks_for:
            return {"error": "account_inactive" if self.app.was_ours(authorization) else "invalid_auth"}
        return self._answer(method, asked)

    def _answer(self, method: str, asked: Json) -> Json:
        known = {
            "auth.test": self._who_am_i,
            "conversations.open": lambda asked: _known(asked["users"]) or {"channel": {"id": f"D{asked['users']}"}},
            "conversations.info": self._room,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "users.info": self._person,
            "chat.getPermalink": self._link,
            "chat.postMessage": self._say,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "views.open": self._open_form,
            "views.update": self._update_form,
            "views.publish": self._publish,
            **self.files.answers(self.url),
        }
        wrong = refusal(asked.get("blocks") or [], "message")
        if wrong:
            return {"error": "invalid_blocks", "why": wrong}
        return self._out_of_place(method, asked) or _unsayable(method, asked) or known[method](asked)

    def _out_of_place(self, method: str, asked: Json) -> Json:
        """Why a room cannot be spoken of, or in; empty where it can."""
        absent = self.absent.get(asked.get("channel", ""), "")
        if absent == "private" or "NOBODY" in asked.get("channel", ""):
            return {"error": "channel_not_found"}
        return {"error": "not_in_channel"} if absent and method != "conversations.info" else {}

    def _who_am_i(self, _: Json) -> Json:
        return {"team_id": self._speaks_for, "user_id": BOT, "bot_id": "BBOT"}

    def _person(self, asked: Json) -> Json:
        plain = dict.fromkeys(("deleted", "is_bot", "is_restricted", "is_ultra_restricted"), False)
        if unknown := _known(asked["user"]):
            return unknown
        person = {"id": asked["user"], "team_id": self._speaks_for, "real_name": f"Name of {asked['user']}", **plain}
        return {"user": person | self.outside.get(asked["user"], {})}

    def _room(self, asked: Json) -> Json:
        plain = dict.fromkeys(("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared"), False)
        room = {
            "id": asked["channel"],
            "name": asked["channel"].lower(),
            "is_member": asked["channel"] not in self.absent,
        }
        room |= {"pending_shared": [], "context_team_id": self._speaks_for, **plain}
        return {"channel": room | self.outside.get(asked["channel"], {})}

    def _where_to_connect(self, authorization: str) -> Json:
        if authorization != f"Bearer {APP_TOKEN}":
            ours = self.app.whose(authorization, "apps.connections.open")
            return {"error": "not_allowed_token_type" if ours else "invalid_auth"}
        return {"url": self.url.replace("http", "ws") + "/socket"}

    def _link(self, asked: Json) -> Json:
        if not any(post.ts == asked["message_ts"] and not post.to for post in self.posts):
            return {"error": "message_not_found"}
        return {"permalink": f"https://t1.slack.example/archives/{asked['channel']}/p{asked['message_ts']}"}

    def _open_form(self, asked: Json) -> Json:
        trigger = asked["trigger_id"]
        if self._triggers.get(trigger, True):
            return {"error": "exchanged_trigger_id" if trigger in self._triggers else "invalid_trigger_id"}
        self._triggers[trigger] = True
        user = trigger.rpartition("/")[2]
        self.forms[user] = self._made(asked["view"])
        return {"view": self.forms[user]}

    def _update_form(self, asked: Json) -> Json:
        for user, form in self.forms.items():
            if form["id"] == asked["view_id"]:
                if asked.get("hash") not in (None, form["hash"]):
                    return {"error": "hash_conflict"}
                self._turn_into(user, asked["view"])
                return {"view": self.forms[user]}
        return {"error": "not_found"}

    def _publish(self, asked: Json) -> Json:
        before = self.homes.get(asked["user_id"])
        self.homes[asked["user_id"]] = self._made(asked["view"], before["id"] if before else "")
        return {"view": self.homes[asked["user_id"]]}

    def _say(self, asked: Json) -> Json:
        to = asked["channel"]
        post = self._post(f"D{to}" if to.startswith("U") else to, asked)
        return {"ts": post.ts, "channel": post.channel}

    def _whisper(self, asked: Json) -> Json:
        return {"message_ts": self._post(asked["channel"], asked, to=asked["user"]).ts}

    def _history(self, asked: Json) -> Json:
        oldest = float(asked["oldest"])
        return {"messages": [_as_message(post) for post in self._in(asked) if float(post.ts) > oldest]}

    def _in(self, asked: Json) -> list[Post]:
        here = [post for post in self.posts if post.channel == asked["channel"] and not post.to]
        return [post for post in here if post.thread == asked.get("ts", "")]

    def _update(self, asked: Json) -> Json:
        for post in self.posts:
            if (post.channel, post.ts) == (asked["channel"], asked["ts"]):
                post.text, post.blocks, post.edits = asked["text"], asked.get("blocks") or [], post.edits + 1
                return {"ts": post.ts, "channel": post.channel}
        return {"error": "message_not_found"}

    async def _respond(self, request: web.Request) -> web.Response:
        permission = self._permissions[f"{self.url}/respond/{request.match_info['place']}"]
        user, channel, post = permission.user, permission.channel, permission.post
        asked = await request.json()
        self.calls.append(("response_url", asked))
        if self._troubles.get("response_url"):
            return web.Response(status=self._troubles["response_url"].popleft().status)
        permission.uses += 1
        if permission.uses > USES:
            return web.Response(status=404, text="used_url")
        wrong = refusal(asked.get("blocks") or [], "message")
        if wrong:
            return web.Response(status=400, text=wrong)
        if asked.get("replace_original") and post:
            post.text, post.blocks, post.edits = asked["text"], asked.get("blocks") or [], post.edits + 1
            return web.Response(text="ok")
        self._post(channel, asked, to=_reader(asked, user))
        return web.Response(text="ok")

    def _post(self, channel: str, asked: Json, *, to: str = "") -> Post:
        wrong = refusal(asked.get("blocks") or [], "message")
        assert not wrong, wrong
        post = Post(channel, asked["text"], asked.get("blocks") or [], self._ts(), to)
        post.team = self._speaks_for
        post.thread, post.metadata = asked.get("thread_ts") or "", asked.get("metadata") or {}
        post.how = {name: value for name, value in asked.items() if name not in ("text", "blocks")}
        self.posts.append(post)
        return post

    def _permission(self, user: str, channel: str) -> str:
        url = f"{self.url}/respond/{self._next('permission')}"
        self._permissions[url] = Permission(user, channel)
        return url

    def _trigger(self, user: str, key: str = "") -> str:
        """Leave to open one form."""
        trigger = f"{key or self._next('trigger')}/{user}"
        self._triggers[trigger] = False
        return trigger

    def _next(self, what: str) -> str:
        return f"{what}-{next(self._numbers)}"

    def _ts(self) -> str:
        return f"{1_800_000_000 + next(self._numbers)}.000100"


def signature(body: bytes, timestamp: str, secret: str = SECRET) -> str:
    """What Slack signs a request with."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return "v0=" + digest.hexdigest()


def escaped(text: str) -> str:
    """As Slack hands on what people type."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    asked: Json = {**request.query, **await request.post()}
    return {name: _decoded(name, value) for name, value in asked.items()}


def _by_a_person(post: Post, message: Mapping[str, object]) -> Json:
    """What stands there, as if somebody had written it."""
    return {"type": "message", "ts": post.ts, "text": escaped(post.text), "blocks": post.blocks, **message}


def _channel_name(channel: str) -> str:
    return "directmessage" if channel.startswith("D") else channel.lower()


def _known(user: str) -> Json:
    """Why there is no such person; empty where there is."""
    return {"error": "user_not_found"} if "NOBODY" in user else {}


def _unsayable(method: str, asked: Json) -> Json:
    """Why a text is not taken; empty where it is, or none is said."""
    most = {"chat.postMessage": CHARACTERS, "chat.postEphemeral": CHARACTERS, "chat.update": EDITED_CHARACTERS}
    if method not in most:
        return {}
    if not asked.get("text", "").strip() and not asked.get("blocks"):
        return {"error": "no_text"}
    return {"error": "msg_too_long"} if len(asked.get("text", "")) > most[method] else {}


def _reader(said: Json, user: str) -> str:
    """Who sees what is said by permission: whoever asked, or everybody."""
    return "" if said.get("response_type") == "in_channel" else user


def _decoded(name: str, value: Any) -> Any:
    return json.loads(value) if name in ("blocks", "view", "metadata", "files") else value


def _as_message(post: Post) -> Json:
    return {"type": "message", "ts": post.ts, "text": post.text, "metadata": post.metadata}


def _block(form: Json, name: str) -> str:
    """The id of the block that a test names; one whose name Python has for itself ends in `_`."""
    ids = {block.get("block_id") for block in form["blocks"]}
    return name if name in ids else name.removesuffix("_")


def _entry(element: Json, value: str | list[str] | None) -> Json:
    """The state of a field: what was filled in now, else what stood there."""
    kind = element["type"]
    if kind == "datepicker":
        return {"type": kind, "selected_date": value or element.get("initial_date")}
    if kind == "checkboxes":
        ticked = value == "yes" if value is not None else bool(element.get("initial_options"))
        return {"type": kind, "selected_options": [{"value": "yes"}] if ticked else []}
    if kind.startswith("multi_"):
        before = [option["value"] for option in element.get("initial_options", ())]
        chosen = [value] if isinstance(value, str) else value or before
        return {"type": kind, "selected_options": [_option(one) for one in chosen]}
    if kind.endswith("_select"):
        chosen_one = value or element.get("initial_option", {}).get("value")
        return {"type": kind, "selected_option": _option(chosen_one) if chosen_one else None}
    return {"type": kind, "value": value or element.get("initial_value")}


def _option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
