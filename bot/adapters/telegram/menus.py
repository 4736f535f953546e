"""The command menu behind Telegram's `/`: for everybody, and for each person by their role and language.

In: what an account can ask, from the house. Out: `setMyCommands`, with the scope of all private chats, of all groups,
or of one person's chat. A menu is set again only when it changed, and whether it did is asked once a minute: it is a
comfort, and the question cost a quarter of what a line costs.
Why no language with one person's chat: Telegram would show it only where the app itself is set to that language, and a
person may read the desk in another one. It goes with the menus of all, which show each reader their app's.
Source: core.telegram.org/bots/api, "BotCommand" (1-32 of a-z, 0-9 and _; descriptions 1-256; 100 commands),
"BotCommandScope", "setMyCommands", "Determining list of commands".
"""

import logging
import time

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.adapters.contract import Inbound
from bot.adapters.house import HouseServices, Menu
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.wire import PLATFORM, alias

log = logging.getLogger("rogatory.telegram")

COMMANDS, NAME_CHARACTERS, DESCRIPTION_CHARACTERS = 100, 32, 256
ASKED_SECONDS = 60.0  # between two questions for one account
OWN_LANGUAGE = "en"  # what the default menu is written in


class Menus:
    """Keeps the menus of one bot as the house says."""

    def __init__(self, client: Client, services: HouseServices) -> None:
        self._client, self._services = client, services
        self._set: dict[str, Menu] = {}  # by account; after a restart each is set once more
        self._asked: dict[str, float] = {}  # by account, when

    async def publish(self) -> None:
        """The menus that strangers and groups see."""
        menu = await self._services.menu(PLATFORM, "")
        language = "" if menu.language == OWN_LANGUAGE else menu.language
        for scope in (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
            await self._put(menu, scope, language)

    async def refresh(self, inbound: Inbound) -> None:
        """The menu of whoever just spoke, where it is not what they can ask now: their role may have changed."""
        account, now = inbound.account, time.monotonic()
        if account in self._asked and now < self._asked[account] + ASKED_SECONDS:
            return
        self._asked[account] = now
        menu = await self._services.menu(PLATFORM, account)
        if self._set.get(account) != menu:
            if await self._put(menu, BotCommandScopeChat(int(account))):
                self._set[account] = menu
            else:
                del self._asked[account]

    async def _put(self, menu: Menu, scope: BotCommandScope, language: str = "") -> bool:
        """Whether Telegram took it. A menu is a comfort: nothing waits for it."""
        commands = [
            BotCommand(alias(entry.words), entry.summary[:DESCRIPTION_CHARACTERS])
            for entry in menu.entries
            if len(alias(entry.words)) <= NAME_CHARACTERS
        ]
        try:
            await self._client.set_my_commands(commands[:COMMANDS], scope, language_code=language or None)
        except TelegramError as error:
            log.info("a menu was not set: %s", error.message)
            return False
        return True
