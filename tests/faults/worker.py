"""A desk in a process of its own, to be killed: the real store, both doors, against platforms on a wire.

In: one order in a line of JSON on standard input, after another. Each is carried out by a forked child, so that what
takes long, the imports, is done once. Out, for each: a line of JSON with the keys of the messages that were answered,
and how the child ended.
An order: {"url", "slack", "telegram": ports, "messages": [[key, text]], "kill_at": a point by name or "", "kill_after":
seconds, or "word" for when the next line comes in, or null, "stop": true to stop as on SIGTERM once all is queued}.
Kill points are here and nowhere else: the desk does not know that it may be killed.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from typing import Any

import alembic.command
import alembic.script  # noqa: F401 - slow to import, so before the first fork

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.outbound.delivery import Delivery, PlatformDelivery, Timing
from bot.outbound.pacing import Pace, Retry
from bot.rendering.render import Renderer
from handlers import COMMANDS
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.messages import outbox
from storage.models import OutboxRow
from storage.reference.catalog import load
from storage.times import SystemClock
from tests.fakes import HttpChat

REFERENCE, RENDERER = load(), Renderer()
SOON = Timing(send_seconds=0.3, retry=Retry(first_seconds=0.02))


def die() -> None:
    """As a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


class Desk:
    """Everything joined for one order."""

    def __init__(self, order: dict[str, Any], told: int) -> None:
        self._order, self._told = order, told
        self._store = Store(order["url"], clock=SystemClock(), reference=REFERENCE)
        self._dispatch = Dispatch(self._store, COMMANDS, RENDERER)
        chats = [
            HttpChat("slack", order["slack"]),
            HttpChat("telegram", order["telegram"], can_look_up=False),
        ]
        self._roads = [PlatformDelivery(self._store, chat, RENDERER, timing=SOON, pace=Pace()) for chat in chats]
        self._delivery = Delivery(self._roads)
        if order["kill_at"] == "inside":
            self._put, outbox.put = outbox.put, self._put_and_die
        if order["kill_at"] == "sending":
            for chat in chats:
                chat.send = self._never  # type: ignore[method-assign]

    async def work(self) -> None:
        """Say all messages while delivery runs; then until everything is said, or it is stopped."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._delivery.stop)
        delivering = asyncio.create_task(self._delivery.run())
        await asyncio.sleep(0)
        for key, text in self._order["messages"]:
            await self._receive(key, text)
            self._delivery.wake()
        if self._order["kill_at"] == "committed":
            die()
        if self._order["stop"]:
            os.kill(os.getpid(), signal.SIGTERM)
        elif self._order["kill_after"] is None:
            while await asyncio.to_thread(self._unsaid):  # noqa: ASYNC110 - the record has no event
                await asyncio.sleep(0.01)  # between two looks from outside, as an operator has
            self._delivery.stop()
        await delivering
        self._store.close()

    async def _receive(self, key: str, text: str) -> None:
        if self._order["kill_at"] == "taken":
            die()
        answer = await self._dispatch.receive(Inbound("console", key, "Officer", text))
        if self._order["kill_at"] == "unacknowledged":
            die()
        if not (answer.refused or answer.failed):
            os.write(self._told, f"{key}\n".encode())

    def _unsaid(self) -> int:
        def count(work: UnitOfWork) -> int:
            ours = OutboxRow.platform.in_(("slack", "telegram"))  # who is at a terminal hears it there
            return work.session.query(OutboxRow).where(ours, OutboxRow.state.in_(("pending", "sending"))).count()

        return self._store.read(count).result()

    def _put_and_die(self, *values: object, **named: object) -> bool:
        self._put(*values, **named)
        die()
        return False

    async def _never(self, *_: object, **__: object) -> None:
        die()


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """In a child that is killed after a while, or kills itself at a point, or comes to its end."""
    read, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        random.seed()
        asyncio.run(Desk(order, told).work())
        os._exit(0)
    os.close(told)
    if order["kill_after"] == "word":
        sys.stdin.readline()
    elif order["kill_after"]:
        time.sleep(order["kill_after"])
    if order["kill_after"]:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read) as answered:
        return {"answered": answered.read().split(), "exit": os.waitstatus_to_exitcode(status)}


if __name__ == "__main__":
    while line := sys.stdin.readline():
        print(json.dumps(carry_out(json.loads(line))), flush=True)  # noqa: T201 - to the test
