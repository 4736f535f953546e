"""How a sending, or a fetching, ended: what an adapter answers, whatever a platform or a wire has done."""

import math
from dataclasses import dataclass, field

WAIT_SECONDS = (1.0, 300.0)  # the least and the most that is believed of a platform that says "wait"
FORMATTING = "formatting"


@dataclass(frozen=True)
class Sent:
    """It arrived. `place`: where it stands, if the platform gives that another name than the address."""

    message_id: str
    place: str = ""


@dataclass(frozen=True)
class Wait:
    """Rate limited (429), and not sent. `seconds` as the platform says them, however absurd."""

    seconds: float


def believed(seconds: float) -> float:
    """A platform's "wait so long" between a second and five minutes; what is no number is the least."""
    return WAIT_SECONDS[0] if math.isnan(seconds) else min(max(seconds, WAIT_SECONDS[0]), WAIT_SECONDS[1])


@dataclass(frozen=True)
class Refused:
    """The platform will never accept it: no such room, archived, blocked by the person.

    reason: the platform's own word; FORMATTING where only the form is refused and plain text would do.
    fallback: somebody else of the agency must be told. remedy: what an administrator can do about it, where anything:
    "invite" the desk is not in the room, "archived", "closed" it may not write there, "blocked" by the person, "write
    first" the person has not, "gone" the account or the room, "install" the workspace has not let the desk in.
    """

    reason: str
    fallback: bool = True
    remedy: str = field(default="", compare=False)


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether it arrived: no answer in time, the connection broke behind the request."""

    reason: str


@dataclass(frozen=True)
class Down:
    """The platform is unreachable, and nothing arrived: no connection, no such name, "503" from the platform."""

    reason: str


@dataclass(frozen=True)
class Moved:
    """The room has another id from now on (Telegram: a group became a supergroup). It was not sent."""

    room: str


@dataclass(frozen=True)
class Halt:
    """The platform rejects our credentials: the token was revoked. Everything is kept, people are told elsewhere."""

    reason: str


Outcome = Sent | Wait | Refused | Unknown | Down | Moved | Halt


@dataclass(frozen=True)
class Fetched:
    """The bytes of a file that somebody sent."""

    content: bytes


@dataclass(frozen=True)
class TooBig:
    """It is longer than was asked for; nothing was kept of it."""
