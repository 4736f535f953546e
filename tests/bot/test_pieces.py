"""Pieces: each as large as can be written in its time, and a pause behind it."""

import pytest

from bot.cli import pieces
from bot.cli.pieces import FIRST, LEAST, LEAST_PAUSE_SECONDS, MOST, PAUSE, WRITING_SECONDS, Pieces


@pytest.fixture(autouse=True)
def paused(monkeypatch):
    """The pauses there were, in seconds; nobody waits."""
    found = []
    monkeypatch.setattr(pieces.time, "sleep", found.append)
    return found


def sizes(rows, seconds_per_row):
    """How large the pieces are where each row takes so long."""
    cut, found = Pieces(range(rows)), []
    for piece in cut:
        found.append(len(piece))
        cut.took(len(piece), len(piece) * seconds_per_row)
    return found


def test_they_grow_and_shrink_to_what_fits_into_the_time():
    assert sizes(200, WRITING_SECONDS / 50)[:3] == [FIRST, 2 * FIRST, 50]
    assert sizes(3000, WRITING_SECONDS / 10_000)[-2] == MOST
    assert set(sizes(100, WRITING_SECONDS)[1:]) == {LEAST}


def test_no_row_is_left_out_and_none_comes_twice():
    cut, found = Pieces(range(123)), []
    for piece in cut:
        found += piece
        cut.took(len(piece), 0.0)
    assert found == list(range(123))


def test_others_are_let_in_behind_each_for_a_part_of_what_it_took(paused):
    cut = Pieces(range(100))
    cut.took(10, 2.0)
    cut.took(10, 0.0)
    assert paused == [2.0 * PAUSE, LEAST_PAUSE_SECONDS]
