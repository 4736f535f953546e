"""What platforms and wires do to us: each row of the table of faults, by its number, on a clock that stands still.

The platforms are fakes with a memory; those behind HTTP fail on a real wire of this machine.
"""

import asyncio
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pytest

from bot.adapters.contract import Inbound
from bot.adapters.outcome import FORMATTING, Down, Halt, Moved, Refused, Unknown, Wait
from bot.outbound.pacing import SLACK, TELEGRAM
from bot.rendering.render import Renderer
from handlers.outgoing import COMPOSERS
from storage.exposure.roles import Role
from storage.messages import heartbeat
from storage.models import Channel
from tests import office as offices
from tests.fakes import ChatServer, FakeChat, HttpChat
from tests.office import SECONDS, Office

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def office(sqlite_store, clock):
    return Office(sqlite_store, clock)


@pytest.fixture
def slack():
    return FakeChat("slack")


@pytest.fixture
def telegram():
    return FakeChat("telegram", can_look_up=False)


def deliver_until(office, chat, moment, *, step_seconds=30):
    """Go on through time, delivering, for so many seconds."""
    until = office.clock.now().timestamp() + moment
    while office.clock.now().timestamp() < until:
        office.deliver(chat)
        office.clock.move(seconds=step_seconds)
    office.deliver(chat)


class TestRows8And9NobodyKnowsWhetherItArrived:
    @pytest.mark.parametrize("trouble", ["silence", "reset"])
    def test_it_arrived_and_the_answer_did_not_so_it_is_found_and_not_said_again(self, office, trouble):
        row = office.say(office.person("Reader", named=True))
        with ChatServer() as server:
            chat = HttpChat("slack", server.port)
            server.troubles.append(trouble)
            office.deliver(chat, send_seconds=0.2)
            assert (office.row(row).state, office.row(row).send_started_at) == ("pending", office.clock.now())
            server.speak()
            office.clock.move(seconds=1)
            office.deliver(chat)
            assert (office.row(row).state, len(server.posts)) == ("sent", 1)

    def test_it_did_not_arrive_so_it_is_said(self, office, slack):
        row = office.say(office.person("Reader", named=True))
        slack.next(Unknown("reset"))
        office.deliver(slack)
        office.clock.move(seconds=10)
        office.deliver(slack)
        assert (office.row(row).state, len(slack.posts), slack.asked) == ("sent", 1, [str(row)])

    def test_who_cannot_be_asked_gets_it_once_more_and_reads_that_it_is_a_repeat(self, office, telegram):
        row = office.say(office.person("Reader", "telegram", named=True), "news")
        telegram.next(Unknown("timeout"), arrived=True)
        office.deliver(telegram)
        office.clock.move(seconds=1)
        office.deliver(telegram)
        first, second = telegram.texts("READER")
        assert "Repeated" not in first
        assert "Repeated" in second
        assert "news" in second
        assert (office.row(row).state, office.row(row).marked) == ("sent", True)

    def test_after_two_such_sendings_it_is_not_said_a_third_time_but_somebody_is_told(self, office, telegram):
        office.person("Manager", "telegram", role=Role.MANAGER)
        row = office.say(office.person("Reader", "telegram", named=True))
        telegram.next(Unknown("timeout"), Unknown("timeout"), arrived=True)
        deliver_until(office, telegram, 600)
        assert len(telegram.texts("READER")) == 2
        assert (office.row(row).state, len(telegram.texts("MANAGER"))) == ("dead", 1)

    def test_a_marked_repeat_that_must_wait_is_still_made_and_once(self, office, telegram):
        office.say(office.person("Reader", "telegram", named=True))
        telegram.next(Unknown("timeout"), arrived=True)
        telegram.next(Wait(3))
        deliver_until(office, telegram, 60, step_seconds=1)
        assert ["Repeated" in text for text in telegram.texts("READER")] == [False, True]

    def test_a_platform_that_cannot_answer_the_question_is_asked_again(self, office, slack):
        row = office.say(office.person("Reader", named=True))
        slack.next(Unknown("timeout"), arrived=True)
        office.deliver(slack)
        asked, slack.find = slack.find, lambda *_: _answer(Down("no connection"))
        deliver_until(office, slack, 60, step_seconds=10)
        slack.find = asked
        deliver_until(office, slack, 60, step_seconds=10)
        assert (office.row(row).state, len(slack.posts)) == ("sent", 1)


async def _answer(outcome):
    return outcome


async def _broken(*_, **__):
    raise ZeroDivisionError


