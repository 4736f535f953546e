"""A small Slack on this machine: the Web API and signed requests over HTTP, Socket Mode over WebSocket.

In: what people do (`command`, `say`, `press`, `submit`, `search`, `shortcut`, `open_home`), and how calls fail
(`fail`). Out: what stands there then: posts, forms, homes. It has a memory, and it refuses blocks that Slack refuses.
One workspace, T1, unless the app was installed in others (`app`): `team` is the one where people act. Whoever speaks is
in every room; the room between a person U1 and the desk is DU1.
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

from tests.bot.slack.reading import Json, check_view, refusal, words
from tests.slack_app import SlackApp
from tests.slack_files import SlackFiles

TEAM, BOT, SECRET = "T1", "UBOT", "signing-secret-of-the-tests"
BOT_TOKEN, APP_TOKEN = "xoxb-of-the-tests", "xapp-of-the-tests"
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
        """Label -> button."""
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        return {button["text"]["text"]: button for row in rows for button in row}


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
            "team_id": self.team, "user_id": user, "channel_id": place, "command": word, "text": escaped(text),
            "trigger_id": f"{key or self._next('trigger')}/{user}", "response_url": self._permission(user, place),
        }  # fmt: skip
        ack = await self.deliver("slash_commands", body)
        if ack.body.get("text"):
            self._post(place, ack.body, to=_reader(ack.body, user))
        return ack

    async def say(self, user: str, text: str, *, channel: str = "", key: str = "", **more: object) -> Ack:
        """Write to the desk directly, or mention it in a room."""
        kind = {"type": "app_mention"} if channel else {"type": "message", "channel_type": "im"}
        words = f"<@{BOT}> {escaped(text)}" if channel else escaped(text)
        event = {"user": user, "text": words, "channel": channel or f"D{user}", "ts": self._ts(), **kind, **more}
        return await self.event(event, key=key)

    async def event(self, event: Json, *, key: str = "") -> Ack:
        """Any event."""
        body = {"type": "event_callback", "team_id": self.team, "event_id": key or self._next("Ev"), "event": event}
        return await self.deliver("events_api", body)

    async def press(self, user: str, post: Post, label: str) -> Ack:
        """Press a button of a message."""
        place = {"type": "message", "channel_id": post.channel, "message_ts": post.ts}
        return await self._interact(
            user,
            type="block_actions",
            container=place | ({"thread_ts": post.thread} if post.thread else {}),
            actions=[{"type": "button", **post.buttons()[label]}],
            response_url=self._permission(user, post.channel),
        )

    async def press_home(self, user: str, label: str) -> Ack:
        """Press a button of the App Home."""
        shown = Post("", "", self.homes[user]["blocks"], "")
        pressed = {"type": "button", **shown.buttons()[label]}
        return await self._interact(user, type="block_actions", container={"type": "view"}, actions=[pressed])

    async def submit(self, user: str, **values: str | list[str]) -> Ack:
        """Fill in these fields of the open form, keep the others, and send it. It goes where the answer says."""
        ack = await self._interact(user, type="view_submission", view=self._filled(user, values))
        if ack.status == 200 and ack.body.get("response_action") == "update":
            self._put_form(user, ack.body["view"])
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
                ack = await self._interact(user, type="block_actions", view=view, container=held, actions=[entry])
        return ack

    async def search(self, user: str, name: str, typed: str, **values: str | list[str]) -> list[str]:
        """Fill in these fields of the open form, then type into one of its lists: the values that are offered."""
        view = {**self._filled(user, values), "state": {"values": {}}}  # Slack says nothing of what is filled in
        ack = await self._interact(
            user, type="block_suggestion", view=view, block_id=name, action_id="value", value=typed
        )
        return [option["value"] for option in ack.body["options"]]

    def _filled(self, user: str, values: Mapping[str, str | list[str]]) -> Json:
        """The open form with what is filled in, now and before."""
        form = self.forms[user]
        fields = {block["block_id"]: block["element"] for block in form["blocks"] if block["type"] == "input"}
        filled = form.setdefault("filled", {})  # by block and action, as Slack keeps it when a view is made anew
        for name, value in values.items():
            block = _block(form, name)
            filled[block, fields[block]["action_id"]] = value
        state = {
            name: {element["action_id"]: _entry(element, filled.get((name, element["action_id"])))}
            for name, element in fields.items()
        }
        return {**{key: value for key, value in form.items() if key != "filled"}, "state": {"values": state}}

    async def shortcut(self, user: str, name: str, post: Post | None = None, **message: object) -> Ack:
        """Choose a shortcut, of the workspace or of a message."""
        if post is None:
            return await self._interact(user, type="shortcut", callback_id=name)
        shown = {"ts": post.ts, "text": escaped(post.text), **message}
        return await self._interact(
            user, type="message_action", callback_id=name, channel={"id": post.channel}, message=shown
        )

    async def open_home(self, user: str) -> Ack:
        """Look at the App Home."""
        return await self.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": f"D{user}"})

    async def _interact(self, user: str, **payload: object) -> Ack:
        person = {"id": user, "team_id": self.team}
        body = {"team": {"id": self.team}, "user": person, "trigger_id": f"{self._next('trigger')}/{user}", **payload}
        return await self.deliver("interactive", body)

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
        message = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": True}
        with suppress(TimeoutError, ConnectionError):
            await self._open_socket.send_json(message)
            return Ack(200, await asyncio.wait_for(self._acks[envelope], NO_ACK_SECONDS if kind == "silent" else 20))
        return Ack(0, {})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        self._open_socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
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
        self._speaks_for = self.app.whose(authorization, method)
        if not self._speaks_for and method != "apps.connections.open":
            return {"error": "account_inactive"}
        return self._answer(method, asked)

    def _answer(self, method: str, asked: Json) -> Json:
        known = {
            "auth.test": self._who_am_i,
            "apps.connections.open": self._where_to_connect,
            "conversations.open": lambda asked: {"channel": {"id": f"D{asked['users']}"}},
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
        return {"error": "invalid_blocks", "why": wrong} if wrong else known[method](asked)

    def _who_am_i(self, _: Json) -> Json:
        return {"team_id": self._speaks_for, "user_id": BOT, "bot_id": "BBOT"}

    def _person(self, asked: Json) -> Json:
        plain = dict.fromkeys(("deleted", "is_bot", "is_restricted", "is_ultra_restricted"), False)
        person = {"id": asked["user"], "team_id": self._speaks_for, **plain}
        return {"user": person | self.outside.get(asked["user"], {})}

    def _room(self, asked: Json) -> Json:
        plain = dict.fromkeys(("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared"), False)
        room = {"id": asked["channel"], "pending_shared": [], "context_team_id": self._speaks_for, **plain}
        return {"channel": room | self.outside.get(asked["channel"], {})}

    def _where_to_connect(self, _: Json) -> Json:
        return {"url": self.url.replace("http", "ws") + "/socket"}

    def _link(self, asked: Json) -> Json:
        return {"permalink": f"https://t1.slack.example/archives/{asked['channel']}/p{asked['message_ts']}"}

    def _open_form(self, asked: Json) -> Json:
        check_view(asked["view"])
        user = asked["trigger_id"].rpartition("/")[2]
        self.forms[user] = {**asked["view"], "id": f"V{user}", "hash": self._next("hash")}
        return {"view": asked["view"]}

    def _update_form(self, asked: Json) -> Json:
        user = asked["view_id"].removeprefix("V")
        before = self.forms.get(user, {})
        if not before or asked.get("hash") not in (None, before["hash"]):
            return {"error": "hash_conflict" if before else "not_found"}
        self._put_form(user, asked["view"])
        return {"view": asked["view"]}

    def _put_form(self, user: str, view: Json) -> None:
        """In place of the one that stands there; what was filled in stays, where a field has the same ids."""
        check_view(view)
        kept = {"id": f"V{user}", "hash": self._next("hash"), "filled": self.forms[user].get("filled", {})}
        self.forms[user] = {**view, **kept}

    def _publish(self, asked: Json) -> Json:
        check_view(asked["view"])
        self.homes[asked["user_id"]] = asked["view"]
        return {}

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
        user, _, channel = request.match_info["place"].partition("-")
        asked = await request.json()
        self.calls.append(("response_url", asked))
        if self._troubles.get("response_url"):
            return web.Response(status=self._troubles["response_url"].popleft().status)
        wrong = refusal(asked.get("blocks") or [], "message")
        if wrong:
            return web.Response(status=400, text=wrong)
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
        return f"{self.url}/respond/{user}-{channel}"

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
        return {"type": kind, "selected_options": [{"value": one} for one in chosen]}
    if kind.endswith("_select"):
        chosen_one = value or element.get("initial_option", {}).get("value")
        return {"type": kind, "selected_option": {"value": chosen_one} if chosen_one else None}
    return {"type": kind, "value": value or element.get("initial_value")}
