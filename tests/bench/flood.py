"""A flood: what a burst of one person, and half-open connections, cost everybody else.

In: a folder. Out: figures: p99 of the other people's lines beside the burst, without the throttle and with it, and of
/healthz beside half-open sockets; the floor is the same alone. In one process, without a platform: what is measured is
the desk.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from socket import create_server

from aiohttp import ClientSession

from bot import logs
from bot.adapters.contract import Inbound
from bot.health.http import application
from bot.health.port import listening
from bot.inbound.dispatch import Dispatch
from bot.inbound.throttle import Throttle
from bot.rendering.render import Renderer
from handlers import COMMANDS
from tests.bench.crowd import crowd
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE

PEOPLE, LINES, SOCKETS = 10, 10, 900  # the others, the lines of each, half-open connections
PAUSE_SECONDS = 0.25  # between the lines of one of the others: they type, they do not flood


def figures(folder: str, burst: int) -> Iterator[Figure]:
    """Each with what it is alone. burst: lines of one person."""
    logs.to_stderr(logging.WARNING)
    for throttled in (False, True):
        path = f"{folder}/{throttled}"
        alone, beside = (asyncio.run(_lines(f"{path}{lines}.db", lines, throttled)) for lines in (0, burst))
        name = f"a line beside {burst:,} of one person, p99, {'throttled' if throttled else 'unthrottled'}"
        yield Figure(name, SQLITE, 0, _p(beside, 99), "ms", _p(alone, 99))
    alone, beside = (asyncio.run(_healthz(f"{folder}/http{sockets}.db", sockets)) for sockets in (0, SOCKETS))
    yield Figure(f"/healthz beside {SOCKETS} open sockets, p99", SQLITE, 0, _p(beside, 99), "ms", _p(alone, 99))


def _p(took: list[float], percent: int) -> float:
    return sorted(took)[min(len(took) * percent // 100, len(took) - 1)] * 1_000


async def _lines(path: str, burst: int, throttled: bool) -> list[float]:  # noqa: FBT001
    """How long each line of the others took."""
    with crowd(f"sqlite:///{path}", "telegram", tuple(map(str, range(PEOPLE + 1)))) as found:
        throttle = Throttle(found.store, Renderer()) if throttled else None
        desk = Dispatch(found.store, COMMANDS, Renderer(), None, throttle)
        flooder, others = found.accounts[0], found.accounts[1:]
        took: list[float] = []

        async def types(account: str, turn: str) -> None:
            for n in range(LINES):
                text = "case list" if n % 2 else f'case open "Case {turn} {account} {n}" category:fraud'
                before = time.perf_counter()
                await desk.receive(Inbound("telegram", f"{turn} {account} {n}", account, text))
                took.append(time.perf_counter() - before)
                await asyncio.sleep(PAUSE_SECONDS)

        await asyncio.gather(*(types(account, "warm") for account in others))  # and known
        took.clear()
        if throttle:
            throttle.limits.persons.clear()
        flood = [
            asyncio.create_task(
                desk.receive(Inbound("telegram", f"flood {n}", flooder, f'case open "Flood {n}" category:fraud'))
            )
            for n in range(burst)
        ]
        await asyncio.gather(*(types(account, "measured") for account in others), *flood)
        return took


async def _healthz(path: str, sockets: int) -> list[float]:
    """How long /healthz took, each time on a new connection."""
    with crowd(f"sqlite:///{path}", "telegram", ("1",)) as found:
        here = create_server(("127.0.0.1", 0))
        number, took = here.getsockname()[1], []
        async with listening(application(found.store), sock=here, shutdown_seconds=0.1):
            half = [await asyncio.open_connection("127.0.0.1", number) for _ in range(sockets)]
            for _, writer in half:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
            for _ in range(100):
                before = time.perf_counter()
                async with ClientSession() as http, http.get(f"http://127.0.0.1:{number}/healthz") as answer:
                    assert answer.status == 200
                took.append(time.perf_counter() - before)
            for _, writer in half:
                writer.close()
    return took
