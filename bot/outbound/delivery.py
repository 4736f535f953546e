"""Delivery: sends outbox rows, each platform by itself, so that nobody waits for another, slower platform.

In: outbox rows that are due. Out: messages, and each row's end on record.
A row is claimed (`sending`, on disk) before the platform is called and settled after it answered. What a crash leaves
in `sending` may have been said; `row_sender.py` finds out, or says it once more and says so. Nothing is guessed.
One row is in flight for each recipient: a chat that must wait, or answers slowly, holds up itself alone. A platform
that does not answer at all, or does not let us in, pauses as a whole, its rows untouched, and is tried with one row.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bot.adapters.contract import ChatAdapter
from bot.adapters.outcome import Down, Halt, Moved, Refused, Sent, Unknown, Wait, believed
from bot.outbound.external_check import ExternalCheck
from bot.outbound.outage import FAILS_SECONDS, Outage
from bot.outbound.pacing import PACES, Chat, Pace, Pacing, Retry
from bot.outbound.row_sender import Ended, RowSender
from bot.outbound.settling import Settler
from bot.rendering.render import Renderer
from handlers import outgoing, undelivered
from handlers.outgoing import Composed, Dropped, Elsewhere, Landed
from storage.database.store import Job, Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import heartbeat, sending
from storage.messages.sending import Claimed
from storage.models import Recipient

log = logging.getLogger("rogatory.delivery")

T = TypeVar("T")

MOST_IN_FLIGHT = 50  # rows of one platform at once, at most
LOOK_SECONDS = 0.5  # between two looks at the outbox when nobody woke us
HEARTBEAT_SECONDS = 15.0


@dataclass(frozen=True)
class Timing:
    """What tests put in another's place. `elapsed`: seconds that only go forward; `chance`: 0 to 1."""

    send_seconds: float = 8.0
    retry: Retry = field(default_factory=Retry)
    elapsed: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


Whom = Recipient | Callable[[UnitOfWork], Recipient]
"""A recipient, or who that is by now."""


