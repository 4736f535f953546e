"""Which chat platforms there are, and what the process does with each.

ADAPTERS is the list of those that settings can turn on: one line each. The terminal is not among them: it needs no
settings but one person, and is opened by name (`bot/cli/commands.py`).
Why a platform is imported when it is opened: its library takes a second, and most words of the command line open none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bot.adapters.contract import ChatAdapter
from bot.adapters.house import House
from bot.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web


class Platform(ChatAdapter, Protocol):
    """One platform while the process runs: messages in and messages out."""

    async def listen(self) -> int:
        """Take messages for ever, or until whoever speaks has left; then an exit code. Cancelled at the end."""


@runtime_checkable
class Connected(Protocol):
    """A platform with connections of its own, or one that calls us."""

    @property
    def routes(self) -> "Sequence[web.RouteDef]":
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


def _slack(settings: Settings, house: House) -> Platform:
    from bot.adapters.slack import Slack  # noqa: PLC0415 - as it is opened

    return Slack(settings, house)


def _telegram(settings: Settings, house: House) -> Platform:
    from bot.adapters.telegram import Telegram  # noqa: PLC0415 - as it is opened

    return Telegram(settings, house)


def _names_slack(settings: Settings) -> bool:
    """Whether there is a token, or an app to install; what must stand beside it is checked with the settings."""
    return settings.slack_bot_token is not None or settings.slack_client_id is not None


def _names_telegram(settings: Settings) -> bool:
    return settings.telegram_bot_token is not None


ADAPTERS: Mapping[str, Adapter] = {
    "slack": Adapter(_names_slack, _slack, "SLACK_BOT_TOKEN"),
    "telegram": Adapter(_names_telegram, _telegram, "TELEGRAM_BOT_TOKEN"),
}
