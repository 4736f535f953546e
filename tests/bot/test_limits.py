"""How many lines go on, who is told, what is remembered: by seconds that the tests give."""

from collections import Counter
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbound import limits
from bot.inbound.limits import (
    HOUR_SECONDS,
    LOOKS,
    PERSON_LINES,
    ROOM_LINES,
    STRANGER_TRIES,
    URGENT_LINES,
    LineLimits,
    LineVerdict,
)

GOES_ON, TOLD, SILENT = LineVerdict.GOES_ON, LineVerdict.WARNED, LineVerdict.SILENT
KEYS = count()


def types(of, account, times, *, now=0.0, room="", urgent=False):
    """The verdicts on so many lines at one moment."""
    return [of.line(account, room, str(next(KEYS)), now, urgent=urgent).verdict for _ in range(times)]


def test_twenty_lines_go_on_one_is_told_and_the_others_meet_silence():
    desk = LineLimits()
    assert Counter(types(desk, "a", 1_000)) == {GOES_ON: 20, TOLD: 1, SILENT: 979}
    assert desk.refused == {"person": 980}
    assert types(desk, "a", 1, now=59.9) == [SILENT]
    assert Counter(types(desk, "a", 30, now=60.0)) == {GOES_ON: 20, TOLD: 1, SILENT: 9}


def test_the_flood_of_one_takes_nothing_from_another():
    desk = LineLimits()
    types(desk, "a", 1_000)
    assert types(desk, "b", 20) == [GOES_ON] * 20


def test_who_is_told_is_told_when_a_line_is_read_again():
    desk = LineLimits()
    for second in range(20):
        types(desk, "a", 1, now=float(second))
    ruling = desk.line("a", "", "one more", 25.0)
    assert (ruling.verdict, ruling.seconds, ruling.room) == (TOLD, 35.0, False)
    assert types(desk, "a", 1, now=25.0 + ruling.seconds) == [GOES_ON]


@given(st.lists(st.floats(0, 40), min_size=1, max_size=300))
def test_never_more_than_twenty_in_any_minute_and_never_told_twice_in_one(pauses):
    desk, now, on, told = LineLimits(), 0.0, [], []
    for pause in pauses:
        now += pause / 10
        verdict = types(desk, "a", 1, now=now)[0]
        if verdict is GOES_ON:
            on.append(now)
        elif verdict is TOLD:
            told.append(now)
    assert all(later - first >= 60 for first, later in zip(on, on[PERSON_LINES:], strict=False))
    assert all(later - first >= 60 for first, later in pairwise(told))


def test_a_room_has_sixty_and_is_told_once_whoever_types():
    desk = LineLimits()
    on = [verdict for n in range(5) for verdict in types(desk, f"a{n}", 15, room="r")]
    assert Counter(on) == {GOES_ON: ROOM_LINES, TOLD: 1, SILENT: 14}
    assert types(desk, "a9", 1, room="elsewhere") == types(desk, "a9", 1) == [GOES_ON]


def test_what_a_person_may_not_type_takes_nothing_from_their_room():
    desk = LineLimits()
    types(desk, "a", 1_000, room="r")
    assert types(desk, "b", 20, room="r") == [GOES_ON] * 20


def test_an_emergency_is_read_behind_a_flood_of_the_same_person_in_a_full_room():
    desk = LineLimits()
    for n in range(4):
        types(desk, f"a{n}", 1_000, room="r")
    urgent = types(desk, "a0", 100, room="r", urgent=True)
    assert urgent == [GOES_ON] * URGENT_LINES + [SILENT] * (100 - URGENT_LINES)


@pytest.mark.parametrize("urgent", [False, True])
def test_a_message_that_comes_again_goes_on_and_counts_once(urgent):
    desk = LineLimits()
    types(desk, "a", 19)
    for _ in range(50):
        assert desk.line("a", "", "same", 1.0, urgent=urgent).verdict is GOES_ON
    types(desk, "a", 100)
    assert desk.line("a", "", "same", 2.0, urgent=urgent).verdict is GOES_ON


def test_forms_can_be_looked_at_often_and_not_without_end():
    desk = LineLimits()
    assert [desk.look("a", 0.0) for _ in range(LOOKS + 1)] == [True] * LOOKS + [False]
    assert desk.look("b", 0.0)
    assert desk.look("a", 60.0)


class TestStrangers:
    def test_one_answer_an_hour_and_the_same_message_gets_it_again(self):
        desk = LineLimits()
        answered = [
            desk.stranger("s", key, now) for key, now in (("1", 0), ("2", 1), ("1", 2), ("3", 3_599), ("4", 3600))
        ]
        assert answered == [True, False, True, False, True]
        assert desk.refused == {"stranger": 2}

    def test_they_are_looked_up_every_ten_seconds_at_most(self):
        desk = LineLimits()
        desk.stranger("s", "1", 0.0)
        assert [desk.may_look_up("s", key, now) for key, now in (("2", 9.9), ("1", 9.9), ("2", 10.0))] == [
            False,
            True,
            True,
        ]

    def test_who_was_let_in_meanwhile_is_a_stranger_no_more(self):
        desk = LineLimits()
        desk.stranger("s", "1", 0.0)
        desk.belongs("s", 10.0)
        assert desk.is_known("s", 10.0)
        assert "s" not in desk.strangers

    def test_codes_may_be_tried_ten_times_an_hour_and_a_repeat_is_none(self):
        desk = LineLimits()
        tried = [desk.may_try("s", f"{n}", 0.0) for n in range(STRANGER_TRIES + 5)]
        assert tried == [True] * STRANGER_TRIES + [False] * 5
        assert desk.may_try("s", "3", 1.0)
        assert desk.may_try("s", "new", HOUR_SECONDS)

    def test_behind_a_code_they_are_looked_up_at_once(self):
        desk = LineLimits()
        desk.stranger("s", "1", 0.0)
        desk.may_try("s", "2", 0.0)
        assert desk.may_look_up("s", "3", 0.0)

    def test_a_crowd_of_strangers_is_forgotten_oldest_first_and_pushes_nobody_else_out(self, monkeypatch):
        monkeypatch.setattr(limits, "MOST", 100)
        desk = LineLimits()
        types(desk, "member", 1_000)
        for n in range(1_000):
            desk.line(f"s{n}", "", "k", 0.0)  # as an account that is not looked up yet
            desk.stranger(f"s{n}", "k", 0.0)
        assert list(desk.strangers) == [f"s{n}" for n in range(900, 1_000)]
        assert list(desk.persons) == ["member"]
        assert types(desk, "member", 1) == [SILENT]


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr(limits, "MOST", 50)
    desk = LineLimits()
    for n in range(500):
        types(desk, f"a{n}", 3, room=f"r{n}", urgent=n % 2 == 0)
        desk.belongs(f"a{n}", 0.0)
        desk.look(f"a{n}", 0.0)
    sizes = [len(one) for one in (desk.persons, desk.urgent, desk.rooms, desk.known, desk.looks)]
    assert max(sizes) <= 50
    assert max(len(window.lines) for window in desk.persons.values()) <= PERSON_LINES
