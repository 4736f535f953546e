"""The rows of `parties.json`: which State is bound by what, and since when; and the bodies that ask each other.

In: one row as JSON. Out: a frozen row. Whether an instrument goes is for `roads.py` to say.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Protocol

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from storage.reference.rows import Codes, Country, Row, Text


class Body(Protocol):
    """Any authority, of the reference files or on record."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def country(self) -> str:
        """Its country, two letters."""

    @property
    def channel(self) -> str:
        """How it is reached."""

    @property
    def role(self) -> str:
        """What it is."""


class Treaty(Row):
    """Who is bound by a treaty, a law of the Union or an agreement, and since when; and what it says of its users.

    `parties` is {State: the day from which it is bound, None where that was not seen}, `unseen` those of them that are
    believed and were not read in a source, `unbound` {State: why it is not bound}. `complete`: a State that is not
    named is none. `hub`: agreements of one State with each of the others. `not_in_force_as_of`: the last day on which
    it was seen not to be in force.
    """

    name: Text
    rule: Text
    in_force_from: date | None
    not_in_force_as_of: date | None
    hub: Country | None
    complete: bool
    parties: Mapping[Country, date | None]
    unseen: tuple[Country, ...] = ()
    reservations: Mapping[Country, Text]
    unbound: Mapping[Country, Text]
    source: Annotated[Codes, Field(min_length=1)]

    @field_validator("unseen", "reservations")
    @classmethod
    def _of_parties(cls, states: Iterable[str], info: ValidationInfo) -> Iterable[str]:
        if not set(states) <= {*info.data.get("parties", ())}:
            raise PydanticCustomError("parties", "States that stand in parties")
        return states

    @field_validator("unbound")
    @classmethod
    def _no_party(cls, states: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if set(states) & {*info.data.get("parties", ()), info.data.get("hub")}:
            raise PydanticCustomError("unbound", "States that do not stand in parties")
        return states

    @field_validator("not_in_force_as_of")
    @classmethod
    def _one_or_the_other(cls, as_of: date | None, info: ValidationInfo) -> date | None:
        if as_of and info.data.get("in_force_from"):
            raise PydanticCustomError("force", "null where in_force_from has a day")
        return as_of

    def binds(self, state: str, day: date) -> bool:
        """Whether it binds that State on that day, once it is in force at all."""
        since = self.parties.get(state)
        listed = state in self.parties or state == self.hub
        return listed and (since is None or since <= max(day, self.in_force_from or day))
