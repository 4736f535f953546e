"""Lines become commands with their arguments, or say how to type them."""
# ruff: noqa: RUF001 - what phones and other scripts insert is the subject

import re
from contextlib import suppress
from datetime import date
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import COMMANDS as DESK_COMMANDS
from handlers.language.command import Commands
from handlers.language.completion import complete
from handlers.language.errors import (
    BadValue,
    MissingValue,
    TooLong,
    TooMany,
    UnknownCommand,
    UnknownName,
    UserError,
    clause,
)
from handlers.language.line import parse, read_line
from handlers.language.parsing import Parsed, read_values, render_line
from handlers.language.values import PastDay, Text
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.spelling import fold
from tests.handlers.sample_desk import COMMANDS, SampleDesk, cases

DESK = SampleDesk()  # Wednesday, 4 March 2026, in Karachi
CLARIFY = 'request clarify 42/3 asks:"what plausible reason?" on:2018-05-28'


def read(line: str) -> Parsed:
    return parse(read_line(line, COMMANDS), DESK)


def plain_arguments(parsed: Parsed) -> dict[str, object]:
    """Arguments, a reference as it was typed."""
    return {name: getattr(value, "typed", value) for name, value in parsed.arguments.items()}


@pytest.mark.parametrize(
    "line",
    [
        CLARIFY,
        "/request clarify 42/3 asks=“what plausible reason?” dated=2018-05-28",
        "/Request@OurBot CLARIFY --dated 2018-05-28 42/3 --asks 'what plausible reason?' ",
        "/desk request clarify —asks “what plausible reason?” —dated=2018-05-28 42/3",
        'request clarify ASKS: "what plausible reason?" dated: 28 May 2018 ref:42/3',
        "<@U07DESK> request\u00a0clarify 42/3 on:2018-05-28 asks:«what plausible reason?»",
        "@OurBot request clarify 42/3 on:2018–05–28 asks:‘what plausible reason?’",
    ],
)
def test_one_command_in_every_spelling(line):
    parsed = read(line)
    assert parsed.command.words == "request clarify"
    assert plain_arguments(parsed) == {"ref": "42/3", "asks": "what plausible reason?", "on": date(2018, 5, 28)}
    assert parsed.notes == ()


@pytest.mark.parametrize(
    "line", ["", "   ", "\u200b", "\n", "<@U07DESK>", "@OurBot", "/desk", "/desk@OurBot", "help", "/start", "desk help"]
)
def test_nothing_to_do_is_a_call_for_help(line):
    parsed = read(line)
    assert (parsed.command.words, dict(parsed.arguments)) == ("desk help", {})


@pytest.mark.parametrize(
    "line", ["request", "/REQUEST", "/request@OurBot", "request help", "desk request", "help request"]
)
def test_a_family_alone_gets_its_help(line):
    parsed = read(line)
    assert (parsed.command.words, parsed.arguments["topic"]) == ("desk help", "request")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("/overdue", {}),
        ("/overdue agency", {"whose": "agency"}),
        ("overdue counterpart:PROV-META", {"counterpart": "PROV-META"}),
        ("desk overdue very", {"whose": "very"}),
    ],
)
def test_a_family_may_be_a_command_itself(line, arguments):
    parsed = read(line)
    assert (parsed.command.words, parsed.arguments) == ("overdue", arguments)


@pytest.mark.parametrize("word", ["not-held", "not_held", "not–held", "Not\u2011Held"])
def test_the_dash_of_a_command_word_does_not_matter(word):
    assert read(f"request {word} 42/3").command.words == "request not-held"


@pytest.mark.parametrize(
    ("line", "suggestions"),
    [
        ("/request exten 42/3", ("request extend",)),
        ("requst clarify", ("request clarify",)),
        ("caes open", ("case open",)),
        ("clarify 42/3", ("request clarify",)),
        ("desk caes open", ("case open",)),
        ("desk prob", ()),
        ("wxyz", ()),
        ('"case" open', ("case open",)),
    ],
)
def test_a_misspelt_command_gets_suggestions_and_is_not_run(line, suggestions):
    with pytest.raises(UnknownCommand) as error:
        read(line)
    assert error.value.suggestions == suggestions


