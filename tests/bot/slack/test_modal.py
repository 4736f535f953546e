"""Forms as modals: every widget, what was typed in it, and Slack's limits."""

from dataclasses import replace

import pytest

from bot.adapters.contract import Field, Form, Inbound
from bot.adapters.slack import modal
from bot.adapters.slack.wire import Asked
from bot.rendering.blocks import Button, Buttons
from tests.bot.slack.reading import check_view
from tests.bot.slack.stage import said
from tests.fake_slack import _entry

ASKED = Asked(Inbound("slack", "slack:1", "T1/U1", "case open", "T1/C1"), "U1", "C1")
TEXT = Field("title", "Title", required=True, multiline=True, hint="in a few words", example="Fake shop")
MANY = tuple((f"PROV-{n}", f"Provider {n}") for n in range(100))


def form(*fields: Field, **facts: object) -> Form:
    return Form("case open", "Open the case", fields, **facts)


def shown(*fields: Field) -> list[dict]:
    """The elements of the fields; Slack takes the view."""
    view = modal.view(form(*fields), ASKED)
    check_view(view)
    return [block["element"] for block in view["blocks"] if block["type"] == "input"]


def sent(*fields: Field) -> dict[str, str]:
    """What comes back where nobody changes anything."""
    view = modal.view(form(*fields), ASKED)
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    elements = {block["block_id"]: block["element"] for block in inputs}
    values = {name: {element["action_id"]: _entry(element, None)} for name, element in elements.items()}
    return modal.values({**view, "state": {"values": values}})


@pytest.mark.parametrize(
    ("widget", "value", "choices", "kind"),
    [
        ("text", "Fake shop", (), "plain_text_input"),
        ("date", "2026-03-02", (), "datepicker"),
        ("date", "2 March, 14:00", (), "plain_text_input"),
        ("choice", "fraud", (("fraud", "Fraud"),), "static_select"),
        ("choice", "hacking", (("fraud", "Fraud"),), "static_select"),
        ("choice", "PROV-7", MANY, "static_select"),
        ("choice", "x" * 151, MANY, "plain_text_input"),
        ("range", "2026-01-01..2026-03-01", (), "datepicker"),
        ("range", "the spring of 2026", (), "plain_text_input"),
        ("begun", "court order 58/2026", (("court order", "Court order"),), "static_select"),
        ("begun", "Court Order", (("court order", "Court order"),), "static_select"),
        ("begun", "a note of the minister", (("court order", "Court order"),), "static_select"),
        ("confirm", "yes", (), "checkboxes"),
        ("choices", "bsi,ip_logs", (("bsi", "Who"), ("ip_logs", "Where from")), "multi_static_select"),
        ("choices", "PROV-7,PROV-8", MANY, "multi_static_select"),
        ("flag", "yes", (("yes", "yes"), ("no", "no")), "checkboxes"),
        ("choice", "typed", (), "plain_text_input"),
    ],
)
def test_what_was_typed_stands_in_its_widget_and_comes_back(widget, value, choices, kind):
    field = replace(TEXT, widget=widget, value=value, choices=choices)
    assert shown(field)[0]["type"] == kind
    assert sent(field)["title"].casefold() == value.casefold()


@pytest.mark.parametrize("widget", ["text", "date", "range", "choice", "choices", "begun", "flag", "confirm"])
def test_an_empty_field_is_empty_and_says_nothing(widget):
    choices = (("a", "A"), ("b", "B"))
    assert sent(replace(TEXT, widget=widget, choices=choices)) == {}


@pytest.mark.parametrize(("widget", "kind"), [("choice", "external_select"), ("choices", "multi_external_select")])
def test_what_is_longer_than_what_is_offered_is_searched(widget, kind):
    field = replace(TEXT, widget=widget, value="bsi", choices=(("bsi", "Who"),), searched=True)
    assert shown(field)[0]["type"] == kind
    assert sent(field) == {"title": "bsi"}


def test_a_list_that_was_narrowed_is_another_field_to_slack():
    wide, narrow = (shown(replace(TEXT, widget="choice", choices=found))[0] for found in (MANY[:9], MANY[:3]))
    assert wide["action_id"] != narrow["action_id"]


def test_a_choice_is_called_by_its_name_and_the_code_on_its_papers_stands_below():
    choices = (("PROV-META", "Meta"), ("ip_logs", "IP / login logs"))
    meta, logs = shown(replace(TEXT, widget="choice", choices=choices))[0]["options"]
    assert (meta["text"]["text"], meta["description"]["text"]) == ("Meta", "PROV-META")
    assert (logs["text"]["text"], "description" in logs) == ("IP / login logs", False)


FILLED = (("a", "x"), ("b", "y" * 2_990))


def test_what_is_not_asked_any_more_is_kept_in_the_view_and_comes_back():
    earlier, big = (replace(TEXT, name=name, value=value, asked=False) for name, value in FILLED)
    view = modal.view(form(earlier, big, TEXT), ASKED)
    check_view(view)
    assert [block["block_id"] for block in view["blocks"]] == ["b", "title"]
    assert modal.kept(view) == {"a": "x"}
    assert sent(earlier, big, TEXT) == {"a": "x", "b": "y" * 2_990}


def test_a_refusal_of_what_was_asked_earlier_asks_it_once_more():
    view = modal.view(form(replace(TEXT, asked=False, value="x")), ASKED, about="title")
    assert [block["block_id"] for block in view["blocks"]] == ["title"]


def test_a_warning_is_one_line_above_its_field_and_a_fault_stands_beside_it():
    warned = replace(TEXT, warning="Will be refused.")
    blocks = modal.view(form(replace(TEXT, name="first"), warned), ASKED)["blocks"]
    assert [block["type"] for block in blocks] == ["input", "context", "input"]
    view = modal.view(form(TEXT), ASKED)
    assert modal.faults(form(replace(TEXT, fault="is empty", value="?")), view) == {"title": "is empty"}
    assert modal.faults(form(TEXT), view) == {"title": modal.NEEDED}


def test_what_slack_has_no_room_for_gets_no_form():
    assert modal.view(form(replace(TEXT, value="x" * 3001, asked=True)), ASKED) is None
    assert modal.view(form(*(replace(TEXT, name=f"f{n}") for n in range(100))), ASKED) is None


def test_labels_hints_and_choices_are_cut_to_fit():
    long = replace(
        TEXT,
        label="l" * 3000,
        hint="h" * 3000,
        example="e" * 300,
        widget="choice",
        choices=(("v", "c" * 200), ("", "none")),
    )
    shown(long)


def test_notes_stand_above_without_buttons_and_leave_room_for_the_fields():
    notes = said("read this", Buttons((Button("x", "x"),)), *("more" for _ in range(200))).messages
    view = modal.view(form(TEXT, says=("What will happen.",)), ASKED, notes)
    check_view(view)
    kinds = [block["type"] for block in view["blocks"]]
    assert kinds[0] == "rich_text"
    assert kinds[-1] == "input"
    assert "actions" not in kinds


def test_a_refusal_about_a_field_that_is_not_there_is_no_error_beside_one():
    view = modal.view(form(TEXT), ASKED)
    assert modal.errors(said("no", refused=True, field="label"), view) == {}
    assert modal.errors(said("no", refused=True, field="title"), view) == {"title": "no"}
