"""A platform that fails: what is urgent goes to people's next accounts, once; the rest waits; the record says so."""

import asyncio

import pytest

from bot.adapters.outcome import Down, Halt, Refused, Unknown
from bot.outbound.outage import FAILS_SECONDS, FORGET_SECONDS, Outage
from bot.outbound.pacing import Retry
from storage.messages import heartbeat
from tests.fakes import FakeChat
from tests.office import SECONDS, Office, add_account


@pytest.fixture
def office(sqlite_store, clock):
    made = Office(sqlite_store, clock)
    made.reader = made.person("Reader", named=True)
    made.do(lambda work: add_account(work, made.reader, "telegram", "T-READER"))
    made.slack, made.telegram = FakeChat("slack"), FakeChat("telegram", can_look_up=False)
    return made


def pass_by(office, seconds, *, step=15):
    """Both platforms look for something to say, again and again, as the running process does."""
    for _ in range(0, seconds, step):
        for chat in (office.slack, office.telegram):
            office.deliver(chat)
            asyncio.run(office._roads[chat.name]._heartbeat())
        office.clock.move(seconds=step)


def troubles(office):
    found = heartbeat.troubles(office.store.read(heartbeat.read).result(SECONDS))
    return [one for one in found if one.startswith(("down", "halted"))]


def urgent(office, text="a life", **how):
    return office.say(office.reader, text, urgent=True, subject="", **how)


def test_a_minute_is_waited_for(office):
    urgent(office)
    office.slack.next(*[Down("503")] * 4)
    pass_by(office, 120)
    assert (len(office.slack.posts), office.telegram.posts, troubles(office)) == (1, [], [])


@pytest.mark.parametrize(("trouble", "code"), [(Down("503"), "down slack"), (Halt("invalid_auth"), "halted slack")])
def test_after_two_minutes_what_is_urgent_goes_another_way_and_is_said_once(office, trouble, code):
    office.say(office.reader, "no hurry")
    urgent(office)
    office.slack.next(*[trouble] * 500)
    pass_by(office, 300)
    urgent(office, "a second life")
    pass_by(office, 600)
    assert [("a life" in one, "a second life" in one) for one in office.telegram.texts("T-READER")] == [
        (True, False),
        (False, True),
    ]
    assert troubles(office) == [code]
    office.slack.works()
    pass_by(office, 600)
    [text] = office.slack.texts("READER")
    assert "no hurry" in text
    assert len(office.telegram.posts) == 2
    assert troubles(office) == []


def test_a_platform_that_answers_nothing_fails_for_what_is_urgent_and_the_other_says_that_it_may_be_there(office):
    waits = office.say(office.reader, "no hurry", subject="")
    urgent(office)
    office.slack.next(*[Unknown("no answer in 8 s")] * 500)
    office.slack.find = lambda *_: asyncio.sleep(0, Unknown("no answer in 8 s"))
    pass_by(office, 400)
    [text] = office.telegram.texts("T-READER")
    assert "a life" in text
    assert "Repeated" in text
    assert (office.row(waits).state, office.row(waits).platform) == ("pending", "slack")


def test_who_has_no_other_account_waits_and_nothing_is_given_up(office):
    alone = office.person("Alone", named=True)
    row = office.say(alone, "a life", urgent=True)
    office.slack.next(*[Down("503")] * 500)
    pass_by(office, 900)
    assert (office.row(row).state, office.row(row).platform) == ("pending", "slack")


def test_where_both_fail_it_stays_where_it_is(office):
    row = urgent(office)
    office.do(lambda work: heartbeat.down(work, "telegram"))
    office.slack.next(*[Down("503")] * 500)
    for _ in range(5):
        office.deliver(office.slack)
        office.clock.move(minutes=1)
    assert (office.row(row).state, office.row(row).platform) == ("pending", "slack")


def test_refused_goes_the_same_way_at_once(office):
    urgent(office)
    office.slack.next(Refused("account_inactive"))
    office.deliver(office.slack)
    office.deliver(office.telegram)
    assert len(office.telegram.posts) == 1


class TestOutage:
    def outage(self):
        return Outage(Retry(), lambda: 0.0)

    def test_it_fails_after_two_minutes_without_a_success(self):
        outage = self.outage()
        outage.down(0)
        assert not outage.fails(FAILS_SECONDS - 1)
        outage.down(FAILS_SECONDS)
        assert outage.fails(FAILS_SECONDS)
        outage.over()
        assert not outage.fails(FAILS_SECONDS)

    def test_what_nobody_has_tried_for_long_is_not_known_to_fail(self):
        outage = self.outage()
        outage.shut_out(0)
        assert outage.fails(FORGET_SECONDS - 1)
        assert not outage.fails(FORGET_SECONDS)
        outage.over()
        outage.down(0)
        outage.down(10_000)
        assert not outage.fails(10_000)

    def test_several_that_fail_together_count_once(self):
        outage = self.outage()
        assert [outage.down(0), outage.down(0.5), outage.down(1.0)] == [1, 0.5, 2]
