"""What a reminder says, and when it says nothing because it is no longer so."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards
from storage.models import Case, Channel, OutboxRow, Person, Posting, Recipient, Request
from storage.rules import clocks, lifecycle
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk, Spoken

WORDS = Path("templates/messages/_base/words.md.j2")
SENT = date(2026, 3, 2)


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER))


def file(desk: Desk, *, to="PROV-META", instrument="PROD-META", label=Label.AMBER, title="Fake pages", **more) -> str:
    """A request of Omar's, sent on 2 March. Its reference."""

    def job(work):
        omar = work.session.scalars(select(Person).where(Person.name == "Omar")).one()
        case = factories.case(work, opener=omar, title=title, label=label)
        more.setdefault("status", Status.SENT)
        return factories.request(work, of=case, to=to, instrument=instrument, on=SENT, **more).ref

    return desk.write(job)


def due_on(desk: Desk, ref: str) -> date:
    def job(work):
        request = work.session.scalars(select(Request).where(Request.ref == ref)).one()
        return next(clock.due_on for clock in clocks.running(request) if clock.due_on)

    return desk.read(job)


def ring(desk: Desk, ref: str, *, days: int) -> None:
    """Tick on the day so many days after the due day, at seven in the evening in Islamabad."""
    day = due_on(desk, ref) + timedelta(days=days)
    desk.clock.move_to(datetime(day.year, day.month, day.day, 14, tzinfo=UTC))
    desk.tick()


def mornings(desk: Desk, days: int = 4) -> list[Spoken]:
    """What is said over the next mornings."""
    said = []
    for _ in range(days):
        desk.clock.move(hours=24)
        desk.tick()
        said += desk.deliver()
    return said


def nudges(said: list[Spoken], notice: str = "nudge") -> list[Spoken]:
    return [spoken for spoken in said if spoken.notice == notice]


def change(desk: Desk, ref: str, word: str) -> None:
    def job(work):
        request = work.session.scalars(select(Request).where(Request.ref == ref)).one()
        lifecycle.move(work, request, word, by=request.filer, on=work.now.date())

    desk.write(job)


