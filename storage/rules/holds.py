"""The life of a hold: one table of words. This module alone writes holds; where one stands is told from its facts.

    stands = asked | confirmed | until_decided
    open = stands | in_question | freed | lapsed | decided

    asked | until_decided | in_question | freed | lapsed  -confirmed->   confirmed | until_decided
    stands | lapsed                                       -clarify->     in_question
    in_question | freed                                   -supplement->  stands | lapsed
    asked | confirmed | lapsed                            -renewed->     asked | confirmed
    asked | confirmed | lapsed | decided                  -issued->      until_decided | decided
    stands | in_question | decided                        -release->     released | closed
    released                                              -told->        closed
    open                                                  -close->       closed

"Lapsed" (its last day is over where the data lies), "freed" (they asked, we said nothing in time, and the law frees
them) and "decided" (the request it was kept for has its answer) are computed, never stored. A test compares this
diagram with WORDS. What a state asks of our own people runs by clocks of the house: `waits_for`.
Source: 18 U.S.C. 2703(f); Budapest Convention Art. 29(7); Regulation (EU) 2023/1543 Art. 11(1)-(3), (5).
Must change together: WORDS and the diagram; COLUMNS and what the words write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from storage.database.unit_of_work import UnitOfWork
from storage.models import Clock, Person, Preservation, Request
from storage.reference.catalog import ClockRule
from storage.rules import clocks, house_clocks
from storage.rules.lengths import rule_for
from storage.serialization import decode, encode
from storage.times import local_day


class KeptState(StrEnum):
    """Where a hold stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    IN_QUESTION = "in_question"
    FREED = "freed"
    UNTIL_DECIDED = "until_decided"
    DECIDED = "decided"
    LAPSED = "lapsed"
    RELEASED = "released"
    CLOSED = "closed"


STANDS = (KeptState.ASKED, KeptState.CONFIRMED, KeptState.UNTIL_DECIDED)
OPEN = (*STANDS, KeptState.IN_QUESTION, KeptState.FREED, KeptState.LAPSED, KeptState.DECIDED)
BY_A_PERIOD = (KeptState.ASKED, KeptState.CONFIRMED, KeptState.LAPSED)


@dataclass(frozen=True)
class Word:
    """One row of the table: what may be said from which states, and to which of them it leads."""

    sources: tuple[KeptState, ...]
    targets: tuple[KeptState, ...]


UNSURE = (KeptState.ASKED, KeptState.UNTIL_DECIDED, KeptState.IN_QUESTION, KeptState.FREED, KeptState.LAPSED)
WORDS = {
    "confirmed": Word(UNSURE, (KeptState.CONFIRMED, KeptState.UNTIL_DECIDED)),
    "clarify": Word((*STANDS, KeptState.LAPSED), (KeptState.IN_QUESTION,)),
    "supplement": Word((KeptState.IN_QUESTION, KeptState.FREED), (*STANDS, KeptState.LAPSED)),
    "renewed": Word(BY_A_PERIOD, (KeptState.ASKED, KeptState.CONFIRMED)),
    "issued": Word((*BY_A_PERIOD, KeptState.DECIDED), (KeptState.UNTIL_DECIDED, KeptState.DECIDED)),
    "release": Word(
        (*STANDS, KeptState.IN_QUESTION, KeptState.DECIDED),
        (KeptState.RELEASED, KeptState.CLOSED),
    ),
    "told": Word((KeptState.RELEASED,), (KeptState.CLOSED,)),
    "close": Word(OPEN, (KeptState.CLOSED,)),
}
DECIDED_BY = ("produced", "not_held", "refused", "withdrawn", "transferred")
"""The statuses of a request for production that end what its data was kept for."""
WAITS = ("clarification", "confirmation", "keeping", "decision", "release", "telling")
"""The clocks by which it waits for somebody to say something; its period is beside them."""
COLUMNS = (
    "confirmed_on", "expires_on", "renewals", "proof", "question", "issued_on", "production_id", "released_on",
    "informed_on", "closed_at",
)  # fmt: skip


@dataclass
class WordNotNow(Exception):
    """A word that the table does not have from where a hold stands. `allowed`: those that it has."""

    kept: Preservation
    state: KeptState
    word: str
    allowed: tuple[str, ...]


