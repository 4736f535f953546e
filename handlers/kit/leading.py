"""Leading: a case gets a new lead, and what became part of it with it.

In: a case, and who leads it from now on. Out: the row and its line of history; how many somebody was given, said once.
"""

from dataclasses import dataclass

from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Turn
from storage.models import Case, Person


@dataclass(frozen=True)
class CasesPassed(PersonalNotice):
    """To the new lead of somebody's cases: how many, and by whom."""

    of: str
    cases: int
    by: str


def give(turn: Turn, case: Case, leader: Person | None, act: str = "case assign", **facts: str) -> None:
    """The new lead of a case and of what was merged into it, and a line in the history of each."""
    for one in case.together:
        before = one.lead.actor if one.lead else None
        one.lead = leader
        after = {"lead": leader.actor if leader else None, **facts}
        turn.work.audit(act, one.ref, before={"lead": before}, after=after)
