"""An answer is pursued as a notice is, at the platform's pace, and for some minutes."""

import asyncio

import pytest

from bot.adapters.contract import Address
from bot.adapters.outcome import Down, Halt, Refused, Sent, Unknown, Wait
from bot.outbound.pacing import FOR_NOTICES, TELEGRAM, Chat, Pace, Pacing, Rate
from bot.outbound.patience import ANSWER_SECONDS
from storage.exposure.labels import Label
from tests.fakes import FakeChat, HandClock
from tests.office import Office

ALONE = Address("telegram", account="1")


def person(n):
    return Chat(str(n), is_room=False)


def room(n):
    return Chat(str(n), is_room=True)


def tries(*outcomes, can_look_up=False):
    """How an answer ends that meets these; what each attempt was told, and how long was waited."""
    clock, told, left = HandClock(), [], list(outcomes)

    async def attempt(*, again):
        told.append(again is not None)
        return left.pop(0) if left else Sent("1")

    ended = asyncio.run(clock.patience().say(ALONE, attempt, can_look_up=can_look_up))
    return ended, told, clock.waited


@pytest.mark.parametrize(
    ("met", "told", "waited"),
    [
        ([], [False], []),
        ([Wait(9)], [False, False], [9]),
        ([Wait(0)], [False, False], [1]),
        ([Down("503")], [False, False], [1]),
        ([Down("503")] * 4, [False] * 5, [1, 2, 4, 8]),
        ([Unknown("lost")], [False, True], [1]),
        ([Down("503"), Unknown("lost"), Down("503")], [False, False, True, True], [1, 2, 4]),
        ([Halt("revoked")], [False], []),
        ([Refused("gone")], [False], []),
    ],
)
def test_it_is_tried_until_it_is_known(met, told, waited):
    ended, attempts, pauses = tries(*met)
    assert (attempts, pauses) == (told, waited)
    assert ended == (met[-1] if isinstance(met[-1:][0] if met else None, Halt | Refused) else Sent("1"))


def test_what_nobody_knows_twice_is_not_said_a_third_time_unless_it_can_be_looked_for():
    assert tries(Unknown("lost"), Unknown("lost"))[:2] == (Unknown("lost"), [False, True])
    assert tries(Unknown("lost"), Unknown("lost"), can_look_up=True)[:2] == (Sent("1"), [False, True, True])


@pytest.mark.parametrize("trouble", [Down("503"), Wait(10), Wait(1e9)])
def test_after_some_minutes_it_is_given_up(trouble):
    ended, _, waited = tries(*[trouble] * 1000)
    assert ended == trouble
    assert 0 <= sum(waited) <= ANSWER_SECONDS + 30


def test_a_process_that_ends_keeps_nobody_waiting():
    clock = HandClock()
    patience = clock.patience()

    async def attempt(**_):
        patience.stop()
        return Down("503")

    assert asyncio.run(patience.say(ALONE, attempt)) == Down("503")
    assert asyncio.run(patience.say(ALONE, attempt)) == Wait(0.0)


def crowd(pacing, *chats):
    """When each of many answers that come at once goes out."""
    slots = []
    for chat in chats:
        slots.append(pacing.answer_at(chat, 0.0))
        pacing.take(chat, slots[-1])
    return slots


def most_in(moments, seconds):
    return max(sum(since <= one < since + seconds for one in moments) for since in moments)


def test_a_crowd_of_chats_goes_out_at_the_platforms_pace_and_leaves_slots_to_notices():
    sent = crowd(Pacing(TELEGRAM), *(person(n) for n in range(200)))
    assert most_in(sent, 1.0) == 30 - FOR_NOTICES
    assert max(sent) == 200 // (30 - FOR_NOTICES)


def test_a_room_has_the_pace_of_a_room():
    sent = crowd(Pacing(TELEGRAM), *[room(1)] * 45)
    assert most_in(sent, 60.0) == 20
    assert max(sent) == 120.0


def test_a_room_that_is_full_holds_up_nobody_else():
    pacing = Pacing(TELEGRAM)
    crowd(pacing, *[room(1)] * 45)
    assert pacing.answer_at(person(1), 0.5) == 0.5
    assert pacing.room_for(0.5) == 10


def test_an_answer_that_waits_goes_before_the_notices_of_its_chat():
    pacing, chat = Pacing(TELEGRAM), person(1)
    pacing.take(chat, 0.0)
    pacing.take(chat, pacing.answer_at(chat, 0.5))
    assert pacing.busy(1.2) == {chat}
    assert pacing.ready_at(chat, 1.2) == 2.0


def test_while_answers_queue_a_few_notices_still_go_out():
    pacing = Pacing(TELEGRAM)
    crowd(pacing, *(person(n) for n in range(300)))
    assert [pacing.room_for(now) for now in (0.0, 0.5, 3.25)] == [FOR_NOTICES] * 3


def test_what_goes_to_a_room_and_its_threads_counts_together(sqlite_store, clock):
    office, chat = Office(sqlite_store, clock), FakeChat("telegram", can_look_up=False)
    for thread in ("1", "2"):
        office.say(office.room("Ops", "telegram", thread=thread), f"news {thread}", label=Label.CLEAR)
    office.deliver(chat, pace=Pace(room=Rate(1, 60)))
    assert len(chat.posts) == 1
    office.clock.move(seconds=61)
    office.deliver(chat)
    assert len(chat.posts) == 2
