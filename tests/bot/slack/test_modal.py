"""Forms as modals: every widget, what was typed in it, and Slack's limits."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.adapters.contract import Field, Form, Inbound
from bot.adapters.slack import modal
from bot.adapters.slack.wire import Asked
from bot.rendering.blocks import Button, Buttons
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import COMMANDS
from tests.bot.slack.reading import check_view
from tests.bot.slack.stage import said
from tests.fake_slack import _entry

ASKED = Asked(Inbound("slack", "slack:1", "T1/U1", "case open", "T1/C1"), "U1", "C1")
TEXT = Field("title", "Title", "in a few words", "text", True, True, "", "a text", "Fake shop", ())
MANY = tuple((f"PROV-{n}", f"Provider {n}") for n in range(100))


def form(*fields: Field, **facts: object) -> Form:
    return Form("case open", "Open a case.", fields, **{"notes": (), "final": True, **facts})


def shown(*fields: Field) -> list[dict]:
    """The elements of the fields; Slack takes the view."""
    view = modal.view(form(*fields), ASKED)
    check_view(view)
    return [block["element"] for block in view["blocks"] if block["type"] == "input"]


def sent(*fields: Field) -> dict[str, str]:
    """What comes back where nobody changes anything."""
    view = modal.view(form(*fields), ASKED)
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    values = {block["block_id"]: {modal.VALUE: _entry(block["element"], None)} for block in inputs}
    return modal.values({**view, "state": {"values": values}})


@pytest.mark.parametrize(
    ("widget", "value", "choices", "kind"),
    [
        ("text", "Fake shop", (), "plain_text_input"),
        ("date", "2026-03-02", (), "datepicker"),
        ("date", "2 March, 14:00", (), "plain_text_input"),
        ("choice", "fraud", (("fraud", "Fraud"),), "static_select"),
        ("choice", "hacking", (("fraud", "Fraud"),), "static_select"),
        ("choice", "PROV-7", MANY, "external_select"),
        ("choice", "x" * 151, MANY, "plain_text_input"),
        ("choices", "bsi,ip_logs", (("bsi", "Who"), ("ip_logs", "Where from")), "multi_static_select"),
        ("choices", "PROV-7,PROV-8", MANY, "multi_external_select"),
        ("flag", "yes", (("yes", "yes"), ("no", "no")), "static_select"),
        ("choice", "typed", (), "plain_text_input"),
    ],
)
def test_what_was_typed_stands_in_its_widget_and_comes_back(widget, value, choices, kind):
    field = replace(TEXT, widget=widget, value=value, choices=choices)
    assert shown(field)[0]["type"] == kind
    assert sent(field) == {"title": value}


@pytest.mark.parametrize("widget", ["text", "date", "choice", "choices", "flag"])
def test_an_empty_field_is_empty_and_says_nothing(widget):
    choices = (("a", "A"), ("b", "B"))
    assert sent(replace(TEXT, widget=widget, choices=choices)) == {}


@pytest.mark.parametrize(("widget", "kind"), [("choice", "external_select"), ("choices", "multi_external_select")])
def test_what_depends_on_other_fields_is_searched_however_few_there_are(widget, kind):
    field = replace(TEXT, widget=widget, value="bsi", choices=(("bsi", "Who"),), narrows=True)
    assert shown(field)[0]["type"] == kind
    assert sent(field) == {"title": "bsi"}


def test_what_slack_has_no_room_for_gets_no_form():
    assert modal.view(form(replace(TEXT, value="x" * 3001)), ASKED) is None
    assert modal.view(form(*(replace(TEXT, name=f"f{n}") for n in range(100))), ASKED) is None


def test_labels_hints_and_choices_are_cut_to_fit():
    long = replace(TEXT, label="l" * 3000, help="h" * 3000, widget="choice", choices=(("v", "c" * 200), ("", "none")))
    shown(long)


def test_notes_stand_above_without_buttons_and_leave_room_for_the_fields():
    notes = said("read this", Buttons((Button("x", "x"),)), *("more" for _ in range(200))).messages
    view = modal.view(form(TEXT, notes=notes), ASKED)
    check_view(view)
    kinds = [block["type"] for block in view["blocks"]]
    assert kinds[:2] == ["context", "rich_text"]
    assert kinds[-1] == "input"
    assert "actions" not in kinds


def test_a_refusal_about_a_field_that_is_not_there_is_no_error_beside_one():
    view = modal.view(form(TEXT), ASKED)
    assert modal.errors(said("no", refused=True, field="label"), view) == {}
    assert modal.errors(said("no", refused=True, field="title"), view) == {"title": "no"}


RENDERER, READER = Renderer(), Reader("UTC", "en", datetime(2026, 3, 4, tzinfo=UTC))


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.words)
def test_every_command_has_a_form_that_slack_takes(spec):
    fields = tuple(
        Field(
            one.typed_name,
            one.typed_name,
            one.help,
            one.kind.widget,
            one.required,
            one.kind.multiline,
            "",
            RENDERER.message("_base/clause", one.kind.accepted, READER).plain(),
            one.kind.example,
            (),
        )
        for one in spec.parameters
    )
    view = modal.view(Form(spec.words, spec.summary, fields, (), final=True), ASKED)
    check_view(view)
    assert modal.words(view) == spec.words
