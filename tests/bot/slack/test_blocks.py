"""Blocks on Slack: every limit is kept, nothing is lost, and what people typed is never more than text."""

import json
import re

import pytest

from bot.adapters.slack import block_kit
from bot.rendering.blocks import (
    Bullets,
    Button,
    Buttons,
    Code,
    Divider,
    Heading,
    Item,
    LabelLine,
    Mentions,
    Message,
    Paragraph,
    Quote,
    Span,
    Table,
    plain,
)
from bot.rendering.markdown import clean, one_line
from tests.bot.slack.reading import refusal, words
from tests.conversation import folded
from tests.nasty import NASTY

CELL = (Span("cell"),)


def message(*made) -> Message:
    return Message(made, None)


def with_everything(text: str) -> Message:
    """A message with a text in every place there is."""
    line, spans = one_line(clean(text)), (Span(clean(text) or "?"),)
    cell, title = (Span(line),), (Span(line or "?"),)
    return Message(
        (
            LabelLine("TLP:AMBER"),
            Heading(1, title),
            Heading(2, title),
            Paragraph((*spans, Span(line, bold=True), Span(line, code=True))),
            Bullets((Item(spans), Item(spans, indent=1, number=2))),
            Table((cell, cell), ((cell, cell),), ("left", "right")),
            Table((cell,), ((cell,),), ("left",)),
            Quote((Paragraph(spans), Bullets((Item(spans),)))),
            Code(clean(text) or "?"),
            Divider(),
            Buttons((Button(line[:75] or "?", line or "?"), Button("long", line + "x" * 2001))),
        ),
        "TLP:AMBER",
    )


def objects(wire):
    """Every object in wire blocks, however deep."""
    if isinstance(wire, dict):
        yield wire
    for inner in wire.values() if isinstance(wire, dict) else wire if isinstance(wire, list) else ():
        yield from objects(inner)


def live(said: Message) -> list[object]:
    """What of a message Slack would make more of than text: parsed text, links, mentions, pictures."""
    written = block_kit.written(said)
    found: list[object] = re.findall(r"[<>]", written["text"])
    for one in objects(written.get("blocks", [])):
        parsed = one.get("type") in ("mrkdwn", "markdown", "link", "user", "usergroup", "channel", "broadcast", "emoji")
        if parsed or {"url", "image_url"} & set(one) or (one.get("type") == "plain_text" and one["emoji"] is not False):
            found.append(one)
    return found


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
class TestWhatPeopleTyped:
    def test_is_never_a_mention_a_link_or_a_picture(self, text):
        assert not live(with_everything(text))

    def test_is_taken_by_slack_and_reads_as_it_was_typed(self, text):
        said = with_everything(text)
        for surface in ("message", "view"):
            wire = block_kit.blocks(said.blocks, surface)
            json.dumps(wire).encode()
            assert not refusal(wire, surface)
            assert folded(words(wire)) == folded(plain(said.blocks))

    def test_without_any_form_is_text_that_slack_does_not_read(self, text):
        written = block_kit.written(message(Paragraph((Span(clean(text)),))))
        assert set(written) == {"text"}
        assert not re.search(r"[<>]", written["text"])