class TestNudge:
    def test_it_says_which_who_owes_how_late_by_whose_days_and_what_to_do(self, desk):
        ref = file(desk)
        ring(desk, ref, days=14)
        (told,) = nudges(mornings(desk))
        assert told.recipient == "Omar"
        assert told.label == Label.AMBER
        assert "Meta owes us an answer · was due" in told.text
        assert re.search(r"🔴 OVERDUE 1[5-8] days · ", told.text)
        assert "(California)" in told.text
        for line in ("quiet", "snooze", "produced", "why", "status"):
            assert f"request {line} {ref}" in told.text

    def test_our_own_clock_asks_us_to_answer(self, desk):
        ref = file(desk)
        desk.clock.move(days=1)
        desk.heard("Omar", f'request clarify {ref} on:2026-03-03 asks:"What plausible reason?"')
        day = due_on(desk, ref)
        desk.clock.move_to(datetime(day.year, day.month, day.day, 14, tzinfo=UTC) - timedelta(days=3))
        desk.tick()
        told = [spoken for spoken in nudges(mornings(desk)) if "question" in spoken.text]
        assert told
        assert "We owe Meta an answer to their question" in told[0].text
        assert "What plausible reason?" in told[0].text
        assert f"request supplement {ref}" in told[0].text

    def test_the_other_side_reads_what_it_owes_and_what_it_can_do(self, desk):
        desk.enrol("Legal Liaison", Role.LIAISON, "US-DOJ-OIA")
        ref = file(desk, to="US-DOJ-OIA", instrument="MLA-US-OIA")
        ring(desk, ref, days=14)
        (told,) = [spoken for spoken in nudges(mornings(desk)) if spoken.recipient == "Legal Liaison"]
        assert "You owe PK-FIA-CCW an answer · was due" in told.text
        assert f"request produced {ref} (Data given)" in told.text
        assert f"request acknowledge {ref} (We have it)" in told.text
        assert not {"snooze", "quiet"} & set(told.text.split())
        assert "Omar" not in told.text

    def test_an_unverified_rule_brings_its_caution(self, desk, reference):
        doubtful = next(
            row
            for row in reference.instruments.values()
            if row.unverified
            and row.default_clock
            and row.default_clock.unit == "calendar_days"
            and row.group == "production"
        )
        ref = file(desk, instrument=doubtful.code)
        ring(desk, ref, days=14)
        told = nudges(mornings(desk))
        assert "Not all of this is verified." in told[0].text
        assert doubtful.caution in desk.heard("Omar", f"request why {ref} details:yes")

    def test_an_hour_that_was_slept_through_is_said_to_be_late(self, desk, clock):
        ref = file(desk, instrument="POC-247", to="US-DOJ-OIA", emergency=True)
        clock.move(days=2)
        desk.tick()
        told = [spoken for spoken in nudges(desk.deliver()) if ref in spoken.text]
        assert sorted(spoken.recipient for spoken in told) == ["Mona", "Omar"]  # the last rung, once each
        assert all("Late: it was for" in spoken.text for spoken in told)
        assert not [spoken for spoken in told if "was not running" in spoken.text], "nobody knows that"
        assert all("EMERGENCY" in spoken.text for spoken in told)
        assert len({row.cause for row in desk.outbox(notice="nudge")}) > 1, "every rung rang"

    def test_a_step_whose_moment_has_passed_is_not_said_as_if_it_were_now(self, desk, clock):
        ref = file(desk)
        ring(desk, ref, days=-7)
        clock.move(days=40)
        told = [spoken for spoken in nudges(desk.deliver()) if ref in spoken.text]
        assert not [spoken for spoken in told if "due soon" in spoken.text]

    @pytest.mark.parametrize("ladder", ["RESPONSE", "OUR-ANSWER", "PRESERVATION", "HOURS", "EMERGENCY"])
    def test_every_rung_has_its_words(self, reference, ladder):
        words = WORDS.read_text(encoding="utf-8")
        for rung in reference.ladders[ladder].rungs:
            assert f'"{rung.code}":' in words.partition("RUNGS")[2], rung.code


class TestHold:
    def hold(self, desk: Desk, **more) -> str:
        def job(work):
            omar = work.session.scalars(select(Person).where(Person.name == "Omar")).one()
            case = factories.case(work, opener=omar, title="Fake pages")
            request = factories.request(work, of=case, status=Status.SENT, on=SENT)
            return factories.preservation(work, of=case, on=SENT, days=90, for_requests=[request], **more).ref

        return desk.write(job)

    def test_before_it_lapses_it_says_what_to_ask_and_who_needs_the_data(self, desk, clock):
        ref = self.hold(desk)
        clock.move_to(datetime(2026, 5, 28, 14, tzinfo=UTC))  # three days before 31 May
        desk.tick()
        told = [spoken for spoken in nudges(desk.deliver()) if ref in spoken.text]
        assert {spoken.recipient for spoken in told} == {"Omar", "Mona"}
        assert "✋ WAITS FOR US · Fake pages Meta · not confirmed; if they confirm, until Sun 31 May" in told[0].text
        assert "Ask whether they keep the data." in told[0].text
        assert "Needed by" in told[0].text
        assert f"preservation confirmed {ref}" in told[0].text

    def test_lapsed_it_says_so_and_offers_to_ask_anew(self, desk, clock):
        ref = self.hold(desk)
        clock.move_to(datetime(2026, 6, 1, 14, tzinfo=UTC))
        desk.tick()
        told = [spoken for spoken in nudges(desk.deliver()) if ref in spoken.text]
        assert "LAPSED 1 day ago" in told[-1].text
        assert "preservation ask" in told[-1].text


