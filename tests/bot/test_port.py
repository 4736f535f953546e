"""The port: half-open connections keep nobody out, what has no end is ended, and none of it fills the log."""

import asyncio
import gzip
import logging
from contextlib import asynccontextmanager
from socket import create_server

import pytest
from aiohttp import web

from bot.health import port
from bot.health.http import application
from bot.health.port import OPEN, guarded, listening

SECONDS = 30
HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
ASK = HALF + b"\r\n"


class Served:
    """A port with /healthz, an echo, and one address that answers when it is told to."""

    def __init__(self, number, app, go):
        self.number, self.open, self.go = number, app[OPEN], go

    async def connect(self, sent=b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        writer.write(sent)
        await writer.drain()
        return reader, writer

    async def status(self, sent):
        """The number that comes back; 0 where the connection is closed without one."""
        reader, writer = await self.connect(sent)
        try:
            line = await reader.readline()
        except ConnectionError:
            return 0
        finally:
            writer.close()
        return int(line.split()[1]) if line else 0

    async def ended(self, reader):
        """Return when the other side has hung up."""
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass


@asynccontextmanager
async def served():
    go, asked = asyncio.Event(), asyncio.Event()

    async def healthz(_):
        return web.Response(text="ok")

    async def echo(request):
        return web.Response(body=await request.read())

    async def slow(_):
        asked.set()
        await go.wait()
        return web.Response(text="late")

    routes = [web.get("/healthz", healthz), web.post("/echo", echo), web.get("/slow", slow)]
    app = guarded(routes)
    here = create_server(("127.0.0.1", 0))
    async with asyncio.timeout(SECONDS), listening(app, sock=here, shutdown_seconds=0.1):
        found = Served(here.getsockname()[1], app, go)
        found.asked = asked
        yield found


def on_port(work):
    async def run():
        async with served() as found:
            return await work(found)

    return asyncio.run(run())


def test_half_open_connections_keep_nobody_out(monkeypatch):
    monkeypatch.setattr(port, "MOST_CONNECTIONS", 40)
    monkeypatch.setattr(port, "HEAD_SECONDS", SECONDS * 10)  # so that only making room can help

    async def work(found):
        half = [await found.connect(HALF) for _ in range(200)]
        status = await found.status(ASK)
        closed = found.open.closed["too many"]
        for reader, _ in half[:100]:
            await found.ended(reader)
        for _, writer in half:
            writer.close()
        return status, closed, len(found.open) <= 40

    status, closed, bounded = on_port(work)
    assert (status, bounded) == (200, True)
    assert closed >= 160


@pytest.mark.parametrize("sent", [b"", HALF, ASK + HALF], ids=["nothing", "half a head", "half a second head"])
def test_a_head_that_does_not_come_is_waited_for_a_few_seconds(sent, monkeypatch):
    monkeypatch.setattr(port, "HEAD_SECONDS", 0.2)

    async def work(found):
        reader, writer = await found.connect(sent[: len(ASK)])
        if sent.startswith(ASK):
            await reader.readuntil(b"ok")
            writer.write(HALF)
        await found.ended(reader)
        writer.close()
        return found.open.closed

    assert on_port(work) == {"no head in time": 1}


def test_a_byte_now_and_then_buys_no_time(monkeypatch):
    monkeypatch.setattr(port, "HEAD_SECONDS", 0.3)

    async def work(found):
        reader, writer = await found.connect(HALF)
        ending = asyncio.create_task(found.ended(reader))
        while not ending.done():
            writer.write(b"x")
            await asyncio.wait({ending}, timeout=0.05)
        writer.close()
        return found.open.closed

    assert on_port(work) == {"no head in time": 1}


def test_a_body_that_does_not_come_is_408(monkeypatch):
    monkeypatch.setattr(port, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(port, "LINGER_SECONDS", 0.1)
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    assert on_port(lambda found: found.status(head + b"slow")) == 408


def test_what_is_being_answered_is_never_closed_to_make_room(monkeypatch):
    monkeypatch.setattr(port, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(port, "HEAD_SECONDS", 0.2)

    async def work(found):
        reader, writer = await found.connect(ASK.replace(b"healthz", b"slow"))
        await found.asked.wait()
        half = [await found.connect(HALF) for _ in range(20)]
        for one, _ in half:
            await found.ended(one)
        found.go.set()
        line = await reader.readline()
        for _, other in [(reader, writer), *half]:
            other.close()
        return line

    assert b"200" in on_port(work)


def test_where_all_are_being_answered_one_more_is_turned_away(monkeypatch):
    monkeypatch.setattr(port, "MOST_CONNECTIONS", 1)

    async def work(found):
        reader, writer = await found.connect(ASK.replace(b"healthz", b"slow"))
        await found.asked.wait()
        turned_away = await found.status(ASK)
        found.go.set()
        line = await reader.readline()
        writer.close()
        return turned_away, b"200" in line

    assert on_port(work) == (0, True)


CHUNKED = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = port.LONGEST_BODY_BYTES + 1
BOMB = gzip.compress(b"\0" * 20_000_000)
BAD = [
    ("garbage", b"\x16\x03\x01\x02canary\r\n\r\n", 400),
    ("a long address", b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: canary\r\n\r\n", 400),
    ("a long field", HALF + b"X: " + b"x" * 20_000 + b"\r\n\r\n", 400),
    ("many fields", HALF + b"".join(b"X%d: canary\r\n" % n for n in range(200)) + b"\r\n", 400),
    ("no number of bytes", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: canary\r\n\r\n", 400),
    ("chunks that are none", CHUNKED + b"canary\r\n", 400),
    ("a long body", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % LONG + b"x" * LONG, 413),
    ("long chunks", CHUNKED + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 17 + b"0\r\n\r\n", 413),
    (
        "what unpacks to much",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,
        413,
    ),
    ("no such address", ASK.replace(b"healthz", b"canary"), 404),
    ("no such verb", ASK.replace(b"GET", b"DELETE"), 405),
]


@pytest.mark.parametrize(("sent", "number"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_no_request_of_ours_is_a_number_and_is_not_quoted(sent, number, caplog):
    caplog.set_level(logging.DEBUG, "rogatory")

    async def work(found):
        return await found.status(sent), await found.status(ASK)

    assert on_port(work) == (number, 200)
    said = "".join(record.getMessage() for record in caplog.records if record.name.startswith("rogatory"))
    assert "canary" not in said
    assert not [record for record in caplog.records if record.name.startswith("rogatory") and record.exc_info]
    assert len(said) < 200


def test_what_came_is_counted(store):
    async def work():
        here = create_server(("127.0.0.1", 0))
        async with listening(application(store), sock=here, shutdown_seconds=0.1):
            found = Served(here.getsockname()[1], {OPEN: None}, None)
            for sent in (b"garbage\r\n\r\n", ASK, ASK.replace(b"healthz", b"none")):
                await found.status(sent)
            reader, writer = await found.connect(ASK.replace(b"healthz", b"metrics"))
            text = (await reader.readuntil(b'status="404"} 1')).decode()
            writer.close()
            return text

    text = asyncio.run(asyncio.wait_for(work(), SECONDS))
    assert 'rogatory_http_answered{status="200"} 1\n' in text
    assert 'rogatory_http_closed{why="no request"} 1\n' in text
