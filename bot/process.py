"""The running process: everything that goes on at once, from the first tick to a clean end.

In: a desk, a lease, platforms. Out: an exit code. Beside each other run: each platform's door in, delivery to all of
them, the lease, the tick, the watch that sees the tick stop. When one of them ends, all do.
SIGTERM: nothing more is taken, what is in flight is settled, and the process is gone within GRACE_SECONDS.
Why the lease is kept by the event loop and not by a thread of its own: a process whose loop hangs must lose it.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from bot.adapters.contract import CannotStart, TakesFiles
from bot.adapters.house import House
from bot.adapters.platforms import ADAPTERS, Adapter, Connected, Platform
from bot.app import Desk, must_be_real, open_desk
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.inbound.throttle import ThrottledForms
from bot.inbound.unsaid import UnsaidAnswers
from bot.outbound.delivery import Delivery, PlatformDelivery
from bot.outbound.fetching import Fetcher
from bot.outbound.pacing import Pacing
from bot.outbound.patience import Patience
from bot.outbound.troubles import PlatformTroubles
from bot.settings import Settings
from handlers import COMMANDS
from storage.database.lease import RENEW_SECONDS, Lease, take_lease
from storage.errors import StorageError
from storage.exposure.labels import Label

if TYPE_CHECKING:
    from bot.ticking.scheduler import Scheduler

log = logging.getLogger("rogatory.process")

GRACE_SECONDS = 10.0  # from the signal to the end of the process, whatever hangs
SETTLE_SECONDS = 9.0  # of these, for what is in flight; one sending waits 8 for its answer
REFUSED_SECONDS = 300.0  # until a platform that refuses our token is asked again, beside another
WENT_WRONG = 1


def run(
    settings: Settings, adapters: Mapping[str, Adapter] = ADAPTERS, *, say: Callable[[str], None] = log.info
) -> int:
    """Every configured platform until SIGTERM. Errors: as `open_desk`; AlreadyRunning; BadSettings, CannotStart.

    say: hears one line as each platform is ready, and one for each that is not configured.
    """
    for name, adapter in adapters.items():
        if not adapter.configured(settings):
            say(f"{name} is not configured: set {adapter.setting}")
    with open_desk(settings) as desk, closing(take_lease(settings.database_url)) as lease:
        must_be_real(desk)
        forms = ThrottledForms(FormBuilder(desk.store, COMMANDS, desk.renderer, settings.ceilings), desk.limits)
        pacings: dict[str, Pacing] = {}
        patience, unsaid = Patience(pacings), UnsaidAnswers(desk.store, COMMANDS)
        services, troubles = Services(desk.store, COMMANDS), PlatformTroubles(desk.store)
        house = House(desk.dispatch.receive, forms, services, say, patience, unsaid.put_away, troubles.noticed)
        platforms = [found.open(settings, house) for found in _configured(settings, adapters)]
        routes = [_route(desk, platform, alone=lease.alone) for platform in platforms]
        pacings |= {route.platform: route.pacing for route in routes}

        def ending() -> None:
            leave_in_time()
            patience.stop()

        return asyncio.run(serve(desk, platforms, routes, lease=lease, http=True, ending=ending))


def names_http(settings: Settings) -> bool:
    """Whether the settings say where to listen, and not only the defaults."""
    return not settings.model_fields_set.isdisjoint({"http_host", "http_port"})


def is_configured(settings: Settings, adapters: Mapping[str, Adapter] = ADAPTERS) -> bool:
    """Whether the settings name any platform."""
    return bool(_configured(settings, adapters))


def leave_in_time() -> None:
    """From now on the process has GRACE_SECONDS: a thread that hangs must not keep it."""
    leash = threading.Timer(GRACE_SECONDS, os._exit, (WENT_WRONG,))
    leash.daemon = True
    leash.start()


async def serve(
    desk: Desk,
    platforms: Iterable[Platform],
    routes: Iterable[PlatformDelivery],
    *,
    lease: Lease | None,
    http: bool = False,
    ending: Callable[[], None] = lambda: None,
) -> int:
    """Run until a signal, or until something ends. Exit code: of a conversation that ended; 1 where anything broke.

    lease: None where this process never ticks (a terminal beside the running desk). http: answer for its health.
    ending: called as the end begins. Errors: OSError where the HTTP port is taken; CannotStart where no platform lets
    us in.
    """
    delivery, stop = Delivery(routes), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    platforms = tuple(platforms)
    answering = _answering(desk, platforms) if http else nullcontext()
    async with answering, _ticking(desk, lease) as ticking, _woken(desk, delivery):
        sending = asyncio.create_task(delivery.run(), name="delivery")
        fetchers = [Fetcher(desk.store, one) for one in platforms if isinstance(one, TakesFiles)]
        fetching = [asyncio.create_task(one.run(), name="fetching") for one in fetchers]
        doors = Doors(desk, platforms)
        taking = [asyncio.create_task(doors.listen(platform), name=platform.name) for platform in platforms]
        stopped = asyncio.create_task(stop.wait(), name="signal")
        going_on = {stopped, sending, *fetching, *taking, *ticking}
        ended, _ = await asyncio.wait(going_on, return_when=asyncio.FIRST_COMPLETED)
        ending()
        await _end([*taking, *fetching, stopped])
        delivery.stop()
        await asyncio.wait({sending}, timeout=SETTLE_SECONDS)
        await _end([sending])
        await asyncio.gather(*(one.close() for one in platforms if isinstance(one, Connected)))
    for task in ended:
        if task is not stopped and isinstance(error := task.exception(), CannotStart):
            raise error
    return max((_code(task) for task in ended if task is not stopped), default=0)


class Doors:
    """Each platform's door in. One that refuses us is tried again, slowly, as long as another lets people in.

    Errors: CannotStart, once there is no other.
    """

    def __init__(self, desk: Desk, platforms: Sequence[Platform]) -> None:
        self._troubles, self._platforms = PlatformTroubles(desk.store), platforms
        self._refused: dict[str, str] = {}

    async def listen(self, platform: Platform) -> int:
        """Take messages for ever; an exit code where a conversation is over."""
        while True:
            self._refused.pop(platform.name, None)
            try:
                return await platform.listen()
            except CannotStart as refused:
                self._refused[platform.name] = refused.sentence
            if len(self._refused) == len(self._platforms):
                raise CannotStart("\n".join(self._refused.values()))
            await self._troubles.cannot_start(platform.name, self._refused[platform.name])
            await asyncio.sleep(REFUSED_SECONDS)
            await self._troubles.asked_again(platform.name)


@asynccontextmanager
async def _woken(desk: Desk, delivery: Delivery) -> AsyncIterator[None]:
    """Meanwhile whatever is queued, by a turn, a tick or an import, is looked for at once."""
    loop, store = asyncio.get_running_loop(), desk.store

    def wake() -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends, and the next one finds it
            loop.call_soon_threadsafe(delivery.wake)

    store.on_queued = wake
    try:
        yield
    finally:
        store.on_queued = lambda: None


def _answering(desk: Desk, platforms: Iterable[Platform]) -> AbstractAsyncContextManager[None]:
    routes = [route for one in platforms if isinstance(one, Connected) for route in one.routes]
    from bot.health.http import application  # noqa: PLC0415 - aiohttp, which a terminal needs not
    from bot.health.port import listening  # noqa: PLC0415 - as above

    served = application(desk.store, routes, refused_lines=desk.limits.refused)
    return listening(served, host=desk.settings.http_host, port=desk.settings.http_port)


@asynccontextmanager
async def _ticking(desk: Desk, lease: Lease | None) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tick meanwhile, whenever this process leads. Yields what must not end."""
    if lease is None:
        yield []
        return
    from bot.ticking.scheduler import Scheduler  # noqa: PLC0415 - APScheduler, for whoever ticks
    from bot.ticking.tick import Ticker  # noqa: PLC0415 - as above

    async with Scheduler(Ticker(desk.store, lease).tick) as scheduler:
        tasks = [
            asyncio.create_task(_keep(lease, scheduler), name="lease"),
            asyncio.create_task(scheduler.watch(), name="tick"),
        ]
        yield tasks
        await _end(tasks)


