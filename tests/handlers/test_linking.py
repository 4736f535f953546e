"""One person, several accounts: a code begun on one side, typed on the other; once, for ten minutes, on record."""

import asyncio
import re

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from handlers import outgoing, people, undelivered
from handlers.outgoing import Composed, Elsewhere
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox, sending
from storage.models import Account, AuditLine, InboxRow, LinkCode, OutboxRow, Person
from tests.spoken import Desk, words

SLACK, PHONE, STRANGER = "slack:T1/U1", "telegram:4711", "telegram:4712"


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    opened = Desk(sqlite_store, clock)
    enrol = [("Night Officer", Role.OFFICER, [SLACK]), ("Desk Admin", Role.ADMIN, ["slack:T1/U2"])]
    for name, role, accounts in enrol:
        opened.write(lambda work, a=(name, role, accounts): people.enrol_at(work, a[0], "PK-FIA-CCW", a[1], a[2]))
    return opened


def say(desk, account: str, text: str, *, key: str = "", room: str = ""):
    """A line from an account, some seconds after the one before."""
    platform, _, external = account.partition(":")
    desk.clock.move(seconds=11)
    inbound = Inbound(platform, key or f"{account}:{next(desk._numbers)}", external, text, room)
    return asyncio.run(desk.dispatch.receive(inbound))


def begin(desk, account: str = SLACK, line: str = "/desk link") -> str:
    return re.search(r"desk link (\S+)", words(say(desk, account, line)))[1]


def owner(desk, account: str) -> str:
    platform, _, external = account.partition(":")
    query = select(Person.name).join(Account).where(Account.platform == platform, Account.external_id == external)
    return desk.read(lambda work: work.session.scalar(query.where(Account.revoked_at.is_(None)))) or ""


