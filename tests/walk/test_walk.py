"""The walk: every command x everybody x every label x every place, and nobody reads what the oracle forbids."""

import ast
import random
from pathlib import Path

import pytest

from handlers import COMMANDS
from tests.walk import oracle, scene
from tests.walk.oracle import FIELDS, Thing, Where
from tests.walk.scene import PEOPLE, PLACES, case_ref, world
from tests.walk.walking import LINES, Tally, every_step, look_around, places_of, take, told, walk
from tests.walk.write_who_sees_what import made

SEED, STEPS_OF_A_SAMPLE = 20_260_302, 200


def fails_on_new(tally: Tally) -> None:
    assert not tally.breaches, f"{len(tally.breaches)} breaches:\n{told(tally.breaches)}"


def test_every_command_is_walked_and_every_line_is_of_a_command():
    assert set(LINES) == {spec.words for spec in COMMANDS}


def test_the_oracle_knows_nothing_of_the_project():
    tree = ast.parse(Path(oracle.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"dataclasses"}


@pytest.mark.parametrize(
    ("who", "where", "thing", "may"),
    [
        ("own officer", Where("console"), Thing(3, 2, "despite"), True),
        ("own officer", Where("console"), Thing(5, 0, "title"), False),
        ("named officer", Where("slack"), Thing(5, 0, "title"), True),
        ("named officer", Where("telegram"), Thing(5, 0, "title"), False),
        ("named officer", Where("slack", "beside", "T1/C-OWN"), Thing(5, 0, "title"), False),
        ("liaison, party", Where("slack"), Thing(3, 2, "basis"), True),
        ("liaison, party", Where("slack"), Thing(3, 2, "despite"), False),
        ("liaison, party", Where("slack"), Thing(3, 1, "ref"), False),
        ("liaison, party", Where("slack"), Thing(4, 2, "ref"), False),
        ("liaison, stranger", Where("slack"), Thing(1, 2, "ref"), False),
        ("own auditor", Where("slack"), Thing(3, 2, "ref"), True),
        ("own auditor", Where("slack"), Thing(3, 0, "title"), False),
        ("named by name, other agency", Where("console"), Thing(4, 0, "title"), False),
        ("named by name, other agency", Where("console"), Thing(5, 0, "title"), True),
        ("officer, shared authority", Where("console"), Thing(3, 0, "note"), True),
        ("own officer", Where("slack", "aloud", "T1/C-OWN"), Thing(3, 2, "ref"), True),
        ("own officer", Where("slack", "aloud", "T1/C-OWN"), Thing(3, 2, "basis"), False),
        ("own officer", Where("slack", "aloud", "T1/C-OWN"), Thing(4, 0, "title"), False),
        ("own officer", Where("slack", guest=True), Thing(2, 0, "title"), False),
        ("named, account revoked", Where("slack"), Thing(1, 0, "title"), False),
        ("named, removed", Where("console"), Thing(1, 0, "title"), False),
        ("own officer", Where("slack", "aloud", "T1/C-OWN"), Thing(0, 0, "email", owner="own officer"), False),
    ],
)
def test_what_the_oracle_says_by_hand(who, where, thing, may):
    assert (oracle.why_not(world(), who, where, thing) == "") is may


def test_every_canary_is_on_record_and_read_by_somebody(walked):
    """A canary that nobody ever reads would find nothing."""
    seen = []
    for number in range(1, 6):
        ref = case_ref(number)
        lines = [
            f"case status {ref}",
            f"case history {ref}",
            f"case download {ref}/A1",
            f"preservation status {ref}/P1 details:yes",
        ]
        lines += [f"request {word} {ref}/{n}" for n in range(1, 7) for word in ("status", "history")]
        lines += [f"request status {ref}/{n} details:yes" for n in range(1, 7)]
        lines += [f"case search kx{number}00note", f"request why {ref}/5", f"request why {ref}/2"]
        for line in lines:
            seen += walked.say("lead", "terminal", line)
    seen += walked.say("lead", "terminal", f"case history {case_ref(13)}")
    seen += walked.say("own officer", "terminal", "desk me")
    found = {(one.matter, one.name) for text in seen for _, one in scene.things_in(text.text)}
    for number in range(1, 6):
        absent = FIELDS - {name for matter, name in found if matter == number}
        assert absent - {"email", "phone", "badge", "officer", "step", "caution", "because"} == set(), number
    assert {"email", "phone", "badge", "officer", "because", "caution"} <= {name for _, name in found}


def test_a_sample_of_the_walk(walked):
    """Seeded; half of it by people who see something."""
    chosen = random.Random(SEED)
    steps = every_step()
    able = [step for step in steps if PEOPLE[step.who][0] == scene.OWN or step.who.endswith("party")]
    tally, agreed = Tally(), world()
    for step in chosen.sample(steps, STEPS_OF_A_SAMPLE // 2) + chosen.sample(able, STEPS_OF_A_SAMPLE // 2):
        take(walked, step, tally, agreed, delivers=chosen.random() < 0.5)
    for who in chosen.sample(list(PEOPLE), 2):
        look_around(walked, who, chosen.choice(places_of(who)), tally, agreed)
    assert tally.looks > STEPS_OF_A_SAMPLE
    fails_on_new(tally)


@pytest.mark.slow
@pytest.mark.parametrize("words", LINES)
def test_the_whole_walk(walked, words):
    tally = Tally()
    walk(walked, words, tally, world())
    fails_on_new(tally)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_forms_menus_and_home_of_everybody(walked, place):
    tally, agreed = Tally(), world()
    for who in PEOPLE:
        if place in places_of(who):
            look_around(walked, who, place, tally, agreed)
    fails_on_new(tally)


@pytest.mark.slow
def test_what_time_alone_says(desk):
    """A year of mornings in which nobody reacts: reminders, digests, summaries, to people and rooms."""
    tally, agreed = Tally(), world()
    for days in (1,) * 14 + (7,) * 12 + (30,) * 9:
        desk.tick(days=days)
        tally.judge(agreed, desk.drain())
    assert tally.looks > 100
    fails_on_new(tally)


@pytest.mark.slow
def test_the_page_for_managers_is_what_the_walk_makes(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "who-sees-what.md"
    told = "python -m tests.walk.write_who_sees_what > docs/who-sees-what.md"
    assert page.read_text(encoding="utf-8") == made(tmp_path), f"write it anew: {told}"
