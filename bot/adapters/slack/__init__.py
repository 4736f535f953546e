"""Slack: commands, buttons, forms, the App Home and direct messages in; answers, cards and notices out.

    serve.py      is it Slack? HTTP and Socket Mode         wire.py       payload -> what was said
    app.py        one listener for each kind                modal.py      forms
    answers.py    to whoever asked                          home.py       what waits for them
    sender.py     to everybody else, and how it ended       outcomes.py   errors -> outcomes
    blocks.py     neutral blocks -> Slack's                 manifest.py   the app, as Slack wants it described
    shortcuts.py  entries of Slack's menus
Settings: the bot token, and the app token (Socket Mode) or the signing secret (HTTP); with both, Socket Mode.
"""

import asyncio
from collections.abc import Sequence

from aiohttp import ClientSession, ClientTimeout, web
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.base import House
from bot.adapters.slack.answers import SECONDS, Answers
from bot.adapters.slack.app import Listeners
from bot.adapters.slack.sender import Sender
from bot.adapters.slack.serve import HttpDoor, stay_connected
from bot.settings import Settings

GRACE_SECONDS = 2.0  # for answers that are under way when the desk stops


class Slack(Sender):
    """Both doors to one workspace."""

    def __init__(self, settings: Settings, house: House) -> None:
        client = AsyncWebClient(
            token=_open(settings.slack_bot_token), base_url=f"{settings.slack_api_url}/", retry_handlers=[]
        )
        super().__init__(client)
        self._app_token, self._signing_secret = _open(settings.slack_app_token), _open(settings.slack_signing_secret)
        self._listeners = Listeners(client, house, Answers(client, self, settings.slack_api_url))

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What the process's HTTP port serves for us: nothing with Socket Mode."""
        return () if self._app_token else HttpDoor(self._listeners.bolt, self._signing_secret).routes

    async def listen(self) -> int:
        """Take messages for ever. One session carries every call to Slack, until `close`."""
        self._client.session = ClientSession(timeout=ClientTimeout(SECONDS))
        if self._app_token:
            await stay_connected(self._listeners.bolt, self._app_token)
        await asyncio.Event().wait()
        return 0

    async def close(self) -> None:
        """Finish the answers that are under way, and hang up."""
        await asyncio.wait({asyncio.ensure_future(self._listeners.settle())}, timeout=GRACE_SECONDS)
        if self._client.session:
            await self._client.session.close()


def is_configured(settings: Settings) -> bool:
    """Whether there is a token; what must stand beside it is checked with the settings."""
    return settings.slack_bot_token is not None


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
