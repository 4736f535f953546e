"""A flood costs the record nothing, keeps nothing, and holds up nobody; strangers leave nothing behind."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from bot.adapters.contract import Inbound
from bot.app import open_desk
from bot.inbound import throttle
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.limits import LOOKS
from bot.inbound.throttle import Throttle, ThrottledForms
from bot.rendering.render import Renderer
from bot.settings import Settings
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.models import InboxRow
from storage.models.base import Base

SECONDS = 30
CANARY = "canary-word"
RENDERER = Renderer()


class CountingStore:
    """The store, and how often it was asked."""

    def __init__(self, store):
        self._store, self.asked = store, Counter()

    def read(self, job):
        self.asked["read"] += 1
        return self._store.read(job)

    def write(self, job):
        self.asked["write"] += 1
        return self._store.write(job)

    def __getattr__(self, name):
        return getattr(self._store, name)


class Desk:
    """A desk with two officers on Telegram, behind the throttle; `now` is its clock of seconds."""

    def __init__(self, store):
        self.store, self.now, self._keys = CountingStore(store), 0.0, count()
        for name, number in (("Day Officer", 1), ("Night Officer", 2)):
            self.do(
                lambda work, name=name, number=number: people.enrol_at(
                    work, name, "PK-FIA-CCW", Role.OFFICER, [f"telegram:{number}"]
                )
            )
        self.throttle = Throttle(self.store, RENDERER, elapsed=lambda: self.now)
        self.dispatch = Dispatch(self.store, COMMANDS, RENDERER, None, self.throttle)

    def do(self, job):
        return self.store.write(job).result(SECONDS)

    def line(self, text, account="1", *, key="", platform="telegram", **more):
        return Inbound(platform, key or f"k{next(self._keys)}", account, text, **more)

    def hears(self, *lines):
        """The answers to lines that come at one moment, and what the store was asked for them."""
        self.store.asked.clear()

        async def all_of_them():
            return await asyncio.gather(*(self.dispatch.receive(one) for one in lines))

        found = asyncio.run(all_of_them())
        return found, Counter(self.store.asked)

    def says(self, text, account="1", **more):
        """The words of one answer."""
        [answer], _ = self.hears(self.line(text, account, **more))
        return " ".join(message.plain() for message in answer.messages)

    def contents(self):
        """How many rows there are, in each table."""
        tables = Base.metadata.sorted_tables

        def job(work):
            return {one.name: work.session.scalar(select(func.count()).select_from(one)) for one in tables}

        return self.store.read(job).result(SECONDS)

    def dump(self):
        """Everything there is, as text."""
        tables = Base.metadata.sorted_tables
        return self.store.read(
            lambda work: "\n".join(str(row) for one in tables for row in work.session.execute(select(one)))
        ).result(SECONDS)


@pytest.fixture
def desk(store):
    return Desk(store)


def test_a_thousand_lines_cost_twenty_looks_and_one_polite_line(desk):
    desk.says("case list")
    desk.now = 100.0
    before = desk.contents()
    answers, asked = desk.hears(*(desk.line(f"case list {n}") for n in range(1_000)))
    assert sum(asked.values()) <= 20 * 2  # a line that is refused is looked at in a write as well
    silent = [answer for answer in answers if not answer.messages]
    told = [
        answer.messages[0].plain()
        for answer in answers
        if answer.messages and "60 seconds" in answer.messages[0].plain()
    ]
    assert (len(silent), len(told)) == (979, 1)
    assert answers.index(silent[0]) == 21
    assert all(answer.refused and answer.kept for answer in silent)
    assert desk.contents()["inbox"] - before["inbox"] <= 20
    assert desk.throttle.limits.refused == {"person": 980}


def test_others_are_answered_as_if_there_were_no_flood(desk):
    desk.says("case list", "2")
    answers, asked = desk.hears(*(desk.line(f"{CANARY} {n}") for n in range(500)), desk.line("case list", "2"))
    assert answers[-1].messages
    assert not answers[-1].refused
    assert sum(asked.values()) <= 1 + 20 * 2 + 1
    assert desk.dump().count(CANARY) <= 20 * 4  # of those that were read, and refused by name


def test_nothing_of_a_refused_line_is_kept(desk):
    desk.hears(*(desk.line("case list") for _ in range(20)))
    desk.hears(*(desk.line(f"case note 1 {CANARY}") for _ in range(50)))
    assert CANARY not in desk.dump()


def test_an_emergency_goes_through_behind_a_flood(desk):
    desk.hears(*(desk.line("case list") for _ in range(200)))
    said = desk.says("request file 1 to:META emergency:yes")
    assert said
    assert "seconds" not in said
    assert desk.says("request file 1 to:META emergency:no") == ""


def test_buttons_forms_and_lines_are_one_sum(desk):
    """Whatever an adapter makes of a press or a form is a line."""
    desk.hears(*(desk.line("case list", room="-100", key=f"button {n}") for n in range(20)))
    assert "20 lines" in desk.says("case list")


def test_a_room_is_told_once(desk):
    for number in range(3, 9):
        desk.do(
            lambda work, number=number: people.enrol_at(
                work, f"Officer {number}", "PK-FIA-CCW", Role.OFFICER, [f"telegram:{number}"]
            )
        )
    lines = [desk.line("case list", str(number), room="-100") for number in range(3, 9) for _ in range(15)]
    answers, _ = desk.hears(*lines)
    told = [one for one in answers if one.messages and "this room" in one.messages[0].plain()]
    assert len(told) == 1
    assert Counter(bool(one.messages) for one in answers)[False] == 29


def test_who_gives_a_script_to_a_terminal_is_not_held_up(desk):
    answers, _ = desk.hears(*(desk.line("case list", "Day Officer", platform="console") for _ in range(100)))
    assert all(one.messages for one in answers)


def test_a_repeat_of_what_was_done_gets_its_answer_behind_a_flood(desk):
    opened = desk.line('case open "Fake shop" category:fraud', key="once")
    [first], _ = desk.hears(opened)
    desk.hears(*(desk.line("case list") for _ in range(200)))
    [again], _ = desk.hears(opened)
    assert [one.plain() for one in again.messages] == [one.plain() for one in first.messages]


class TestStrangers:
    @pytest.mark.parametrize("strangers", [20, pytest.param(200, marks=pytest.mark.slow)])
    def test_ten_lines_of_each_leave_nothing_and_are_answered_once(self, desk, strangers):
        before = desk.contents()
        lines = [desk.line(f"hello {CANARY}", f"9{n % strangers}") for n in range(10 * strangers)]
        answers, asked = desk.hears(*lines)
        assert sum(bool(one.messages) for one in answers) == strangers
        assert asked == {"read": strangers}
        assert desk.contents() == before
        assert CANARY not in desk.dump()
        assert desk.throttle.limits.refused == {"stranger": 9 * strangers}

    def test_the_answer_says_how_to_come_in_and_comes_again_for_the_same_message(self, desk):
        assert "telegram:99" in desk.says("hello", "99", key="m1")
        assert desk.says("hello?", "99", key="m2") == ""
        assert "telegram:99" in desk.says("hello", "99", key="m1")
        desk.now = 3_600.0
        assert "telegram:99" in desk.says("hello", "99", key="m3")

    def test_who_is_let_in_is_answered_ten_seconds_later(self, desk):
        desk.says("case list", "99")
        desk.do(lambda work: people.enrol_at(work, "New Officer", "PK-FIA-CCW", Role.OFFICER, ["telegram:99"]))
        desk.now = 10.0
        assert "no case" in desk.says("case list", "99").lower()

    def test_a_code_links_at_once_between_other_lines_and_its_repeat_is_the_same(self, desk):
        for n in range(5):
            desk.says(f"hello {n}", "99")
        said = desk.says("desk link")
        code = next(word for word in said.replace("`", " ").split() if word.count("-") == 2 and len(word) == 14)
        linking = desk.line(f"desk link {code}", "99", key="linking")
        [first], _ = desk.hears(linking)
        [again], _ = desk.hears(linking)
        assert not first.refused
        assert [one.plain() for one in again.messages] == [one.plain() for one in first.messages]
        assert "no case" in desk.says("case list", "99").lower()

    def test_five_wrong_codes_an_hour_and_what_was_typed_is_not_kept(self, desk):
        said = [desk.says(f"desk link {CANARY}{n}", "99") for n in range(14)]
        assert "1 try left" in said[3]
        assert all("Too many wrong codes" in one for one in said[5:10])
        assert said[10:] == [""] * 4
        assert CANARY not in desk.dump()
        rows = desk.store.read(lambda work: work.session.scalar(select(func.count(InboxRow.id)))).result(SECONDS)
        assert rows == 10

    def test_two_codes_in_one_second_are_two_tries(self, desk):
        assert "4 tries left" in desk.says("desk link AAAA", "99")
        assert "3 tries left" in desk.says("desk link BBBB", "99")

    def test_who_was_unlinked_is_a_stranger_again_ten_minutes_later_at_most(self, desk):
        desk.says("case list")
        desk.says("desk unlink telegram:1")
        desk.store.clock.move(minutes=10)
        desk.now = timedelta(minutes=10).total_seconds()
        before = desk.contents()
        assert "telegram:1" in desk.says(CANARY)
        assert desk.contents() == before


def test_the_desk_that_runs_is_behind_the_throttle(sqlite_url):
    with open_desk(Settings(_env_file=None, database_url=sqlite_url)) as found:
        for n in range(3):
            asyncio.run(found.dispatch.receive(Inbound("telegram", f"k{n}", "99", "hello")))
        assert found.limits.refused == {"stranger": 2}


def test_forms_behind_the_limit_are_none_and_cost_nothing(desk):
    forms = ThrottledForms(FormBuilder(desk.store, COMMANDS, RENDERER), desk.throttle.limits, elapsed=lambda: 0.0)
    line = desk.line("case open")

    async def opened():
        return await forms.open(line)

    found = [asyncio.run(opened()) for _ in range(LOOKS)]
    desk.store.asked.clear()
    assert all(found)
    assert asyncio.run(opened()) is None
    assert desk.store.asked == {}
    assert throttle.SILENCE.messages == ()
