"""The whole desk in a process of its own, with its real platforms, to be killed.

In: one order in a line of JSON on standard input, after another: {"settings": {name: value}, "kill_at": a point by name
or "", "send_seconds": how long a platform's answer is waited for}. Each is carried out by a forked child, so that what
takes long, the imports, is done once. Out, for each: a line {"pid"} as it begins, a line {"exit"} when it has ended.
The points are here and nowhere else: the desk does not know that it may be killed, nor that here it sends without pace.
"""

import functools
import json
import os
import random
import signal
import sys
from typing import Any

import alembic.command
import alembic.script  # noqa: F401 - slow to import, so before the first fork

from bot import app, process
from bot.adapters.contract import Answer, Inbound
from bot.inbound.dispatch import Dispatch
from bot.outbound import delivery
from bot.outbound.delivery import Timing
from bot.outbound.pacing import PACES, Retry
from bot.outbound.row_sender import RowSender
from bot.settings import Settings
from storage.messages import outbox, sending


def die(*_: object, **__: object) -> None:
    """As a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def hurry() -> None:
    """What is the same for every desk is done once; and no pace."""
    PACES.clear()
    app.load = functools.cache(app.load)
    app.load()


def wait_for_answers(seconds: float) -> None:
    """So long, and only a moment between two tries."""
    timing = Timing(send_seconds=seconds, retry=Retry(first_seconds=0.02))
    delivery.Timing = lambda: timing  # type: ignore[assignment, misc]


def before_it_is_handled() -> None:
    Dispatch.receive = die  # type: ignore[assignment, method-assign]


def inside_the_transaction() -> None:
    put = outbox.put

    def put_and_die(*values: Any, **named: Any) -> bool:
        put(*values, **named)
        die()
        return False

    outbox.put = put_and_die


def before_the_ack() -> None:
    receive = Dispatch.receive

    async def receive_and_die(desk: Dispatch, inbound: Inbound) -> Answer:
        answer = await receive(desk, inbound)
        die()
        return answer

    Dispatch.receive = receive_and_die  # type: ignore[method-assign]


def before_it_is_taken_to_be_sent() -> None:
    sending.claim = die  # type: ignore[assignment]


def before_it_left() -> None:
    RowSender.say = die  # type: ignore[assignment, method-assign]


POINTS = {
    point.__name__: point
    for point in (
        before_it_is_handled,
        inside_the_transaction,
        before_the_ack,
        before_it_is_taken_to_be_sent,
        before_it_left,
    )
}


def carry_out(order: dict[str, Any]) -> None:
    """In a child, to its end."""
    child = os.fork()
    if child == 0:
        random.seed()
        wait_for_answers(order["send_seconds"])
        POINTS.get(order["kill_at"], lambda: None)()
        os._exit(process.run(Settings(_env_file=None, **order["settings"])))
    print(json.dumps({"pid": child}), flush=True)  # noqa: T201 - to the test
    _, status = os.waitpid(child, 0)
    print(json.dumps({"exit": os.waitstatus_to_exitcode(status)}), flush=True)  # noqa: T201 - to the test


if __name__ == "__main__":
    hurry()
    while line := sys.stdin.readline():
        carry_out(json.loads(line))
