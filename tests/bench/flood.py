"""A flood: what a burst of one person, and half-open connections, cost everybody else.

`python -m tests.bench.flood [--burst N] [--people N] [--lines N] [--sockets N]`. Prints p50 and p99 of the other
people's lines, alone and beside the burst, and their ratio; then how long /healthz takes, alone and beside half-open
sockets. In one process, without a platform: what is measured is the desk.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
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

PAUSE_SECONDS = 0.25  # between the lines of one of the others: they type, they do not flood


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--burst", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--lines", type=int, default=15)
    parser.add_argument("--sockets", type=int, default=900)
    chosen = parser.parse_args()
    logs.to_stderr(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        for throttled in (False, True):
            alone, beside = (
                asyncio.run(_lines(f"{folder}/{throttled}{burst}.db", chosen.people, chosen.lines, burst, throttled))
                for burst in (0, chosen.burst)
            )
            ratio = _p(beside, 99) / _p(alone, 99)
            _say(
                f"{'with' if throttled else 'without'} the throttle: others alone p50 {_p(alone, 50):.1f} ms, p99 "
                f"{_p(alone, 99):.1f} ms; beside {chosen.burst} lines of one p50 {_p(beside, 50):.1f} ms, "
                f"p99 {_p(beside, 99):.1f} ms; ratio {ratio:.2f}"
            )
        for sockets in (0, chosen.sockets):
            took = asyncio.run(_healthz(f"{folder}/http{sockets}.db", sockets))
            _say(f"/healthz beside {sockets} half-open sockets: p50 {_p(took, 50):.1f} ms, p99 {_p(took, 99):.1f} ms")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _p(took: list[float], percent: int) -> float:
    return sorted(took)[min(len(took) * percent // 100, len(took) - 1)] * 1_000


async def _lines(path: str, people: int, lines: int, burst: int, throttled: bool) -> list[float]:  # noqa: FBT001
    """How long each line of the others took."""
    with crowd(f"sqlite:///{path}", "telegram", tuple(map(str, range(people + 1)))) as found:
        throttle = Throttle(found.store, Renderer()) if throttled else None
        desk = Dispatch(found.store, COMMANDS, Renderer(), None, throttle)
        flooder, others = found.accounts[0], found.accounts[1:]
        took: list[float] = []

        async def types(account: str, turn: str) -> None:
            for n in range(lines):
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


if __name__ == "__main__":
    main()
