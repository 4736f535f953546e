"""What people read on Telegram: text and entities, whatever was typed."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.telegram.entities import BUTTONS, ENTITIES, TEXT_UNITS, parts, units, write
from bot.rendering.blocks import (
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
)

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
SPANS = st.lists(
    st.builds(Span, WORDS, bold=st.booleans(), italic=st.booleans(), code=st.booleans(), strike=st.booleans()),
    min_size=1,
    max_size=4,
).map(tuple)
SIMPLE = st.one_of(
    st.builds(Paragraph, SPANS),
    st.builds(Heading, st.integers(1, 3), SPANS),
    st.builds(Code, WORDS),
    st.builds(Bullets, st.lists(st.builds(Item, SPANS, st.integers(0, 2)), min_size=1, max_size=3).map(tuple)),
    st.builds(lambda cells: Table((cells, cells), ((cells, cells),), ("left", "right")), SPANS),
    st.just(Divider()),
)
BLOCKS = st.lists(
    st.one_of(SIMPLE, st.lists(SIMPLE, min_size=1, max_size=3).map(tuple).map(Quote)), min_size=1, max_size=5
)


def styled(written) -> list[tuple[str, str]]:
    """Each entity as (kind, the text it covers), cut where Telegram cuts: by UTF-16 units."""
    raw = written.text.encode("utf-16-le")
    return [
        (entity.type, raw[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le"))
        for entity in written.entities
    ]


def paragraph(*texts: str) -> Paragraph:
    return Paragraph(tuple(map(Span, texts)))


@settings(max_examples=40)
@given(BLOCKS)
def test_every_entity_covers_whole_characters_inside_the_text_and_none_crosses_another(blocks):
    written = write(blocks)

    assert all(text for _, text in styled(written))
    spans = [(one.offset, one.offset + one.length) for one in written.entities]
    assert all(0 <= start < end <= units(written.text) for start, end in spans)
    for start, end in spans:
        assert not any(start < other < end < last for other, last in spans)


@settings(max_examples=40)
@given(BLOCKS)
def test_nothing_that_was_written_is_lost(blocks):
    whole = "".join(write(blocks).text.split())

    for block in blocks:
        if isinstance(block, Paragraph | Heading):
            assert "".join("".join(span.text for span in block.spans).split()) in whole


@settings(max_examples=4)
@given(st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF), st.integers(2_100, 4_000))
def test_a_text_of_characters_that_count_twice_is_split_by_telegrams_measure(character, length):
    text = character * length
    found = parts(Message((LabelLine("TLP:AMBER"), paragraph(text)), "TLP:AMBER"))

    assert len(found) == 2
    assert all(units(write(one.blocks).text) <= TEXT_UNITS for one in found)
    assert "".join(write(one.blocks).text.removeprefix("TLP:AMBER\n\n") for one in found) == text


@pytest.mark.parametrize("size", [4_096, 4_097])
def test_the_edge_of_the_longest_text(size):
    assert len(parts(Message((paragraph("x" * size),), None))) == 1 + (size > TEXT_UNITS)


@pytest.mark.parametrize(
    "live",
    ["@alice_x", "https://evil.example", "evil.com", "officer@agency.example", "facebook.com/a.page", "t.me/joinchat"],
)
def test_what_telegram_would_make_a_link_or_a_mention_is_fixed_width(live):
    written = write((Paragraph((Span(f"see {live}, now", bold=True),)),))

    assert written.text == f"see {live}, now"
    assert ("code", live) in styled(written)
    assert ("bold", "see ") in styled(written)


@pytest.mark.parametrize("text", ["<b>x</b>", "**x**", "[a](b)", "`x", "{{7*7}}", "'; DROP", "=cmd()", "_x_"])
def test_markup_that_somebody_typed_is_text(text):
    written = write((paragraph(text),))

    assert written.text == text
    assert not written.entities


def test_a_narrow_table_is_aligned_and_a_wide_one_becomes_a_list():
    narrow = Table(
        (spans("a"), spans("n")), ((spans("one"), spans("1")), (spans("seven"), spans("70"))), ("left", "right")
    )
    wide = Table(
        (spans("case"), spans("title")), ((spans("CCW-2026-0001"), spans("Fake pages " * 4)),), ("left", "left")
    )

    assert styled(write((narrow,))) == [("pre", "a       n\none     1\nseven  70")]
    assert write((wide,)).text.startswith("▪ CCW-2026-0001\n   title: Fake pages")


def test_letters_of_two_columns_keep_a_table_straight():
    table = Table((spans("名前"), spans("n")), ((spans("a"), spans("1")),), ("left", "left"))

    assert write((table,)).text == "名前  n\na     1"


def test_a_part_never_has_more_entities_or_buttons_than_telegram_takes():
    many = [Paragraph((Span("x", bold=True), Span(" y"))) for _ in range(250)]
    buttons = [Buttons(tuple(Button(f"b{n}", "case list") for n in range(60))) for _ in range(2)]
    found = parts(Message((paragraph("head"), *many, *buttons), None))

    assert all(len(write(one.blocks).entities) <= ENTITIES for one in found)
    counts = [sum(len(block.buttons) for block in one.blocks if isinstance(block, Buttons)) for one in found]
    assert sum(counts) == 120
    assert max(counts) <= BUTTONS or all(write(one.blocks).text for one in found)


STYLED = tuple(Span(f"w{n} ", bold=n % 2 == 0, italic=True) for n in range(150))
WIDE = Table(
    ((Span("case"),), (Span("title"),)),
    tuple(((Span(f"CCW-2026-{n:04}"),), (Span("Fake pages of everybody we know", code=True),)) for n in range(150)),
    ("left", "left"),
)


@pytest.mark.parametrize(
    "block",
    [
        Paragraph(STYLED),
        Heading(2, STYLED),
        Bullets(tuple(Item((one,)) for one in STYLED)),
        Bullets((Item(STYLED),)),
        WIDE,
        Quote((Paragraph(STYLED),)),
    ],
    ids=["paragraph", "heading", "list", "item", "table", "quote"],
)
def test_one_block_with_more_styles_than_telegram_takes_is_divided_and_keeps_them_all(block):
    found = parts(Message((LabelLine("TLP:AMBER"), block), "TLP:AMBER"))
    written = [write(one.blocks) for one in found]

    assert len(found) > 1
    assert all(len(one.entities) <= ENTITIES for one in written)
    read = "".join("".join(one.text.removeprefix("TLP:AMBER").replace("•", "").split()) for one in written)
    whole = write((block,))
    assert read == "".join(whole.text.replace("•", "").split())
    kinds = Counter(one.type for each in written for one in each.entities if one.type != "blockquote")
    more = {"bold": len(found)}  # the label of each part
    assert kinds == Counter(one.type for one in whole.entities if one.type != "blockquote") + Counter(more)


def spans(text: str) -> tuple[Span, ...]:
    return (Span(text),)
