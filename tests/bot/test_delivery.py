"""What leaves the desk: to whom, in which order, when, as what; and what becomes of what cannot leave."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.adapters.outcome import Refused, Sent, Unknown, Wait
from bot.outbound.delivery import Delivery
from bot.outbound.pacing import SLACK
from bot.rendering.blocks import Message
from handlers.filing.filing import ApprovalAsked
from handlers.requests import RequestReceived
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import dead_letters
from storage.models import Account, Case, Channel, Person
from tests.fakes import FakeChat
from tests.office import SECONDS, Nudge, Office, add_account


@pytest.fixture
def office(sqlite_store, clock):
    """What differs on PostgreSQL, the claim, is in tests/storage/test_outbox.py."""
    return Office(sqlite_store, clock)


@pytest.fixture
def slack():
    return FakeChat("slack")


@pytest.fixture
def telegram():
    return FakeChat("telegram", can_look_up=False)


def change(office, kind, one, **columns):
    """Columns of a row: that of a recipient, or the row of a number."""

    def job(work):
        row = work.session.get_one(kind, getattr(one, "number", one))
        for name, value in columns.items():
            setattr(row, name, value)

    office.do(job)


def relabel(office, label):
    office.do(lambda work: setattr(work.session.scalars(select(Case)).one(), "label", label))


class TestSaid:
    def test_it_arrives_once_with_its_label_first_and_is_settled(self, office, slack):
        row = office.say(office.person("Reader", named=True), "the page is back")
        office.deliver(slack)
        office.deliver(slack)
        [text] = slack.texts("READER")
        assert text.startswith("TLP:AMBER")
        assert "the page is back" in text
        assert (office.row(row).state, office.row(row).settled_at) == ("sent", office.clock.now())
        assert slack.posts[0].mark == str(row)

    def test_everybody_gets_it_where_they_are(self, office, slack, telegram):
        office.say(office.person("On Slack", named=True), "one")
        office.say(office.person("On Telegram", "telegram", named=True), "two")
        office.deliver(slack)
        office.deliver(telegram)
        assert [post.place for post in slack.posts + telegram.posts] == ["ON-SLACK", "ON-TELEGRAM"]

    def test_who_links_another_account_is_told_there(self, office, slack, telegram):
        reader = office.person("Reader", named=True)
        row = office.say(reader)

        def relink(work):
            person = work.session.get_one(Person, reader.number)
            person.accounts[0].revoked_at = work.now
            person.accounts.append(Account(platform="telegram", external_id="4711", linked_at=work.now))

        office.do(relink)
        office.deliver(slack)
        office.deliver(telegram)
        assert (slack.posts, len(telegram.texts("4711")), office.row(row).state) == ([], 1, "sent")

    def test_a_terminal_hears_what_is_for_the_person_at_it(self, office):
        at_desk, other = office.person("At Desk", "console", named=True), office.person("Other", "console", named=True)
        office.say(at_desk, "for them")
        office.say(other, "not for them")
        terminal = FakeChat("console", can_look_up=False)
        office.deliver(terminal, only=at_desk)
        assert [(post.place, "for them" in post.text) for post in terminal.posts] == [("At Desk @ PK-FIA-CCW", True)]
        assert office.states() == ["sent", "pending"]

    @pytest.mark.parametrize("name", ["slack", "telegram"])
    def test_a_long_message_goes_in_parts_and_what_arrived_is_not_sent_again(self, office, name):
        chat = FakeChat(name, can_look_up=name == "slack")
        chat.pieces = lambda message: tuple(Message((block,), message.label) for block in message.blocks[:3])
        office.say(office.person("Reader", name, named=True), "long")
        chat.next(Sent(""), arrived=True)
        chat.next(Wait(2))
        office.deliver(chat)
        assert len(chat.posts) == 1
        office.clock.move(seconds=5)  # where it can be asked, each part is looked for
        office.deliver(chat)
        assert [post.mark for post in chat.posts] == ["1", "1.2", "1.3"]
        assert len({post.text for post in chat.posts}) == 3

    def test_what_cannot_be_composed_fails_alone(self, office, slack):
        sick = office.say(office.person("Sick"), notice=Nudge(), cause="a reminder without its rung")
        for name in ("Ann", "Bob"):
            office.say(office.person(name), "the page is back")
        office.deliver(slack)
        assert [len(slack.texts(name)) for name in ("ANN", "BOB", "SICK")] == [1, 1, 0]
        row = office.row(sick)
        assert (row.state, row.attempts, row.outcome) == ("pending", 1, "TypeError while it was composed")


class TestOrder:
    def test_one_recipient_hears_of_one_record_in_order_even_after_a_failure(self, office, slack):
        reader = office.person("Reader", named=True)
        for text in ("first", "second", "third"):
            office.say(reader, text)
        slack.next(Unknown("no answer"))
        office.deliver(slack)
        assert slack.posts == []
        office.clock.move(seconds=10)
        office.deliver(slack)
        assert [text for post in slack.posts for text in ("first", "second", "third") if text in post.text] == [
            "first",
            "second",
            "third",
        ]

    def test_other_recipients_and_other_records_do_not_wait(self, office, slack):
        reader, other = office.person("Reader", named=True), office.person("Other", named=True)
        office.say(reader, "stuck")
        office.say(reader, "of the case", subject=office.case_ref)
        office.say(other, "for somebody else")
        slack.next(Unknown("no answer"), place="READER")
        office.deliver(slack)
        assert ["of the case" in text for text in slack.texts("READER")] == [True]
        assert len(slack.texts("OTHER")) == 1

    def test_what_waits_for_a_morning_is_not_said_and_holds_up_nothing(self, office, slack):
        reader = office.person("Reader", named=True)
        office.say(reader, "for the digest", wait=True)
        office.say(reader, "now")
        office.clock.move(days=3)
        office.deliver(slack)
        assert office.states() == ["pending", "sent"]

    def test_nobody_waits_for_a_slow_chat(self, office, slack):
        office.say(office.person("Slow", named=True), "slow")
        office.say(office.person("Quick", named=True), "quick")
        gate = slack.hold("SLOW")

        async def both():
            road = office.road(slack)
            draining = asyncio.create_task(road.drain())
            await slack.until(2)
            states = await asyncio.to_thread(office.states)
            gate.set()
            await draining
            return states

        assert asyncio.run(both())[0] == "sending"
        assert office.states() == ["sent", "sent"]


def heard_by_rooms(office, title):
    """News that a room reads, too."""
    return RequestReceived(
        ref=office.ref,
        title=title,
        label=Label.CLEAR,
        sender="PROV-META",
        sender_name="A provider",
        instrument="PROD-META",
        emergency=False,
        by="Officer",
        clock=None,
    )


class TestWhoMayHear:
    def dropped(self, office, chat, row):
        office.deliver(chat)
        assert chat.posts == []
        assert office.row(row).state == "dropped"
        return office.row(row).outcome

    def test_who_left_is_told_nothing(self, office, slack):
        reader = office.person("Reader", named=True)
        row = office.say(reader)
        change(office, Person, reader, active=False)
        assert "not there any more" in self.dropped(office, slack, row)

    def test_who_may_not_see_the_record_any_more_is_told_nothing(self, office, slack):
        row = office.say(office.person("Stranger", of="PK-NCCIA"))
        assert "may not see" in self.dropped(office, slack, row)

    def test_a_case_made_red_meanwhile_reaches_the_named_only(self, office, slack):
        named, colleague = office.person("Named", named=True), office.person("Colleague")
        office.say(named, "to the named")
        office.say(colleague, "to a colleague")
        relabel(office, Label.RED)
        office.deliver(slack)
        assert [(post.place, post.text.split("\n")[0]) for post in slack.posts] == [("NAMED", "TLP:RED")]

    def test_a_room_hears_nothing_above_its_ceiling_and_never_red(self, office, slack):
        rooms = {ceiling: office.room(f"Room {ceiling.rank}", ceiling=ceiling) for ceiling in Label}
        for label in Label:
            relabel(office, label)
            for ceiling, room in rooms.items():
                news = heard_by_rooms(office, f"{label} in {ceiling};")
                office.say(room, news.title, notice=news, label=Label.CLEAR)
            office.deliver(slack)
        allowed = [f"{label} in {ceiling}" for label in Label for ceiling in Label if label.rank <= ceiling.rank]
        heard = [line for line in allowed for post in slack.posts if f"{line};" in post.text]
        assert sorted(heard) == sorted(line for line in allowed if not line.startswith(Label.RED))

    def test_red_facts_go_to_no_room_even_where_the_record_is_open_now(self, office, slack):
        row = office.say(office.room("Desk Room", ceiling=Label.RED), label=Label.RED)
        assert "above the room's ceiling" in self.dropped(office, slack, row)

    @pytest.mark.parametrize(("label", "heard"), [(Label.AMBER, 1), (Label.AMBER_STRICT, 0)])
    def test_the_room_of_a_party_hears_up_to_amber(self, office, slack, label, heard):
        relabel(office, label)
        room = office.room("Provider Room", of="PROV-META", ceiling=Label.AMBER_STRICT)
        office.say(room, notice=heard_by_rooms(office, "news"))
        office.deliver(slack)
        assert len(slack.posts) == heard

    def test_the_room_of_somebody_else_hears_nothing(self, office, slack):
        row = office.say(office.room("Other Provider", of="PROV-X"))
        assert "may not see" in self.dropped(office, slack, row)

    def test_a_room_that_was_left_hears_nothing(self, office, slack):
        room = office.room("Desk Room")
        row = office.say(room)
        change(office, Channel, room, left_at=office.clock.now())
        assert "not there any more" in self.dropped(office, slack, row)


class TestQuietHours:
    NIGHT = {"quiet_from": "20:00", "quiet_until": "08:00"}  # noqa: RUF012 - read only

    @pytest.fixture(autouse=True)
    def night(self, office):
        office.clock.move_to(datetime(2026, 3, 2, 18, tzinfo=UTC))  # 23:00 in Islamabad

    def test_a_room_sleeps_until_its_morning(self, office, slack):
        row = office.say(office.room("Desk Room", **self.NIGHT))
        office.deliver(slack)
        assert slack.posts == []
        assert office.row(row).not_before == datetime(2026, 3, 3, 3, tzinfo=UTC)  # 08:00 in Islamabad
        office.clock.move(hours=9)
        office.deliver(slack)
        assert len(slack.posts) == 1

    def test_what_cannot_wait_wakes_it_and_passes_what_can(self, office, slack):
        room = office.room("Desk Room", **self.NIGHT)
        office.say(room, "1", notice=heard_by_rooms(office, "can wait"))
        office.say(room, "2", notice=heard_by_rooms(office, "cannot wait"), urgent=True)
        office.deliver(slack)
        assert ["cannot wait" in text for text in slack.texts("DESK-ROOM")] == [True]

    def test_a_person_has_no_quiet_hours(self, office, slack):
        office.say(office.person("Reader", named=True))
        office.deliver(slack)
        assert len(slack.posts) == 1


class TestPace:
    def test_a_burst_to_one_room_is_spaced_and_others_go_at_once(self, office, slack):
        room, other = office.room("Desk Room"), office.person("Other", named=True)
        for n in range(5):
            office.say(room, f"{n}")
        office.say(other, "other")
        seen = []
        for _ in range(5):
            office.deliver(slack, pace=SLACK)
            seen.append((len(slack.texts("DESK-ROOM")), len(slack.texts("OTHER"))))
            office.clock.move(seconds=1)
        assert seen == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]


class TestGivenUp:
    @pytest.mark.slow  # a day of tries
    def test_after_a_day_of_failures_it_is_given_up_and_the_manager_is_told(self, office, slack, telegram):
        office.person("Manager", "telegram", role=Role.MANAGER)
        row = office.say(office.person("Reader", named=True))
        tries = 0
        while office.row(row).state == "pending":
            slack.next(Unknown("no answer"))
            office.deliver(slack)
            office.clock.move_to(max(office.clock.now(), office.row(row).not_before))
            tries += 1
        assert timedelta(hours=24) <= office.clock.now() - office.row(1).send_started_at <= timedelta(hours=25)
        assert (office.row(row).state, slack.posts) == ("dead", [])
        office.deliver(telegram)
        [told] = telegram.texts("MANAGER")
        assert "Reader could not be reached" in told
        assert office.ref in told

    def test_many_failures_to_one_person_are_told_once_a_day_but_each_deadline_is(self, office, slack):
        office.person("Manager", "telegram", role=Role.MANAGER)
        reader = office.person("Reader", named=True)
        for n in range(3):
            office.say(reader, f"{n}", subject=office.case_ref)
        slack.next(*[Refused("account_inactive")] * 3)
        office.deliver(slack)
        assert len(office.rows("delivery_failed")) == 1

    def test_of_a_red_case_nobody_learns_who_may_not_see_it(self, office, slack):
        office.person("Manager", role=Role.MANAGER)
        office.person("Admin", role=Role.ADMIN)
        relabel(office, Label.RED)
        office.do(lambda work: add_account(work, office.people["Officer"], "slack", "OFFICER"))
        office.say(office.people["Officer"], "secret")
        slack.next(Refused("account_inactive"), place="OFFICER")
        office.deliver(slack)
        [told] = slack.posts
        assert told.place == "ADMIN"
        assert "Officer could not be reached" in told.text
        assert office.case_ref not in told.text

    def test_it_can_be_tried_again(self, office, slack):
        row = office.say(office.person("Reader", named=True))
        slack.next(Refused("account_inactive"))
        office.deliver(slack)
        assert office.row(row).state == "dead"
        office.do(lambda work: dead_letters.revive(work, [row]))
        office.deliver(slack)
        assert (office.row(row).state, len(slack.posts)) == ("sent", 1)

    def test_a_failure_to_tell_of_a_failure_tells_nobody(self, office, slack):
        office.person("Manager", role=Role.MANAGER)
        office.say(office.person("Reader", named=True))
        slack.next(*[Refused("account_inactive")] * 2)
        office.deliver(slack)
        assert office.states() == ["dead", "dead"]


class TestCards:
    """The request is changed by commands, as people do."""

    @pytest.fixture
    def reader(self, office, slack):
        reader = office.person("Reader", named=True)
        office.types("Officer", f"request acknowledge {office.ref}")
        office.deliver(slack)
        assert [post.place for post in slack.posts] == ["READER"]
        return reader

    @pytest.mark.usefixtures("reader")
    def test_a_change_edits_the_card_where_it_stands(self, office, slack):
        office.types("Officer", f"request produced {office.ref}")
        office.deliver(slack)
        first, second = slack.posts
        [edited] = first.edits
        assert "✅ ANSWERED" in edited
        assert second.edits == []

    @pytest.mark.usefixtures("reader")
    def test_several_changes_are_one_edit_of_the_newest_card(self, office, slack):
        office.types("Officer", f"request clarify {office.ref} asks:which? on:today")
        office.types("Officer", f"request supplement {office.ref} answer:that")
        office.deliver(slack)
        office.types("Officer", f"request withdraw {office.ref} because:done")
        office.deliver(slack)
        assert [len(post.edits) for post in slack.posts] == [1, 0, 1, 0]
        assert "withdrawn" in slack.posts[2].edits[0]

    def test_the_card_of_who_may_not_see_it_any_more_is_left_as_it_is(self, office, slack, reader):
        relabel(office, Label.AMBER_STRICT)
        change(office, Person, reader, active=False)
        office.types("Officer", f"request produced {office.ref}")
        office.deliver(slack)
        assert slack.posts[0].edits == []
        assert {row.state for row in office.rows("card_edit")} == {"dropped"}

    @pytest.mark.usefixtures("reader")
    def test_a_card_that_is_gone_is_no_failure(self, office, slack):
        slack.posts.clear()
        office.types("Officer", f"request produced {office.ref}")
        office.deliver(slack)
        assert office.rows("card_edit")[0].state == "dropped"
        assert office.rows("delivery_failed") == []

    def test_a_card_in_a_room_shows_where_it_stands_and_not_what_was_written(self, office, slack):
        room = office.room("Desk Room")
        office.say(room, notice=ApprovalAsked(office.ref, "Fake pages", "TLP:AMBER", "PROV-META", "danger", "Officer"))
        office.deliver(slack)
        office.types("Officer", f"request produced {office.ref}")
        office.deliver(slack)
        [edited] = slack.posts[0].edits
        assert "produced" in edited
        assert "fake.page.one" not in edited

    def test_a_change_while_the_card_is_on_its_way_is_not_missed(self, office, slack):
        office.person("Reader", named=True)
        office.types("Officer", f"request acknowledge {office.ref}")
        gate = slack.hold("READER")

        async def change_meanwhile():
            draining = asyncio.create_task(office.road(slack).drain())
            await slack.until(1)
            await office.dispatch.receive(Inbound("console", "k", "Officer", f"request produced {office.ref}"))
            gate.set()
            await draining

        asyncio.run(change_meanwhile())
        office.deliver(slack)
        assert "produced" in slack.posts[0].edits[0]


def test_who_is_stopped_takes_nothing_more_and_settles_what_is_in_the_air(office, slack):
    reader = office.person("Reader", named=True)
    for text in ("first", "second", "third"):
        office.say(reader, text)
    gate = slack.hold("READER")

    async def stop_in_the_air():
        road = office.road(slack)
        running = asyncio.create_task(road.run())
        await slack.until(1)
        road.stop()
        gate.set()
        await asyncio.wait_for(running, SECONDS)

    asyncio.run(stop_in_the_air())
    assert (office.states(), len(slack.posts)) == (["sent", "pending", "pending"], 1)


def test_all_roads_run_until_they_are_stopped(office, slack, telegram):
    office.say(office.person("On Slack", named=True), "one")
    office.say(office.person("On Telegram", "telegram", named=True), "two")

    async def run():
        delivery = Delivery([office.road(slack), office.road(telegram)])
        running = asyncio.create_task(delivery.run())
        await asyncio.gather(slack.until(1), telegram.until(1))
        delivery.stop()
        await asyncio.wait_for(running, SECONDS)

    asyncio.run(run())
    assert office.states() == ["sent", "sent"]
