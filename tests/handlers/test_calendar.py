"""Deadlines as a calendar file: which stand in it, for whom, in which words; and what an import of it again does."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from icalendar import Calendar
from sqlalchemy import select

from bot.inbound.dispatch import Dispatch
from handlers import COMMANDS
from handlers.summaries import calendar
from handlers.summaries.calendar_writing import CalendarEntry, as_ics
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Clock, Person, Request
from storage.record import records
from storage.rules import clocks
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk, words

MONDAY = date(2026, 3, 2)  # the day these tests begin


def staffed(store, clock) -> Desk:
    other = ("Nadia", Role.OFFICER, "PK-NCCIA")
    return Desk.of(store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER), ("Olga", Role.OFFICER), other)


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return staffed(sqlite_store, clock)


def person(work, name: str) -> Person:
    return work.session.scalars(select(Person).where(Person.name == name)).one()


def ask(desk: Desk, opener: str = "Omar", *, title: str = "Fake pages", label: Label = Label.AMBER, **more) -> str:
    """A request sent on the first day, or as it is said. Its reference."""

    def job(work):
        who = person(work, opener)
        case = factories.case(work, of=who.memberships[0].authority, opener=who, title=title, label=label)
        return factories.request(work, of=case, **({"status": Status.SENT, "on": MONDAY} | more)).ref

    return desk.write(job)


def asked_of_us(desk: Desk, sender: str = "US-STATE", **more) -> str:
    def job(work):
        case = factories.case(work, opener=person(work, "Omar"))
        asker = records.authority(work, sender)
        facts = {"direction": "incoming", "sender": asker, "instrument": "LR", "to": "PK-FIA-CCW"}
        return factories.request(work, of=case, status=Status.SENT, on=MONDAY, **facts, **more).ref

    return desk.write(job)


def hold(desk: Desk, **more) -> str:
    def job(work):
        case = factories.case(work, opener=person(work, "Omar"))
        return factories.preservation(work, of=case, on=MONDAY, **more).ref

    return desk.write(job)


def taken(desk: Desk, who: str, line: str = "summary calendar", **where) -> list:
    """The entries of the file that somebody gets."""
    answer = desk.say(who, line, **where)
    assert not answer.refused, words(answer)
    (file,) = answer.files
    return Calendar.from_ical(file.content).walk("VEVENT")


def said(entries) -> list[str]:
    return [str(one["SUMMARY"]) for one in entries]


def of(entries, ref: str):
    (found,) = [one for one in entries if ref in str(one["SUMMARY"])]
    return found


def test_both_ways_holds_and_our_own_steps_each_in_its_words(store, clock):
    desk = staffed(store, clock)
    ours, theirs, kept = ask(desk), asked_of_us(desk), hold(desk)
    draft = ask(desk, status=Status.DRAFT)
    asked_back = ask(desk, status=Status.CLARIFICATION)
    found = taken(desk, "Mona", "summary calendar agency")
    assert set(said(found)) == {
        f"{ours}: PROV-META owes us the answer",
        f"{theirs}: we owe US-STATE the answer",
        f"{theirs}: Nobody has taken an incoming request",
        f"{kept}: the hold at PROV-META lapses",
        f"{kept}: A hold was asked for and not confirmed",
        f"{draft}: A draft waits to be sent",
        f"{asked_back}: we owe PROV-META the reply to a question",
        f"{asked_back}: PROV-META owes us the answer",  # which stands still, and is over until they have the reply
    }
    over = [one for one in found if one["STATUS"] == "CANCELLED"]
    assert said(over) == [f"{asked_back}: PROV-META owes us the answer"]
    sorts = {str(one["SUMMARY"]).partition(": ")[2]: one["CATEGORIES"].to_ical().decode() for one in found}
    assert sorts["we owe US-STATE the answer"] == "We owe"
    assert sorts["A draft waits to be sent"] == "Our own steps"
    assert sorts["the hold at PROV-META lapses"] == "Holds"
    assert said(taken(desk, "Mona", "summary calendar")) == said(found)


def test_own_are_cases_one_leads_and_requests_one_filed(store, clock):
    desk = staffed(store, clock)
    led, other = ask(desk), ask(desk, "Olga")
    filed = ask(desk, "Olga")
    kept = hold(desk)

    def job(work):
        row = work.session.scalars(select(Request).where(Request.ref == filed)).one()
        row.filer = person(work, "Omar")

    desk.write(job)
    refs = {one.partition(":")[0] for one in said(taken(desk, "Omar"))}
    assert refs == {led, filed, kept}
    assert other in {one.partition(":")[0] for one in said(taken(desk, "Omar", "summary calendar agency"))}
    assert other in {one.partition(":")[0] for one in said(taken(desk, "Mona"))}


class TestDays:
    def test_a_day_is_whole_and_is_that_of_whoever_owes_it(self, desk):
        ref = ask(desk)
        entry = of(taken(desk, "Mona"), ref)
        clock = desk.read(lambda work: work.session.scalars(select(Clock).where(Clock.kind == "answer")).one().due_on)
        assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (clock, clock + timedelta(days=1))
        assert entry["DTSTART"].params["VALUE"] == "DATE"
        assert "PROV-META (America/Los_Angeles)" in str(entry["DESCRIPTION"])

    def test_hours_are_a_moment(self, desk, clock):
        ref = ask(desk, instrument="EDR-META", emergency=True, at=clock.now())
        entry = of(taken(desk, "Mona"), ref)
        due_at = desk.read(lambda work: work.session.scalars(select(Clock).where(Clock.kind == "answer")).one().due_at)
        assert entry["DTSTART"].dt == due_at
        assert "DTEND" not in entry
        assert str(entry["SUMMARY"]).startswith("EMERGENCY · ")

    def test_what_was_due_long_ago_is_left_to_the_list_of_what_is_overdue(self, desk):
        ask(desk, on=MONDAY - timedelta(days=300))
        assert "falls due" in desk.refused("Mona", "summary calendar")

    def test_what_a_register_brought_stands_there_until_it_is_due(self, desk, clock):
        ask(desk)

        def job(work):
            for row in work.session.scalars(select(Clock)):
                row.imported = True

        desk.write(job)
        assert len(taken(desk, "Mona")) == 1
        clock.move(days=200)
        assert "falls due" in desk.refused("Mona", "summary calendar")

    def test_no_more_than_a_phone_takes_the_next_first(self, desk, monkeypatch):
        first, last = ask(desk), ask(desk)
        desk.write(lambda work: self._later(work, last))
        monkeypatch.setattr(calendar, "MOST", 1)
        answer = desk.say("Mona", "summary calendar")
        (entry,) = Calendar.from_ical(answer.files[0].content).walk("VEVENT")
        assert first in str(entry["SUMMARY"])
        assert "More than a calendar takes" in words(answer)

    def _later(self, work, ref: str) -> None:
        clock = work.session.scalars(select(Clock).join(Request).where(Request.ref == ref)).one()
        clocks.extend(work, clock, days=30, until=None, reason="they asked", on=MONDAY)


class TestAgain:
    def test_it_is_the_same_entry_and_later_when_it_moved(self, desk, clock):
        ref = ask(desk)
        before = of(taken(desk, "Mona"), ref)
        same = of(taken(desk, "Mona"), ref)
        clock.move(days=1)
        desk.heard("Omar", f'request extend {ref} days:5 reason:"they asked"')
        after = of(taken(desk, "Mona"), ref)
        assert before["UID"] == same["UID"] == after["UID"]
        assert before["SEQUENCE"] == same["SEQUENCE"] < after["SEQUENCE"]
        assert before["LAST-MODIFIED"].dt == same["LAST-MODIFIED"].dt < after["LAST-MODIFIED"].dt
        assert before["DTSTART"].dt < after["DTSTART"].dt

    def test_what_was_answered_is_taken_out_and_what_is_asked_again_comes_back(self, desk, clock):
        ref = ask(desk)
        first = of(taken(desk, "Mona"), ref)
        desk.heard("Omar", f"request produced {ref}")
        gone = of(taken(desk, "Mona", "summary calendar agency"), ref)
        own = of(taken(desk, "Omar"), ref)
        desk.heard("Omar", f'request reopen {ref} because:"it was another account"')
        back = of(taken(desk, "Mona"), ref)
        assert (first["STATUS"], gone["STATUS"], own["STATUS"], back["STATUS"]) == (
            *("CONFIRMED", "CANCELLED", "CANCELLED", "CONFIRMED"),
        )
        assert first["UID"] == gone["UID"] == back["UID"]
        assert all(one["SEQUENCE"] < other["SEQUENCE"] for one, other in pairwise((first, gone, back)))
        clock.move(days=1)
        desk.heard("Omar", f"request produced {ref}")
        clock.move(days=31)
        assert "falls due" in desk.refused("Mona", "summary calendar")  # nobody has it in a calendar any more


class TestWhoGetsWhat:
    def test_red_is_for_who_is_named_and_asks_in_private(self, desk):
        amber, red = ask(desk), ask(desk, label=Label.RED)
        entry = of(taken(desk, "Omar"), red)
        assert str(entry["DESCRIPTION"]).startswith("TLP:RED")
        assert said(taken(desk, "Mona")) == [f"{amber}: PROV-META owes us the answer"]
        assert said(taken(desk, "Omar", room="ops")) == [f"{amber}: PROV-META owes us the answer"]

    def test_what_is_above_the_ceiling_of_a_platform_has_no_entry(self, desk):
        green = ask(desk, label=Label.GREEN)
        ask(desk, label=Label.AMBER)
        desk.dispatch = Dispatch(desk.store, COMMANDS, desk.renderer, {"console": Label.GREEN})
        answer = desk.say("Mona", "summary calendar")
        (entry,) = Calendar.from_ical(answer.files[0].content).walk("VEVENT")
        assert green in str(entry["SUMMARY"])
        assert answer.messages[0].label == "TLP:GREEN"

    def test_another_agency_sees_what_it_is_asked_and_none_of_the_steps_of_who_asks(self, desk):
        ask(desk, status=Status.DRAFT, to="PK-NCCIA", instrument="POLICE-LIAISON")
        sent = ask(desk, to="PK-NCCIA", instrument="POLICE-LIAISON", label=Label.GREEN, title="Ours alone")
        assert said(taken(desk, "Nadia", "summary calendar agency")) == [f"{sent}: we owe PK-FIA-CCW the answer"]
        assert "Ours alone" not in str(taken(desk, "Nadia", "summary calendar agency")[0]["DESCRIPTION"])
        ask(desk, to="PK-NCCIA", instrument="POLICE-LIAISON", label=Label.AMBER_STRICT)
        assert len(taken(desk, "Nadia", "summary calendar agency")) == 1
        assert "falls due" in desk.refused("Nadia", "summary calendar mine")

    @pytest.mark.parametrize(("label", "is_said"), [(Label.GREEN, True), (Label.AMBER, False)])
    def test_a_title_only_where_others_may_read_it(self, desk, label, is_said):
        ref = ask(desk, title="Fälschung 詐欺", label=label)
        entry = of(taken(desk, "Mona"), ref)
        assert ("Fälschung 詐欺" in str(entry["DESCRIPTION"])) is is_said
        assert str(entry["DESCRIPTION"]).startswith(label.value)
        assert entry["CLASS"] == ("PRIVATE" if is_said else "CONFIDENTIAL")

    def test_it_is_on_record_that_it_was_taken(self, desk):
        ref = ask(desk)
        desk.heard("Mona", "summary calendar")
        assert "summary calendar" in desk.heard("Omar", f"case history {ref.partition('/')[0]} whole:yes")

    def test_in_a_room_it_goes_to_the_asker_alone(self, desk):
        ask(desk, label=Label.CLEAR)
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:amber", room="ops")
        assert desk.say("Mona", "summary calendar", room="ops").private


class TestFile:
    NASTY = (
        "a\r\nSUMMARY:b",
        "x\rBEGIN:VEVENT",
        "tab\there; and, \\ there",
        "ف" * 90,
        "🙂" * 40,
        "bell\x07\x00",
        "=1+1",
    )

    @pytest.mark.parametrize("typed", NASTY)
    def test_a_line_is_75_octets_at_most_and_what_was_typed_is_only_text(self, typed):
        at = datetime(2026, 3, 2, 6, tzinfo=UTC)
        entry = CalendarEntry("k", MONDAY, typed, (typed,), "Holds", Label.GREEN, 3, at)
        content = as_ics(typed, Label.GREEN, [entry], at)
        lines = content.split(b"\r\n")
        assert lines[-1] == b""
        assert all(len(line) <= 75 for line in lines)
        assert all(line.decode() for line in lines[:-1])  # no character is cut in two
        assert not any(byte < 0x20 for line in lines for byte in line)
        (event,) = Calendar.from_ical(content).walk("VEVENT")
        assert lines.count(b"BEGIN:VEVENT") == 1
        assert (event["SEQUENCE"], event["LAST-MODIFIED"].dt, event["DTSTART"].dt) == (3, at, MONDAY)
        assert str(event["SUMMARY"]).split() == "".join(c if c >= " " else " " * (c in "\r\n\t") for c in typed).split()
