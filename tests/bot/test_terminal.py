"""At a terminal everything is there to read, in colours or through a pipe."""

import io
import re

import pytest
from rich.console import Console

from bot.adapters import terminal
from bot.rendering.blocks import (
    Block,
    Bullets,
    Button,
    Buttons,
    Code,
    Divider,
    Heading,
    Item,
    LabelLine,
    Paragraph,
    Quote,
    Span,
    Table,
)

URDU = (
    "\u0641\u06cc\u0633 \u0628\u06a9 \u06a9\u06d2 \u062c\u0639\u0644\u06cc "
    "\u0635\u0641\u062d\u0627\u062a \u06a9\u06cc \u062f\u0631\u062e\u0648\u0627\u0633\u062a"
)
LONG = " ".join(f"word{n}" for n in range(60))


def cells(*texts: str) -> tuple[tuple[Span, ...], ...]:
    return tuple((Span(text),) if text else () for text in texts)


MESSAGE: tuple[Block, ...] = (
    LabelLine("TLP:AMBER"),
    Heading(1, (Span("Overdue [red]now[/red] :smile:"),)),
    Heading(2, (Span("With whom"),)),
    Paragraph((Span("Two "), Span("late", bold=True), Span(" requests\nfor "), Span("42/3", code=True))),
    Paragraph((Span(LONG),)),
    Bullets((Item((Span("first " + LONG),), 0, 1), Item((Span(URDU),), 1), Item(()))),
    Table(
        cells("Ref", "Title", "Days"),
        (cells("CCW-2026-0042/3", URDU, "12"), cells("CCW-2026-0043/1", LONG + "x" * 200, "3"), cells("", "", "")),
        ("left", "left", "right"),
    ),
    Quote((Paragraph((Span("what plausible reason?"),)), Code("  a\n    b"))),
    Divider(),
    Buttons((Button("Acknowledge", "request acknowledge CCW-2026-0042/3"), Button("Why?", "request why 42/3"))),
)


def shown(blocks: tuple[Block, ...], *, watched: bool = False, width: int = 80) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=watched,
        color_system="standard" if watched else None,
        legacy_windows=False,
    )
    terminal.show(console, blocks)
    return stream.getvalue()


def unstyled(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def letters(text: str) -> str:
    """The text without blanks and lines, as folding changes only those."""
    return re.sub(r"[\s│─]", "", text)


EVERY_TEXT = (
    *(
        "TLP:AMBER",
        "Overdue [red]now[/red] :smile:",
        "With whom",
        "Two late requests\nfor 42/3",
        LONG,
        "1. first " + LONG,
    ),
    *(
        "• " + URDU,
        "what plausible reason?",
        "request acknowledge CCW-2026-0042/3",
        "(Acknowledge)",
        "request why 42/3",
    ),
)


@pytest.mark.parametrize("watched", [True, False])
def test_every_text_is_there(watched):
    output = letters(unstyled(shown(MESSAGE, watched=watched)))
    for text in EVERY_TEXT:
        assert letters(text) in output


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("width", [30, 80])
def test_cells_are_folded_and_never_cut(watched, width):
    output = unstyled(shown(MESSAGE, watched=watched, width=width))
    assert output.count("x") >= 200
    assert all(f"word{n}" in output for n in range(0, 60, 7))
    assert all(letter in output for letter in URDU)


def test_a_terminal_has_no_line_wider_than_it_is():
    assert max(len(line) for line in unstyled(shown(MESSAGE, watched=True)).splitlines()) <= 80


def test_a_pipe_gets_no_styles_and_no_blanks_at_line_ends():
    output = shown(MESSAGE)
    assert "\x1b" not in output
    assert [line for line in output.splitlines() if line != line.rstrip()] == []


def test_a_pipe_gets_a_paragraph_on_one_line_and_tables_in_columns():
    lines = shown(MESSAGE).splitlines()
    assert LONG in lines
    rows = [line for line in lines if line.startswith(("Ref", "CCW-2026-004"))]
    assert len(rows) == 3
    starts = {line.index(title) for line, title in zip(rows, ("Title", URDU[:3], "word0"), strict=True)}
    assert len(starts) == 1


def test_a_terminal_gets_styles():
    output = shown((Paragraph((Span("late", bold=True), Span(" gone", strike=True, italic=True))),), watched=True)
    assert output == "\x1b[1mlate\x1b[0m\x1b[3;9m gone\x1b[0m\n"


def test_a_button_is_the_command_to_type():
    assert shown(MESSAGE[-1:]) == ("→ request acknowledge CCW-2026-0042/3 (Acknowledge)\n→ request why 42/3 (Why?)\n")


def test_a_table_with_too_many_columns_becomes_a_list_for_each_row():
    names = [f"Column {n}" for n in range(12)]
    table = Table(cells(*names), (cells(*[f"value {n}" for n in range(12)]),) * 2, ("left",) * 12)
    for watched in (True, False):
        lines = unstyled(shown((table,), watched=watched)).splitlines()
        assert lines[:2] == ["Column 0: value 0", "Column 1: value 1"]
        assert lines.count("Column 11: value 11") == 2


def test_folded_items_stay_clear_of_their_mark():
    lines = unstyled(shown((Bullets((Item((Span(LONG),)),)),), watched=True)).splitlines()
    assert lines[0].startswith("• word0")
    assert len(lines) > 1
    assert all(line.startswith("  word") for line in lines[1:])
