"""Notices.

Everything the desk can say, one frozen dataclass for each template of the same name in `templates/messages/`.

A notice holds plain values and views, never rows. It stands with the family that tells it; this file has only the base
and the few that no family owns.
"""

from dataclasses import dataclass
from typing import ClassVar

from handlers.language.errors import snake


@dataclass(frozen=True)
class Notice:
    """Base. `template` is the class in snake case: `CaseOpened` is said by `templates/messages/case_opened.md.j2`.

    `secret`: fields that are said once and never kept; where the stored answer is given again, they are empty.
    """

    secret: ClassVar[tuple[str, ...]] = ()

    @property
    def template(self) -> str:
        """The name of the template that says it."""
        return snake(type(self).__name__)

    def outer(self) -> "Notice | None":
        """What a room reads of it: nothing that the parties wrote to each other. None: it is for people only."""
        return None


@dataclass(frozen=True)
class Incident(Notice):
    """A bug: nothing was changed; the trace is in the log under this id."""

    incident: str
    line: str


@dataclass(frozen=True)
class Busy(Notice):
    """The store could not take the change; nothing was written."""

    line: str


@dataclass(frozen=True)
class Repeated(Notice):
    """The same line from the same person within ten seconds.

    The first answer stands; `again` is how to say "yes, again".
    """

    again: str


@dataclass(frozen=True)
class Understood(Notice):
    """Before the answer: clauses on what was removed from the line, or read in another way than it was typed."""

    notes: tuple[str, ...]


@dataclass(frozen=True)
class YourLine(Notice):
    """After a refusal: the line as it was typed, to copy and mend."""

    line: str


@dataclass(frozen=True)
class FilesWait(Notice):
    """After a refusal: the files that came with the line need not be sent again for so many minutes."""

    names: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class HeldBack(Notice):
    """In place of what is above a ceiling. `where`: the person's other platforms; empty for a terminal.

    `done`: the command was carried out, and only its answer is not shown. `held_by`: a word of `ceilings.py`.
    """

    label: str
    platform: str
    where: tuple[str, ...]
    done: bool
    held_by: str


@dataclass(frozen=True)
class LeftOut(Notice):
    """After a list: there is more, above a ceiling. The fields are those of HeldBack."""

    ceiling: str
    platform: str
    where: tuple[str, ...]
    held_by: str
