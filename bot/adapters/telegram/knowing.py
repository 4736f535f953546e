"""What Telegram knows of a line besides its words: whether the bot may write in the room, and whom "@amina" means.

In: a house. Out: the same house, which is told so of every line, whether it was typed, pressed or made by a form.
Telegram says nobody's number to a bot that asks by a user name: who wrote to us once is known by the name they had.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.adapters.contract import Answer, AsksForms, Form, Inbound
from bot.adapters.house import House, Remembers
from bot.adapters.telegram.rooms import Rooms
from bot.adapters.telegram.wire import Pressed, Typed

KNOWN_SECONDS = 365 * 86_400.0
_PREFIX = "telegram:name:"
_NAME = re.compile(r"(?<!\w)@(\w{4,32})(?!\w)", re.ASCII)


class Names:
    """Whom user names mean."""

    def __init__(self, memory: Remembers) -> None:
        self._memory = memory
        self._accounts, self._names = dict[str, str](), dict[str, str]()

    async def note(self, event: Typed | Pressed) -> None:
        """Somebody spoke under a name; one they had before is not theirs any more."""
        account, name = event.inbound.account, event.name.casefold()
        before = self._names.get(account, "")
        if name == before and self._accounts.get(name, account) == account:
            return
        if before and self._accounts.get(before) == account:
            del self._accounts[before]
            await self._memory.forget(_PREFIX + before)
        self._names[account] = name
        if name:
            self._accounts[name] = account
            await self._memory.remember({_PREFIX + name: {"account": account}}, seconds=KNOWN_SECONDS)

    async def in_text(self, text: str) -> tuple[tuple[str, str], ...]:
        """Whom the names in a text mean, each by its account; of nobody who is not known."""
        names = dict.fromkeys(one.casefold() for one in _NAME.findall(text))
        return tuple([(f"@{name}", account) for name in names if (account := await self._account(name))])

    async def _account(self, name: str) -> str:
        if name not in self._accounts:
            kept = await self._memory.recall(_PREFIX + name)
            if kept is None or kept.late:
                return ""
            self._accounts[name] = str(kept.value["account"])
        return self._accounts[name]


class Knowing:
    """Tells a house what is known of each line. Both ways in: what is sent, and what is asked about it before."""

    def __init__(self, house: House, rooms: Rooms, names: Names) -> None:
        self._house, self._rooms, self._names = house, rooms, names

    @property
    def house(self) -> House:
        """The house, which is told."""
        return replace(self._house, receive=self.receive, forms=KnowingForms(self._house.forms, self._names))

    async def receive(self, inbound: Inbound) -> Answer:
        """Bring a line."""
        member = await self._rooms.may_write(int(inbound.room)) if inbound.room else True
        mentions = await self._names.in_text(inbound.text)
        return await self._house.receive(replace(inbound, member=member, mentions=mentions))


class KnowingForms:
    """The forms of a house, which are told whom names mean."""

    def __init__(self, forms: AsksForms, names: Names) -> None:
        self._forms, self._names = forms, names

    async def open(self, inbound: Inbound) -> Form | None:
        """The form of a line."""
        return await self._forms.open(await self._with_names(inbound))

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        """What can be picked."""
        return await self._forms.choices(await self._with_names(inbound, typed), name, typed)

    def line(self, words: str, values: Mapping[str, str]) -> str:
        """The line of a filled form."""
        return self._forms.line(words, values)

    async def _with_names(self, inbound: Inbound, typed: str = "") -> Inbound:
        return replace(inbound, mentions=await self._names.in_text(f"{inbound.text} {typed}"))
