"""What a move changed, kept so that it can be taken back; and what was wrong, put right there as well.

In: a request that is about to move, or was moved by mistake. Out: a row of how it and its clocks stood before; or both
as they stood before. Nothing is deleted: a clock that the move started is ended. What was given since (more time, a
snooze) and what was corrected since stays.
Must change together: COLUMNS and what moves write (`lifecycle.py`, `handlers/moves.py`, `handlers/answers.py`).
"""

from datetime import date
from typing import Any

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock, PastMove, Person, Request
from storage.rules import clocks, outcomes
from storage.serialization import decode, encode
from storage.times import local_day

COLUMNS = (
    "status",
    "status_at",
    "status_by",
    "sent_on",
    "answered_on",
    "part_on",
    "question",
    "parts",
    "refusals",
    "their_reference",
)


def remember(work: UnitOfWork, request: Request, word: str, *, by: Person) -> None:
    """Keep how a request and its clocks stand. Before anything is changed: what is written earlier is not undone."""
    if any(clock.id is None for clock in request.clocks):
        work.session.flush()  # their numbers are needed
    before = {
        "request": {name: getattr(request, name) for name in COLUMNS} | {"status_by": request.mover.id},
        "clocks": {str(clock.id): _standing(clock) for clock in request.clocks},
    }
    if word in outcomes.MOVES_THAT_ANSWER:
        before["targets"] = outcomes.standing(request)
    facts: Any = encode(before)
    work.add(work.new(PastMove, request=request, word=word, at=work.now, mover=by, before=facts))


def last(work: UnitOfWork, request: Request) -> PastMove | None:
    """The last move that stands; None for a request that never moved, or came before moves were kept."""
    return next(iter(_standing_moves(work, request)), None)


def take_back(work: UnitOfWork, request: Request, past: PastMove) -> None:
    """All but the status as it stood before a move, the clocks too: their alarms ask since when the status stands."""
    for name, value in columns(past).items():
        if not name.startswith("status"):
            setattr(request, name, value)
    then: Any = decode(past.before["clocks"])
    for clock in request.clocks:
        known = then.get(str(clock.id))
        if known and known != _standing(clock):
            clocks.put_back(work, clock, **known)
        elif known is None and clock.ended_at is None:
            clocks.end(work, clock)
    if past.word in outcomes.MOVES_THAT_ANSWER:
        outcomes.put_back(request, past.before.get("targets", {}))  # none: from before accounts had an outcome
    past.undone_at = work.now


def columns(past: PastMove) -> dict[str, Any]:
    """COLUMNS as they were before a move, as far as they were kept then."""
    before: Any = decode(past.before["request"])
    return {name: before[name] for name in COLUMNS if name in before}


def correct(work: UnitOfWork, request: Request, name: str, value: object) -> None:
    """Set a column of COLUMNS, also in what an undone move would bring back, where the same mistake stands."""
    wrong: Any = encode(getattr(request, name))
    for past in _standing_moves(work, request):
        before = past.before["request"]
        if before[name] == wrong:
            past.before = past.before | {"request": before | {name: encode(value)}}
    setattr(request, name, value)


def correct_outcomes(work: UnitOfWork, request: Request, wrong: date, right: date) -> None:
    """Date anew what came of accounts on a day, there as well."""
    for target in request.targets:
        if target.outcome_on == wrong:
            target.outcome_on = right
    was, now = wrong.isoformat(), right.isoformat()
    for past in _standing_moves(work, request):
        then = past.before.get("targets", {})
        dated = {key: one | {"on": now} if one["on"] == was else one for key, one in then.items()}
        if dated != then:
            past.before = past.before | {"targets": dated}


def correct_letter(work: UnitOfWork, request: Request, clock: Clock, **days: Any) -> None:  # noqa: ANN401 - dates
    """Date the last question (`since`) or the answer to it (`until`) anew, there as well."""
    number, wrong = len(clock.pauses) - 1, clock.pauses[-1]
    clocks.date_pause(work, clock, **days)
    right = clock.pauses[-1]
    for past in _standing_moves(work, request):
        then = past.before["clocks"].get(str(clock.id))
        if then and len(then["pauses"]) > number:
            pauses = list(then["pauses"])
            same = {key: day for key, day in right.items() if pauses[number].get(key) == wrong.get(key)}
            pauses[number] = pauses[number] | same
            past.before = past.before | {"clocks": past.before["clocks"] | {str(clock.id): then | {"pauses": pauses}}}


def correct_service(work: UnitOfWork, request: Request, service: Clock, on: date) -> date | None:
    """Record the day somebody was served, also in what an undone move would bring back. The day before; None: none."""
    answer, is_new = clocks.latest(request), service.ended_at is None
    before = None if is_new or answer is None else local_day(answer.starts_at, answer.authority.zone)
    clocks.serve(work, request, service, on)
    for past in _standing_moves(work, request) if is_new else ():
        if then := past.before["clocks"].get(str(service.id)):
            over: Any = encode(then | {"ended_at": service.ended_at})
            past.before = past.before | {"clocks": past.before["clocks"] | {str(service.id): over}}
    return before


def _standing_moves(work: UnitOfWork, request: Request) -> list[PastMove]:
    """The newest first."""
    rows = select(PastMove).where(PastMove.request_id == request.id, PastMove.undone_at.is_(None))
    return list(work.session.scalars(rows.order_by(PastMove.id.desc())))


def _standing(clock: Clock) -> dict[str, Any]:
    """What moves change of a clock."""
    return {"pauses": clock.pauses, "ended_at": clock.ended_at}