def test_words_take_all_that_is_left():
    parsed = read('case search fake "president page" don\'t http://x page:2')
    assert parsed.arguments == {"words": "fake president page don't http://x", "page": 2}


def test_lists_may_have_spaces_after_their_commas():
    parsed = read("request file data:bsi, ip_logs 42 facebook accounts:page.one; page.two from:2 March 2026")
    assert plain_arguments(parsed) == {
        "case": "42",
        "to": "PROV-META",
        "data": ("bsi", "ip_logs"),
        "accounts": ("page.one", "page.two"),
        "from_": date(2026, 3, 2),
    }


def test_dates_and_labels_need_no_quotes():
    assert read("request extend 42/3 5 April 2026 because:agreed").arguments["until"] == date(2026, 4, 5)
    assert read('case open "Pages" label:TLP AMBER').arguments["label"] is Label.AMBER
    assert read('case open label: amber strict "Pages"').arguments == {"title": "Pages", "label": Label.AMBER_STRICT}
    assert read('case open label:amber "strict"').arguments == {"title": "strict", "label": Label.AMBER}


def test_a_moment_needs_no_quotes():
    parsed = read("request not-held 42/3 2 March 2026 14:30 UTC")
    assert parsed.typed["on"] == "2 March 2026 14:30 UTC"


def test_a_bare_flag_is_yes():
    line = "request file 42 PROV-X data:bsi accounts:a"
    assert read(f"{line} --emergency").arguments["emergency"] is True
    assert read(f"{line} --emergency no").arguments["emergency"] is False
    assert read("request file --emergency 42 PROV-X data:bsi accounts:a").arguments["emergency"] is True


def test_field_codes_of_the_reference_data_are_names():
    parsed = read(
        'request file 42 PROV-X data:bsi accounts:a offence:"PECA s.16" Facts-Summary:"Pages" from:2026-01-01'
    )
    assert parsed.arguments["offence"] == "PECA s.16"
    assert parsed.arguments["facts_summary"] == "Pages"
    assert parsed.arguments["from_"] == date(2026, 1, 1)


def test_field_codes_are_no_names_where_a_command_takes_none():
    with pytest.raises(TooMany) as error:
        read(f"{CLARIFY} offence:x")
    assert error.value.value == "offence:x"


@pytest.mark.parametrize(
    ("name", "suggestion"), [("ask:x", "asks"), ("dtaed=x", "on"), ("--daetd x", "on"), ("re:x", "ref")]
)
def test_a_misspelt_name_gets_suggestions(name, suggestion):
    with pytest.raises(UnknownName) as error:
        read(f"request clarify 42/3 {name}")
    assert error.value.suggestions[0] == suggestion
    assert error.value.accepted == ("ref", "asks", "on")


def test_a_misspelt_field_gets_suggestions():
    with pytest.raises(UnknownName) as error:
        read("request file 42 PROV-X offense:x")
    assert error.value.suggestions[0] == "offence"


def test_a_dashed_name_is_never_taken_as_text():
    with pytest.raises(UnknownName):
        read("case search fake --everywhere")


@pytest.mark.parametrize(
    "text", ["http://pages.example/x", "12:30", "javascript:alert(1)", "a=b", "=cmd()", "<!channel>", "@everyone"]
)
def test_what_only_looks_like_a_name_is_text(text):
    assert read(f"case open {text} label:red").arguments["title"] == text


def test_a_missing_value_is_asked_for_with_the_line_so_far():
    with pytest.raises(MissingValue) as error:
        read("request clarify 42/3 on:2018-05-28")
    missing = error.value
    assert (missing.name, missing.asks) == ("asks", "their question, in their words.")
    assert missing.line == "request clarify 42/3 on:2018-05-28"
    assert read(f'{missing.line} asks:"why?"').arguments["asks"] == "why?"


def test_a_missing_reference_offers_the_first_twenty_five():
    with pytest.raises(MissingValue) as error:
        read("request clarify")
    assert error.value.choices[0] == ("CCW-2026-0042/1", "Fake pages")
    assert (len(error.value.choices), error.value.more) == (25, 5)


