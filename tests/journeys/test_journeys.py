"""The journeys: whole stories through the door, the two seed stories on both databases."""

from pathlib import Path

import pytest

from tests.conversation import Mismatch, hold

HERE = Path(__file__).parent
ON_BOTH = ("fake_pages", "threat_on_twitter", "eight_holds")
JOURNEYS = [
    pytest.param(file, database, id=f"{file.stem}-{database}")
    for file in sorted(HERE.glob("*.dialog"))
    for database in (("sqlite", "postgresql") if file.stem in ON_BOTH else ("sqlite",))
]


@pytest.mark.parametrize(("file", "database"), JOURNEYS)
def test_the_journey_comes_true_from_first_word_to_last(file, database, request, reference):
    try:
        hold(file, request.getfixturevalue(f"{database}_url"), reference)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
