"""What the house gives a platform: where messages are brought, memory, menus, patience, and whom to tell of trouble.

An adapter is given one `House`; what crosses between the two is in `contract.py`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.adapters.contract import Address, Answer, AsksForms, CardShown, Inbound
from bot.adapters.installation import InstallationStore
from bot.adapters.outcome import Outcome

log = logging.getLogger("rogatory.adapters")


Receive = Callable[[Inbound], Awaitable[Answer]]


class Remembered(Protocol):
    """A value that was kept under a key. `late`: its time is up."""

    @property
    def key(self) -> str:
        """Where it stands."""

    @property
    def value(self) -> Mapping[str, Any]:
        """As it was given."""

    @property
    def late(self) -> bool:
        """Whether it should be put away."""


class Remembers(Protocol):
    """A key-value store that survives a restart; what was written is on disk when a method returns."""

    async def remember(self, values: Mapping[str, Mapping[str, Any]], *, seconds: float) -> None:
        """Keep each value (what JSON can hold) under its key for so long, in place of what stood there."""

    async def recall(self, key: str) -> Remembered | None:
        """What is kept under a key; for a day also what is late."""

    async def late(self, prefix: str) -> Sequence[Remembered]:
        """Those whose time is up, among the keys that begin so."""

    async def forget(self, key: str) -> None:
        """Drop it."""


@dataclass(frozen=True)
class MenuEntry:
    """One entry of a menu: the words of a command, or of a family, and what it does."""

    words: str
    summary: str


@dataclass(frozen=True)
class Menu:
    """What a person of one role can ask, most used first, and the language it is written in."""

    language: str
    entries: tuple[MenuEntry, ...]


class HouseServices(Protocol):
    """What else the house does for a platform that has no forms, menus or memory of its own."""

    memory: Remembers
    installations: InstallationStore
    commands: Sequence[str]
    """The words of every command there is."""

    async def menu(self, platform: str, account: str) -> Menu:
        """What this account can ask; for one the desk does not know, what anybody can."""

    async def zone(self, platform: str, account: str) -> str:
        """The zone (IANA name) that days and times are shown in for this account; empty for one nobody knows."""

    async def stands(self, platform: str, card: CardShown, place: str, message_id: str) -> None:
        """An answer that is a card stands there, as a message that `ChatAdapter.edit` can change."""

    async def room_moved(self, platform: str, old: str, new: str) -> None:
        """A room has another id from now on."""

    async def room_shared(self, platform: str, room: str, *, shared: bool, since: datetime) -> None:
        """A room is shared with one more organisation since then (aware UTC), or with none any more."""


class Attempt(Protocol):
    """One try to say something."""

    def __call__(self, *, again: datetime | None) -> Awaitable[Outcome]:
        """How it ended. again: an earlier try of then (aware UTC) ended nobody knows how, and it may stand there."""


class SaysPatiently(Protocol):
    """How an answer is said: paced, and tried again, for some minutes."""

    async def say(self, address: Address, attempt: Attempt, *, can_look_up: bool = False) -> Outcome:
        """Try until it has arrived or never will; how the last try ended.

        can_look_up: an attempt that may stand there already looks for itself first; else it is made once more only.
        """


class SaysOnce:
    """Without any patience."""

    async def say(self, address: Address, attempt: Attempt, *, can_look_up: bool = False) -> Outcome:  # noqa: ARG002 - the contract's
        """Try, once."""
        return await attempt(again=None)


Unsaid = Callable[[Inbound], Awaitable[None]]
"""Hears of a message whose answer could not be said."""


class Noticed(Protocol):
    """Hears what a platform notices of itself; an administrator is told, once a day. It raises for nothing.

    what: "another_instance": somebody else takes what people send, with the same tokens. detail: in the platform's
    words or figures, who; it may be empty.
    """

    async def __call__(self, platform: str, what: str, detail: str = "") -> None:
        """It is so now."""


async def _nothing(*_: object, **__: object) -> None:
    """Nobody is there to hear it."""


@dataclass(frozen=True)
class House:
    """What a platform is given: where it brings messages, and what helps it to ask and to answer.

    `services`: what only some platforms need; None where nothing is kept. `ready`: hears one line when
    a platform has begun to take messages. `trouble`: hears what an administrator must mend.
    """

    receive: Receive
    forms: AsksForms
    services: HouseServices | None = None
    ready: Callable[[str], None] = log.info
    patience: SaysPatiently = field(default_factory=SaysOnce)
    unsaid: Unsaid = _nothing
    trouble: Noticed = _nothing
