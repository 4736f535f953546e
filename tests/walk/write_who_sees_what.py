"""Writes `docs/who-sees-what.md` from a walk: python -m tests.walk.write_who_sees_what > docs/who-sees-what.md

In: nothing but the desk of the walk, made anew. Out: the page, on standard output. What stands in a table was read in
this walk, and there is no page where somebody read what they should not.
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from storage.database.engine import migrate
from storage.database.store import Store
from storage.record.records import sync_authorities
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests.conftest import START
from tests.walk import oracle, scene
from tests.walk.oracle import LABELS
from tests.walk.scene import PEOPLE, PLACES, Desk, build, case_ref, world
from tests.walk.walking import Tally, places_of, told

LINES = (
    "case status {c}", "case history {c}", "case files {c}", "case download {c}/A1", "case list", "case search Fake",
    "request list status:all", "request status {c}/1", "request status {c}/2", "request status {c}/3",
    "request status {c}/5", "request history {c}/1", "request history {c}/2", "request history {c}/5",
    "request why {c}/5", "preservation status {c}/P1", "summary export format:csv", "request sent {c}/1", "desk me",
)  # fmt: skip
CLOSED_ONES = "case history {closed}"
WORDS = {
    "title": "title of the case", "ref": "reference", "own": "own number, holds and files by reference",
    "note": "notes", "name": "files by name", "bytes": "the file itself", "proof": "a provider's word on a hold",
    "because": "why a case was closed", "basis": "legal basis", "reason": "reason for asking", "account": "accounts",
    "field": "fields of the form", "their": "their reference", "question": "a question", "answer": "the answer to it",
    "refusal": "words of a refusal", "despite": "why it was filed despite warnings",
    "extension": "why more time was given", "snooze": "why reminders wait", "caution": "cautions about their law",
    "officer": "names of our officers", "email": "a person's e-mail",
    "phone": "a person's phone", "badge": "a person's badge",
}  # fmt: skip
GROUPS = {
    "the case": ("title", "note", "because"),
    "what was exchanged": ("basis", "reason", "account", "field", "their", "question", "answer", "refusal"),
    "our thoughts": ("despite", "extension", "snooze"),
    "files": ("name", "bytes"),
}
CELLS = ("-", "yes")


def page(desk: Desk) -> str:
    """The whole page."""
    by_person = _walk(desk, [(who, place) for who in PEOPLE for place in _private(who)])
    by_place = {place: _walk(desk, [(who, place) for who in _typical(place)]) for place in PLACES}
    parts = [HEAD, PER_LABEL, *_by_label(by_person), PER_PLACE, *_by_place(by_place)]
    parts += [PER_FIELD, *_by_field(by_person, by_place), FOOT]
    return "\n".join(parts)


HEAD = """# Who sees what

Made by `python -m tests.walk.write_who_sees_what` from a walk in which everybody tries to read everything; a test
fails where this page is no longer what the desk does. Do not edit it. What people are told unasked obeys the same.

`yes` was read, `-` was not.
"""
PER_LABEL = """## Per label and relation

In private with the desk, each of what the label of the record lets them see.
"""
PER_PLACE = """## Per place

Of the records of a label, what can be read there: by everybody in it, or by whoever types.
"""
PER_FIELD = """## Field and audience

Of a TLP:AMBER case: own people and the other side in private, and a room of ours, where all in it read the answer.
"""
FOOT = """\
Whoever types is named by their role and by how they stand to the record. *Named*: they lead the case, opened it
or had it shared with them by name. *Shared authority*: the case is shared with it. *Party*: of the authority on the
other side of a request. All others have nothing to do with it. A guest of a workspace sees TLP:CLEAR until let in.
"""


def _private(who: str) -> list[str]:
    return [place for place in ("terminal", "Slack, private") if place in places_of(who)]


def _typical(place: str) -> tuple[str, ...]:
    """Who types in a place here: whoever may see most of it."""
    return ("liaison, party",) if "other side" in place else ("lead",)


def _walk(desk: Desk, typists: Iterable[tuple[str, str]]) -> Tally:
    tally, agreed = Tally(), world()
    for who, place in typists:
        for label in range(5):
            number = label + 1
            for line in (*LINES, CLOSED_ONES):
                text = line.format(c=case_ref(number), closed=case_ref(number + scene.CLOSED))
                breaches = tally.judge(agreed, desk.say(who, place, text))
                assert not breaches, told(breaches)
    return tally


def _seen(tally: Tally, row: str, label: int, names: Iterable[str]) -> str:
    return CELLS[any((row, label, name) in tally.by_audience for name in names)]


def _by_label(tally: Tally) -> Iterable[str]:
    for label, words in enumerate(LABELS):
        yield f"### {words}\n"
        rows = [[who, *(_seen(tally, who, label, names) for names in GROUPS.values())] for who in PEOPLE]
        yield _table(["who", *GROUPS], rows)


def _by_place(tallies: dict[str, Tally]) -> Iterable[str]:
    rows = []
    for place, tally in tallies.items():
        for how, words in (("aloud", "everybody in it"), ("beside", "who typed, in it"), ("alone", "who typed, alone")):
            cells = [CELLS[(place, label, how) in tally.by_place] for label in range(len(LABELS))]
            if set(cells) != {"-"}:
                rows.append([place, words, *cells])
    yield _table(["place", "read by", *LABELS], rows)


def _by_field(people: Tally, places: dict[str, Tally]) -> Iterable[str]:
    room = places["Slack, own room, aloud"]
    rows = []
    for name, words in WORDS.items():
        label = -1 if name in {*oracle.PROFILE, *oracle.ADVICE, "officer"} else oracle.AMBER
        own = "own officer" if name in oracle.PROFILE else "named officer"
        cells = (_seen(people, own, label, (name,)), _seen(people, "liaison, party", label, (name,)))
        rows.append([words, *cells, _seen(room, "room T1/C-OWN", label, (name,))])
    yield _table(["field", "own people", "the other side", "a room of ours"], rows)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def made(folder: Path) -> str:
    """The page of a desk that is made for it and forgotten."""
    reference, file = load(), folder / "first.sqlite"
    url = f"sqlite:///{file}"
    migrate(url)
    store = Store(url, clock=FrozenClock(START), reference=reference)
    store.write(lambda work: sync_authorities(work, reference)).result()
    store.close()
    desk = Desk(file, folder, reference).open(file)
    try:
        build(desk)
        return page(desk)
    finally:
        desk.close()
        desk.runner.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(made(Path(folder)))
