"""Holding: what is said of a hold: confirmed, clarify, supplement, renewed, issued, release, told, close.

The words and what they lead to are one table, `storage/rules/holds.py`; taking the last one back is `reversals.py`.

In: a turn and typed values. Out: a reply with until when the data is kept; the case's watchers are told.
Source: 18 U.S.C. 2703(f)(2); Budapest Convention Art. 29(7); Regulation (EU) 2023/1543 Art. 11.
"""

from datetime import date
from typing import Annotated

from handlers.kit import access, hold_news
from handlers.kit.errors import Conflict
from handlers.kit.hold_news import a_word_on
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import ActDay, CalendarDays, PreservationRef, RequestRef, Text, TypedRef, Whole
from storage.exposure.roles import Role
from storage.models import Preservation, Request
from storage.rules import holds
from storage.rules.holds import KeptState
from storage.rules.lifecycle import OPEN

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
Proof = Annotated[str, Text(max=200)]
LongText = Annotated[str, Text(max=2000)]
Because = Annotated[str, Text(max=1000)]


@commands.add(
    "preservation confirmed", needs=WORKERS, example='preservation confirmed 42/P1 on:2026-03-02 proof:"case 4711"'
)
def confirmed(
    turn: Turn, ref: PreservationRef, *, on: ActDay | None = None, days: CalendarDays | None = None, proof: Proof = ""
) -> Reply:
    """Record that the data is kept: they said so, or, where we are asked, we did. The period is counted from that day.

    ref: the preservation.
    on: the date of the answer; today, if not said.
    days: the period, if it differs from the instrument's.
    proof: the reference.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    day, rule = _since_asking(turn, kept, on), turn.reference.instruments[kept.instrument].default_clock
    clock = holds.period(kept)
    period = days or (clock.amount if clock else rule.amount if rule else None)
    if period is None:
        raise BadValue(
            "days", "", clause("period_needed", instrument=kept.instrument), clause("calendar_days"), "days:60"
        )
    if not days and kept.renewals and kept.expires_on:  # what they renewed already is not shortened
        period = max(period, (kept.expires_on - day).days)
    with a_word_on(kept):
        holds.confirm(turn.work, kept, by=turn.actor.person, on=day, days=period, proof=proof)
    turn.work.audit("preservation confirmed", kept.ref, after={"on": day, "days": period, "proof": proof})
    return hold_news.changed(turn, kept, "confirmed")


@commands.add(
    "preservation clarify", needs=WORKERS, example='preservation clarify 42/P1 asks:"which account?" on:2026-03-01'
)
def clarify(turn: Turn, ref: PreservationRef, *, asks: LongText, on: ActDay) -> Reply:
    """Record a question that must be answered before the data is kept. The period runs on; the answer has its clock.

    ref: the preservation.
    asks: the question, in their words.
    on: the day it reached whoever must answer.
    Source: Regulation (EU) 2023/1543 Art. 11(5): five days of silence free the provider.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    day = _since_asking(turn, kept, on)
    with a_word_on(kept):
        holds.clarify(turn.work, kept, by=turn.actor.person, on=day, asks=asks)
    turn.work.audit("preservation clarify", kept.ref, after={"on": day}, personal=asks)
    return hold_news.changed(turn, kept, "clarify", asks)


@commands.add(
    "preservation supplement", needs=WORKERS, example='preservation supplement 42/P1 answer:"the second" on:2026-03-02'
)
def supplement(turn: Turn, ref: PreservationRef, *, answer: LongText = "", on: ActDay | None = None) -> Reply:
    """Record what was answered to a question on a hold. Where it came too late, they must say anew that they keep it.

    ref: the preservation.
    answer: what was answered.
    on: the date of that letter; today, if not said.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    day = _since_asking(turn, kept, on)
    was = holds.state(turn.work, kept)
    with a_word_on(kept):
        holds.supplement(turn.work, kept, by=turn.actor.person, on=day)
    turn.work.audit("preservation supplement", kept.ref, before={"state": was}, after={"on": day}, personal=answer)
    return hold_news.changed(turn, kept, "supplement", answer)


@commands.add("preservation renewed", needs=WORKERS, example='preservation renewed 42/P1 days:90 proof:"case 4711"')
def renewed(
    turn: Turn,
    ref: PreservationRef,
    *,
    days: Annotated[int, Whole(min=1, max=366, name="days")],
    proof: Proof,
    despite: Because = "",
) -> Reply:
    """Record that the data is kept for one more period.

    ref: the preservation.
    days: calendar days from the present expiry, 1 to the instrument's limit.
    proof: their reference, or the date of their answer.
    despite: why it stands although the rule gives no more; what they confirmed is a fact.
    Why only on their word: a renewal asked for but not confirmed keeps nothing alive.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    with a_word_on(kept):
        holds.must_be_allowed(turn.work, kept, "renewed")
    if not despite:
        _may_renew(turn, kept, days)
    if holds.period(kept) is None or kept.expires_on is None:
        raise Conflict("no_expiry", ref=kept.ref)
    before = kept.expires_on
    holds.renew(turn.work, kept, by=turn.actor.person, on=turn.today, days=days, proof=proof, remark=despite)
    turn.work.audit(
        "preservation renewed",
        kept.ref,
        before={"expires_on": before},
        after={"expires_on": kept.expires_on, "proof": proof},
        personal=despite,
    )
    return hold_news.changed(turn, kept, "renewed", despite)


