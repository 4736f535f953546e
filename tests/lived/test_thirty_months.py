"""Thirty months lived again: nothing lost, doubled or said after an answer, and not too much for anybody."""

import statistics

import pytest

from tests.lived import register, thirty_months
from tests.lived.thirty_months import MANAGER, by_week, faults_of, local_days

PHONE_LINES = 25  # of a digest


@pytest.mark.slow
def test_nothing_is_lost_and_nobody_hears_too_much():
    lived = thirty_months.live(1, days=(register.END - register.BEGIN).days)
    assert {name: faults[:5] for name, faults in faults_of(lived).items() if faults} == {}
    [manager] = [who for who, name in lived.readers.items() if name == MANAGER]
    days = local_days(lived, manager, [said for said in lived.said if said.recipient == manager])
    assert max(days.values()) <= 3
    assert statistics.median(by_week(lived, days)) <= 10
    assert max(said.lines for said in lived.said if said.notice == "digest") <= PHONE_LINES


def test_the_same_seed_is_the_same_register(reference):
    hands = ("Officer 1", "Officer 2")
    assert register.acts(1, hands, reference) == register.acts(1, hands, reference)


def test_the_register_has_the_shape_it_says(reference):
    found = register.acts(1, ("Officer 1", "Officer 2"), reference)
    assert sum(act.line.startswith("case open") for act in found) == 1795
    assert sum(act.line.startswith("preservation ask") for act in found) == register.HOLDS
    sent = sum(act.line == "request sent {case}/1" for act in found)
    answered = sum(act.line == "request produced {case}/1" for act in found)
    refused = sum(act.line.startswith("request refused") for act in found)
    assert 0.33 < answered / sent < 0.43
    assert 0.2 < refused / sent < 0.3
