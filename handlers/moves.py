"""What happens to a request after it is filed: every move of the life cycle, each recorded by a person.

In: a turn, a reference, what they wrote and when. Out: a reply with the clock as it now stands; the watchers are told.
Must change together: the words here and MOVES in `storage/rules/lifecycle.py`.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Annotated, Any

from handlers.exposure import Exchanged, Indoors, Ours, PartOfRecord, TwoSided
from handlers.filing import filing
from handlers.kit import access, concerned, emergency, second_person, views
from handlers.kit.emergency import EmergencyActs
from handlers.kit.errors import WrongState
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import ActMoment, DataTypes, ReasonCodes, RequestRef, Text, TypedMoment
from storage.exposure.roles import Role
from storage.models import Request
from storage.rules import clocks
from storage.rules.lifecycle import Status
from storage.times import at_local, local_day

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
ANSWERERS = (Role.OFFICER, Role.MANAGER, Role.LIAISON)
FOR_OURSELVES = ("produced", "withdraw", "reopen")  # what is written with these, our own people read
LongText = Annotated[str, Text(max=2000)]
Reference = Annotated[str, Text(max=100)]


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


@dataclass(frozen=True)
class Reason(PartOfRecord):
    """One reason of a refusal, and what it asks of us next."""

    code: str
    label: str
    next_step: Ours[str]
    caution: Ours[str]


@dataclass(frozen=True)
class RequestRefused(RecordNotice, TwoSided):
    """A refusal, with what each reason asks for next."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    on: date
    by: Indoors[str]
    text: Exchanged[str]
    reasons: tuple[Reason, ...]
    acts: EmergencyActs | None = None
    undo: bool = False

    is_card = is_under_card = True


