"""Nobody's leaving silences a reminder: in every way somebody can be gone, whoever may act in their place hears it.

Walked at both moments: when a clock rings, and between the ring and the sending, when the row is already somebody's.
"""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers import outgoing
from handlers.outgoing import Dropped
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox, recipients, sending, succession
from storage.models import Account, Case, Channel, Clock, Membership, OutboxRow, Person, Recipient, Request
from storage.record import records
from storage.reminders import audience
from storage.reminders.digests import Morning
from storage.reminders.nudges import SoundedRung
from storage.rules.lifecycle import Status
from storage.rules.schedules import Sounding
from tests import factories
from tests.office import share

SECONDS = 30
KINDS = ("officer", "channel", "manager", "approver", "taker")
_numbers = itertools.count(1)
AUDIENCES = [*((kind,) for kind in KINDS), *itertools.combinations(("officer", "channel", "manager"), 2), KINDS]


def leaves(work: UnitOfWork, person: Person) -> None:
    for row in person.memberships:
        row.ended_at = work.now


def is_put_to_rest(work: UnitOfWork, person: Person) -> None:
    del work
    person.active = False


def loses_the_role(work: UnitOfWork, person: Person) -> None:
    leaves(work, person)
    person.memberships.append(Membership(authority=factories.agency(work), role=Role.AUDITOR.value))


def moves_on(work: UnitOfWork, person: Person) -> None:
    leaves(work, person)
    person.memberships.append(Membership(authority=factories.agency(work, "PK-FIA"), role=Role.OFFICER.value))


def loses_every_account(work: UnitOfWork, person: Person) -> None:
    for row in person.accounts:
        row.revoked_at = work.now


GOING: tuple[Callable[[UnitOfWork, Person], None], ...] = (
    leaves,
    is_put_to_rest,
    loses_the_role,
    moves_on,
    loses_every_account,
)
LABELS = (Label.CLEAR, Label.AMBER, Label.AMBER_STRICT, Label.RED)


