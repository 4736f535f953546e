"""A place: the room, or the person's own conversation with the desk, in which a message was typed.

In: what the platform says of a message (dispatch builds it). Out: what of the records may be shown there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.exposure.ceilings import OPEN, Ceiling
from storage.exposure.labels import Label


@dataclass(frozen=True)
class Place:
    """Where a message was typed, in the platform's own ids; `room` is empty between a person and the desk alone.

    `workspace`: the part of the platform it is in. `aloud`: the room is to read the answer, too; `read_by_room`: of
    records as well, because it is a room of the asker's own agency. `guest`, `shared`, `member`: what the platform
    says of the person, the room, and the desk in it; None where it has not said. `room_name`: what people call it.
    `mentions`: whom names mean that the platform has for people ("@amina"), by account.
    What is more restrictive than `here` is not shown here, whoever asks; than `alone`, nor between the person and the
    desk alone; than `in_room`, nor said in the room, but to the person alone.
    """

    platform: str = ""
    room: str = ""
    thread: str = ""
    account: str = ""
    aloud: bool = False
    read_by_room: bool = False
    workspace: str = ""
    guest: bool | None = False
    shared: bool | None = False
    room_name: str = ""
    member: bool | None = True
    mentions: Mapping[str, str] = field(default_factory=dict, hash=False)
    here: Ceiling = OPEN
    alone: Ceiling = OPEN
    in_room: Ceiling = OPEN

    @property
    def ceiling(self) -> Label:
        """The most restrictive label that is shown here."""
        return self.here.label
