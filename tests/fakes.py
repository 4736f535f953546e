"""Chat platforms with a memory: they keep what arrived, can be asked or not, and fail as the real ones do.

`FakeChat` lives in the test's own process. `ChatServer` listens on this machine and `HttpChat` speaks to it, for tests
that kill the sender or break the wire. A server handles one connection after the other, so whoever is answered knows
that everything sent before has been handled.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self

from bot.adapters.contract import Address
from bot.adapters.outcome import Down, Outcome, Refused, Sent, Unknown
from bot.outbound.pacing import Pacing
from bot.outbound.patience import Patience
from bot.rendering.blocks import Message


@dataclass
class Post:
    """A message that stands on a platform. `under`: the message it belongs to."""

    place: str
    text: str
    mark: str
    message_id: str
    under: str = ""
    edits: list[str] = field(default_factory=list)


@dataclass
class FakeChat:
    """A platform in this process. `posts` is what people there see, in order; `tried` where a sending began.

    Answers given with `next` are used up one by one, for one place or for all; then everything works.
    """

    name: str = "slack"
    can_look_up: bool = True
    posts: list[Post] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    pieces: Callable[[Message], tuple[Message, ...]] = lambda message: (message,)
    _answers: deque[tuple[str, Outcome, bool]] = field(default_factory=deque)
    _held: dict[str, asyncio.Event] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, count: int) -> None:
        """Return when so many messages stand here."""
        while len(self.posts) < count:
            self._news.clear()
            await self._news.wait()

    def next(self, *outcomes: Outcome, place: str = "", arrived: bool = False) -> None:
        """What the next calls come to; `arrived`: although the message stands there."""
        self._answers.extend((place, outcome, arrived) for outcome in outcomes)

    def works(self) -> None:
        """Whatever was wrong is over."""
        self._answers.clear()

    def hold(self, place: str) -> asyncio.Event:
        """Answers for this place come when the event is set."""
        return self._held.setdefault(place, asyncio.Event())

    def texts(self, place: str) -> list[str]:
        """What stands in a place."""
        return [post.text for post in self.posts if post.place == place]

    def parts(self, message: Message) -> tuple[Message, ...]:
        return self.pieces(message)

    async def send(self, address: Address, message: Message, *, mark: str) -> Outcome:
        self.tried.append(address.place)
        outcome, arrived = self._answer(address.place)
        if outcome is None or arrived:
            self.posts.append(Post(address.place, message.plain(), mark, f"m{len(self.posts) + 1}", address.under))
            self._news.set()
        if address.place in self._held:
            await self._held[address.place].wait()
        return outcome or Sent(self.posts[-1].message_id)

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:
        outcome, _ = self._answer(place)
        for post in self.posts:
            if outcome is None and (post.place, post.message_id) == (place, message_id):
                post.edits.append(message.plain())
                return Sent(message_id)
        return outcome or Refused("message_not_found")

    async def find(self, address: Address, mark: str, since: datetime) -> Outcome | None:
        del since
        assert self.can_look_up, f"{self.name} cannot be asked"
        self.asked.append(mark)
        wanted = (address.place, address.under, mark)
        found = [post for post in self.posts if (post.place, post.under, post.mark) == wanted]
        return Sent(found[0].message_id) if found else None

    def _answer(self, place: str) -> tuple[Outcome | None, bool]:
        for n, (where, outcome, arrived) in enumerate(self._answers):
            if where in ("", place):
                del self._answers[n]
                return outcome, arrived
        return None, False


@dataclass
class HandClock:
    """Seconds that go forward by what is waited; `waited`: how long each time."""

    now: float = 0.0
    waited: list[float] = field(default_factory=list)

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def patience(self, **pacings: Pacing) -> Patience:
        """An answer's patience by this clock, without a wait."""
        return Patience(pacings, elapsed=lambda: self.now, pause=self.pause, chance=lambda: 0.0)


# ---- over a wire -----------------------------------------------------------------------------------------------------


class ChatServer:
    """A platform behind HTTP on this machine.

    answer: what it does with the next messages once they have arrived: "ok", "silence", "reset". In `silence` it keeps
    the message and answers nobody until `speak`.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.troubles: deque[str] = deque()
        self._speak, self.arrived = threading.Event(), threading.Event()
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = platform._take(self.path, asked)
                if answer is None:
                    self.close_connection = True
                    return
                body = json.dumps(answer).encode()
                with suppress(ConnectionError):
                    self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

            def log_message(self, *_: object) -> None:
                """Nothing on the screen."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.speak()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def speak(self) -> None:
        """End the silence."""
        self._speak.set()

    def settle(self) -> None:
        """Return when everything sent until now has been handled."""
        asyncio.run(_call(self.port, "ping", {}))

    def _take(self, path: str, asked: dict[str, str]) -> dict[str, str] | None:
        if path == "/find":
            found = [post for post in self.posts if post.mark == asked["mark"]]
            return {"id": found[0].message_id if found else ""}
        if path == "/send":
            self.posts.append(Post(asked["place"], asked["text"], asked["mark"], f"m{len(self.posts) + 1}"))
            trouble = self.troubles.popleft() if self.troubles else "ok"
            self.arrived.set()
            if trouble == "silence":
                self._speak.wait()
            if trouble == "reset":
                return None
            return {"id": self.posts[-1].message_id}
        return {}


@dataclass
class HttpChat:
    """The way out to a `ChatServer`."""

    name: str
    port: int
    can_look_up: bool = True

    def parts(self, message: Message) -> tuple[Message, ...]:
        return (message,)

    async def send(self, address: Address, message: Message, *, mark: str) -> Outcome:
        said = {"place": address.place, "text": message.plain(), "mark": mark}
        return await self._outcome("send", said)

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:
        return await self._outcome("edit", {"place": place, "id": message_id, "text": message.plain()})

    async def find(self, address: Address, mark: str, since: datetime) -> Outcome | None:
        del since
        outcome = await self._outcome("find", asdict(address) | {"mark": mark})
        return None if outcome == Sent("") else outcome

    async def _outcome(self, path: str, said: dict[str, str]) -> Outcome:
        try:
            return Sent((await _call(self.port, path, said)).get("id", ""))
        except ConnectionRefusedError as error:
            return Down(str(error))
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            return Unknown(type(error).__name__)


async def _call(port: int, path: str, said: dict[str, str]) -> dict[str, str]:
    """One request on a connection of its own. Errors: OSError; ValueError where the answer breaks off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        body = json.dumps(said).encode()
        writer.write(b"POST /%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body))
        await writer.drain()
        _, _, answer = (await reader.read()).partition(b"\r\n\r\n")
        found: dict[str, str] = json.loads(answer)
        return found
    finally:
        writer.close()
