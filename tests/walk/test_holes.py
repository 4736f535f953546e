"""The holes that were, each with its shortest story."""

import pytest

from tests.walk.scene import account, case_ref, name, world
from tests.walk.walking import Tally, told

pytestmark = pytest.mark.slow  # it proves the walk, which is walked in the slow run

AMBER, RED = case_ref(3), case_ref(5)


@pytest.fixture
def right():
    """Say that nothing of what was read is a breach."""

    def check(seen):
        assert seen
        breaches = Tally().judge(world(), seen)
        assert not breaches, "\n" + told(breaches)

    return check


def ask(case, accounts, *, file=False):
    if not file:
        return f'request check {case} to:PROV-META as:PROD-META data:bsi accounts:"{accounts}"'
    return (
        f'request file {case} to:PROV-META as:PROD-META data:bsi accounts:"{accounts}" reason:fraud'
        ' despite:"it must be" basis:"domestic court order 1" date_range:"2026-01-01..2026-03-01" user_notification:no'
    )


def test_the_week_read_out_in_a_room_says_nothing_of_a_hold_of_a_red_case(desk):
    who = "officer, shared authority"
    desk.must(who, 'case open "Kept" category:other label:red')
    desk.must(who, "preservation ask 1 to:PROV-META as:PRES-META accounts:somebody days:5")
    desk.say("manager, shared authority", "Slack, a room never asked into", "desk channel here for:PK-PTA label:amber")

    seen = desk.say(who, "Slack, a room never asked into, aloud", "summary week")

    assert any("opened" in one.text for one in seen)
    assert not [one for one in seen if one.where.how == "aloud" and "PTA-2026-0001" in one.text]


def test_what_the_filer_knows_of_a_red_case_is_not_told_to_the_watchers_of_another(desk):
    desk.must("lead", f'case assign {AMBER} to:"{name("own officer")}"')
    desk.must("lead", ask(AMBER, "kx505account", file=True))

    heard = [one for one in desk.drain() if one.who == "own officer"]
    assert heard
    assert all(RED not in one.text for one in heard)


def test_what_the_filer_knows_of_a_red_case_is_not_read_out_by_a_check(desk):
    seen = desk.say("lead", "Slack, own room, aloud", ask(AMBER, "kx505account"))

    assert all(RED not in one.text for one in seen if one.where.how != "alone")


@pytest.mark.parametrize(
    "place", ["Telegram, own group", "Slack, own room, aloud", "Slack, a room never asked into, aloud"]
)
def test_who_i_am_is_not_shown_to_a_room(desk, right, place):
    right(desk.say("own officer", place, "desk me"))


@pytest.mark.parametrize(
    "place", ["Telegram, private", "Slack, own room", "Slack, a room never asked into", "Slack, a guest, private"]
)
@pytest.mark.parametrize(
    "line", [f"request sent {RED}/1", f"case close {RED} because:over", f"request reopen {RED}/2 because:no"]
)
def test_a_refusal_is_as_confidential_as_what_it_tells(desk, right, place, line):
    right(desk.say("lead", place, line.replace(RED, RED.replace("-000", "-"))))  # typed short: what is full is answered


def test_an_administrator_is_not_told_the_red_cases_of_who_leaves(desk, right):
    right(desk.say("own admin", "terminal", f'desk person remove "{name("lead")}"'))


def test_a_file_number_of_a_red_case_reads_like_one_that_is_free(desk):
    free, taken = (
        desk.answer("own officer", "terminal", f'case open "New {own}" category:other label:green own:{own}')
        for own in ("kx599own", "kx500own")
    )

    assert (taken.refused, len(taken.messages)) == (free.refused, len(free.messages))


class TestRevoked:
    def revoke(self, desk):
        desk.runner.run(
            desk.dispatch.receive(
                desk.inbound("own admin", "terminal", f"desk unlink slack:{account('named officer', 'slack')}")
            )
        )

    def said(self, desk, line, *, after, key):
        answer = desk.answer("named officer", "Slack, private", line, after=after, key=key)
        text = "\n".join(message.plain() for message in answer.messages)
        return text, answer.files

    @pytest.mark.parametrize(
        ("after", "key"), [pytest.param(3, "second", id="repeated"), pytest.param(86_400, "first", id="redelivered")]
    )
    @pytest.mark.parametrize("line", [f"case download {RED}/A1", f'case note {RED} "kx500note"'])
    def test_a_line_that_comes_again_is_answered_to_nobody_who_was_revoked(self, desk, line, after, key):
        text, files = self.said(desk, line, after=20, key="first")
        assert RED in text
        assert bool(files) is ("download" in line)
        self.revoke(desk)

        text, files = self.said(desk, line, after=after, key=key)

        assert not files
        assert RED not in text.replace(line, "")  # what they typed themselves they may read
        assert "kx500title" not in text


@pytest.mark.parametrize(
    ("line", "canary"),
    [
        pytest.param(f"request status {AMBER}/5", "kx305despite", id="filed despite"),
        pytest.param(f"request why {AMBER}/5", "kx305extension", id="why we gave time"),
        pytest.param(f"request history {AMBER}/5", "kx305snooze", id="why we waited"),
        pytest.param(f"request history {AMBER}/5", "kx305extension", id="what the history notes"),
        pytest.param(f"request status {AMBER}/2", f"{AMBER}/P1", id="our hold elsewhere"),
        pytest.param(f"request status {AMBER}/2", f"{AMBER}/1", id="what it follows from"),
        pytest.param(f"request status {AMBER}/2", "not verified", id="cautions on their law"),
        pytest.param(f"request status {AMBER}/5", name("named officer"), id="our officers"),
    ],
)
@pytest.mark.parametrize("who", ["liaison, party", "officer, party"])
def test_the_party_reads_what_was_exchanged_and_nothing_of_our_own(desk, who, line, canary):
    text = desk.say(who, "terminal", line)[0].text

    assert AMBER in text, "they see their own request"
    assert canary not in text


@pytest.mark.parametrize("place", ["Slack, own room, aloud", "Telegram, own group"])
@pytest.mark.parametrize(
    "line", [f"request status {AMBER}/2", f'request clarify {AMBER}/2 asks:"kx302question" on:today']
)
def test_a_room_reads_nothing_that_the_parties_wrote(desk, place, line):
    seen = desk.say("lead", place, line)

    assert seen[0].where.how == "aloud"
    assert not [word for word in ("kx302basis", "kx302reason", "kx302question", "kx301account") if word in seen[0].text]


@pytest.mark.parametrize("place", ["Slack, own room, aloud", "Telegram, own group"])
def test_a_room_reads_nothing_of_our_deliberation(desk, place):
    seen = desk.say("lead", place, f"request why {AMBER}/5")

    assert seen[0].where.how == "aloud"
    assert "kx305extension" not in seen[0].text
