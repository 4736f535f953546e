"""A desk that is lived forward: people type on their day, the tick ticks whenever something is due, delivery delivers.

In: a store whose clock is moved here, and lines of people. Out: `said`, every message as it went out, with the rows of
the outbox that it stands for. Everything goes through the doors of the desk itself: dispatch, `Ticker`, delivery. So
whatever is dropped, folded or held back there is so here, and nothing here knows a clock or a ladder.
A line of a phone is 42 columns of text; buttons stand apart and blank lines do not count.
"""

import asyncio
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Self

from sqlalchemy import select

from bot.adapters.contract import Address, Answer, Inbound
from bot.adapters.outcome import Outcome, Sent
from bot.inbound.dispatch import Dispatch
from bot.outbound.delivery import PlatformDelivery, Timing
from bot.outbound.pacing import Pace
from bot.rendering.blocks import Buttons, Message, plain
from bot.rendering.render import Renderer
from bot.ticking.tick import Ticker
from handlers import COMMANDS, people
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import OutboxRow, Person, Recipient
from storage.reminders import forecast
from storage.times import FrozenClock
from tests.bot.test_tick import Held
from tests.fakes import FakeChat

REMINDERS = frozenset({"nudge", "digest"})  # the notices by which the passing of time is told
COLUMNS = 42
REF = re.compile(r"\b[A-Z]{2,}-\d{4}-\d{4}(?:/P?\d+)?\b")
COUNTED = re.compile(r"\b\d+ (more|still open|old rows)\b|\bAll \d+\b")
WORKSPACE = "T1"


@dataclass(frozen=True)
class Row:
    """One row of the outbox that a message stands for: itself, or folded into it."""

    id: int
    cause: str
    notice: str
    subject: str


@dataclass(frozen=True)
class Said:
    """One message as it went out. `lines` of a phone; `refs` that stand in its words."""

    at: datetime
    recipient: Recipient
    notice: str
    urgent: bool
    text: str
    lines: int
    rows: tuple[Row, ...]
    refs: frozenset[str]

    @property
    def reminds(self) -> bool:
        """Time alone said it, nobody's act."""
        return self.notice in REMINDERS


def names(said: Said, ref: str) -> bool:
    """Whether a reader of a message learns that a record waits.

    Its words name it; or it is one of those that a list counts and does not name, and its reminder is part of the list.
    """
    if ref in said.refs:
        return True
    return COUNTED.search(said.text) is not None and any(row.subject == ref for row in said.rows)


def phone_lines(message: Message) -> int:
    """How many lines a message takes on a phone."""
    words = plain([block for block in message.blocks if not isinstance(block, Buttons)])
    return sum(len(textwrap.wrap(line, COLUMNS)) for line in words.splitlines())


@dataclass
class Phones(FakeChat):
    """What stands on everybody's phone. `new`: what has come since somebody looked, with the number of its row."""

    new: list[tuple[int, Message]] = field(default_factory=list)
    _numbers: count = field(default_factory=lambda: count(1))

    async def send(self, address: Address, message: Message, *, mark: str) -> Outcome:
        del address
        self.new.append((int(mark.partition(".")[0]), message))
        return Sent(f"m{next(self._numbers)}")

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:
        del place, message
        return Sent(message_id)


class Life:
    """One desk and its days. Use it as `with`."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store, self.clock = store, clock
        self.said: list[Said] = []
        self._renderer, self._phones = Renderer(), Phones("slack")
        self._dispatch = Dispatch(store, COMMANDS, self._renderer)
        timing = Timing(elapsed=self._seconds, chance=lambda: 0.0)
        self._road = PlatformDelivery(store, self._phones, self._renderer, timing=timing, pace=Pace())
        self._ticker = Ticker(store, Held(), steady=self._seconds)
        self._runner, self._keys = asyncio.Runner(), count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    # ---- people ----

    def enrol(self, name: str, role: Role, agency: str) -> None:
        """Somebody with an account on the platform."""
        self.store.write(lambda work: people.enrol_at(work, name, agency, role, [f"slack:{account(name)}"])).result()

    def types(self, name: str, line: str, *, room: str = "") -> str:
        """Somebody types a line, which must be done, and whoever is told of it is told. The answer."""
        answer = self.tries(name, line, room=room)
        text = "\n".join(message.plain() for message in answer.messages)
        assert not answer.refused, f"{name}: {line}\n{text}"
        assert not answer.failed, f"{name}: {line}\n{text}"
        return text

    def tries(self, name: str, line: str, *, room: str = "") -> Answer:
        """The same of a line that may be refused."""
        platform, who = ("slack", account(name)) if room else ("console", name)
        inbound = Inbound(platform, f"lived:{next(self._keys)}", who, line, room)
        answer = self._runner.run(self._dispatch.receive(inbound))
        self.deliver()
        return answer

    # ---- time ----

    def until(
        self, at: datetime, *, every: timedelta = timedelta(days=1), react: Callable[[Said], object] | None = None
    ) -> None:
        """Live on to a moment: a tick whenever anything happens by itself, and at least so often.

        react: what is done at once about each message that comes.
        """
        while (moment := self._next(every)) < at:
            self.clock.move_to(moment)
            before = len(self.said)
            self.tick()
            for said in self.said[before:] if react else ():
                react(said)
        self.clock.move_to(at)

    def tick(self) -> None:
        """One tick, and what it says."""
        ticked = self._ticker.tick()
        assert not ticked.failed, ticked.failed
        self.deliver()

    def deliver(self) -> None:
        """Say what may be said now."""
        self._runner.run(self._road.drain())
        if self._phones.new:
            self.said += self.store.read(self._heard).result()
            self._phones.new.clear()

    def _next(self, every: timedelta) -> datetime:
        later = self.clock.now() + every
        return min(self.store.read(forecast.next_moment).result() or later, later)

    def _seconds(self) -> float:
        return self.clock.now().timestamp()

    # ---- what was said ----

    def name(self, recipient: Recipient) -> str:
        """A person's name; a room as rows name it."""
        if recipient.is_channel:
            return str(recipient)
        return self.store.read(lambda work: work.session.get_one(Person, recipient.number).name).result()

    def _heard(self, work: UnitOfWork) -> list[Said]:
        return [self._as_said(work, work.session.get_one(OutboxRow, one), message) for one, message in self._phones.new]

    def _as_said(self, work: UnitOfWork, row: OutboxRow, message: Message) -> Said:
        text = message.plain()
        return Said(
            work.now,
            row.recipient,
            row.notice,
            row.urgent,
            text,
            phone_lines(message),
            tuple(Row(one.id, one.cause, one.notice, one.subject) for one in _with_folded(work, row)),
            frozenset(REF.findall(text)),
        )


def account(name: str) -> str:
    """How the platform knows somebody."""
    return f"{WORKSPACE}/{name.replace(' ', '-')}"


def _with_folded(work: UnitOfWork, row: OutboxRow) -> list[OutboxRow]:
    """A row, what was folded into it, and what had been folded into that."""
    found, last = [row], [row.id]
    while last:
        rows = work.session.scalars(select(OutboxRow).where(OutboxRow.digest_id.in_(last))).all()
        found, last = [*found, *rows], [one.id for one in rows]
    return found
