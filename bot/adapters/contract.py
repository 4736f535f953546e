"""The interface between a chat platform and the desk: messages in, answers and messages out, how a sending ended.

An adapter parses its platform's words into `Inbound`, hands it to the `receive` it was given, and shows the `Answer`.
What nobody asked for leaves through `ChatAdapter`: it sends one message and says how that ended, as an `Outcome`;
whether it is tried again, `bot/outbound/delivery.py` decides. It imports neither handlers nor storage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from bot.adapters.outcome import Fetched, Outcome, TooBig
from bot.rendering.blocks import Message


class CannotStart(Exception):
    """A platform refuses us for as long as the settings stand as they do: a wrong or revoked token.

    sentence: for whoever started the desk: what is wrong, and the line of the settings to change, without its value.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


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

    key: unique for this message for ever (Slack `trigger_id`, Telegram bot, chat and message id, console line id); a
      repeat gets the stored answer. account: the platform's own id of the person ("TEAM/USER" on Slack). room: the
      platform's id of the room, empty between the person and the desk alone; thread: a topic or thread of it. aloud:
      the room reads the answer too, where its label may be said there. workspace: the part of the platform it came
      from, where there are such. guest: the person is a guest there, or of another organisation; shared: the room is
      shared with one. room_name: what people call the room ("#ops"). member: whether the desk itself is in it.
    joins: the keys of messages it was sent as one with, as an album is: their files that belong nowhere yet are meant
      by its line, too, and where it has no words, its own go where theirs went.
    None, or no name: the platform has not said in time; of `guest` and `shared` that counts as yes.
    typed: False for what nobody typed and the desk shows by itself, such as a home: it counts as a look, not as a line.
    anew: what comes under the same key once more is somebody's second try, so what was refused is tried anew.
    A person who is mentioned in `text` stands there as `@` and the platform's own id of them, without the workspace
    ("@U123", "@4711"): so the line still means them when it comes back out of a form or a button. Where a platform has
    names of its own that people type, `mentions` says whom each means: ("@amina", "4711").
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
    room_name: str = ""
    member: bool | None = True
    typed: bool = True
    anew: bool = False
    joins: tuple[str, ...] = ()
    mentions: tuple[tuple[str, str], ...] = ()


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

    `default`: what is taken where nothing else is said. `choices` are (value, label), the first of them; where they are
    `searched`, more are found by asking for choices with what is typed. `decides`: what else is asked, or offered,
    depends on it. `asked`: it is still to be answered, or looked at once more. `most`: characters. `warning`: one line
    to be read before it is sent; `fault`: why the value cannot be taken. `detail`: what is written behind a choice.
    """

    name: str
    label: str
    widget: Literal["text", "date", "range", "choice", "choices", "begun", "flag", "confirm"] = "text"
    required: bool = False
    multiline: bool = False
    value: str = ""
    default: str = ""
    hint: str = ""
    example: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    searched: bool = False
    decides: bool = False
    asked: bool = True
    most: int | None = None
    warning: str = ""
    fault: str = ""
    detail: str = ""

    @property
    def stands(self) -> str:
        """The value as things are: what was typed, or what is taken without it."""
        return self.value or self.default


@dataclass(frozen=True)
class Form:
    """A command as fields.

    `does`: what its last button says. `says`: what will happen then, and what is worth knowing, a line each. `final`:
    false while an answer decides what else is asked. `label`: the most restrictive of what is said in it.
    """

    words: str
    does: str
    fields: tuple[Field, ...]
    says: tuple[str, ...] = ()
    final: bool = True
    label: str | None = None

    def field(self, name: str) -> Field | None:
        """The field of a name."""
        return next((one for one in self.fields if one.name == name), None)

    def values(self, typed: Mapping[str, str]) -> dict[str, str]:
        """What was typed, and what is taken without it."""
        return {one.name: one.default for one in self.fields if one.default} | {k: v for k, v in typed.items() if v}


class AsksForms(Protocol):
    """What an adapter needs in order to ask instead of refusing."""

    async def open(self, inbound: Inbound) -> Form | None:
        """The form of the command a line begins with, its values looked at."""

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        """What can be picked for one field. `inbound.text`: the line of what is filled in. `typed`: part of a value."""

    def line(self, words: str, values: Mapping[str, str]) -> str:
        """The command line that a filled form is."""


@dataclass(frozen=True)
class Download:
    """A file that goes out. `shows`: what a picture shows, in words, for whoever cannot see it.

    `paper`: of a case, so whoever gets it gets its very bytes.
    """

    name: str
    media_type: str
    content: bytes
    paper: bool = False
    shows: str = ""


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


# ---- out -----------------------------------------------------------------------------------------------------------


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
class GivesFiles(Protocol):
    """A platform on which a file can stand behind a message. It raises for nothing that a platform or a wire can do."""

    async def give_file(self, address: Address, file: Download) -> Outcome:
        """Put it where the message was said; a picture to be seen there."""


@runtime_checkable
class TakesFiles(Protocol):
    """A platform on which people send files. It raises for nothing that a platform or a wire can do.

    sources: how the sources that it can fetch begin; empty for all of its platform.
    """

    name: str
    sources: str

    async def fetch(self, source: str, *, most_bytes: int) -> Fetched | TooBig | Outcome:
        """The bytes of an `Upload`, unless they are more than that. Refused where it is gone, or never was ours."""
