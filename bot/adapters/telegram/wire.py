"""Telegram's updates -> what a person did. Pure: it calls nobody.

In: an update as the Bot API sends it. Out: `Said`, `Pressed`, `Edited` or `Migrated`; None for what is no message to
the desk: other people's talk in a group, another bot's commands, posts in a channel, joins, our own words.
Keys: the bot's id and `update_id`, which Telegram may bring again. A person is their user id; a room the chat's id,
with the forum topic as its thread; between a person and the desk alone there is no room.
Why raw updates and not the library's objects: one update of a new kind must not keep the others from being read.
Source: core.telegram.org/bots/api ("Update", "Message", "CallbackQuery"), core.telegram.org/bots/features ("Privacy
mode", "Deep linking").
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.adapters.contract import ATTACH, Inbound, Upload

PLATFORM = "telegram"
TAKEN = ("message", "edited_message", "callback_query")
"""The kinds of updates that are asked for."""

Update = Mapping[str, Any]

LINK, FORM = "link_", "form"  # what a deep link says behind `/start`
_ENDINGS = {"photo": "jpg", "video": "mp4", "animation": "mp4", "video_note": "mp4", "audio": "mp3", "voice": "ogg"}
"""The kinds of files that Telegram may have no name for, and what it sends them as."""


@dataclass(frozen=True)
class Me:
    """The bot itself."""

    id: int
    username: str


@dataclass(frozen=True)
class Where:
    """The message itself: its chat, its forum topic, its id. `direct`: between the person and the desk alone."""

    chat: int
    thread: str
    message_id: int
    direct: bool


@dataclass(frozen=True)
class Typed:
    """A message to the desk.

    resumes: they came from a group to go on with a form. album: of several files that were sent as one, each comes as
    a message of its own, and the words with one of them only.
    """

    update_id: int
    inbound: Inbound
    where: Where
    resumes: bool = False
    album: str = ""


@dataclass(frozen=True)
class Pressed:
    """A button. `data` is what it carries; `inbound` has no text yet. `where` is the message it stands under.

    message: that message as it is now, its text, entities and keyboard as Telegram has them.
    """

    update_id: int
    inbound: Inbound
    where: Where
    query_id: str
    data: str
    message: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Edited:
    """A message to the desk was changed after it was sent."""

    update_id: int
    inbound: Inbound
    where: Where


@dataclass(frozen=True)
class Migrated:
    """A group became a supergroup and has another id."""

    update_id: int
    old: str
    new: str


Event = Typed | Pressed | Edited | Migrated


class CommandWords:
    """The commands there are, as Telegram's menus write them: `/request_not_held` is "request not-held"."""

    def __init__(self, commands: Collection[str]) -> None:
        self.aliases = {alias(words): words for words in commands}
        self.families = frozenset(words.partition(" ")[0] for words in commands)

    def typed(self, text: str) -> str:
        """A line with the alias at its beginning written out."""
        first, _, rest = text.partition(" ")
        name = first.removeprefix("/").partition("@")[0].casefold()
        words = self.aliases.get(name, "") if first.startswith("/") and "_" in name else ""
        return f"/{words} {rest}".rstrip() if words else text

    def knows(self, command: str) -> bool:
        """Whether `/command` is one of ours."""
        return command in self.families or command in self.aliases


def alias(words: str) -> str:
    """The words of a command as one command of Telegram's: letters, digits and underscores."""
    return words.replace(" ", "_").replace("-", "_")


def read(update: Update, me: Me, vocabulary: CommandWords) -> Event | None:
    """What an update says. Errors: KeyError, TypeError, ValueError for what has not the form of one."""
    update_id = int(update["update_id"])
    if "callback_query" in update:
        return _pressed(update_id, update["callback_query"], me)
    edited = "edited_message" in update
    message = update.get("edited_message" if edited else "message")
    if message is None:
        return None
    if "migrate_to_chat_id" in message:
        return Migrated(update_id, str(message["chat"]["id"]), str(message["migrate_to_chat_id"]))
    return _message(update_id, message, me, vocabulary, edited=edited)


def _message(
    update_id: int, message: Update, me: Me, vocabulary: CommandWords, *, edited: bool
) -> Typed | Edited | None:
    sender = message.get("from")
    if sender is None or sender["is_bot"] or "sender_chat" in message or message["chat"]["type"] == "channel":
        return None
    where = _where(message)
    text, file = message.get("text", message.get("caption", "")), _file(message)
    if where.direct and not text and file is None:
        return None
    if not where.direct and not _is_for_us(text, me, vocabulary):
        return None
    payload = _payload(text)
    line = _line(payload) if payload else vocabulary.typed(text or ATTACH)
    inbound = replace(_inbound(update_id, sender, where, line, me), files=(file,) if file else ())
    if edited:
        return Edited(update_id, inbound, where)
    album = str(message.get("media_group_id", ""))
    return Typed(update_id, inbound, where, resumes=payload == FORM, album=album)


def _pressed(update_id: int, query: Update, me: Me) -> Pressed | None:
    """A button under a message; None for games and inline results, which we never send."""
    if "message" not in query or "data" not in query:
        return None
    under = query["message"]
    where = _where(under)
    stands = {
        "text": under.get("text", ""),
        "entities": under.get("entities", []),
        "keyboard": under.get("reply_markup", {"inline_keyboard": []}),
    }
    inbound = _inbound(update_id, query["from"], where, "", me)
    return Pressed(update_id, inbound, where, query["id"], query["data"], stands)


def _inbound(update_id: int, sender: Update, where: Where, text: str, me: Me) -> Inbound:
    room = "" if where.direct else str(where.chat)
    key = f"{PLATFORM}:{me.id}:{update_id}"
    thread = where.thread if room else ""
    return Inbound(PLATFORM, key, str(sender["id"]), text, room, thread, aloud=bool(room))


def _where(message: Update) -> Where:
    """The topic counts in a forum only: elsewhere Telegram uses the same number for replies."""
    chat = message["chat"]
    in_topic = message.get("is_topic_message") and "message_thread_id" in message
    thread = str(message["message_thread_id"]) if in_topic else ""
    return Where(int(chat["id"]), thread, int(message["message_id"]), chat["type"] == "private")


def _is_for_us(text: str, me: Me, vocabulary: CommandWords) -> bool:
    """In a group: a command that names us, or one of our own that names nobody; or our name and a line."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    if first.startswith("@"):
        return first[1:].casefold() == me.username.casefold()
    if not first.startswith("/"):
        return False
    command, at, name = first[1:].casefold().partition("@")
    return name == me.username.casefold() if at else vocabulary.knows(command)


def _payload(text: str) -> str:
    """What a deep link says: `/start link_ABCD` -> `link_ABCD`."""
    first, _, rest = text.partition(" ")
    return rest.strip() if first.partition("@")[0] == "/start" else ""


def _line(payload: str) -> str:
    return f"desk link {payload.removeprefix(LINK)}" if payload.startswith(LINK) else "desk home"


def _file(message: Update) -> Upload | None:
    """The file of a message; of a picture its largest form. Telegram names only what was sent as a document."""
    for kind in ("document", *_ENDINGS):
        found = message.get(kind)
        one: Update | None = found[-1] if kind == "photo" and found else found
        if one:
            name = one.get("file_name") or f"{kind}-{one['file_unique_id']}.{_ENDINGS.get(kind, 'bin')}"
            return Upload(one["file_id"], name, one.get("file_size"))
    return None