class TestPressed:
    """What was pressed on a reminder is read where it stands."""

    @pytest.fixture
    def ref(self, desk) -> str:
        found = file(desk)
        ring(desk, found, days=14)
        assert nudges(mornings(desk))

        def job(work):
            sent = select(OutboxRow).where(OutboxRow.notice == "nudge", OutboxRow.state == "sent")
            for row in work.session.scalars(sent).all():
                stood = Posting(outbox_id=row.id, recipient=row.recipient, notice="nudge", platform="console")
                stood.place, stood.message_id, stood.subject, stood.at = "here", f"m{row.id}", found, work.now
                work.session.add(stood)

        desk.write(job)
        return found

    def edited(self, desk: Desk) -> str:
        (text,) = {
            spoken.text for spoken in desk.deliver() if spoken.notice in cards.EDITS and spoken.recipient == "Omar"
        }
        return text

    def test_it_stays_a_reminder_says_who_is_on_it_and_can_be_snoozed(self, desk, ref):
        desk.heard("Omar", f"request quiet {ref}")
        text = self.edited(desk)
        assert re.search(r"🔴 OVERDUE \d+ days · .* Omar is on it until \w{3} \d+ \w{3}", text)
        assert f"request snooze {ref} (Snooze)" in text
        assert f"request quiet {ref}" not in text
        assert "details:yes" not in text

    def test_snoozed_it_says_until_when_and_why(self, desk, ref):
        desk.heard("Mona", f'request snooze {ref} until:+3d reason:"a hearing"')
        assert re.search(r"OVERDUE .* Quiet until \w{3} \d+ \w{3}: a hearing \(Mona\)", self.edited(desk))

    def test_where_it_is_not_so_any_more_the_card_stands_there(self, desk, ref):
        change(desk, ref, "produced")
        desk.heard("Mona", f'request reopen {ref} because:"it was another page"')
        assert f"request status {ref} details:yes (Details)" in self.edited(desk)

    def test_the_one_that_was_sent_is_edited_beside_the_one_that_was_asked_for(self, desk, ref):
        card = desk.say("Omar", f"request status {ref}").card
        whose, where = Recipient.parse(card.recipient), {"place": "here", "message_id": "m2"}
        desk.write(lambda work: cards.stands(work, whose, "console", notice=card.notice, subject=ref, **where))
        desk.heard("Omar", f"request quiet {ref}")
        assert {row.notice for row in desk.outbox(state="pending")} >= set(cards.EDITS)

    def test_a_card_that_somebody_asked_for_is_edited_where_it_stands(self, desk):
        ref = file(desk)
        card = desk.say("Omar", f"request status {ref}").card
        assert (card.notice, card.subject) == ("request_status", ref)
        assert desk.say("Omar", f"request status {ref}", room="somewhere").card is None, "one person reads it there"
        assert desk.say("Omar", "request list").card is None
        where = {"place": "here", "message_id": "m1"}
        whose = Recipient.parse(card.recipient)
        desk.write(lambda work: cards.stands(work, whose, "console", notice=card.notice, subject=card.subject, **where))
        desk.heard("Mona", f"request acknowledge {ref}")
        assert "acknowledged" in self.edited(desk)


