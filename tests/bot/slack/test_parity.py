"""The same conversations on Slack: the same rows, the same words.

Over HTTP as slash commands, by Socket Mode as direct messages.
"""

from pathlib import Path

import pytest

from tests.bot.slack.stage import SlackStage
from tests.conversation import Mismatch, hold

TESTS = Path(__file__).parents[2]
HALF_CHARACTERS = "15_invisible"  # they cannot travel in what Slack sends; `test_wire.py` has the rest of that file
FOUND = (*TESTS.glob("journeys/*.dialog"), *TESTS.glob("bad_input/*.dialog"))
FILES = sorted(file for file in FOUND if file.stem != HALF_CHARACTERS)
QUICK = ("fake_pages", "threat_on_twitter")  # the two seed stories, both ways; all others are minutes, not seconds
HELD = [
    pytest.param(file, way, marks=() if file.stem in QUICK else pytest.mark.slow)
    for file in FILES
    for way in ("http", "socket")
]


@pytest.mark.parametrize(("file", "way"), HELD, ids=lambda one: getattr(one, "stem", one))
def test_a_conversation_comes_true_on_slack(file, way, sqlite_url, reference):
    stages: list[SlackStage] = []

    def stage(dispatch):
        stages.append(SlackStage(dispatch, socket=way == "socket", slash=way == "http"))
        return stages[0]

    try:
        hold(file, sqlite_url, reference, stage)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
    finally:
        for opened in stages:
            opened.close()