# ---- where it stands -----------------------------------------------------------------------------------------------


def state(work: UnitOfWork, kept: Preservation) -> KeptState:
    """Where it stands now, by the day of whoever keeps the data."""
    if kept.closed_at:
        return KeptState.RELEASED if kept.released_on and not kept.informed_on else KeptState.CLOSED
    if kept.question:
        return KeptState.FREED if _is_freed(work, kept) else KeptState.IN_QUESTION
    if kept.issued_on:
        ended = kept.production is not None and kept.production.status in DECIDED_BY
        return KeptState.DECIDED if ended else KeptState.UNTIL_DECIDED
    if is_over(kept, work.now):
        return KeptState.LAPSED
    return KeptState.CONFIRMED if kept.confirmed_on else KeptState.ASKED


def is_over(kept: Preservation, now: datetime) -> bool:
    """Whether its last day has passed where the data lies. `now` is aware UTC."""
    return kept.expires_on is not None and kept.expires_on < local_day(now, kept.recipient.zone)


def still_kept(work: UnitOfWork, kept: Preservation) -> bool:
    """Whether somebody still has to keep the data, or may have: what a new request can count on."""
    return state(work, kept) in (*STANDS, KeptState.IN_QUESTION)


def allowed(work: UnitOfWork, kept: Preservation) -> tuple[str, ...]:
    """The words that may follow, in the order of the table; what they confirmed is not confirmed twice."""
    now = state(work, kept)
    words = (word for word, row in WORDS.items() if now in row.sources)
    return tuple(word for word in words if not (word == "confirmed" and kept.confirmed_on and not kept.question))


def period(kept: Preservation) -> Clock | None:
    """The clock of its period, the open one first; None where no period is known."""
    newest_first = [clock for clock in reversed(kept.clocks) if clock.kind == "preservation"]
    return next((clock for clock in newest_first if clock.ended_at is None), next(iter(newest_first), None))


def open_question(kept: Preservation) -> Clock | None:
    """The clock of a question that nobody has answered."""
    return next((clock for clock in clocks.running(kept) if clock.kind == "clarification"), None)


def last_possible(work: UnitOfWork, kept: Preservation) -> date | None:
    """The last day it can reach if every renewal the instrument allows is granted; None where no limit is known."""
    renewable = work.reference.instruments[kept.instrument].renewable
    if kept.expires_on is None or renewable is None:
        return kept.expires_on
    if renewable.times is None or renewable.amount is None:
        return None
    left = max(0, renewable.times - len(kept.renewals))
    return kept.expires_on + timedelta(days=left * renewable.amount)


def outliving(
    work: UnitOfWork, kept: Preservation, answer_on: Callable[[Request], date | None]
) -> list[tuple[Request, date]]:
    """The requests that need its data and whose answer may come only after it can last, with that day.

    answer_on: when the answer to one is to be expected; None where it waits no more, or nobody knows.
    Empty under an instrument that keeps data until such a request is decided: announcing it in time is enough.
    """
    last, late = last_possible(work, kept), []
    if last is None or work.reference.instruments[kept.instrument].kept_until_decided:
        return []
    for request in kept.requests:
        day = answer_on(request)
        if day and day > last:
            late.append((request, day))
    return late


def _is_freed(work: UnitOfWork, kept: Preservation) -> bool:
    clock = open_question(kept)
    rule = work.reference.instruments[clock.instrument] if clock else None
    return bool(clock and clock.due_at and clock.due_at <= work.now and rule and rule.silence_frees)


# ---- what is said of it --------------------------------------------------------------------------------------------


def begin(work: UnitOfWork, kept: Preservation, *, days: int | None) -> None:
    """The period of one that we asked for, in calendar days from that day. Where we are asked, it begins when we keep.

    What waits for us follows: `follow`.
    """
    if days and kept.direction == "outgoing":
        _run(work, kept, on=kept.asked_on, days=days)


def confirm(work: UnitOfWork, kept: Preservation, *, by: Person, on: date, days: int | None, proof: str = "") -> None:
    """Whoever keeps the data says so. Its period begins anew on that day, unless it is kept until a decision."""
    _say(work, kept, "confirmed", by)
    _end_question(work, kept)
    kept.confirmed_on, kept.proof = on, proof or kept.proof
    if not kept.issued_on and days:
        _end_period(work, kept)
        _run(work, kept, on=on, days=days)
    follow(work, kept)


