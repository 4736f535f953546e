"""Slack: slash commands over HTTP, as Slack posts them, against an echo that keeps nothing.

In: an empty database. Out: figures. Desk and floor (Bolt alone, on the same server) are processes of their own;
commands are signed and posted from here, where the small Slack takes the desk's calls. What is measured are the "ok"s:
how many a second, and how long they take; of some rounds the best.
"""

import asyncio
import json
import multiprocessing
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
from tests.bench.figure import Figure
from tests.bench.halls import SQLITE
from tests.fake_slack import BOT_TOKEN, SECRET, TEAM, FakeSlack

PEOPLE = 200
HELP, OPEN = "help", 'case open "Fake page number {}" category:fraud label:green'
Server = Callable[[str, str, Connection], None]
Cases = dict[str, tuple[Server, str, int]]
PEER_A_SECOND, PEER_P50 = 165.0, 10.0
"""What letya999/duty_bot does on PostgreSQL, two cores: 160 to 171 commands a second, p50 10 ms one at a time."""


@dataclass(frozen=True)
class Took:
    """How long each "ok" took, sorted, in milliseconds; how many came in a second."""

    times: tuple[float, ...]
    a_second: float

    def at(self, share: float) -> float:
        """The time within which that share of them came."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


def figures(database: str, url: str, commands: int, rounds: int) -> Iterator[Figure]:
    """On SQLite against the echo, on PostgreSQL against a bot of the same kind."""
    cases = CASES if database == SQLITE else PEER_CASES
    found = asyncio.run(_measure(url, cases, commands, rounds))
    name = "case open over HTTP"
    if database == SQLITE:
        floor, helped, opened = found["floor 16"], found["help 16"], found["open 16"]
        one, echo = found["help 1"].at(0.5), found["floor 1"].at(0.5)
        yield Figure("help over HTTP, 1 at once, p50", database, 0, one, "ms", echo, "<= 4x")
        yield Figure("help over HTTP, 16 at once", database, 0, helped.a_second, "/s", floor.a_second, "<= 4x")
        yield Figure(f"{name}, 16 at once", database, 0, opened.a_second, "/s", floor.a_second, ">= 700")
        yield Figure(f"{name}, 16 at once, p50", database, 0, opened.at(0.5), "ms", floor.at(0.5), "<= 10x")
        yield Figure(f"{name}, 16 at once, p99", database, 0, opened.at(0.99), "ms")
        return
    many, one = found["open 8"], found["open 1"].at(0.5)
    yield Figure(f"{name}, 8 at once, over duty_bot's", database, 0, many.a_second, "/s", PEER_A_SECOND, "<= 0.25x")
    yield Figure(f"{name}, 8 at once, p50", database, 0, many.at(0.5), "ms")
    yield Figure(f"{name}, 1 at once, p50, over duty_bot's", database, 0, one, "ms", PEER_P50, "<= 0.33x")


async def _measure(url: str, cases: Cases, commands: int, rounds: int) -> dict[str, Took]:
    found: dict[str, list[Took]] = {name: [] for name in cases}
    async with FakeSlack() as slack:
        with _serving(_floor, slack, url) as floor, _serving(_desk, slack, url) as desk:
            urls = {_floor: floor, _desk: desk}
            for _ in range(rounds):
                for name, (server, line, at_once) in cases.items():
                    slack.desk_url = urls[server]
                    found[name].append(await _post(slack, line, at_once, commands if at_once > 1 else 200))
    return {name: min(times, key=lambda took: took.at(0.5)) for name, times in found.items()}


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
def _serving(server: Server, slack: FakeSlack, url: str) -> Iterator[str]:
    """A server in a process of its own: the address of its door."""
    ours, theirs = multiprocessing.Pipe()
    start = multiprocessing.get_context("spawn").Process
    process = start(target=server, args=(slack.url, url, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}{PATH}"
    finally:
        process.terminate()
        process.join()


def _desk(slack_url: str, url: str, started: Connection) -> None:
    """The adapter on a desk with its own database."""
    named = {"slack_bot_token": BOT_TOKEN, "slack_signing_secret": SECRET, "slack_api_url": f"{slack_url}/api"}
    accounts = tuple(f"{TEAM}/U{n}" for n in range(PEOPLE))
    with crowd(url, "slack", accounts) as desk:

        async def serve() -> None:
            slack = Slack(Settings(_env_file=None, **named), desk.house)  # type: ignore[call-arg, arg-type]
            started.send(await _open(slack.routes))
            await slack.listen()

        asyncio.run(serve())


def _floor(slack_url: str, url: str, started: Connection) -> None:
    """Bolt alone, which answers every command with its own text."""
    del slack_url, url

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


CASES: Cases = {
    "floor 1": (_floor, HELP, 1),
    "help 1": (_desk, HELP, 1),
    "floor 16": (_floor, HELP, 16),
    "help 16": (_desk, HELP, 16),
    "open 16": (_desk, OPEN, 16),
}
PEER_CASES: Cases = {"open 1": (_desk, OPEN, 1), "open 8": (_desk, OPEN, 8)}
