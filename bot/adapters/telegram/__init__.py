"""Telegram: commands, buttons and step-by-step forms in; answers, cards and notices out.

    poll.py       asks Telegram what happened              wire.py       update -> what a person did
    webhook.py    is told, and checks by whom              entities.py   neutral blocks -> text and entities
    rivals.py     who else takes our updates               rooms.py      whether we are in a group, and may write
    recent.py     albums, and what was said before edits   knowing.py    what else is known of a line
    pictures.py   which files are shown as pictures
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

from bot.adapters.contract import CannotStart
from bot.adapters.house import House
from bot.adapters.telegram import texts
from bot.adapters.telegram.answers import TelegramAnswers
from bot.adapters.telegram.client import open_client
from bot.adapters.telegram.conversation import Conversation
from bot.adapters.telegram.forms import StepForms
from bot.adapters.telegram.keyboard import Keyboards
from bot.adapters.telegram.knowing import Knowing, Names
from bot.adapters.telegram.listener import AT_ONCE, Listener
from bot.adapters.telegram.menus import Menus
from bot.adapters.telegram.poll import PAUSES, Pause, Poller
from bot.adapters.telegram.rivals import Rivals
from bot.adapters.telegram.rooms import Rooms
from bot.adapters.telegram.sender import TelegramSender
from bot.adapters.telegram.unfolding import Unfolding
from bot.adapters.telegram.webhook import WebhookDoor
from bot.adapters.telegram.wire import TAKEN, CommandWords, Me
from bot.settings import Settings

log = logging.getLogger("rogatory.telegram")

GRACE_SECONDS = 5.0  # for answers that are under way when the desk stops
TIDY_SECONDS = 30.0  # between two looks for forms whose time is up
WATCH_SECONDS = 60.0  # between two looks whether Telegram still posts to us


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
        """Take messages for ever. Errors: CannotStart."""
        me = await self._introduced()
        answers = TelegramAnswers(self._client, self, self._services.memory, me, self._house)
        rooms, names = Rooms(self._client), Names(self._services.memory)
        house = Knowing(self._house, rooms, names).house
        forms = StepForms(house, self._services, self, answers, self._keyboards)
        menus = Menus(self._client, self._services)
        conversation = Conversation(
            house,
            self._services,
            answers=answers,
            forms=forms,
            keyboards=self._keyboards,
            menus=menus,
            unfolding=Unfolding(self._client, self._keyboards, self._services.memory),
            rooms=rooms,
            names=names,
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
            await Poller(self._client, listener, Rivals(self._client, self._house), self._pause).run()
        await self._until_done(self._point_here)
        self._house.ready(f"telegram is ready: @{self._client.username}, webhook")
        await self._watching(Rivals(self._client, self._house, str(self._webhook_url)))

    async def _point_here(self) -> None:
        """Telegram is to post to us."""
        await self._client.set_webhook(
            str(self._webhook_url), secret_token=self._secret, allowed_updates=TAKEN, max_connections=AT_ONCE
        )

    async def _watching(self, rivals: Rivals) -> None:
        """See to it that Telegram goes on posting to us: whoever polls with our token ends that."""
        while True:
            await self._pause(WATCH_SECONDS)
            try:
                if await rivals.point_elsewhere():
                    await rivals.came()
                    await self._point_here()
                rivals.gone()
            except InvalidToken:
                rivals.shut_out()
            except TelegramError as error:
                log.info("Telegram was not asked where it posts to: %s", type(error).__name__)

    async def _until_done(self, call: Callable[[], Awaitable[object]]) -> None:
        """Call until Telegram takes it. What keeps it from that is said once. Errors: CannotStart."""
        said = ""
        for failures in count():
            try:
                await call()
            except InvalidToken:
                raise CannotStart(texts.BAD_TOKEN) from None  # the library's own words hold the token
            except TelegramError as error:
                if error.message != said:
                    log.warning("Telegram does not let us begin: %s", error.message)
                said = error.message
                await self._pause(PAUSES[min(failures, len(PAUSES) - 1)])
            else:
                return

    async def _tidying(self, forms: StepForms) -> None:
        while True:
            await self._pause(TIDY_SECONDS)
            try:
                await forms.put_away_late()
            except Exception:
                log.exception("forms whose time is up")


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
