"""Facts as JSON and back."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from storage.exposure.labels import Label
from storage.serialization import decode, encode, storable

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
KEYS = WORDS.filter(lambda key: not key.startswith("$"))  # a dollar marks dates and moments
MOMENTS = st.datetimes(timezones=st.just(UTC))
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.dates() | MOMENTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(FACTS)
def test_facts_survive_the_journey_through_json(facts):
    assert decode(json.loads(json.dumps(encode(facts)))) == facts


@given(st.text())
def test_any_text_can_be_stored_and_what_every_database_holds_is_left_as_it_is(text):
    kept = storable(text)
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert "\0" not in kept
    assert storable(kept) == kept


def test_what_no_database_holds_is_spelled_out():
    assert storable("a\ud800b\0c") == "a\\ud800b\\x00c"


@dataclass(frozen=True)
class Line:
    ref: str
    due: date | None


@dataclass(frozen=True)
class Card:
    label: Label
    at: datetime
    lines: tuple[Line, ...]


def test_a_notice_becomes_what_a_template_reads_the_same():
    card = Card(
        Label.AMBER, datetime(2026, 3, 2, 6, tzinfo=UTC), (Line("CCW-2026-0001/1", date(2026, 4, 1)), Line("x", None))
    )
    assert encode(card) == {
        "label": "TLP:AMBER",
        "at": {"$at": "2026-03-02T06:00:00+00:00"},
        "lines": [{"ref": "CCW-2026-0001/1", "due": {"$day": "2026-04-01"}}, {"ref": "x", "due": None}],
    }
    assert decode(encode(card)) == asdict(card) | {"label": "TLP:AMBER", "lines": [asdict(line) for line in card.lines]}
