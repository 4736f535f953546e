"""Health over HTTP, for whoever restarts and watches processes: plain text, no names, no references.

    /healthz    200 "alive" while this process answers at all, well or not; one whose ticks stop ends by itself
    /readyz     200 while the desk is well; else 503 and what is wrong, one code a line, as `desk health` says it
    /metrics    the numbers, as Prometheus reads them
In: the desk. Out: three answers, each from the record as it is now.
Why two questions: a process that waits for its database, or for a platform, is not made better by a restart.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from aiohttp import web

from bot.health import probes
from bot.health.port import OPEN, OpenConnections, guarded
from bot.health.probes import Report
from storage.database.store import Store

SERVICE_UNAVAILABLE = 503
NONE: Mapping[str, int] = {}


def application(
    store: Store, routes: Iterable[web.RouteDef] = (), *, refused_lines: Mapping[str, int] = NONE
) -> web.Application:
    """The three addresses, and those of the platforms that call us. refused_lines: how many, by whose limit."""

    async def healthz(_: web.Request) -> web.Response:
        return _text("alive")

    async def readyz(_: web.Request) -> web.Response:
        report = await asyncio.to_thread(probes.check, store)
        if report.troubles:
            return _text("\n".join(report.troubles), status=SERVICE_UNAVAILABLE)
        return _text("ok")

    async def metrics(_: web.Request) -> web.Response:
        report = await asyncio.to_thread(probes.check, store)
        lines = [f'rogatory_refused_lines{{limit="{whose}"}} {n}' for whose, n in sorted(refused_lines.items())]
        return _text("\n".join([*_metrics(report), *lines, *_of_port(served[OPEN])]))

    ours = (web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics))
    served = guarded([*ours, *routes])
    return served


def _text(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text + "\n", status=status)


def _metrics(report: Report) -> Iterator[str]:
    """One line a number: seconds since, or how many; what never happened has no line."""
    yield f"rogatory_well {int(not report.troubles)}"
    health = report.health
    if health is None:
        return

    def age(since: datetime) -> float:
        return round((health.at - since).total_seconds(), 3)

    yield f"rogatory_stuck_clocks {health.stuck_clocks}"
    if health.ticked_at:
        yield f"rogatory_tick_age_seconds {age(health.ticked_at)}"
    yield f"rogatory_unrung_age_seconds {age(health.unrung_at) if health.unrung_at else 0}"
    for state in health.platforms:
        platform = f'{{platform="{state.platform}"}}'
        yield f"rogatory_waiting{platform} {state.waiting}"
        yield f"rogatory_dead{platform} {state.dead}"
        yield f"rogatory_halted{platform} {int(state.halted_at is not None)}"
        yield f"rogatory_down{platform} {int(state.down_at is not None)}"
        yield f"rogatory_failing{platform} {state.failing}"
        yield f"rogatory_unsent_age_seconds{platform} {age(state.oldest_at) if state.oldest_at else 0}"


def _of_port(connections: OpenConnections) -> Iterator[str]:
    """What came to this port, good and bad."""
    yield f"rogatory_http_connections {len(connections)}"
    for why, count in sorted(connections.closed.items()):
        yield f'rogatory_http_closed{{why="{why}"}} {count}'
    for status, count in sorted(connections.answered.items()):
        yield f'rogatory_http_answered{{status="{status}"}} {count}'
