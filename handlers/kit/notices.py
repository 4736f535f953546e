"""Notices: all the desk can say, one frozen dataclass for each template of the same name in `templates/messages/`.

A notice holds plain values and views, never rows, and says by its base what it holds (`handlers/exposure.py`). It
stands with the family that tells it; this file has only the bases and the few that no family owns.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from handlers.exposure import Facts, PersonalFacts, PublicFacts, RecordFacts
from handlers.language.errors import Clause, snake

NOTICES: dict[str, type["Notice"]] = {}
"""Every notice there is, by the name of its template."""


@dataclass(frozen=True)
class Notice(Facts):
    """Base of the three below. `template` is the class in snake case: `CaseOpened` is said by `case_opened.md.j2`.

    `secret`: fields that are said once and never kept; where the stored answer is given again, they are empty.
    `is_card`: it shows a record, and is edited where it stands when that changes; `is_status`: the same where somebody
    asked for it. `is_under_card`: what a room is told
    under its card of the record, and in no other way. `is_deadline`: it must not stay unsaid because one person
    cannot be reached. `is_alarm`: its own failure raises nothing further. `may_call`: in a room it may mention who must
    act (`calling.py`). `is_static`: public, and without a moment in it: it is rendered once for equal readers.
    """

    secret: ClassVar[tuple[str, ...]] = ()
    is_card: ClassVar[bool] = False
    is_status: ClassVar[bool] = False
    is_under_card: ClassVar[bool] = False
    is_deadline: ClassVar[bool] = False
    is_alarm: ClassVar[bool] = False
    is_static: ClassVar[bool] = False
    may_call: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 - of whatever else is a base
        super().__init_subclass__(**options)
        if Facts in {above for base in cls.__bases__ for above in base.__bases__}:
            return  # one of the three bases below
        NOTICES[snake(cls.__name__)] = cls

    @property
    def template(self) -> str:
        """The name of the template that says it."""
        return snake(type(self).__name__)

    @property
    def subject(self) -> str:
        """The reference of the record it is news of; empty for none. Order is kept for one reader and one subject."""
        return getattr(self, "ref", "")


class RecordNotice(Notice, RecordFacts):
    """Something of a record: it has the record's `ref` and `label`, or views that do."""


class PublicNotice(Notice, PublicFacts):
    """Nothing of a record, nothing of a person."""


class PersonalNotice(Notice, PersonalFacts):
    """For one person alone: it is never said in a room."""


@dataclass(frozen=True)
class Incident(PersonalNotice):
    """A bug: nothing was changed; the trace is in the log under this id."""

    incident: str
    line: str


@dataclass(frozen=True)
class Busy(PersonalNotice):
    """The store could not take the change; nothing was written."""

    line: str


@dataclass(frozen=True)
class TooManyLines(PublicNotice):
    """A person (or a whole room) typed more than so many lines in a minute; these are not read for so many seconds."""

    lines: int
    seconds: int
    room: bool


@dataclass(frozen=True)
class Repeated(PersonalNotice):
    """The same line from the same person within ten seconds.

    The first answer stands; `again` is how to say "yes, again".
    """

    again: str


@dataclass(frozen=True)
class Understood(PublicNotice):
    """Before the answer: what was removed from the line, or read in another way than it was typed."""

    notes: tuple[Clause, ...]


@dataclass(frozen=True)
class YourLine(PersonalNotice):
    """After a refusal: the line as it was typed, to copy and mend."""

    line: str


@dataclass(frozen=True)
class FilesWait(PersonalNotice):
    """After a refusal: the files that came with the line need not be sent again for so many minutes."""

    names: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class HeldBack(PublicNotice):
    """What is said in place of an answer above a ceiling. `where`: the person's other platforms; empty for a terminal.

    `done`: the command was carried out, and only its answer is not shown. `held_by`: a word of `ceilings.py`.
    """

    label: str
    platform: str
    where: tuple[str, ...]
    done: bool
    held_by: str


@dataclass(frozen=True)
class LeftOut(PublicNotice):
    """After a list: there is more, above a ceiling. The fields are those of HeldBack."""

    ceiling: str
    platform: str
    where: tuple[str, ...]
    held_by: str


@dataclass(frozen=True)
class AnswerGone(PersonalNotice):
    """A line came again whose answer is not for its reader any more. `line`: as it was typed."""

    line: str
