"""Telegram's updates -> what a person did. Pure: it calls nobody.

In: an update as the Bot API sends it. Out: an `Event`; None for what is no message to the desk: other people's talk in
a group, another bot's commands, posts in a channel or by one, joins, our own words.
Keys: the bot, the chat and the message, or the press. Why not `update_id`: it starts anew after a quiet week.
A person is their user id; a room the chat's id, with the forum topic as its thread; between a person and the desk alone
there is no room.
Why raw updates and not the library's objects: one update of a new kind must not keep the others from being read.
Source: core.telegram.org/bots/api ("Update", "Message", "CallbackQuery"), core.telegram.org/bots/features ("Privacy
mode", "Deep linking").
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.adapters.contract import ATTACH, Inbound, Upload

PLATFORM = "telegram"
TAKEN = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of updates that are asked for."""

Update = Mapping[str, Any]

HOME = "desk home"  # what `/start` shows
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
    a message of its own, and the words with any of them. stray: a file without words in a group, which is for us where
    another of its album is. name: the user name they have now.
    """

    inbound: Inbound
    where: Where
    resumes: bool = False
    album: str = ""
    stray: bool = False
    name: str = ""

    @property
    def key(self) -> str:
        """The same when it comes again, and never that of anything else."""
        return self.inbound.key


@dataclass(frozen=True)
class Pressed:
    """A button. `data` is what it carries; `inbound` has no text yet. `where` is the message it stands under.

    message: that message as it is now, its text, entities and keyboard as Telegram has them.
    """

    inbound: Inbound
    where: Where
    query_id: str
    data: str
    name: str = ""
    message: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same when it comes again, and never that of anything else."""
        return self.inbound.key


@dataclass(frozen=True)
class Edited:
    """A message to the desk was changed after it was sent."""

    inbound: Inbound
    where: Where

    @property
    def key(self) -> str:
        """The same when it comes again, and never that of anything else."""
        return self.inbound.key


@dataclass(frozen=True)
class Migrated:
    """A group became a supergroup and has another id."""

    key: str
    old: str
    new: str


@dataclass(frozen=True)
class Nameless:
    """A line to the desk by an administrator who writes as the group itself: Telegram does not say who that is."""

    key: str
    where: Where


@dataclass(frozen=True)
class Placed:
    """The bot itself came, went, or may do more or less in a chat."""

    key: str
    chat: int


Event = Typed | Pressed | Edited | Migrated | Nameless | Placed


class CommandWords:
    """The commands there are, as Telegram's menus write them: `/request_not_held` is "request not-held"."""

    def __init__(self, commands: Collection[str]) -> None:
        self.aliases = {alias(words): words for words in commands}
        self._beginnings = {tuple(words.split()) for words in commands}
        self._longest = max(map(len, self._beginnings), default=0)
        self.families = frozenset(words.partition(" ")[0] for words in commands)

    def typed(self, text: str) -> str:
        """A line with the alias at its beginning written out."""
        first, _, rest = text.partition(" ")
        name = first.removeprefix("/").partition("@")[0].casefold()
        words = self.aliases.get(name, "") if "_" in name else ""
        return f"/{words} {rest}".rstrip() if words else text

    def begin(self, text: str) -> bool:
        """Whether a text is a command, whatever a form asks for: it begins with the words of one, or with its alias.

        One word alone says so only where nothing but values that are named stand behind it: it begins a sentence, too.
        """
        first, *rest = text.casefold().lstrip("/").split() or [""]
        if "_" in first and first in self.aliases:
            return True
        if (first,) in self._beginnings and all(":" in word for word in rest):
            return True
        return any((first, *rest[:count]) in self._beginnings for count in range(1, self._longest))

    def knows(self, command: str) -> bool:
        """Whether `/command` is one of ours."""
        return command in self.families or command in self.aliases


def alias(words: str) -> str:
    """The words of a command as one command of Telegram's: letters, digits and underscores."""
    return words.replace(" ", "_").replace("-", "_")


