"""Filters notices for one reader: what they may see of each, and how confidential the rest is.

In: notices that a handler built whole, or their facts as they were stored, and who reads them where. Out: `Said`, the
facts that are left for this reader, and how confidential they are together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from handlers import exposure
from handlers.exposure import NOTHING, Exposure, Sight
from handlers.kit.notices import Notice
from handlers.kit.turn import Turn
from handlers.language.errors import snake
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS, Seen, Viewer
from storage.messages import recipients
from storage.record import records
from storage.record.sights import Sights
from storage.serialization import decode, encode


@dataclass(frozen=True)
class Said:
    """One notice as it is kept and rendered. `secret`: fields that are said once and never kept."""

    notice: str
    facts: Mapping[str, Any]
    secret: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """The facts as a template reads them, with dates and moments."""
        read: Any = decode(dict(self.facts))
        return dict(read)


class StaticSaid(Said):
    """A notice that is always the same: one object for all who read it, and told apart as such."""

    __eq__, __hash__ = object.__eq__, object.__hash__


@dataclass(frozen=True)
class Shown:
    """Notices for one reader, and what they hold."""

    said: tuple[Said, ...]
    exposure: Exposure = NOTHING


def to_asker(turn: Turn, notices: Iterable[Notice], *, room: bool) -> Shown:
    """The answer of a turn, which has fetched all of it with permission. room: it is read in the room, too."""
    notices = tuple(notices)
    if all(notice.is_static for notice in notices):
        return Shown(tuple(map(_static, notices)))
    kept = [(type(notice), facts(notice)) for notice in notices]
    refs = {ref for kind, one in kept for ref in exposure.of_facts(kind, one).refs}
    return _shown(kept, _of_actor(turn, refs), room=room)


def to_room(turn: Turn, notices: Iterable[Notice]) -> Shown | None:
    """The answer as the room it was typed in reads it: with the eyes of the room, not of whoever asked.

    None where some of it is of a record that the room does not see: then nothing is said there.
    """
    if turn.room is None:
        return None
    kept = [(type(notice), facts(notice)) for notice in notices]
    refs = {ref for kind, one in kept for ref in exposure.of_facts(kind, one).refs}
    [viewer] = recipients.viewers(turn.room)
    seen = records.seen(turn.work, viewer, refs) if refs else {}
    if len(seen) < len(refs) or not all(recipients.speaks_of(turn.work, turn.room, ref) for ref in refs):
        return None
    return _shown(kept, lambda ref, _label: seen.get(ref), room=True)


def to_reader(
    sights: Sights, viewer: Viewer, kept: Iterable[tuple[type[Notice], Mapping[str, Any]]], *, room: bool
) -> Shown:
    """What was put down for somebody, as they see its records now. Nothing is left of what they do not see."""
    kept_facts = list(kept)
    seen = sights.of(viewer, {ref for kind, one in kept_facts for ref in exposure.of_facts(kind, one).refs})
    return _shown(kept_facts, lambda ref, _label: seen.get(ref), room=room)


def facts(notice: Notice) -> dict[str, Any]:
    """A notice as it is kept."""
    kept: Any = encode(notice)
    return dict(kept)


@lru_cache(maxsize=1_000)
def _static(notice: Notice) -> StaticSaid:
    return StaticSaid(notice.template, facts(notice))


def _shown(kept: Iterable[tuple[type[Notice], Mapping[str, Any]]], sight: Sight, *, room: bool) -> Shown:
    said, whole = [], NOTHING
    for kind, kept_facts in kept:
        fitted = exposure.fit(kind, kept_facts, sight, room=room)
        if fitted is not None:
            said.append(Said(snake(kind.__name__), fitted, kind.secret))
            whole = whole.with_(exposure.of_facts(kind, fitted))
    return Shown(tuple(said), whole)


def _of_actor(turn: Turn, refs: Iterable[str]) -> Sight:
    """How the actor sees what they have fetched: as one who works on it, or as the other side.

    Why by the reference first: it begins with the prefix of the agency that owns the case, and most answers are of
    one's own cases; only of others is it asked.
    """
    ours = f"{turn.actor.agency.prefix}-" if turn.actor.roles & WORKERS else ""
    foreign = {ref for ref in refs if not (ours and ref.startswith(ours))}
    viewer = replace(turn.viewer, ceiling=Label.RED)
    seen = records.seen(turn.work, viewer, foreign) if foreign else {}
    if Role.AUDITOR in turn.actor.roles and (audited := foreign - seen.keys()):
        seen |= records.seen(turn.work, replace(viewer, history=True), audited)

    def sight(ref: str, label: Label) -> Seen:
        return seen.get(ref, Seen(label, own=ref not in foreign))

    return sight