def test_a_name_without_its_value_is_missing():
    with pytest.raises(MissingValue) as error:
        read("request clarify 42/3 asks: on:today")
    assert (error.value.name, error.value.line) == ("asks", "request clarify 42/3 on:today")


def test_a_later_value_in_order_keeps_its_name_while_an_earlier_is_missing():
    with pytest.raises(MissingValue) as error:
        read("request extend until:+3d because:agreed")
    assert (error.value.name, error.value.line) == ("ref", 'request extend until:"+3d" because:agreed')


@pytest.mark.parametrize(("extra", "value"), [("more words", "more"), ("on:today", "on:today"), ("ref:41", "42/3")])
def test_too_many_values_show_the_usage(extra, value):
    with pytest.raises(TooMany) as error:
        read(f"{CLARIFY} {extra}")
    assert error.value.value == value
    assert error.value.usage == "request clarify REF asks:TEXT on:DATE"


def test_a_bad_value_names_the_parameter_as_typed():
    with pytest.raises(BadValue) as error:
        read("request file 42 PROV-X data:bsi accounts:a from:31/02/2026")
    assert (error.value.name, error.value.value, error.value.wrong) == ("from", "31/02/2026", clause("impossible_date"))


def test_a_text_over_its_limit_names_the_parameter():
    with pytest.raises(TooLong) as error:
        read(f"case open {'x' * 301} label:red")
    assert (error.value.name, error.value.size, error.value.limit) == ("title", 301, 300)


def test_an_unknown_reference_is_left_to_the_record():
    assert read("request not-held REQ-9999").arguments["ref"].number == 9999


def test_removed_characters_and_renamed_labels_are_said():
    assert read('case open "Pa\u200bges\u202e" label:WHITE').notes == (
        clause("invisible_removed", count=2),
        clause("white_is_clear", label="TLP:CLEAR"),
    )


def test_a_form_is_read_with_the_same_checks():
    spec = COMMANDS["request clarify"]
    typed = {"ref": "42/3", "asks": 'say "why"', "on": "today"}
    parsed = read_values(spec, typed, DESK)
    assert plain_arguments(read(parsed.line)) == plain_arguments(parsed)
    with pytest.raises(MissingValue):
        read_values(spec, {"ref": "42/3"}, DESK)


def test_a_form_is_cleaned_like_a_line():
    parsed = read_values(COMMANDS["case open"], {"title": "Pa\u202eges\ud800", "label": "red"}, DESK)
    assert (parsed.arguments["title"], parsed.notes) == ("Pages", (clause("invisible_removed", count=2),))


def test_the_specification_is_the_signature():
    spec = COMMANDS["case open"]
    title, label, lead = spec.parameters
    assert (spec.family, spec.summary, spec.details) == ("case", "Open a case.", "Errors: none of its own.")
    assert title.help == "what it is about, in one line, as you would say it on the phone."
    assert (title.position, title.required, label.position, lead.required, lead.default) == (0, True, None, False, None)
    assert spec.needs == {Role.OFFICER, Role.MANAGER}
    assert spec.usage == "case open TITLE label:LABEL [lead:PERSON]"
    assert COMMANDS["request file"].usage.endswith("[from:DATE] [emergency:YES-NO] [FIELD:TEXT ...]")
    assert re.fullmatch(r"tests/handlers/sample_desk\.py:\d+", spec.source)


def test_two_commands_with_the_same_words_stop_the_start():
    with pytest.raises(ValueError, match="two commands are called 'case open'"):
        Commands.merge(cases, cases)


def test_a_parameter_without_a_kind_stops_the_start():
    registry = Commands()

    @registry.add("case lose", example="case lose 42")
    def lose(turn: "NowhereToBeFound", ref: str) -> None:  # noqa: F821
        """Lose it."""

    with pytest.raises(TypeError, match="case lose: ref has no kind of value"):
        Commands.merge(registry)


def test_the_type_of_the_turn_need_not_exist_at_run_time():
    registry = Commands()

    @registry.add("case keep", example="case keep it")
    def keep(turn: "NowhereToBeFound", what: "Annotated[str, Text(max=3)] | None" = None) -> None:  # noqa: F821
        """Keep it."""

    (parameter,) = Commands.merge(registry)["case keep"].parameters
    assert (parameter.kind.max, parameter.required) == (3, False)


