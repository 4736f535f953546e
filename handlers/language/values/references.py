"""References as people type them: `42`, `42/3`, `ccw-2026-42/3`, `CCW-2026-0042/P1`, `42/A2`.

In: text. Out: its parts, nothing looked up. `access.py` finds the record, so "absent" and "not yours" read the same;
that is also why nonsense is no error here: it is simply a reference to nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from handlers.language.errors import clause
from handlers.language.grammar import plain
from handlers.language.values.kind import Choice, Given, Kind, Lookup

SHAPE = re.compile(
    r"(?:(?P<prefix>[A-Z][A-Z0-9]*)-)?(?:(?P<year>\d{4})-)?(?P<number>\d{1,9})(?:/(?P<letter>[PA])?(?P<part>\d{1,9}))?",
    re.ASCII,
)
AROUND = " \t\n#.,;:!?()[]<>*_`'\""  # what a sentence or a chat leaves around a reference


@dataclass(frozen=True)
class TypedRef:
    """The parts of a reference; None for what was not typed. Without a `number` it names no record.

    `letter` of the part: P for a preservation, A for an attachment, empty for a request.
    """

    prefix: str | None
    year: int | None
    number: int | None
    part: int | None
    letter: str
    typed: str


class RefKind(Kind):
    """A reference to a case, a request, a preservation or an attachment."""

    widget = "choice"
    follows = ("case", "ref")

    def __init__(self, record: str, example: str, *, asked: bool = True) -> None:
        self.record, self.asked = record, asked
        self.name = f"{record} reference"
        self.accepted = clause("number_of", record=record)
        self.example = example

    def parse(self, text: str, desk: Lookup) -> TypedRef:
        """The parts; never an error."""
        del desk
        return read_ref(text)

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The person's own, as the desk knows them."""
        return desk.records(self.record, typed)

    def fitting(self, desk: Lookup, typed: str, given: Given) -> Sequence[Choice]:
        """Those that the command takes as they stand now, of the case that was named before."""
        return desk.records(self.record, typed, given)


def read_ref(text: str) -> TypedRef:
    """The parts of a reference, digits and dashes of any keyboard understood."""
    found = SHAPE.fullmatch(
        re.sub(r"\s*([/-])\s*", r"\1", plain(text).replace("\N{FRACTION SLASH}", "/").strip(AROUND).upper())
    )
    if found is None:
        return TypedRef(None, None, None, None, letter="", typed=text)
    year, part = found["year"], found["part"]
    return TypedRef(
        prefix=found["prefix"],
        year=int(year) if year else None,
        number=int(found["number"]),
        part=int(part) if part else None,
        letter=found["letter"] or "",
        typed=text,
    )


CaseRef = Annotated[TypedRef, RefKind("case", "42")]
RequestRef = Annotated[TypedRef, RefKind("request", "42/3")]
PreservationRef = Annotated[TypedRef, RefKind("preservation", "42/P1")]
AttachmentRef = Annotated[TypedRef, RefKind("attachment", "42/A1")]
CasePlace = Annotated[TypedRef, RefKind("case", "42", asked=False)]
RequestPlace = Annotated[TypedRef, RefKind("request", "42/3", asked=False)]
PreservationPlace = Annotated[TypedRef, RefKind("preservation", "42/P1", asked=False)]
"""Where a page of a list begins or ends: buttons say it, and forms begin with the first page."""