@dataclass(frozen=True)
class PartProduced(RecordNotice, TwoSided):
    """An answer by kind of data: what came, and what is still waited for."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    on: date
    by: Indoors[str]
    produced: tuple[str, ...]
    waiting: tuple[str, ...]
    clock: views.ClockLine | None
    acts: EmergencyActs | None = None
    undo: bool = False

    is_card = is_under_card = True


@commands.add("request approve", needs=WORKERS, example="request approve 42/3")
def approve(turn: Turn, ref: RequestRef) -> Reply:
    """Approve an emergency that a colleague declared: two people, always, and neither let the other in.

    ref: the request.
    """
    request = access.request(turn, ref, Act.WORK)
    if request.status == Status.APPROVAL:
        others = second_person.approvers(turn, request)
        line = f"request approve {request.ref}"
        second_person.must_be_another(turn, request.filer, act=f"approve {request.ref}", line=line, others=others)
    turn.move(request, "approve")
    return _moved(turn, request, "approve", turn.today)


@commands.add("request sent", needs=WORKERS, example="request sent 42/3 on:2026-03-02")
def sent(turn: Turn, ref: RequestRef, *, on: ActMoment | None = None, their: Reference = "") -> Reply:
    """Record that a person sent it. The recipient's clock starts; the day of sending is day 0.

    ref: the request.
    on: the day, with a time where the clock counts in hours; now, if not said.
    their: their reference, if they gave one.
    """
    request = access.request(turn, ref, Act.WORK)
    day, at = turn.moment(on)
    their = their or request.their_reference
    turn.move(request, "sent", on=day, at=at, their=their)
    request.their_reference = their
    return _moved(turn, request, "sent", day)


@commands.add("request acknowledge", needs=ANSWERERS, example="request acknowledge 42/3 their:OIA-182-1")
def acknowledge(turn: Turn, ref: RequestRef, *, on: ActMoment | None = None, their: Reference = "") -> Reply:
    """Record that they have it, or, for an incoming request, that we do.

    ref: the request.
    on: the date of their message; today, if not said.
    their: their reference.
    """
    request = access.to_move(turn, ref, "acknowledge")
    day, at = _when(turn, request, on)
    their = their or request.their_reference
    _move(turn, request, "acknowledge", on=day, at=at, their=their)
    request.their_reference = their
    return _moved(turn, request, "acknowledge", day)


@commands.add(
    "request clarify", needs=ANSWERERS, example='request clarify 42/3 asks:"what plausible reason?" on:2018-05-28'
)
def clarify(turn: Turn, ref: RequestRef, *, asks: LongText, on: ActMoment) -> Reply:
    """Record a question that came back, or ask back. The clock stands still from the date of that letter.

    ref: the request.
    asks: the question, in their words.
    on: the date of their letter.
    Source: Regulation (EU) 2023/1543 Art. 10(6) as a model (unverified); a pause, never a restart.
    """
    request = access.to_move(turn, ref, "clarify")
    day, at = _when(turn, request, on)
    _move(turn, request, "clarify", on=day, at=at)
    request.question = asks
    turn.work.audit("request question", request.ref, personal=asks)
    return _moved(turn, request, "clarify", day, asks)


@commands.add(
    "request supplement",
    needs=ANSWERERS,
    example='request supplement 42/3 answer:"injury statement attached" on:2018-06-20',
)
def supplement(turn: Turn, ref: RequestRef, *, answer: LongText = "", on: ActMoment | None = None) -> Reply:
    """Record what was answered to a question. The clock of who is asked runs again with the days it had left.

    ref: the request.
    answer: what was answered.
    on: the date of that letter; today, if not said.
    """
    request = access.to_move(turn, ref, "supplement")
    waiting = clocks.latest(request)
    letter = date.fromisoformat(waiting.pauses[-1]["since"]) if waiting and waiting.pauses else date.min
    day, at = turn.moment(on)
    if on and day < _here(turn, letter, request.recipient.zone):
        wrong = clause("before_letter", day=letter)
        raise BadValue("on", day.isoformat(), wrong, clause("date_of_our_answer"), turn.today.isoformat())
    day = max(day, letter)
    _move(turn, request, "supplement", on=day, at=at)
    request.question = ""
    turn.work.audit("request answer to question", request.ref, personal=answer)
    return _moved(turn, request, "supplement", day, answer)


@commands.add("request produced", needs=ANSWERERS, example="request produced 42/3 part:bsi on:2026-04-10")
def produced(
    turn: Turn, ref: RequestRef, *, part: DataTypes = (), on: ActMoment | None = None, note: LongText = ""
) -> Reply:
    """Record that data came: all of it, or only some kinds.

    ref: the request.
    part: the kinds that came; all, if not said. The last kind closes the request.
    on: the date of their answer; today, if not said.
    note: what came, or where it lies; from the other side, what they write with it.
    """
    request = access.to_move(turn, ref, "produced")
    day, at = _when(turn, request, on)
    strange = [code for code in part if code not in request.data]
    if strange:
        raise BadValue(
            "part",
            ",".join(strange),
            clause("not_asked_for"),
            clause("these", words=request.data),
            f"part:{request.data[0] if request.data else 'bsi'}",
        )
    came = part or tuple(request.data)
    parts = request.parts | {code: {"outcome": "produced", "on": day.isoformat()} for code in came}
    waiting = tuple(code for code in request.data if code not in parts)
    _move(turn, request, "part" if waiting else "produced", on=day, at=at, part=list(came))
    request.parts = parts
    if note:
        turn.work.audit("request answer", request.ref, personal=note)
    if not waiting:
        return _moved(turn, request, "produced", day, note)
    labels = turn.reference.data_types
    clock = clocks.latest(request)
    notice = PartProduced(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        on=day,
        by=turn.actor.person.name,
        produced=tuple(labels[code].label for code in came),
        waiting=tuple(labels[code].label for code in waiting),
        clock=views.clock_line(turn, clock) if clock and not clock.ended_at else None,
        acts=emergency.acts(turn, request),
    )
    concerned.tell(turn, request, "part", notice)
    return Reply(replace(notice, undo=True))


@commands.add(
    "request refused", needs=ANSWERERS, example="request refused 42/3 because:missing_legal_instrument on:2026-04-10"
)
def refused(
    turn: Turn, ref: RequestRef, *, because: ReasonCodes, on: ActMoment | None = None, text: LongText = ""
) -> Reply:
    """Record a refusal, by reason; the reply says what each reason asks for next.

    ref: the request.
    because: one or more reasons.
    on: the date of their answer; today, if not said.
    text: their words.
    """
    request = access.to_move(turn, ref, "refused")
    day, at = _when(turn, request, on)
    _move(turn, request, "refused", on=day, at=at, because=list(because))
    refusal = {"codes": list(because), "on": day.isoformat(), "by": turn.actor.person.actor}
    request.refusals = [*request.refusals, refusal]
    if text:
        turn.work.audit("request answer", request.ref, personal=text)
    rows = [turn.reference.refusal_reasons[code] for code in because]
    reasons = tuple(Reason(row.code, row.label, row.next_step, row.caution) for row in rows)
    case = request.case
    notice = RequestRefused(
        request.ref,
        case.title,
        case.label,
        request.direction,
        views.counterpart(request).code,
        day,
        turn.actor.person.name,
        text,
        reasons,
        emergency.acts(turn, request),
    )
    concerned.tell(turn, request, "refused", notice)
    return Reply(replace(notice, undo=True))


@commands.add("request not-held", needs=ANSWERERS, example="request not-held 42/3 on:2026-04-10")
def not_held(turn: Turn, ref: RequestRef, *, on: ActMoment | None = None, text: LongText = "") -> Reply:
    """Record that they have no such data. That is an answer, not a refusal.

    ref: the request.
    on: the date of their answer; today, if not said.
    text: their words.
    """
    return _answered(turn, ref, "not-held", on, text)


@commands.add(
    "request withdraw", needs=ANSWERERS, example='request withdraw 42/3 because:"the account owner came forward"'
)
def withdraw(turn: Turn, ref: RequestRef, *, because: LongText = "") -> Reply:
    """Take a request back. Tell the recipient yourself; the desk writes to nobody outside.

    ref: the request.
    because: the reason.
    """
    return _answered(turn, ref, "withdraw", None, because)


@commands.add(
    "request reopen", needs=WORKERS, example='request reopen 42/3 because:"the answer was for another account"'
)
def reopen(turn: Turn, ref: RequestRef, *, because: LongText) -> Reply:
    """Wait again for an answer that was none. The clock goes on as if it had never ended.

    ref: the request.
    because: the reason.
    """
    request = access.request(turn, ref, Act.WORK)
    filing.must_be_open(turn, access.whole(turn, request.case))
    was_answered_in_full = request.status == Status.PRODUCED
    reply = _answered(turn, ref, "reopen", None, because)
    if was_answered_in_full:
        request.parts = {}  # all of it is waited for again; after a refusal, what had come stays
    return reply


def _answered(turn: Turn, ref: RequestRef, word: str, on: TypedMoment | None, text: str) -> Reply:
    request = access.to_move(turn, ref, word)
    day, at = _when(turn, request, on)
    _move(turn, request, word, on=day, at=at)
    if text:
        turn.work.audit("request answer", request.ref, personal=text)
    return _moved(turn, request, word, day, text)


def _move(
    turn: Turn,
    request: Request,
    word: str,
    *,
    on: date,
    at: datetime | None,
    **facts: Any,  # noqa: ANN401 - JSON
) -> None:
    """Errors: WrongState, with the words that are the actor's."""
    try:
        turn.move(request, word, on=on, at=at, **facts)
    except WrongState as error:
        mine = {f"request {word}" for word in access.words_for(turn, request)}
        raise replace(error, allowed=tuple(line for line in error.allowed if line in mine)) from error