class TestLimits:
    def test_a_long_message_is_divided_and_nothing_is_lost(self):
        said = message(LabelLine("TLP:RED"), *(Paragraph((Span(f"{n} " + "word " * 300),)) for n in range(40)))
        parts = block_kit.parts(said)
        assert len(parts) > 1
        assert all(part.blocks[0] == LabelLine("TLP:RED") for part in parts)
        together = folded(" ".join(words(block_kit.blocks(part.blocks)).removeprefix("TLP:RED") for part in parts))
        assert together == folded(plain(said.blocks[1:]))

    @pytest.mark.parametrize("count", [49, 50, 51, 120])
    def test_a_message_has_fifty_blocks_at_most(self, count):
        parts = block_kit.parts(message(*(Paragraph((Span(str(n)),)) for n in range(count))))
        assert [refusal(block_kit.blocks(part.blocks), "message") for part in parts] == [""] * len(parts)
        assert len(parts) == -(-count // 50)

    def test_twenty_six_buttons_are_two_rows(self):
        wire = block_kit.blocks((Buttons(tuple(Button(str(n), f"case status {n}") for n in range(26))),))
        assert [len(row["elements"]) for row in wire] == [25, 1]

    def test_a_line_too_long_for_a_button_can_be_copied(self):
        wire = block_kit.blocks((Buttons((Button("Again", "case note 1 " + "x" * 2000),)),))
        assert wire[0]["type"] == "rich_text"
        assert "x" * 2000 in words(wire)

    def test_a_label_too_long_for_a_button_is_cut_and_its_line_is_not(self):
        (row,) = block_kit.blocks((Buttons((Button("l" * 200, "case status 1"),)),))
        assert len(row["elements"][0]["text"]["text"]) == 75
        assert row["elements"][0]["value"] == "case status 1"

    def test_a_title_too_long_for_a_header_is_whole(self):
        (wire,) = block_kit.blocks((Heading(1, (Span("t" * 151),)),))
        assert words([wire]) == "t" * 151

    @pytest.mark.parametrize("rows", [98, 99, 100, 300])
    def test_a_table_too_large_becomes_lines(self, rows):
        table = Table((CELL, CELL), tuple((CELL, CELL) for _ in range(rows)), ("left", "left"))
        for part in block_kit.parts(message(table)):
            assert not refusal(block_kit.blocks(part.blocks), "message")

    def test_the_second_table_of_a_message_becomes_lines(self):
        table = Table((CELL,), ((CELL,),), ("left",))
        wire = block_kit.blocks((table, table))
        assert [block["type"] for block in wire] == ["table", "rich_text"]

    def test_a_numbered_list_goes_on_counting_behind_a_deeper_one(self):
        items = (Item(CELL, 0, 1), Item(CELL, 1), Item(CELL, 0, 2))
        assert words(block_kit.blocks((Bullets(items),))) == plain((Bullets(items),))

    def test_the_text_for_notifications_stays_short_enough_to_edit(self):
        assert len(block_kit.fallback(message(Paragraph((Span("<& " * 5000),))))) <= 3500


class TestWhatCanBePressed:
    BUTTONS = Buttons(
        (
            Button("Open", "request status 42"),
            Button("Next page", "case list page:2", turns=True),
            Button("Why", "request why 42", more=True),
            Button("History", "request history 42", more=True),
            Button("Withdraw", "request withdraw 42", more=True, asks="It ends."),
            Button("They hold none", "request not-held 42", more=True, asks="It ends."),
        )
    )

    def test_the_first_stand_side_by_side_and_the_rest_is_a_menu(self):
        (row,) = block_kit.blocks((self.BUTTONS,))
        assert [one["type"] for one in row["elements"]] == ["button", "button", "static_select", "overflow"]
        assert not refusal([row], "message")

    def test_slack_asks_once_more_for_what_ends_something_and_for_nothing_else(self):
        (row,) = block_kit.blocks((self.BUTTONS,))
        asking = {one["action_id"]: one["confirm"]["text"]["text"] for one in row["elements"] if "confirm" in one}
        assert asking == {"end": "Withdraw: It ends.\nThey hold none: It ends."}

    def test_each_question_of_a_menu_names_its_act_and_how_to_take_it_back_is_said_once(self):
        acts = (("Data came", "All of it?"), ("Withdraw", "Nobody waits."))
        ends = tuple(Button(act, f"x {act}", more=True, asks=f"{asks} Undo takes it back.") for act, asks in acts)
        (row,) = block_kit.blocks((Buttons((self.BUTTONS.buttons[0], *ends)),))
        [menu] = [one for one in row["elements"] if "confirm" in one]
        assert menu["confirm"]["text"]["text"].splitlines() == [
            "Data came: All of it?",
            "Withdraw: Nobody waits.",
            "Undo takes it back.",
        ]

    def test_one_alone_in_a_menu_is_a_button_that_asks(self):
        (row,) = block_kit.blocks((Buttons((self.BUTTONS.buttons[0], self.BUTTONS.buttons[4])),))
        assert [(one["type"], "confirm" in one) for one in row["elements"]] == [("button", False), ("button", True)]

    def test_an_entry_is_opened_from_its_row(self):
        (section,) = block_kit.blocks((Bullets((Item((Span("first"),), button=Button("Open", "one")),)),))
        assert (section["text"]["text"], section["accessory"]["value"]) == ("first", "one")
        assert not refusal([section], "message")

    def test_a_mention_rings_the_account_and_names_whoever_has_none(self):
        (block,) = block_kit.blocks((Mentions((("Amina Khan", "T1/U7"), ("Bilal Shah", ""))),))
        assert block["elements"][0]["elements"] == [
            {"type": "user", "user_id": "U7"},
            {"type": "text", "text": ", "},
            {"type": "text", "text": "Bilal Shah"},
        ]