def clarify(work: UnitOfWork, kept: Preservation, *, by: Person, on: date, asks: str) -> Clock:
    """A question came back before the data can be kept. The period runs on; the answer has a clock of its own."""
    _say(work, kept, "clarify", by)
    code = work.reference.instruments[kept.instrument].question or clocks.QUESTION
    owes = kept.asker or kept.case.agency
    clock = work.new(Clock, kind="clarification", preservation=kept, authority=owes, instrument=code)
    rule = rule_for(work.reference, work.reference.instruments[code], emergency=kept.emergency)
    kept.question = asks
    clocks.start(work, clock, rule, on=on, at=None)
    follow(work, kept)
    return clock


def supplement(work: UnitOfWork, kept: Preservation, *, by: Person, on: date) -> None:
    """The question was answered, on a day. Where that was too late, they must say anew that they keep the data."""
    _say(work, kept, "supplement", by)
    clock = open_question(kept)
    if state(work, kept) is KeptState.FREED and clock and clock.due_on and on > clock.due_on:
        kept.confirmed_on = None
    _end_question(work, kept)
    follow(work, kept)


def renew(
    work: UnitOfWork, kept: Preservation, *, by: Person, on: date, days: int, proof: str, remark: str = ""
) -> None:
    """The data is kept for so many calendar days more, counted from the last one. Errors: ValueError without one."""
    must_be_allowed(work, kept, "renewed")
    clock = period(kept)
    if clock is None or kept.expires_on is None:
        raise ValueError(kept.ref)
    _say(work, kept, "renewed", by)
    clocks.extend(work, clock, days=days, until=None, reason=remark or proof, on=on)
    more = {"on": on.isoformat(), "days": days, "proof": proof} | ({"remark": remark} if remark else {})
    kept.renewals, kept.expires_on = [*kept.renewals, more], clock.due_on
    follow(work, kept)


def issue(work: UnitOfWork, kept: Preservation, *, by: Person, on: date, production: Request | None) -> None:
    """Whoever keeps the data knows of the request for production: it is kept until that is decided."""
    _say(work, kept, "issued", by)
    _end_period(work, kept)
    kept.issued_on, kept.production, kept.expires_on = on, production, None
    if production and production not in kept.requests:
        kept.requests.append(production)
    follow(work, kept)


def release(work: UnitOfWork, kept: Preservation, *, by: Person, on: date) -> None:
    """Nobody needs the data any longer. Who keeps it is to be told by a person; where we keep it, they told us."""
    _say(work, kept, "release", by)
    kept.released_on = on
    kept.informed_on = on if kept.direction == "incoming" else None
    _end(work, kept)
    follow(work, kept)


def tell(work: UnitOfWork, kept: Preservation, *, by: Person, on: date) -> None:
    """Whoever keeps the data was told that nobody needs it."""
    _say(work, kept, "told", by)
    kept.informed_on = on
    follow(work, kept)


def close(work: UnitOfWork, kept: Preservation, *, by: Person, at: datetime | None = None) -> None:
    """Nobody keeps the data: nobody is reminded of it. at: since when, aware UTC; now, if not said."""
    _say(work, kept, "close", by)
    _end(work, kept, at=at)


def undo(work: UnitOfWork, kept: Preservation) -> str:
    """Take back the last word on it: it and its clocks stand as before. Which; empty for none on record."""
    if not kept.past:
        return ""
    last: Any = decode(kept.past[-1])
    for name in COLUMNS:
        setattr(kept, name, last["hold"][name])
    kept.production = work.session.get(Request, kept.production_id) if kept.production_id else None
    for clock in kept.clocks:
        known = last["clocks"].get(str(clock.id))
        if known is None and clock.ended_at is None:
            clocks.end(work, clock)
        elif known and known != _standing(clock):
            clock.extensions = known["extensions"]
            clocks.put_back(work, clock, pauses=known["pauses"], ended_at=known["ended_at"])
    kept.past = kept.past[:-1]
    follow(work, kept)
    return str(last["word"])