def _moved(turn: Turn, request: Request, word: str, day: date, text: str = "") -> Reply:
    """What was written is for both sides, but for a word of FOR_OURSELVES that is not the other side's own."""
    is_ours = word in FOR_OURSELVES and turn.actor.agency.id == request.case.agency_id
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


def _when(turn: Turn, request: Request, on: TypedMoment | None) -> tuple[date, datetime | None]:
    """The day of a message, at the earliest the day of sending, and its moment as `Turn.moment` has it.

    Errors: BadValue, also for a moment before a clock in hours began.
    """
    day, at = turn.moment(on)
    if request.sent_on is None:
        return day, at
    clock = clocks.latest(request)
    too_early = on and on.has_time and clock and clock.unit == "hours" and on.at < clock.starts_at
    if too_early or day < _here(turn, request.sent_on, request.case.agency.zone):
        wrong = clause("before_sending", day=request.sent_on)
        raise BadValue("on", day.isoformat(), wrong, clause("date_of_their_message"), turn.today.isoformat())
    return max(day, request.sent_on), at


def _here(turn: Turn, day: date, zone: str) -> date:
    """The actor's day on which a day begins in another zone: there it may be tomorrow for whoever answers at once."""
    return local_day(at_local(day, time(), zone), turn.zone) if day > date.min else day
