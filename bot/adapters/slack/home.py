"""The App Home: what waits for the person who opens it.

In: answers to the lines of `shortcuts.py`. Out: a view. Nobody else sees it, so what is above the ceiling of a room may
stand there.
"""

from collections.abc import Sequence

from bot.adapters.contract import Answer
from bot.adapters.slack.block_kit import Json, blocks

BLOCKS_IN_A_VIEW = 100


def view(answers: Sequence[Answer]) -> Json:
    """The home of one person. Somebody the desk does not know reads how to come in."""
    said = [block for answer in answers for message in answer.messages for block in message.blocks]
    return {"type": "home", "blocks": blocks(said, "view")[:BLOCKS_IN_A_VIEW]}