# ---- with its case and its requests --------------------------------------------------------------------------------


def end_with_case(work: UnitOfWork, kept: Preservation) -> None:
    """Its case is closed: it ends with it; its clocks end with all of the case's."""
    kept.closed_at = kept.closed_at or work.now


def come_back(work: UnitOfWork, kept: Preservation, *, closed_at: datetime) -> bool:
    """Its case is open again: it stands where it stood, if it ended with the case. What waits for us, waits again."""
    if kept.closed_at != closed_at:
        return False
    kept.closed_at = None
    follow(work, kept)
    return True


def decided(work: UnitOfWork, request: Request) -> None:
    """A request has its answer, or has it no longer: what is kept for it waits for somebody to say what becomes of it.

    Writes nothing on holds that are kept by a period.
    """
    for kept in request.preservations:
        if kept.issued_on and kept.production is request and not kept.closed_at:
            follow(work, kept)


def follow(work: UnitOfWork, kept: Preservation) -> None:
    """Let the house's own clocks be those of where it stands."""
    house_clocks.follow(work, kept, waits_for(work, kept))


def waits_for(work: UnitOfWork, kept: Preservation) -> tuple[str, ...]:
    """What waits for our own people: clocks of the house, beside its period and a question."""
    now, incoming = state(work, kept), kept.direction == "incoming"
    sought = ("keeping" if incoming else "confirmation",) if not kept.confirmed_on else ()
    kinds = {
        KeptState.ASKED: sought,
        KeptState.LAPSED: sought,
        KeptState.UNTIL_DECIDED: (*sought, "decision"),
        KeptState.DECIDED: ("release",),
        KeptState.RELEASED: ("telling",),
    }
    return kinds.get(now, ())


def must_be_allowed(work: UnitOfWork, kept: Preservation, word: str) -> None:
    """Errors: WordNotNow for a word that the table does not have from where it stands."""
    words = allowed(work, kept)
    if word not in words:
        raise WordNotNow(kept, state(work, kept), word, words)


def _say(work: UnitOfWork, kept: Preservation, word: str, by: Person) -> None:
    """Keep how it and its clocks stand before a word. Errors: WordNotNow, with nothing changed."""
    must_be_allowed(work, kept, word)
    if any(clock.id is None for clock in kept.clocks):
        work.session.flush()  # their numbers are needed
    clocks.taken_up(work, kept)
    before: Any = encode(
        {
            "word": word,
            "at": work.now,
            "by": by.id,
            "hold": {name: getattr(kept, name) for name in COLUMNS},
            "clocks": {str(clock.id): _standing(clock) for clock in kept.clocks},
        }
    )
    kept.past = [*kept.past, before]


def _standing(clock: Clock) -> dict[str, Any]:
    return {"pauses": clock.pauses, "extensions": clock.extensions, "ended_at": clock.ended_at}


def _run(work: UnitOfWork, kept: Preservation, *, on: date, days: int) -> None:
    """Its period: `days` calendar days from a day, by the day of whoever keeps the data."""
    instrument = work.reference.instruments[kept.instrument]
    base = instrument.default_clock
    rule = ClockRule(
        amount=days,
        unit="calendar_days",
        counted_from=base.counted_from if base else "data_preserved",
        kind="expiry",
        statutory=base.statutory if base else False,
        origin=base.origin if base and base.amount == days else "recipient_policy",
    )
    to = {"preservation": kept, "authority": kept.recipient, "instrument": instrument.code}
    clock = work.new(Clock, kind="preservation", **to)
    kept.expires_on = clocks.start(work, clock, rule, on=on, at=None).due_on


def _end_period(work: UnitOfWork, kept: Preservation) -> None:
    for clock in clocks.running(kept):
        if clock.kind == "preservation":
            clocks.end(work, clock)


def _end_question(work: UnitOfWork, kept: Preservation) -> None:
    kept.question = ""
    if clock := open_question(kept):
        clocks.end(work, clock)


def _end(work: UnitOfWork, kept: Preservation, *, at: datetime | None = None) -> None:
    kept.closed_at, kept.question = kept.closed_at or at or work.now, ""
    for clock in clocks.running(kept):
        clocks.end(work, clock, at=at)
