"""Nothing above TLP:CLEAR arrives outside: five labels, in rooms and with people, asked for and unasked, on a Slack."""

import json

import pytest
from sqlalchemy import select

from handlers.cases import CaseNoted
from storage.exposure.labels import Label
from storage.messages import outbox
from storage.models import Account, Case, Channel, OutboxRow, Posting, Recipient
from tests.bot.slack.labelled import ALL, OPEN, READS, ROOM, UP_TO_AMBER, WORDS, Desk, labels_in, seen
from tests.fake_slack import TEAM, Trouble


@pytest.fixture
def desk(sqlite_store) -> Desk:
    return Desk(sqlite_store)


SHARING = [{"is_ext_shared": True}, {"is_shared": True}, {"is_pending_ext_shared": True}, {"pending_shared": ["T9"]}]
GUESTS = [{"is_restricted": True}, {"is_ultra_restricted": True}, {"is_stranger": True}, {"team_id": "T9"}]
SOME = (*READS[:6], *(line for line in READS if line.startswith("/case status")))
"""Every list, and each case: so each way to be outside is told; of the first of them everything is asked for."""


class TestRooms:
    async def _asks_for_everything(self, desk, slack, lines=READS) -> None:
        for line in lines:
            await desk.says(slack, "UIN", line, ROOM)

    @pytest.mark.parametrize("shared", SHARING, ids=str)
    def test_a_shared_room_reads_clear_and_who_asked_reads_the_rest_alone(self, desk, shared):
        desk.room()
        lines = READS if shared == SHARING[0] else SOME
        slack = desk.on(lambda slack: self._asks_for_everything(desk, slack, lines), C1=shared)
        assert seen(slack, ROOM) == OPEN
        assert seen(slack, "DUIN") == (ALL if lines is READS else ALL - OPEN)  # a file goes to who asked, always

    def test_a_plain_room_reads_up_to_its_ceiling(self, desk):
        desk.room()
        slack = desk.on(lambda slack: self._asks_for_everything(desk, slack))
        assert seen(slack, ROOM) == UP_TO_AMBER

    def test_so_does_one_that_was_admitted(self, desk):
        desk.room()
        desk.admit(Channel, f"{TEAM}/{ROOM}")
        slack = desk.on(lambda slack: self._asks_for_everything(desk, slack), C1={"is_ext_shared": True})
        assert seen(slack, ROOM) == UP_TO_AMBER

    def test_a_list_in_a_shared_room_says_where_there_is_more(self, desk):
        desk.room()
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UIN", "/case list", ROOM))

        desk.on(work, C1={"is_ext_shared": True})
        assert labels_in(said[0]) == OPEN
        assert "above TLP:CLEAR, which is not shown in a room that is shared" in said[0]
        assert "alone with the desk" in said[0]

    @pytest.mark.parametrize(
        ("admitted", "shared", "offered"),
        [(False, {}, ALL), (False, {"is_ext_shared": True}, OPEN), (True, {"is_ext_shared": True}, ALL)],
        ids=["plain", "shared", "admitted"],
    )
    def test_a_form_opened_there_offers_what_the_room_may_see(self, desk, admitted, shared, offered):
        desk.room()
        if admitted:
            desk.admit(Channel, f"{TEAM}/{ROOM}")

        async def work(slack):
            await desk.says(slack, "UIN", "/case note", ROOM)
            form = json.dumps(slack.forms["UIN"])
            found = await slack.search("UIN", "ref", "codeword")
            assert (len(found), labels_in(form) - offered) == (len(offered), set())
            assert ("There is more above TLP:CLEAR" in form) is (offered == OPEN)

        desk.on(work, C1=shared)

    def test_a_choice_that_is_asked_for_in_words_names_no_more(self, desk):
        desk.room()
        slack = desk.on(lambda slack: slack.say("UIN", "case note", channel=ROOM), C1={"is_ext_shared": True})
        assert seen(slack, ROOM) == OPEN

    @pytest.mark.parametrize("admitted", [False, True])
    def test_what_is_said_unasked_is_held_to_the_same(self, desk, admitted):
        recipient = desk.room(summary="tue@00:30")
        if admitted:
            desk.admit(Channel, f"{TEAM}/{ROOM}")
        slack = desk.on(lambda _: desk.unasked(recipient), C1={"is_ext_shared": True})
        assert seen(slack, ROOM) == (UP_TO_AMBER if admitted else OPEN)
        assert sum("week of" in post.words for post in slack.seen_by("", ROOM)) == 1

    def test_a_plain_room_hears_up_to_its_ceiling_unasked(self, desk):
        recipient = desk.room()
        slack = desk.on(lambda _: desk.unasked(recipient))
        assert seen(slack, ROOM) == UP_TO_AMBER

    def test_a_card_in_a_room_that_was_shared_since_shows_nothing_of_its_record(self, desk):
        recipient = desk.room()

        def post_card(work):
            case = work.session.scalars(select(Case).where(Case.label == Label.AMBER)).one()
            ref = f"{case.ref}/1"
            notice = CaseNoted(case.ref, case.title, case.label, "a note", "Somebody")
            outbox.put(work, cause="card", notice=notice, recipient=recipient, label=Label.AMBER, subject=ref)
            sent = work.session.scalars(select(OutboxRow)).one()
            sent.state = "sent"
            card = {"outbox_id": sent.id, "recipient": recipient, "notice": "request_moved", "platform": "slack"}
            place = {"place": f"{TEAM}/{ROOM}", "message_id": "1.000100"}
            work.session.add(Posting(subject=ref, at=work.now, **card, **place))
            return ref

        async def work(slack):
            card = slack._post(ROOM, {"text": f"the card of {WORDS[Label.AMBER]}"})
            card.ts = "1.000100"
            await desk.says(slack, "UIN", f"/request acknowledge {ref}")
            await desk.road.drain()

        ref = desk.do(post_card)
        slack = desk.on(work, C1={"is_ext_shared": True})
        assert seen(slack, ROOM) == set()
        assert "not shown in a room that is shared with another organisation" in slack.posts[0].words


