"""What is shown of a record: the mark and its word, one name for one act, what ends something asked once more, days as
their reader counts them, and nothing that belongs in a terminal.

Every notice and refusal there is, with ordinary values.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering import phrases
from bot.rendering.blocks import Button, Buttons, Code, Message, Span
from bot.rendering.phrases import Reader
from handlers import COMMANDS
from handlers.kit.errors import Conflict
from handlers.language.line import read_line
from storage.exposure.roles import Role
from storage.serialization import encode
from tests.bot.test_phone_lines import CONFLICT, ELSEWHERE, GIVEN, MEASURED, ordinary
from tests.bot.test_phone_lines import said as say
from tests.bot.test_templates import READER, RENDERER, SAID, Maker, offered

WORDS = RENDERER._environment.get_template("_base/words.md.j2").module
MARKS = RENDERER._environment.get_template("_base/marks.md.j2").module
SIGNS = "🚨🔴🟠🟣✋✅⚪"
WORD_OF = {
    "🚨": "EMERGENCY",
    "🔴": "OVERDUE",
    "🟠": "DUE",
    "🟣": "LAPSE",
    "✋": "WAITS? FOR (US|YOU)",
    "✅": "ANSWERED|CLOSED",
    "⚪": "[A-Z]{2}",
}


@cache
def everything() -> list[tuple[str, Message]]:
    """(name, message) of all that can be said, from an ordinary day and from a full one."""
    found = [(name, say(thing)) for name, (thing, _) in MEASURED.items()]
    for kind in SAID:
        things = CONFLICT if kind is Conflict else Maker(full=True).each_of(kind)
        found += [(kind.__name__, say(thing)) for thing in things]
        if kind is not Conflict and kind.__name__ in GIVEN:
            found.append((kind.__name__, say(ordinary(kind, **GIVEN[kind.__name__]))))
    return found


@cache
def everyday() -> list[tuple[str, Message]]:
    """The same with nothing but what an ordinary day brings."""
    measured = {type(thing) for thing, _ in MEASURED.values()}
    kinds = [kind for kind in SAID if kind not in measured and kind not in (Conflict, *ELSEWHERE)]
    found = [(name, say(thing)) for name, (thing, _) in MEASURED.items()]
    return found + [(kind.__name__, say(ordinary(kind, **GIVEN.get(kind.__name__, {})))) for kind in kinds]


def all_buttons() -> Iterator[tuple[str, Button]]:
    for name, message in everything():
        for button in offered(message):
            yield name, button


def words_of(button: Button) -> str:
    """The words of the command a button stands for."""
    command = read_line(button.line, COMMANDS).command
    return command.words if command else ""


# ---- the mark --------------------------------------------------------------------------------------------------------


def test_a_mark_never_stands_without_its_word():
    seen = set()
    for name, message in everything():
        for sign, after in re.findall(f"([{SIGNS}])(.{{0,24}})", message.plain()):
            seen.add(sign)
            word = WORD_OF[sign]
            assert re.match(rf" (\d+ )?({word})", after), f"{name}: {sign}{after}"
    assert seen == set(SIGNS)


def test_the_marks_stand_in_one_table():
    texts = {file: RENDERER._environment.loader.get_source(RENDERER._environment, file)[0] for file in RENDERER._files}
    strays = {file for file, text in texts.items() if re.search(f"[{SIGNS}]", text)}
    assert strays <= {"_base/marks.md.j2", "overdue_list.md.j2"}


# ---- buttons ---------------------------------------------------------------------------------------------------------


def test_what_ends_something_is_asked_once_more_and_says_how_it_is_taken_back():
    found = {words_of(button) for _, button in all_buttons()}
    for name, button in all_buttons():
        if name in TYPED_BACK:
            continue
        if (words := words_of(button)) in WORDS.ENDS and not button.line.endswith(":"):  # it asks which first
            assert button.asks, f"{name}: {button.label} ends something"
            assert button.more, f"{name}: {button.label} stands in the first row"
        else:
            assert not button.asks, f"{name}: {words} ends nothing"
    assert set(WORDS.ENDS) <= found, "take out what no message offers"
    for question in WORDS.ENDS.values():
        assert re.search("takes it back|have it back|still goes on", question), question


def test_one_act_has_one_name():
    names = {words: {name} for words, name in WORDS.NAMES.items()}
    for direction in WORDS.DO.values():
        for word, name in direction.items():
            names.setdefault(f"request {word}", set()).add(name)
    names["desk me"] |= {"Speak for"}
    acts = {spec.words for spec in COMMANDS if not spec.reads}
    strays: set[tuple[str, str, str]] = set()
    for name, button in all_buttons():
        if (words := words_of(button)) in acts and name not in TYPED_BACK:
            called = "|".join(map(re.escape, names.get(words, ["nothing"])))
            if not re.match(rf"({called})\b", button.label):
                strays.add((words, button.label, name))
    assert not strays


TYPED_BACK = {
    "UnknownCommand",
    "MissingValue",
    "Repeated",
    "AnswerGone",
    "Busy",
    "Incident",
}  # lines of the reader, by their own words


def test_there_are_three_buttons_at_most_before_the_menu():
    long = {}
    for name, message in everything():
        first = [one for block in message.blocks if isinstance(block, Buttons) for one in block.buttons if not one.more]
        if len(first) > MOST.get(name, 3):
            long[name] = [button.label for button in first]
    assert not long


MOST = {"MissingValue": 8, "Ambiguous": 8} | dict.fromkeys(
    ("Digest", "ten reminders of a morning", "three hundred"), 5
)  # what can be chosen; and what has a button for each of its rows


@pytest.mark.parametrize("role", Role)
def test_nobody_is_offered_what_they_may_not_use(role):
    reader = replace(READER, roles=frozenset({role}))
    for kind in SAID:
        for thing in CONFLICT if kind is Conflict else Maker(full=True).each_of(kind):
            facts = thing.facts() if hasattr(thing, "facts") else thing
            for button in offered(RENDERER.message(thing.template, _decoded(facts), reader)):
                command = read_line(button.line, COMMANDS).command
                assert command is None or not command.needs or role in command.needs, f"{kind.__name__}: {button}"


def _decoded(facts: Any) -> Any:
    from storage.serialization import decode  # noqa: PLC0415

    return decode(encode(facts))


# ---- words -----------------------------------------------------------------------------------------------------------

TERMINAL = {
    "a name and a colon": re.compile(r"(?<![\w/:.])[a-z_]{2,}:(?=[\w\"])(?!//)"),
    "a name with an underscore": re.compile(r"\b[a-z]+_[a-z_]+\b"),
    "a date in figures": re.compile(r"\b\d{4}-\d\d-\d\d\b"),
    "a word of a filter": re.compile(r"\((mine|agency|very)\)"),
    "a command among words": re.compile("send the line again|add to your line"),
}
ACCEPTED = {  # what is accepted is said as it is typed, and a terminal is spoken of by name
    "BadValue", "MissingValue", "MissingFields", "Understood", "UnknownName", "ClockStuck",
}  # fmt: skip


@pytest.mark.parametrize("shape", TERMINAL)
def test_words_of_the_terminal_stay_there(shape):
    shown = [(name, text) for name, message in everyday() if name not in ACCEPTED for text in _texts(message)]
    assert not [(name, found[0], text) for name, text in shown if (found := TERMINAL[shape].search(text))]


def _texts(message: Message) -> Iterator[str]:
    """What stands in a message but in code and on buttons."""

    def walk(block: Any) -> Iterator[Span]:
        match block:
            case Buttons() | Code():
                return
            case tuple():
                for one in block:
                    yield from walk(one)
            case Span():
                yield block
            case _:
                for name in ("spans", "items", "blocks", "header", "rows"):
                    yield from walk(getattr(block, name, ()))

    for block in message.blocks:
        yield "".join(span.text for span in walk(block) if not span.code)


# ---- days ------------------------------------------------------------------------------------------------------------

ZONES = ("Asia/Karachi", "America/Los_Angeles", "America/New_York", "Europe/Dublin", "UTC", "Pacific/Auckland")


@given(
    there=st.sampled_from(ZONES),
    here=st.sampled_from(ZONES),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given
    length=st.integers(0, 60),
    passed=st.integers(-2, 90),
)
def test_days_are_counted_as_the_reader_counts_or_both_days_are_said(there, here, now, length, passed):
    started = now.astimezone(ZoneInfo(there)).date() - timedelta(days=passed)
    due = started + timedelta(days=length)
    ends = datetime.combine(due + timedelta(days=1), time(), ZoneInfo(there))
    found = phrases.reckoned(due, ends, there, Reader(here, "en", now), since=started)
    last = (ends - timedelta(microseconds=1)).astimezone(ZoneInfo(here))
    count = (last.date() - now.astimezone(ZoneInfo(here)).date()).days
    assert found.over == (now >= ends)
    ahead = (started - now.astimezone(ZoneInfo(here)).date()).days  # later than tomorrow: the days to it are left, too
    assert found.days < 0 if found.over else 0 <= found.days <= length + (ahead if ahead > 1 else 0)
    if last.utcoffset() == last.astimezone(ZoneInfo(there)).utcoffset():
        assert not found.place, "their day ends with ours"
    elif (found.days, due) != (count, last.date()):
        assert found.place, "two calendars differ, and only one is said"
        assert f"{last:%H:%M}" in found.here


def test_a_clock_of_thirty_days_never_shows_thirty_one():
    """It is the evening of the 28th in California, and the 29th where it is recorded."""
    now = datetime(2026, 11, 29, 4, tzinfo=UTC)
    for zone in ZONES:
        for since in (date(2026, 11, 28), date(2026, 11, 29)):
            due = since + timedelta(days=30)
            assert phrases.reckoned(due, None, "America/Los_Angeles", Reader(zone, "en", now), since=since).days <= 30


def test_where_their_day_is_ours_no_place_is_said():
    """It was sent where the next day had begun, so a day more is left than was given."""
    reader = Reader("America/New_York", "en", datetime(2026, 12, 7, 4, 3, tzinfo=UTC))
    due = date(2027, 10, 3)
    found = phrases.reckoned(due, None, "America/New_York", reader, since=date(2026, 12, 7))
    assert (found.days, found.place) == (300, "")


def test_where_their_day_ends_on_our_next_both_are_said():
    reader = Reader("Asia/Karachi", "en", datetime(2026, 12, 20, tzinfo=UTC))
    found = phrases.reckoned(date(2026, 12, 28), None, "America/Los_Angeles", reader)
    assert (found.place, found.here) == ("California", "Tue 29 Dec 12:59")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("PROV-META", "Meta"),
        ("PROV-META-IE", "Meta Ireland"),
        ("PROV-WHATSAPP", "WhatsApp"),
        ("PROV-X", "X"),
        ("US-DOJ-OIA", "US-DOJ-OIA"),
    ],
)
def test_a_provider_is_called_by_its_name_and_a_states_body_by_its_code(code, name):
    assert phrases.called(code) == name