class TestNotSaid:
    """Rung in the evening; by the morning it is not so any more."""

    @pytest.fixture
    def ref(self, desk) -> str:
        found = file(desk)
        ring(desk, found, days=14)
        assert [row for row in desk.outbox(notice="nudge", state="pending") if row.subject == found]
        return found

    def said(self, desk: Desk) -> list[Spoken]:
        found = nudges(mornings(desk, 2))
        dropped = [row.outcome for row in desk.outbox(notice="nudge", state="dropped")]
        assert found or dropped, "neither said nor dropped"
        return found

    @pytest.mark.usefixtures("ref")
    def test_unchanged_it_is_said(self, desk):
        assert [spoken.text.count("Meta owes us an answer") for spoken in self.said(desk)] == [1]

    def test_answered(self, desk, ref):
        change(desk, ref, "produced")
        assert self.said(desk) == []

    def test_paused_by_a_question(self, desk, ref):
        change(desk, ref, "clarify")
        assert [spoken for spoken in self.said(desk) if "two weeks" in spoken.text] == []

    def test_more_time_was_given(self, desk, ref):
        desk.heard("Omar", f'request extend {ref} until:2027-12-01 reason:"they asked"')
        assert self.said(desk) == []

    def test_snoozed(self, desk, ref):
        desk.heard("Mona", f'request snooze {ref} until:2027-12-01 reason:"hearing"')
        assert self.said(desk) == []

    def test_a_contact_since(self, desk, ref):
        change(desk, ref, "acknowledge")
        assert self.said(desk) == []

    @pytest.mark.usefixtures("ref")
    def test_the_person_left(self, desk):
        def leave(work):
            work.session.scalars(select(Person).where(Person.name == "Omar")).one().active = False

        desk.write(leave)
        assert self.said(desk) == []

    @pytest.mark.usefixtures("ref")
    def test_the_person_may_not_see_it_any_more(self, desk):
        def close(work):
            omar = work.session.scalars(select(Person).where(Person.name == "Omar")).one()
            for held in omar.memberships:
                held.ended_at = work.now

        desk.write(close)
        assert self.said(desk) == []


