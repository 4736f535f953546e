"""The App Home: what waits for the person who opens it.

In: answers to the lines of `shortcuts.py`. Out: a view. Nobody else sees it, so what is above the ceiling of a room may
stand there.
"""

from collections.abc import Sequence

from bot.adapters.contract import Answer
from bot.adapters.slack.block_kit import Json, blocks
from bot.adapters.slack.shortcuts import HOME_BUTTONS
from bot.rendering.blocks import Block, Buttons, Divider

BLOCKS_IN_A_VIEW = 100


def view(answers: Sequence[Answer]) -> Json:
    """The home of one person. Somebody the desk does not know reads how to come in, and gets no buttons."""
    said: list[Block] = [] if answers[0].refused else [Buttons(HOME_BUTTONS)]
    for answer in answers[:1] if answers[0].refused else answers:
        said += [Divider()] if said else []
        said += [block for message in answer.messages for block in message.blocks]
    return {"type": "home", "blocks": blocks(said, "view")[:BLOCKS_IN_A_VIEW]}
