"""A desk under test from both sides: what people type in a room or alone, and what is then said to whom.

In: a store whose clock the test moves. Out: answers as text; what the tick queued, composed and rendered as it would be
sent, and settled.
"""

import asyncio
from dataclasses import dataclass
from itertools import count

from sqlalchemy import select

from bot.adapters.contract import Answer, Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import COMMANDS, outgoing, people
from handlers.outgoing import Composed
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.messages import sending
from storage.models import OutboxRow, Person, Recipient
from storage.reminders import digests, registers
from storage.reminders.sweep import Swept, sweep
from storage.times import FrozenClock
from tests.furnishing import furnish

PLATFORM = "console"


@dataclass(frozen=True)
class Spoken:
    """One message as it went out. `recipient`: a person by name; a room as rows name it."""

    recipient: str | Recipient
    notice: str
    label: str | None
    text: str


def _enrolled(store: Store, *whom: tuple[str, Role] | tuple[str, Role, str]) -> None:
    for one in whom:
        Desk(store, store.clock).enrol(*one)


class Desk:
    _numbers = count(1)  # of all desks: a copy of one has heard its messages

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store, self.clock = store, clock
        self.renderer = Renderer()
        self.dispatch = Dispatch(store, COMMANDS, self.renderer)

    @classmethod
    def of(cls, store: Store, clock: FrozenClock, *enrolled: tuple[str, Role] | tuple[str, Role, str]) -> "Desk":
        """A desk where these were enrolled: name, role, agency if it is not the first."""
        furnish(store, _enrolled, *enrolled)
        return cls(store, clock)

    def enrol(self, name: str, role: Role, agency: str = "PK-FIA-CCW") -> None:
        self.write(lambda work: people.enrol_at(work, name, agency, role, []))

    def write(self, job):
        return self.store.write(job).result()

    def read(self, job):
        return self.store.read(job).result()

    def say(self, person: str, text: str, *, room: str = "", thread: str = "") -> Answer:
        self.clock.move(seconds=11)
        key = f"test:{next(self._numbers)}"
        return asyncio.run(self.dispatch.receive(Inbound(PLATFORM, key, person, text, room, thread, room_name=room)))

    def types(self, account: str, text: str, *, room: str = "", guest: bool | None = False) -> Answer:
        """A line from an account: "telegram:4711"."""
        self.clock.move(seconds=11)
        platform, _, external = account.partition(":")
        key = f"{account}:{next(self._numbers)}"
        return asyncio.run(self.dispatch.receive(Inbound(platform, key, external, text, room, guest=guest)))

    def heard(self, person: str, text: str, *, room: str = "", thread: str = "") -> str:
        """What the answer says; the command must be done."""
        answer = self.say(person, text, room=room, thread=thread)
        assert not answer.refused, words(answer)
        assert not answer.failed, words(answer)
        return words(answer)

    def refused(self, person: str, text: str, *, room: str = "", thread: str = "") -> str:
        """What a refusal says."""
        answer = self.say(person, text, room=room, thread=thread)
        assert answer.refused, words(answer)
        return words(answer)

    def tick(self) -> Swept:
        """Everything the tick does."""
        swept = sweep(self.store)
        registers.remind(self.store)
        digests.fold(self.store)
        digests.post_summaries(self.store)
        return swept

    def deliver(self) -> list[Spoken]:
        """Say all that is due, in order; what is dropped is settled and not returned."""
        said: list[Spoken] = []
        while claimed := self.write(lambda work: sending.claim(work, PLATFORM, limit=50)):
            for row in claimed:
                said += self.write(lambda work, row=row: self._send(work, row))
        return said

    def _send(self, work: UnitOfWork, row: sending.Claimed) -> list[Spoken]:
        composed = outgoing.compose(work, row)
        if not isinstance(composed, Composed):
            sending.drop(work, row, composed.why)
            return []
        sending.sent(work, row)
        reader = Reader(composed.zone, composed.language, work.now)
        found = (self.renderer.message(one.notice, one.fields, reader, composed.label) for one in composed.said)
        text = " ".join(" ".join(message.plain() for message in found).split())
        return [Spoken(self._name(work, row.recipient), row.notice, composed.label, text)]

    def _name(self, work: UnitOfWork, recipient: Recipient) -> str | Recipient:
        return recipient if recipient.is_channel else work.session.get_one(Person, recipient.number).name

    def outbox(self, **columns: object) -> list[OutboxRow]:
        """The rows with these values, in order."""
        query = select(OutboxRow).filter_by(**columns).order_by(OutboxRow.id)
        return self.read(lambda work: list(work.session.scalars(query)))


def words(answer: Answer) -> str:
    return " ".join(" ".join(message.plain() for message in answer.messages).split())
