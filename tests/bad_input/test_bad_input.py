"""Bad input: a clear answer, the person's own text back, and nothing written but the message and a line of history."""

from pathlib import Path

import pytest

from tests.conversation import Mismatch, hold

FILES = sorted(Path(__file__).parent.glob("*.dialog"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_bad_input_gets_a_clear_answer_and_changes_nothing(file, sqlite_url, reference):
    try:
        hold(file, sqlite_url, reference)
    except Mismatch as mismatch:
        pytest.fail(str(mismatch), pytrace=False)
