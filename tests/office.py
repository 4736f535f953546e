"""An office with people on platforms: what delivery is tried on.

In: a store and its clock. Out: a case with a request, people with accounts, rooms, rows in the outbox, roads to fakes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar

from sqlalchemy import select

from bot.adapters.contract import Answer, Inbound
from bot.inbound.dispatch import Dispatch
from bot.outbound.delivery import PlatformDelivery, Timing
from bot.outbound.pacing import Pace, Retry
from bot.rendering.render import Renderer
from handlers import COMMANDS
from handlers.cases import CaseNoted
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Account, Case, Channel, Membership, OutboxRow, Participant, Person, Recipient
from storage.record import records
from storage.rules.lifecycle import Status
from storage.times import FrozenClock
from tests import factories
from tests.fakes import FakeChat
from tests.furnishing import furnish

SECONDS = 30
RENDERER = Renderer()
AGENCY = "PK-FIA-CCW"


Other = tuple[str, str, Role] | tuple[str, str, Role, str]
"""Name, platform, role, agency if it is not the first."""


def _begin(store: Store, label: Label, *others: Other) -> tuple[str, str, dict[str, Recipient]]:
    def make(work: UnitOfWork) -> tuple[str, str, dict[str, Recipient]]:
        opener = factories.person(work, name="Officer")
        case = factories.case(work, opener=opener, label=label)
        request = factories.request(work, of=case, status=Status.SENT)
        people = {one[0]: _join(work, one) for one in others}
        return case.ref, request.ref, {"Officer": Recipient.person(opener.id)} | people

    return store.write(make).result(SECONDS)


def _join(work: UnitOfWork, other: Other, share_in: str = "") -> Recipient:
    name, platform, role, of = (*other, AGENCY)[:4]
    row = factories.person(work, of=factories.agency(work, of), name=name, role=role)
    if platform != "console":
        row.accounts.append(Account(platform=platform, external_id=_account(name), linked_at=work.now))
    if share_in:
        share(work, share_in, row)
    work.session.flush()
    return Recipient.person(row.id)


@dataclass
class Office:
    """One agency, one case with one request that was sent, and whoever is added: `others` are there from the start."""

    others: ClassVar[Sequence[Other]] = ()
    store: Store
    clock: FrozenClock
    label: Label = Label.AMBER
    case_ref: str = ""
    ref: str = ""
    people: dict[str, Recipient] = field(default_factory=dict)
    _roads: dict[str, PlatformDelivery] = field(default_factory=dict)
    _typed: ClassVar[count] = count(1)  # of all offices: a copy of one has heard its lines

    def __post_init__(self) -> None:
        self.case_ref, self.ref, self.people = furnish(self.store, _begin, self.label, *self.others)
        self.dispatch = Dispatch(self.store, COMMANDS, RENDERER)

    def do(self, job):
        """Run a job in a write transaction."""
        return self.store.write(job).result(SECONDS)

    def person(
        self, name: str, platform: str = "slack", *, role: Role = Role.OFFICER, of: str = AGENCY, named: bool = False
    ) -> Recipient:
        """Somebody with an account; `named`: the case is shared with them. Their recipient."""

        share_in = self.case_ref if named else ""
        self.people[name] = self.do(lambda work: _join(work, (name, platform, role, of), share_in))
        return self.people[name]

    def room(
        self, title: str, platform: str = "slack", *, of: str = AGENCY, ceiling: Label = Label.AMBER, **columns: object
    ) -> Recipient:
        """A room of an authority. Its recipient."""

        def make(work: UnitOfWork) -> Recipient:
            authority = records.authority(work, of)
            assert authority
            row = Channel(
                platform=platform,
                external_id=_account(title),
                title=title,
                authority=authority,
                ceiling=ceiling,
                zone=authority.zone,
                **columns,
            )
            work.session.add(row)
            work.session.flush()
            return Recipient.channel(row.id)

        return self.do(make)

    def say(
        self, recipient: Recipient, text: str = "news", *, subject: str | None = None, cause: str = "", **how: object
    ) -> int:
        """Queue a notice; the number of its row."""
        subject = self.ref if subject is None else subject
        label = how.pop("label", self.label)
        notice = how.pop("notice", None) or CaseNoted(self.case_ref, "Fake pages", label, text, "Somebody")

        def put(work: UnitOfWork) -> int:
            assert outbox.put(
                work, cause=cause or text, notice=notice, recipient=recipient, label=label, subject=subject, **how
            )
            return work.session.scalars(select(OutboxRow.id).order_by(OutboxRow.id.desc())).first() or 0

        return self.do(put)

    def road(
        self, chat: FakeChat, *, pace: Pace | None = None, send_seconds: float = 5.0, **how: object
    ) -> PlatformDelivery:
        """The road to a platform, by the office's clock; without a pace unless one is given."""
        timing = Timing(
            send_seconds=send_seconds,
            retry=how.pop("retry", Retry()),
            elapsed=lambda: self.clock.now().timestamp(),
            chance=lambda: 0.0,
        )
        return PlatformDelivery(self.store, chat, RENDERER, timing=timing, pace=pace or Pace(), **how)

    def hears(self, inbound: Inbound) -> Answer:
        """Whatever comes in, and its answer."""
        return asyncio.run(self.dispatch.receive(inbound))

    def join(self, work: UnitOfWork, recipient: Recipient, code: str, role: Role = Role.OFFICER) -> None:
        """One more role of a person."""
        number = recipient.number
        work.session.add(Membership(person_id=number, authority=factories.agency(work, code), role=role.value))

    def types(self, name: str, line: str) -> str:
        """A person types a command at a terminal, and it is done; what they read."""
        answer = self.hears(Inbound("console", f"typed {next(self._typed)}", name, line))
        assert not answer.refused, answer.messages[0].plain()
        assert not answer.failed, answer.messages[0].plain()
        return "\n".join(message.plain() for message in answer.messages)

    def deliver(self, chat: FakeChat, **how: object) -> None:
        """Say what can be said at this moment. The same road is used again for the same platform."""
        if chat.name not in self._roads:
            self._roads[chat.name] = self.road(chat, **how)
        asyncio.run(self._roads[chat.name].drain())

    def restart(self, chat: FakeChat) -> None:
        """A new process: what was in memory is gone, what a crash left is found."""
        self._roads.pop(chat.name, None)
        road = self._roads[chat.name] = self.road(chat)
        asyncio.run(road.rescue())

    def row(self, number: int) -> OutboxRow:
        """A row as it stands."""
        return self.store.read(lambda work: work.session.get_one(OutboxRow, number)).result(SECONDS)

    def rows(self, notice: str) -> list[OutboxRow]:
        """The rows of one notice, in order."""
        query = select(OutboxRow).where(OutboxRow.notice == notice).order_by(OutboxRow.id)
        return self.store.read(lambda work: list(work.session.scalars(query))).result(SECONDS)

    def states(self) -> list[str]:
        """The state of every row, in order."""
        query = select(OutboxRow.state).order_by(OutboxRow.id)
        return self.store.read(lambda work: list(work.session.scalars(query))).result(SECONDS)


@dataclass(frozen=True)
class Nudge:
    """A reminder as the sweep queues it."""

    is_card = True

    @property
    def template(self) -> str:
        return "nudge"


def add_account(work: UnitOfWork, recipient: Recipient, platform: str, external_id: str) -> None:
    """One more account of a person."""
    number = recipient.number
    work.session.add(Account(person_id=number, platform=platform, external_id=external_id, linked_at=work.now))


def share(work: UnitOfWork, ref: str, person: Person) -> None:
    """Share a case with a person by name."""
    case = work.session.scalars(select(Case).where(Case.ref == ref)).one()
    case.participants.append(Participant(person=person, added_by=case.opened_by, added_at=work.now))


def _account(name: str) -> str:
    """An invented account or room."""
    return name.upper().replace(" ", "-")
