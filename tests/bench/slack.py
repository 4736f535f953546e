"""Slack: slash commands over HTTP, as Slack posts them, against an echo that keeps nothing.

`python -m tests.bench.slack [--commands N] [--rounds N]`. Desk and floor (Bolt alone, on the same server) are processes
of their own; commands are signed and posted from here, where the small Slack takes the desk's calls. Prints the "ok"s:
how many a second, and how long they take (p50, p99); and the ratios of the desk to the floor of the same run.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import urlencode

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.adapters.slack import Slack
from bot.adapters.slack.serve import PATH
from bot.settings import Settings
from tests.bench.crowd import crowd
from tests.fake_slack import BOT_TOKEN, SECRET, TEAM, FakeSlack

PEOPLE = 200
HELP, OPEN = "help", 'case open "Fake page number {}" category:fraud label:green'
Server = Callable[[str, str, Connection], None]


@dataclass(frozen=True)
class Took:
    """How long each "ok" took, sorted, in milliseconds; how many came in a second."""

    times: tuple[float, ...]
    a_second: float

    def at(self, share: float) -> float:
        """The time within which that share of them came."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--commands", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    asyncio.run(_measure(chosen.commands, chosen.rounds))


async def _measure(commands: int, rounds: int) -> None:
    cases: dict[str, tuple[Server, str, int]] = {
        "floor, 1 at once": (_floor, HELP, 1),
        "help, 1 at once": (_desk, HELP, 1),
        "floor, 16 at once": (_floor, HELP, 16),
        "help, 16 at once": (_desk, HELP, 16),
        "case open, 16 at once": (_desk, OPEN, 16),
        "case open, 50 at once": (_desk, OPEN, 50),
    }
    found: dict[str, list[Took]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        async with FakeSlack() as slack:
            with _serving(_floor, slack, folder) as floor, _serving(_desk, slack, folder) as desk:
                urls = {_floor: floor, _desk: desk}
                for _ in range(rounds):
                    for name, (server, line, at_once) in cases.items():
                        slack.desk_url = urls[server]
                        found[name].append(await _post(slack, line, at_once, commands if at_once > 1 else 200))
    _say({name: min(rounds_, key=lambda took: took.at(0.5)) for name, rounds_ in found.items()})


def _say(found: dict[str, Took]) -> None:
    for name, took in found.items():
        p50, p99 = took.at(0.5), took.at(0.99)
        sys.stdout.write(f"{name}: {took.a_second:.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms\n")
    floor, echoed, opened = found["floor, 16 at once"], found["help, 16 at once"], found["case open, 16 at once"]
    one = found["help, 1 at once"].at(0.5) / found["floor, 1 at once"].at(0.5)
    sys.stdout.write(f"ratio of the floor to help, 16 at once: {floor.a_second / echoed.a_second:.1f}\n")
    sys.stdout.write(f"ratio of help to the floor, p50, 1 at once: {one:.1f}\n")
    sys.stdout.write(f"ratio of the floor to a case opened, 16 at once: {floor.a_second / opened.a_second:.1f}\n")
    sys.stdout.write(f"ratio of p99 to p50 of a case opened, 16 at once: {opened.at(0.99) / opened.at(0.5):.1f}\n")


async def _post(slack: FakeSlack, line: str, at_once: int, count: int) -> Took:
    """Post commands, so many at once, each by the next officer."""
    numbers, times = iter(range(count)), list[float]()

    async def people() -> None:
        for n in numbers:
            body = {
                "team_id": TEAM, "user_id": f"U{n % PEOPLE}", "channel_id": "D1", "command": "/desk",
                "text": line.format(time.time_ns()), "trigger_id": f"{time.time_ns()}.{n}",
                "response_url": f"{slack.url}/respond/{n}",
            }  # fmt: skip
            began = time.perf_counter()
            ack = await slack.post(urlencode(body).encode(), "application/x-www-form-urlencoded")
            times.append((time.perf_counter() - began) * 1e3)
            assert ack.status == 200, ack
            assert "incident" not in json.dumps(ack.body), ack

    began = time.perf_counter()
    await asyncio.gather(*(people() for _ in range(at_once)))
    return Took(tuple(sorted(times)), count / (time.perf_counter() - began))


# ---- what is posted to -----------------------------------------------------------------------------------------------


@contextmanager
def _serving(server: Server, slack: FakeSlack, folder: str) -> Iterator[str]:
    """A server in a process of its own: the address of its door."""
    ours, theirs = multiprocessing.Pipe()
    start = multiprocessing.get_context("spawn").Process
    process = start(target=server, args=(slack.url, folder, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}{PATH}"
    finally:
        process.terminate()
        process.join()


def _desk(slack_url: str, folder: str, started: Connection) -> None:
    """The adapter on a desk with its own database."""
    named = {"slack_bot_token": BOT_TOKEN, "slack_signing_secret": SECRET, "slack_api_url": f"{slack_url}/api"}
    accounts = tuple(f"{TEAM}/U{n}" for n in range(PEOPLE))
    with crowd(f"sqlite:///{folder}/desk.db", "slack", accounts) as desk:

        async def serve() -> None:
            slack = Slack(Settings(_env_file=None, **named), desk.house)  # type: ignore[call-arg, arg-type]
            started.send(await _open(slack.routes))
            await slack.listen()

        asyncio.run(serve())


def _floor(slack_url: str, folder: str, started: Connection) -> None:
    """Bolt alone, which answers every command with its own text."""
    del slack_url, folder

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token=BOT_TOKEN)

    async def echo(ack: AsyncAck, body: dict[str, str]) -> None:
        await ack(response_type="ephemeral", text=body["text"])

    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)
    bolt.command("/desk")(echo)

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    async def serve() -> None:
        started.send(await _open((web.post(PATH, handle),)))
        await asyncio.Event().wait()

    asyncio.run(serve())


async def _open(routes: Sequence[web.RouteDef]) -> int:
    """Serve, at a port that is free."""
    served = web.Application()
    served.add_routes(routes)
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


if __name__ == "__main__":
    main()
