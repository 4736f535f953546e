"""The same conversations on Telegram: the same rows, the same words, polled and by webhook."""

from pathlib import Path

import pytest

from tests.bot.telegram.stage import TelegramStage
from tests.conversation import Mismatch, hold

TESTS = Path(__file__).parents[2]
CANNOT_BE_SENT = ("01_empty", "15_invisible")  # Telegram's own apps send no empty text and no half characters
JOURNEYS = sorted(TESTS.glob("journeys/*.dialog"))
BAD_INPUT = sorted(file for file in TESTS.glob("bad_input/*.dialog") if file.stem not in CANNOT_BE_SENT)
QUICK = ("fake_pages", "threat_on_twitter")  # the two seed stories, polled; all others are minutes, not seconds
HELD = [
    *(pytest.param(file, "polled", marks=() if file.stem in QUICK else pytest.mark.slow) for file in JOURNEYS),
    *(pytest.param(file, "webhook", marks=pytest.mark.slow) for file in JOURNEYS),
    *(pytest.param(file, "polled", marks=pytest.mark.slow) for file in BAD_INPUT),
]


@pytest.mark.parametrize(("file", "way"), HELD, ids=lambda one: getattr(one, "stem", one))
def test_a_conversation_comes_true_on_telegram(file, way, sqlite_url, reference):
    stages: list[TelegramStage] = []

    def stage(dispatch):
        stages.append(TelegramStage(dispatch, webhook=way == "webhook"))
        return stages[0]

    try:
        hold(file, sqlite_url, reference, stage)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
    finally:
        for opened in stages:
            opened.close()
