"""Outcomes: what came of each account that a request asks about; an answer may cover some and not others.

In: a request that waits, the accounts of one answer, and what came of them. Out: the move that follows, and the
outcome, the day, the reasons and the number of the answer on each account. The rule of the status stands in
`lifecycle.py`. An account without an outcome of its own has the request's: all of before have none.
Must change together: OUTCOMES, the words of MOVES, and `templates/messages/_base/outcomes.md.j2`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from storage.models import Request, Target

OUTCOMES = {"produced": "produced", "refused": "refused", "not_held": "not-held"}
"""{what may come of an account, as a status would be called: the word of the move where it comes of all of them}."""

OPEN = "open"
MOVES_THAT_ANSWER = ("part", *OUTCOMES.values(), "reopen")
"""The moves that write outcomes."""


def of(target: Target) -> str:
    """What came of an account: an outcome, or "open"."""
    status = target.request.status if target.request else ""
    return target.outcome or (status if status in OUTCOMES else OPEN)


def said(target: Target) -> str:
    """How the question about an account stands: what came of it, else the status of its request."""
    return target.outcome or (target.request.status if target.request else "")


def undecided(request: Request) -> list[Target]:
    """The accounts of which nothing has come yet."""
    return [target for target in request.targets if of(target) == OPEN]


def lacking(request: Request) -> list[Target]:
    """The accounts whose data has not come."""
    return [target for target in request.targets if of(target) != "produced"]


def counts(request: Request) -> dict[str, int]:
    """{outcome: how many accounts}, of those that there are: what came first, what is open last."""
    found = [of(target) for target in request.targets]
    return {outcome: found.count(outcome) for outcome in (*OUTCOMES, OPEN) if outcome in found}


def is_split(request: Request) -> bool:
    """Whether its accounts fared differently."""
    return len(counts(request)) > 1


def word_for(request: Request, outcome: str, chosen: Collection[Target]) -> str:
    """The move that follows when this comes of these accounts: `part` while one is open, else the one for all."""
    found = {outcome if target in chosen else of(target) for target in request.targets} or {outcome}
    return "part" if OPEN in found else next(OUTCOMES[one] for one in OUTCOMES if one in found)


def record(
    request: Request, outcome: str, chosen: Collection[Target], *, on: date, by: str, because: Sequence[str] = ()
) -> None:
    """Put an answer down on its accounts. by: who recorded it, as the chain names them; because: codes of reasons."""
    number = 1 + max((target.answer["number"] for target in request.targets if target.answer), default=0)
    for target in chosen:
        target.outcome, target.outcome_on = outcome, on
        target.answer = {"number": number, "because": list(because), "by": by}


def forget(request: Request, *, besides: Collection[str] = ()) -> None:
    """Let accounts be open again. besides: outcomes that stay."""
    for target in request.targets:
        if target.outcome not in besides:
            target.outcome, target.outcome_on, target.answer = None, None, None


def standing(request: Request) -> dict[str, Any]:
    """The outcomes as they are, by the key of the account, to be kept as JSON."""
    return {
        target.key: {"outcome": target.outcome, "on": _iso(target.outcome_on), "answer": target.answer}
        for target in request.targets
        if target.outcome
    }


def put_back(request: Request, then: Mapping[str, Any]) -> None:
    """The outcomes as `standing` kept them; an account that it has none of is open."""
    for target in request.targets:
        kept = then.get(target.key, {"outcome": None, "on": None, "answer": None})
        target.outcome, target.answer = kept["outcome"], kept["answer"]
        target.outcome_on = date.fromisoformat(kept["on"]) if kept["on"] else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
