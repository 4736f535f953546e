"""Moving: a move of a request by whoever may make it, and how it is said on both sides.

In: a turn, a request that was fetched with permission, the word of the move, its day. Out: the request moved; the
notice to whoever watches and to the other side, and the reply to whoever did it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from handlers.exposure import Exchanged, Indoors, Ours, TwoSided
from handlers.kit import access, concerned, emergency, views
from handlers.kit.emergency import EmergencyActs
from handlers.kit.errors import WrongState
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.errors import BadValue, clause
from handlers.language.values import TypedMoment
from storage.models import Request
from storage.rules import clocks
from storage.times import at_local, local_day

FOR_OURSELVES = ("produced", "withdraw", "reopen")  # what is written with these, our own people read


@dataclass(frozen=True)
class RequestMoved(RecordNotice, TwoSided):
    """A request moved.

    `word` is what happened, `text` what one side wrote to the other, `remark` what we wrote for ourselves. `clock` is
    how its deadline stands now, `ours` our own clock where we owe an answer. `undo`: it is said to whoever did it.
    """

    ref: str
    title: str
    label: str
    word: str
    direction: str
    counterpart: str
    on: date
    by: Indoors[str]
    text: Exchanged[str]
    remark: Ours[str]
    clock: views.ClockLine | None
    ours: views.ClockLine | None
    acts: EmergencyActs | None = None
    undo: bool = False

    is_card = is_under_card = True


def move(
    turn: Turn,
    request: Request,
    word: str,
    *,
    on: date,
    at: datetime | None,
    **facts: Any,  # noqa: ANN401 - JSON
) -> None:
    """Move it by the actor. Errors: WrongState, with the words that are the actor's."""
    try:
        turn.move(request, word, on=on, at=at, **facts)
    except WrongState as error:
        mine = {f"request {word}" for word in access.words_for(turn, request)}
        raise replace(error, allowed=tuple(line for line in error.allowed if line in mine)) from error


def moved(turn: Turn, request: Request, word: str, day: date, text: str = "") -> Reply:
    """Say that it moved.

    What was written is for both sides, but for a word of FOR_OURSELVES that is not the other side's own.
    """
    is_ours = is_for_ourselves(turn, request, word)
    open_clocks = {clock.kind: views.clock_line(turn, clock) for clock in clocks.running(request)}
    notice = RequestMoved(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        word=word,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        on=day,
        by=turn.actor.person.name,
        text="" if is_ours else text,
        remark=text if is_ours else "",
        clock=open_clocks.get("answer"),
        ours=open_clocks.get("clarification"),
        acts=emergency.acts(turn, request),
    )
    if word == "sent":
        turn.tell(access.watchers(turn, request), notice, urgent=request.emergency)
        concerned.ask(turn, request)
    else:
        concerned.tell(turn, request, word, notice)
    return Reply(replace(notice, undo=True))


def is_for_ourselves(turn: Turn, request: Request, word: str) -> bool:
    """Whether what was written with a word is a remark for our own people."""
    return word in FOR_OURSELVES and turn.actor.agency.id == request.case.agency_id


def when(turn: Turn, request: Request, on: TypedMoment | None) -> tuple[date, datetime | None]:
    """The day of a message, at the earliest the day of sending, and its moment as `Turn.moment` has it.

    Errors: BadValue, also for a moment before a clock in hours began.
    """
    day, at = turn.moment(on)
    if request.sent_on is None:
        return day, at
    clock = clocks.latest(request)
    too_early = on and on.has_time and clock and clock.unit == "hours" and on.at < clock.starts_at
    if too_early or day < here(turn, request.sent_on, request.case.agency.zone):
        wrong = clause("before_sending", day=request.sent_on)
        raise BadValue("on", day.isoformat(), wrong, clause("date_of_their_message"), turn.today.isoformat())
    return max(day, request.sent_on), at


def here(turn: Turn, day: date, zone: str) -> date:
    """The actor's day on which a day begins in another zone: there it may be tomorrow for whoever answers at once."""
    return local_day(at_local(day, time(), zone), turn.zone) if day > date.min else day
