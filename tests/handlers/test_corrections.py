"""What was recorded by mistake is taken back or put right by commands: the record, the clocks, and who hears of it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from handlers.filing.filing import ApprovalAsked
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import sending
from storage.models import AuditLine, Case, Clock, Membership, Preservation, Request
from storage.rules.lifecycle import MOVES, Status
from tests import factories
from tests.fakes import FakeChat
from tests.office import Office

SENT = date(2026, 3, 2)

# Each move, from a status, as it is typed about {ref}.
LINES = {
    "approve": (Status.APPROVAL, "request approve {ref}"),
    "sent": (Status.DRAFT, "request sent {ref} their:OIA-1"),
    "acknowledge": (Status.SENT, "request acknowledge {ref} their:OIA-1"),
    "clarify": (Status.ACKNOWLEDGED, "request clarify {ref} asks:which? on:today"),
    "supplement": (Status.CLARIFICATION, "request supplement {ref} answer:this"),
    "part": (Status.PART_PRODUCED, "request produced {ref} part:ip_logs"),
    "produced": (Status.CLARIFICATION, "request produced {ref}"),
    "not-held": (Status.SENT, "request not-held {ref}"),
    "refused": (Status.SENT, "request refused {ref} because:overbroad"),
    "withdraw": (Status.CLARIFICATION, "request withdraw {ref} because:over"),
    "transfer": (
        Status.REFUSED,
        (
            'request transfer {ref} to:PROV-GOOGLE as:PROD-GOOGLE basis:"court order 2" reason:fraud despite:must'
            ' date_range:"2026-01-01..2026-02-01" signed_dated:yes official_email:desk@agency.example'
        ),
    ),
    "reopen": (Status.PRODUCED, "request reopen {ref} because:again"),
}


class Desk(Office):
    """The office; one more of its officers, its manager, and a request in any status."""

    others = (("Second", "console", Role.OFFICER), ("Manager", "console", Role.MANAGER))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.types("Officer", "desk me email:officer@ccw.example phone:+92-51-0000001 officer_id:CCW-17")

    def request(self, status: Status, **columns: object) -> str:
        def make(work):
            case = work.session.scalars(select(Case).where(Case.ref == self.case_ref)).one()
            row = factories.request(work, of=case, status=status, accounts=["page.one"], **columns)
            row.data = ["bsi", "ip_logs", "payment"]
            return row.ref

        return self.do(make)

    def types(self, name: str, line: str) -> str:
        """A minute after the last."""
        self.clock.move(minutes=1)
        return super().types(name, line)

    def refused(self, name: str, line: str) -> str:
        """The same, of what is not done; what they read."""
        at = self.clock.move(minutes=1)
        answer = self.hears(Inbound("console", f"refused at {at}", name, line))
        assert answer.refused, answer.messages[0].plain()
        return "\n".join(message.plain() for message in answer.messages)

    def looks(self, ref: str):
        """All of a request but how often it was written, and its open clocks."""

        def job(work):
            row = work.session.scalars(select(Request).where(Request.ref == ref)).one()
            names = {column.name for column in Request.__table__.columns if not column.info} - {"version"}
            columns = {name: getattr(row, name) for name in names}
            clocks = select(Clock).where(Clock.request_id == row.id, Clock.ended_at.is_(None)).order_by(Clock.id)
            dates = [(clock.kind, clock.due_on, clock.very_at, clock.pauses) for clock in work.session.scalars(clocks)]
            return columns, dates

        return self.store.read(job).result()

    def column(self, ref: str, name: str):
        return self.looks(ref)[0][name]

    def history(self, ref: str) -> list[str]:
        query = select(AuditLine.act).where(AuditLine.ref == ref).order_by(AuditLine.n)
        return self.store.read(lambda work: list(work.session.scalars(query))).result()

    def queued(self) -> set[tuple[str, str]]:
        """Who is about to be told what, and it is out of the way."""

        def job(work):
            rows = []
            platforms = ("console", "slack")
            while found := [row for platform in platforms for row in sending.claim(work, platform, limit=99)]:
                for row in found:  # of one record one at a time
                    sending.sent(work, row)
                rows += found
            names = {recipient: name for name, recipient in self.people.items()}
            return {(names.get(row.recipient, str(row.recipient)), row.notice) for row in rows}

        return self.do(job)


@pytest.fixture
def desk(sqlite_store, clock):
    return Desk(sqlite_store, clock)


class TestUndo:
    def test_every_move_is_taken_back_and_leaves_nothing_but_history(self, desk):
        for word in MOVES:
            self.moved_and_undone(desk, word, *LINES[word])

    def moved_and_undone(self, desk, word, status, line):
        emergency = {"emergency": True} if word == "approve" else {}
        ref = desk.request(status, **emergency)
        before, lines = desk.looks(ref), desk.history(ref)
        desk.clock.move(minutes=5)
        desk.types("Second", line.format(ref=ref))
        assert desk.looks(ref) != before

        said = desk.types("Second", f"request undo {ref}")
        assert "taken back by Second" in said
        assert desk.looks(ref) == before
        assert desk.history(ref)[: len(lines)] == lines
        assert f"request {word}" in desk.history(ref)
        assert desk.history(ref).count("request undo") == 1

    def test_within_ten_minutes_nobody_asks_why_of_whoever_did_it(self, desk):
        ref = desk.request(Status.SENT)
        desk.types("Officer", f"request produced {ref}")
        assert "because" in desk.refused("Second", f"request undo {ref}"), "somebody else says why"
        desk.clock.move(minutes=10)
        asked = desk.refused("Officer", f"request undo {ref}")
        assert "because" in asked
        assert f"request undo {ref}" in asked, "what was typed is kept"
        desk.types("Officer", f"request undo {ref} because:slip")
        assert desk.column(ref, "status") == Status.SENT

    def test_the_reply_to_a_move_has_a_button_for_it_and_what_others_read_has_none(self, desk):
        ref = desk.request(Status.SENT)
        assert f"request undo {ref}" in desk.types("Second", f"request produced {ref}")
        told = desk.do(lambda work: [row.fields for row in sending.claim(work, "console", limit=9)])
        assert [fields["undo"] for fields in told if "undo" in fields] == [False]

    def test_undo_twice_goes_back_two_steps_and_then_there_is_nothing_left(self, desk):
        ref = desk.request(Status.DRAFT)
        draft = desk.looks(ref)
        for line in (f"request sent {ref}", f"request clarify {ref} asks:which? on:today"):
            desk.types("Officer", line)
        for _ in range(2):
            desk.types("Officer", f"request undo {ref}")
        assert desk.looks(ref) == draft
        assert "no move to take back" in desk.refused("Officer", f"request undo {ref} because:x")

    def test_whoever_was_told_is_told(self, desk):
        ref = desk.request(Status.SENT)
        desk.queued()
        desk.types("Second", f"request produced {ref}")
        assert ("Officer", "request_moved") in desk.queued()
        desk.types("Manager", f'request undo {ref} because:"another request"')
        told = desk.queued()
        assert {("Officer", "move_undone"), ("Second", "move_undone")} <= told

    def test_what_reached_us_stays(self, desk):
        desk.types("Officer", f"request receive {desk.case_ref} from:US-DOJ-OIA as:MLA-PK-IN data:bsi")
        ref = f"{desk.case_ref}/2"
        assert "reached us" in desk.refused("Officer", f"request undo {ref}")
        assert desk.column(ref, "status") == Status.SENT

    def test_a_transfer_that_went_out_stays(self, desk):
        ref = desk.request(Status.REFUSED)
        desk.types("Officer", LINES["transfer"][1].format(ref=ref))
        desk.types("Officer", f"request sent {desk.case_ref}/3")
        assert f"{desk.case_ref}/3" in desk.refused("Officer", f"request undo {ref}")
        assert desk.column(ref, "status") == Status.TRANSFERRED

    def test_a_closed_case_is_opened_first(self, desk):
        for line in (f"request withdraw {desk.ref}", f"case close {desk.case_ref} because:over"):
            desk.types("Officer", line)
        assert "is closed" in desk.refused("Officer", f"request undo {desk.ref}")


class TestTheOtherSide:
    @pytest.fixture
    def incoming(self, desk):
        desk.person("Liaison", "console", role=Role.LIAISON, of="US-DOJ-OIA")
        desk.types("Officer", f"request receive {desk.case_ref} from:US-DOJ-OIA as:MLA-PK-IN data:bsi")
        desk.types("Officer", f"request clarify {desk.case_ref}/2 asks:which? on:today")
        return f"{desk.case_ref}/2"

    def test_it_takes_back_what_it_recorded(self, desk, incoming):
        desk.types("Liaison", f"request supplement {incoming} answer:this")
        desk.queued()
        said = desk.types("Liaison", f"request undo {incoming}")
        assert "PK-FIA-CCW" in said
        assert desk.column(incoming, "status") == Status.CLARIFICATION
        assert ("Officer", "move_undone") in desk.queued()

    def test_what_the_owner_recorded_is_not_its_to_take_back(self, desk, incoming):
        said = desk.refused("Liaison", f"request undo {incoming} because:no")
        assert "PK-FIA-CCW recorded the last step" in said
        assert desk.column(incoming, "status") == Status.CLARIFICATION

    def test_the_owner_takes_back_what_it_recorded_with_a_reason_and_it_hears(self, desk, incoming):
        desk.types("Liaison", f"request supplement {incoming} answer:this")
        desk.queued()
        assert "because" in desk.refused("Officer", f"request undo {incoming}")
        desk.types("Officer", f'request undo {incoming} because:"no letter came"')
        assert ("Liaison", "move_undone") in desk.queued()
        history = desk.types("Liaison", f"request history {incoming}")
        assert "request undo" in history
        assert "no letter came" not in history

    def test_our_own_liaison_takes_back_what_we_answer_and_nothing_that_our_officers_asked(self, desk, incoming):
        desk.person("Own Liaison", "console", role=Role.LIAISON)
        assert "Not allowed" in desk.refused("Own Liaison", f"request undo {desk.ref} because:no")
        assert desk.column(desk.ref, "status") == Status.SENT
        desk.types("Own Liaison", f"request undo {incoming} because:slip")
        assert desk.column(incoming, "status") == Status.SENT
        desk.types("Officer", f"request withdraw {incoming} because:over")
        assert "Not allowed" in desk.refused("Own Liaison", f"request undo {incoming} because:no")

    def test_a_sending_taken_back_is_said_to_whoever_read_of_it(self, desk):
        """It is no longer theirs to see; they hear that much, and a card of it that stands in their room is emptied."""
        slack = FakeChat("slack")
        desk.person("Liaison", role=Role.LIAISON, of="US-DOJ-OIA")
        desk.room("Their Room", of="US-DOJ-OIA")
        ref = desk.request(Status.DRAFT, to="US-DOJ-OIA", instrument="MLA-US-OIA")
        desk.types("Officer", f"request sent {ref}")
        desk.deliver(slack)
        assert [ref in post.text for post in slack.posts] == [True, True]

        desk.types("Officer", f"request undo {ref}")
        desk.deliver(slack)
        news = [(post.place, post.text) for post in slack.posts[2:]]
        assert {place for place, _ in news} == {"LIAISON", "THEIR-ROOM"}
        assert all("PK-FIA-CCW recorded by mistake that a request was sent to you" in text for _, text in news)
        assert all(ref not in text for _, text in news)
        assert all("not shown here any more" in post.edits[-1] for post in slack.posts[:2])


class TestRequestCorrect:
    def test_the_clock_counts_from_the_right_day(self, desk):
        said = desk.types("Officer", f"request correct {desk.ref} sent:2026-02-27")
        assert "Fri 27 Feb, not Mon 2 Mar" in said
        columns, [(_, due_on, *_)] = desk.looks(desk.ref)
        assert (columns["sent_on"], due_on) == (SENT - timedelta(days=3), SENT + timedelta(days=56 - 3))
        assert desk.history(desk.ref)[-2:] == ["clock correct", "request correct"]

    def test_a_letter_is_dated_anew_with_both_clocks(self, desk):
        desk.clock.move(days=10)
        desk.types("Officer", f"request clarify {desk.ref} asks:which? on:today")
        desk.types("Officer", f"request correct {desk.ref} asked:2026-03-07")
        clocks = {kind: (due, pauses) for kind, due, _, pauses in desk.looks(desk.ref)[1]}
        assert clocks["answer"][1][-1]["since"] == "2026-03-07"
        assert clocks["clarification"][0] == date(2026, 3, 7) + timedelta(days=14)

        desk.clock.move(days=10)
        desk.types("Officer", f"request supplement {desk.ref}")
        desk.types("Officer", f"request correct {desk.ref} replied:2026-03-17")
        [(_, due_on, *_)] = desk.looks(desk.ref)[1]
        assert due_on == SENT + timedelta(days=56 + 10)

    def test_the_day_of_an_answer_is_right_wherever_it_stands(self, desk):
        desk.clock.move(days=10)
        desk.types("Officer", f"request refused {desk.ref} because:overbroad")
        desk.types("Officer", f"request correct {desk.ref} answered:2026-03-09")
        assert desk.column(desk.ref, "answered_on") == date(2026, 3, 9)
        assert desk.column(desk.ref, "refusals")[-1]["on"] == "2026-03-09"
        desk.types("Officer", f"request undo {desk.ref} because:slip")
        assert desk.column(desk.ref, "answered_on") is None

    def test_a_day_that_is_on_record_already_does_not_cost_the_hour(self, desk):
        ref = desk.request(Status.SENT, to="US-DOJ-OIA", instrument="POC-247", emergency=True)
        before = desk.looks(ref)[1]
        desk.clock.move(hours=3)
        desk.types("Officer", f"request correct {ref} sent:{SENT} their:X-1")
        assert desk.looks(ref)[1] == before

    @pytest.mark.parametrize(("wrong", "right"), [("asked", "2026-03-03"), ("replied", "2026-03-02")])
    def test_two_letters_of_one_day_are_a_pause_of_no_time_at_least(self, desk, wrong, right):
        """Of one only the day is known, of the other the hour: the answer never comes before the question."""
        ref = desk.request(Status.SENT, to="US-DOJ-OIA", instrument="POC-247", emergency=True)
        desk.types("Officer", f"request clarify {ref} asks:which? on:{SENT}")
        desk.clock.move(hours=30)
        desk.types("Officer", f"request supplement {ref} answer:this")
        desk.clock.move(hours=30)
        desk.types("Officer", f"request correct {ref} {wrong}:{right}")
        [(_, _, _, [pause])] = desk.looks(ref)[1]
        assert pause["since_at"] <= pause["until_at"]

    def test_words_are_right_and_what_was_believed_before_stays(self, desk):
        line = f'request correct {desk.ref} their:OIA-2 accounts:"page.two; page.three" basis:"court order 9/2026"'
        said = desk.types("Officer", line + " data:bsi,ip_logs")
        assert "page.two; page.three, not fake.page.one" in said
        history = desk.types("Officer", f"request history {desk.ref}")
        assert "fake.page.one → page.two" in history
        found = desk.types("Officer", f"request status {desk.ref} details:yes")
        assert "page.two" in found
        assert "fake.page.one" not in found
        assert desk.column(desk.ref, "paper") == "domestic_court_order"

    def test_what_cannot_be_is_refused_and_nothing_changes(self, desk):
        for status, values, says in (
            (Status.DRAFT, "sent:2026-03-01", "no such day"),
            (Status.SENT, "answered:2026-03-02", "no such day"),
            (Status.SENT, "asked:2026-03-02", "no such day"),
            (Status.CLARIFICATION, "replied:2026-03-02", "no such day"),
            (Status.CLARIFICATION, "asked:2026-03-01", "does not fit"),
            (Status.PRODUCED, "answered:2026-03-01", "does not fit"),
            (Status.SENT, "sent:2026-03-09", "future"),
            (Status.SENT, "", "nothing was given"),
            (Status.SENT, "accounts:page.one", "nothing was given"),
        ):
            ref = desk.request(status)
            before = desk.looks(ref)
            assert says in desk.refused("Officer", f"request correct {ref} {values}")
            assert desk.looks(ref) == before

    def test_kinds_that_came_stay(self, desk):
        ref = desk.request(Status.SENT)
        desk.types("Officer", f"request produced {ref} part:bsi")
        assert "bsi" in desk.refused("Officer", f"request correct {ref} data:ip_logs")

    def test_people_who_were_told_are_told(self, desk):
        desk.queued()
        desk.types("Second", f"request correct {desk.ref} their:X-1")
        assert ("Officer", "request_corrected") in desk.queued()


class TestCaseCorrect:
    def test_title_kind_and_number(self, desk):
        said = desk.types("Second", f"case correct {desk.case_ref} title:Other category:hacking own:77/2026")
        assert "Other" in said
        card = desk.types("Officer", f"case status {desk.case_ref} details:yes")
        assert "77/2026" in card
        assert "Fake pages of a ministry" in desk.types("Officer", f"case history {desk.case_ref}")
        assert ("Officer", "case_corrected") in desk.queued()

    def test_a_number_that_another_case_has_is_refused(self, desk):
        desk.types("Officer", "case open Other category:other label:green own:77/2026")
        assert "77/2026" in desk.refused("Officer", f"case correct {desk.case_ref} own:77/2026")

    def test_any_worker_raises_a_label_and_a_manager_lowers_it_with_a_reason(self, desk):
        desk.types("Second", f"case correct {desk.case_ref} label:amber+strict")
        assert "Manager" in desk.refused("Second", f"case correct {desk.case_ref} label:amber because:x")
        assert "because" in desk.refused("Manager", f"case correct {desk.case_ref} label:amber")
        desk.types("Manager", f"case correct {desk.case_ref} label:amber because:agreed")
        assert "AMBER+STRICT → TLP:AMBER" in desk.types("Officer", f"case history {desk.case_ref}")

    def test_a_label_that_may_not_be_lowered_is_refused_under_the_one_it_has(self, desk):
        desk.types("Second", f"case correct {desk.case_ref} label:amber+strict")
        for name in ("Second", "Manager"):  # who may not, and who does not say why
            said = desk.refused(name, f"case correct {desk.case_ref} label:clear")
            assert said.startswith("TLP:AMBER+STRICT")

    def test_what_was_read_under_the_old_label_is_named_and_what_stands_there_is_emptied(self, desk):
        slack = FakeChat("slack")
        room, reader = desk.room("Operations", ceiling=Label.AMBER), desk.person("Reader", named=True)
        for place in (room, reader):
            desk.say(place, notice=ApprovalAsked(desk.ref, "Fake pages", "TLP:AMBER", "PROV-META", "", ""))
        desk.deliver(slack)
        said = desk.types("Second", f"case correct {desk.case_ref} label:amber+strict")
        assert "under the old label: Operations, Reader" in said

        desk.deliver(slack)
        in_room, with_reader = slack.posts[:2]
        assert (in_room.place, with_reader.place) == ("OPERATIONS", "READER")
        assert "Fake pages" not in in_room.edits[-1]
        assert "Fake pages" in with_reader.edits[-1]

    def test_red_leaves_somebody_who_can_act(self, desk):
        desk.do(lambda work: leave(work, desk.people["Officer"]))
        assert "named people only" in desk.refused("Second", f"case correct {desk.case_ref} label:red")
        desk.types("Second", f'case share {desk.case_ref} person:"Manager"')
        said = desk.types("Second", f"case correct {desk.case_ref} label:red")
        assert "you do not see it any more" in said
        assert "Manager" in said
        assert "No case" in desk.refused("Second", f"case status {desk.case_ref}")
        assert "Fake pages" in desk.types("Manager", f"case status {desk.case_ref}")


class TestPreservationUndo:
    def test_a_renewal_then_the_confirmation(self, desk):
        desk.types("Officer", f"preservation ask {desk.case_ref} to:Meta as:PRES-META accounts:page.one")
        ref = f"{desk.case_ref}/P1"
        asked = kept(desk, ref)
        desk.clock.move(days=5)
        desk.types("Officer", f'preservation confirmed {ref} proof:"case 99"')
        confirmed = kept(desk, ref)
        desk.types("Officer", f"preservation renewed {ref} days:90 proof:letter")

        assert "“renewed” was taken back" in desk.types("Second", f"preservation undo {ref} because:slip")
        assert kept(desk, ref) == confirmed
        desk.types("Second", f"preservation undo {ref} because:slip")
        assert kept(desk, ref) == asked
        assert "nothing that was said of" in desk.refused("Officer", f"preservation undo {ref} because:slip")
        desk.types("Officer", f"preservation confirmed {ref}")
        assert kept(desk, ref)[0] == confirmed[0]

    def test_one_that_was_closed_is_watched_again_until_the_same_day(self, desk):
        desk.types("Officer", f"preservation ask {desk.case_ref} to:PROV-META as:PRES-META accounts:x")
        ref = f"{desk.case_ref}/P1"
        before = kept(desk, ref)
        desk.types("Officer", f"preservation close {ref} because:over")
        for line in (f"preservation confirmed {ref}", f"preservation renewed {ref} days:90 proof:x"):
            assert "closed already" in desk.refused("Officer", line)
        assert "taken back" in desk.types("Officer", f"preservation undo {ref} because:slip")
        assert kept(desk, ref) == before
        desk.types("Officer", f"preservation confirmed {ref}")


def leave(work, person):
    """Somebody has no role any more."""
    for held in work.session.scalars(select(Membership).where(Membership.person_id == person.number)):
        held.ended_at = work.now


def kept(desk, ref):
    """How a hold stands, with the clock that counts."""

    def job(work):
        row = work.session.scalars(select(Preservation).where(Preservation.ref == ref)).one()
        open_ = select(Clock).where(Clock.preservation_id == row.id, Clock.kind == "preservation")
        [clock] = work.session.scalars(open_.where(Clock.ended_at.is_(None)))
        return row.expires_on, row.confirmed_on, row.renewals, clock.due_on

    return desk.store.read(job).result()