def _route(desk: Desk, platform: Platform, *, alone: bool) -> PlatformDelivery:
    ceiling = desk.settings.ceilings.get(platform.name, Label.RED)
    return PlatformDelivery(desk.store, platform, desk.renderer, alone=alone, ceiling=ceiling)


def _configured(settings: Settings, adapters: Mapping[str, Adapter]) -> list[Adapter]:
    return [adapter for adapter in adapters.values() if adapter.configured(settings)]


async def _keep(lease: Lease, scheduler: "Scheduler") -> None:
    """Take the lease where it is free, and keep it. A database that is away is waited for."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "lease") as thread:  # its own: looking up a platform's address must not delay it
        while True:
            held = lease.held
            try:
                await loop.run_in_executor(thread, lease.acquire)
            except StorageError as error:
                log.warning("the lease: %s", error)
            if lease.held and not held:
                log.info("this process ticks from now on")
                scheduler.soon()
            elif held and not lease.held:
                log.warning("another process ticks now: %s", lease.holder)
            await asyncio.sleep(RENEW_SECONDS)


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _code(task: asyncio.Task[int | None]) -> int:
    """How a task that ended by itself ended."""
    if error := task.exception():
        log.critical("%s broke, so the process ends", task.get_name(), exc_info=error)
        return WENT_WRONG
    return task.result() or 0
