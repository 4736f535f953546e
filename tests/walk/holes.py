"""Holes that are known: what the walk finds today although the oracle says no. Each goes when it is mended.

In: a breach. Out: the name of the hole it comes by, if that is known. A breach of no known hole is a failure.
How to close one: mend it; its tests in `test_holes.py` then fail because they pass (strict); take its entry out here,
and the mark goes with it, and the walk forgives it no more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.walk.oracle import ADVICE, OUR_THOUGHTS, PROFILE, WRITTEN_TO_EACH_OTHER
from tests.walk.scene import ELSE, PARTY, PEOPLE
from tests.walk.walking import Breach


@dataclass(frozen=True)
class Hole:
    """What leaks. `explains`: whether a breach of the walk is one of it."""

    why: str
    explains: Callable[[Breach], bool]


REFS = ("ref", "own")
ON_OUR_PAPERS = ("officer", "note", "own", "ref", "because", "proof", "name", "account")


def _typed(breach: Breach, *words: str) -> bool:
    return breach.seen.line.startswith(words)


def _is_of_a_finding(breach: Breach) -> bool:
    text = " ".join(breach.seen.text.split())  # lines are broken where there is room
    told = any(words in text for words in ("Asked already:", "Known account:", "refused this paper before"))
    return told and (breach.seen.way == "notice" or _typed(breach, "request check", "request file", "request transfer"))


def _above(breach: Breach) -> bool:
    return " above " in breach.why


def _is_party(breach: Breach) -> bool:
    agency = PEOPLE.get(breach.seen.who, ("", ()))[0]
    in_room = breach.seen.where.how == "aloud"
    theirs = "TLP:RED" not in breach.why and "STRICT" not in breach.why
    return theirs and ((agency in (PARTY, ELSE) and not in_room) or (in_room and "other side" in breach.why))


def _never(_: Breach) -> bool:
    """It shows in no canary: only its own test knows it."""
    return False


HOLES: dict[str, Hole] = {
    "refusals carry no label": Hole(
        "a refusal tells of a record above the ceiling of platform, guest or room: it carries no label",
        lambda one: one.seen.state == "refused" and _above(one),
    ),
    "the week read out": Hole(
        "summary week takes its label from requests, not from the holds that lapse",
        lambda one: _typed(one, "summary week") and one.thing.name in ("ref", "own", "account"),
    ),
    "findings told to others": Hole(
        "a pre-flight finding made with the filer's eyes names a record that its reader may not see, or not there",
        lambda one: _is_of_a_finding(one) and one.thing.name in REFS,
    ),
    "a profile in a room": Hole(
        "desk me shows e-mail, phone and badge to a room",
        lambda one: one.thing.name in PROFILE and one.seen.where.how == "aloud",
    ),
    "who is removed, and their RED cases": Hole(
        "desk person remove answers an administrator with references of cases they may not see",
        lambda one: _typed(one, "desk person remove") and one.thing.name == "ref",
    ),
    "a file number is taken": Hole("case open own:X tells that a RED case has X", _never),
    "said again to who was revoked": Hole(
        "a repeated or redelivered line is answered without asking who asks", lambda one: one.seen.way == "again"
    ),
    "the party reads our thoughts": Hole(
        "why we went on, gave time or waited; notes and names in the history; our hold; what it follows from; cautions",
        lambda one: _is_party(one) and one.thing.name in {*OUR_THOUGHTS, *ADVICE, *ON_OUR_PAPERS},
    ),
    "a room reads the parties": Hole(
        "an answer read aloud shows the room what the parties wrote to each other",
        lambda one: one.seen.where.how == "aloud" and one.thing.name in WRITTEN_TO_EACH_OTHER,
    ),
    "a room reads our thoughts": Hole(
        "an answer read aloud shows the room why we went on, gave time or waited",
        lambda one: one.seen.where.how == "aloud" and one.thing.name in OUR_THOUGHTS,
    ),
}


def hole(name: str):
    """The mark of a test that is red because of a known hole; none, once the hole is out of the table."""
    if name not in HOLES:
        return lambda test: test
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=f"{name}: {HOLES[name].why}")


def hole_of(breach: Breach) -> str:
    """The known hole it comes by; empty for a new one."""
    return next((name for name, one in HOLES.items() if one.explains(breach)), "")
