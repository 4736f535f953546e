"""The desk of a person, and help: what waits for them, what they may do, and nothing that they may not."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.adapters.contract import Answer
from bot.rendering.blocks import Bullets, Button, Buttons
from handlers import COMMANDS
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case, Clock, InboxRow, Person
from storage.record import desk as waiting_of
from storage.record import records
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.test_phone_lines import lines
from tests.spoken import Desk, words

BUDGET = 25
PEOPLE = {
    "Omar": (Role.OFFICER, "PK-FIA-CCW"),
    "Mona": (Role.MANAGER, "PK-FIA-CCW"),
    "Adil": (Role.ADMIN, "PK-FIA-CCW"),
    "Aida": (Role.AUDITOR, "PK-FIA-CCW"),
    "Lisa": (Role.LIAISON, "US-DOJ-OIA"),
}
LONG_AGO = date(2025, 6, 2)


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, *((name, *where) for name, where in PEOPLE.items()))


def person(work, name: str) -> Person:
    return work.session.scalars(select(Person).where(Person.name == name)).one()


def ask(desk: Desk, *, opener: str = "Omar", label=Label.AMBER, **more) -> str:
    """A request of a case of its own. Its reference."""

    def job(work):
        case = factories.case(work, opener=person(work, opener), title=f"Case of {opener}", label=label)
        more.setdefault("status", Status.SENT)
        more.setdefault("on", LONG_AGO)
        if more.get("direction") == "incoming":
            more["sender"] = records.authority(work, "US-DOJ-OIA")
        return factories.request(work, of=case, **more).ref

    return desk.write(job)


def furnish(desk: Desk) -> dict[str, str]:
    """One of every sort that can wait."""
    asked = {
        "overdue": ask(desk),
        "question": ask(desk, status=Status.CLARIFICATION, to="US-DOJ-OIA", instrument="MLA-US-OIA"),
        "draft": ask(desk, status=Status.DRAFT),
        "approve": ask(desk, status=Status.APPROVAL, instrument="EDR-META", emergency=True),
        "next_step": ask(desk, status=Status.REFUSED),
        "intake": ask(desk, direction="incoming", to="PK-FIA-CCW", instrument="MLA-PK-IN"),
        "theirs": ask(desk, to="US-DOJ-OIA", instrument="MLA-US-OIA"),
    }

    def hold(work):
        case = factories.case(work, opener=person(work, "Omar"))
        return factories.preservation(work, of=case, on=date(2025, 12, 6), days=90).ref

    return asked | {"hold": desk.write(hold)}


def buttons(answer: Answer) -> Iterator[Button]:
    for message in answer.messages:
        for block in message.blocks:
            if isinstance(block, Buttons):
                yield from block.buttons
            if isinstance(block, Bullets):
                yield from (item.button for item in block.items if item.button)


def opened(answer: Answer) -> list[str]:
    """The records that the rows open, in order."""
    rows = [item.button for m in answer.messages for b in m.blocks if isinstance(b, Bullets) for item in b.items]
    return [row.line.split()[-1] for row in rows if row]


def refused_for_the_role(desk: Desk, name: str, line: str) -> bool:
    answer = desk.say(name, line)
    assert not answer.failed, line
    if not answer.refused:
        return False
    row = desk.read(lambda work: work.session.scalars(select(InboxRow.reply).order_by(InboxRow.id.desc())).first())
    return bool(row["said"][0]["notice"] in ("not_allowed", "not_found"))


class TestHome:
    def test_an_officer_reads_what_waits_for_them_what_cannot_wait_first(self, desk):
        refs = furnish(desk)
        answer = desk.say("Omar", "desk home")
        expected = ["hold", "question", "intake", "draft", "next_step", "overdue"]
        assert opened(answer) == [refs[sort] for sort in expected]
        said = words(answer)
        assert "6 WAIT FOR YOU" in said
        assert "1 draft of yours" in said
        assert refs["approve"] not in said, "they declared it themselves"
        assert answer.private

    def test_a_manager_reads_what_waits_in_the_agency_and_an_emergency_to_approve_first(self, desk):
        refs = furnish(desk)
        found = opened(desk.say("Mona", "desk home"))
        assert found[0] == refs["approve"]
        assert {refs["overdue"], refs["question"], refs["hold"]} <= set(found)
        assert refs["draft"] not in found, "it is Omar's to send"

    def test_the_other_side_reads_what_it_owes_in_its_own_words(self, desk):
        refs = furnish(desk)
        answer = desk.say("Lisa", "desk home")
        assert set(opened(answer)) == {refs["theirs"], refs["question"], refs["intake"]}
        assert "you owe PK-FIA-CCW" in words(answer)
        assert "PK-FIA-CCW owes you" in words(answer)

    @pytest.mark.parametrize("name", ["Adil", "Aida"])
    def test_who_works_on_no_case_has_nothing_waiting(self, desk, name):
        furnish(desk)
        answer = desk.say(name, "desk home")
        assert "NOTHING WAITS for you" in words(answer)
        assert opened(answer) == []

    def test_what_is_snoozed_waits_for_nobody(self, desk):
        ref = ask(desk)
        assert ref in words(desk.say("Omar", "desk home"))
        desk.heard("Mona", f"request snooze {ref} until:+5d reason:holidays")
        assert ref not in words(desk.say("Omar", "desk home"))

    def test_whoever_stands_in_for_somebody_away_reads_theirs(self, desk, clock):
        desk.enrol("Dina", Role.OFFICER)
        ref = ask(desk)
        assert ref not in words(desk.say("Dina", "desk home"))
        desk.heard("Omar", f"desk away until:{(clock.now() + timedelta(days=3)).date()} deputy:Dina")
        said = words(desk.say("Dina", "desk home"))
        assert ref in said
        assert "You stand in for Omar" in said

    def test_a_red_case_waits_for_who_is_named_on_it_alone(self, desk):
        ref = ask(desk, label=Label.RED)
        answer = desk.say("Omar", "desk home")
        assert ref in words(answer)
        assert answer.messages[0].label == Label.RED
        assert ref not in words(desk.say("Mona", "desk home"))

    def test_ten_of_many_on_one_screen_with_their_number(self, desk):
        for _ in range(24):
            ask(desk)
        answer = desk.say("Omar", "desk home")
        assert len(opened(answer)) == 10
        assert "24 WAIT FOR YOU" in words(answer)
        assert len(lines(answer.messages[0])) <= BUDGET

    @pytest.mark.parametrize("name", PEOPLE)
    def test_no_button_is_refused_for_the_role_of_who_presses_it(self, desk, name):
        furnish(desk)
        pressed = [button.line for button in buttons(desk.say(name, "desk home"))]
        assert pressed
        assert [line for line in pressed if refused_for_the_role(desk, name, line)] == []

    def test_two_buttons_in_front_the_others_behind_them(self, desk):
        found = list(buttons(desk.say("Omar", "desk home")))
        assert [one.label for one in found if not one.more] == ["File a request", "Open a case"]
        assert {one.label for one in found if one.more} >= {"Overdue", "Requests", "Cases", "All commands"}

    @pytest.mark.parametrize("line", ["/start", "start", "desk home"])
    def test_start_opens_it(self, desk, line):
        assert "for you" in desk.heard("Omar", line)

    @pytest.mark.parametrize("line", ["/start", "desk home"])
    def test_a_stranger_reads_how_to_come_in(self, desk, line):
        assert "desk person add" in words(desk.types("telegram:4711", line))


class TestHelp:
    @pytest.mark.parametrize("name", PEOPLE)
    def test_a_family_alone_is_short_and_holds_nothing_that_is_not_for_the_role(self, desk, name):
        usable = {spec.words for spec in COMMANDS if not spec.needs or PEOPLE[name][0] in spec.needs}
        for family in ("", *COMMANDS.families):
            answer = desk.say(name, f"desk help {family}")
            assert sum(len(lines(message)) for message in answer.messages) <= BUDGET, words(answer)
            pressed = {button.line for button in buttons(answer) if not button.line.startswith("desk help")}
            assert pressed <= usable, family

    def test_the_pages_hold_all_of_a_family_each_once(self, desk):
        first = desk.say("Mona", "request")
        [line] = [button.line for button in buttons(first) if button.label == "All commands"]
        found: list[str] = []
        while line:
            answer = desk.say("Mona", line)
            assert len(lines(answer.messages[0])) <= BUDGET
            found += [button.line for button in buttons(answer) if not button.turns]
            line = next((button.line for button in buttons(answer) if button.label == "Next page"), "")
        usable = [spec.words for spec in COMMANDS.of("request") if not spec.needs or Role.MANAGER in spec.needs]
        assert sorted(found) == sorted(usable)

    def test_every_command_is_told_on_one_screen(self, desk):
        told = {spec.words: desk.say("Mona", f"desk help {spec.words}") for spec in COMMANDS}
        longer = {
            spec: words(answer)
            for spec, answer in told.items()
            if sum(len(lines(message)) for message in answer.messages) > BUDGET
        }
        assert not longer

    @pytest.mark.parametrize(
        ("line", "said"), [("case --help", "Case: "), ("case open --help", "case open: "), ("--help", "use most")]
    )
    def test_asked_for_as_in_a_terminal(self, desk, line, said):
        assert said in desk.heard("Omar", line)


# ---- where more waits than is counted --------------------------------------------------------------------------------


def _counts(store, name: str, *, whole: bool) -> tuple[dict[str, int], list[str]]:
    def look(work):
        viewer = factories.viewer(person(work, name))
        found = waiting_of.waiting(work, viewer, mine=[viewer.person_id], whole=whole, limit=3)
        return found.counts, [clock.request.ref for clock, _ in found.clocks]

    return store.read(look).result(60)


@pytest.mark.parametrize(("name", "whole"), [("Mona", True), ("Lisa", False)])
def test_what_matters_is_found_behind_more_than_is_counted(desk, clock, monkeypatch, name, whole):
    def late(work):
        case = factories.case(work, of=factories.agency(work), opener=person(work, "Omar"))
        to_us = {"direction": "incoming", "sender": records.authority(work, "US-DOJ-OIA"), "to": "PK-FIA-CCW"}
        for number in range(6):
            factories.request(work, of=case, to="US-DOJ-OIA", status=Status.SENT, accounts=(f"account.{number}",))
        return case.ref, to_us

    ref, to_us = desk.store.write(late).result(60)
    clock.move_to(clock.now() + timedelta(days=200))

    def urgent(work):
        case = work.session.scalars(select(Case).where(Case.ref == ref)).one()
        factories.request(work, of=case, status=Status.ACKNOWLEDGED, accounts=("old.one",), on=LONG_AGO, **to_us)
        factories.request(work, of=case, to="US-DOJ-OIA", status=Status.SENT, emergency=True, accounts=("life.one",))
        for running in work.session.scalars(select(Clock).where(Clock.ended_at.is_(None))):
            if running.request.direction == "incoming" and running.due_at:
                running.due_at = work.now - timedelta(hours=1)

    desk.store.write(urgent).result(60)
    all_of_it = _counts(desk.store, name, whole=whole)
    monkeypatch.setattr(waiting_of, "COUNTED", 4)
    counts, first = _counts(desk.store, name, whole=whole)
    assert first[0] == all_of_it[1][0]
    assert set(counts) == set(all_of_it[0])


def test_an_auditor_turns_the_pages_of_a_list(desk):
    for number in range(13):
        desk.heard("Omar", f'case open "Page number {number}" category:impersonation label:amber')
    assert not desk.say("Aida", "case list after:CCW-2026-0004").refused
    assert not desk.say("Aida", "case search ccw after:CCW-2026-0004").refused


def test_a_reference_in_full_is_that_record_whatever_is_filed_under_it(desk):
    for number in range(3):
        desk.heard("Omar", f'case open "Page number {number}" category:impersonation label:amber')
    desk.heard("Omar", 'case open "Another" category:impersonation label:amber own:CCW-2026-0002')
    assert "Page number 1" in words(desk.say("Omar", "case status CCW-2026-0002"))