class TestDigest:
    @pytest.fixture
    def room(self, desk) -> str:
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW zone:Europe/Paris", room="ops")
        return Recipient.channel(desk.read(lambda work: work.session.scalars(select(Channel.id)).one()))

    def test_one_message_by_counterpart_the_oldest_first(self, desk, room, clock):
        later = file(desk, to="PROV-X", instrument="PROD-X", title="Second")
        first = file(desk, title="First")
        third = file(desk, title="Third")
        clock.move(days=400)
        desk.tick()
        (told,) = [spoken for spoken in mornings(desk, 4) if spoken.recipient == room]
        assert told.notice == "digest"
        assert "3 reminders" in told.text
        by_day = sorted([later, first, third], key=lambda ref: (due_on(desk, ref), ref))
        groups = ["X owes us", "Meta owes us"] if by_day[0] == later else ["Meta owes us", "X owes us"]
        assert told.text.index(groups[0]) < told.text.index(groups[1])
        assert told.text.index(first) < told.text.index(third)

    def test_what_was_answered_in_the_night_is_not_in_it(self, desk, room, clock):
        kept, answered = file(desk, title="Kept"), file(desk, title="Answered")
        clock.move(days=400)
        desk.tick()
        change(desk, answered, "produced")
        (told,) = [spoken for spoken in mornings(desk, 4) if spoken.recipient == room]
        assert kept in told.text
        assert answered not in told.text

    def test_nothing_left_nothing_said(self, desk, room, clock):
        ref = file(desk)
        clock.move(days=400)
        desk.tick()
        change(desk, ref, "produced")
        assert [spoken for spoken in mornings(desk, 4) if spoken.recipient == room] == []

    def test_a_case_that_became_red_is_not_in_it_and_the_label_is_of_what_is(self, desk, room, clock):
        green, red = file(desk, label=Label.GREEN, title="Green"), file(desk, title="Soon red")
        clock.move(days=400)
        desk.tick()

        def close(work):
            work.session.scalars(select(Case).where(Case.title == "Soon red")).one().label = Label.RED

        desk.write(close)
        (told,) = [spoken for spoken in mornings(desk, 4) if spoken.recipient == room]
        assert green in told.text
        assert red not in told.text
        assert told.label == Label.GREEN

    def test_a_room_whose_ceiling_was_lowered_in_the_night_hears_what_is_still_within(self, desk, room, clock):
        green, amber = file(desk, label=Label.GREEN, title="Green"), file(desk, label=Label.AMBER, title="Amber")
        clock.move(days=400)
        desk.tick()
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:green", room="ops")
        (told,) = [spoken for spoken in mornings(desk, 4) if spoken.recipient == room]
        assert green in told.text
        assert amber not in told.text

    def test_a_room_that_became_anothers_guest_room_hears_nothing_of_ours(self, desk, room, clock):
        file(desk)
        clock.move(days=400)
        desk.tick()
        desk.enrol("Lena", Role.ADMIN, "PK-NCCIA")

        def hand_over(work):
            row = work.session.scalars(select(Channel)).one()
            row.host_id = (
                work.session.scalars(select(Person).where(Person.name == "Lena")).one().memberships[0].authority_id
            )

        desk.write(hand_over)
        assert [spoken for spoken in mornings(desk, 4) if spoken.recipient == room] == []

    def test_a_room_never_hears_of_what_is_above_its_ceiling(self, desk, clock):
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:green", room="ops")
        file(desk, label=Label.AMBER)
        clock.move(days=400)
        desk.tick()
        assert [row for row in desk.outbox() if row.recipient.is_channel] == []

    def test_each_clock_stands_in_it_once(self, desk, room):
        ref = file(desk)
        for days in (0, 1):  # due, and overdue, over a weekend
            ring(desk, ref, days=days)
        rows = [row for row in desk.outbox(notice="nudge") if row.recipient == room]
        told = [spoken for spoken in mornings(desk, 4) if spoken.recipient == room]
        assert len(rows) >= 1
        assert all(spoken.text.count(ref) == 1 for spoken in told)

    def test_many_for_a_person_come_as_one(self, desk):
        refs = [file(desk, title=f"Case {n}") for n in range(21)]
        ring(desk, refs[0], days=14)
        said = [
            spoken
            for spoken in mornings(desk, 3)
            if spoken.recipient == "Omar" and spoken.notice in ("nudge", "digest")
        ]
        assert [spoken.notice for spoken in said] == ["digest"]
        assert "21 reminders" in said[0].text
        assert sum(ref in said[0].text for ref in refs) == 10

    def test_what_is_said_again_is_one_line_for_each_counterpart(self, desk, clock):
        refs = [file(desk, title=f"Case {n}") for n in range(9)]
        other = [file(desk, to="PROV-X", instrument="PROD-X", title=f"Case {n}") for n in range(4)]
        clock.move(days=400)
        desk.tick()
        (told,) = [spoken for spoken in mornings(desk, 4) if spoken.recipient == "Mona" and spoken.notice == "digest"]
        assert "9 OVERDUE · Meta" in told.text
        assert "4 OVERDUE · X" in told.text
        assert not [ref for ref in (*refs, *other) if ref in told.text]

    def test_a_very_long_one_says_how_many_more_there_are(self, desk):
        refs = [file(desk, title=f"Case {n}") for n in range(22)]
        ring(desk, refs[0], days=14)
        (told,) = [spoken for spoken in mornings(desk, 3) if spoken.notice == "digest"]
        assert "22 reminders" in told.text
        assert "and 12 more" in told.text
        assert sum(f"{ref} · Case" in told.text for ref in refs) == 10

    def test_all_of_it_is_read_page_by_page_by_who_sees_it_and_only_what_is_still_so(self, desk):
        refs = [file(desk, title=f"Case {n}") for n in range(22)]
        ring(desk, refs[0], days=14)
        mornings(desk, 3)
        [number] = [row.id for row in desk.outbox(notice="digest")]
        pages = [desk.heard("Omar", f"desk digest {number} page:{n}") for n in (1, 2, 3)]
        assert "1 to 10 of 22" in pages[0]
        assert [sum(ref in page for ref in refs) for page in pages] == [10, 10, 2]
        change(desk, refs[0], "produced")
        assert "of 21" in desk.heard("Omar", f"desk digest {number}")
        desk.enrol("Otto", Role.OFFICER, "PK-NCCIA")
        assert "Nothing of it waits" in desk.heard("Otto", f"desk digest {number}")

    def test_one_alone_comes_as_it_is(self, desk):
        ref = file(desk)
        ring(desk, ref, days=14)
        said = [spoken for spoken in mornings(desk, 3) if spoken.recipient == "Omar"]
        assert [spoken.notice for spoken in said] == ["nudge"]
