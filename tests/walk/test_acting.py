"""Random acts on all platforms: nobody reads what the acts before did not give them."""

import pytest

from tests.walk.acting import live
from tests.walk.scene import Desk
from tests.walk.walking import Tally, told

pytestmark = pytest.mark.slow  # it proves the walk, which is walked in the slow run

SEED = 20_260_309


@pytest.fixture
def empty(furnished, tmp_path, reference):
    standing = Desk(furnished, tmp_path, reference)
    yield standing
    standing.close()
    standing.runner.close()


@pytest.mark.parametrize(
    ("seed", "steps"),
    [
        pytest.param(SEED, 200, id="200"),
        *[pytest.param(SEED + n, 2_000, id=f"20000, part {n}", marks=pytest.mark.slow) for n in range(1, 11)],
    ],
)
def test_nobody_reads_more_than_the_acts_gave_them(empty, seed, steps):
    tally = Tally()
    live(empty, seed, steps, tally)

    assert not tally.breaches, f"{len(tally.breaches)} breaches (seed {seed}):\n{told(tally.breaches)}"
    assert tally.looks > steps / 3
