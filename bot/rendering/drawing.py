"""Draws what a notice shows, in the words of its reader: the title is its first sentence.

In: a file that a handler made, where it is a picture; who reads; the ceiling of where it goes. Out: its bytes.
No work for the event loop, nor for a thread of the store: it takes a tenth of a second.
"""

from bot.rendering.blocks import Paragraph, text_of
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.kit import showing
from handlers.kit.notices import Notice
from handlers.kit.showing import Said
from handlers.pictures import drawing
from handlers.pictures.frame import Say
from storage.exposure.labels import Label


def draw(renderer: Renderer, shown: Notice, reader: Reader, ceiling: Label, *, dark: bool = False) -> bytes | None:
    """The PNG of a notice that is a picture; None where it is above the ceiling."""
    return drawing.draw(shown, ceiling, title(renderer, shown, reader), words(renderer, reader), dark=dark)


def title(renderer: Renderer, shown: Notice, reader: Reader) -> str:
    """The finding: the first sentence of what says the picture in words."""
    said = renderer.message(shown.template, Said(shown.template, showing.facts(shown)).fields, reader)
    return next((text_of(block.spans) for block in said.blocks if isinstance(block, Paragraph)), "")


def words(renderer: Renderer, reader: Reader) -> Say:
    """All other words in a picture."""

    def say(word: str, **facts: object) -> str:
        return " ".join(renderer.message("_base/picture_word", {"word": word, "facts": facts}, reader).plain().split())

    return say