class TestRows10And11TooFast:
    def test_that_chat_waits_the_others_go_on_and_no_attempt_is_burned(self, office, slack):
        row = office.say(office.person("Reader", named=True), "one")
        slack.next(Wait(30), place="READER")
        office.deliver(slack)
        office.say(office.person("Other", named=True), "two")
        office.say(office.people["Reader"], "three", subject=office.case_ref)
        office.clock.move(seconds=29)
        office.deliver(slack)
        assert ([post.place for post in slack.posts], office.row(row).attempts) == (["OTHER"], 0)
        office.clock.move(seconds=1)
        office.deliver(slack)
        assert [post.place for post in slack.posts] == ["OTHER", "READER", "READER"]

    @pytest.mark.parametrize(("asked", "believed"), [(0, 1), (-1, 1), (1e9, 300), (float("nan"), 1), (30, 30)])
    def test_an_absurd_wait_is_clamped(self, office, slack, asked, believed):
        row = office.say(office.person("Reader", named=True))
        slack.next(Wait(asked))
        office.deliver(slack)
        assert (office.row(row).not_before - office.clock.now()).total_seconds() == believed


class TestRow12AnHourOfErrors:
    @pytest.mark.parametrize("outcome", [Unknown("500"), Down("503")])
    def test_all_is_delivered_after_it_in_order(self, office, slack, outcome):
        reader = office.person("Reader", named=True)
        for n in range(5):
            office.say(reader, f"number {n}")
        slack.next(*[outcome] * 500)
        deliver_until(office, slack, 3600)
        assert slack.posts == []
        slack.works()
        deliver_until(office, slack, 600)
        assert [post.text.split("number ")[1][0] for post in slack.posts] == list("01234")


def test_row_13_a_slow_platform_holds_up_no_other_and_no_command(office, slack, telegram):
    office.say(office.person("Slow", named=True))
    office.say(office.person("Quick", "telegram", named=True))
    gate = slack.hold("SLOW")

    async def meanwhile():
        slow, quick = office.road(slack), office.road(telegram)
        draining = asyncio.create_task(slow.drain())
        await slack.until(1)
        await quick.drain()
        line = Inbound("console", "k", "Officer", f"case status {office.case_ref}")
        answered = await office.dispatch.receive(line)
        assert not draining.done(), "the slow one is still waiting, and all this happened meanwhile"
        gate.set()
        await draining
        return answered

    answer = asyncio.run(meanwhile())
    assert (len(telegram.posts), answer.failed) == (1, False)


@pytest.mark.slow  # a day of tries
def test_row_14_down_for_a_day_then_drained_at_the_pace_of_the_platform(office, slack):
    people = [office.person(f"Reader {n}", named=True) for n in range(3)]
    for n in range(4):
        for person in people:
            office.say(person, f"{n}")
    slack.next(*[Down("no such name")] * 10_000)
    office.deliver(slack, pace=SLACK)
    office.clock.move(seconds=2)
    office.deliver(slack)
    assert len(slack.tried) == 3 + 1, "a platform that is down is tried with one row"
    office.clock.move(minutes=3)
    assert "unsent slack" in heartbeat.troubles(office.store.read(heartbeat.read).result(SECONDS))
    deliver_until(office, slack, 86_400, step_seconds=120)
    assert (slack.posts, set(office.states())) == ([], {"pending"})
    slack.works()
    office.clock.move(minutes=6)
    counts = []
    for _ in range(8):
        office.deliver(slack)
        counts.append(len(slack.posts))
        office.clock.move(seconds=1)
    assert [later - earlier for earlier, later in pairwise(counts)][:2] == [3, 3]
    assert counts[-1] == 12
    assert "unsent slack" not in heartbeat.troubles(office.store.read(heartbeat.read).result(SECONDS))


class TestRow15TokenRevoked:
    def test_the_platform_pauses_nothing_dies_and_one_alarm_goes_another_way(self, office, slack, telegram):
        office.person("Admin", "slack", role=Role.ADMIN)
        office.do(lambda work: offices.add_account(work, office.people["Admin"], "telegram", "ADMIN"))
        rows = [office.say(office.person(f"Reader {n}", named=True)) for n in range(3)]
        slack.next(*[Halt("invalid_auth")] * 100)
        deliver_until(office, slack, 7200, step_seconds=60)
        office.deliver(telegram)
        assert ([office.row(row).state for row in rows], slack.posts) == (["pending"] * 3, [])
        assert [office.row(row).attempts for row in rows] == [0, 0, 0]
        [alarm] = telegram.texts("ADMIN")
        assert "Slack does not let the desk in" in alarm
        assert "halted slack" in heartbeat.troubles(office.store.read(heartbeat.read).result(SECONDS))
        slack.works()
        deliver_until(office, slack, 600, step_seconds=60)
        assert len(slack.posts) == 3
        assert "halted slack" not in heartbeat.troubles(office.store.read(heartbeat.read).result(SECONDS))

    def test_an_administrator_without_another_account_reads_it_at_a_terminal(self, office, slack):
        office.person("Admin", "slack", role=Role.ADMIN)
        office.say(office.person("Reader", named=True))
        slack.next(Halt("invalid_auth"))
        office.deliver(slack)
        assert [row.platform for row in office.rows("platform_halted")] == ["console"]