class TestPeople:
    async def _asks_for_everything(self, desk, slack, lines=READS) -> None:
        for line in lines:
            await desk.says(slack, "UGUEST", line)
        await slack.open_home("UGUEST")
        await slack.quiet()
        await desk.says(slack, "UGUEST", "/case note")

    @pytest.mark.parametrize("guest", GUESTS, ids=str)
    def test_a_guest_reads_clear_wherever_they_ask(self, desk, guest):
        lines = READS if guest == GUESTS[0] else SOME
        slack = desk.on(lambda slack: self._asks_for_everything(desk, slack, lines), UGUEST=guest)
        assert seen(slack, "DUGUEST") == OPEN
        assert "RED is not shown to guests on Slack" in "\n".join(post.words for post in slack.posts)

    def test_who_was_made_a_guest_meanwhile_is_not_given_the_answer_once_more(self, desk):
        async def acknowledges(slack):
            await slack.command("UGUEST", "/request acknowledge 3/1", key="once")

        assert Label.AMBER in seen(desk.on(acknowledges), "DUGUEST")
        assert seen(desk.on(acknowledges, UGUEST={"is_restricted": True}), "DUGUEST") == set()

    def test_in_a_room_that_may_see_more_they_read_no_more(self, desk):
        desk.room()

        async def work(slack):
            for line in READS:
                await desk.says(slack, "UGUEST", line, ROOM)

        slack = desk.on(work, UGUEST={"is_restricted": True})
        assert (seen(slack, ROOM), seen(slack, "DUGUEST")) == (OPEN, OPEN)

    def test_a_member_reads_all_they_may(self, desk):
        slack = desk.on(lambda slack: self._asks_for_everything(desk, slack))
        assert seen(slack, "DUGUEST") == ALL

    def test_so_does_a_guest_who_was_admitted(self, desk):
        desk.admit(Account, f"{TEAM}/UGUEST")
        slack = desk.on(lambda slack: self._asks_for_everything(desk, slack), UGUEST={"is_restricted": True})
        assert seen(slack, "DUGUEST") == ALL

    @pytest.mark.parametrize(
        ("guest", "admitted", "heard"),
        [({}, False, ALL), ({"is_restricted": True}, False, OPEN), ({"is_restricted": True}, True, ALL)],
        ids=["member", "guest", "admitted"],
    )
    def test_what_is_said_unasked_is_held_to_the_same(self, desk, guest, admitted, heard):
        if admitted:
            desk.admit(Account, f"{TEAM}/UGUEST")
        recipient = Recipient.person(desk.account("UGUEST").person_id)
        slack = desk.on(lambda _: desk.unasked(recipient), UGUEST=guest)
        assert seen(slack, "DUGUEST") == heard
        held = [post for post in slack.posts if "not shown to guests" in post.words]
        assert bool(held) is (heard == OPEN)
        assert bool(desk.account("UGUEST").outside) is bool(guest)


class TestDoubt:
    @pytest.mark.parametrize("method", ["users.info", "auth.test"])
    def test_who_slack_says_nothing_of_counts_as_a_guest(self, desk, method):
        async def work(slack):
            slack.fail(method, *[Trouble("ratelimited", 429)] * 9)
            await desk.says(slack, "UIN", "/case status 3")

        slack = desk.on(work)
        assert seen(slack, "DUIN") == set()
        assert "while Slack does not say who is a guest" in slack.posts[0].words
        assert desk.account("UIN").outside is None
