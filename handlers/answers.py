"""What came of a request: data, a refusal, or the word that there is none; of all accounts asked about, or of some.

In: a turn, a reference, which accounts and kinds of data an answer covers, and its day. Out: each account with its
outcome, the request where the rule in `storage/rules/lifecycle.py` puts it, and the notice that says exactly what came
and what is open; the watchers and the other side are told.
Why an answer names accounts or kinds of data and never both: which kind came for which account is on no paper that was
seen, and half of it would read as exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

from handlers.exposure import Exchanged, Indoors, Ours, PartOfRecord, TwoSided
from handlers.kit import access, concerned, emergency, moving, views
from handlers.kit.emergency import EmergencyActs
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import OutcomeCount
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import ActMoment, DataTypes, OwnAccounts, ReasonCodes, RequestRef, Text
from storage.exposure.roles import Role
from storage.models import Request, Target
from storage.record import targets
from storage.record.targets import AskedAbout
from storage.rules import clocks, outcomes
from storage.rules.lifecycle import WAITING
from storage.spelling import fold

commands = Commands()

ANSWERERS = (Role.OFFICER, Role.MANAGER, Role.LIAISON)
LongText = Annotated[str, Text(max=2000)]


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


@dataclass(frozen=True)
class AccountsAnswered(RecordNotice, TwoSided):
    """An answer after which the accounts of a request fare differently: what came of which, and how all of them stand.

    `outcome` is of the `accounts` of this answer; `counts` of all. `ended`: none is open. `text` and `remark` as in
    RequestMoved.
    """

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    on: date
    by: Indoors[str]
    outcome: str
    accounts: Exchanged[tuple[str, ...]]
    counts: tuple[OutcomeCount, ...]
    reasons: tuple[Reason, ...]
    text: Exchanged[str]
    remark: Ours[str]
    ended: bool
    clock: views.ClockLine | None
    acts: EmergencyActs | None = None
    undo: bool = False

    is_card = is_under_card = True


@commands.add("request produced", needs=ANSWERERS, example="request produced 42/3 part:bsi on:2026-04-10")
def produced(
    turn: Turn,
    ref: RequestRef,
    *,
    accounts: OwnAccounts = (),
    part: DataTypes = (),
    on: ActMoment | None = None,
    note: LongText = "",
) -> Reply:
    """Record that data came: all of it, that of some accounts, or only some kinds.

    ref: the request.
    accounts: those whose data came, as asked about or by number; all that are open, if not said.
    part: the kinds that came; all, if not said. The last kind closes the request.
    on: the date of their answer; today, if not said.
    note: what came, or where it lies; from the other side, what they write with it.
    """
    request = access.to_move(turn, ref, "produced")
    day, at = moving.when(turn, request, on)
    if accounts and part:
        raise Conflict("accounts_or_kinds", ref=request.ref)
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
    if waiting:
        moving.move(turn, request, "part", on=day, at=at, part=list(came))
        _write_down(turn, request, note)
        request.parts = parts
        return _kinds_came(turn, request, day, came, waiting)
    reply = _record(turn, request, OneAnswer("produced", day, at, accounts, note), part=list(came))
    if not accounts or not outcomes.is_split(request):
        request.parts = parts
    return reply


@commands.add(
    "request refused", needs=ANSWERERS, example="request refused 42/3 because:missing_legal_instrument on:2026-04-10"
)
def refused(
    turn: Turn,
    ref: RequestRef,
    *,
    because: ReasonCodes,
    accounts: OwnAccounts = (),
    on: ActMoment | None = None,
    text: LongText = "",
) -> Reply:
    """Record a refusal, by reason; the reply says what each reason asks for next.

    ref: the request.
    because: one or more reasons.
    accounts: those that are refused, as asked about or by number; all that are open, if not said.
    on: the date of their answer; today, if not said.
    text: their words.
    """
    request = access.to_move(turn, ref, "refused")
    day, at = moving.when(turn, request, on)
    return _record(turn, request, OneAnswer("refused", day, at, accounts, text, because), because=list(because))


@commands.add("request not-held", needs=ANSWERERS, example="request not-held 42/3 on:2026-04-10")
def not_held(
    turn: Turn, ref: RequestRef, *, accounts: OwnAccounts = (), on: ActMoment | None = None, text: LongText = ""
) -> Reply:
    """Record that they have no such data. That is an answer, not a refusal.

    ref: the request.
    accounts: those of which they have none, as asked about or by number; all that are open, if not said.
    on: the date of their answer; today, if not said.
    text: their words.
    """
    request = access.to_move(turn, ref, "not-held")
    day, at = moving.when(turn, request, on)
    return _record(turn, request, OneAnswer("not_held", day, at, accounts, text))


# ---- one answer ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OneAnswer:
    """What came of accounts on a day, and at which moment where it is known.

    `accounts`: as typed; none for all that are open. `because`: codes of reasons.
    """

    outcome: str
    on: date
    at: datetime | None
    accounts: tuple[str, ...]
    text: str
    because: tuple[str, ...] = ()


def _record(turn: Turn, request: Request, answer: OneAnswer, **facts: Any) -> Reply:  # noqa: ANN401 - JSON
    """Errors: BadValue for accounts that this answer cannot be about, WrongState."""
    chosen = _chosen(turn, request, answer.accounts)
    word = outcomes.word_for(request, answer.outcome, chosen)
    facts |= {"accounts": len(chosen)} if answer.accounts else {}
    facts |= {"outcome": answer.outcome} if word != outcomes.OUTCOMES[answer.outcome] else {}
    moving.move(turn, request, word, on=answer.on, at=answer.at, **facts)
    by = turn.actor.person.actor
    outcomes.record(request, answer.outcome, chosen, on=answer.on, by=by, because=answer.because)
    if answer.outcome == "refused":
        refusal = {"codes": list(answer.because), "on": answer.on.isoformat(), "by": by}
        request.refusals = [*request.refusals, refusal]
    _write_down(turn, request, answer.text, chosen if answer.accounts else ())
    if outcomes.is_split(request):
        return _accounts_answered(turn, request, word, answer, chosen)
    if answer.outcome == "refused":
        return _all_refused(turn, request, answer)
    return moving.moved(turn, request, word, answer.on, answer.text)


def _chosen(turn: Turn, request: Request, typed: tuple[str, ...]) -> list[Target]:
    """The accounts that an answer is about. Errors: BadValue for one not asked about, or answered before."""
    waiting = outcomes.undecided(request)
    if not typed or request.status not in WAITING:
        return waiting
    keys = targets.keys(turn.work, AskedAbout(typed, request.case.agency, request.recipient))
    asked = list(request.targets)
    chosen: list[Target] = []
    for text, key in zip(typed, keys, strict=True):
        named = [target for n, target in enumerate(asked, 1) if key == target.key or text == str(n)]
        exactly = [target for target in named if fold(text) == fold(target.typed)] or named
        if fitting := [target for target in exactly if target in waiting]:
            chosen += fitting
            continue
        wrong = clause("answered_already") if exactly else clause("not_asked_about")
        accepted = clause("these", words=[target.typed for target in waiting])
        raise BadValue("accounts", text, wrong, accepted, waiting[0].typed if waiting else "")
    return list(dict.fromkeys(chosen))


def _write_down(turn: Turn, request: Request, text: str, accounts: Sequence[Target] = ()) -> None:
    named = "; ".join(target.typed for target in accounts)
    if written := "\n".join(filter(None, (named, text))):
        turn.work.audit("request answer", request.ref, personal=written)


# ---- what is said of it ----------------------------------------------------------------------------------------------


def _kinds_came(turn: Turn, request: Request, day: date, came: Sequence[str], waiting: Sequence[str]) -> Reply:
    labels = turn.reference.data_types
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
        clock=_clock(turn, request),
        acts=emergency.acts(turn, request),
    )
    concerned.tell(turn, request, "part", notice)
    return Reply(replace(notice, undo=True))


def _accounts_answered(turn: Turn, request: Request, word: str, answer: OneAnswer, chosen: Sequence[Target]) -> Reply:
    is_ours = moving.is_for_ourselves(turn, request, outcomes.OUTCOMES[answer.outcome])
    notice = AccountsAnswered(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        on=answer.on,
        by=turn.actor.person.name,
        outcome=answer.outcome,
        accounts=tuple(target.typed for target in chosen),
        counts=views.outcome_counts(request),
        reasons=_reasons(turn, answer.because),
        text="" if is_ours else answer.text,
        remark=answer.text if is_ours else "",
        ended=word != "part",
        clock=_clock(turn, request),
        acts=emergency.acts(turn, request),
    )
    concerned.tell(turn, request, word, notice)
    return Reply(replace(notice, undo=True))


def _all_refused(turn: Turn, request: Request, answer: OneAnswer) -> Reply:
    notice = RequestRefused(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        on=answer.on,
        by=turn.actor.person.name,
        text=answer.text,
        reasons=_reasons(turn, answer.because),
        acts=emergency.acts(turn, request),
    )
    concerned.tell(turn, request, "refused", notice)
    return Reply(replace(notice, undo=True))


def _reasons(turn: Turn, codes: Sequence[str]) -> tuple[Reason, ...]:
    rows = [turn.reference.refusal_reasons[code] for code in codes]
    return tuple(Reason(row.code, row.label, row.next_step, row.caution) for row in rows)


def _clock(turn: Turn, request: Request) -> views.ClockLine | None:
    clock = clocks.latest(request)
    return views.clock_line(turn, clock) if clock and not clock.ended_at else None
