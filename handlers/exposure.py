"""Exposure: the label and the readers of a notice or a view follow from the records in it; none is passed by hand.

In: the class of a notice or a view, and its facts as `storage/serialization.py` keeps them. Out: the records it shows
something of, each with its label, and whether it is for one person alone; or the same facts as one reader may have
them: without what is not for their side, without views of records they do not see, under the labels of now.

Every class of facts says what it holds, by its base:

    RecordFacts      something of a record: has `ref` and `label`, or holds views that do; a label without a
                     reference is that of many together
    PartOfRecord     a piece of one, inside the facts of that record and nowhere else
    PublicFacts      nothing of a record or a person: every reader of a room may have it
    PersonalFacts    for one person alone: it never stands in a room

And every field says whose it is, where not everybody may read it:

    Ours[T]          our own people: what we think, plan and keep for ourselves
    Exchanged[T]     our own people and the party on the other side: what they and we wrote to each other
    Indoors[T]       our own people and our own rooms: names of colleagues, mostly

Whoever looks from the other side of a request reads it in their own words: a class that is TwoSided is turned for them,
so that "outgoing" is what they ask and the counterpart is whoever owns the record. Everything is built from the owner's
side and turned here. Why here: news is stored once and read on both sides, and who reads is known only then.

Why facts and not objects: what waits in the outbox, or is said again, is read by the same rule as what is said now.
`tests/handlers/test_exposure.py` walks every class; a field that is new stands there before it stands in a view.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from storage.exposure.labels import Label, most_restrictive
from storage.exposure.sight import Seen
from storage.serialization import encode

T = TypeVar("T")


class Audience(StrEnum):
    """Who may read a field: our own people, the party on the other side, a room."""

    OWN = "own"
    PARTY = "party"
    ROOM = "room"


EVERYBODY = frozenset(Audience)
OTHER_WAY = {"outgoing": "incoming", "incoming": "outgoing"}
Ours = Annotated[T, frozenset({Audience.OWN})]
Exchanged = Annotated[T, frozenset({Audience.OWN, Audience.PARTY})]
Indoors = Annotated[T, frozenset({Audience.OWN, Audience.ROOM})]


class Holds(StrEnum):
    """What a class of facts holds."""

    RECORD = "record"
    PART = "part of a record"
    PUBLIC = "public"
    PERSONAL = "personal"


class Facts:
    """Base of every view and notice. What it holds is said by one of the four below."""

    holds: ClassVar[Holds]


class RecordFacts(Facts):
    """Something of a case, a request or a preservation."""

    holds: ClassVar[Holds] = Holds.RECORD


@dataclass(frozen=True, kw_only=True)
class TwoSided(RecordFacts):
    """Both sides of a request read it.

    `across`: the agency whose record it is, where it is turned for the other side; `direction` and `counterpart` are
    theirs then.
    """

    across: str = ""


class PartOfRecord(Facts):
    """A piece of a record, as confidential as the facts it stands in."""

    holds: ClassVar[Holds] = Holds.PART


class PublicFacts(Facts):
    """Nothing of a record, nothing of a person."""

    holds: ClassVar[Holds] = Holds.PUBLIC


class PersonalFacts(Facts):
    """Something of a person, or for one person alone."""

    holds: ClassVar[Holds] = Holds.PERSONAL


@dataclass(frozen=True)
class Exposure:
    """How confidential something is: the most restrictive label of what it holds, and the records it shows.

    `label` is None where it shows nothing of a record. `personal`: it never stands in a room.
    """

    label: Label | None = None
    personal: bool = False
    refs: frozenset[str] = frozenset()

    def with_(self, other: "Exposure") -> "Exposure":
        """Of both together."""
        label = most_restrictive(filter(None, (self.label, other.label)))
        return Exposure(label, self.personal or other.personal, self.refs | other.refs)


NOTHING = Exposure()


Sight = Callable[[str, Label], Seen | None]
"""How a reader sees the record of a reference, given the label it was put down with; None where they do not."""


def of(*things: Facts) -> Exposure:
    """What notices or views hold together."""
    whole = NOTHING
    for thing in things:
        whole = whole.with_(of_facts(type(thing), encode(thing)))
    return whole


def of_facts(kind: type[Facts], facts: Any) -> Exposure:  # noqa: ANN401 - facts as they are kept
    """The same of facts as they are kept."""
    whole = Exposure(personal=kind.holds is Holds.PERSONAL)
    for ref, label in _records(kind, facts):
        whole = whole.with_(Exposure(Label(label), refs=frozenset({ref} if ref else ())))
    return whole


def fit(kind: type[Facts], facts: Mapping[str, Any], sight: Sight, *, room: bool) -> dict[str, Any] | None:
    """The facts as a reader may have them; None where they are of a record the reader does not see.

    room: they are read in a room. Views of records that are not seen are taken out of lists; a view that something
    else cannot stand without takes that along. What an earlier program did not keep is empty.
    """
    return _fit(kind, dict(facts), sight, EVERYBODY, room=room)


# ---- how a class is read ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One field of a class of facts: who may read it, the facts in it, and what stands where it is not read."""

    name: str
    audiences: frozenset[Audience]
    inside: type[Facts] | None
    many: bool
    empty: Any


