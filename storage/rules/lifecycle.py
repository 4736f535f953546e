"""The life of a request: one table of moves; `move` and `undo`, which takes the last one back, alone write `status`.

    waiting = sent | acknowledged | clarification | part_produced
    open = approval | draft | waiting

    approval                              -approve->      draft            an emergency is declared by two people
    draft                                 -sent->         sent
    sent                                  -acknowledge->  acknowledged
    sent | acknowledged | part_produced   -clarify->      clarification
    clarification                         -supplement->   acknowledged
    waiting                               -part->         part_produced
    waiting                               -produced->     produced
    waiting                               -not-held->     not_held
    waiting                               -refused->      refused
    open                                  -withdraw->     withdrawn
    waiting | refused | not_held          -transfer->     transferred
    produced | refused | not_held         -reopen->       acknowledged

An answer may cover some of the accounts asked about (`outcomes.py`). While one of them is open the request waits, as
part_produced, whatever came of the others. When all are decided it is produced if any data came, else refused if any
was refused, else not_held; each account keeps its own outcome, and how they fared is said with the status.

"Overdue" and "very overdue" are computed from clocks, never stored. A test compares this diagram with MOVES.
What a status asks of our own people runs by clocks of the house: WAITS_FOR_US (`house_clocks.py`).
Must change together: MOVES and the diagram.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import PastMove, Person, Request
from storage.rules import clocks, holds, house_clocks, undoing


class Status(StrEnum):
    """Where a request stands."""

    APPROVAL = "approval"
    DRAFT = "draft"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    CLARIFICATION = "clarification"
    PART_PRODUCED = "part_produced"
    PRODUCED = "produced"
    NOT_HELD = "not_held"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"


WAITING = (Status.SENT, Status.ACKNOWLEDGED, Status.CLARIFICATION, Status.PART_PRODUCED)  # somebody owes an answer
OPEN = (Status.APPROVAL, Status.DRAFT, *WAITING)
ANSWERED = (Status.PRODUCED, Status.NOT_HELD, Status.REFUSED)


WAITS_FOR_US = {
    ("outgoing", Status.APPROVAL): "approval",
    ("outgoing", Status.DRAFT): "draft",
    ("outgoing", Status.REFUSED): "next_step",
    ("incoming", Status.SENT): "intake",
}
"""{direction and status: what waits for our own people then, beside what is owed between the two sides}."""


Effect = Callable[[UnitOfWork, Request, date, datetime | None], None]


@dataclass(frozen=True)
class Move:
    """One row of the table.

    From any of `sources` to `target`. `word` is the command's word after "request"; `clocks` what it does to them.
    """

    word: str
    sources: tuple[Status, ...]
    target: Status
    clocks: Effect | None = None


MOVES = {
    move.word: move
    for move in (
        Move("approve", (Status.APPROVAL,), Status.DRAFT),
        Move("sent", (Status.DRAFT,), Status.SENT, clocks.start_answer),
        Move("acknowledge", (Status.SENT,), Status.ACKNOWLEDGED),
        Move("clarify", (Status.SENT, Status.ACKNOWLEDGED, Status.PART_PRODUCED), Status.CLARIFICATION, clocks.pause),
        Move("supplement", (Status.CLARIFICATION,), Status.ACKNOWLEDGED, clocks.resume),
        Move("part", WAITING, Status.PART_PRODUCED, clocks.resume),
        Move("produced", WAITING, Status.PRODUCED, clocks.end_all),
        Move("not-held", WAITING, Status.NOT_HELD, clocks.end_all),
        Move("refused", WAITING, Status.REFUSED, clocks.end_all),
        Move("withdraw", OPEN, Status.WITHDRAWN, clocks.end_all),
        Move("transfer", (*WAITING, Status.REFUSED, Status.NOT_HELD), Status.TRANSFERRED, clocks.end_all),
        Move("reopen", ANSWERED, Status.ACKNOWLEDGED, clocks.reopen),
    )
}


@dataclass
class NotNow(Exception):
    """A move that the table does not have. `allowed` are the words that it has from this state."""

    request: Request
    word: str
    allowed: tuple[str, ...]


@dataclass
class NoWayBack(Exception):
    """A move that cannot be taken back. `child`: the request that it was transferred to, where that is out already."""

    request: Request
    child: Request | None = None


def allowed(status: str) -> tuple[str, ...]:
    """The commands that may follow from a status, in the order of the table; a part is said with `request produced`."""
    return tuple(word for word, move in MOVES.items() if status in move.sources and word != "part")


def move(
    work: UnitOfWork,
    request: Request,
    word: str,
    *,
    by: Person,
    on: date,
    at: datetime | None = None,
    **facts: Any,  # noqa: ANN401 - JSON
) -> None:
    """Move a request along the table, with its clocks and its audit line.

    Whatever else the move writes on the request is written after it, so that `undo` finds what was there before.
    on: the day it happened in the world, in the agency's zone. at: the instant, where a clock counts in hours. facts:
      for the line.
    Errors: NotNow, with nothing changed.
    """
    row = MOVES[word]
    if request.status not in row.sources:
        raise NotNow(request, word, allowed(request.status))
    undoing.remember(work, request, word, by=by)
    before = request.status
    if request.sent_on:
        clocks.taken_up(work, request)
    set_status(request, row.target, by=by, at=work.now)
    if word == "sent":
        request.sent_on = on
    if word == "part":
        request.part_on = on
    if row.target in ANSWERED:
        request.answered_on = on
    elif row.target in WAITING:
        request.answered_on = None
    work.audit(
        f"request {word}", request.ref, before={"status": before}, after={"status": row.target, "on": on, **facts}
    )
    if row.clocks:
        row.clocks(work, request, on, at)
    follow(work, request)
    if row.target not in OPEN or before not in OPEN:
        holds.decided(work, request)


def follow(work: UnitOfWork, request: Request) -> None:
    """Let the house's own clocks be those of a request's status, as `move` does; for one that was just filed."""
    kind = WAITS_FOR_US.get((request.direction, Status(request.status)))
    house_clocks.follow(work, request, [kind] if kind else [])


def undo(work: UnitOfWork, request: Request, *, by: Person, on: date, because: str = "") -> PastMove:
    """Take the last move back: the request and its clocks stand as before it. Returns what was taken back.

    by, on: who withdraws the request that a transfer opened, and the day. because: for the line.
    Errors: NoWayBack, with nothing changed: no move stands, what came to us was received, or it went on to somebody.
    """
    past, before = undoing.last(work, request), request.status
    if past is None or (past.word == "sent" and request.direction == "incoming"):
        raise NoWayBack(request)
    drafts = _withdrawable(work, request) if past.word == "transfer" else []
    clocks.taken_up(work, request)
    then = undoing.columns(past)
    mover = work.session.get_one(Person, then["status_by"])
    set_status(request, Status(then["status"]), by=mover, at=then["status_at"])
    undoing.take_back(work, request, past)
    work.audit(
        "request undo",
        request.ref,
        before={"status": before},
        after={"status": request.status, "move": past.word},
        personal=because,
    )
    if before not in OPEN:
        holds.decided(work, request)
    for child in drafts:
        move(work, child, "withdraw", by=by, on=on)
    return past


def _withdrawable(work: UnitOfWork, request: Request) -> list[Request]:
    """What it was transferred to, while nobody has it yet. Errors: NoWayBack."""
    children = work.session.scalars(select(Request).where(Request.parent_id == request.id)).all()
    alive = [child for child in children if child.status != Status.WITHDRAWN]
    for child in alive:
        if child.status not in (Status.APPROVAL, Status.DRAFT):
            raise NoWayBack(request, child)
    return alive


def set_status(request: Request, status: Status, *, by: Person, at: datetime) -> None:
    """The one assignment. Besides `move` and `undo`, only the filing of a new request may use it, for its first."""
    request.status, request.status_at, request.mover = status, at, by