class World:
    """A case whose lead opened it, a request that was sent, managers; somebody named besides, and a room, if wanted."""

    def __init__(self, store: Store, label: Label, *, named: bool, room: bool = False) -> None:
        self.store = store

        def make(work: UnitOfWork) -> tuple[str, int, int]:
            lead = factories.person(work, name="Lead")
            lead.accounts.append(Account(platform="slack", external_id=f"T/{next(_numbers)}", linked_at=work.now))
            case = factories.case(work, lead=lead, opener=lead, label=label, title="Canary")
            request = factories.request(work, of=case, status=Status.SENT)
            for name in ("Boss One", "Boss Two"):
                factories.person(work, name=name, role=Role.MANAGER)
            if named:
                share(work, case.ref, factories.person(work, name="Named"))
            if room:
                agency = factories.agency(work)
                work.session.add(
                    Channel(
                        platform="slack",
                        external_id=f"C{next(_numbers)}",
                        authority=agency,
                        ceiling=label,
                        zone=agency.zone,
                    )
                )
            work.session.flush()
            clock = work.session.scalars(select(Clock).where(Clock.request_id == request.id)).one()
            return request.ref, lead.id, clock.id

        self.ref, self.lead_id, self.clock_id = self.do(make)

    def do(self, job):
        return self.store.write(job).result(SECONDS)

    def goes(self, how: Callable[[UnitOfWork, Person], None]) -> None:
        self.do(lambda work: how(work, work.session.get_one(Person, self.lead_id)))

    def hear(self, kinds: tuple[str, ...]) -> set[str]:
        """Who is told of a rung that rings now."""

        def ring(work: UnitOfWork) -> set[str]:
            matter = audience.matter_of(work.session.get_one(Clock, self.clock_id))
            sounding = Sounding("due", work.now, kinds, wait=True)
            return {hearer.recipient for hearer in audience.of(work, [(matter, sounding)])[0]}

        return self.do(ring)

    def may_act(self, recipient: Recipient) -> bool:
        """A person of the agency who works there, sees the request and can be reached; or a room of the agency."""

        def ask(work: UnitOfWork) -> bool:
            reader = recipients.find(work, recipient)
            agency = factories.agency(work)
            if isinstance(reader, Channel):
                return reader.authority_id == agency.id
            if reader is None or succession.is_cut_off(reader):
                return False
            works = any(row.authority_id == agency.id for row in records.memberships(reader))
            return works and recipients.may_see(work, reader, self.ref)

        return self.do(ask)

    def names(self, recipients_: set[Recipient]) -> set[str]:
        numbers = {one.number for one in recipients_}
        query = select(Person.name).where(Person.id.in_(numbers))
        return set(self.do(lambda work: list(work.session.scalars(query))))

    def rows(self, notice: str) -> list[OutboxRow]:
        query = select(OutboxRow).where(OutboxRow.notice == notice).order_by(OutboxRow.id)
        return self.do(lambda work: list(work.session.scalars(query)))

    def told_blind(self) -> set[str]:
        """Who is told that a record needs a person; nothing of it says which."""
        rows = self.rows("left_behind")
        for row in rows:
            assert not row.subject
            assert "Canary" not in json.dumps(row.fields)
            assert self.ref not in json.dumps(row.fields)
        return self.names({row.recipient for row in rows})


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.value)
def test_when_a_clock_rings_somebody_who_may_act_hears_whoever_is_gone(sqlite_store, label):
    for n, (how, named) in enumerate(itertools.product(GOING, (True, False))):
        room = n % 3 == 0
        sqlite_store.write(_forget).result(SECONDS)
        world = World(sqlite_store, label, named=named, room=room)
        world.goes(how)
        for kinds in AUDIENCES:
            heard = world.hear(kinds)
            if label is Label.RED and not named:
                assert not heard, (how.__name__, kinds)
            else:
                assert any(world.may_act(one) for one in heard), (how.__name__, named, room, kinds)
            if label is Label.RED and named:
                assert world.names(heard) == {"Named"}, (how.__name__, kinds)
        blind = {"Boss One", "Boss Two"} if label is Label.RED and not named else set()
        assert world.told_blind() == blind, how.__name__


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.value)
@pytest.mark.parametrize("how", GOING, ids=lambda how: how.__name__)
@pytest.mark.parametrize("named", [True, False], ids=["named", "alone"])
def test_between_the_ring_and_the_sending_it_goes_to_the_next_in_line(store, label, how, named):
    world = World(store, label, named=named)
    rang(world)
    world.goes(how)
    sent(world)
    told = {row.recipient for row in world.rows("nudge") if row.state == "pending"}
    if label is Label.RED and not named:
        assert not told
        assert world.told_blind() == {"Boss One", "Boss Two"}
    else:
        assert all(world.may_act(one) for one in told)
        assert world.names(told) == ({"Named"} if named else {"Boss One", "Boss Two"})


def test_a_manager_s_reminder_of_what_became_red_meanwhile_goes_to_who_is_named(store):
    world = World(store, Label.AMBER, named=True)
    boss = world.hear(("manager",)).pop()
    rang(world, boss)
    world.do(lambda work: setattr(work.session.scalars(select(Case)).one(), "label", Label.RED))
    sent(world)
    assert world.names({row.recipient for row in world.rows("nudge") if row.state == "pending"}) == {"Lead"}


def test_a_reminder_that_is_not_true_any_more_goes_to_nobody(store):
    world = World(store, Label.AMBER, named=True)
    rang(world)
    world.goes(leaves)
    world.do(lambda work: setattr(work.session.get_one(Clock, world.clock_id), "ended_at", work.now))
    sent(world)
    assert [row.state for row in world.rows("nudge")] == ["dropped"]


def test_what_a_digest_had_to_leave_out_goes_to_the_next_in_line(store):
    world = World(store, Label.AMBER, named=True)
    number = rang(world)

    def fold(work: UnitOfWork) -> None:
        outbox.put(
            work,
            cause="digest:lead",
            notice=Morning(work.now, late=False),
            recipient=Recipient.person(world.lead_id),
            label=Label.CLEAR,
        )
        row = work.session.get_one(OutboxRow, number)
        row.state = "folded"
        row.digest_id = work.session.scalars(select(OutboxRow.id).where(OutboxRow.notice == "digest")).one()

    world.do(fold)
    world.goes(moves_on)
    sent(world)
    assert world.names({row.recipient for row in world.rows("nudge") if row.state == "pending"}) == {"Named"}


