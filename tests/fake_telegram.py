"""A small Telegram on this machine: the Bot API over HTTP, polled or posting, and the people in its chats.

In: what people type and press (`say`, `press`, `start`, `edit`), what goes wrong (`fail`). Out: what stands there then:
`posts`, with keyboards and edits. It has a memory, and it refuses what Telegram refuses: texts over 4,096, entities
outside their text, buttons of more than 64 bytes, chats nobody opened, an answer to a button that is over.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

from aiohttp import ClientSession, web

TOKEN = "4711:AA-a-token-of-the-tests"  # noqa: S105 - of nobody
BOT = {"id": 4711, "is_bot": True, "first_name": "Desk", "username": "DeskBot"}
SECRET = "a-secret-of-the-tests"  # noqa: S105 - of nobody
ACTIVE = "while webhook is active; use deleteWebhook to delete the webhook first"
ONE_ONLY = "make sure that only one bot instance is running"
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
OFFICER, OTHER, BLOCKER = 1001, 1002, 1003

Json = dict[str, Any]


class Refusal(Exception):
    """What Telegram answers instead of doing something. status 0: the connection breaks. silent: until `speak`."""

    def __init__(
        self,
        description: str,
        status: int = 400,
        parameters: Json | None = None,
        *,
        done: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters
        self.done, self.silent = done, silent


@dataclass
class Post:
    """A message of the bot. `edits`: its earlier texts."""

    chat: int
    message_id: int
    text: str
    entities: list[Json]
    keyboard: list[list[Json]]
    thread: int | None = None
    answers: int | None = None
    edits: list[str] = field(default_factory=list)
    caption: str = ""

    def button(self, label: str) -> str:
        """The data of a button whose label holds these words."""
        found = [one for row in self.keyboard for one in row if label in one["text"]]
        assert found, f"no button {label!r} among {[one['text'] for row in self.keyboard for one in row]}"
        return str(found[0].get("callback_data") or found[0]["url"])

    @property
    def labels(self) -> list[str]:
        return [one["text"] for row in self.keyboard for one in row]


class FakeTelegram:
    """One bot's Telegram. Open it as a context; `url` is the Bot API's address."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.calls: list[tuple[str, Json]] = []
        self.toasts: list[tuple[str, bool]] = []
        self.commands: dict[str, list[str]] = {}
        self.files: dict[str, bytes] = {}  # what people sent
        self.too_big: set[str] = set()
        self.given: list[tuple[int, str, bytes]] = []  # what the bot sent: chat, name, content
        self.pictures: list[tuple[int, str, bytes]] = []  # those it sent to be looked at
        self.sides: dict[str, tuple[int, int]] = {}  # of what is a picture, by its name
        self.webhook: Json = {}
        self.waiting: list[Json] = []
        self.delivered: list[list[int]] = []
        self.offsets: list[int] = []
        self.blocked: set[int] = set()
        self.standing: dict[int, str] = {}  # of the bot in groups
        self.hushed: set[int] = set()  # groups in which only the staff writes
        self.strangers: set[int] = set()  # they never opened the private chat
        self.supergroups: dict[int, int] = {}
        self.refused: list[str] = []
        self.unanswered: set[str] = set()
        self._troubles: dict[str, deque[Refusal]] = defaultdict(deque)
        self._next_update, self._messages = 100, count(1)
        self._runner: web.AppRunner | None = None
        self._closing, self._weeks, self._pollers = False, 0, 0
        self.again: list[Json] = []  # updates that come once more, whatever was confirmed
        self.came, self.quiet = asyncio.Event(), asyncio.Event()
        self._news, self._silence = asyncio.Event(), asyncio.Event()

    # ---- the server ----

    async def __aenter__(self) -> Self:
        served = web.Application()
        served.router.add_post("/bot{token}/{method}", self._called)
        served.router.add_get("/file/bot{token}/documents/{source}", self._downloaded)
        self._runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner
        self._closing = True
        self.came.set()
        await self._http.close()
        await self._runner.cleanup()

    def fail(self, method: str, *troubles: Refusal) -> None:
        """How the next calls of a method go wrong."""
        self._troubles[method].extend(troubles)

    async def _called(self, request: web.Request) -> web.StreamResponse:
        method, asked = request.match_info["method"], _asked(await request.post())
        try:
            result = await self._result(request.match_info["token"], method, asked)
        except Refusal as refusal:
            self.refused.append(f"{method}: {refusal.description}")
            self._news.set()
            if not refusal.status:
                assert request.transport
                request.transport.abort()
                return web.Response()
            body = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            extra = {"parameters": refusal.parameters} if refusal.parameters else {}
            return web.json_response(body | extra, status=refusal.status)
        return web.json_response({"ok": True, "result": result})

    async def _result(self, token: str, method: str, asked: Json) -> Any:
        if token != TOKEN:
            raise Refusal("Unauthorized", 401)
        trouble = self._troubles[method].popleft() if self._troubles[method] else None
        if trouble and not trouble.done:
            raise trouble
        result = await self._get_updates(asked) if method == "getUpdates" else self._do(method, asked)
        self._news.set()
        if trouble and trouble.silent:
            await self._silence.wait()
        elif trouble:
            raise trouble
        return result

    def _do(self, method: str, asked: Json) -> Any:
        self.calls.append((method, asked))
        does = {
            "getMe": lambda _: BOT,
            "sendMessage": self._send,
            "sendDocument": self._send_document,
            "sendPhoto": self._send_photo,
            "getFile": self._get_file,
            "editMessageText": self._edit,
            "editMessageReplyMarkup": self._edit_keyboard,
            "answerCallbackQuery": self._toast,
            "setMyCommands": self._menu,
            "setWebhook": self._set_webhook,
            "getWebhookInfo": self._webhook_info,
            "getChatMember": self._member,
            "getChat": self._chat,
            "deleteWebhook": lambda _: self.webhook.clear() or True,
        }
        return does[method](asked)

    async def _get_updates(self, asked: Json) -> list[Json]:
        """What waits, or what comes. Whoever asks has handled all that came before: then it is quiet here.

        An offset more than ten past the newest update, or long before the oldest, is read as none: it confirms nothing.
        Source: "TQueue::get" of Telegram's server, github.com/tdlib/td.
        """
        offset, week = int(asked.get("offset", 0)), self._weeks
        self.offsets.append(offset)
        if self.webhook:
            raise Refusal(f"Conflict: can't use getUpdates method {ACTIVE}", 409)
        self._pollers += 1
        me = self._pollers
        while not self._closing:
            if me != self._pollers:
                raise Refusal(f"Conflict: terminated by other getUpdates request; {ONE_ONLY}", 409)
            if self.webhook:
                raise Refusal("Conflict: terminated by setWebhook request", 409)
            head = self.waiting[0]["update_id"] if self.waiting else self._next_update
            if 0 < offset <= self._next_update + 10 and offset >= head - 100_000:
                self.waiting = [one for one in self.waiting if one["update_id"] >= offset]
            if week != self._weeks:
                return []
            behind = self.waiting[100]["update_id"] if len(self.waiting) > 100 else float("inf")
            again = [one for one in self.again if one["update_id"] < behind]  # none comes again before it first came
            found, self.again = [*again, *self.waiting[:100]], [one for one in self.again if one not in again]
            if found:
                self.delivered.append([one["update_id"] for one in found])
                return found
            self.quiet.set()
            self.came.clear()
            await self.came.wait()
        return []

    def _send(self, asked: Json) -> Json:
        chat = int(asked["chat_id"])
        self._check(asked, chat)
        post = Post(
            chat,
            next(self._messages),
            asked["text"],
            asked.get("entities", []),
            asked.get("reply_markup", {}).get("inline_keyboard", []),
            int(asked["message_thread_id"]) if "message_thread_id" in asked else None,
            asked.get("reply_parameters", {}).get("message_id"),
        )
        self.posts.append(post)
        return self._message(post)

    def _send_document(self, asked: Json) -> Json:
        return self._send_file(asked, self.given)

    def _send_photo(self, asked: Json) -> Json:
        ((name, content),) = asked["files"].values()
        if len(content) > 10 * 1024 * 1024:
            raise Refusal("Bad Request: file is too big for a photo; the maximum size is 10485760 bytes")
        if name not in self.sides:
            raise Refusal("Bad Request: IMAGE_PROCESS_FAILED")
        if sum(self.sides[name]) > 10_000 or max(self.sides[name]) > 20 * min(self.sides[name]):
            raise Refusal("Bad Request: PHOTO_INVALID_DIMENSIONS")
        return self._send_file(asked, self.pictures)

    def _send_file(self, asked: Json, among: list[tuple[int, str, bytes]]) -> Json:
        chat, caption = int(asked["chat_id"]), asked.get("caption", "")
        if len(caption) > 1024:
            raise Refusal("Bad Request: message caption is too long")
        self._check({"text": caption or "a file", "entities": asked.get("caption_entities", [])}, chat)
        ((name, content),) = asked["files"].values()
        among.append((chat, name, content))
        post = Post(chat, next(self._messages), f"[{name}]", [], [], caption=caption)
        self.posts.append(post)
        return self._message(post)

    def _get_file(self, asked: Json) -> Json:
        source = asked["file_id"]
        if source in self.too_big:
            raise Refusal("Bad Request: file is too big")
        if source not in self.files:
            raise Refusal("Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[source])
        return {"file_id": source, "file_unique_id": source, "file_size": size, "file_path": f"documents/{source}"}

    async def _downloaded(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            raise web.HTTPUnauthorized
        return web.Response(body=self.files[request.match_info["source"]])

    def _edit(self, asked: Json) -> Json:
        chat = int(asked["chat_id"])
        self._check(asked, chat)
        post = self.post(chat, int(asked["message_id"]))
        if post is None:
            raise Refusal("Bad Request: message to edit not found")
        keyboard = asked.get("reply_markup", {}).get("inline_keyboard", [])
        if (post.text, post.keyboard) == (asked["text"], keyboard):
            raise Refusal("Bad Request: message is not modified: specified new message content is exactly the same")
        post.edits.append(post.text)
        post.text, post.entities, post.keyboard = asked["text"], asked.get("entities", []), keyboard
        return self._message(post)

    def _edit_keyboard(self, asked: Json) -> Json:
        post = self.post(int(asked["chat_id"]), int(asked["message_id"]))
        if post is None:
            raise Refusal("Bad Request: message to edit not found")
        post.keyboard = asked.get("reply_markup", {}).get("inline_keyboard", [])
        return self._message(post)

    def _toast(self, asked: Json) -> bool:
        if asked["callback_query_id"] not in self.unanswered:
            raise Refusal("Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.unanswered.discard(asked["callback_query_id"])
        self.toasts.append((asked.get("text", ""), asked.get("show_alert", False)))
        return True

    def _menu(self, asked: Json) -> bool:
        scope = asked.get("scope", {})
        names = (str(scope.get("chat_id", scope.get("type"))), asked.get("language_code", ""))
        self.commands[" ".join(filter(None, names))] = [one["command"] for one in asked["commands"]]
        return True

    def menu_of(self, user: int, language: str) -> list[str]:
        """What somebody reads behind `/` in their private chat, with their app in that language.

        Source: core.telegram.org/bots/api, "Determining list of commands".
        """
        scopes = (str(user), "all_private_chats")
        found = (self.commands.get(f"{scope}{lang}") for scope in scopes for lang in (f" {language}", ""))
        return next((menu for menu in found if menu is not None), [])

    def _set_webhook(self, asked: Json) -> bool:
        self.webhook = asked
        self.quiet.set()
        return True

    def _webhook_info(self, _: Json) -> Json:
        url = self.webhook.get("url", "")
        return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.waiting)}

    def rival_polls(self) -> None:
        """Another program asks with the same token: whoever waits is thrown out. A webhook is gone before that."""
        self.webhook = {}
        self._pollers += 1
        self._ring()

    def rival_takes(self, url: str) -> None:
        """Another program has all updates posted to it."""
        self.webhook = {"url": url}
        self._ring()

    def _member(self, asked: Json) -> Json:
        chat, user = int(asked["chat_id"]), int(asked["user_id"])
        assert (chat < 0, user) == (True, BOT["id"]), "the bot asks of itself in groups"
        status = self.standing.get(chat, "member")
        if status == "kicked":
            raise Refusal("Forbidden: bot was kicked from the group chat", 403)
        return {"status": status, "user": BOT, "is_member": True, "can_send_messages": False}

    def _chat(self, asked: Json) -> Json:
        chat = int(asked["chat_id"])
        return chat_of(chat) | {"permissions": {"can_send_messages": chat not in self.hushed}}

    def stands(self, chat: int, status: str) -> None:
        """The bot is from now on a "member" of a group, "restricted", an "administrator", or "kicked"."""
        self.standing[chat] = status
        changed = {"chat": chat_of(chat), "from": user_of(OFFICER), "date": next(self._messages)}
        number = self._number()
        self.bring({"update_id": number, "my_chat_member": changed})

    def _check(self, asked: Json, chat: int) -> None:
        if chat in self.blocked:
            raise Refusal("Forbidden: bot was blocked by the user", 403)
        if chat in self.strangers:
            raise Refusal("Bad Request: chat not found")
        if self.standing.get(chat) == "kicked":
            raise Refusal("Forbidden: bot was kicked from the group chat", 403)
        if self.standing.get(chat) == "restricted" or (
            chat in self.hushed and self.standing.get(chat) != "administrator"
        ):
            raise Refusal("Bad Request: not enough rights to send text messages to the chat")
        if chat in self.supergroups:
            moved = {"migrate_to_chat_id": self.supergroups[chat]}
            raise Refusal("Bad Request: group chat was upgraded to a supergroup chat", 400, moved)
        text = asked["text"]
        if not text.strip() or len(text) > 4096:
            raise Refusal(f"Bad Request: message is {'too long' if text.strip() else 'empty'}")
        for entity in asked.get("entities", []):
            if entity["offset"] < 0 or entity["offset"] + entity["length"] > len(text.encode("utf-16-le")) // 2:
                raise Refusal("Bad Request: entity begins or ends after the end of the text")
        buttons = [one for row in asked.get("reply_markup", {}).get("inline_keyboard", []) for one in row]
        if len(buttons) > 100 or any(len(one.get("callback_data", "").encode()) > 64 for one in buttons):
            raise Refusal("Bad Request: BUTTON_DATA_INVALID")

    def _message(self, post: Post) -> Json:
        return {
            "message_id": post.message_id,
            "date": 1,
            "chat": chat_of(post.chat),
            "from": BOT,
            "text": post.text,
            "entities": post.entities,
            "reply_markup": {"inline_keyboard": post.keyboard},
        }

    # ---- people ----

    def say(self, user: int, text: str, *, chat: int = 0, thread: int = 0, **more: Any) -> Json:
        """A person writes; in their private chat, if none is named. The update, which waits."""
        topic = {"message_thread_id": thread, "is_topic_message": True} if thread else {}
        body = {"message_id": next(self._messages), "date": 1, "text": text, **topic, **more}
        return self._push(user, chat, "message", body)

    def send_file(
        self, user: int, name: str, content: bytes, *, caption: str = "", chat: int = 0, size: int = -1, album: str = ""
    ) -> Json:
        """A person sends a file; one that is called photo.jpg as Telegram sends pictures. size: what Telegram says."""
        source = f"file{len(self.files)}"
        self.files[source] = content
        one = {"file_id": source, "file_unique_id": f"u{source}", "file_size": len(content) if size < 0 else size}
        small = {"file_id": "small", "file_unique_id": "small", "file_size": 3}
        body = {"photo": [small, one]} if name == "photo.jpg" else {"document": one | {"file_name": name}}
        more = ({"caption": caption} if caption else {}) | ({"media_group_id": album} if album else {})
        return self._push(user, chat, "message", {"message_id": next(self._messages), "date": 1, **body, **more})

    def edit(self, said: Json, **changes: Any) -> Json:
        """A person changes an earlier message; without changes, somebody reacts to it."""
        body = said["message"] | {"edit_date": next(self._messages)} | changes
        return self.bring({"update_id": self._number(), "edited_message": body})

    def press(self, user: int, label: str, *, post: Post | None = None) -> Json:
        """A person presses a button of the newest message that has it, or of a message."""
        found = post or next(one for one in reversed(self.posts) if any(label in text for text in one.labels))
        return self.press_data(user, found, found.button(label))

    def press_data(self, user: int, post: Post, data: str) -> Json:
        number = self._number()
        query = {"id": f"q{next(self._messages)}", "from": user_of(user), "message": self._message(post), "data": data}
        self.unanswered.add(query["id"])
        return self.bring({"update_id": number, "callback_query": query})

    def _push(self, user: int, chat: int, kind: str, body: Json) -> Json:
        message = {"from": user_of(user), "chat": chat_of(chat or user), **body}
        return self.bring({"update_id": self._number(), kind: message})

    def _number(self) -> int:
        self._next_update += 1
        return self._next_update - 1

    def quiet_week(self, starts_with: int) -> None:
        """Nobody wrote for a week: whoever waits was answered with nothing, and updates are numbered anew."""
        assert not self.waiting, "only an empty queue is forgotten"
        self._weeks, self._next_update = self._weeks + 1, starts_with
        self._ring()

    def bring(self, update: Json) -> Json:
        """An update waits for the bot."""
        self.waiting.append(update)
        self._next_update = update["update_id"] + 1
        self._ring()
        return update

    def bring_again(self, update: Json) -> None:
        """The same update once more."""
        self.again.append(update)
        self._ring()

    def _ring(self) -> None:
        self.quiet.clear()
        self.came.set()

    async def post_updates(self, url: str, **headers: str) -> list[int]:
        """Post what waits to a webhook, one after the other. The answers; what was refused waits on."""
        statuses, left = [], []
        for update in (*self.again, *self.waiting):
            statuses.append(await self.post_update(url, update, **headers))
            left += [] if statuses[-1] == 200 else [update]
        self.waiting, self.again = left, []
        return statuses

    async def post_update(self, url: str, update: Json, **headers: str) -> int:
        """Post one update to a webhook. The answer."""
        named = headers or {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with self._http.post(url, json=update, headers=named) as answer:
            return answer.status

    def goes_on(self, posts: list[Post]) -> None:
        """The same Telegram, for the bot's next process."""
        self.posts = posts
        self._messages, self._next_update = count(1_000), 1_000

    # ---- what stands there ----

    def speak(self) -> None:
        """End the silence."""
        self._silence.set()

    async def until(self, so: Callable[[], bool]) -> None:
        """Return when something is so; looked at again whenever the bot has called."""
        while not so():
            self._news.clear()
            await self._news.wait()

    def post(self, chat: int, message_id: int) -> Post | None:
        return next((one for one in self.posts if (one.chat, one.message_id) == (chat, message_id)), None)

    def texts(self, chat: int) -> list[str]:
        """What stands in a chat, in order."""
        return [one.text for one in self.posts if one.chat == chat]


def _asked(form: Mapping[str, Any]) -> Json:
    """Arguments as the library sends them: what is no text, is JSON; files stand apart, by the name of their part."""
    files = {name: (one.filename, one.file.read()) for name, one in form.items() if isinstance(one, web.FileField)}
    words = {name: str(one) for name, one in form.items() if name not in files}
    read = {name: text if name in ("text", "caption") else _value(text) for name, text in words.items()}
    return read | ({"files": files} if files else {})


def _value(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{tf" else text
    except ValueError:
        return text


def user_of(number: int) -> Json:
    return {"id": number, "is_bot": False, "first_name": f"Person {number}", "username": f"Person_{number}"}


def chat_of(number: int) -> Json:
    """People have positive numbers, groups negative ones."""
    kind = "private" if number > 0 else "supergroup" if number < -1_000_000_000_000 else "group"
    return {"id": number, "type": kind} | ({"first_name": "Person"} if number > 0 else {"title": "Group"})
