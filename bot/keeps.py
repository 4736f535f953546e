"""What the house does for a platform that has no forms, menus or memory of its own (`bot/adapters/base.py`, Keeps).

In: an account, a room. Out: what that account can ask, from the commands and their roles.
"""

import asyncio
from collections.abc import Sequence

from bot.adapters.base import Menu, MenuEntry, Remembers
from bot.memory import Memory
from handlers.kit import access
from handlers.kit.command import Commands, Spec
from handlers.kit.errors import UserError
from storage import sending
from storage.store import Store
from storage.unit_of_work import UnitOfWork

FIRST = ("request file", "case open", "overdue", "request list", "case list", "desk help", "desk me")
"""What stands on top of a menu; below it the others, family by family."""


class Keeps:
    """For every platform of this process."""

    def __init__(self, store: Store, commands: Commands) -> None:
        self._store, self._commands = store, commands
        self.memory: Remembers = Memory(store)
        self.commands: Sequence[str] = tuple(spec.words for spec in commands)

    async def menu(self, platform: str, account: str) -> Menu:
        """What this account can ask in its roles; for one the desk does not know, what anybody can."""
        return await asyncio.wrap_future(self._store.read(lambda work: self._menu(work, platform, account)))

    async def room_moved(self, platform: str, old: str, new: str) -> None:
        """A room has another id from now on."""
        await asyncio.wrap_future(self._store.write(lambda work: sending.room_moved(work, platform, old, new)))

    def _menu(self, work: UnitOfWork, platform: str, account: str) -> Menu:
        try:
            actor = access.actor(work, platform, account)
        except UserError:
            families = tuple(MenuEntry(family, self._family(family)) for family in self._commands.families)
            return Menu("en", (*families, *(_entry(spec) for spec in self._commands if spec.unlinked)))
        offered = [spec for spec in self._commands if not spec.hidden and (not spec.needs or spec.needs & actor.roles)]
        first = [spec for words in FIRST for spec in offered if spec.words == words]
        others = [spec for spec in offered if spec.words not in FIRST]
        return Menu(actor.person.language, tuple(_entry(spec) for spec in (*first, *others)))

    def _family(self, family: str) -> str:
        words = (spec.words.partition(" ")[2] for spec in self._commands.of(family))
        return ", ".join(filter(None, words)) or family


def _entry(spec: Spec) -> MenuEntry:
    return MenuEntry(spec.words, spec.summary)
