"""Who must act is mentioned in a room: in an emergency, for an approval, at the last reminder, and never else."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.adapters.slack import block_kit
from bot.adapters.telegram import entities
from bot.rendering.blocks import Mentions, Message
from handlers import outgoing
from handlers.kit.notices import NOTICES
from handlers.outgoing import Composed
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox, sending
from storage.models import Account, Case, Channel, Clock, Person, Recipient
from storage.record import records
from storage.reminders import digests
from storage.reminders.nudges import SoundedRung
from storage.rules import alarms
from storage.rules.lifecycle import Status
from tests import factories
from tests.fakes import FakeChat
from tests.office import SECONDS, Office

MAY_CALL = {
    *("nudge", "waits_for_us", "nudge_hold", "digest", "approval_asked"),
    *("request_asked", "request_received", "preservation_received"),
}
SENT = {"status": Status.SENT}
INCOMING = {"status": Status.SENT, "direction": "incoming", "to": "PK-FIA-CCW"}
WAITING = {
    "they owe us": SENT,
    "they owe us, in hours": SENT | {"instrument": "POC-247", "to": "US-DOJ-OIA"},
    "a question to us": {"status": Status.CLARIFICATION},
    "we owe them": INCOMING | {"instrument": "MLA-PK-IN"},
    "an emergency": SENT | {"instrument": "EDR-META", "emergency": True},
    "an emergency of theirs": INCOMING | {"instrument": "MLA-PK-IN", "emergency": True},
    "an approval": {"status": Status.APPROVAL, "instrument": "EDR-META"},
    "a draft": {"status": Status.DRAFT},
    "a refusal": {"status": Status.REFUSED},
}


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    """A case that Lead leads and Officer opened, a manager, a room of their agency."""
    found = Office(sqlite_store, clock)
    found.person("Lead")
    found.person("Chief", role=Role.MANAGER)
    found.person("Bystander")

    def lead(work):
        work.session.scalars(select(Case)).one().lead_id = found.people["Lead"].number

    found.do(lead)
    return found


def waiting(office: Office, **columns) -> list[tuple[Clock, str, str]]:
    """A request of the case in a state: its clocks, each with every rung and the last that a room hears."""

    def make(work):
        case = work.session.scalars(select(Case)).one()
        if columns.get("direction") == "incoming":
            columns["sender"] = records.authority(work, "US-DOJ-OIA")
        request = factories.request(work, of=case, filer=factories.person(work), **columns)
        found = []
        for clock in work.session.scalars(
            select(Clock).where(Clock.request_id == request.id, Clock.ended_at.is_(None))
        ):
            ladder = alarms.ladder_of(work.reference, clock)
            if ladder and clock.due_at:
                heard = [rung.code for rung in ladder.rungs if "channel" in rung.audience]
                codes = [*(rung.code for rung in ladder.rungs), *(["again_1"] if ladder.then_every else [])]
                found += [(clock, code, heard[-1] if heard else "") for code in codes]
        return found

    return office.do(make)


def calls(office: Office, recipient: Recipient, notice: object, subject: str, label: Label = Label.AMBER) -> list[str]:
    """The names that are called where a notice is said."""

    def put(work):
        outbox.put(
            work, cause=f"test:{work.now}:{notice}", notice=notice, recipient=recipient, label=label, subject=subject
        )
        [row] = sending.claim(work, "slack", limit=9)
        sending.sent(work, row)
        return row

    row = office.do(put)
    composed = office.store.read(lambda work: outgoing.compose(work, row)).result(SECONDS)
    assert isinstance(composed, Composed), composed
    return [name for name, _ in composed.calls]


def sounded(clock: Clock, code: str) -> SoundedRung:
    """It rang after the last contact."""
    return SoundedRung(clock.id, clock.epoch, code, False, clock.starts_at + timedelta(days=30))


def subject_of(office: Office, clock: Clock) -> str:
    return office.do(lambda work: work.session.get(Clock, clock.id).request.ref)


def test_only_these_may_call_anybody():
    assert {name for name, kind in NOTICES.items() if kind.may_call} == MAY_CALL


@pytest.mark.parametrize("what", WAITING)
def test_a_rung_calls_whoever_must_act_where_it_is_one_of_the_three(office, what):
    room = office.room("Desk Room")
    found = waiting(office, **WAITING[what])
    assert found
    for clock, code, last in found:
        called = calls(office, room, sounded(clock, code), subject_of(office, clock))
        is_one = "emergency" in what or clock.kind == "approval" or code == last
        expected = ["Lead", "Chief"] if clock.kind == "approval" else ["Lead"]
        assert called == (expected if is_one else []), (clock.kind, code, last)


def test_between_a_person_and_the_desk_alone_nobody_is_called(office):
    for clock, code, _ in waiting(office, **WAITING["an emergency"]):
        assert calls(office, office.people["Lead"], sounded(clock, code), subject_of(office, clock)) == []


def test_in_the_room_of_the_other_side_their_liaisons_are_called_and_only_for_their_own_answer(office):
    office.person("Legal", role=Role.LIAISON, of="US-DOJ-OIA")
    theirs = office.room("Party Room", of="US-DOJ-OIA")
    owed = waiting(office, **SENT, to="US-DOJ-OIA", instrument="MLA-US-OIA")
    clock = owed[0][0]
    ref = subject_of(office, clock)
    assert calls(office, theirs, sounded(clock, "overdue_14"), ref) == ["Legal"]
    assert calls(office, theirs, sounded(clock, "overdue"), ref) == []
    found = waiting(office, **INCOMING, instrument="MLA-PK-IN")
    [(ours, code, _)] = [one for one in found if one[0].kind == "answer" and one[1] == "overdue"]
    assert calls(office, theirs, sounded(ours, code), subject_of(office, ours)) == []


class TestWhom:
    """Who is called is asked when it is sent."""

    def called(self, office: Office) -> list[str]:
        [(clock, *_), *_] = waiting(office, **WAITING["an emergency"])
        return calls(office, office.room("Desk Room"), sounded(clock, "due"), subject_of(office, clock))

    def change(self, office: Office, job) -> None:
        office.do(lambda work: job(work.session.get(Person, office.people["Lead"].number), work))

    def test_the_deputy_of_whoever_is_away(self, office):
        def away(lead, work):
            lead.away_until, lead.deputy_id = work.now.date(), office.people["Bystander"].number

        self.change(office, away)
        assert self.called(office) == ["Bystander"]

    def test_nobody_for_whoever_is_away_without_a_deputy(self, office):
        def away(lead, work):
            lead.away_until = work.now.date()

        self.change(office, away)
        assert self.called(office) == []

    def test_whoever_is_next_in_line_where_the_lead_has_left(self, office):
        def leave(lead, _):
            lead.active = False

        self.change(office, leave)
        assert self.called(office) == [], "the opener has no account that the room could mention"
        office.do(
            lambda work: work.session.add(
                Account(
                    person_id=office.people["Officer"].number, platform="slack", external_id="O1", linked_at=work.now
                )
            )
        )
        [(clock, *_), *_] = waiting(office, **WAITING["an emergency"])
        room = office.do(lambda work: work.session.scalars(select(Channel)).one())
        assert calls(office, Recipient.channel(room.id), sounded(clock, "due"), subject_of(office, clock)) == [
            "Officer"
        ]

    def test_not_by_an_account_of_another_workspace(self, office):
        def moved(lead, _):
            lead.accounts[0].external_id = "T2/U7"

        self.change(office, moved)
        assert self.called(office) == []

    def test_not_by_an_account_that_was_revoked(self, office):
        def revoked(lead, work):
            lead.accounts[0].revoked_at = work.now

        self.change(office, revoked)
        assert "Lead" not in self.called(office)


@dataclass
class Shown(FakeChat):
    """A platform that keeps the blocks."""

    said: list[Message] = field(default_factory=list)

    async def send(self, address, message, *, mark):
        self.said.append(message)
        return await super().send(address, message, mark=mark)


def test_an_emergency_that_is_declared_calls_in_the_room_and_on_the_platform_it_is_a_real_mention(office):
    slack = Shown("slack")
    office.room("Desk Room")
    line = (
        f'request file {office.case_ref} to:PROV-META as:EDR-META data:bsi accounts:page reason:"a threat"'
        " emergency:yes"
        ' basis:"emergency request 4" person_in_danger:"a judge" emergency_nature:"a threat" necessity_for_harm:"today"'
        ' official_email:"a@fia.example" despite:now'
    )
    office.types("Officer", line)
    office.deliver(slack)
    called = [block for message in slack.said for block in message.blocks if isinstance(block, Mentions)]
    assert called == [Mentions((("Lead", "LEAD"), ("Chief", "CHIEF")))]
    [message] = [message for message in slack.said if any(isinstance(block, Mentions) for block in message.blocks)]
    assert '"user_id"' in repr(block_kit.blocks(message.blocks)).replace("'", '"')
    digits = Mentions((("Chief", "4711"),))
    assert [one.user.id for one in entities.write((digits,)).entities] == [4711]


def test_an_emergency_that_they_ask_us_to_keep_data_in_calls_in_the_room(office):
    slack = Shown("slack")
    office.room("Desk Room")
    asks = f"preservation receive {office.case_ref} from:US-DOJ-OIA as:PRES-PK-MLA-19"
    office.types("Officer", f'{asks} accounts:"@calm"')
    office.types("Officer", f'{asks} accounts:"@danger" emergency:yes')
    office.deliver(slack)
    called = [block for message in slack.said for block in message.blocks if isinstance(block, Mentions)]
    assert called == [Mentions((("Lead", "LEAD"),))]


def test_a_digest_calls_for_what_it_says_for_the_last_time(office):
    room = office.room("Desk Room")
    for _ in range(2):
        for clock, code, last in waiting(office, **SENT):
            if code == last:
                office.do(
                    lambda work, clock=clock, code=code: outbox.put(
                        work,
                        cause=f"ring:{clock.id}:{code}",
                        notice=sounded(clock, code),
                        recipient=room,
                        label=Label.AMBER,
                        subject=work.session.get(Clock, clock.id).request.ref,
                        wait=True,
                    )
                )

    def due(work):
        row = work.session.scalars(select(Channel)).one()
        row.next_digest_at = work.now

    office.do(due)
    digests.fold(office.store)
    [row] = office.do(lambda work: sending.claim(work, "slack", limit=9))
    composed = office.store.read(lambda work: outgoing.compose(work, row)).result(SECONDS)
    assert (row.notice, [name for name, _ in composed.calls]) == ("digest", ["Lead"])