class PlatformDelivery:
    """Delivery to one platform, or to one recipient on it (`only`, a terminal that is open).

    alone: no other process sends here, so what is found `sending` at the start was left by a crash.
    ceiling: the most restrictive label that is shown on this platform.
    """

    def __init__(
        self,
        store: Store,
        adapter: ChatAdapter,
        renderer: Renderer,
        *,
        timing: Timing | None = None,
        pace: Pace | None = None,
        only: Whom | None = None,
        alone: bool = True,
        ceiling: Label = Label.RED,
    ) -> None:
        self._ceiling = ceiling
        self._store, self._only, self._alone = store, only, alone
        self._timing = timing or Timing()
        self.platform, self.pacing = adapter.name, Pacing(pace or PACES.get(adapter.name, Pace()))
        self._chats: dict[Recipient, Chat] = {}  # of those who may have to wait
        self._external = ExternalCheck(store, adapter)
        self._sender = RowSender(adapter, renderer, store.clock, send_seconds=self._timing.send_seconds)
        self._settler = Settler(store, self._arrived)
        self._woken, self._stopping = asyncio.Event(), False
        self._outage = Outage(self._timing.retry, self._timing.chance)
        self._on_record = True  # until something is sent, the record may say that it fails, from an earlier run
        self._next_heartbeat = float("-inf")
        self._more = (
            False  # the last claim was as large as it could be: most likely there is more, and nobody need look
        )

    # ---- the loop ----

    async def run(self) -> None:
        """Say what is due until `stop`. A store that is away is waited for."""
        await self.rescue()
        while not self._stopping:
            try:
                await self._heartbeat()
                await self.drain()
            except Exception:
                log.exception("delivery to %s", self.platform)
            await self._rest()

    def wake(self) -> None:
        """Something was queued just now: look, also while other messages are on their way."""
        self._woken.set()

    def stop(self) -> None:
        """Take nothing more; what is in flight is settled before `run` returns."""
        self._stopping = True
        self.wake()

    async def rescue(self) -> int:
        """Put back what a crash left in `sending`. How many."""
        return await self._write(
            lambda work: sending.rescue(work, self.platform, alone=self._alone, only=self._whom(work))
        )

    async def drain(self) -> None:
        """Say everything that may be said now; returns when each row taken is settled."""
        in_flight: dict[asyncio.Task[None], Recipient] = {}
        woken = asyncio.create_task(self._woken.wait())
        try:
            while True:
                if len(in_flight) <= MOST_IN_FLIGHT // 2:
                    rows = await self._claim(in_flight.values())
                    for row, composed in zip(rows, await self._composed(rows), strict=True):
                        in_flight[asyncio.create_task(self._deliver(row, composed))] = row.recipient
                if not in_flight:
                    return
                if woken.done():
                    woken = asyncio.create_task(self._woken.wait())
                waits = (woken, *in_flight)
                await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                self._woken.clear()
                _forget_ended([task for task in in_flight if task.done()], in_flight)
        finally:
            woken.cancel()
            if in_flight:
                _forget_ended((await asyncio.wait(in_flight))[0], in_flight)

    async def _claim(self, in_flight: Collection[Recipient]) -> list[Claimed]:
        now = self._timing.elapsed()
        most = 1 if self._outage.downs else MOST_IN_FLIGHT
        over_all = self.pacing.room_for(now)
        limit = min(most - len(in_flight), most if over_all is None else over_all)
        if self._stopping or now < self._outage.until or limit < 1:
            return []
        if not (self._more or await self._read(self._is_due)):
            return []
        busy = self.pacing.busy(now)
        self._chats = {recipient: chat for recipient, chat in self._chats.items() if chat in busy}
        given: dict[str, Any] = {"limit": limit, "besides": {*in_flight, *self._chats}}
        rows = await self._write(lambda work: sending.claim(work, self.platform, only=self._whom(work), **given))
        self._more = len(rows) == limit
        return rows

    def _is_due(self, work: UnitOfWork) -> bool:
        return sending.is_due(work, self.platform, only=self._whom(work))

    def _whom(self, work: UnitOfWork) -> Recipient | None:
        return self._only(work) if callable(self._only) else self._only

    async def _rest(self) -> None:
        if self._stopping:
            return
        free_at = self.pacing.next_at(now := self._timing.elapsed())
        seconds = LOOK_SECONDS if free_at is None else min(LOOK_SECONDS, max(0.0, free_at - now))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()

    async def _heartbeat(self) -> None:
        """Now and then: we are alive; and what a dead sender or a store that was away left in `sending` is put back."""
        if self._timing.elapsed() < self._next_heartbeat:
            return
        self._next_heartbeat = self._timing.elapsed() + HEARTBEAT_SECONDS

        def job(work: UnitOfWork) -> None:
            sending.rescue(work, self.platform, alone=False, only=self._whom(work))
            heartbeat.drained(work, self.platform)

        await self._write(job)
        await self._go_another_way()

    async def _composed(self, rows: Sequence[Claimed]) -> Sequence[Composed | Dropped | Elsewhere | None]:
        """What they come to, asked together. Where one breaks, None: each is then asked for alone, and fails alone."""
        try:
            await self._external.check(rows)
            if len(rows) > 1:
                return await self._read(
                    lambda work: outgoing.compose_all(
                        work, rows, self._ceiling, reports_external=self._external.reports_external
                    )
                )
        except Exception:
            log.exception("%s rows could not be composed together", len(rows))
        return [None] * len(rows)

    # ---- one row ----

    async def _deliver(self, row: Claimed, composed: Composed | Dropped | Elsewhere | None) -> None:
        in_doubt = row.doubtful_since is not None
        if seconds := self._sender.seconds_to_certainty(row):
            await self._back(row, "left in doubt", seconds=seconds, doubtful=in_doubt)
            return
        try:
            if composed is None:
                known = self._external.reports_external
                composed = await self._read(
                    lambda work: outgoing.compose(work, row, self._ceiling, reports_external=known)
                )
        except Exception as error:
            log.exception("row %s could not be composed", row.id)
            await self._again(row, f"{type(error).__name__} while it was composed", doubtful=in_doubt)
            return
        match composed:
            case Dropped(why):
                await self._write(lambda work: outgoing.let_go(work, row, why))
            case Elsewhere(platform):
                await self._write(lambda work: sending.reroute(work, row, platform))
            case Composed():
                await self._say(row, composed)

    async def _say(self, row: Claimed, composed: Composed) -> None:
        chat, now = _chat(composed), self._timing.elapsed()
        self._chats[row.recipient] = chat
        if (ready_at := self.pacing.ready_at(chat, now)) > now:  # an answer goes there, or another thread of that room
            await self._back(row, "its chat must wait", seconds=ready_at - now, doubtful=row.doubtful_since is not None)
            return
        self.pacing.take(chat, now)
        if not composed.edits and self._sender.must_repeat(row):
            if row.marked:
                await self._give_up(row, "nobody knows whether it arrived, twice")
                return
            await self._write(lambda work: sending.repeat(work, row))
            row = replace(row, marked=True)
        await self._settle(row, composed, await self._sender.say(row, composed))

    async def _settle(self, row: Claimed, composed: Composed, ended: Ended) -> None:
        """Put the end of one attempt on record."""
        outcome, now = ended.outcome, self._timing.elapsed()
        if not isinstance(outcome, Down | Halt):
            self._outage.over()
        match outcome:
            case Sent():
                await self._sent(row, composed, ended, outcome)
            case Wait(asked):
                seconds = believed(asked)
                chat = self._chats[row.recipient] = _chat(composed)
                self.pacing.pause(chat, now + seconds)
                why = f"asked to wait {asked} s"
                await self._back(row, why, seconds=seconds, doubtful=ended.doubtful)
            case Unknown(why):
                await self._again(row, why, doubtful=ended.doubtful)
            case Refused(why) if composed.edits:
                await self._write(lambda work: sending.drop(work, row, why))
            case Refused(why, fallback, remedy):
                await self._give_up(row, why, tell=fallback, remedy=remedy)
            case Moved(room):
                old = composed.place.room
                await self._write(lambda work: sending.room_moved(work, self.platform, old, room))
                await self._again(row, f"moved to {room}", doubtful=ended.doubtful)
            case Down(why):
                await self._back(row, why, seconds=self._outage.down(now), doubtful=ended.doubtful)
                await self._go_another_way()
            case Halt(why):
                log.error("%s does not let us in: %s", self.platform, why)
                await self._write(lambda work: undelivered.halted(work, self.platform, why))
                await self._back(row, why, seconds=self._outage.shut_out(now), doubtful=ended.doubtful)
                await self._go_another_way()

    async def _sent(self, row: Claimed, composed: Composed, ended: Ended, outcome: Sent) -> None:
        is_card = not composed.edits and not composed.place.under
        await self._settler.settle(Landed(row, ended.how, ended.place, outcome.message_id, is_card))
        self._on_record = False

    def _arrived(self, work: UnitOfWork, landed: Sequence[Landed]) -> None:
        outgoing.arrived(work, landed)
        if self._on_record:
            heartbeat.resume(work, self.platform)

    async def _again(self, row: Claimed, why: str, *, doubtful: bool) -> None:
        """A failure of this row: later again, or given up after a day of them."""
        retry = self._timing.retry
        seconds = retry.after(row.attempts + 1, self._timing.chance)
        too_long = row.urgent and retry.spent(row.attempts) >= FAILS_SECONDS
        if too_long and await self._write(lambda work: undelivered.elsewhere(work, row, why, doubtful=doubtful)):
            return
        if seconds is None:
            await self._give_up(row, why)
        else:
            await self._write(lambda work: sending.back(work, row, why, seconds=seconds, doubtful=doubtful))

    async def _back(self, row: Claimed, why: str, *, seconds: float, doubtful: bool) -> None:
        """No fault of this row: it counts no attempt."""
        await self._write(lambda work: sending.back(work, row, why, seconds=seconds, failed=False, doubtful=doubtful))

    async def _give_up(self, row: Claimed, why: str, *, tell: bool = True, remedy: str = "") -> None:
        self._sender.forget(row)
        log.error("row %s (%s) to %s is given up: %s", row.id, row.notice, row.recipient, why)
        await self._write(lambda work: undelivered.give_up(work, row, why, tell=tell, remedy=remedy))

    async def _go_another_way(self) -> None:
        """While the platform fails, what is urgent goes to its readers' next accounts; health says that it does."""
        if self._outage.fails(self._timing.elapsed()):
            self._on_record = True
            await self._write(lambda work: undelivered.go_another_way(work, self.platform))
        elif self._on_record and not self._outage.downs:
            self._on_record = False
            await self._write(lambda work: heartbeat.resume(work, self.platform))

    # ---- the store ----

    async def _read(self, job: Job[T]) -> T:
        return await asyncio.wrap_future(self._store.read(job))

    async def _write(self, job: Job[T]) -> T:
        return await asyncio.wrap_future(self._store.write(job))


class Delivery:
    """Delivery to every platform of this process."""

    def __init__(self, routes: Iterable[PlatformDelivery]) -> None:
        self._routes = tuple(routes)

    async def run(self) -> None:
        """All of them, each on its own, until `stop`."""
        await asyncio.gather(*(route.run() for route in self._routes))

    def wake(self) -> None:
        """Something was queued: look now. From the event loop's thread."""
        for route in self._routes:
            route.wake()

    def stop(self) -> None:
        """Take nothing more; `run` returns when what is in flight is settled."""
        for route in self._routes:
            route.stop()


def _chat(composed: Composed) -> Chat:
    return Chat(composed.place.room or composed.place.account, bool(composed.place.room))


def _forget_ended(done: Iterable[asyncio.Task[None]], in_flight: dict[asyncio.Task[None], Recipient]) -> None:
    """Forget what has ended. What could not be settled stays `sending`, and is put back later."""
    for task in done:
        del in_flight[task]
        if error := task.exception():
            log.error("a row could not be settled", exc_info=error)
