"""The App Home: what waits for the person who opens it, published anew after each of their acts.

In: somebody opened it, or did something. Out: a view. Nobody else sees it, so what is above the ceiling of a room may
stand there. Whoever never opened it since this process began gets none: it is published when they do.
One person's home is published one at a time; what they do meanwhile makes one more, not one each.
"""

import logging
from collections import OrderedDict

from bot.adapters.contract import Answer
from bot.adapters.house import Receive
from bot.adapters.slack import wire
from bot.adapters.slack.block_kit import Json, blocks
from bot.adapters.slack.outcomes import FAILURES, outcome_of
from bot.adapters.slack.shortcuts import HOME_LINE
from bot.adapters.slack.wire import Asked
from bot.adapters.slack.workspaces import Workspaces

log = logging.getLogger("rogatory.slack")

BLOCKS_IN_A_VIEW = 100
MANY = 10_000  # people whose home is kept fresh; of more, whoever acted least recently has to open it


class Homes:
    """Publishes homes. receive: where the lines of a home are read."""

    def __init__(self, workspaces: Workspaces, receive: Receive) -> None:
        self._workspaces, self._receive = workspaces, receive
        self._opened = OrderedDict[str, None]()
        self._publishing = dict[str, Asked | None]()  # and who acted meanwhile

    async def opened(self, asked: Asked) -> None:
        """Somebody looks at their home."""
        self._opened[asked.inbound.account] = None
        if len(self._opened) > MANY:
            self._opened.popitem(last=False)
        await self._publish(asked)

    def is_kept_fresh(self, asked: Asked) -> bool:
        """Whether somebody has opened their home."""
        return asked.inbound.account in self._opened

    async def acted(self, asked: Asked) -> None:
        """Somebody did something, so what waits for them may have changed."""
        if self.is_kept_fresh(asked):
            self._opened.move_to_end(asked.inbound.account)
            await self._publish(asked)

    async def _publish(self, asked: Asked) -> None:
        account = asked.inbound.account
        next_one: Asked | None = asked
        if account in self._publishing:
            self._publishing[account] = asked
            return
        try:
            while next_one:
                self._publishing[account] = None
                await self._publish_now(next_one)
                next_one = self._publishing[account]
        finally:
            del self._publishing[account]

    async def _publish_now(self, asked: Asked) -> None:
        answer = await self._receive(wire.at_home(asked, HOME_LINE).inbound)
        if not answer.messages:  # silence: too many looks
            return
        try:
            client = await self._workspaces.client(asked.workspace)
            await client.views_publish(user_id=asked.user, view=view(answer))
        except FAILURES as error:
            log.warning("a home could not be published: %s", outcome_of(error))


def view(answer: Answer) -> Json:
    """The home of one person. Somebody the desk does not know reads how to come in."""
    said = [block for message in answer.messages for block in message.blocks]
    return {"type": "home", "blocks": blocks(said, "view")[:BLOCKS_IN_A_VIEW]}
