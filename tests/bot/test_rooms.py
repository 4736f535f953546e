"""What rooms hear of a record: its history under its card, and emergencies, in the right rooms and in no other."""

import re

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.adapters.outcome import Unknown
from handlers.filing.filing import ApprovalAsked
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case, Channel, OutboxRow, Posting
from tests import factories
from tests.fakes import FakeChat
from tests.office import Office

FILED = (
    'request file {case} to:PROV-META as:PROD-META data:bsi accounts:"fake.page.two" basis:"court order 12/2026" '
    'reason:"a person is in danger" date_range:"2026-01-05 to 2026-02-05" user_notification:"not permitted" '
    'official_email:desk@agency.example phone:"+92 51 000" emergency:yes despite:"no time"'
)
RECEIVED = "request receive {case} from:Legat as:POLICE-LIAISON"


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    return Office(sqlite_store, clock)


@pytest.fixture
def slack() -> FakeChat:
    return FakeChat("slack")


def relabel(office, label):
    office.do(lambda work: setattr(work.session.scalars(select(Case)).one(), "label", label))


def change_room(office, room, **columns):
    def job(work):
        for name, value in columns.items():
            setattr(work.session.get_one(Channel, room.number), name, value)

    office.do(job)


def with_card(office, chat, title, **how):
    """A room with a card of the request."""
    room = office.room(title, chat.name, **how)
    asked = ApprovalAsked(office.ref, "Fake pages", "TLP:AMBER", "PROV-META", "danger", "Officer")
    office.say(room, cause=f"card in {title}", notice=asked)
    office.deliver(chat)
    return room


def types(office, chat, *lines):
    """The officer types these, and what there is to say is said."""
    for line in lines:
        office.clock.move(minutes=1)
        office.types("Officer", line.format(ref=office.ref, case=office.case_ref))
        office.deliver(chat)


