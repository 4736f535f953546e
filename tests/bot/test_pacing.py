"""How fast and when again, by a clock of numbers."""

import pytest

from bot.adapters.outcome import WAIT_SECONDS, believed
from bot.outbound.pacing import SLACK, TELEGRAM, Chat, Pace, Pacing, Rate, Retry

DAY = 86_400


def person(n):
    return Chat(str(n), is_room=False)


def room(n):
    return Chat(str(n), is_room=True)


class TestPacing:
    def test_a_chat_waits_for_its_own_pace_and_the_others_do_not(self):
        pacing = Pacing(SLACK)
        pacing.take(person(1), 10.0)
        assert pacing.busy(10.5) == {person(1)}
        assert pacing.busy(11.0) == set()

    def test_a_room_and_a_person_have_different_paces(self):
        pacing = Pacing(TELEGRAM)
        for n in range(20):
            pacing.take(room(1), float(n))
            pacing.take(person(1), float(n))
        assert pacing.busy(20.0) == {room(1)}
        assert pacing.next_at(20.0) == 60.0
        assert pacing.busy(60.0) == set()

    def test_over_all_no_more_than_the_platform_stands(self):
        pacing = Pacing(TELEGRAM)
        for n in range(30):
            pacing.take(person(n), 5.0)
        assert (pacing.room_for(5.9), pacing.room_for(6.0)) == (0, 30)
        assert Pacing(SLACK).room_for(0.0) is None

    def test_a_platform_that_says_wait_is_believed_over_the_pace(self):
        pacing = Pacing(SLACK)
        pacing.take(person(1), 0.0)
        pacing.pause(person(1), 30.0)
        pacing.pause(person(1), 20.0)
        assert pacing.busy(29.9) == {person(1)}
        assert (pacing.next_at(29.0), pacing.next_at(30.0)) == (30.0, None)

    def test_in_any_window_of_any_pace_there_are_never_too_many(self):
        rate, sent, now = Rate(3, 10), [], 0.0
        pacing = Pacing(Pace(room=rate))
        while now < 100:
            if room(1) not in pacing.busy(now):
                pacing.take(room(1), now)
                sent.append(now)
            now += 0.5
        assert len(sent) >= 28
        assert all(sum(start <= moment < start + 10 for moment in sent) <= 3 for start in sent)

    def test_what_is_long_ago_is_forgotten(self):
        pacing = Pacing(TELEGRAM)
        for n in range(1000):
            pacing.take(person(n), float(n))
        pacing.busy(2000.0)
        assert pacing._chats == {}


@pytest.mark.parametrize(("said", "seconds"), [(0, 1), (-5, 1), (1e9, 300), (float("nan"), 1), (17, 17)])
def test_a_wait_is_believed_between_a_second_and_five_minutes(said, seconds):
    assert believed(said) == seconds
    assert WAIT_SECONDS == (1, 300)


class TestRetry:
    def test_the_pauses_double_to_five_minutes(self):
        assert [Retry().after(n, lambda: 0.0) for n in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]

    def test_chance_adds_up_to_a_quarter_and_never_passes_the_most(self):
        assert (Retry().after(3, lambda: 1.0), Retry().after(9, lambda: 1.0)) == (5.0, 300.0)

    def test_after_a_day_it_gives_up(self):
        pauses, n = [], 1
        while (pause := Retry().after(n, lambda: 0.0)) is not None:
            pauses.append(pause)
            n += 1
        assert DAY <= sum(pauses) <= DAY + 300