@commands.add("preservation issued", needs=WORKERS, example="preservation issued 42/P1 for:42/3 on:2026-03-02")
def issued(
    turn: Turn, ref: PreservationRef, *, for_: RequestRef | None = None, on: ActDay | None = None, despite: Because = ""
) -> Reply:
    """Record that whoever keeps the data has the request for it, or was told of it: it is kept until that is decided.

    ref: the preservation.
    for: the request for the data; the one that needs the hold, if not said.
    on: the day they knew; today, if not said.
    despite: why it stands although no rule says so.
    Source: Budapest Convention Art. 29(7); Regulation (EU) 2023/1543 Art. 11(1)-(2), Annex V.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    with a_word_on(kept):
        holds.must_be_allowed(turn.work, kept, "issued")
    day = _since_asking(turn, kept, on)
    production = _production(turn, kept, for_)
    if not despite:
        _may_wait(turn, kept, day)
    before = kept.expires_on
    holds.issue(turn.work, kept, by=turn.actor.person, on=day, production=production)
    turn.work.audit(
        "preservation issued",
        kept.ref,
        before={"expires_on": before},
        after={"on": day, "for": production.ref if production else ""},
        personal=despite,
    )
    return hold_news.changed(turn, kept, "issued", despite)


@commands.add("preservation release", needs=WORKERS, example='preservation release 42/P1 because:"the case is decided"')
def release(turn: Turn, ref: PreservationRef, *, because: Because, on: ActDay | None = None) -> Reply:
    """Nobody needs the data any longer. Whoever keeps it is told by a person; until that is recorded, we are reminded.

    ref: the preservation.
    because: the reason.
    on: the day; today, if not said.
    Source: Regulation (EU) 2023/1543 Art. 11(3): they are informed without undue delay.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    day = _since_asking(turn, kept, on)
    with a_word_on(kept):
        holds.release(turn.work, kept, by=turn.actor.person, on=day)
    turn.work.audit("preservation release", kept.ref, after={"on": day}, personal=because)
    return hold_news.changed(turn, kept, "release", because)


@commands.add("preservation told", needs=WORKERS, example="preservation told 42/P1 on:2026-03-02")
def informed(turn: Turn, ref: PreservationRef, *, on: ActDay | None = None) -> Reply:
    """Record that whoever keeps the data was told that nobody needs it any longer.

    ref: the preservation.
    on: the day; today, if not said.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    day = _since_asking(turn, kept, on)
    with a_word_on(kept):
        holds.tell(turn.work, kept, by=turn.actor.person, on=day)
    turn.work.audit("preservation told", kept.ref, after={"on": day})
    return hold_news.changed(turn, kept, "told")


@commands.add("preservation close", needs=WORKERS, example='preservation close 42/P1 because:"they keep nothing"')
def close(turn: Turn, ref: PreservationRef, *, because: Because) -> Reply:
    """Nobody keeps the data, or it may lapse: nobody is reminded of the hold any more. See also `preservation release`.

    ref: the preservation.
    because: the reason.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    with a_word_on(kept):
        holds.close(turn.work, kept, by=turn.actor.person)
    turn.work.audit("preservation close", kept.ref, after={"closed_at": kept.closed_at}, personal=because)
    return hold_news.changed(turn, kept, "close", because)


def _since_asking(turn: Turn, kept: Preservation, on: date | None) -> date:
    """The day; today, if not said. Errors: BadValue for one before the hold was asked for."""
    day = on or turn.today
    if day < kept.asked_on:
        raise BadValue(
            "on",
            day.isoformat(),
            clause("before_asking", day=kept.asked_on),
            clause("date_of_their_answer"),
            turn.today.isoformat(),
        )
    return day


def _may_renew(turn: Turn, kept: Preservation, days: int) -> None:
    """Errors: Conflict where it has lapsed or the renewals are spent; BadValue above the instrument's limit."""
    renewable = turn.reference.instruments[kept.instrument].renewable
    _must_not_be_over(turn, kept)
    if renewable is None or (renewable.times is not None and len(kept.renewals) >= renewable.times):
        raise Conflict("no_further_renewal", ref=kept.ref, instrument=kept.instrument)
    if renewable.amount is not None and days > renewable.amount:
        raise BadValue(
            "days",
            str(days),
            clause("over_limit"),
            clause("limit_of", max=renewable.amount, instrument=kept.instrument),
            f"days:{renewable.amount}",
        )


def _may_wait(turn: Turn, kept: Preservation, day: date) -> None:
    """Errors: Conflict where no rule keeps data until a decision, or the period was over on that day."""
    if not turn.reference.instruments[kept.instrument].kept_until_decided:
        raise Conflict("not_until_decided", ref=kept.ref, instrument=kept.instrument)
    if kept.expires_on and day > kept.expires_on:
        _must_not_be_over(turn, kept)


def _must_not_be_over(turn: Turn, kept: Preservation) -> None:
    if holds.state(turn.work, kept) is KeptState.LAPSED:
        raise Conflict(
            "lapsed",
            ref=kept.ref,
            on=kept.expires_on,
            case=kept.case.ref,
            provider=kept.recipient.code,
            instrument=kept.instrument,
        )


def _production(turn: Turn, kept: Preservation, typed: TypedRef | None) -> Request | None:
    """The request that the data is kept for; the only one that needs it and waits, if none is named.

    Errors: BadValue for one of another case, or the other way.
    """
    if typed is None:
        waiting = [one for one in kept.requests if one.status in OPEN and one.direction == kept.direction]
        return waiting[0] if len(waiting) == 1 else None
    request = access.request(turn, typed, Act.WORK)
    if request.case_id != kept.case_id or request.direction != kept.direction:
        case = kept.case.ref
        raise BadValue("for", request.ref, clause("of_another_case"), clause("request_of", case=case), f"for:{case}/1")
    return request
