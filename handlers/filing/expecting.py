"""Expecting: when an answer to a draft may come, and what its route has brought so far.

In: a draft. Out: days, and on whose word; the counts of the route. How long they take is over all agencies, what came
of it is the asker's own agency's: see `storage/record/yields.py`.
"""

from dataclasses import dataclass

from handlers.exposure import RecordFacts
from handlers.filing.drafts import Draft
from handlers.kit import usual
from handlers.kit.turn import Turn
from storage.exposure.labels import Label
from storage.record import yields
from storage.record.scopes import Scope
from storage.rules.calendars import calendar_of
from storage.rules.lengths import rule_for


@dataclass(frozen=True)
class Expected:
    """Calendar days until an answer may be expected. basis: "history", or that of the instrument's clock.

    hours: of a clock that counts in them, else 0. late: days within which nine in ten come, 0 for not known. unreached:
    so many days after sending not half of them is answered, which is why it is the instrument's number; else 0.
    """

    days: int = 0
    basis: str = ""
    hours: int = 0
    late: int = 0
    unreached: int = 0

    def is_after(self, days: int) -> bool:
        """Whether it is more likely to come later than in so many days."""
        return days < max(self.days, self.unreached)


@dataclass(frozen=True)
class RouteSoFar(RecordFacts):
    """What the asker's agency has had by this route for such data. came: all or some; reason: the most frequent one."""

    label: str
    asked: int
    came: int
    refused: int
    reason: str
    not_held: int
    open: int


def expected(turn: Turn, draft: Draft) -> Expected:
    """By how long they took here, where enough were answered and half is reached; else by the instrument."""
    found = yields.curves_of(turn.work, draft.recipient).get((draft.instrument.code, draft.emergency))
    unreached = 0
    if found and found.count >= yields.ENOUGH:
        if found.median is None:
            unreached = max((step.days for step in found.steps if step.at_risk >= yields.ENOUGH), default=0)
        elif found.answered >= yields.ENOUGH:
            return Expected(max(1, found.median), "history", late=found.quantile(usual.MOST) or 0)
    rule = rule_for(turn.reference, draft.instrument, emergency=draft.emergency)
    if rule.unit == "hours":
        return Expected(max(1, rule.amount // 24), rule.origin, rule.amount, unreached=unreached)
    if rule.unit == "working_days":
        calendar = calendar_of(turn.work, draft.recipient)
        days = (calendar.add(turn.today, rule.amount) - turn.today).days
        return Expected(days, rule.origin, unreached=unreached)
    return Expected(rule.amount, rule.origin, unreached=unreached)


def so_far(turn: Turn, draft: Draft) -> RouteSoFar | None:
    """Of the data that is asked for; None where the agency has asked for none of it this way.

    What is RED is left out: the case that is looked at is another one.
    """
    scope, route = Scope(turn.viewer, turn.actor.agency, Label.AMBER_STRICT), (draft.instrument.code, draft.emergency)
    found = yields.of(turn.work, scope, [draft.recipient], data=draft.data).routes
    one = next((one for one in found if one.route[1:] == route), None)
    if one is None:
        return None
    reason = turn.reference.refusal_reasons[one.reason].label if one.reason else ""
    ceiling = turn.place.ceiling
    label = Label.AMBER if Label.AMBER.within(ceiling) else ceiling
    return RouteSoFar(label, one.asked, one.came, one.refused, reason, one.not_held, one.open)