class TestHistory:
    def test_what_happens_stands_under_the_card_in_order_and_the_card_is_as_it_is_now(self, office, slack):
        with_card(office, slack, "Desk Room")
        lines = (
            "request acknowledge {ref}",
            "request clarify {ref} asks:which? on:today",
            "request supplement {ref}",
            "request produced {ref}",
        )
        types(office, slack, *lines)
        card, *history = slack.posts
        assert {(post.place, post.under) for post in history} == {("DESK-ROOM", card.message_id)}
        words = ("Meta has it", "Meta asks back", "We answered Meta", "Meta gave all the data")
        assert [word in post.text for word, post in zip(words, history, strict=True)] == [True] * 4
        assert "produced" in card.edits[-1]
        assert [post.edits for post in history] == [[]] * 4

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ('request clarify {ref} asks:"secret words" on:today', "Meta asks back"),
            ('request withdraw {ref} because:"secret words"', "Nothing is asked of Meta any more"),
            ('request not-held {ref} text:"secret words"', "no such data"),
            ('request refused {ref} because:missing_legal_instrument text:"secret words"', "Meta refused"),
            ('request extend {ref} days:30 reason:"secret words"', "MORE TIME"),
            ('request produced {ref} note:"secret words"', "Meta gave all the data"),
        ],
    )
    def test_a_room_reads_what_happened_and_not_what_anybody_wrote(self, office, slack, line, said):
        room = with_card(office, slack, "Desk Room")
        types(office, slack, line)
        _, told = slack.posts
        assert said in told.text
        assert "secret words" not in told.text
        assert "do next" not in told.text
        assert "→" not in told.text, "the card has the buttons"
        queued = select(OutboxRow.fields).where(OutboxRow.recipient == room)
        assert "secret words" not in str(office.do(lambda work: work.session.scalars(queued).all()))

    def test_a_room_of_the_other_side_reads_it_in_its_own_words(self, office, slack):
        with_card(office, slack, "Provider Room", of="PROV-META")
        types(office, slack, "request acknowledge {ref}", 'request snooze {ref} until:+3d reason:"secret words"')
        card, told = slack.posts
        for text in (card.text, *card.edits):
            assert "PK-FIA-CCW asks you" in text
            assert "You owe PK-FIA-CCW an answer" in text
        assert "We have it, for PK-FIA-CCW" in told.text
        assert not re.search("Officer|secret words|case status|request transfer", "".join([*card.edits, told.text]))

    def test_a_hold_is_told_without_whose_data_it_is(self, office, slack):
        types(office, slack, 'preservation ask {case} to:PROV-META as:PRES-META accounts:"secret.page"')
        hold = f"{office.case_ref}/P1"
        asked = ApprovalAsked(hold, "Fake pages", "TLP:AMBER", "PROV-META", "danger", "Officer")
        office.say(office.room("Desk Room"), notice=asked, subject=hold)
        office.deliver(slack)
        types(office, slack, f"preservation confirmed {hold} proof:secret.proof")
        card, told = slack.posts
        assert (told.under, "Meta confirmed" in told.text) == (card.message_id, True)
        assert "LAPSES in 90 days" in card.edits[0]
        assert "secret" not in "".join([card.text, told.text, *card.edits])

    @pytest.mark.parametrize(
        "line", ["request quiet {ref}", 'request snooze {ref} until:+3d reason:"hearing"', "case note {case} x"]
    )
    def test_what_is_the_agencys_own_affair_is_said_in_no_room(self, office, slack, line):
        with_card(office, slack, "Desk Room")
        types(office, slack, line)
        assert len(slack.posts) == 1

    @pytest.mark.parametrize(
        ("label", "told"),
        [(Label.AMBER, ["DESK-ROOM", "PROVIDER-ROOM"]), (Label.AMBER_STRICT, ["DESK-ROOM"]), (Label.RED, [])],
    )
    def test_the_label_of_now_says_which_rooms_hear_it(self, office, slack, label, told):
        with_card(office, slack, "Desk Room", ceiling=Label.AMBER_STRICT)
        with_card(office, slack, "Provider Room", of="PROV-META", ceiling=Label.AMBER_STRICT)
        relabel(office, label)
        types(office, slack, "request acknowledge {ref}")
        assert sorted(post.place for post in slack.posts if post.under) == told

    def test_a_room_that_another_agency_keeps_now_hears_nothing_more_of_ours(self, office, slack):
        room = with_card(office, slack, "Provider Room", of="PROV-META")
        other = office.do(lambda work: factories.agency(work, "PK-NCCIA").id)
        change_room(office, room, host_id=other)
        types(office, slack, "request acknowledge {ref}")
        [card] = slack.posts
        assert card.edits == ["This card is not shown here any more."]

    def test_a_room_without_a_card_hears_nothing(self, office, slack):
        office.room("Desk Room")
        types(office, slack, "request acknowledge {ref}")
        assert slack.posts == []

    def test_a_group_that_has_other_messages_now_is_told_nothing_under_one_of_them(self, office):
        telegram = FakeChat("telegram", can_look_up=False)
        room = with_card(office, telegram, "Old Group")
        change_room(office, room, external_id="NEW-GROUP")
        types(office, telegram, "request acknowledge {ref}")
        assert len(telegram.posts) == 1

    def test_a_room_that_reads_the_answer_is_not_told_it_again_and_the_others_are(self, office):
        telegram = FakeChat("telegram", can_look_up=False)
        for title in ("First Group", "Second Group"):
            with_card(office, telegram, title)
        office.person("Second Officer", "telegram")
        line = f"request acknowledge {office.ref}"
        assert not office.hears(Inbound("telegram", "k", "SECOND-OFFICER", line, "FIRST-GROUP", aloud=True)).refused
        office.deliver(telegram)
        assert [post.place for post in telegram.posts if post.under] == ["SECOND-GROUP"]

    def test_one_of_unknown_fate_is_looked_for_under_the_card(self, office, slack):
        with_card(office, slack, "Desk Room")
        office.types("Officer", f"request acknowledge {office.ref}")
        slack.next(Unknown("no answer"), place="DESK-ROOM", arrived=True)
        for _ in range(3):
            office.deliver(slack)
            office.clock.move(minutes=10)
        assert len([post for post in slack.posts if post.under]) == 1

    def test_it_is_no_card_itself(self, office, slack):
        with_card(office, slack, "Desk Room")
        types(office, slack, "request acknowledge {ref}")
        cards = office.do(lambda work: [row.message_id for row in work.session.scalars(select(Posting))])
        assert cards == [slack.posts[0].message_id]


