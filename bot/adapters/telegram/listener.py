"""Listener: updates in, each handled once and those of one chat in order, several chats at once.

In: raw updates, polled or posted. Out: for each a future that says, once it is so, that the update is on record, which
is when it may be confirmed to Telegram; its answer is shown after that. One that meets a bug is tried thrice. What
cannot be read, or is of a kind we did not ask for, is counted and confirmed; its text is not logged.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.adapters.telegram.conversation import Conversation, NotKept
from bot.adapters.telegram.wire import CommandWords, Event, Me, Migrated, Nameless, Placed, read

log = logging.getLogger("rogatory.telegram")

AT_ONCE = 64
REMEMBERED = 10_000  # updates that were answered by this process: one that comes again gets no second answer
TRIES = 3  # of an update that meets a bug, before it is left out


class Listener:
    """Gives updates to the conversation."""

    def __init__(self, conversation: Conversation, me: Me, vocabulary: CommandWords) -> None:
        self._conversation, self._me, self._vocabulary = conversation, me, vocabulary
        self._lanes, self._room = _Lanes(), asyncio.Semaphore(AT_ONCE)
        self._tasks = dict[asyncio.Task[None], int]()  # each with the number of its update
        self._failed = Counter[str]()
        self._answered = OrderedDict[str, None]()
        self.unread = 0

    def take(self, update: Mapping[str, Any]) -> "asyncio.Future[bool]":
        """Begin to handle an update. The future: whether it is on record; False means that it must be brought again."""
        kept = asyncio.get_running_loop().create_future()
        event = self._event(update)
        if event is None:
            kept.set_result(True)
            return kept
        task = asyncio.create_task(self._handle(event, kept))
        self._tasks[task] = update["update_id"]
        task.add_done_callback(self._tasks.pop)
        return kept

    async def settle(self, seconds: float | None = None, only: Collection[int] | None = None) -> None:
        """Return when everything taken was answered, or after so long. only: of these updates."""
        tasks = [task for task, number in self._tasks.items() if only is None or number in only]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def is_answering(self, number: int) -> bool:
        """Whether an update was taken and its answer is on its way."""
        return number in self._tasks.values()

    def _event(self, update: Mapping[str, Any]) -> Event | None:
        try:
            return read(update, self._me, self._vocabulary)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            self.unread += 1
            log.warning("an update that cannot be read was left out")
            return None

    async def _handle(self, event: Event, kept: "asyncio.Future[bool]") -> None:
        async with self._lanes.turn(_lanes_of(event)), self._room:
            try:
                show = await self._conversation.handle(event)
            except NotKept:
                kept.set_result(False)
                return
            except Exception:
                self._failed[event.key] += 1
                log.exception("update %s", event.key)
                kept.set_result(self._failed[event.key] >= TRIES)
                return
            self._failed.pop(event.key, None)
            kept.set_result(True)
            if event.key in self._answered:  # it came again, and its answer stands there
                return
            try:
                await show()
            except Exception:
                log.exception("the answer to update %s", event.key)
            self._remember(event.key)

    def _remember(self, key: str) -> None:
        self._answered[key] = None
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)


def _lanes_of(event: Event) -> tuple[str, ...]:
    """What an event must wait its turn for: its chat, and its person, whose form stands in another chat."""
    if isinstance(event, Migrated):
        return (event.old,)
    if isinstance(event, Nameless | Placed):
        return (str(event.chat if isinstance(event, Placed) else event.where.chat),)
    return tuple(dict.fromkeys((str(event.where.chat), event.inbound.account)))


class _Lanes:
    """Locks by name, each for as long as somebody wants it."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted = Counter[str]()

    @asynccontextmanager
    async def turn(self, names: tuple[str, ...]) -> AsyncIterator[None]:
        """Hold all of them, in this order; whoever came first is first."""
        for name in names:
            self._wanted[name] += 1
        try:
            async with _all(self._locks.setdefault(name, asyncio.Lock()) for name in names):
                yield
        finally:
            for name in names:
                self._wanted[name] -= 1
                if not self._wanted[name]:
                    del self._wanted[name], self._locks[name]


@asynccontextmanager
async def _all(locks: Any) -> AsyncIterator[None]:  # noqa: ANN401
    held: list[asyncio.Lock] = []
    try:
        for lock in locks:
            await lock.acquire()
            held.append(lock)
        yield
    finally:
        for lock in reversed(held):
            lock.release()
