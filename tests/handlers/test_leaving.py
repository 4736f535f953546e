"""Who leaves: cases and reminders pass in the same line; what nobody may see is passed by two people, blind."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Account, AuditLine, Case, Membership, OutboxRow, Person
from storage.reminders.sweep import sweep
from storage.rules.lifecycle import Status
from tests import factories
from tests.office import Office

EMERGENCY = (
    'request file {ref} to:PROV-META as:EDR-META data:bsi accounts:"fb.example/page" basis:"emergency request 1" '
    'reason:"threat to life" person_in_danger:"a student" emergency_nature:"abducted" '
    "official_email:desk@agency.example necessity_for_harm:yes requesting_officer:yes despite:tried"
)


class Desk(Office):
    """An office with a lead, a second officer, a manager and an administrator; each types at a terminal."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, role in (
            ("Lead", Role.OFFICER),
            ("Second", Role.OFFICER),
            ("Manager", Role.MANAGER),
            ("Admin", Role.ADMIN),
        ):
            self.person(name, "console", role=role)

    def case(
        self, label: Label = Label.AMBER, *, lead: str = "Lead", named: tuple[str, ...] = (), opener: str = ""
    ) -> str:
        """A case with a request that was sent; its reference."""

        def make(work) -> str:
            shared = [self.one(work, name) for name in named]
            who = self.one(work, lead)
            row = factories.case(
                work,
                lead=who,
                opener=self.one(work, opener) if opener else who,
                label=label,
                title="Canary",
                shared_with=shared,
            )
            factories.request(work, of=row, status=Status.SENT)
            return row.ref

        return self.do(make)

    def one(self, work, name: str) -> Person:
        return work.session.get_one(Person, int(self.people[name].partition(":")[2]))

    def asks(self, name: str, line: str) -> tuple[str, bool]:
        """The words of the answer, and whether it was refused."""
        answer = self.hears(Inbound("console", f"asked {next(self._typed)}", name, line))
        assert not answer.failed, answer.messages[0].plain()
        return "\n".join(message.plain() for message in answer.messages), answer.refused

    def lead_of(self, ref: str) -> str:
        query = select(Person.name).join(Case, Case.lead_id == Person.id).where(Case.ref == ref)
        return self.do(lambda work: work.session.scalar(query)) or ""

    def rings(self, ref: str) -> set[str]:
        """Let every clock of a case ring a month late, whoever is there to hear it; the names of those who hear."""
        self.clock.move_to(self.clock.now() + timedelta(days=400))
        sweep(self.store)
        query = select(OutboxRow.recipient).where(OutboxRow.notice == "nudge", OutboxRow.subject == f"{ref}/1")
        heard = set(self.do(lambda work: list(work.session.scalars(query))))
        return {name for name, recipient in self.people.items() if recipient in heard}

    def told(self, name: str, notice: str) -> int:
        """How many notices of a kind were queued for somebody."""
        return sum(row.recipient == self.people[name] for row in self.rows(notice))

    def acts(self, act: str) -> list[AuditLine]:
        query = select(AuditLine).where(AuditLine.act == act)
        return self.do(lambda work: list(work.session.scalars(query)))


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk(sqlite_store, clock)


class TestHoles:
    """What was reproduced on the landed project, each as it was found."""

    def test_the_clocks_of_a_lead_who_was_removed_ring_to_somebody(self, desk):
        ref = desk.case()
        desk.asks("Admin", "desk person remove Lead to:Second")

        assert "Second" in desk.rings(ref)

    def test_a_red_case_is_not_lost_when_the_one_person_who_sees_it_is_removed(self, desk):
        ref = desk.case(Label.RED)
        _, refused = desk.asks("Admin", "desk person remove Lead to:Second")

        assert refused
        assert "Canary" in desk.types("Lead", f"case status {ref}")

    def test_an_administrator_reads_no_reference_of_a_red_case(self, desk):
        ref = desk.case(Label.RED)
        answers = [
            desk.asks("Admin", line)[0] for line in ("desk person remove Lead", "desk person remove Lead to:Second")
        ]

        assert not any(ref in answer or "Canary" in answer for answer in answers)
        assert all("1 " in answer for answer in answers)

    def test_an_emergency_instrument_takes_two_people_whatever_was_typed(self, desk):
        ref = desk.case()
        desk.types("Lead", EMERGENCY.format(ref=ref))
        _, refused = desk.asks("Lead", f"request sent {ref}/2")

        assert refused
        assert desk.asks("Lead", f"request approve {ref}/2")[1]

    def test_a_ghost_whom_the_filer_let_in_does_not_approve(self, desk):
        def ghost(work) -> None:
            boss = factories.person(work, name="Boss", role=Role.ADMIN)
            boss.memberships.append(Membership(authority=factories.agency(work), role="officer"))
            row = Person(name="Ghost")
            row.memberships.append(
                Membership(authority=factories.agency(work), role="officer", added_by=boss.id, added_at=work.now)
            )
            row.accounts.append(Account(platform="telegram", external_id="666", linked_at=work.now, linked_by=boss.id))
            work.session.add(row)

        desk.do(ghost)
        ref = desk.case()
        desk.types("Boss", EMERGENCY.format(ref=ref))
        desk.clock.move_to(desk.clock.now() + timedelta(days=30))
        text, refused = desk.asks("Ghost", f"request approve {ref}/2")

        assert refused
        assert "Boss" in text
        assert "Second" in text
