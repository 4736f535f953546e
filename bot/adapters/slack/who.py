"""Who we are: the first question to Slack, before any message is taken.

In: the bot token. Out: nothing, where Slack knows it or cannot be asked just now; else one sentence for whoever started
the desk, with the line to change. The app token is tried by connecting (`serve.py`); of several workspaces each has
a token of its own, and its people are told by deliveries that fail (`workspaces.py`).
Source: docs.slack.dev, "auth.test", "apps.connections.open".
"""

import logging

from bot.adapters.contract import CannotStart
from bot.adapters.outcome import Halt
from bot.adapters.slack.answers import BOT_REFUSED
from bot.adapters.slack.outcomes import FAILURES, outcome_of
from bot.adapters.slack.workspaces import ByToken, Workspaces

log = logging.getLogger("rogatory.slack")


async def ask(workspaces: Workspaces) -> None:
    """Ask Slack once. Errors: CannotStart for a token that is wrong, or good no more."""
    if not isinstance(workspaces, ByToken):
        return
    try:
        await workspaces.home("")
    except FAILURES as error:
        if cannot := refusal(error, BOT_REFUSED):
            raise cannot from None
        log.warning("Slack does not say who we are: %s", outcome_of(error))


def refusal(error: Exception, sentence: str) -> CannotStart | None:
    """What is said where one of FAILURES means that a token is not taken; None where it means anything else."""
    found = outcome_of(error)
    return CannotStart(sentence.format(found.reason)) if isinstance(found, Halt) else None
