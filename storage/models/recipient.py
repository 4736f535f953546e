"""Recipient: whom an outbox row or a posting is for, and how a column keeps it.

In: the number of a person or of a room. Out: one value that rows, delivery and reminders pass on and compare; in the
database, the text "person:7" or "channel:3".
Not for the chain: an audit line that is about a room says "channel:3" as the name of what was changed, like "outbox:5".
"""

from dataclasses import dataclass
from typing import Literal, Self

from sqlalchemy import ColumnElement, Dialect, String, type_coerce
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator


@dataclass(frozen=True, order=True, slots=True)
class Recipient:
    """A person or a room, by number. Ordered by kind and number; the database orders by the text."""

    kind: Literal["person", "channel"]
    number: int

    @classmethod
    def person(cls, number: int) -> Self:
        """The person with that number."""
        return cls("person", number)

    @classmethod
    def channel(cls, number: int) -> Self:
        """The room with that number."""
        return cls("channel", number)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What a text as `str` gives it means. Errors: ValueError."""
        kind, _, number = text.partition(":")
        if kind == "person" and number.isdecimal():
            return cls.person(int(number))
        if kind == "channel" and number.isdecimal():
            return cls.channel(int(number))
        raise ValueError(text)

    @property
    def is_channel(self) -> bool:
        """A room, not a person."""
        return self.kind == "channel"

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


class RecipientText(TypeDecorator[Recipient]):
    """A recipient, kept as its text. Takes nothing else, so that a text made by hand is found at once.

    Errors: TypeError, inside SQLAlchemy's StatementError.
    """

    impl = String(60)
    cache_ok = True

    def process_bind_param(self, value: Recipient | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        """On the way in."""
        if value is not None and not isinstance(value, Recipient):
            raise TypeError(value)
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Recipient | None:  # noqa: ARG002 - its signature
        """On the way out."""
        return None if value is None else Recipient.parse(value)


def is_person(column: InstrumentedAttribute[Recipient]) -> ColumnElement[bool]:
    """Whether a row is for a person, as a condition."""
    return type_coerce(column, String).startswith("person:")
