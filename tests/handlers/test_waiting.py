"""What waits for us: somebody is on it, nothing is said before a day, nothing further is done; and what lists say."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.exposure.roles import Role
from storage.models import Channel, Clock, Person, Recipient, Request
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk, Spoken, words

SENT = date(2026, 3, 2)  # 30 days: due on 1 April in California
BEGIN = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    clock.move_to(BEGIN)
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER), ("Bilal", Role.OFFICER))


@pytest.fixture
def room(desk) -> Recipient:
    desk.heard("Mona", "desk channel here for:PK-FIA-CCW", room="ops")
    return Recipient.channel(desk.read(lambda work: work.session.scalars(select(Channel.id)).one()))


def file(desk: Desk, status: Status = Status.SENT, **more) -> str:
    """A request of a case that Omar leads. Its reference."""

    def job(work):
        omar = work.session.scalars(select(Person).where(Person.name == "Omar")).one()
        case = factories.case(work, opener=omar, title="Fake pages")
        return factories.request(work, of=case, status=status, on=SENT, filer=omar, **more).ref

    return desk.write(job)


def days(desk: Desk, count: int) -> list[Spoken]:
    """Day after day, noon in Islamabad; what is said."""
    said = []
    for _ in range(count):
        desk.clock.move(days=1)
        desk.tick()
        said += desk.deliver()
    return said


def reminders(said: list[Spoken], name: str | Recipient) -> list[str]:
    return [one.text for one in said if one.recipient == name and one.notice in ("nudge", "digest")]


def clock_of(desk: Desk, ref: str, kind: str = "answer") -> Clock:
    query = select(Clock).join(Request).where(Request.ref == ref, Clock.kind == kind).order_by(Clock.id.desc())
    return desk.read(lambda work: work.session.scalars(query).first())


class TestOnIt:
    def test_it_says_until_when_and_the_card_and_the_lists_say_it_too(self, desk):
        ref = file(desk)
        assert f"Bilal is on it until Mon 9 Mar {ref}" in desk.heard("Bilal", f"request quiet {ref}")
        assert "Bilal is on it until Mon 9 Mar" in desk.heard("Omar", f"request status {ref}")
        for line in ("request list", f"case status {ref.partition('/')[0]}"):
            assert f"{ref} · due 27 Apr (California) · Bilal is on it" in desk.heard("Omar", line)

    def test_a_second_press_says_who_is_and_changes_nothing(self, desk):
        ref = file(desk)
        desk.heard("Bilal", f"request quiet {ref}")
        until = clock_of(desk, ref, "taken").due_at
        desk.clock.move(hours=30)
        assert "Bilal is on it until Mon 9 Mar, as was said before" in desk.heard("Omar", f"request quiet {ref}")
        assert clock_of(desk, ref, "taken").due_at == until

    def test_what_was_just_said_waits_no_more_for_colleagues_and_the_next_step_comes_to_all(self, desk, room):
        ref = file(desk)
        days(desk, 56)
        for hour in (5, 14):  # after the room's morning, and after it became overdue in California
            desk.clock.move_to(datetime(2026, 4, 28, hour, tzinfo=UTC))
            desk.tick()
            desk.deliver()
        assert [row.recipient for row in desk.outbox(notice="nudge", state="pending")] == [room]
        desk.heard("Bilal", f"request quiet {ref}")
        said = days(desk, 5)
        assert not [text for text in reminders(said, room) if ref in text]
        said = days(desk, 14)
        assert [text for text in reminders(said, room) if ref in text], "two weeks overdue"

    def test_an_escalation_is_never_quietened(self, desk):
        ref = file(desk)
        desk.clock.move_to(clock_of(desk, ref).very_at + timedelta(hours=1))
        desk.tick()
        desk.heard("Bilal", f"request quiet {ref}")
        assert [text for text in reminders(days(desk, 4), "Mona") if ref in text]

    def test_who_did_nothing_by_then_is_asked_and_then_the_manager_is_told(self, desk):
        ref = file(desk)
        desk.heard("Bilal", f"request quiet {ref}")
        said = days(desk, 12)
        asked = [text for text in reminders(said, "Bilal") if "was on it until" in text]
        what = f"Bilal was on it until Mon 9 Mar, and nothing is recorded since {ref}"
        assert asked == [text for text in asked if what in text] != []
        assert [text for text in reminders(said, "Mona") if what in text]

    def test_any_act_on_it_ends_that(self, desk):
        ref = file(desk)
        desk.heard("Bilal", f"request quiet {ref}")
        desk.heard("Bilal", f"request acknowledge {ref}")
        assert "is on it" not in desk.heard("Omar", f"request status {ref}")
        assert not [text for text in reminders(days(desk, 12), "Bilal") if "was on it" in text]

    def test_an_act_taken_back_later_does_not_say_that_they_did_nothing(self, desk):
        ref = file(desk)
        desk.heard("Bilal", f"request quiet {ref}")
        desk.heard("Bilal", f"request acknowledge {ref}")
        desk.heard("Bilal", f"request undo {ref}")
        assert "is on it" in desk.heard("Omar", f"request status {ref}"), "it lasts still"
        desk.heard("Bilal", f"request acknowledge {ref}")
        desk.clock.move(days=10)
        desk.heard("Bilal", f"request undo {ref} because:slip")
        assert not [one for one in days(desk, 6) if "was on it" in one.text]

    @pytest.mark.parametrize("line", ["desk person remove Bilal", "desk person role Bilal role:officer end:yes"])
    def test_nobody_is_on_what_somebody_was_on_who_can_not_act_any_more(self, desk, line):
        desk.enrol("Adam", Role.ADMIN)
        desk.heard("Adam", "desk person role Bilal role:auditor")
        ref = file(desk)
        desk.heard("Bilal", f"request quiet {ref}")
        desk.heard("Adam", line)
        assert "is on it" not in desk.heard("Omar", f"request status {ref}")

    def test_our_own_overdue_answer_is_not_quietened(self, desk):
        desk.heard("Omar", 'case open "They ask" category:hacking label:amber')
        desk.heard("Omar", "request receive 1 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:@x")
        desk.heard("Omar", "request acknowledge 1/1")
        desk.heard("Omar", "request quiet 1/1")
        desk.clock.move(days=60)
        assert "is our own answer" not in desk.heard("Omar", "request status 1/1")
        assert "waits for our own answer, and that is overdue" in desk.refused("Omar", "request quiet 1/1")

    def test_who_owes_it_does_not_quieten_it(self, desk):
        desk.enrol("Lena", Role.LIAISON, "US-DOJ-OIA")
        ref = file(desk, to="US-DOJ-OIA", instrument="MLA-US-OIA")
        desk.refused("Lena", f"request quiet {ref}")
        assert clock_of(desk, ref, "taken") is None


class TestSnooze:
    def test_it_stands_on_the_card_with_its_reason(self, desk):
        ref = file(desk)
        desk.heard("Omar", f'request snooze {ref} until:2026-04-20 reason:"a hearing"')
        assert "Quiet until Mon 20 Apr: a hearing (Omar)" in desk.heard("Bilal", f"request status {ref}")

    def test_it_does_not_pass_the_day_on_which_managers_are_told_unless_a_manager_says_so(self, desk):
        ref = file(desk)
        line = f'request snooze {ref} until:2026-12-01 reason:"a hearing"'
        assert "when its managers are told" in desk.refused("Omar", line)
        desk.heard("Mona", line)
        assert clock_of(desk, ref).quiet_until is not None

    def test_once_every_step_has_passed_an_officer_gets_a_month_at_most(self, desk):
        ref = file(desk)
        desk.clock.move_to(clock_of(desk, ref).very_at + timedelta(days=2))
        assert "when its managers are told" in desk.refused("Omar", f"request snooze {ref} until:2026-09-01 reason:no")
        desk.heard("Omar", f"request snooze {ref} until:2026-07-01 reason:holidays")
        desk.heard("Mona", f'request snooze {ref} until:2026-12-01 reason:"a hearing"')

    def test_it_does_not_take_back_what_was_on_its_way_to_the_managers(self, desk):
        desk.heard("Omar", 'case open "They ask" category:hacking label:amber')
        desk.heard("Omar", "request receive 1 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:@x")
        desk.heard("Omar", "request acknowledge 1/1")
        clock = clock_of(desk, "CCW-2026-0001/1")
        desk.clock.move_to(clock.due_at + timedelta(hours=1))  # after midnight: it waits for the managers' morning
        desk.tick()
        desk.heard("Omar", "request snooze 1/1 until:2026-04-01 reason:busy")
        assert [text for text in reminders(days(desk, 5), "Mona") if "CCW-2026-0001/1" in text]
        assert not reminders(days(desk, 5), "Mona")

    def test_the_other_side_reads_neither_who_nor_why(self, desk):
        desk.enrol("Lena", Role.LIAISON, "US-DOJ-OIA")
        ref = file(desk, to="US-DOJ-OIA", instrument="MLA-US-OIA")
        desk.heard("Omar", f'request snooze {ref} until:2026-04-20 reason:"a hearing"')
        desk.heard("Omar", f"request quiet {ref}")
        read = desk.heard("Lena", f"request status {ref}") + desk.heard("Lena", "request list")
        assert ref in read
        assert not [word for word in ("hearing", "omar", "on it", "quiet until") if word in read.lower()]


class TestOurOwnStep:
    """Each state says what it waits for, to whom it may concern, with the way on."""

    def said(self, desk: Desk, name: str, count: int = 12) -> list[str]:
        return reminders(days(desk, count), name)

    def test_a_draft(self, desk):
        ref = file(desk, Status.DRAFT)
        (first, *_) = self.said(desk, "Omar")
        assert f"It is a draft that nobody has sent, since Mon 2 Mar {ref}, to Meta" in first
        assert f"request sent {ref}" in first

    def test_an_emergency_that_nobody_approves_is_told_within_the_hour_and_every_day(self, desk):
        ref = file(desk, Status.APPROVAL, emergency=True)
        desk.clock.move(minutes=61)
        desk.tick()
        said = desk.deliver()
        (first,) = reminders(said, "Mona")
        assert "🚨 EMERGENCY" in first
        assert f"It waits for a second person, since 2 Mar 2026, 12:00 PKT {ref}" in first
        assert len([one for one in reminders(days(desk, 10), "Mona") if ref in one]) == 7, (
            "overdue, and every day of the week that it is an emergency"
        )
        assert [one for one in reminders(days(desk, 32), "Mona") if ref in one]

    def test_a_refusal_until_somebody_goes_on_or_says_that_nothing_is_done(self, desk):
        ref = file(desk, Status.REFUSED)
        what = f"It was refused: the next step is ours, since Mon 2 Mar {ref}"
        assert [text for text in self.said(desk, "Omar") if what in text]
        assert f"It stays refused: no further action, Omar {ref}" in desk.heard(
            "Omar", f'request no-further-action {ref} because:"not worth it"'
        )
        assert not self.said(desk, "Omar", 60)
        assert "no refusal that waits" in desk.refused("Omar", f"request no-further-action {ref} because:again")

    def test_an_incoming_request_until_somebody_takes_it(self, desk):
        desk.heard("Omar", 'case open "They ask" category:hacking label:amber')
        desk.heard("Omar", "request receive 1 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:@x")
        what = "It waits to be taken, since Mon 2 Mar CCW-2026-0001/1, from US-FBI-LEGAT"
        assert [text for text in self.said(desk, "Omar", 6) if what in text]
        assert "CCW-2026-0001/1" in desk.heard("Omar", "overdue")
        desk.heard("Omar", "request acknowledge 1/1")
        assert "CCW-2026-0001/1" not in desk.heard("Omar", "overdue")

    def test_a_hold_until_it_is_confirmed_or_closed(self, desk):
        desk.heard("Omar", 'case open "Pages" category:impersonation label:amber')
        for account in ("page.one", "page.two"):
            desk.heard("Omar", f"preservation ask 1 to:PROV-META as:PRES-META accounts:{account}")
        said = self.said(desk, "Omar", 6)
        assert [text for text in said if "confirm · Meta CCW-2026-0001/P1" in text]
        assert "Holds that wait for us: 2" in desk.heard("Omar", "overdue")
        desk.heard("Omar", "preservation confirmed 1/P1")
        desk.heard("Omar", 'preservation close 1/P2 because:"they keep nothing"')
        assert "Nothing is overdue" in desk.heard("Omar", "overdue")
        assert "is closed already" in desk.refused("Omar", "preservation close 1/P2 because:again")

    def test_a_hold_that_is_closed_says_so_and_is_opened_again_where_that_was_a_mistake(self, desk):
        desk.heard("Omar", 'case open "Pages" category:impersonation label:amber')
        desk.heard("Omar", "preservation ask 1 to:PROV-META as:PRES-META accounts:page.one")
        desk.heard("Omar", 'preservation close 1/P1 because:"the wrong one"')
        closed = desk.heard("Omar", "preservation status 1/P1")
        assert "✅ CLOSED · Pages Meta" in closed
        assert "CCW-2026-0001/P1 Nobody needs it any more, since Mon 2 Mar." in closed
        for line in ("preservation confirmed 1/P1", "preservation renewed 1/P1 days:90 proof:x"):
            assert "is closed already" in desk.refused("Omar", line)
        assert "because is missing" in words(desk.say("Bilal", "preservation undo 1/P1"))
        desk.clock.move(minutes=8)
        assert "“closed” was taken back by Omar" in desk.heard("Omar", "preservation undo 1/P1")
        assert [text for text in self.said(desk, "Omar", 6) if "is not confirmed: ask them" in text]
        desk.heard("Omar", "preservation confirmed 1/P1")
        assert "CCW-2026-0001/P1 · kept until Sat 6 Jun" in desk.heard("Omar", "preservation list")
        desk.clock.move(minutes=11)
        assert "because is missing" in words(desk.say("Omar", "preservation undo 1/P1"))

    def test_what_waits_for_us_is_what_we_owe_whatever_the_instrument(self, desk):
        """The clock of an ordinary request, incoming: the officer is told before the day, the manager after it."""
        desk.heard("Omar", 'case open "They ask" category:hacking label:amber')
        desk.heard("Omar", "request receive 1 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:@x")
        desk.heard("Omar", "request acknowledge 1/1")
        assert clock_of(desk, "CCW-2026-0001/1").rule == "expectation"
        due = clock_of(desk, "CCW-2026-0001/1").due_on
        before = reminders(days(desk, (due - desk.clock.now().date()).days), "Omar")
        assert [text for text in before if "We owe US-FBI-LEGAT an answer" in text]
        said = days(desk, 7)
        assert [text for text in reminders(said, "Mona") if "We owe US-FBI-LEGAT an answer" in text]

    def test_the_week_counts_them(self, desk):
        for status in (Status.DRAFT, Status.REFUSED):
            file(desk, status)
        desk.clock.move(days=10)
        week = desk.heard("Mona", "summary week")
        assert "WAITS FOR US" in week
        assert "1 to send (1 late) · 1 refused (1 late)" in week

    def test_the_other_side_hears_of_none_of_it(self, desk):
        desk.enrol("Lena", Role.LIAISON, "US-DOJ-OIA")
        ref = file(desk, Status.REFUSED, to="US-DOJ-OIA", instrument="MLA-US-OIA")
        assert not [text for text in self.said(desk, "Lena", 40) if ref in text]
        read = desk.heard("Lena", f"request status {ref}") + desk.heard("Lena", f"request why {ref}")
        read += desk.heard("Lena", "overdue agency") + desk.heard("Lena", "request list status:refused")
        assert "next step" not in read
        assert "Nothing is overdue" in read


class TestWhyThisDate:
    def test_a_draft_has_the_day_of_the_house(self, desk):
        ref = file(desk, Status.DRAFT)
        said = desk.heard("Omar", f"request why {ref}")
        assert "It is a draft that nobody has sent · due Tue 3 Mar: 1 working day from Mon 2 Mar." in said
        assert "house default" in desk.heard("Omar", f"request why {ref} details:yes")
        assert "request extend" not in said

    def test_who_is_on_it_is_no_date_of_the_request(self, desk):
        ref = file(desk)
        desk.heard("Bilal", f"request quiet {ref}")
        assert "168 hours" not in desk.heard("Omar", f"request why {ref}")


class TestWordsFitTheMoment:
    def test_two_that_were_in_hand_say_until_when(self, desk):
        for ref in (file(desk), file(desk)):
            desk.heard("Bilal", f"request quiet {ref}")
        (said, *_) = reminders(days(desk, 12), "Bilal")
        assert said.count("✋ WAITS FOR US · Meta was in hand until Mon 9 Mar 2026") == 2
        assert "🔴" not in said, "nothing was due on that day"

    def test_what_a_desk_that_was_down_says_is_for_no_day_that_is_past(self, desk, room):
        ref = file(desk)
        desk.clock.move(days=95)
        (said,) = reminders(days(desk, 1), room)
        assert f"1 reminder, some of them late • 🔴 OVERDUE 40 days · Meta owes us {ref}" in said

    def test_what_counts_in_days_is_said_to_be_late_by_its_day(self, desk):
        ref = file(desk, Status.DRAFT)
        said = " ".join(reminders(days(desk, 6), "Omar"))
        assert f"It is a draft that nobody has sent, since Mon 2 Mar {ref}" in said
        assert ":00 PKT" not in said
