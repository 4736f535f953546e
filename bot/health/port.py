"""The HTTP port: limits on connections, on how long they last and on how much they may send.

In: connections from anybody. Out: whole requests, read to the end, for whoever answers them. What a stranger can send
without an end is ended: a head in HEAD_SECONDS, a body in BODY_SECONDS (408), a million bytes (413); what is no HTTP
is 400. Of MOST_CONNECTIONS the longest waiting makes room for a new one, so that half-open ones keep nobody out; one
that is being answered never does. Bodies are never logged, and the rest is a line a second (`bot/logs.py`).
Why a protocol around aiohttp's: it knows no limit of connections, and one time for a first head and an idle connection,
which a reverse proxy keeps for a minute.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from socket import socket

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError

from bot.logs import HOSTILE

log = logging.getLogger(HOSTILE)

MOST_CONNECTIONS = 256
HEAD_SECONDS = 5.0  # from the first byte, or from the beginning of a connection
BODY_SECONDS = 10.0
IDLE_SECONDS = 75.0  # between requests: longer than reverse proxies keep a connection
LINGER_SECONDS = 2.0  # for the rest of what was refused
LONGEST_FIELD_BYTES = 8_190  # of a head: one line, one field
MOST_FIELDS = 64
LONGEST_BODY_BYTES = 1_000_000


class OpenConnections:
    """Those of one port, the longest waiting first. `closed` and `answered`: how many, by why, and by status."""

    def __init__(self) -> None:
        self._waiting: dict[_Connection, None] = {}
        self._answering: set[_Connection] = set()
        self.closed, self.answered = Counter[str](), Counter[int]()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._answering)

    def take(self, connection: "_Connection") -> bool:
        """Whether there is room for one more; the longest waiting is closed for it."""
        if len(self) >= MOST_CONNECTIONS:
            if not self._waiting:
                self.close(connection, "too many")
                return False
            self.close(next(iter(self._waiting)), "too many")
        self.waits(connection)
        return True

    def waits(self, connection: "_Connection") -> None:
        """It has nothing whole yet, or nothing more."""
        self._answering.discard(connection)
        self._waiting[connection] = None

    def answers(self, connection: "_Connection") -> None:
        """A whole request came on it."""
        self._waiting.pop(connection, None)
        self._answering.add(connection)

    def close(self, connection: "_Connection", why: str) -> None:
        """Hang up at once."""
        self.forget(connection)
        self.closed[why] += 1
        log.warning("a connection was closed: %s", why)
        connection.hang_up()

    def ended(self, connection: "_Connection", *, in_a_head: bool) -> None:
        """It is closed. in_a_head: behind something that was no request."""
        if in_a_head and connection in self._waiting:
            self.closed["no request"] += 1
        self.forget(connection)

    def forget(self, connection: "_Connection") -> None:
        """It counts no more."""
        self._waiting.pop(connection, None)
        self._answering.discard(connection)

    def of(self, transport: asyncio.BaseTransport | None) -> "_Connection | None":
        """The connection that a request came on; None where that is closed."""
        found = transport.get_protocol() if transport is not None else None
        return found if isinstance(found, _Connection) else None


class _Connection(asyncio.Protocol):
    """One connection: what comes on it goes to aiohttp's protocol, while there is time."""

    def __init__(self, http: asyncio.Protocol, all_: OpenConnections) -> None:
        self._http, self._all = http, all_
        self._transport: asyncio.BaseTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False  # a head, which is not whole yet
        self._taken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self._all.take(self):
            self._taken = True
            self._wait(HEAD_SECONDS, "no head in time")
            self._http.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._taken:
            return
        if not self._begun and self._timer is not None:
            self._begun = True
            self._wait(HEAD_SECONDS, "no head in time")
        self._http.data_received(data)

    def eof_received(self) -> bool | None:
        return self._http.eof_received() if self._taken else None

    def pause_writing(self) -> None:
        self._http.pause_writing()

    def resume_writing(self) -> None:
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._all.ended(self, in_a_head=self._begun)
        if self._taken:
            self._http.connection_lost(exc)

    def head_came(self) -> None:
        """Whoever reads the body has a time of their own."""
        self._begun = False
        self._stop_timer()

    def body_came(self) -> None:
        """Nobody hangs up while it is answered."""
        self._all.answers(self)

    def is_answered(self) -> None:
        """What follows is another request, or nothing."""
        if self._transport is not None and not self._transport.is_closing():
            self._all.waits(self)
            self._wait(IDLE_SECONDS, "idle")

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()  # type: ignore[attr-defined]  # of sockets

    def _wait(self, seconds: float, why: str) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._all.close, self, why)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


OPEN = web.AppKey("open", OpenConnections)


def guarded(routes: Iterable[web.RouteDef] = ()) -> web.Application:
    """What is served, each request read to its end before anybody answers it."""
    served = web.Application(client_max_size=LONGEST_BODY_BYTES, middlewares=[_read_whole])
    served[OPEN] = OpenConnections()
    served.add_routes(routes)
    return served


@web.middleware
async def _read_whole(request: web.Request, handler: Handler) -> web.StreamResponse:
    connections = request.app[OPEN]
    connection = connections.of(request.transport)
    if connection is None:
        return web.Response(status=web.HTTPBadRequest.status_code)  # nobody is there any more
    connection.head_came()
    try:
        await _body(request)
        connection.body_came()
        answer = await handler(request)
        connections.answered[answer.status] += 1
    except web.HTTPException as error:
        connections.answered[error.status] += 1
        raise
    finally:
        connection.is_answered()
    return answer


async def _body(request: web.Request) -> None:
    """Read it; whoever answers asks for it again. Errors: 413, by aiohttp; 408, 400."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None


class _Short(logging.Filter):
    """Of what is no HTTP, aiohttp logs a trace of its own parser: the kind of error says as much."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
            record.msg, record.args = "what is no HTTP: %s", (type(error).__name__,)
        return True


@asynccontextmanager
async def listening(
    served: web.Application, *, host: str = "", port: int = 0, sock: socket | None = None, shutdown_seconds: float = 60
) -> AsyncIterator[None]:
    """Serve what is `guarded` meanwhile, at an address or on a socket. Errors: OSError where the port is taken."""
    connections, short = served[OPEN], _Short()
    runner = web.AppRunner(
        served,
        access_log=None,
        logger=log,
        shutdown_timeout=shutdown_seconds,
        keepalive_timeout=IDLE_SECONDS + HEAD_SECONDS,  # ours comes first
        lingering_time=LINGER_SECONDS,
        max_line_size=LONGEST_FIELD_BYTES,
        max_field_size=LONGEST_FIELD_BYTES,
        max_headers=MOST_FIELDS,
    )
    await runner.setup()
    http = runner.server
    assert http is not None  # noqa: S101 - it was set up
    log.addFilter(short)

    def connection() -> _Connection:
        return _Connection(http(), connections)

    try:
        loop = asyncio.get_running_loop()
        where = {"sock": sock} if sock else {"host": host, "port": port}
        listener = await loop.create_server(connection, **where)
        try:
            yield
        finally:
            listener.close()
    finally:
        log.removeFilter(short)
        await runner.cleanup()
