"""Whoever is let in is welcomed once, with three things to try that their role can do."""

import pytest

from bot.adapters.contract import Inbound
from bot.rendering.blocks import Buttons
from handlers import COMMANDS, people
from handlers.kit.personal import Welcome
from handlers.language.line import read_line
from storage.exposure.roles import Role
from tests.bot.test_templates import say
from tests.fakes import FakeChat
from tests.office import Office


@pytest.fixture
def office(sqlite_store, clock):
    made = Office(sqlite_store, clock)
    made.person("Admin", "console", role=Role.ADMIN)
    return made


def welcomes(office, name="TELEGRAM"):
    telegram = FakeChat("telegram", can_look_up=False)
    office.deliver(telegram)
    return [text for text in telegram.texts(name) if "Welcome" in text]


@pytest.mark.parametrize("role", list(Role))
def test_three_things_to_try_that_the_role_may_do(role):
    shown = say(Welcome("Night Officer", "PK-FIA-CCW", role, role.meaning, "Desk Admin"))
    buttons = [one for block in shown.blocks if isinstance(block, Buttons) for one in block.buttons]
    assert len(buttons) == 3
    for button in buttons:
        spec = read_line(button.line, COMMANDS).command
        assert spec, button.line
        assert not spec.needs or role in spec.needs, button.line


@pytest.mark.parametrize(("role", "of"), [("officer", ""), ("liaison", " for:PROV-META")])
def test_who_is_added_with_an_account_reads_it_there_once(office, role, of):
    office.types("Admin", f'desk person add "Somebody New" role:{role}{of} account:telegram:4711')
    [text] = welcomes(office, "4711")
    assert "Welcome, Somebody New." in text
    assert "Admin let you in" in text
    assert welcomes(office, "4711") == []


def test_who_is_enrolled_at_the_command_line_reads_it_when_the_desk_runs(office):
    def enrol(work):
        people.enrol_at(work, "First Admin", "PK-FIA-CCW", Role.ADMIN, ["telegram:4711"])
        people.welcome_at(work, "First Admin", "PK-FIA-CCW")
        people.welcome_at(work, "First Admin", "PK-FIA-CCW")

    office.do(enrol)
    [text] = welcomes(office, "4711")
    assert "You are admin at PK-FIA-CCW" in text


def test_who_comes_in_by_a_code_reads_it_in_the_answer_and_a_second_account_is_only_linked(office):
    office.types("Admin", 'desk person add "Somebody New" role:officer')
    first = heard(office, code(office, 'desk person link "Somebody New"'), "4711")
    second = heard(office, code(office, "desk link", by=("telegram", "4711")), "4712")
    assert ("Welcome" in first, "Welcome" in second) == (True, False)
    assert "You are Somebody New here" in second


def test_who_joins_a_second_agency_reads_it_in_the_answer(office):
    office.person("Guest", "telegram", of="PK-NCCIA")
    text = heard(office, code(office, "desk person invite role:officer"), "GUEST", words="desk join")
    assert "Welcome, Guest. You are officer at PK-FIA-CCW" in text


def code(office, line, by=("console", "Admin")):
    """The code in an answer."""
    answer = office.hears(Inbound(by[0], f"{line} {by}", by[1], line))
    text = " ".join(message.plain() for message in answer.messages)
    return next(word.strip(".,") for word in text.split() if len(word.strip(".,")) == 14 and word.count("-") == 2)


def heard(office, secret, account, words="desk link"):
    answer = office.hears(Inbound("telegram", secret, account, f"{words} {secret}"))
    return " ".join(message.plain() for message in answer.messages)