def read(update: Update, me: Me, vocabulary: CommandWords) -> Event | None:
    """What an update says. Errors: KeyError, TypeError, ValueError for what has not the form of one."""
    if "callback_query" in update:
        return _pressed(update["callback_query"], me)
    if "my_chat_member" in update:
        chat = int(update["my_chat_member"]["chat"]["id"])
        return Placed(f"{PLATFORM}:{me.id}:{chat}:member:{update['my_chat_member']['date']}", chat)
    edited = "edited_message" in update
    message = update.get("edited_message" if edited else "message")
    if message is None:
        return None
    if "migrate_to_chat_id" in message:
        old, new = str(message["chat"]["id"]), str(message["migrate_to_chat_id"])
        return Migrated(f"{PLATFORM}:{me.id}:{old}:moved", old, new)
    return _message(message, me, vocabulary, edited=edited)


def _message(message: Update, me: Me, vocabulary: CommandWords, *, edited: bool) -> Typed | Edited | Nameless | None:
    sender, where = message.get("from"), _where(message)
    text, file = _text(message, me), _file(message)
    key = f"{PLATFORM}:{me.id}:{where.chat}:{where.message_id}"
    if where.direct and not text and file is None:
        return None
    stray = bool(not where.direct and not text and file and "media_group_id" in message and not edited)
    if not where.direct and not stray and not _is_for_us(text, me, vocabulary):
        return None
    if message.get("sender_chat", {}).get("id") == where.chat and message["chat"]["type"] != "channel" and not edited:
        return None if stray else Nameless(key, where)
    if sender is None or sender["is_bot"] or "sender_chat" in message or message["chat"]["type"] == "channel":
        return None
    payload = _payload(text)
    line = vocabulary.typed(text or ATTACH) if payload is None else _line(payload)
    version = f":edit:{message['edit_date']}" if edited else ""
    inbound = _inbound(key + version, sender, where, line)
    inbound = replace(inbound, files=(file,) if file else (), room_name=message["chat"].get("title", ""))
    if edited:
        return Edited(inbound, where)
    album = str(message.get("media_group_id", ""))
    return Typed(inbound, where, resumes=payload == FORM, album=album, stray=stray, name=sender.get("username", ""))


def _pressed(query: Update, me: Me) -> Pressed | None:
    """A button under a message; None for games and inline results, which we never send."""
    if "message" not in query or "data" not in query:
        return None
    under = query["message"]
    where = _where(under)
    key = f"{PLATFORM}:{me.id}:press:{query['id']}"
    inbound = _inbound(key, query["from"], where, "")
    inbound = replace(inbound, room_name=under["chat"].get("title", ""))
    stands = {
        "text": under.get("text", ""),
        "entities": under.get("entities", []),
        "keyboard": under.get("reply_markup", {"inline_keyboard": []}),
    }
    return Pressed(inbound, where, query["id"], query["data"], query["from"].get("username", ""), stands)


def _inbound(key: str, sender: Update, where: Where, text: str) -> Inbound:
    room = "" if where.direct else str(where.chat)
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


def _text(message: Update, me: Me) -> str:
    """What was typed; of a person who is mentioned without a user name, their id in place of their name."""
    text = message.get("text", message.get("caption", ""))
    written = text.encode("utf-16-le", "surrogatepass")  # what entities count is two bytes each
    for entity in reversed(message.get("entities", message.get("caption_entities", []))):
        if entity["type"] == "text_mention" and entity["user"]["id"] != me.id:
            start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            written = written[:start] + f"@{entity['user']['id']}".encode("utf-16-le") + written[end:]
    return str(written, "utf-16-le", "surrogatepass")


def _payload(text: str) -> str | None:
    """What a deep link says: `/start link_ABCD` -> `link_ABCD`. None for a line that is no `/start`."""
    first, _, rest = text.partition(" ")
    return rest.strip() if first.partition("@")[0] == "/start" else None


def _line(payload: str) -> str:
    return f"desk link {payload.removeprefix(LINK)}" if payload.startswith(LINK) else HOME


def _file(message: Update) -> Upload | None:
    """The file of a message; of a picture its largest form. Telegram names only what was sent as a document."""
    for kind in ("document", *_ENDINGS):
        found = message.get(kind)
        one: Update | None = found[-1] if kind == "photo" and found else found
        if one:
            name = one.get("file_name") or f"{kind}-{one['file_unique_id']}.{_ENDINGS.get(kind, 'bin')}"
            return Upload(one["file_id"], name, one.get("file_size"))
    return None
