"""Usual: how long such answers take on this desk, as it is said wherever one is awaited.

In: a turn, and whom is asked. Out: days, over all agencies and without names (`storage/record/yields.py`); None where
too few were answered. Whatever says how long an answer takes stands on the same curve: a reminder, a digest, the list
of what is overdue, the card of an authority, whether a hold outlives its request, and `handlers/filing/expecting.py`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from handlers.exposure import PublicFacts
from handlers.kit.turn import Turn
from storage.models import Authority, Request
from storage.record import yields
from storage.rules import clocks
from storage.rules.lifecycle import WAITING, Status
from storage.rules.survival import Curve

HALF, MOST = 0.5, 0.9


@dataclass(frozen=True)
class Usual(PublicFacts):
    """Under an instrument: within how many days half are answered, and nine in ten; None: not reached yet.

    waited: how long one has waited, and by_now: how many in ten are answered after so long; None where it is of no
    request.
    """

    instrument: str
    half: int | None
    most: int | None
    waited: int | None = None
    by_now: int | None = None


def known(turn: Turn, recipient: Authority, instrument: str, *, emergency: bool) -> Curve | None:
    """How long a recipient takes; None where fewer than `yields.ENOUGH` were answered."""
    found = yields.curves_of(turn.work, recipient).get((instrument, emergency))
    return found if found and found.answered >= yields.ENOUGH else None


def of_request(turn: Turn, request: Request) -> Usual | None:
    """Of one that we asked and whose answer is owed to us."""
    if request.direction != "outgoing" or request.status == Status.CLARIFICATION or request.sent_on is None:
        return None
    found = known(turn, request.recipient, request.instrument, emergency=request.emergency)
    if found is None:
        return None
    waited = max(0, (turn.today - request.sent_on).days)
    by_now = int(10 * found.share_within(waited))
    return Usual(request.instrument, found.median, found.quantile(MOST), waited, by_now)


def of_authority(turn: Turn, recipient: Authority) -> Usual | None:
    """Under the instrument by which they answered most often, emergencies apart."""
    curves = yields.curves_of(turn.work, recipient)
    ordinary = [(found.answered, instrument) for (instrument, emergency), found in curves.items() if not emergency]
    instrument = max(ordinary, default=(0, ""))[1]
    found = known(turn, recipient, instrument, emergency=False)
    return Usual(instrument, found.median, found.quantile(MOST)) if found else None


def answer_on(turn: Turn, request: Request) -> date | None:
    """The day by which an answer to a request that waits is as likely to have come as not; else its deadline.

    Of those that have waited as long as this one, half are answered by then. None where neither is known.
    """
    if request.status not in WAITING or request.sent_on is None:
        return None
    found = known(turn, request.recipient, request.instrument, emergency=request.emergency)
    days = _half_of_the_rest(found, (turn.today - request.sent_on).days) if found else None
    if days is not None:
        return request.sent_on + timedelta(days=days)
    clock = clocks.latest(request)
    return clock.due_on if clock and clock.ended_at is None else None


def _half_of_the_rest(found: Curve, waited: int) -> int | None:
    """Days from sending; None: not reached yet."""
    return found.quantile(1 - (1 - found.share_within(waited)) * HALF)
