"""What happens to a request after it is filed: every move of the life cycle, each recorded by a person.

In: a turn, a reference, what they wrote and when. Out: a reply with the clock as it now stands; the watchers are told.
What came of it is `answers.py`.
Must change together: the words here and there, and MOVES in `storage/rules/lifecycle.py`.
"""

from datetime import date, datetime
from typing import Annotated

from handlers.filing import filing
from handlers.kit import access, moving, second_person
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import ActMoment, RequestRef, Text
from storage.exposure.roles import Role
from storage.rules import clocks, outcomes
from storage.rules.lifecycle import Status

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
ANSWERERS = (Role.OFFICER, Role.MANAGER, Role.LIAISON)
LongText = Annotated[str, Text(max=2000)]
Reference = Annotated[str, Text(max=100)]


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
    return moving.moved(turn, request, "approve", turn.today)


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
    return moving.moved(turn, request, "sent", day)


@commands.add("request acknowledge", needs=ANSWERERS, example="request acknowledge 42/3 their:OIA-182-1")
def acknowledge(turn: Turn, ref: RequestRef, *, on: ActMoment | None = None, their: Reference = "") -> Reply:
    """Record that they have it, or, for an incoming request, that we do.

    ref: the request.
    on: the date of their message; today, if not said.
    their: their reference.
    """
    request = access.to_move(turn, ref, "acknowledge")
    day, at = moving.when(turn, request, on)
    their = their or request.their_reference
    moving.move(turn, request, "acknowledge", on=day, at=at, their=their)
    request.their_reference = their
    return moving.moved(turn, request, "acknowledge", day)


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
    day, at = moving.when(turn, request, on)
    moving.move(turn, request, "clarify", on=day, at=at)
    request.question = asks
    turn.work.audit("request question", request.ref, personal=asks)
    return moving.moved(turn, request, "clarify", day, asks)


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
    pause = waiting.pauses[-1] if waiting and waiting.pauses else {"since": date.min.isoformat()}
    letter, letter_at = date.fromisoformat(pause["since"]), pause.get("since_at")
    day, at = turn.moment(on)
    before = on and on.has_time and letter_at and on.at < datetime.fromisoformat(letter_at)
    if on and (before or day < moving.here(turn, letter, request.recipient.zone)):
        wrong = clause("before_letter", day=letter)
        raise BadValue("on", on.shown(turn.zone), wrong, clause("date_of_our_answer"), turn.today.isoformat())
    day = max(day, letter)
    moving.move(turn, request, "supplement", on=day, at=at)
    request.question = ""
    turn.work.audit("request answer to question", request.ref, personal=answer)
    return moving.moved(turn, request, "supplement", day, answer)


@commands.add(
    "request withdraw", needs=ANSWERERS, example='request withdraw 42/3 because:"the account owner came forward"'
)
def withdraw(turn: Turn, ref: RequestRef, *, because: LongText = "") -> Reply:
    """Take a request back. Tell the recipient yourself; the desk writes to nobody outside.

    ref: the request.
    because: the reason.
    """
    return _ended(turn, ref, "withdraw", because)


@commands.add(
    "request reopen", needs=WORKERS, example='request reopen 42/3 because:"the answer was for another account"'
)
def reopen(turn: Turn, ref: RequestRef, *, because: LongText) -> Reply:
    """Wait again for an answer that was none. The clock goes on as if it had never ended.

    After data came, all accounts are open again; after a refusal, those whose data had come are not.

    ref: the request.
    because: the reason.
    """
    request = access.request(turn, ref, Act.WORK)
    filing.must_be_open(turn, access.whole(turn, request.case))
    was_answered_in_full = request.status == Status.PRODUCED
    reply = _ended(turn, ref, "reopen", because)
    if was_answered_in_full:
        request.parts = {}  # all of it is waited for again; after a refusal, what had come stays
    outcomes.forget(request, besides=() if was_answered_in_full else ("produced",))
    return reply


def _ended(turn: Turn, ref: RequestRef, word: str, text: str) -> Reply:
    request = access.to_move(turn, ref, word)
    day, at = moving.when(turn, request, None)
    moving.move(turn, request, word, on=day, at=at)
    if text:
        turn.work.audit("request answer", request.ref, personal=text)
    return moving.moved(turn, request, word, day, text)
