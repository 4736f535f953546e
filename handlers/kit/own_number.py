"""An agency's own file number: once per agency, as far as anybody can tell.

In: a turn and a number. Out: the cases under it that the actor does not see, to be told; or a refusal.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handlers.exposure import Indoors, Ours
from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Turn
from storage.models import Case


@dataclass(frozen=True)
class NumberUsedAgain(RecordNotice):
    """To whoever works on a case that others may not see: one more was opened under its file number."""

    ref: str
    title: str
    label: str
    own: Ours[str]
    again: Ours[str]
    by: Indoors[str]


def under_the_same_number(turn: Turn, own: str, *, besides: Case | None = None) -> list[Case]:
    """The cases of the agency under a file number that the actor does not see. Errors: Conflict for one that they see.

    besides: the case whose number it may be already, in another spelling.
    Why not refused for these: it would tell that they exist. Whoever works on one hears of the second instead.
    """
    seen, hidden = access.cases_under_number(turn, own, change=True)
    if taken := [case for case in seen if case is not besides]:
        raise Conflict("own_reference_taken", own=taken[0].own_reference)
    return hidden


def tell_the_others(turn: Turn, others: Iterable[Case], own: str, again: str) -> None:
    """Those who work on cases under the same number hear of the second."""
    for other in others:
        twin = NumberUsedAgain(other.ref, other.title, other.label, own, again, turn.actor.person.name)
        turn.tell(access.watchers(turn, other), twin)