@cache
def slots(kind: type) -> tuple[Slot, ...]:
    """The fields of a class. Errors: TypeError for facts of a class that does not say what it holds."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_slot(kind, field.name, hints[field.name]) for field in fields(kind))


def _slots_of(kind: type[Facts]) -> tuple[Slot, ...]:
    return slots(kind)  # type: ignore[arg-type]  # mypy: a class is hashable, whatever its instances are


def _slot(kind: type[Facts], name: str, hint: Any) -> Slot:  # noqa: ANN401 - annotations have no common type
    audiences = EVERYBODY
    if get_origin(hint) is Annotated:
        hint, *marks = get_args(hint)
        audiences = next((mark for mark in marks if isinstance(mark, frozenset)), EVERYBODY)
    inside = tuple(_classes(hint))
    if len(inside) > 1 or any(not issubclass(one, Facts) for one in inside):
        raise TypeError(f"{kind.__name__}.{name}: {', '.join(one.__name__ for one in inside)} must say what it holds")
    many = get_origin(hint) is tuple
    return Slot(name, audiences, inside[0] if inside else None, many, _empty(hint))


def _classes(hint: Any) -> Iterator[type]:  # noqa: ANN401
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for inner in get_args(hint):
        yield from _classes(inner)


def _empty(hint: Any) -> Any:  # noqa: ANN401
    if NoneType in get_args(hint):
        return None
    return {str: "", int: 0, bool: False, tuple: [], Mapping: {}, dict: {}}.get(get_origin(hint) or hint)


# ---- walking ---------------------------------------------------------------------------------------------------------


def _records(kind: type[Facts], facts: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """(reference, label) of every record that facts show something of."""
    if kind.holds is Holds.RECORD and facts.get("label"):
        yield facts.get("ref", ""), facts["label"]
    for slot in _slots_of(kind):
        if slot.inside is not None:
            for one in _each(slot, facts.get(slot.name)):
                yield from _records(slot.inside, one)


def _each(slot: Slot, value: Any) -> list[Any]:  # noqa: ANN401
    if value is None:
        return []
    return value if slot.many else [value]


def _fit(
    kind: type[Facts], facts: dict[str, Any], sight: Sight, may: frozenset[Audience], *, room: bool
) -> dict[str, Any] | None:
    """`may`: what the audience is, of the facts around these."""
    if kind.holds is Holds.RECORD and facts.get("label"):
        label = Label(facts["label"])
        seen = sight(facts["ref"], label) if facts.get("ref") else Seen(label, own=True)
        if seen is None:
            return None
        facts["label"] = max(label, seen.label, key=lambda one: one.rank).value  # put down under one, read under both
        reads = {Audience.ROOM} if room else {Audience.OWN}
        may = frozenset(reads if seen.own else (reads | {Audience.PARTY}) - {Audience.OWN})
        if seen.across and issubclass(kind, TwoSided):
            facts |= _turned(kind, facts, seen.across)
    for slot in _slots_of(kind):
        facts.setdefault(slot.name, slot.empty)
        if not may <= slot.audiences:
            facts[slot.name] = slot.empty
        elif slot.inside is not None and facts[slot.name] is not None:
            held = _each(slot, facts[slot.name])
            inside = (_fit(slot.inside, dict(one), sight, may, room=room) for one in held)
            kept = [one for one in inside if one is not None]
            if not slot.many and not kept:
                return None
            facts[slot.name] = kept if slot.many else kept[0]
    return facts


def _turned(kind: type[Facts], facts: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """What the other side reads in other words. What an earlier program kept without a direction was asked by us."""
    direction = OTHER_WAY[facts.get("direction") or "outgoing"]
    turned = {"across": owner, "direction": direction, "counterpart": owner}
    return {slot.name: turned[slot.name] for slot in _slots_of(kind) if slot.name in turned}
