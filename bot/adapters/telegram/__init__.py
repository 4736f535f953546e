"""Telegram: commands, buttons and step-by-step forms in; answers, cards and notices out.

    poll.py       asks Telegram what happened              wire.py       update -> what a person did
    webhook.py    is told, and checks by whom              entities.py   neutral blocks -> text and entities
    listener.py   each once, in order, many at a time      keyboard.py   buttons, and the lines behind them
    conversation.py   one update, to the desk and back     menus.py      what stands behind `/`
    forms.py, draft.py, step.py   what a command lacks     answers.py    to whoever asked
    unfolding.py  what a button does to its own message
    client.py     the Bot API                              sender.py     to everybody else, and how it ended
    texts.py      the adapter's own words                  outcomes.py   errors -> outcomes
Settings: the bot token; with a webhook's address and secret Telegram calls us, else the bot polls.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from aiohttp import web
from pydantic import SecretStr
from telegram.error import InvalidToken, TelegramError

from bot.adapters.contract import House
from bot.adapters.telegram.answers import Pause, TelegramAnswers
from bot.adapters.telegram.client import open_client
from bot.adapters.telegram.conversation import Conversation
from bot.adapters.telegram.forms import StepForms
from bot.adapters.telegram.keyboard import Keyboards
from bot.adapters.telegram.listener import AT_ONCE, Listener
from bot.adapters.telegram.menus import Menus
from bot.adapters.telegram.poll import PAUSES, SHUT_OUT_SECONDS, Poller
from bot.adapters.telegram.sender import TelegramSender
from bot.adapters.telegram.unfolding import Unfolding
from bot.adapters.telegram.webhook import WebhookDoor
from bot.adapters.telegram.wire import TAKEN, CommandWords, Me
from bot.settings import Settings

log = logging.getLogger("rogatory.telegram")

GRACE_SECONDS = 5.0  # for answers that are under way when the desk stops
TIDY_SECONDS = 30.0  # between two looks for forms whose time is up


class Telegram(TelegramSender):
    """The Telegram adapter, for one bot. `pause` waits so many seconds."""

    def __init__(self, settings: Settings, house: House, pause: Pause = asyncio.sleep) -> None:
        if house.services is None:
            raise ValueError("Telegram needs a house that keeps forms and buttons")
        client = open_client(_open(settings.telegram_bot_token), settings.telegram_api_url)
        super().__init__(client, Keyboards(house.services.memory))
        self._house, self._services, self._pause = house, house.services, pause
        self._webhook_url = settings.telegram_webhook_url
        self._secret = _open(settings.telegram_webhook_secret)
        self.http = WebhookDoor(self._webhook_url or "", self._secret)
        self.listener: Listener | None = None

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What the process's HTTP port serves for us: nothing while we poll."""
        return self.http.routes if self._webhook_url else ()

    async def listen(self) -> int:
        """Take messages for ever."""
        me = await self._introduced()
        answers = TelegramAnswers(self._client, self, self._services, me, self._pause)
        forms = StepForms(self._house, self._services, self, answers, self._keyboards)
        menus = Menus(self._client, self._services)
        conversation = Conversation(
            self._house,
            self._services,
            answers=answers,
            forms=forms,
            keyboards=self._keyboards,
            menus=menus,
            unfolding=Unfolding(self._client, self._keyboards, self._services.memory),
        )
        self.listener = self.http.listener = Listener(conversation, me, CommandWords(self._services.commands))
        await menus.publish()
        await asyncio.gather(self._taking(self.listener), self._tidying(forms))
        return 0

    async def close(self) -> None:
        """Finish the answers that are under way, and hang up."""
        if self.listener:
            await self.listener.settle(GRACE_SECONDS)
        await self._client.shutdown()

    async def _introduced(self) -> Me:
        """Who the bot is."""
        await self._until_done(self._client.initialize)
        return Me(self._client.id, self._client.username)

    async def _taking(self, listener: Listener) -> None:
        if not self._webhook_url:
            await self._until_done(self._client.delete_webhook)
            self._house.ready(f"telegram is ready: @{self._client.username}, polling")
            await Poller(self._client, listener, self._pause).run()

        async def point_here() -> bool:
            return await self._client.set_webhook(
                str(self._webhook_url), secret_token=self._secret, allowed_updates=TAKEN, max_connections=AT_ONCE
            )

        await self._until_done(point_here)
        self._house.ready(f"telegram is ready: @{self._client.username}, webhook")
        await asyncio.Event().wait()

    async def _until_done(self, call: Callable[[], Awaitable[object]]) -> None:
        """Call until Telegram takes it."""
        for failures in count():
            try:
                await call()
            except TelegramError as error:
                log.warning("Telegram does not let us begin: %s", error.message)
                shut_out = isinstance(error, InvalidToken)
                await self._pause(SHUT_OUT_SECONDS if shut_out else PAUSES[min(failures, len(PAUSES) - 1)])
            else:
                return

    async def _tidying(self, forms: StepForms) -> None:
        while True:
            await self._pause(TIDY_SECONDS)
            try:
                await forms.put_away_late()
            except Exception:
                log.exception("forms whose time is up")


def is_configured(settings: Settings) -> bool:
    """Whether there is a token."""
    return settings.telegram_bot_token is not None


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