@pytest.mark.parametrize("spec", [*COMMANDS], ids=lambda spec: spec.words)
def test_every_example_is_itself_a_command(spec):
    assert read(spec.example).command is spec


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("req", "request clarify "),
        ("/request ex", "request extend "),
        ("desk case o", "case open "),
        ("request clarify ", "CCW-2026-0042/1"),
        ("request clarify 42/3 o", "on:"),
        ("request clarify 42/3 on:", "2026-03-04"),
        ("request clarify 42/3 dated:", "2026-03-04"),
        ("request file 42 prov-meta", "PROV-META"),
        ("request file 42 PROV-X data:bsi,tr", "traffic"),
        ("request file 42 PROV-X offe", "offence:"),
        ("overdue a", "agency"),
    ],
)
def test_completion_offers_what_may_come_next(line, first):
    assert complete(line, COMMANDS, DESK)[0].text == first


@pytest.mark.parametrize("line", ['case open "half', "request clarify 42/3 dtaed:x ", "xyz abc", "case open x y z "])
def test_a_line_that_is_already_wrong_is_not_completed(line):
    assert complete(line, COMMANDS, DESK) == []


def test_hidden_commands_run_but_are_not_offered():
    assert read("desk probe").command.hidden
    assert [found.text for found in complete("desk p", COMMANDS, DESK)] == []


DATES_OF_ACTS = [spec for spec in DESK_COMMANDS if sum(bool(one.kind.also) for one in spec.parameters) == 1]


@pytest.mark.parametrize("spec", DATES_OF_ACTS, ids=lambda spec: spec.words)
def test_the_day_of_an_act_is_understood_by_each_of_its_names_and_shown_by_one(spec):
    (day,) = (one for one in spec.parameters if one.kind.also)
    assert (day.typed_name, day.kind.also) == ("on", ("on", "dated"))
    assert {name: spec.named(name, DESK) for name in day.kind.also} == dict.fromkeys(day.kind.also, day)
    assert "dated" not in spec.usage + names_in(spec)


def names_in(spec) -> str:
    return " ".join([spec.example, spec.summary, spec.details, *(one.help for one in spec.parameters)])


def test_there_are_such_commands():
    assert {spec.words for spec in DATES_OF_ACTS} >= {"request sent", "request clarify", "preservation confirmed"}


def test_the_same_day_by_two_names_is_one_too_many():
    with pytest.raises(TooMany) as error:
        read(f"{CLARIFY} dated:today")
    assert error.value.value == "dated:today"


def test_two_days_in_one_command_are_told_apart_by_their_own_names():
    both = Commands()

    @both.add("probe days", example="probe days sent:today answered:today")
    def probe(turn: object, *, sent: PastDay, answered: PastDay) -> object:
        """Take two days."""

    spec = Commands.merge(both)["probe days"]
    assert [spec.named(name, DESK) for name in ("on", "dated")] == [None, None]
    assert [spec.named(name, DESK) for name in ("sent", "answered")] == list(spec.parameters)


words = st.sampled_from(
    ["request", "case", "open", "clarify", "file", "desk", "42/3", "data:bsi,", "label:", "--dated", "—asks", '"', "“"]
)
lines = st.lists(st.one_of(words, st.text(st.characters(), max_size=12)), max_size=10).map(" ".join)


@given(lines)
def test_any_line_is_a_command_or_a_user_error(line):
    with suppress(UserError):
        assert isinstance(read(line), Parsed)


@given(
    st.lists(st.sampled_from(["asks", "on", "ref"]), min_size=3, max_size=3, unique=True),
    st.text(max_size=30),
    st.text(max_size=8),
)
def test_a_rendered_line_reads_back_the_same(order, asks, ref):
    spec = COMMANDS["request clarify"]
    typed = {"asks": asks, "on": "2018-05-28", "ref": ref}
    typed = {
        name: "".join(c for c in typed[name] if c == " " or (c.isprintable() and not c.isspace())) for name in order
    }
    if not fold(typed["asks"]):
        return
    parsed = read(render_line(spec, typed))
    assert parsed.typed == typed
    assert render_line(spec, parsed.typed) == parsed.line
