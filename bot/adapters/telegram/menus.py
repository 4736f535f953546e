"""The command menu behind Telegram's `/`: for everybody, and for each person by their role and language.

In: what an account can ask, from the house. Out: `setMyCommands`, with the scope of all private chats, of all groups,
or of one person's chat. A menu is set again only when it changed.
Source: core.telegram.org/bots/api, "BotCommand" (1-32 of a-z, 0-9 and _; descriptions 1-256; 100 commands),
"BotCommandScope".
"""

import logging

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.adapters.base import Inbound, Keeps, Menu
from bot.adapters.telegram.client import Client
from bot.adapters.telegram.wire import PLATFORM, alias

log = logging.getLogger("rogatory.telegram")

COMMANDS, NAME_CHARACTERS, DESCRIPTION_CHARACTERS = 100, 32, 256
OWN_LANGUAGE = "en"  # what the default menu is written in
CHANGES_MENU = ("desk", "/desk", "/start", "start")  # what may change who somebody is


class Menus:
    """Keeps the menus of one bot as the house says."""

    def __init__(self, client: Client, keeps: Keeps) -> None:
        self._client, self._keeps = client, keeps
        self._set: dict[str, Menu] = {}  # by account; after a restart each is set once more
        self._for_all: Menu | None = None

    async def publish(self) -> None:
        """The menus that strangers and groups see."""
        menu = self._for_all = await self._keeps.menu(PLATFORM, "")
        for scope in (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
            await self._put(menu, scope)

    async def refresh(self, inbound: Inbound) -> None:
        """The menu of whoever just spoke, at their first words and when what they can ask may have changed."""
        account = inbound.account
        first = inbound.text.split(maxsplit=1)[0].partition("_")[0].partition("@")[0] if inbound.text.strip() else ""
        if account in self._set and first not in CHANGES_MENU:
            return
        menu = await self._keeps.menu(PLATFORM, account)
        if self._set.get(account, self._for_all) != menu and await self._put(menu, BotCommandScopeChat(int(account))):
            self._set[account] = menu

    async def _put(self, menu: Menu, scope: BotCommandScope) -> bool:
        """Whether Telegram took it. A menu is a comfort: nothing waits for it."""
        commands = [
            BotCommand(alias(entry.words), entry.summary[:DESCRIPTION_CHARACTERS])
            for entry in menu.entries
            if len(alias(entry.words)) <= NAME_CHARACTERS
        ]
        language = None if menu.language == OWN_LANGUAGE else menu.language
        try:
            await self._client.set_my_commands(commands[:COMMANDS], scope, language_code=language)
        except TelegramError as error:
            log.info("a menu was not set: %s", error.message)
            return False
        return True
