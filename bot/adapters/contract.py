"""The interface between a chat platform and the desk: messages in, answers and messages out, how a sending ended.

An adapter parses its platform's words into `Inbound`, hands it to the `receive` it was given, and shows the `Answer`.
What nobody asked for leaves through `ChatAdapter`: it sends one message and says how that ended, as an `Outcome`;
whether it is tried again, `bot/outbound/delivery.py` decides. It imports neither handlers nor storage.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from bot.adapters.outcome import Fetched, Outcome, TooBig
from bot.rendering.blocks import Message

log = logging.getLogger("rogatory.adapters")


@dataclass(frozen=True)
class Upload:
    """A file that came with a message, not yet fetched.

    source: how its platform finds it (`ChatAdapter.fetch`). size_bytes: as the platform says; None where it does not.
    link: where people find it, if the platform has such addresses.
    """

    source: str
    name: str
    size_bytes: int | None = None
    link: str = ""


@dataclass(frozen=True)
class Inbound:
    """One message from a person.

    key: unique for this message for ever (Slack `trigger_id`, Telegram bot id and `update_id`, console line id); a
      repeat gets the stored answer. account: the platform's own id of the person ("TEAM/USER" on Slack). room: the
      platform's id of the room, empty between the person and the desk alone; thread: a topic or thread of it. aloud:
      the room reads the answer too, where its label may be said there. workspace: the part of the platform it came
      from, where there are such. guest: the person is a guest there, or of another organisation; shared: the room is
      shared with one. None: the platform has not said in time, which counts as yes.
    """

    platform: str
    key: str
    account: str
    text: str
    room: str = ""
    thread: str = ""
    files: tuple[Upload, ...] = ()
    aloud: bool = False
    workspace: str = ""
    guest: bool | None = False
    shared: bool | None = False


@dataclass(frozen=True)
class Question:
    """A value that was not typed.

    `line` is the command so far; the answer is appended as ` name:"..."` and sent again.
    """

    name: str
    asks: str
    line: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Field:
    """One value to fill in. `name` is what stands before the colon in a line; `value` what was typed already.

    `choices` are (value, label), the first of them; more are found by asking for choices with what is typed. `narrows`:
    they depend on the other fields, and what goes with these is asked for in the same way.
    """

    name: str
    label: str
    help: str
    widget: Literal["text", "date", "choice", "choices", "flag"]
    required: bool
    multiline: bool
    value: str
    accepted: str
    example: str
    choices: tuple[tuple[str, str], ...]
    narrows: bool = False


@dataclass(frozen=True)
class Form:
    """A command as fields.

    `notes`: to be read before it is sent. `final`: false while an answer decides what else is asked.
    """

    words: str
    title: str
    fields: tuple[Field, ...]
    notes: tuple[Message, ...]
    final: bool


class AsksForms(Protocol):
    """What an adapter needs in order to ask instead of refusing."""

    async def open(self, inbound: Inbound) -> Form | None:
        """The form of the command a line begins with."""

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        """What can be picked for one field. `inbound.text`: the line of what is filled in. `typed`: part of a value."""

    async def wrong(self, inbound: Inbound, name: str, typed: str) -> Message | None:
        """What is wrong with one value, given as for `choices`; None where it can be read."""

    def line(self, words: str, values: Mapping[str, str]) -> str:
        """The command line that a filled form is."""


@dataclass(frozen=True)
class Download:
    """A file that goes out to whoever asked for it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class CardShown:
    """What an answer shows, where it is the card of one record and may be edited later. Ours to read, whole."""

    recipient: str
    notice: str
    subject: str


@dataclass(frozen=True)
class Answer:
    """What the person reads, and the files they get, to themselves alone.

    `aloud`: by the whole room, which may, and where that was asked for. `private`: by nobody else in the room; `away`:
    not even there to the person alone, but between them and the desk.
    `refused`: nothing was changed. `failed`: by a bug. `field`: the value that was wrong, by the name people type, so
    that a form can say it beside it. `kept`: False where the message is not on record and may be brought again.
    `reads`: the line changes nothing, so that whoever may can ask it again. `card`: it shows a record that changes;
    where it was said as a message that can be edited, the house wants to know which (`HouseServices.stands`).
    """

    messages: tuple[Message, ...]
    question: Question | None = None
    private: bool = False
    away: bool = False
    refused: bool = False
    failed: bool = False
    field: str = ""
    kept: bool = True
    files: tuple[Download, ...] = ()
    aloud: bool = False
    reads: bool = False
    card: CardShown | None = None


