"""Which chat platforms there are, and what the process does with each.

ADAPTERS is the list of those that settings can turn on: one line each. The terminal is not among them: it needs no
settings but one person, and is opened by name (`bot/cli/commands.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aiohttp import web

from bot.adapters import slack, telegram
from bot.adapters.contract import ChatAdapter
from bot.adapters.house import House
from bot.settings import Settings


class Platform(ChatAdapter, Protocol):
    """One platform while the process runs: messages in and messages out."""

    async def listen(self) -> int:
        """Take messages for ever, or until whoever speaks has left; then an exit code. Cancelled at the end."""


@runtime_checkable
class Connected(Protocol):
    """A platform with connections of its own, or one that calls us."""

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What the process's HTTP port serves for it."""

    async def close(self) -> None:
        """Hang up; after the last sending."""


@dataclass(frozen=True)
class Adapter:
    """One line of ADAPTERS: whether the settings name it, how it is opened, what to set where they do not.

    Opening connects to nothing.
    """

    configured: Callable[[Settings], bool]
    open: Callable[[Settings, House], Platform]
    setting: str = ""


ADAPTERS: Mapping[str, Adapter] = {
    "slack": Adapter(slack.is_configured, slack.Slack, "SLACK_BOT_TOKEN"),
    "telegram": Adapter(telegram.is_configured, telegram.Telegram, "TELEGRAM_BOT_TOKEN"),
}
