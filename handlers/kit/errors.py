"""What stands in the way of an act on the record, as facts.

The base, and what is wrong with a line, is in `handlers/language/errors.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from handlers.language.errors import Clause, UserError


@dataclass
class NoFile(UserError):
    """A file is wanted, and none came with the message or shortly before it."""


@dataclass
class BadFile(UserError):
    """A file that is not kept. `fault` is a word of `storage/rules/files.py`; sizes in bytes, 0 where unknown."""

    name: str
    fault: str
    size_bytes: int
    most_bytes: int
    accepted: tuple[str, ...]


@dataclass
class WrongState(UserError):
    """A move that is not allowed now. `allowed` are the commands that are; `direction` from the actor's side."""

    ref: str
    state: str
    move: str
    since: object
    by: str
    allowed: tuple[str, ...]
    direction: str = "outgoing"


@dataclass
class NotAllowed(UserError):
    """The role is too low for an act. `people` are names that may; never says anything of a record."""

    act: Clause
    needs: Clause
    has: tuple[str, ...]
    people: tuple[str, ...]


@dataclass
class NotLinked(UserError):
    """An account that belongs to nobody here."""

    platform: str
    account: str


@dataclass
class ChooseAgency(UserError):
    """A person of several agencies who has not said for which they act."""

    agencies: tuple[tuple[str, str], ...]


@dataclass
class NeedsAnother(UserError):
    """A two-person act whose second does not count as another human.

    `doubt`: "same" (they were the first), "let_in" (the first, or somebody who depends on them, gave them their role),
    "account" (the same for an account of theirs), "new" (let in, or given an account, by somebody less than a day
    before). `since`: when that was, where it is on record; `counts_from`: when they will count, where they will.
    `people`: names who may instead; `line`: the command they type.
    """

    act: str
    first: str
    doubt: str
    since: datetime | None
    counts_from: datetime | None
    people: tuple[str, ...]
    line: str


@dataclass
class CannotLead(UserError):
    """Somebody who cannot act on cases of the agency: no officer or manager there, or the one who leaves.

    `people`: names who can.
    """

    name: str
    agency: str
    people: tuple[str, ...]


@dataclass
class MissingFields(UserError):
    """The instrument demands fields that were not given; cannot be overridden. Each is (code, label)."""

    instrument: str
    recipient: str
    missing: tuple[tuple[str, str], ...]
    line: str
    source: str = ""


@dataclass
class Conflict(UserError):
    """Something else stands in the way. `code` says what, `details` are its facts.

    Both sentences, what it is and what to do instead, stand by code in `templates/messages/_base/conflicts.md.j2`.
    """

    code: str
    details: dict[str, object]

    def __init__(self, code: str, /, **details: object) -> None:
        super().__init__()
        self.code = code
        self.details = details