ATTACH = "request attach"
"""The line that a file without words stands for, on every platform; a test holds it to the commands there are."""

EDITS_DO_NOTHING = "An edit changes nothing on record: what you sent first was handled. Send the new line as a message."
"""What every platform says by itself to whoever changes a message after it was sent."""

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


class InstallationStore(Protocol):
    """Workspaces that installed the app, each with its own token, by the client id of the app."""

    def issue(self, secret: str, *, seconds: float) -> str:
        """A state for somebody's way through the platform's pages: good once, for so long, kept by them alone."""

    async def consume(self, secret: str, state: str) -> bool:
        """Whether a state is ours and still good; after this it is not."""

    async def save(self, client_id: str, installation: Mapping[str, Any], bot: Mapping[str, Any]) -> None:
        """Put an installation on record, in place of an earlier one of that workspace. Values as slack_sdk has them."""

    async def token(self, client_id: str, team: str) -> str | None:
        """What opens a workspace to us; None where it has not let us in."""

    async def forget(self, client_id: str, team: str) -> None:
        """A workspace has taken the app away."""


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

    async def stands(self, platform: str, card: CardShown, place: str, message_id: str) -> None:
        """An answer that is a card stands there, as a message that `ChatAdapter.edit` can change."""

    async def room_moved(self, platform: str, old: str, new: str) -> None:
        """A room has another id from now on."""

    async def room_shared(self, platform: str, room: str, *, shared: bool, since: datetime) -> None:
        """A room is shared with one more organisation since then (aware UTC), or with none any more."""


@dataclass(frozen=True)
class House:
    """What a platform is given: where it brings messages, and what helps it to ask.

    `keeps`: what only some platforms need; None where nothing is kept. `ready`: hears one line when
    a platform has begun to take messages.
    """

    receive: Receive
    forms: AsksForms
    services: HouseServices | None = None
    ready: Callable[[str], None] = log.info


# ---- out -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """Where a message goes: to a person (`account`, the platform's id of them), or in a `room`, or a thread of it.

    `under`: the id of the message it belongs to; it is said in its thread, or as a reply to it.
    """

    platform: str
    account: str = ""
    room: str = ""
    thread: str = ""
    under: str = ""

    @property
    def place(self) -> str:
        """The room, or the person: what has a pace of its own."""
        return self.room or self.account


class ChatAdapter(Protocol):
    """The way out to one platform. No method raises for what a platform or a wire can do; each answers an outcome."""

    name: str
    can_look_up: bool
    """Whether `find` can tell an earlier message from none. Where it cannot, an unknown outcome is repeated, once."""

    def parts(self, message: Message) -> tuple[Message, ...]:
        """The message in as many as the platform's limits ask for (`bot/rendering/splitting.py`); most are one."""

    async def send(self, address: Address, message: Message, *, mark: str) -> Outcome:
        """Say it. mark: ours, kept with the message where the platform can be asked for it."""

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:
        """Replace what stands there. Refused where it is gone or too old."""

    async def find(self, address: Address, mark: str, since: datetime) -> Outcome | None:
        """The message with that mark, sent at `since` (aware UTC) or later, as Sent; None: there surely is none."""


@runtime_checkable
class ReportsExternal(Protocol):
    """A platform that has guests, and rooms that are shared with other organisations. It raises for nothing."""

    async def is_external(self, address: Address) -> bool | None:
        """Whether a person is a guest, or a room is shared. None where it cannot say so in time."""


@runtime_checkable
class TakesFiles(Protocol):
    """A platform on which people send files. It raises for nothing that a platform or a wire can do.

    sources: how the sources that it can fetch begin; empty for all of its platform.
    """

    name: str
    sources: str

    async def fetch(self, source: str, *, most_bytes: int) -> Fetched | TooBig | Outcome:
        """The bytes of an `Upload`, unless they are more than that. Refused where it is gone, or never was ours."""