class TestRow16NobodyThere:
    @pytest.mark.parametrize("reason", ["channel_not_found", "is_archived", "account_inactive", "bot was blocked"])
    def test_that_row_is_dead_and_the_stand_in_is_told_once(self, office, slack, reason):
        office.person("Manager", role=Role.MANAGER)
        row = office.say(office.room("Desk Room"))
        slack.next(Refused(reason), place="DESK-ROOM")
        deliver_until(office, slack, 600)
        assert (office.row(row).state, office.row(row).outcome) == ("dead", reason)
        [told] = slack.texts("MANAGER")
        assert "Desk Room could not be reached" in told

    def test_a_reminder_of_a_deadline_is_raised_by_another_road_each_time(self, office, slack, monkeypatch):
        monkeypatch.setitem(COMPOSERS, "nudge", COMPOSERS["card_edit"])
        office.person("Manager", role=Role.MANAGER)
        room = office.room("Desk Room")
        for n in range(2):
            office.say(room, cause=f"ring {n}", notice=offices.Nudge())
        slack.next(*[Refused("is_archived")] * 2, place="DESK-ROOM")
        office.deliver(slack)
        told = slack.texts("MANAGER")
        assert len(told) == 2
        assert all("It was about a deadline" in text for text in told)


class TestRow17TheGroupMoved:
    def test_the_address_is_changed_and_it_arrives_there(self, office, telegram):
        room = office.room("Old Group", "telegram")
        row = office.say(room)
        telegram.next(Moved("-100200"))
        deliver_until(office, telegram, 60)
        assert ([post.place for post in telegram.posts], office.row(row).state) == (["-100200"], "sent")

    def test_where_the_new_group_is_known_already_the_old_one_is_left(self, office, telegram):
        room = office.room("Old Group", "telegram")
        office.room("-100200", "telegram")
        row = office.say(room)
        telegram.next(Moved("-100200"))
        deliver_until(office, telegram, 60)
        number = room.number
        left = office.store.read(lambda work: work.session.get_one(Channel, number).left_at).result(SECONDS)
        assert (left is not None, office.row(row).state) == (True, "dropped")


class TestRow32ItCannotBeSaidAsItIs:
    def test_a_broken_template_goes_out_plainly_with_the_reference(self, office, slack, tmp_path, monkeypatch, caplog):
        folder = copytree(TEMPLATES, tmp_path / "templates")
        (folder / "messages" / "case_noted.md.j2").write_text("{{ no_such_field }}")
        monkeypatch.setattr(offices, "RENDERER", Renderer(folder))
        row = office.say(office.person("Reader", named=True))
        office.deliver(slack)
        office.deliver(slack)
        [text] = slack.texts("READER")
        assert text == f"TLP:AMBER\n\ncase noted {office.ref}"
        assert office.row(row).outcome == "said plainly"
        assert "no_such_field" in caplog.text

    def test_what_the_platform_will_not_format_goes_out_once_as_plain_text(self, office, slack, caplog):
        row = office.say(office.person("Reader", named=True), "news")
        slack.next(Refused(FORMATTING))
        office.deliver(slack)
        [post] = slack.posts
        assert post.text.startswith("TLP:AMBER")
        assert "news" in post.text
        assert (office.row(row).state, office.row(row).outcome) == ("sent", "said plainly")
        assert "refused the formatting" in caplog.text

    def test_a_composer_that_breaks_stops_only_its_own_row(self, office, slack, monkeypatch, caplog):
        monkeypatch.setitem(COMPOSERS, "nudge", lambda *_: 1 / 0)
        broken = office.say(office.person("Reader", named=True), notice=offices.Nudge())
        office.say(office.person("Other", named=True))
        office.deliver(slack)
        assert ([post.place for post in slack.posts], office.row(broken).state) == (["OTHER"], "pending")
        assert "ZeroDivisionError" in caplog.text


def test_a_fault_in_an_adapter_is_an_unknown_outcome(office, slack, caplog):
    row = office.say(office.person("Reader", named=True))
    said, slack.send = slack.send, _broken
    office.deliver(slack)
    assert office.row(row).outcome == "ZeroDivisionError in the adapter"
    assert "ZeroDivisionError" in caplog.text
    slack.send = said
    office.clock.move(seconds=10)
    office.deliver(slack)
    assert (office.row(row).state, len(slack.posts)) == ("sent", 1)


def test_a_burst_of_thirty_to_one_group_keeps_to_twenty_a_minute(office, telegram):
    room = office.room("Group", "telegram")
    for n in range(30):
        office.say(room, f"{n}")
    for _ in range(59):
        office.deliver(telegram, pace=TELEGRAM)
        office.clock.move(seconds=1)
    assert len(telegram.posts) == 20
    deliver_until(office, telegram, 60, step_seconds=1)
    assert len(telegram.posts) == 30
