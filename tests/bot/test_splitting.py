"""A long message arrives in parts that fit, and nothing of it is lost."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.slack import block_kit
from bot.adapters.telegram import entities
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
    Message,
    Paragraph,
    Quote,
    Span,
    Table,
    plain,
    text_of,
)
from bot.rendering.splitting import split


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def words(blocks: Iterable[Block]) -> str:
    """Everything the blocks say, in order, without labels and headers, which parts repeat."""
    said = ""
    for block in blocks:
        match block:
            case Heading() | Paragraph():
                said += text_of(block.spans)
            case Bullets():
                said += "".join(text_of(item.spans) for item in block.items)
            case Table():
                said += "".join(text_of(cell) for row in block.rows for cell in row)
            case Quote():
                said += words(block.blocks)
            case Code():
                said += block.text
            case Buttons():
                said += "".join(button.label + button.line for button in block.buttons)
    return said


def styles(blocks: Iterable[Block]) -> list[tuple[str, bool]]:
    """Each character of the paragraphs with whether it is bold."""
    spans = [span for block in blocks if isinstance(block, Paragraph) for span in block.spans]
    return [(character, span.bold) for span in spans for character in span.text]


TEXTS = st.text(st.sampled_from("ab \n.!?é\U0001f600\u0641*|"), min_size=1, max_size=120)
SPANS = st.lists(st.builds(Span, TEXTS, bold=st.booleans()), min_size=1, max_size=3).map(tuple)
CELLS = st.lists(st.builds(Span, TEXTS), max_size=2).map(tuple)
TABLES = st.integers(1, 3).flatmap(
    lambda columns: st.builds(
        Table,
        header=st.tuples(*[st.just((Span("Head"),))] * columns),
        rows=st.lists(st.tuples(*[CELLS] * columns), max_size=6).map(tuple),
        align=st.just(("left",) * columns),
    )
)
SIMPLE = st.one_of(
    st.builds(Heading, st.integers(1, 3), SPANS),
    st.builds(Paragraph, SPANS),
    st.builds(
        Bullets,
        st.lists(st.builds(Item, SPANS, st.integers(0, 1), st.none() | st.integers(1, 9)), min_size=1, max_size=6).map(
            tuple
        ),
    ),
    st.builds(Code, TEXTS),
    st.builds(Divider),
    st.builds(
        Buttons,
        st.lists(st.builds(Button, st.just("Do it"), st.just("request sent 42/3")), min_size=1, max_size=6).map(tuple),
    ),
    TABLES,
)
BLOCKS = st.lists(SIMPLE | st.builds(Quote, st.lists(SIMPLE, min_size=1, max_size=3).map(tuple)), max_size=6)


@given(blocks=BLOCKS, limit=st.integers(60, 400), label=st.booleans())
def test_every_part_fits_begins_with_the_label_and_together_they_say_it_all(blocks, limit, label):
    first = (LabelLine("TLP:RED"),) if label else ()
    parts = split((*first, *blocks), limit, utf16_units)
    assert all(utf16_units(plain(part)) <= limit for part in parts)
    assert all(part[: len(first)] == first for part in parts)
    assert "".join(words(part) for part in parts) == words(blocks)
    assert [style for part in parts for style in styles(part)] == styles(blocks)


def paragraphs(*texts: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph((Span(text),)) for text in texts)


def test_what_fits_stays_one_part():
    blocks = paragraphs("a" * 40)
    assert split(blocks, 40) == (blocks,)
    assert len(split(blocks, 39)) == 2


def test_blocks_stay_whole_where_they_can():
    a, b, c = paragraphs("a" * 50, "b" * 40, "c" * 50)
    assert split((a, b, c), 100) == ((a, b), (c,))


LONG_TABLE = Table(((Span("Ref"),),), tuple(((Span(f"R{n}"),),) for n in range(40)), ("left",))
LONG_LIST = Bullets(tuple(Item((Span(f"R{n}"),)) for n in range(40)))


@pytest.mark.parametrize("long", [LONG_TABLE, LONG_LIST], ids=["table", "list"])
def test_the_line_over_a_long_list_is_no_part_by_itself(long):
    (said,) = paragraphs("All cases")
    parts = split((LabelLine("TLP:AMBER"), said, long), 100)
    assert "All cases" in plain(parts[0])
    assert "R0" in plain(parts[0])
    assert all(len(plain(part)) > 80 for part in parts[:-1]), "each is as full as it can be"
    assert words(block for part in parts for block in part) == words((said, long))


@pytest.mark.parametrize("short", [replace(LONG_TABLE, rows=LONG_TABLE.rows[:9]), Bullets(LONG_LIST.items[:9])])
def test_what_fits_a_part_of_its_own_is_not_divided(short):
    (said,) = paragraphs("All cases. " * 5)
    assert split((said, short), 75) == ((said,), (short,))


def test_a_table_is_divided_between_rows_and_its_header_repeated():
    header = ((Span("Ref"),), (Span("Due"),))
    rows = tuple(((Span(f"CCW-2026-{n:04}"),), (Span("3 Mar 2026"),)) for n in range(40))
    parts = split((LabelLine("TLP:AMBER"), Table(header, rows, ("left", "left"))), 300)
    assert len(parts) == 4
    for part in parts:
        assert plain(part).startswith("TLP:AMBER\n\nRef | Due\nCCW-2026-")
    assert [row for part in parts for row in part[1].rows] == list(rows)


def test_a_row_too_long_goes_on_under_the_same_header():
    row = ((Span("a" * 10),), (Span("b" * 100),), (Span("c" * 10),))
    header = ((Span("A"),), (Span("B"),), (Span("C"),))
    parts = split((Table(header, (row,), ("left",) * 3),), 100)
    columns = [["".join(text_of(part[0].rows[0][column]) for part in parts)] for column in range(3)]
    assert columns == [["a" * 10], ["b" * 100], ["c" * 10]]


def test_a_long_text_is_divided_after_a_sentence_or_else_a_word():
    sentences = "The first sentence is here. The second one follows it now. The third is last."
    assert [plain(part) for part in split(paragraphs(sentences), 60)] == [
        "The first sentence is here. The second one follows it now. ",
        "The third is last.",
    ]
    assert [plain(part) for part in split(paragraphs("seven words and no end in sight"), 20)] == [
        "seven words and no ",
        "end in sight",
    ]


def test_a_heading_goes_with_what_follows_it():
    heading = Heading(2, (Span("Late"),))
    a, b = paragraphs("a" * 50, "b" * 40)
    assert split((a, heading, b), 60) == ((a,), (heading, b))


def test_a_divided_numbered_list_keeps_its_numbers():
    items = tuple(Item((Span("x" * 20),), number=n) for n in range(1, 9))
    parts = split((Bullets(items),), 60)
    assert [item.number for part in parts for item in part[0].items] == list(range(1, 9))


def test_the_platforms_way_of_writing_decides():
    blocks = paragraphs("a" * 20, "b" * 20)
    assert len(split(blocks, 50)) == 1
    assert len(split(blocks, 50, write=lambda part: plain(part) * 2)) == 2


def test_a_limit_without_room_is_refused_instead_of_running_for_ever():
    with pytest.raises(ValueError, match="no room"):
        split((LabelLine("TLP:AMBER+STRICT"), *paragraphs("text")), 17)
    with pytest.raises(ValueError, match="no room"):
        split((Buttons((Button("Do", "x" * 30),)),), 20)


# ---- titles ----------------------------------------------------------------------------------------------------------

TITLES = st.one_of(
    st.builds(lambda text: Heading(2, (Span(text),)), st.text("abc ", min_size=1, max_size=30)),
    st.builds(lambda text: Paragraph((Span(text, bold=True),)), st.text("abc ", min_size=1, max_size=30)),
)
BODIES = st.one_of(
    st.builds(lambda n: Paragraph((Span("word " * n),)), st.integers(1, 900)),
    st.builds(lambda n, m: Bullets((Item((Span("word " * m),)),) * n), st.integers(1, 90), st.integers(1, 200)),
    st.builds(lambda n: Bullets((Item((Span("row"),), button=Button("Open", "overdue")),) * n), st.integers(1, 60)),
    st.builds(
        lambda n: Table(((Span("a"),), (Span("b"),)), (((Span("c" * 40),), ()),) * n, ("left", "left")),
        st.integers(1, 90),
    ),
    st.builds(lambda n: Quote((Paragraph((Span("said " * n),)),)), st.integers(1, 900)),
)
SECTIONS = st.lists(st.tuples(st.lists(TITLES, min_size=1, max_size=2), BODIES), min_size=1, max_size=8)


def is_title(block: Block) -> bool:
    return isinstance(block, Heading) or (isinstance(block, Paragraph) and all(span.bold for span in block.spans))


@given(sections=SECTIONS, label=st.booleans())
@settings(max_examples=settings.default.max_examples // 5)  # each is read by a whole parser
@pytest.mark.parametrize("parts", [block_kit.parts, entities.parts], ids=["slack", "telegram"])
def test_a_title_goes_with_what_follows_it_on_every_platform(parts, sections, label):
    first = (LabelLine("TLP:AMBER"),) if label else ()
    message = Message((*first, *(block for titles, body in sections for block in (*titles, body))), None)
    for part in parts(message):
        assert not is_title(part.blocks[-1]), part.plain()[-200:]


@given(sections=SECTIONS, limit=st.integers(150, 400))
@settings(max_examples=25)
def test_a_title_goes_with_what_follows_it_within_any_limit(sections, limit):
    blocks = [block for titles, body in sections for block in (*titles, body)]
    parts = split(blocks, limit)
    assert words(block for part in parts for block in part) == words(blocks)
    for part in parts:
        assert not is_title(part[-1])
