"""What is picked from a list, by typing a part of it or all, is picked in any spelling."""

import json
from pathlib import Path

import pytest

from bot.rendering.choosing import holds, is_meant
from handlers.kit.turn import _matching
from handlers.language.values import Choice, Hit
from handlers.language.values.kind import containing
from handlers.language.values.listed import nearest, resolve, with_words
from storage.models import Authority

PAIRS = json.loads((Path(__file__).parents[1] / "cases" / "spellings.json").read_text(encoding="utf-8"))
OTHER = "Somebody Else"


@pytest.mark.parametrize(("one", "other"), [tuple(pair) for pair in PAIRS["same"]])
def test_a_choice_is_offered_and_meant(one, other):
    named, somebody = Hit(f"X {one}", f"A {one}", aliases=(f"B {one}",)), Hit(OTHER, OTHER)
    assert containing(other, [Choice(one, one), Choice(OTHER, OTHER)]) == [Choice(one, one)]
    for typed in (f"x {other}", f"A {other}", f"b {other}"):
        assert resolve(typed, [somebody, named]) == [named]
        assert with_words(typed, [somebody, named]) == [named]
        assert nearest(typed, [somebody, named]) == [named]
    assert holds(one, one, other)
    assert is_meant(OTHER, one, other)
    rows = [Authority(code=OTHER, name=OTHER, aliases=[]), Authority(code="X", name=f"The {one} Bureau", aliases=[one])]
    assert _matching(rows, other) == _matching(rows, f"the {other} bureau") == rows[1:]


@pytest.mark.parametrize(("one", "other"), [tuple(pair) for pair in PAIRS["different"]])
def test_another_is_not_meant(one, other):
    assert resolve(other, [Hit(one, one), Hit(other, other)]) == [Hit(other, other)]
    assert not is_meant(one, one, other)


def test_of_two_that_are_spelled_alike_the_one_typed_to_the_letter():
    both = [Hit("José Khan", "José Khan"), Hit("Jose Khan", "Jose Khan")]
    assert resolve("José Khan", both) == both[:1]
    assert resolve("JOSE KHAN", both) == both