class TestEmergency:
    @pytest.fixture
    def manager(self, office):
        return office.person("Manager", role=Role.MANAGER)

    def asked(self, slack):
        return sorted(post.place for post in slack.posts if "Waits for a second person" in post.text)

    @pytest.mark.usefixtures("manager")
    @pytest.mark.parametrize(
        ("label", "asked"),
        [
            (Label.AMBER, ["CLOSE-ROOM", "DESK-ROOM", "MANAGER"]),
            (Label.AMBER_STRICT, ["CLOSE-ROOM", "MANAGER"]),
            (Label.RED, []),
        ],
    )
    def test_the_managers_and_the_rooms_of_the_agency_that_may_know_are_asked(self, office, slack, label, asked):
        office.room("Desk Room", quiet_from="00:00", quiet_until="23:59")
        office.room("Close Room", ceiling=Label.AMBER_STRICT)
        office.room("Provider Room", of="PROV-META", ceiling=Label.AMBER_STRICT)
        office.room("Other Room", of="PK-NCCIA")
        relabel(office, label)
        types(office, slack, FILED)
        assert self.asked(slack) == asked
        assert len(office.rows("approval_asked")) == len(asked), "nothing is queued that may not be said"

    def test_a_guest_in_the_room_of_another_agency_is_not_asked(self, office, slack):
        host = office.do(lambda work: factories.agency(work, "PK-NCCIA").id)
        office.room("Guest Room", host_id=host)
        types(office, slack, FILED)
        assert (slack.posts, office.rows("approval_asked")) == ([], [])

    @pytest.mark.usefixtures("manager")
    def test_without_a_room_the_managers_are_asked(self, office, slack):
        types(office, slack, FILED)
        assert self.asked(slack) == ["MANAGER"]

    @pytest.mark.usefixtures("manager")
    def test_a_room_is_not_told_the_reason_and_a_manager_is(self, office, slack):
        office.room("Desk Room")
        types(office, slack, FILED)
        told = {post.place: post.text for post in slack.posts}
        assert "a person is in danger" in told["MANAGER"]
        assert "a person is in danger" not in told["DESK-ROOM"]
        assert f"→ request approve {office.case_ref}/2 (Approve)" in told["DESK-ROOM"]

    @pytest.mark.usefixtures("manager")
    def test_once_approved_every_card_says_by_whom(self, office, slack):
        office.room("Desk Room")
        office.room("Second Room")
        types(office, slack, FILED)
        office.types("Manager", f"request approve {office.case_ref}/2")
        office.deliver(slack)
        cards = [post for post in slack.posts if not post.under]
        assert sorted(post.place for post in cards) == ["DESK-ROOM", "MANAGER", "SECOND-ROOM"]
        for card in cards:
            assert re.search(r"approved [0-9:]+ by Manager", card.edits[-1])
            assert "request approve" not in card.edits[-1]
        assert ["APPROVED" in post.text for post in slack.posts if post.under] == [True, True]

    def test_each_step_is_said_under_the_card_at_any_hour_with_what_was_done_before(self, office, slack):
        office.person("Second", "console")
        office.room("Desk Room", quiet_from="00:00", quiet_until="23:59")
        types(office, slack, FILED)
        office.clock.move(minutes=9)
        office.types("Second", f"request approve {office.case_ref}/2")
        office.deliver(slack)
        types(office, slack, f"request sent {office.case_ref}/2", f"request produced {office.case_ref}/2")
        room = [post for post in slack.posts if post.place == "DESK-ROOM" and post.under]
        lines = [line for post in room for line in post.text.splitlines() if line.startswith("EMERGENCY:")]
        declared = "EMERGENCY: declared 2 Mar 2026, 11:01 PKT by Officer · approved 11:10 by Second"
        sent = f"{declared} · sent 11:11"
        assert lines == [declared, sent, f"{sent} · answered 11:12"]

    @pytest.mark.usefixtures("manager")
    def test_what_was_approved_before_the_card_went_out_is_no_question_any_more(self, office, slack):
        office.room("Desk Room")
        office.types("Officer", FILED.format(case=office.case_ref))
        office.types("Manager", f"request approve {office.case_ref}/2")
        office.deliver(slack)
        assert self.asked(slack) == []
        assert [bool(re.search(r"approved [0-9:]+ by Manager", post.text)) for post in slack.posts] == [True, True]

    @pytest.mark.usefixtures("manager")
    def test_a_card_of_unknown_fate_is_edited_when_it_is_found(self, office, slack):
        office.room("Desk Room")
        office.types("Officer", FILED.format(case=office.case_ref))
        slack.next(Unknown("no answer"), place="DESK-ROOM", arrived=True)
        office.deliver(slack)
        office.types("Manager", f"request approve {office.case_ref}/2")
        for _ in range(4):
            office.clock.move(minutes=10)
            office.deliver(slack)
        card, told = (post for post in slack.posts if post.place == "DESK-ROOM")
        assert re.search(r"approved [0-9:]+ by Manager", card.edits[-1])
        assert told.under == card.message_id

    def test_one_that_is_received_is_said_in_the_rooms_of_the_agency(self, office, slack):
        office.room("Desk Room", quiet_from="00:00", quiet_until="23:59")
        office.room("Other Room", of="PK-NCCIA")
        types(office, slack, f"{RECEIVED} emergency:yes")
        [told] = slack.posts
        assert (told.place, "EMERGENCY" in told.text) == ("DESK-ROOM", True)
        types(office, slack, f"request acknowledge {office.case_ref}/2")
        assert "acknowledged" in told.edits[0]

    def test_any_other_that_is_received_is_not(self, office, slack):
        office.room("Desk Room")
        types(office, slack, RECEIVED)
        assert slack.posts == []
