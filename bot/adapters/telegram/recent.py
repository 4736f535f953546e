"""What was said lately: albums, whose files come as messages of their own, and texts, to tell an edit from none.

In: messages as they come. Out: what belongs together, and what is new. In this process only: after a restart the rest
of an album is asked about, and nothing is said of an edit.
Source: core.telegram.org/bots/api, "Message" (`media_group_id`; the caption is with any of the files, or with several).
An edit without a change comes when somebody reacts, or when a link gets a preview.
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from bot.adapters.contract import ATTACH
from bot.adapters.telegram.wire import Edited, Typed

ALBUMS, TEXTS = 100, 10_000  # remembered


@dataclass
class Album:
    """One album so far. `lead`: the message whose words were said for all, else the first. `strays`: see `Typed`."""

    lead: str = ""
    has_words: bool = False
    joins: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by the key of each message
    strays: list[Typed] = field(default_factory=list)


class Albums:
    """The last albums."""

    def __init__(self) -> None:
        self._albums = OrderedDict[str, Album]()

    def joined(self, said: Typed) -> Typed | None:
        """A file with what it was sent as one with; None for one that must wait until we know that it is for us."""
        if not said.album:
            return said
        album = self._of(said.album)
        if said.stray and not album.has_words:
            album.strays.append(said)
            return None
        if said.key not in album.joins:
            self._add(album, said)
        return replace(said, inbound=replace(said.inbound, joins=album.joins[said.key]))

    def _add(self, album: Album, said: Typed) -> None:
        """What has words takes along what came before without; what has none goes where those with words went."""
        has_words = said.inbound.text != ATTACH
        before = tuple(album.joins)
        album.joins[said.key] = (() if album.has_words else before) if has_words else (album.lead,) if before else ()
        if (has_words and not album.has_words) or not before:
            album.lead, album.has_words = said.key, has_words

    def waited(self, said: Typed) -> list[Typed]:
        """The files of an album that came before we knew that it is for us, each with what it was sent as one with."""
        album = self._of(said.album) if said.album else Album()
        waited, album.strays = album.strays, []
        return [replace(one, inbound=replace(one.inbound, joins=(album.lead,))) for one in waited]

    def _of(self, name: str) -> Album:
        album = self._albums.setdefault(name, Album())
        if len(self._albums) > ALBUMS:
            self._albums.popitem(last=False)
        return album


class Texts:
    """What the last messages said."""

    def __init__(self) -> None:
        self._said = OrderedDict[tuple[int, int], int]()

    def note(self, said: Typed) -> None:
        """Remember it."""
        self._said[said.where.chat, said.where.message_id] = _meaning(said)
        if len(self._said) > TEXTS:
            self._said.popitem(last=False)

    def changed(self, edited: Edited) -> bool:
        """Whether it is known to say something else now; what it said is then forgotten for the new."""
        place = (edited.where.chat, edited.where.message_id)
        before, now = self._said.get(place), _meaning(edited)
        if before is None or before == now:
            return False
        self._said[place] = now
        return True


def _meaning(event: Typed | Edited) -> int:
    files = tuple((file.name, file.size_bytes) for file in event.inbound.files)
    return hash((event.inbound.text, files))
