"""Who leaves: cases and reminders pass in the same line; what nobody may see is passed by two people, blind."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from handlers import outgoing
from handlers.kit.second_person import doubt
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import sending
from storage.models import Account, AuditLine, Case, Membership, OutboxRow, Person
from storage.reminders.sweep import sweep
from storage.rules.lifecycle import Status
from tests import factories
from tests.office import AGENCY, Office

EMERGENCY = (
    'request file {ref} to:PROV-META as:EDR-META data:bsi accounts:"fb.example/page" basis:"emergency request 1" '
    'reason:"threat to life" person_in_danger:"a student" emergency_nature:"abducted" '
    "official_email:desk@agency.example necessity_for_harm:yes requesting_officer:yes despite:tried"
)


class Desk(Office):
    """An office with a lead, a second officer, a manager and an administrator; each types at a terminal."""

    others = (
        ("Lead", "console", Role.OFFICER),
        ("Second", "console", Role.OFFICER),
        ("Manager", "console", Role.MANAGER),
        ("Admin", "console", Role.ADMIN),
    )

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
        return work.session.get_one(Person, self.people[name].number)

    def asks(self, name: str, line: str) -> tuple[str, bool]:
        """The words of the answer, and whether it was refused."""
        answer = self.hears(Inbound("console", f"asked {next(self._typed)}", name, line))
        assert not answer.failed, answer.messages[0].plain()
        return "\n".join(message.plain() for message in answer.messages), answer.refused

    def a_day_later(self) -> None:
        self.clock.move_to(self.clock.now() + timedelta(days=1))

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

    def test_a_ghost_who_gave_itself_a_role_and_an_account_of_its_own_does_not_approve(self, desk):
        desk.do(lambda work: desk.join(work, desk.people["Admin"], AGENCY, Role.OFFICER))
        ref = desk.case()
        desk.types("Admin", EMERGENCY.format(ref=ref))
        desk.types("Admin", "desk person add Ghost role:admin account:telegram:1")
        desk.hears(Inbound("telegram", "t1", "1", "desk person role Ghost role:officer"))
        begun = desk.hears(Inbound("telegram", "t2", "1", "desk link"))
        code = re.search(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){2}", begun.messages[0].plain())
        desk.hears(Inbound("telegram", "t3", "2", f"desk link {code.group()}"))
        assert not desk.hears(Inbound("telegram", "t4", "2", "desk unlink telegram:1")).refused
        desk.clock.move_to(desk.clock.now() + timedelta(days=30))
        answer = desk.hears(Inbound("telegram", "t5", "2", f"request approve {ref}/2"))

        assert answer.refused
        assert "Admin was the first, and let you in here, or whoever let you in" in answer.messages[0].plain()

    def test_a_red_case_is_not_taken_from_a_lead_who_is_there_before_they_had_a_day_to_act(self, desk):
        ref = desk.case(Label.RED)
        asked = desk.types("Manager", TestEntrust.ASK)
        text, refused = desk.asks("Admin", "case entrust agree of:Lead")

        assert refused
        assert "counts from 3 Mar 2026" in asked
        assert "counts from 3 Mar 2026" in text
        assert desk.told("Lead", "entrust_asked") == 1
        desk.types("Lead", f"case assign {ref} to:Lead")
        assert desk.lead_of(ref) == "Lead"
        desk.a_day_later()
        desk.types("Admin", "case entrust agree of:Lead")
        assert desk.lead_of(ref) == "Second"

    def test_a_lesser_role_makes_nobody_one_who_is_gone(self, desk):
        ref = desk.case(Label.RED)
        desk.types("Admin", "desk person role Lead role:auditor")
        desk.types("Admin", "desk person role Lead role:officer end:yes")
        desk.types("Manager", TestEntrust.ASK)

        assert desk.asks("Admin", "case entrust agree of:Lead")[1]
        assert desk.lead_of(ref) == "Lead"

    def test_who_is_named_on_red_is_not_told_by_trying_one_name_after_another(self, desk):
        desk.case(Label.RED, named=("Second",))
        desk.case(Label.RED)
        said = [desk.asks("Admin", f"desk person remove Lead to:{name}")[0] for name in ("Second", "Manager")]

        assert "2 records" in said[0]
        assert said[0].replace("Second", "Manager") == said[1].replace("Second", "Manager")


class TestLeaving:
    def test_cases_pass_in_the_same_line_and_the_new_lead_is_told_once(self, desk):
        led, opened = desk.case(), desk.case(opener="Lead", lead="Lead")
        desk.do(lambda work: setattr(work.session.scalars(select(Case).where(Case.ref == opened)).one(), "lead", None))
        said = desk.types("Admin", 'desk person remove Lead to:Second because:"moved abroad"')

        assert "2 open cases passed to Second" in said
        assert (desk.lead_of(led), desk.lead_of(opened)) == ("Second", "Second")
        assert desk.told("Second", "cases_passed") == 1
        assert [line.ref for line in desk.acts("case assign")] == [led, opened]
        assert len(desk.acts("person left")) == 1

    def test_without_a_new_lead_it_is_refused_with_a_number_where_the_asker_sees_nothing(self, desk):
        refs = [desk.case(), desk.case(Label.AMBER_STRICT)]
        text, refused = desk.asks("Admin", "desk person remove Lead")

        assert refused
        assert "2 open cases must pass" in text
        assert not any(ref in text for ref in refs)
        assert "Second" in text
        assert [desk.lead_of(ref) for ref in refs] == ["Lead", "Lead"]

    def test_whoever_sees_them_reads_which(self, desk):
        ref = desk.case()
        red = desk.case(Label.RED)
        desk.do(lambda work: desk.join(work, desk.people["Admin"], AGENCY, Role.MANAGER))
        text, _ = desk.asks("Admin", "desk person remove Lead")

        assert ref in text
        assert red not in text

    def test_what_only_named_people_see_passes_to_one_of_them(self, desk):
        ref = desk.case(Label.RED, named=("Second",))
        assert desk.asks("Admin", "desk person remove Lead to:Manager")[1]
        desk.types("Admin", "desk person remove Lead to:Second")

        assert desk.lead_of(ref) == "Second"

    def test_a_named_colleague_passes_it_on_and_then_nothing_stands_in_the_way(self, desk):
        ref = desk.case(Label.RED, named=("Second",))
        desk.types("Second", f"case assign {ref} to:Second")
        desk.types("Admin", "desk person remove Lead")

        assert "Canary" in desk.types("Second", f"case status {ref}")

    def test_who_left_reads_nothing_though_they_were_named_and_work_elsewhere(self, desk):
        ref = desk.case(Label.RED, lead="Second", named=("Lead",))
        desk.do(lambda work: desk.join(work, desk.people["Lead"], "PK-FIA"))
        desk.types("Admin", "desk person remove Lead")

        assert desk.asks("Lead", f"case status {ref}")[1]

    def test_a_reminder_that_waited_for_them_waits_for_the_new_lead(self, desk):
        desk.case()
        desk.clock.move_to(desk.clock.now() + timedelta(days=400))
        sweep(desk.store)
        waited = {row.subject for row in desk.rows("nudge") if row.recipient == desk.people["Lead"]}
        desk.types("Admin", "desk person remove Lead to:Second")
        waits = {row.subject for row in desk.rows("nudge") if row.recipient == desk.people["Second"]}

        assert waited
        assert waits == waited
        assert {row.state for row in desk.rows("nudge") if row.recipient == desk.people["Lead"]} == {"dropped"}

    @pytest.mark.parametrize("line", ["desk person remove Lead to:Admin", "desk person remove Lead to:Lead"])
    def test_only_somebody_who_can_act_takes_over(self, desk, line):
        desk.case()
        text, refused = desk.asks("Admin", line)

        assert refused
        assert "cannot lead" in text
        assert "Second" in text

    def test_a_case_is_assigned_to_nobody_who_could_not_see_it(self, desk):
        ref = desk.case(Label.RED)
        _, refused = desk.asks("Lead", f"case assign {ref} to:Admin")

        assert refused
        assert desk.lead_of(ref) == "Lead"


class TestEntrust:
    ASK = 'case entrust of:Lead to:Second because:"left without a word"'

    def test_two_people_give_what_nobody_sees_to_a_new_lead_and_read_nothing_of_it(self, desk):
        ref = desk.case(Label.RED)
        said = [
            desk.types("Manager", self.ASK),
            desk.a_day_later() or desk.types("Admin", "case entrust agree of:Lead"),
            desk.types("Admin", "desk person remove Lead to:Second"),
        ]

        assert desk.lead_of(ref) == "Second"
        assert "Canary" in desk.types("Second", f"case status {ref}")
        assert not any(ref in text or "Canary" in text for text in said)
        assert all(desk.asks(name, f"case status {ref}")[1] for name in ("Manager", "Admin"))
        blind = desk.rows("entrust_asked") + desk.rows("entrusted") + desk.rows("cases_passed")
        assert not any(ref in str(row.fields) or "Canary" in str(row.fields) or row.subject for row in blind)
        assert desk.told("Admin", "entrust_asked") == 1
        assert desk.told("Lead", "entrust_asked") == 1
        assert desk.told("Second", "cases_passed") == 1
        acts = ("case entrust asked", "case entrust", "case entrust agreed")
        assert [len(desk.acts(act)) for act in acts] == [1, 1, 1]
        assert desk.acts("case entrust")[0].ref == ref

    def test_it_works_for_somebody_who_is_gone_already(self, desk):
        ref = desk.case(Label.RED)
        desk.do(lambda work: setattr(desk.one(work, "Lead").memberships[0], "ended_at", work.now))
        desk.types("Manager", self.ASK)
        desk.types("Admin", "case entrust agree of:lead")

        assert desk.lead_of(ref) == "Second"

    def test_whoever_asked_does_not_agree(self, desk):
        ref = desk.case(Label.RED)
        desk.types("Manager", self.ASK)
        text, refused = desk.asks("Manager", "case entrust agree of:Lead")

        assert refused
        assert "two people" in text
        assert "Admin" in text
        assert desk.lead_of(ref) == "Lead"

    def test_nothing_is_given_that_somebody_else_sees_or_that_nobody_asked_for(self, desk):
        ref = desk.case(Label.RED, named=("Second",))
        desk.case()

        assert desk.asks("Manager", "case entrust of:Lead to:Manager because:left")[1]
        assert desk.asks("Admin", "case entrust agree of:Lead")[1]
        assert desk.lead_of(ref) == "Lead"

    def test_what_nobody_agreed_to_in_a_week_must_be_asked_again(self, desk):
        desk.case(Label.RED)
        desk.types("Manager", self.ASK)
        desk.clock.move_to(desk.clock.now() + timedelta(days=8))

        assert desk.asks("Admin", "case entrust agree of:Lead")[1]

    def test_the_notice_that_a_record_needs_a_person_says_whose_and_how(self, desk):
        ref = desk.case(Label.RED)
        desk.do(lambda work: setattr(desk.one(work, "Lead").memberships[0], "ended_at", work.now))
        assert not desk.rings(ref)
        [row] = desk.rows("left_behind")
        claimed = desk.do(
            lambda work: next(one for one in sending.claim(work, "console", limit=99) if one.id == row.id)
        )
        composed = desk.do(lambda work: outgoing.compose(work, claimed))

        assert composed.said[0].fields | {"agency": ""} == {"agency": "", "cases": 1, "leads": ["Lead"]}
        desk.types("Manager", self.ASK)
        desk.types("Admin", "case entrust agree of:Lead")
        assert isinstance(desk.do(lambda work: outgoing.compose(work, claimed)), outgoing.Dropped)


class TestRedEmergency:
    def test_those_named_on_the_case_are_asked_at_once_and_the_filer_reads_who(self, desk):
        ref = desk.case(Label.RED, named=("Second",))
        said = desk.types("Lead", EMERGENCY.format(ref=ref))

        assert "May approve: Second" in said
        assert desk.told("Second", "approval_asked") == 1
        assert desk.told("Manager", "approval_asked") == 0
        assert "May approve: Second" in desk.types("Lead", f"request status {ref}/2")
        assert "APPROVED" in desk.types("Second", f"request approve {ref}/2")

    def test_where_nobody_else_is_named_the_card_offers_whom_to_name_and_they_are_asked(self, desk):
        ref = desk.case(Label.RED)
        said = desk.types("Lead", EMERGENCY.format(ref=ref))

        assert f"case share {ref} person:Manager" in said
        assert desk.rows("approval_asked") == []
        desk.types("Lead", f"case share {ref} person:Manager")
        assert desk.told("Manager", "approval_asked") == 1
        assert "APPROVED" in desk.types("Manager", f"request approve {ref}/2")

    def test_an_emergency_s_reminders_reach_everybody_who_is_named(self, desk):
        ref = desk.case(Label.RED, named=("Second",))

        assert desk.rings(ref) >= {"Lead"}


class TestTwoPersons:
    """Who counts as the second person, by who let whom in and when."""

    @pytest.fixture
    def pair(self, desk):
        """Whether the second counts, after a change to how they came in."""

        def counts(change) -> str:
            def ask(work) -> str:
                duo = Duo(*(desk.one(work, name) for name in ("Second", "Lead", "Manager")), work.now)
                change(duo)
                work.session.flush()
                found = doubt(work, duo.second, duo.first, factories.agency(work).id)
                return found.why if found else ""

            return desk.do(ask)

        return counts

    def test_people_from_the_command_line_count_at_once(self, pair):
        assert pair(lambda duo: let_in(duo.second, None, duo.now)) == ""

    def test_whoever_the_first_let_in_never_does(self, pair):
        assert pair(lambda duo: let_in(duo.second, duo.first.id, duo.now - timedelta(days=99))) == "let_in"

    def test_whoever_has_an_account_that_the_first_linked_does_not(self, pair):
        assert pair(lambda duo: account(duo.second, duo.first.id, duo.now - timedelta(days=99))) == "account"

    def test_nor_once_that_account_is_revoked_and_they_have_one_of_their_own(self, pair):
        def change(duo):
            account(duo.second, duo.first.id, duo.now - timedelta(days=99))
            duo.second.accounts[0].revoked_at = duo.now
            account(duo.second, duo.second.id, duo.now, "own")

        assert pair(change) == "account"

    def test_a_role_or_an_account_by_somebody_whom_the_first_let_in_is_by_the_first(self, pair):
        def change(duo):
            let_in(duo.third, duo.first.id, duo.now - timedelta(days=99))

        def role(duo):
            change(duo)
            let_in(duo.second, duo.third.id, duo.now - timedelta(days=99))

        def one_more(duo):
            change(duo)
            account(duo.second, duo.third.id, duo.now - timedelta(days=99))

        assert (pair(one_more), pair(role)) == ("account", "let_in")

    def test_nor_does_somebody_vouch_who_has_an_account_that_the_first_linked(self, pair):
        def change(duo):
            account(duo.third, duo.first.id, duo.now - timedelta(days=99))
            let_in(duo.second, duo.third.id, duo.now - timedelta(days=99))

        assert pair(change) == "let_in"

    def test_two_who_let_each_other_in_vouch_for_nobody(self, pair):
        def change(duo):
            let_in(duo.second, duo.third.id, duo.now - timedelta(days=99))
            let_in(duo.third, duo.second.id, duo.now - timedelta(days=99))

        assert pair(change) == "let_in"

    def test_two_who_linked_an_account_of_each_other_s_are_still_two(self, pair):
        def change(duo):
            account(duo.second, duo.third.id, duo.now - timedelta(days=99))
            account(duo.third, duo.second.id, duo.now - timedelta(days=99))

        assert pair(change) == ""

    def test_an_account_that_somebody_whom_they_let_in_linked_is_no_doubt(self, pair):
        def change(duo):
            let_in(duo.third, duo.second.id, duo.now - timedelta(days=99))
            account(duo.second, duo.third.id, duo.now - timedelta(days=99))

        assert pair(change) == ""

    def test_what_they_gave_themselves_is_as_old_as_what_another_gave(self, pair):
        def change(duo):
            let_in(duo.second, duo.third.id, duo.now)
            more(duo.second, duo.second.id, duo.now - timedelta(days=99))

        assert pair(change) == "new"

    def test_a_role_that_has_ended_still_says_who_let_them_in(self, pair):
        def change(duo):
            let_in(duo.second, duo.third.id, duo.now - timedelta(days=99))
            duo.second.memberships[0].ended_at = duo.now
            more(duo.second, duo.first.id, duo.now)

        assert pair(change) == ""

    @pytest.mark.parametrize(("hours", "found"), [(23, "new"), (24, "")])
    def test_whoever_a_colleague_let_in_counts_after_a_day(self, pair, hours, found):
        assert pair(lambda duo: let_in(duo.second, duo.third.id, duo.now - timedelta(hours=hours))) == found

    @pytest.mark.parametrize(("hours", "found"), [(23, "new"), (24, "")])
    def test_an_account_that_a_colleague_linked_counts_after_a_day(self, pair, hours, found):
        assert pair(lambda duo: account(duo.second, duo.third.id, duo.now - timedelta(hours=hours))) == found

    def test_an_account_that_they_linked_themselves_counts(self, pair):
        assert pair(lambda duo: account(duo.second, duo.second.id, duo.now)) == ""

    def test_one_role_beyond_doubt_is_enough(self, pair):
        def change(duo):
            more(duo.second, duo.first.id, duo.now)

        assert pair(change) == ""

    def test_it_is_the_same_for_a_day_where_the_second_let_the_first_in(self, pair):
        assert pair(lambda duo: let_in(duo.first, duo.second.id, duo.now)) == "new"
        assert pair(lambda duo: let_in(duo.first, duo.second.id, duo.now - timedelta(days=2))) == ""

    def test_and_for_a_day_where_somebody_whom_the_second_let_in_did(self, pair):
        def change(duo):
            let_in(duo.third, duo.second.id, duo.now)
            let_in(duo.first, duo.third.id, duo.now)

        assert pair(change) == "new"

    def test_a_transfer_to_an_emergency_instrument_waits_for_a_second_person(self, desk):
        ref = desk.case()
        line = EMERGENCY.format(ref=f"{ref}/1").replace("request file", "request transfer")
        line = line.replace(' accounts:"fb.example/page"', "")
        desk.types("Lead", line)

        assert desk.asks("Lead", f"request sent {ref}/2")[1]
        assert desk.told("Manager", "approval_asked") == 1

    def test_the_refusal_says_why_since_when_and_who_can(self, desk):
        ref = desk.case()
        desk.types("Lead", EMERGENCY.format(ref=ref))
        desk.do(lambda work: let_in(desk.one(work, "Second"), desk.one(work, "Manager").id, work.now))
        text, refused = desk.asks("Second", f"request approve {ref}/2")

        assert refused
        assert "That counts from 3 Mar 2026" in text
        assert "Manager" in text
        assert f"request approve {ref}/2" in text


class Duo(NamedTuple):
    """Two who are to be two, and a colleague of theirs."""

    second: Person
    first: Person
    third: Person
    now: datetime


def let_in(person: Person, by: int | None, at) -> None:
    """By whom and when somebody came in."""
    for row in person.memberships:
        row.added_by, row.added_at = by, at


def more(person: Person, by: int, at) -> None:
    """One more role of somebody."""
    agency = person.memberships[0].authority
    person.memberships.append(Membership(authority=agency, role="auditor", added_by=by, added_at=at))


def account(person: Person, by: int | None, at, name: str = "") -> None:
    """One more account of somebody."""
    person.accounts.append(Account(platform="slack", external_id=f"T/{person.id}{name}", linked_at=at, linked_by=by))