class TestCode:
    def test_a_code_begun_on_one_side_and_typed_on_the_other_makes_one_person_of_both(self, desk):
        answer = say(desk, PHONE, f"/desk link {begin(desk)}")

        assert "You are Night Officer here" in words(answer)
        assert owner(desk, PHONE) == owner(desk, SLACK) == "Night Officer"
        assert "Night Officer" in words(say(desk, PHONE, "/desk me"))

    @pytest.mark.parametrize("spell", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
    def test_it_is_read_as_people_type_it(self, desk, spell):
        assert "You are Night Officer" in words(say(desk, PHONE, f"/desk link {spell(begin(desk))}"))

    def test_it_works_once(self, desk):
        code = begin(desk)
        say(desk, PHONE, f"/desk link {code}")

        assert "does not work" in words(say(desk, STRANGER, f"/desk link {code}"))
        assert owner(desk, STRANGER) == ""

    @pytest.mark.parametrize(("minutes", "works"), [(9, True), (10, False)])
    def test_it_lasts_ten_minutes(self, desk, minutes, works):
        code = begin(desk)
        desk.clock.move(minutes=minutes)

        assert ("You are Night Officer" in words(say(desk, PHONE, f"/desk link {code}"))) is works

    def test_a_new_one_ends_the_one_before(self, desk):
        first, second = begin(desk), begin(desk)

        assert "does not work" in words(say(desk, PHONE, f"/desk link {first}"))
        assert "You are" in words(say(desk, PHONE, f"/desk link {second}"))

    def test_it_stands_nowhere_on_record_and_is_said_once(self, desk):
        answer = say(desk, SLACK, "/desk link", key="begun")
        code = re.search(r"desk link (\S+)", words(answer))[1]
        rows = desk.read(
            lambda work: (
                [row.digest for row in work.session.scalars(select(LinkCode))],
                [row.reply for row in work.session.scalars(select(InboxRow))],
                [row.facts for row in work.session.scalars(select(AuditLine))],
            )
        )

        assert code not in str(rows)
        assert code.replace("-", "") not in str(rows)
        again = words(asyncio.run(desk.dispatch.receive(Inbound("slack", "begun", "T1/U1", "/desk link"))))
        assert "shown once" in again
        assert code not in again

    def test_it_is_never_said_in_a_room(self, desk):
        assert say(desk, SLACK, "/desk link", room="T1/C1").private

    def test_every_step_is_in_the_history(self, desk):
        code = begin(desk)
        say(desk, PHONE, "/desk link WRONG")
        say(desk, PHONE, f"/desk link {code}")
        say(desk, SLACK, f"/desk unlink {PHONE}")

        acts = desk.read(lambda work: list(work.session.scalars(select(AuditLine.act).order_by(AuditLine.n))))
        assert acts[-4:] == ["account link begin", "account link refused", "account link", "account unlink"]

    def test_an_account_that_is_somebodys_takes_no_code(self, desk):
        code = begin(desk)

        assert "Desk Admin" in words(say(desk, "slack:T1/U2", f"/desk link {code}"))
        assert "You are Night Officer" in words(say(desk, PHONE, f"/desk link {code}"))


class TestWrongCodes:
    def test_after_five_in_an_hour_not_even_the_right_one_is_looked_at(self, desk):
        for left in (4, 3, 2, 1, 0):
            assert f"{left} tr" in words(say(desk, PHONE, f"/desk link WRONG{left}"))
        code = begin(desk)

        assert "Too many wrong codes" in words(say(desk, PHONE, f"/desk link {code}"))
        assert owner(desk, PHONE) == ""
        assert "You are" in words(say(desk, STRANGER, f"/desk link {code}")), "others are not held up"

    def test_an_hour_later_it_may_try_again(self, desk):
        for n in range(5):
            say(desk, PHONE, f"/desk link WRONG{n}")
        desk.clock.move(minutes=61)

        assert "You are" in words(say(desk, PHONE, f"/desk link {begin(desk)}"))


class TestStranger:
    @pytest.mark.parametrize(
        "line", ["/desk help", "/desk link", "/case list", "hello", "/desk unlink telegram:4711", ""]
    )
    def test_nothing_else_may_be_typed_and_one_line_says_what_to_do(self, desk, line):
        answer = say(desk, PHONE, line)

        assert answer.refused
        assert "desk link" in words(answer)
        assert "desk person add" in words(answer)

    def test_a_code_of_somebody_who_left_links_nothing(self, desk):
        code = begin(desk)
        say(desk, "slack:T1/U2", '/desk person remove "Night Officer"')

        assert "does not work" in words(say(desk, PHONE, f"/desk link {code}"))


class TestForSomebodyElse:
    def test_an_administrator_begins_a_code_for_a_colleague_without_an_account(self, desk):
        say(desk, "slack:T1/U2", '/desk person add "Day Officer" role:officer')
        code = begin(desk, "slack:T1/U2", '/desk person link "Day Officer"')

        assert "Welcome, Day Officer." in words(say(desk, PHONE, f"/desk link {code}"))

    def test_a_colleague_who_has_lost_the_only_account_comes_in_by_a_code(self, desk):
        say(desk, "slack:T1/U2", f"/desk unlink {SLACK}")
        code = begin(desk, "slack:T1/U2", '/desk person link "Night Officer"')

        assert "Welcome, Night Officer." in words(say(desk, PHONE, f"/desk link {code}"))

    def test_an_officer_does_not(self, desk):
        assert say(desk, SLACK, '/desk person link "Desk Admin"').refused


class TestUnlink:
    @pytest.fixture
    def linked(self, desk) -> Desk:
        say(desk, PHONE, f"/desk link {begin(desk)}")
        return desk

    @pytest.mark.parametrize("who", [SLACK, PHONE, "slack:T1/U2"])
    def test_oneself_and_an_administrator_take_the_rights_away(self, linked, who):
        assert "no rights any more" in words(say(linked, who, f"/desk unlink {PHONE}"))
        assert say(linked, PHONE, "/case list").refused

    def test_nobody_else_does(self, linked):
        linked.write(lambda work: people.enrol_at(work, "Other Admin", "PK-FIA", Role.ADMIN, ["slack:T1/U9"]))

        assert say(linked, "slack:T1/U9", f"/desk unlink {PHONE}").refused
        assert owner(linked, PHONE) == "Night Officer"

    def test_the_account_may_come_to_somebody_else_later(self, linked):
        say(linked, SLACK, f"/desk unlink {PHONE}")
        code = begin(linked, "slack:T1/U2")

        assert "You are Desk Admin" in words(say(linked, PHONE, f"/desk link {code}"))


class TestWhereTheyAreTold:
    @pytest.fixture
    def row(self, desk) -> int:
        say(desk, PHONE, f"/desk link {begin(desk)}")
        say(desk, SLACK, '/case open "Fake pages" category:other label:amber')
        return desk.outbox(notice="account_linked")[0].id

    def test_the_person_learns_of_a_new_account_on_the_old_one(self, desk, row):
        assert desk.outbox(id=row)[0].platform == "slack"

    def test_a_wish_counts_for_what_is_said_from_now_on(self, desk, row):
        assert "Told on: Telegram" in words(say(desk, PHONE, "/desk me reach:telegram"))
        person = desk.outbox(id=row)[0].recipient

        assert desk.read(lambda work: outbox.route(work, person)) == "telegram"

    def test_a_platform_without_an_account_cannot_be_wished_for(self, desk):
        assert say(desk, SLACK, "/desk me reach:telegram").refused

    def test_when_one_account_fails_the_next_is_tried_and_after_the_last_a_stand_in_is_told_once(self, desk, row):
        self._give_up(desk, "slack")
        assert [(one.state, one.platform) for one in desk.outbox(id=row)] == [("pending", "telegram")]
        assert desk.outbox(notice="delivery_failed") == []

        self._give_up(desk, "telegram")
        assert desk.outbox(id=row)[0].state == "dead"
        assert len(desk.outbox(notice="delivery_failed")) == 1

    def test_what_is_above_the_ceiling_of_a_platform_goes_to_another_one(self, desk, row):
        desk.write(lambda work: setattr(work.session.get_one(OutboxRow, row), "label", Label.RED))
        desk.write(lambda work: setattr(work.session.get_one(OutboxRow, row), "platform", "telegram"))
        say(desk, SLACK, "/desk me reach:telegram")

        assert self._composed(desk, "telegram") == Elsewhere("slack")

    def test_where_no_other_is_left_a_line_says_where_to_look_and_nothing_else(self, desk, row):
        desk.write(lambda work: setattr(work.session.get_one(OutboxRow, row), "label", Label.RED))
        desk.write(lambda work: setattr(work.session.get_one(OutboxRow, row), "platform", "telegram"))

        composed = self._composed(desk, "telegram")
        assert isinstance(composed, Composed)
        assert [one.notice for one in composed.said] == ["held_back"]
        assert composed.label is None

    def _claim(self, work, platform: str):
        return next(one for one in sending.claim(work, platform, limit=50) if one.notice == "account_linked")

    def _give_up(self, desk, platform: str) -> None:
        desk.write(lambda work: undelivered.give_up(work, self._claim(work, platform), "blocked"))

    def _composed(self, desk, platform: str):
        return desk.write(lambda work: outgoing.compose(work, self._claim(work, platform), Label.AMBER))
