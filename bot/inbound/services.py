"""Services for adapters: menus, memory, installations (`HouseServices` of `bot/adapters/contract.py`).

In: an account, a room. Out: what that account can ask, from the commands and their roles.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.adapters.contract import CardShown
from bot.adapters.house import Menu, MenuEntry, Remembers
from bot.adapters.installation import InstallationStore
from bot.inbound.installations import Installations
from handlers.kit import access, external, usable
from handlers.language.command import Commands, Spec
from handlers.language.errors import UserError
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.messages import cards, memos, sending
from storage.messages.memos import Kept, Value
from storage.models import Recipient


class Services:
    """For every platform of this process."""

    def __init__(self, store: Store, commands: Commands) -> None:
        self._store, self._commands = store, commands
        self._menus: dict[frozenset[Role] | None, tuple[MenuEntry, ...]] = {}
        self.memory: Remembers = Memory(store)
        self.installations: InstallationStore = Installations(store)
        self.commands: Sequence[str] = tuple(spec.words for spec in commands)

    async def menu(self, platform: str, account: str) -> Menu:
        """What this account can ask in its roles; for one the desk does not know, what anybody can."""
        return await asyncio.wrap_future(self._store.read(lambda work: self._menu(work, platform, account)))

    async def zone(self, platform: str, account: str) -> str:
        """The zone (IANA name) that days and times are shown in for this account; empty for one nobody knows."""
        return await asyncio.wrap_future(self._store.read(lambda work: self._zone(work, platform, account)))

    async def stands(self, platform: str, card: CardShown, place: str, message_id: str) -> None:
        """Keep where an answer stands that is a card, so that it is edited there when its record changes."""

        def job(work: UnitOfWork) -> None:
            whose = Recipient.parse(card.recipient)
            cards.stands(
                work,
                whose,
                platform,
                notice=card.notice,
                subject=card.subject,
                place=place,
                message_id=message_id,
            )

        await asyncio.wrap_future(self._store.write(job))

    async def room_moved(self, platform: str, old: str, new: str) -> None:
        """A room has another id from now on."""
        await asyncio.wrap_future(self._store.write(lambda work: sending.room_moved(work, platform, old, new)))

    async def room_shared(self, platform: str, room: str, *, shared: bool, since: datetime) -> None:
        """A room is shared with one more organisation since then, or with none any more."""

        def job(work: UnitOfWork) -> None:
            external.record_status(work, platform, room=room, shared=shared, since=since)

        await asyncio.wrap_future(self._store.write(job))

    def _zone(self, work: UnitOfWork, platform: str, account: str) -> str:
        try:
            actor = access.actor(work, platform, account)
        except UserError:
            return ""
        return actor.person.zone or actor.agency.zone

    def _menu(self, work: UnitOfWork, platform: str, account: str) -> Menu:
        try:
            actor = access.actor(work, platform, account)
        except UserError:
            return Menu("en", self._entries(None))
        return Menu(actor.person.language, self._entries(actor.roles))

    def _entries(self, roles: frozenset[Role] | None) -> tuple[MenuEntry, ...]:
        """Put together once for all people of the same roles; None: of nobody we know."""
        if roles not in self._menus:
            self._menus[roles] = self._for_strangers() if roles is None else self._of(roles)
        return self._menus[roles]

    def _for_strangers(self) -> tuple[MenuEntry, ...]:
        families = (MenuEntry(family, self._family(family)) for family in self._commands.families)
        return (*families, *(_entry(spec) for spec in self._commands if spec.unlinked))

    def _of(self, roles: frozenset[Role]) -> tuple[MenuEntry, ...]:
        return tuple(_entry(spec) for spec in usable.first_used(self._commands, roles))

    def _family(self, family: str) -> str:
        words = (spec.words.partition(" ")[2] for spec in self._commands.of(family))
        return ", ".join(filter(None, words)) or family


def _entry(spec: Spec) -> MenuEntry:
    return MenuEntry(spec.words, spec.summary)


class Memory:
    """Kept in the record. What is remembered is on disk when a method returns.

    What comes while something is being written is written next, all of it at once: every answer with a menu keeps it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next: dict[float, dict[str, Value]] = {}  # by seconds
        self._writing: asyncio.Task[None] | None = None  # what comes next, behind what is under way

    async def remember(self, values: Mapping[str, Value], *, seconds: float) -> None:
        """Keep each value under its key for so long."""
        if not self._next or self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(behind=self._writing))
        self._next.setdefault(seconds, {}).update(values)
        await asyncio.shield(self._writing)

    async def _write(self, behind: asyncio.Task[None] | None) -> None:
        if behind and not behind.done():
            await asyncio.wait({behind})
        kept, self._next = self._next, {}

        def job(work: UnitOfWork) -> None:
            for seconds, values in kept.items():
                memos.put(work, values, seconds=seconds)

        await asyncio.wrap_future(self._store.write(job))

    async def recall(self, key: str) -> Kept | None:
        """What is kept under a key; for a day also what is late."""
        return await asyncio.wrap_future(self._store.read(lambda work: memos.get(work, key)))

    async def late(self, prefix: str) -> list[Kept]:
        """Those whose time is up, among the keys that begin so."""
        return await asyncio.wrap_future(self._store.read(lambda work: memos.late(work, prefix)))

    async def forget(self, key: str) -> None:
        """Drop it."""
        await asyncio.wrap_future(self._store.write(lambda work: memos.drop(work, key)))