class TestNeedsAPerson:
    def test_a_manager_is_told_once_a_day_however_many_rungs_ring(self, sqlite_store, clock):
        world = World(sqlite_store, Label.RED, named=False)
        world.goes(leaves)
        for _ in range(3):
            world.hear(("officer",))
        assert len(world.rows("left_behind")) == 2
        clock.move_to(clock.now() + timedelta(days=1))
        world.hear(("officer",))
        assert len(world.rows("left_behind")) == 4

    def test_without_a_clock_it_is_said_every_month_while_it_lasts(self, sqlite_store, clock):
        world = World(sqlite_store, Label.RED, named=False)
        world.goes(leaves)
        days = []
        for day in range(90):
            before = len(world.rows("left_behind"))
            succession.remind(sqlite_store)
            succession.remind(sqlite_store)
            if len(world.rows("left_behind")) > before:
                days.append(day)
            clock.move_to(clock.now() + timedelta(days=1))
        assert days == [0, 28, 56, 84]
        world.do(lambda work: setattr(work.session.get_one(Person, world.lead_id).memberships[0], "ended_at", None))
        clock.move_to(clock.now() + timedelta(days=40))
        succession.remind(sqlite_store)
        assert len(world.rows("left_behind")) == 2 * len(days)

    def test_where_nobody_of_the_agency_is_left_an_administrator_is_told(self, store):
        world = World(store, Label.AMBER, named=False)

        def empty(work: UnitOfWork) -> None:
            for person in work.session.scalars(select(Person)):
                leaves(work, person)
            factories.person(work, name="Elsewhere", of=factories.agency(work, "PK-FIA"), role=Role.ADMIN)

        world.do(empty)
        assert not world.hear(KINDS)
        assert world.told_blind() == {"Elsewhere"}

    def test_a_closed_case_and_one_that_everybody_sees_need_nobody(self, store):
        world = World(store, Label.RED, named=False)
        world.goes(leaves)
        agency = world.do(lambda work: factories.agency(work).id)
        assert world.do(lambda work: succession.last_leads(work, agency)) == [("Lead", 1)]
        world.do(lambda work: setattr(work.session.scalars(select(Case)).one(), "closed_at", work.now))
        assert world.do(lambda work: succession.last_leads(work, agency)) == []


def rang(world: World, recipient: Recipient | None = None) -> int:
    """A rung of the clock waits to be said to the lead, or to somebody else; the number of its row."""

    def put(work: UnitOfWork) -> int:
        clock = work.session.get_one(Clock, world.clock_id)
        work.session.scalars(select(Request)).one().status_at = work.now - timedelta(days=10)  # no contact of late
        outbox.put(
            work,
            cause=f"ring:{clock.id}:{clock.epoch}:overdue",
            notice=SoundedRung(clock.id, clock.epoch, "overdue", False, work.now),
            recipient=recipient or Recipient.person(world.lead_id),
            label=Label.CLEAR,
            subject=world.ref,
        )
        return work.session.scalars(select(OutboxRow.id).order_by(OutboxRow.id.desc())).first() or 0

    return world.do(put)


def sent(world: World) -> None:
    """Whatever waits for its first sending is sent: dropped, or said, and passed on where it must be."""
    roads = ("slack", "console")
    for row in world.do(lambda work: [one for road in roads for one in sending.claim(work, road, limit=50)]):
        composed = world.do(lambda work, row=row: outgoing.compose(work, row))
        if isinstance(composed, Dropped):
            world.do(lambda work, row=row, why=composed.why: outgoing.let_go(work, row, why))
        else:
            world.do(lambda work, row=row: outgoing.arrived(work, [outgoing.Landed(row)]))


def _forget(work: UnitOfWork) -> None:
    """Whoever and whatever an earlier round of the walk left behind."""
    for row in work.session.scalars(select(Person)):
        leaves(work, row)
    for room in work.session.scalars(select(Channel)):
        work.session.delete(room)
    for row in work.session.scalars(select(OutboxRow)):
        work.session.delete(row)
