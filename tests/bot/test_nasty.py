"""Sixty nasty texts in every field of every notice: on no platform is one of them more than text.

Slack parses nothing of ours, so it is enough that nothing asks it to. Telegram looks for links and mentions in any text
that is not fixed-width.
Source: github.com/tdlib/td, td/telegram/MessageEntity.cpp, `find_mentions`, `find_urls`, `fix_url`.
"""

import re

import pytest

from bot.adapters.slack import block_kit
from bot.adapters.telegram import entities
from bot.rendering.blocks import Message, Paragraph, Span
from tests.bot.slack.reading import refusal
from tests.bot.slack.test_blocks import live
from tests.bot.test_templates import Maker, everything_said, say
from tests.nasty import NASTY

STYLES = {"bold", "italic", "strikethrough", "blockquote", "code", "pre"}
FIXED = {"code", "pre"}
MADE_LIVE = re.compile(
    r"""(?<!\w)@\w{4,}                       # somebody is called
    |[a-z]+://\S                            # a link that says so
    |[\w.+-]+@[\w-]+\.[\w.-]+               # an address to write to
    |(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--\w+) # the name of a site
    |\b\d{1,3}(?:\.\d{1,3}){3}\b           # or its number""",
    re.VERBOSE | re.IGNORECASE,
)


def live_on_telegram(said: Message) -> list[str]:
    """What Telegram would make more of than text, and entities that are no mere style."""
    written = entities.write(said.blocks)
    raw = bytearray(written.text.encode("utf-16-le"))
    for one in written.entities:
        if one.type in FIXED:
            raw[2 * one.offset : 2 * (one.offset + one.length)] = "\n".encode("utf-16-le") * one.length
    strange = [one.type for one in written.entities if one.type not in STYLES or one.url or one.user]
    return strange + MADE_LIVE.findall(raw.decode("utf-16-le"))


@pytest.mark.slow  # each of some hundred notices with sixty texts; a dozen are tried in test_templates.py every time
@pytest.mark.parametrize("kind", everything_said(), ids=lambda kind: kind.__name__)
def test_in_no_notice_is_a_text_more_than_text(kind):
    for text in NASTY:
        for said in map(say, Maker(full=True, text=text).each_of(kind)):
            for part in block_kit.parts(said):
                assert not live(part), text
                assert not refusal(block_kit.blocks(part.blocks), "message"), text
            assert not live_on_telegram(said), text


def test_sixty_texts_are_tried():
    assert len(set(NASTY)) >= 60


def test_a_word_of_a_million_letters_is_looked_through_once():
    written = entities.write((Paragraph((Span("a" * 1_000_000),)),))
    assert (len(written.text), written.entities) == (1_000_000, ())
