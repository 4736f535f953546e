"""Names instead of ids: a mention is the person behind the account, a room is what people call it."""

import asyncio
import re
from itertools import count

import pytest

from bot.adapters.contract import Answer, Inbound
from storage.exposure.roles import Role
from storage.record import links, records
from tests.spoken import Desk, words

ROOM = "T1/C0AMBER"


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    found = Desk(sqlite_store, clock)
    for name, role in (
        ("Adil", Role.ADMIN),
        ("Adil", Role.MANAGER),
        ("Omar Sheikh", Role.OFFICER),
        ("Bilal", Role.OFFICER),
    ):
        found.enrol(name, role)
    found.enrol("Lena", Role.OFFICER, "PK-NCCIA")
    for name, account in (("Adil", "T1/UADIL"), ("Omar Sheikh", "T1/UOMAR"), ("Lena", "T1/ULENA")):
        link(found, name, "slack", account)
    link(found, "Omar Sheikh", "telegram", "4711")
    link(found, "Adil", "telegram", "1")
    return found


def link(desk: Desk, name: str, platform: str, account: str) -> None:
    desk.write(lambda work: links.take(work, records.people(work, name=name)[0], platform, account, by=None))


numbers = count(1)


def says(desk: Desk, text: str, account: str = "T1/UADIL", platform: str = "slack", **facts: object) -> Answer:
    desk.clock.move(seconds=11)
    key = f"{platform}:{next(numbers)}"
    return asyncio.run(desk.dispatch.receive(Inbound(platform, key, account, text, **facts)))


def done(answer: Answer) -> str:
    assert not answer.refused, words(answer)
    assert not answer.failed, words(answer)
    return words(answer)


class TestMention:
    @pytest.mark.parametrize("value", ["to:@UOMAR", 'to:"@UOMAR"'])
    def test_it_is_the_person_behind_the_account(self, desk, value):
        assert "Omar Sheikh" in done(says(desk, f"case assign {_opened(desk)} {value}"))

    def test_a_platform_without_workspaces_means_its_own_accounts(self, desk):
        ref = _opened(desk)
        said = done(says(desk, f"case assign {ref} to:@4711", account="1", platform="telegram"))
        assert "Omar Sheikh" in said

    def test_an_administrator_keeps_people_by_it(self, desk):
        assert "Omar Sheikh" in done(says(desk, "desk person role @UOMAR role:manager"))

    @pytest.mark.parametrize("mentioned", ["@UNOBODY", "@ULENA", "@4711", "@Bilal", "@"])
    def test_of_anybody_else_it_is_said_that_the_account_is_nobodys_here(self, desk, mentioned):
        answer = says(desk, f"case assign {_opened(desk)} to:{mentioned}")
        assert answer.refused
        assert "belongs to none of the people you could name here" in words(answer)
        assert "Lena" not in words(answer)


def _opened(desk: Desk) -> str:
    said = done(says(desk, 'case open "Fake pages" category:fake_accounts label:amber'))
    return re.search(r"CCW-\d+-\d+", said)[0]


class TestRoomName:
    def test_a_room_is_called_by_its_name_wherever_it_is_named(self, desk):
        here = done(says(desk, "desk channel here for:PK-FIA-CCW", room=ROOM, room_name="#fake-pages"))
        for said in (here, done(says(desk, "desk channel list")), done(says(desk, "desk channel show", room=ROOM))):
            assert "#fake-pages (Slack)" in said
            assert "C0AMBER" not in said

    def test_a_room_that_was_connected_before_names_were_known_gets_its_name_with_the_next_line_there(self, desk):
        assert "a room on Slack" in done(says(desk, "desk channel here for:PK-FIA-CCW", room=ROOM))
        done(says(desk, "desk me", room=ROOM, room_name="#fake-pages"))
        assert "#fake-pages (Slack)" in done(says(desk, "desk channel list"))

    def test_a_new_name_is_learned_and_a_silent_platform_takes_none_away(self, desk):
        done(says(desk, "desk channel here for:PK-FIA-CCW", room=ROOM, room_name="#fake-pages"))
        done(says(desk, "desk me", room=ROOM, room_name="#closed-matters " + "x" * 200))
        done(says(desk, "desk me", room=ROOM))
        assert "#closed-matters x" in done(says(desk, "desk channel list"))

    def test_leaving_names_the_room_too(self, desk):
        done(says(desk, "desk channel here for:PK-FIA-CCW", room=ROOM, room_name="#fake-pages"))
        said = done(says(desk, "desk channel leave", room=ROOM, room_name="#fake-pages"))
        assert "#fake-pages (Slack)" in said
        assert "C0AMBER" not in said

    def test_the_history_of_a_room_has_its_name(self, desk):
        desk.enrol("Audrey", Role.AUDITOR)
        link(desk, "Audrey", "slack", "T1/UAUDREY")
        done(says(desk, "desk channel here for:PK-FIA-CCW", room=ROOM, room_name="#fake-pages"))
        said = done(says(desk, "desk history", account="T1/UAUDREY"))
        assert "#fake-pages" in said
        assert "C0AMBER" not in said
