"""The ladder of reminders a clock climbs: which rung, when, who hears it, and whether it can wait for the morning.

In: `ladders.json`. Out: `Ladder`, chosen by the kind of clock, its unit, and whether it is an emergency.
The ladders are house defaults: no law says when to remind.
"""

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from storage.reference.rows import Amount, ClockKind, Codes, HouseClockKind, Origin, Part, Row, Text, Unit

Anchor = Literal["before_due", "at_due", "after_due", "very_overdue"]
Audience = Literal["officer", "channel", "manager", "approver", "taker", "party"]

ANCHORS: tuple[Anchor, ...] = get_args(Anchor)


class ClockSort(NamedTuple):
    """What decides which ladder a clock climbs. `ours`: the owner's own answer, or own next step."""

    kind: ClockKind | HouseClockKind
    unit: Unit
    emergency: bool
    ours: bool

    def __str__(self) -> str:
        """In words, for whoever corrects the files."""
        return f"{self.kind} in {self.unit}{', emergency' if self.emergency else ''}{', ours' if self.ours else ''}"


class Moment(Part):
    """When a rung sounds: exactly one of the four, counted in the unit of the rung. 0 is that day or hour itself."""

    before_due: Amount | None = None
    at_due: Literal[0] | None = None
    after_due: Amount | None = None
    very_overdue: Literal[0] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Moment":
        if sum(getattr(self, anchor) is not None for anchor in ANCHORS) != 1:
            raise PydanticCustomError("moment", "exactly one of before_due, at_due, after_due, very_overdue")
        return self

    @cached_property
    def anchor(self) -> Anchor:
        """Which of the four it is."""
        return next(anchor for anchor in ANCHORS if getattr(self, anchor) is not None)

    @cached_property
    def amount(self) -> int:
        """How far from it, in the unit of the rung."""
        amount: int = getattr(self, self.anchor)
        return amount


class Rung(Part):
    """One step. `percent` is of the length of the clock; `wait`: it can wait for the digest of the morning.

    `unless` names a figure of the instrument that, where it has one, takes the place of the rung's own.
    """

    code: Text
    at: Moment
    unit: Literal["calendar_days", "hours", "percent"]
    unless: Literal["renewable.ask_before_days"] | None = None
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)]
    wait: bool


class Ladder(Row):
    """The rungs of one sort of clock, in order.

    After the last, "very overdue" apart, it sounds again on the first of every month, for ever; "day": every day of a
    week before that; null: it ends. `emergency`: for emergency clocks (true), for the others (false), or for both
    (null). `ours`: for what we owe ourselves (true), for what is owed to us (false), or for both (null).
    """

    source: Annotated[Codes, Field(min_length=1)]
    label: Text
    clock_kinds: tuple[ClockKind | HouseClockKind, ...]
    units: Annotated[tuple[Unit, ...], Field(min_length=1)]
    emergency: bool | None
    ours: bool | None
    origin: Origin
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]
    then_every: Literal["month", "day"] | None
    then_audience: tuple[Audience, ...]

    @field_validator("rungs")
    @classmethod
    def _in_order(cls, rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
        climbs = all(_climbs(lower, upper) for lower, upper in pairwise(rungs))
        if not climbs or len({rung.code for rung in rungs}) < len(rungs):
            raise PydanticCustomError("rungs", "rungs in the order they sound, each code once")
        return rungs

    def serves(self, sort: ClockSort) -> bool:
        """Whether this is the ladder of such a clock."""
        fits = sort.kind in self.clock_kinds and sort.unit in self.units
        return fits and self.emergency in {None, sort.emergency} and self.ours in {None, sort.ours}


def _climbs(lower: Rung, upper: Rung) -> bool:
    """Whether one rung sounds before the next, as far as their units can be compared."""
    anchors = ANCHORS.index(lower.at.anchor), ANCHORS.index(upper.at.anchor)
    if anchors[0] != anchors[1] or lower.unit != upper.unit:
        return anchors[0] <= anchors[1]
    if lower.at.anchor == "before_due":
        return lower.at.amount > upper.at.amount
    return lower.at.amount < upper.at.amount
